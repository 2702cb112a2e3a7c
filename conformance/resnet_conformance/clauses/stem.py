"""STEM: the first convolution and the pool (He et al. 2015, Table 1 and section 4.2)."""

from __future__ import annotations

from ..blocks import Convolution
from ..graph import Node
from ..layer_kinds import ACTIVATIONS, POOLS
from .case import (
    Case,
    Result,
    examines,
    failed,
    not_applicable,
    not_examined,
    padding_text,
    passed,
    size_text,
)


def _text(convolution: Convolution) -> str:
    return f"{convolution.text}, output {size_text(convolution.output)}"


def _compare_convolution(case: Case, deviation: str | None) -> Result:
    """Kernel, filters, stride and output size of the one stem convolution, as in the blueprint."""
    wanted = case.paper.stem_convolutions[0]
    found = case.found.stem_convolutions
    expected = f"one convolution: {_text(wanted)}"
    if not found:
        return failed("There is no stem convolution.", expected, "none")
    text = "; ".join(_text(c) for c in found)
    where = [c.where for c in found]
    if len(found) > 1:
        message = f"The stem has {len(found)} convolutions, not one."
        return failed(message, expected, text, where, "stem-deep" if found[0].kernel == (3, 3) else None)
    mine = found[0]
    keys = ("kernel", "filters", "stride", "output", "groups", "dilation")
    wrong = [key for key in keys if getattr(mine, key) != getattr(wanted, key)]
    if not wrong:
        return passed(text)
    if deviation is None and mine.kernel == (3, 3) and wanted.kernel == (7, 7):
        deviation = "stem-3x3"
    elif deviation is None and mine.stride == (1, 1) and wanted.stride == (2, 2):
        deviation = "stem-stride-1"
    return failed(f"The first convolution differs in {', '.join(wrong)}.", expected, text, where, deviation)


@examines("STEM-01")
def first_convolution_imagenet(case: Case) -> Result:
    """conv1 is 7x7, 64 filters, stride 2."""
    return _compare_convolution(case, None)


@examines("STEM-02")
def first_padding(case: Case) -> Result:
    """conv1 has symmetric padding 3."""
    if len(case.found.stem_convolutions) != 1:
        return not_examined("The stem is not one convolution.")
    mine, wanted = case.found.stem_convolutions[0], case.paper.stem_convolutions[0]
    if mine.padding == wanted.padding:
        return passed(f"padding {padding_text(mine.padding)}")
    deviation = "pad-same-asymmetric" if len(mine.padding) == 4 else None
    return failed(
        "The first convolution has another padding.",
        f"padding {wanted.padding[0]} on every side",
        f"padding {padding_text(mine.padding)}",
        [mine.where],
        deviation,
    )


@examines("STEM-03")
def stem_order(case: Case) -> Result:
    """BN, then ReLU, follow conv1 before the pool."""
    found = [op for op in case.found.ops(case.found.stem) if op != "pad"]
    if "conv" not in found:
        return not_examined("There is no stem convolution.")
    last = len(found) - 1 - found[::-1].index("conv")
    after = found[last + 1 :]
    upto = next((p for p, op in enumerate(after) if op in POOLS), len(after))
    layers = ["ReLU" if op in ACTIVATIONS else op for op in after[:upto]]  # another activation is ACT-01's matter
    if layers == ["batch_norm", "ReLU"]:
        return passed("conv, BN, ReLU")
    deviation = None
    if case.found.preactivation:
        deviation = "preact" if case.architecture.generation == "v1" else None
    elif "batch_norm" not in after:
        deviation = "stem-no-bn"
    elif not any(op in ACTIVATIONS for op in after):
        deviation = "stem-no-relu"
    shown = " -> ".join(["conv", *after]) if after else "conv and nothing after it"
    where = [case.found.stem_convolutions[-1].where]
    return failed(
        "conv1 is not followed by BN and then ReLU.",
        "conv -> batch_norm -> relu, then the pool",
        shown,
        where,
        deviation,
    )


def _pools(case: Case) -> list[Node]:
    return [case.graph[i] for i in case.found.stem if case.graph[i].op in POOLS]


def _pool_text(node: Node) -> str:
    attrs = node.attrs
    kind = node.op.replace("_", " ")
    return f"{size_text(attrs['kernel'])} {kind}, stride {attrs['stride'][0]}, output {size_text(node.shape[2:])}"


@examines("STEM-04")
def stem_pool(case: Case) -> Result:
    """A 3x3 max pool with stride 2 stands before conv2_1."""
    wanted = next(case.paper.graph[i] for i in case.paper.stem if case.paper.graph[i].op == "max_pool")
    pools = _pools(case)
    expected = _pool_text(wanted)
    if not pools:
        small = all((c.kernel, c.stride) == ((3, 3), (1, 1)) for c in case.found.stem_convolutions)
        return failed(
            "There is no pool in the stem.", expected, "no pool", deviation="stem-3x3" if small else "stem-pool-missing"
        )
    found, where = "; ".join(map(_pool_text, pools)), [n.where for n in pools]
    if len(pools) > 1:
        return failed("The stem has several pools.", expected, found, where, "stem-pool-other")
    pool = pools[0]
    same = pool.op == "max_pool" and all(
        tuple(pool.attrs[k]) == wanted.attrs[k] for k in ("kernel", "stride", "dilation")
    )
    if not same:
        return failed("The stem's pool is not that of Table 1.", expected, found, where, "stem-pool-other")
    if pool.shape[2:] != wanted.shape[2:]:
        bare = pool.attrs["padding"] == (0, 0) and not pool.attrs["ceil"]
        deviation = "stem-pool-pad0" if bare else None
        return failed("The pool gives another map size.", expected, found, where, deviation)
    return passed(found)


def _pool_choice(case: Case) -> tuple[tuple[int, ...], bool] | None:
    pools = [n for n in _pools(case) if n.op == "max_pool"]
    return (tuple(pools[0].attrs["padding"]), bool(pools[0].attrs["ceil"])) if len(pools) == 1 else None


@examines("STEM-05")
def pool_ceil(case: Case) -> Result:
    """The pool has padding 0 with ceil rounding, as the released models."""
    choice = _pool_choice(case)
    if choice is None:
        return not_examined("There is no single max pool in the stem.")
    if choice == ((0, 0), True):
        return passed("padding 0, ceil", "The pool is that of the released Caffe models (stem-pool-ceil).")
    if choice == ((1, 1), False):
        return not_applicable("The pool has padding 1 with floor, which STEM-05a admits.")
    found = f"padding {padding_text(choice[0])}, {'ceil' if choice[1] else 'floor'}"
    same_window = all(n.attrs["kernel"] == (3, 3) for n in _pools(case))
    deviation = "stem-pool-pad0" if choice == ((0, 0), False) and same_window else None
    return failed(
        "The pool's padding and rounding are neither of the two known.",
        "padding 0 with ceil, or padding 1 with floor",
        found,
        [n.where for n in _pools(case)],
        deviation,
    )


@examines("STEM-05a")
def pool_floor(case: Case) -> Result:
    """The pool may have padding 1 with floor, as fb.resnet.torch."""
    if _pool_choice(case) == ((1, 1), False):
        return passed(
            "padding 1, floor",
            "The pool has padding 1 with floor (fb.resnet.torch): same size as the released models' pool, "
            "other values at the edge.",
        )
    return not_applicable("The pool does not have padding 1 with floor.")


@examines("STEM-06")
def first_convolution_cifar(case: Case) -> Result:
    """The first layer is a 3x3 convolution with 16 filters at full resolution."""
    found = case.found.stem_convolutions
    wide = len(found) == 1 and found[0].filters > case.paper.stem_convolutions[0].filters
    return _compare_convolution(case, "widths" if wide else None)


@examines("STEM-07")
def no_stem_downsampling(case: Case) -> Result:
    """No pool and no stride in the stem."""
    pools = _pools(case)
    strided = [c for c in case.found.stem_convolutions if set(c.stride) != {1}]
    if not pools and not strided:
        return passed("no pool, stride 1")
    found = "; ".join([*map(_pool_text, pools), *(c.text for c in strided)])
    where = [*(n.where for n in pools), *(c.where for c in strided)]
    return failed(
        "The stem downsamples.", "no pool, and stride 1: the first stage works at full resolution", found, where
    )
