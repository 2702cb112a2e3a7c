"""CB: convolution biases before BN (released models of He et al. 2015)."""

from __future__ import annotations

from .case import Case, Result, examines, failed, not_applicable, passed


def only_first_bias(case: Case) -> bool:
    """CB-02: in the released ResNet-50, and there alone, conv1 has a bias and no other convolution has."""
    biased = {n.index for n in case.layers("conv") if n.operand("bias") is not None}
    return (
        case.architecture.dataset == "imagenet"
        and case.architecture.depth == 50
        and bool(biased)
        and biased == {c.index for c in case.found.stem_convolutions}
    )


@examines("CB-01")
def no_bias(case: Case) -> Result:
    """Convolutions before BN have no bias."""
    biased = [n for n in case.layers("conv") if n.operand("bias") is not None]
    stem = {c.index for c in case.found.stem_convolutions}
    if only_first_bias(case):
        return passed("only conv1 has one, which CB-02 admits")
    if not biased:
        return passed("none")
    projections = {c.index for _, s in case.shortcuts for c in s.convolutions}
    indices = {n.index for n in biased}
    deviation = "stem-bias" if indices <= stem else "proj-bias" if indices <= projections else "conv-bias"
    total = len(case.layers("conv"))
    return failed(
        "Convolutions before BN have a bias.",
        "no bias",
        f"{len(biased)} of {total} convolutions have one",
        [n.where for n in biased],
        deviation,
    )


@examines("CB-02")
def first_bias(case: Case) -> Result:
    """The released ResNet-50 has 64 biases in conv1."""
    first = case.found.stem_convolutions[:1]
    biased = [n.index for n in case.layers("conv") if n.operand("bias") is not None]
    if biased and biased == [c.index for c in first]:
        return passed(
            f"{first[0].filters} biases in conv1", "conv1 has a bias, as in the released ResNet-50 (and only there)."
        )
    return not_applicable("conv1 is not the one convolution with a bias.")
