"""Architectures that nobody has published, drawn by hypothesis, and how one is read back from an Anatomy."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from resnet_conformance.anatomy import Anatomy
from resnet_conformance.architecture import Architecture, Pool, Stage, Stem

KERNELS = {"basic": (3, 3), "bottleneck": (1, 3, 1)}


@st.composite
def architectures(draw: st.DrawFn, by_hand: bool = False) -> Architecture:
    """Two to four stages of one to three blocks, of any kind, option, width, stem and place of the stride.

    `by_hand`: of what the networks in plain torch can be (tests/mutants/faithful.py).
    """
    generation = "v1" if by_hand else draw(st.sampled_from(["v1", "v2"]))
    block = draw(st.sampled_from(["basic", "bottleneck"]))
    plain = generation == "v1" and block == "basic"
    option = draw(st.sampled_from(["A", "B", "C", *(["none"] if plain else [])]))
    pool = Pool(3, 2, 0, (draw(st.sampled_from([(0, True), (1, False)])),)) if draw(st.booleans()) else None
    kernel, filters = draw(st.sampled_from([3, 5, 7])), draw(st.integers(3, 12))
    stem = Stem(kernel, filters, draw(st.sampled_from([1, 2])), kernel // 2, 0, pool)
    stages: list[Stage] = []
    width = draw(st.integers(filters, filters + 8))
    for number in range(draw(st.integers(2, 4))):
        widths = (width, width) if block == "basic" else (width, width, 4 * width)
        stages.append(Stage(f"stage{number + 1}", draw(st.integers(1, 3)), widths, 1 if number == 0 else 2, 0))
        width += draw(st.integers(1, 8))
    return Architecture(
        name="drawn",
        title="drawn",
        dataset=draw(st.sampled_from(["imagenet", "cifar10"])),
        generation=generation,
        block=block,
        kernels=KERNELS[block],
        strided=1 if by_hand else draw(st.integers(1, len(KERNELS[block]))),
        channels=3 if by_hand else draw(st.integers(1, 4)),
        size=draw(st.sampled_from([64, 72, 96])),
        classes=draw(st.integers(2, 20)),
        stem=stem,
        stages=tuple(stages),
        options=(option,),
        depth=0,
    )


def fields_of(architecture: Architecture) -> dict[str, Any]:
    """What an anatomy can show of it."""
    stem, pool = architecture.stem, architecture.stem.pool
    return {
        "generation": architecture.generation,
        "kernels": architecture.kernels,
        "strided": architecture.strided,
        "option": "B" if architecture.option == "C" and not _keeps_dimensions(architecture) else architecture.option,
        "channels": architecture.channels,
        "size": architecture.size,
        "classes": architecture.classes,
        "stem": (stem.kernel, stem.filters, stem.stride, stem.padding),
        "pool": None if pool is None else (pool.kernel, pool.stride, *pool.choices[0]),
        "stages": [(stage.blocks, stage.widths, stage.stride) for stage in architecture.stages],
    }


def _keeps_dimensions(architecture: Architecture) -> bool:
    """Whether some block could have an identity: else options B and C are the same network."""
    first = architecture.stages[0]
    same = architecture.stem.filters == first.widths[-1] and first.stride == 1
    return same or any(stage.blocks > 1 for stage in architecture.stages)


def read_back(anatomy: Anatomy) -> dict[str, Any]:
    """The same fields, from a network as found."""
    graph = anatomy.graph
    entry = next(node for node in graph if node.op == "input")
    first = anatomy.stem_convolutions[0]
    pools = [graph[i] for i in anatomy.stem if graph[i].op == "max_pool"]
    strided = {
        next((p for p, c in enumerate(b.residual.convolutions, start=1) if c.stride != (1, 1)), 0)
        for b in anatomy.blocks
    } - {0}
    return {
        "generation": "v2" if anatomy.preactivation else "v1",
        "kernels": tuple(c.kernel[0] for c in anatomy.blocks[0].residual.convolutions),
        "strided": next(iter(strided)) if len(strided) == 1 else strided,
        "option": anatomy.option,
        "channels": entry.shape[1],
        "size": entry.shape[2],
        "classes": graph[graph.output].shape[-1],
        "stem": (first.kernel[0], first.filters, first.stride[0], first.padding[0]),
        "pool": next(
            ((*(n.attrs[k][0] for k in ("kernel", "stride", "padding")), n.attrs["ceil"]) for n in pools), None
        ),
        "stages": [
            (len(stage), tuple(c.filters for c in stage[0].residual.convolutions), _stride(stage[0]))
            for stage in anatomy.stages
        ],
    }


def _stride(block: Any) -> int:
    total = 1
    for convolution in block.residual.convolutions:
        total *= convolution.stride[0]
    return total
