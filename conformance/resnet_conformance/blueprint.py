"""Architecture -> Graph: the network that the paper means, drawn node by node, to be examined like any candidate.

Sources: He et al. 2015 (v1), Fig. 2 (block), Fig. 3 (networks), Fig. 5 (bottleneck), Table 1, section 3.4 (BN after
each convolution) and section 4.2 (CIFAR-10); He et al. 2016 (v2, pre-activation), Fig. 1(b), Fig. 4(e) and appendix.
What the papers leave open (pool padding, where option A's zeros stand) is a `Choices`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from .architecture import Architecture, Pool, Stage
from .graph import Graph, GraphBuilder, Shape
from .shapes import convolution_shape, pool_shape

BATCH = 2


@dataclass(frozen=True, slots=True)
class Choices:
    """Admitted choices that the blueprint adopts. None: the architecture's default.

    `pool` is (padding, ceil) of the stem's max pool, `zeros` where option A puts its zero channels, `strided` which
    convolution of a block has the stride, stage by stage. In pre-activation nets, `zero_pad_reads` is what a shortcut
    of option A reads (the 2016 paper speaks of projections only), and the projections of the stages `projection_bn`
    (from 0) have a BN of their own.
    """

    pool: tuple[int, bool] | None = None
    zeros: str = "after"  # "after" | "before" | "both"
    strided: tuple[int, ...] = ()
    zero_pad_reads: str = "sum"  # "sum": x, as the addition before left it | "pre-activation": what F reads
    projection_bn: frozenset[int] = frozenset()


class _Pencil(GraphBuilder):
    """Draws layers with the shapes that follow."""

    def _weights(self, where: str, **shapes: Shape) -> dict[str, int]:
        kinds = {"mean": "buffer", "var": "buffer"}
        return {
            role: self.tensor(kinds.get(role, "parameter"), shape, (f"{where}.{role}",))
            for role, shape in shapes.items()
        }

    def convolution(
        self, x: int, filters: int, kernel: int, stride: int, padding: int, where: str, groups: int = 1
    ) -> int:
        attrs = {
            "kernel": (kernel, kernel),
            "stride": (stride, stride),
            "padding": (padding, padding),
            "dilation": (1, 1),
            "groups": groups,
            "transposed": False,
        }
        shape = self.nodes[x].shape
        weights = self._weights(where, weight=(filters, shape[1] // groups, kernel, kernel))
        return self.add("conv", {"x": x, **weights}, attrs, convolution_shape(shape, filters, attrs), where)

    def batch_norm(self, x: int, where: str) -> int:
        shape = self.nodes[x].shape
        channels = (shape[1],)
        weights = self._weights(where, gamma=channels, beta=channels, mean=channels, var=channels)
        attrs = {"eps": 1e-5, "momentum": 0.1, "batch_statistics": False}
        return self.add("batch_norm", {"x": x, **weights}, attrs, shape, where)

    def relu(self, x: int, where: str) -> int:
        return self.add("relu", {"x": x}, {}, self.nodes[x].shape, where)

    def max_pool(self, x: int, pool: Pool, choice: tuple[int, bool], where: str) -> int:
        padding, ceil = choice
        attrs = {
            "kernel": (pool.kernel, pool.kernel),
            "stride": (pool.stride, pool.stride),
            "padding": (padding, padding),
            "ceil": ceil,
            "dilation": (1, 1),
        }
        return self.add("max_pool", {"x": x}, attrs, pool_shape(self.nodes[x].shape, attrs), where)

    def linear(self, x: int, features: int, where: str) -> int:
        batch, width = self.nodes[x].shape
        weights = self._weights(where, weight=(features, width), bias=(features,))
        return self.add("linear", {"x": x, **weights}, {}, (batch, features), where)


def draw(architecture: Architecture, choices: Choices | None = None, size: Sequence[int] = ()) -> Graph:
    """The blueprint of the architecture with its first shortcut option, batch 2.

    `size` is (H, W), by default the architecture's own.
    Raises ValueError for a generation that has no blueprint.
    """
    if architecture.generation not in ("v1", "v2"):
        raise ValueError(f"{architecture.name}: there is no blueprint for generation {architecture.generation!r}")
    choices = choices or Choices()
    height, width = size or (architecture.size, architecture.size)
    pencil = _Pencil()
    x = pencil.add("input", (), {}, (BATCH, architecture.channels, height, width), "input")
    x = _draw_stem(pencil, architecture, x, choices)
    for index, stage in enumerate(architecture.stages):
        drawn = replace(architecture, strided=choices.strided[index]) if choices.strided else architecture
        for number in range(1, stage.blocks + 1):
            if architecture.generation == "v1":
                x = _draw_block(pencil, drawn, stage, number, x, choices)
            else:
                x = _draw_unit(pencil, drawn, index, number, x, choices)
    if architecture.generation == "v2":
        x = pencil.relu(pencil.batch_norm(x, "head.bn"), "head.relu")
    if architecture.head == "none":
        return pencil.build(x)
    shape = pencil.nodes[x].shape
    x = pencil.add("global_avg_pool", {"x": x}, {"keepdim": False}, shape[:2], "head.pool")
    if architecture.head == "pool":
        return pencil.build(x)
    return pencil.build(pencil.linear(x, architecture.classes, "head.fc"))


def _draw_stem(pencil: _Pencil, architecture: Architecture, x: int, choices: Choices) -> int:
    """Convolution, BN, ReLU, and the max pool of the ImageNet networks."""
    stem = architecture.stem
    x = pencil.convolution(x, stem.filters, stem.kernel, stem.stride, stem.padding, "conv1")
    x = pencil.relu(pencil.batch_norm(x, "conv1.bn"), "conv1.relu")
    if stem.pool is not None:
        x = pencil.max_pool(x, stem.pool, choices.pool or stem.pool.choices[0], "pool1")
    return x


def _draw_block(
    pencil: _Pencil, architecture: Architecture, stage: Stage, number: int, x: int, choices: Choices
) -> int:
    """y = ReLU(F(x) + shortcut(x)), He et al. 2015, Eqn (1) and (2); without the addition in a plain net."""
    where = f"{stage.name.removesuffix('_x')}_{number}"
    stride = stage.stride if number == 1 else 1
    residual = x
    for position, (kernel, filters) in enumerate(zip(architecture.kernels, stage.widths, strict=True), start=1):
        step = stride if position == architecture.strided else 1
        groups = architecture.groups_of(position)
        residual = pencil.convolution(residual, filters, kernel, step, kernel // 2, f"{where}.conv{position}", groups)
        residual = pencil.batch_norm(residual, f"{where}.bn{position}")
        if position < len(architecture.kernels):
            residual = pencil.relu(residual, f"{where}.relu{position}")
    if architecture.residual:
        shortcut = _draw_shortcut(pencil, architecture.option, x, stage.widths[-1], stride, where, choices)
        shape = pencil.nodes[residual].shape
        residual = pencil.add("add", {"a": residual, "b": shortcut}, {"alpha": 1.0}, shape, f"{where}.add")
    return pencil.relu(residual, f"{where}.relu")


def _draw_unit(pencil: _Pencil, architecture: Architecture, index: int, number: int, x: int, choices: Choices) -> int:
    """y = F(x) + shortcut(x) with BN and ReLU before each convolution of F, He et al. 2016, Fig. 1(b).

    The activation of the first unit stands "right after conv1 and before splitting into two paths": in the stem. A
    projection reads the pre-activation (appendix).
    """
    stage = architecture.stages[index]
    where = f"{stage.name.removesuffix('_x')}_{number}"
    stride = stage.stride if number == 1 else 1
    pre = x
    if (index, number) != (0, 1):
        pre = pencil.relu(pencil.batch_norm(x, f"{where}.bn1"), f"{where}.relu1")
    residual = pre
    for position, (kernel, filters) in enumerate(zip(architecture.kernels, stage.widths, strict=True), start=1):
        if position > 1:
            residual = pencil.batch_norm(residual, f"{where}.bn{position}")
            residual = pencil.relu(residual, f"{where}.relu{position}")
        step = stride if position == architecture.strided else 1
        groups = architecture.groups_of(position)
        residual = pencil.convolution(residual, filters, kernel, step, kernel // 2, f"{where}.conv{position}", groups)
    shape, channels = pencil.nodes[residual].shape, pencil.nodes[x].shape[1]
    shortcut = x
    if architecture.option == "C" or (architecture.option == "B" and (stride > 1 or channels != shape[1])):
        shortcut = pencil.convolution(pre, shape[1], 1, stride, 0, f"{where}.projection")
        if index in choices.projection_bn:
            shortcut = pencil.batch_norm(shortcut, f"{where}.projection.bn")
    elif stride > 1 or channels != shape[1]:
        source = pre if choices.zero_pad_reads == "pre-activation" else x
        shortcut = _draw_zero_pad(pencil, source, shape[1] - channels, stride, where, choices.zeros)
    return pencil.add("add", {"a": residual, "b": shortcut}, {"alpha": 1.0}, shape, f"{where}.add")


def _draw_shortcut(
    pencil: _Pencil, option: str, x: int, filters: int, stride: int, where: str, choices: Choices
) -> int:
    """Identity; where dimensions increase, A (sub-sampling and zeros) or B (projection); option C projects always."""
    channels = pencil.nodes[x].shape[1]
    same = channels == filters and stride == 1
    if option == "C" or (option == "B" and not same):
        x = pencil.convolution(x, filters, 1, stride, 0, f"{where}.projection")
        return pencil.batch_norm(x, f"{where}.projection.bn")
    if same:
        return x
    return _draw_zero_pad(pencil, x, filters - channels, stride, where, choices.zeros)


def _draw_zero_pad(pencil: _Pencil, x: int, extra: int, stride: int, where: str, zeros: str) -> int:
    """Option A: x[:, :, ::stride, ::stride] with `extra` zero channels."""
    batch, channels, height, width = pencil.nodes[x].shape
    if stride > 1:
        shape: Shape = (batch, channels, -(-height // stride), -(-width // stride))
        region: Mapping[str, tuple[int, ...]] = {
            "start": (0, 0, 0, 0),
            "stop": (batch, channels, height, width),
            "step": (1, 1, stride, stride),
        }
        x = pencil.add("slice", {"x": x}, region, shape, f"{where}.subsample")
    before = {"after": 0, "before": extra, "both": extra // 2}[zeros]
    shape = pencil.nodes[x].shape
    attrs = {"before": (0, before, 0, 0), "after": (0, extra - before, 0, 0), "value": 0.0}
    return pencil.add("pad", {"x": x}, attrs, (shape[0], shape[1] + extra, *shape[2:]), f"{where}.zeros")
