"""Steps 4 and 6: F and the addition (He et al. 2015, Eqn (1), Fig. 2 and 5)."""

from __future__ import annotations

import torch
from torch import Tensor, nn, relu

from .looking import Learner, Look, convolutions_of, is_pointwise, numbers, run, same, shape_of

IN_BLOCKS = {
    "BN-01": "missing-bn",
    "BN-02": "bn-count",
    "SC-14": "missing-bn",
    "BLK-04": "relu-before-addition",
    "BLK-02": "block-layers",
    "BTN-01": "block-layers",
    "BTN-03": "bottleneck-relus",
    "BLK-03": "relu-missing",
    "BLK-07": "stride-place",
    "BTN-04": "stride-place-bottleneck",
    "BTN-05": "stride-place-bottleneck",
    "SC-15": "relu-on-shortcut",
    "BLK-01": "not-added",
    "CB-01": "bias",
}


class Around(nn.Module):
    """A right block around the learner's F."""

    def __init__(self, residual: nn.Module, channels: int, out: int, stride: int) -> None:
        super().__init__()
        self.residual = residual
        self.projection = nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) -> (N, out, ceil(H / stride), ceil(W / stride))."""
        return relu(self.residual(x) + self.projection(x))


def convolutions(learner: Learner, look: Look) -> None:
    """F of a basic block and of a bottleneck: shapes, then as a part, in a right block."""
    for symbol, part, channels, expansion in (
        ("BasicResidual", "basic-block", 16, 1),
        ("BottleneckResidual", "bottleneck", 64, 4),
    ):
        look.symbol = symbol
        make = getattr(learner, symbol)
        out = 32 * expansion
        for stride in (1, 2):
            made = make(channels, 32, stride)
            if not _fits(look, made, channels, out, stride) or not look.keeps_layers(made, numbers(2, channels, 8, 8)):
                return
        figures = {"in_channels": channels, "out_channels": out, "stride": 2}
        look.judge(lambda m=make, c=channels, o=out: Around(m(c, 32, 2), c, o, 2), IN_BLOCKS, part, figures=figures)
        if look.faults:
            return


def _fits(look: Look, residual: nn.Module, channels: int, out: int, stride: int) -> bool:
    """Does F give the shape that the shortcut has? What is wrong else is told."""
    size = 16
    found = run(residual, numbers(2, channels, size, size))
    wanted = (2, out, size // stride, size // stride)
    shape = shape_of(found)
    if shape == wanted:
        return True
    trap, clause = "shape", ""
    if shape is None:
        trap = "returns-nothing"
    elif len(shape) == 4 and shape[1] != out:
        fourfold = out == 4 * shape[1] or (out == 128 and shape[1] == 4 * channels)
        trap, clause = ("expansion", "BTN-02") if fourfold else ("shape", "")
    elif len(shape) == 4 and stride == 2 and shape[2] == size:
        trap, clause = "stride-forgotten", "STG-08"
    elif len(shape) == 4 and stride == 2 and shape[2] == size // 4:
        trap, clause = "stride-twice", "BLK-07" if out == 32 else "BTN-05"
    elif len(shape) == 4 and shape[2] < wanted[2]:
        trap, clause = "padding-missing", "STG-10"
    elif any(c.kernel_size == (1, 1) and not is_pointwise(c) for c in convolutions_of(residual)):
        trap = "kernel"
    look.fault(
        trap,
        clause,
        look.say("at-stride", given=(2, channels, size, size), stride=stride, wanted=wanted),
        look.answer(found),
    )
    return False


class Fixed(nn.Module):
    """Gives the same tensor whatever comes in, and keeps what came."""

    def __init__(self, value: Tensor) -> None:
        super().__init__()
        self.value = value
        self.given: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Any shape -> that of the value."""
        self.given = x.clone()
        return self.value.clone()


def addition(learner: Learner, look: Look) -> None:
    """ReLU(F(x) + shortcut(x)) on values that tell every known mistake apart; then the blocks, as parts."""
    look.symbol = "ResidualBlock"
    x, f, s = numbers(2, 4, 6, 6), numbers(2, 4, 6, 6).flip(0, 2), numbers(2, 4, 6, 6).flip(1, 3) * 0.7
    given = x.clone()
    residual, shortcut = Fixed(f), Fixed(s)
    found = run(learner.ResidualBlock(residual, shortcut), given)
    wanted = relu(f + s)
    if not same(found, wanted):
        known = (
            ("relu-before-addition", "BLK-04", "ReLU(F(x)) + shortcut(x)", relu(f) + s),
            ("relu-before-addition", "BLK-04", "ReLU(ReLU(F(x)) + shortcut(x))", relu(relu(f) + s)),
            ("relu-before-addition", "BLK-04", "ReLU(F(x)) + ReLU(shortcut(x))", relu(f) + relu(s)),
            ("relu-on-shortcut", "SC-15", "F(x) + ReLU(shortcut(x))", f + relu(s)),
            ("relu-on-shortcut", "SC-15", "ReLU(F(x) + ReLU(shortcut(x)))", relu(f + relu(s))),
            ("relu-missing", "BLK-03", "F(x) + shortcut(x)", f + s),
            ("shortcut-forgotten", "BLK-01", "F(x)", f),
            ("shortcut-forgotten", "BLK-01", "ReLU(F(x))", relu(f)),
            ("shortcut-unused", "SC-04", "F(x) + x", f + x),
            ("shortcut-unused", "SC-04", "ReLU(F(x) + x)", relu(f + x)),
            ("shortcut-unused", "SC-04", "ReLU(F(x)) + x", relu(f) + x),
            ("not-added", "BLK-01", look.say("joined"), torch.cat((f, s), 1)),
            ("not-added", "BLK-01", look.say("joined-relu"), relu(torch.cat((f, s), 1))),
            ("not-added", "BLK-01", "ReLU(F(x) * shortcut(x))", relu(f * s)),
            ("not-added", "BLK-01", "ReLU(F(x) - shortcut(x))", relu(f - s)),
        )
        trap, clause, words = next(((t, c, w) for t, c, w, value in known if same(found, value)), ("", "BLK-01", ""))
        if not isinstance(found, Tensor):
            trap = "returns-nothing"
        look.fault(trap, clause, "ReLU(F(x) + shortcut(x))", words or look.answer(found, wanted))
        return
    for read, value, words in ((shortcut, f, "shortcut(F(x))"), (residual, s, "F(shortcut(x))")):
        if same(read.given, value):
            look.fault("both-read-x", "BLK-01", "F(x), shortcut(x)", words)
            return
    identity = learner.ResidualBlock(Fixed(f), nn.Identity())
    if not same(run(identity, given), relu(f + x)) or not same(given, x):
        look.fault("input-changed", "SC-15", look.say("unchanged"), look.say("overwritten"))
        return
    for make, part, channels, out, stride in (
        (lambda: learner.BasicBlock(16, 16), "basic-block", 16, 16, 1),
        (lambda: learner.BasicBlock(16, 32, 2, "A"), "basic-block", 16, 32, 2),
        (lambda: learner.Bottleneck(64, 64, 1, "B"), "bottleneck", 64, 256, 1),
    ):
        look.judge(make, IN_BLOCKS, part, figures={"in_channels": channels, "out_channels": out, "stride": stride})
        if look.faults:
            return
