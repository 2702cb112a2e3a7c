"""Steps 7, 8 and 9: stems, stages and head; then the finished network (He et al. 2015, Table 1 and section 4.2)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from .looking import Learner, Look, numbers, run, shape_of

IN_STEMS = {"BN-01": "missing-bn", "STEM-03": "stem-order", "ACT-03": "stem-order", "CB-01": "bias"}
IN_HEADS = {"HD-02": "softmax-in-head", "HD-05": "head-fixed-size", "HD-07": "head-fixed-size", "HD-01": "head-pool"}


def stems(learner: Learner, look: Look) -> None:
    """Both stems: shape, then as parts."""
    for symbol, part, size, wanted in (
        ("StemCIFAR", "stem-cifar", 32, (2, 16, 32, 32)),
        ("StemImageNet", "stem-imagenet", 224, (2, 64, 56, 56)),
    ):
        look.symbol = symbol
        make = getattr(learner, symbol)
        made = make()
        found = run(made, numbers(2, 3, size, size))
        shape = shape_of(found)
        if shape != wanted:
            trap, clause = "shape", "STEM-06" if size == 32 else "STEM-01"
            if shape is None:
                trap = "returns-nothing"
            elif size == 32 and shape[2:] != wanted[2:]:
                trap, clause = "stem-shrinks", "STEM-07"
            elif size == 32 and shape[1:2] == (64,):
                trap = "stem-width"
            elif size == 224 and shape[2:] == (112, 112):
                trap, clause = "stem-pool", "STEM-04"
            elif size == 224 and shape[2:] == (55, 55):
                trap, clause = "stem-border", "STEM-04"
            look.fault(trap, clause, f"(2, 3, {size}, {size}) -> {wanted}", look.answer(found))
            return
        if look.keeps_layers(made, numbers(2, 3, size, size)):
            look.judge(make, IN_STEMS, part)
        if look.faults:
            return


Call = tuple[int, int, int, str]  # in_channels, width, stride, option
NOT_GIVEN = "?"


class Spy(nn.Module):
    """In the place of a block: notes how it is made, and does nothing."""

    expansion = 1
    calls: list[Call]

    def __init__(self, in_channels: int, width: int, stride: int = 1, option: str = NOT_GIVEN) -> None:
        super().__init__()
        self.calls.append((in_channels, width, stride, option))

    def forward(self, x: Tensor) -> Tensor:
        """Any shape -> the same."""
        return x


def plan(channels: int, widths: Sequence[int], counts: Sequence[int], expansion: int) -> list[tuple[int, int, int]]:
    """The channels in, width and stride that each block must be made with."""
    rows = []
    for stage, (width, count) in enumerate(zip(widths, counts, strict=True)):
        for position in range(count):
            rows.append((channels, width, 2 if stage > 0 and position == 0 else 1))
            channels = width * expansion
    return rows


def stages(learner: Learner, look: Look) -> None:
    """Which blocks are made, told by spies in their place; then the stages of both networks."""
    look.symbol = "make_stages"
    for expansion, channels, widths, counts, option in (
        (1, 16, (16, 32, 64), (3, 3, 3), "A"),
        (4, 64, (64, 128, 256, 512), (3, 4, 6, 3), "B"),
        (1, 8, (8, 16), (1, 2), "B"),
    ):
        calls: list[Call] = []
        spy = type("Spy", (Spy,), {"expansion": expansion, "calls": calls})
        made = learner.make_stages(spy, channels, widths, counts, option)
        wanted = plan(channels, widths, counts, expansion)
        if len(calls) < _places(made) == len(wanted):
            told = look.say("blocks-for", number=len(wanted), counts=counts), look.say("blocks", number=len(calls))
            look.fault("block-shared", "SC-10", *told)
            return
        _compare(look, calls, wanted, option, counts, expansion)
        if not look.faults and not isinstance(made, nn.Module):
            listed = isinstance(made, (list, tuple))
            look.fault("python-list" if listed else "returns-nothing", "", "nn.Sequential", type(made).__name__)
        if look.faults:
            return
    found = run(learner.make_stages(learner.BasicBlock, 16, (16, 32, 64), (3, 3, 3), "A"), numbers(2, 16, 32, 32))
    if shape_of(found) != (2, 64, 8, 8):
        look.fault("shape", "STG-12", "(2, 16, 32, 32) -> (2, 64, 8, 8)", look.answer(found))
        return

    def backbone() -> nn.Module:
        made = learner.make_stages(learner.BasicBlock, 16, (16, 32, 64), (3, 3, 3), "A")
        return nn.Sequential(learner.StemCIFAR(), made)

    asked = ("STG-*", "SC-*", "BLK-*", "CT-01")
    look.judge(backbone, {}, architecture="cifar10/resnet20", only=asked)


def _places(made: object) -> int:
    """How many places hold a block; one block may stand in several."""
    if isinstance(made, (list, tuple)):
        return sum(map(_places, made))
    if not isinstance(made, nn.Module):
        return 0
    return sum(isinstance(module, Spy) for _, module in made.named_modules(remove_duplicate=False))


def _compare(
    look: Look,
    calls: list[Call],
    wanted: list[tuple[int, int, int]],
    option: str,
    counts: Sequence[int],
    expansion: int,
) -> None:
    """The first difference in how the blocks were made, by its name where it has one."""
    if len(calls) != len(wanted):
        look.fault(
            "block-count",
            "SC-10",
            look.say("blocks-for", number=len(wanted), counts=counts),
            look.say("blocks", number=len(calls)),
        )
        return
    found = [call[:3] for call in calls]
    firsts = {sum(counts[:stage]) for stage in range(len(counts))}
    number = next((n for n, row in enumerate(found) if row != wanted[n]), None)
    if number is None:
        if any(call[3] != option for call in calls):
            given = next(call[3] for call in calls if call[3] != option)
            told = look.say("no-option") if given is NOT_GIVEN else repr(given)
            look.fault("option-ignored", "SC-09", look.say("option-each", option=repr(option)), told)
        return
    (channels, width, stride), (right_channels, right_width, right_stride) = found[number], wanted[number]
    trap, clause = "", ""
    if width != right_width:
        trap, clause = "block-width", "STG-12"
    elif stride != right_stride:
        trap, clause = "stride-forgotten", "STG-13"
        if stride == 2:
            trap = "stride-first-stage" if number < counts[0] else "stride-every-block"
        elif any(row[1:] == (width, 2) for row in found[number + 1 :]):
            trap = "stride-wrong-block"
        if number in firsts and number > 0 and all(row[2] == 1 for row in found):
            trap = "stride-forgotten"
    elif channels != right_channels:
        trap, clause = "channel-state", "STG-12"
        if number > 0 and channels == wanted[number - 1][1] != right_channels:
            trap, clause = "expansion", "BTN-02"

    def made(channels: int, width: int, stride: int) -> str:
        given = {"channels": channels, "width": width, "stride": stride}
        return look.say("made-with", number=number + 1, counts=counts, expansion=expansion, **given)

    look.fault(trap, clause, made(*wanted[number]), made(*found[number]))


def head(learner: Learner, look: Look) -> None:
    """Scores for maps of several sizes, then as a part."""
    look.symbol = "Head"
    made = learner.Head(64, 10)
    for size in (8, 7, 1):
        try:
            found = run(made, numbers(2, 64, size, size))
        except RuntimeError as error:
            if size == 8:
                if not _melts_batches(made):
                    raise
                look.fault("head-batch", "HD-02", f"(2, 64, {size}, {size}) -> (2, 10)", str(error).splitlines()[0])
                return
            where = f"(2, 64, {size}, {size}) -> (2, 10)"
            look.fault("head-fixed-size", "HD-05", where, str(error).splitlines()[0])
            return
        if shape_of(found) != (2, 10):
            trap = "returns-nothing" if shape_of(found) is None else "head-batch" if found.dim() < 2 else "shape"
            look.fault(trap, "HD-02", f"(2, 64, {size}, {size}) -> (2, 10)", look.answer(found))
            return
    if not look.keeps_layers(made, numbers(2, 64, 8, 8)):
        return
    try:
        found = run(learner.Head(48, 7), numbers(2, 48, 4, 4))
    except RuntimeError as error:
        found = error
    if shape_of(found) != (2, 7):
        told = str(found).splitlines()[0] if isinstance(found, RuntimeError) else look.answer(found)
        look.fault("figures-fixed", "HD-02", "Head(48, 7): (2, 48, 4, 4) -> (2, 7)", told)
        return
    look.judge(lambda: learner.Head(64, 10), IN_HEADS, "head", figures={"in_channels": 64, "num_classes": 10})


def _melts_batches(made: nn.Module) -> bool:
    """Does a head that fails for two images give the scores of one without an axis N?"""
    try:
        return shape_of(run(made, numbers(1, 64, 8, 8))) == (10,)
    except RuntimeError:
        return False


def whole(learner: Learner, look: Look) -> None:
    """ResNet-20 by everything that `check` knows, ResNet-50 by its structure."""
    look.symbol = "resnet20"
    look.judge(learner.resnet20, {}, architecture="cifar10/resnet20")
    if not look.faults:
        look.symbol = "resnet50"
        look.judge(learner.resnet50, {}, architecture="imagenet/resnet50", evidence="structure")
