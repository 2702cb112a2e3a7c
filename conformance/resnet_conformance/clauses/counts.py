"""CT: weighted layers, parameters and multiply-adds (He et al. 2015, Table 1, Table 6, sections 3.3 and 4.1)."""

from __future__ import annotations

from dataclasses import replace

from ..architecture import Printed
from ..blocks import Block, Convolution
from ..blueprint import draw
from ..figures import agrees
from ..graph import learned_from
from ..measure import measure
from .backbones import fixed_buffers, is_backbone
from .biases import only_first_bias
from .case import Case, Result, examines, failed, not_applicable, not_examined, passed, size_text


def _layers(case: Case) -> int:
    """Weighted layers that exist: one whose weights another layer uses too counts once."""
    indices = [*(c.index for c in case.found.main_convolutions), *case.found.linears]
    return len({_weights(case, i) or i for i in indices})


def _weights(case: Case, index: int) -> tuple[object, ...] | None:
    """Which learnable numbers a layer's weights are; None where they are computed or fixed."""
    weight = case.graph[index].operand("weight")
    return None if weight is None else learned_from(case.graph, weight)


@examines("CT-01")
def weighted_layers(case: Case) -> Result:
    """Convolutions on the main path and fully connected layers number as the name says."""
    wanted, found = case.architecture.depth - is_backbone(case), _layers(case)  # whose depth counts its classifier
    fixed = [n for n in case.nodes("conv", "linear") if _weights(case, n.index) is None]
    if fixed:
        operands = (n.operand("weight") for n in fixed)
        kinds = sorted({"none" if i is None else case.graph[i].op.removeprefix("aten.") for i in operands})
        return failed(
            f"{len(fixed)} layers have weights that are no learnable parameters of their own.",
            "weights that are parameters",
            f"weights from {', '.join(kinds)}",
            [n.where for n in fixed],
        )
    if found == wanted:
        return passed(str(found))
    uses = case.found.depth
    shared = f", {uses} with repeated use" if uses != found else ""
    deviation = _reuse(case) if uses == wanted else "stem-deep" if len(case.found.stem_convolutions) > 1 else None
    return failed(
        "The number of weighted layers differs.",
        str(wanted),
        f"{found}{shared}",
        [c.where for c in case.found.main_convolutions if _uses(case, c) > 1],
        deviation,
    )


def _uses(case: Case, convolution: Convolution) -> int:
    """How many convolutions of the main path have this one's weights."""
    weight = case.graph[convolution.index].operand("weight")
    return [case.graph[c.index].operand("weight") for c in case.found.main_convolutions].count(weight)


def _reuse(case: Case) -> str:
    """Weights used twice within a block, or by several blocks."""
    for block in case.found.blocks:
        weights = [case.graph[c.index].operand("weight") for c in block.residual.convolutions]
        if len(set(weights)) < len(weights):
            return "conv-reused"
    return "blocks-shared"


def _parameters(case: Case) -> int:
    """Parameters without convolution biases, which are CB-01's matter."""
    return case.found_measures.parameters - case.found_measures.convolution_biases


def _print(case: Case, quantity: str) -> Printed | None:
    """The paper's printed figure for the option at hand."""
    printed = (p for p in case.architecture.printed if p.quantity == quantity and case.architecture.option in p.options)
    return next(printed, None)


def _print_text(printed: Printed) -> str:
    unit = {1e6: "M", 1e9: " billion"}.get(printed.unit, f" x {printed.unit:g}")
    return f"{printed.value}{unit} ({printed.cite[0]})"


@examines("CT-02")
def printed_parameters(case: Case) -> Result:
    """The parameters round to the figure of Table 6."""
    printed = _print(case, "parameters")
    if printed is None:
        return not_applicable("The paper prints no number of parameters for this network.")
    if agrees(printed, _parameters(case)):
        return passed(f"{_parameters(case):,}")
    return failed("The parameters do not round to the printed figure.", _print_text(printed), f"{_parameters(case):,}")


@examines("CT-03")
def exact_cifar_parameters(case: Case) -> Result:
    """The parameters are 97,216 n - 21,926."""
    wanted, found = case.paper_measures.parameters, _parameters(case)
    if found == wanted:
        return passed(f"{found:,}")
    return failed(
        "The number of parameters differs.",
        f"{wanted:,}",
        f"{found:,} ({found - wanted:+,})",
        deviation="shortcut-B-on-cifar" if case.found.option == "B" else _grey(case),
    )


def _grey(case: Case) -> str | None:
    """One input channel that nobody asked for."""
    return "in-channels-1" if case.candidate.input_shape[1] == 1 < case.architecture.channels else None


@examines("CT-04")
def as_many_as_plain(case: Case) -> Result:
    """A net with option A has exactly the parameters of its plain twin."""
    if not case.architecture.residual:
        return _like_residual_twin(case)
    extra = sum(case.parameters(s) for _, s in case.shortcuts)
    if not extra:
        return passed("the shortcuts have no parameters")
    return failed(
        "The shortcuts have parameters, so the plain twin has fewer.",
        "no parameters on shortcuts",
        f"{extra:,}",
        [case.name(b) for b, s in case.shortcuts if case.parameters(s)],
        "shortcut-B-on-cifar" if case.architecture.dataset == "cifar10" and case.found.option == "B" else None,
    )


def _like_residual_twin(case: Case) -> Result:
    """A plain net against the network with option A of the same table."""
    twin = measure(draw(replace(case.architecture, options=("A",)), size=case.candidate.input_shape[2:])).parameters
    found = _parameters(case)
    if found == twin:
        return passed(f"{found:,}")
    return failed("The residual twin has another number of parameters.", f"{twin:,}", f"{found:,} ({found - twin:+,})")


def _at_own_size(case: Case) -> bool:
    return case.candidate.input_shape[2:] == (case.architecture.size, case.architecture.size)


@examines("CT-05")
def printed_multiply_adds(case: Case) -> Result:
    """The multiply-adds are within 0.1 billion of Table 1's."""
    printed = _print(case, "multiply_adds")
    if printed is None:
        return not_applicable("The paper prints no FLOPs for this network.")
    if not _at_own_size(case):
        return not_examined(f"The input is {size_text(case.candidate.input_shape[2:])}, not {case.architecture.size}.")
    found = case.found_measures.multiply_adds
    if agrees(printed, found):
        return passed(f"{found:,}")
    bottleneck = len(case.architecture.kernels) == 3
    later = (
        bottleneck
        and found
        == measure(draw(replace(case.architecture, strided=2), size=case.candidate.input_shape[2:])).multiply_adds
    )
    return failed(
        "The multiply-adds are not those of Table 1.",
        f"{_print_text(printed)}, +- {10.0**-printed.digits:g}",
        f"{found:,}",
        deviation="stride-3x3" if later else None,
    )


@examines("CT-06")
def exact_multiply_adds(case: Case) -> Result:
    """The multiply-adds equal the blueprint's exact integer."""
    wanted, found = case.paper_measures.multiply_adds, case.found_measures.multiply_adds
    if found == wanted:
        return passed(f"{found:,}")
    return failed("The number of multiply-adds differs.", f"{wanted:,}", f"{found:,} ({found - wanted:+,})")


@examines("CT-07")
def exact_parameters(case: Case) -> Result:
    """The parameters equal the blueprint's exact integer."""
    frozen = fixed_buffers(case)
    wanted, found = case.paper_measures.parameters, case.found_measures.parameters + frozen
    if found == wanted:
        return passed(f"{found:,}" + (f", of which {frozen:,} are in the buffers of frozen BN" if frozen else ""))
    if only_first_bias(case) and found - wanted == case.found_measures.convolution_biases:
        return passed(f"{found:,}, with the biases of conv1 that CB-02 admits")
    idle = sum(t.size for t in case.idle)
    unused = f", {idle:,} of them never used in eval mode" if idle else ""
    dead = bool(idle) and all(len(t.shape) == 1 for t in case.idle)  # gammas and betas, and no matrix
    return failed(
        "The number of parameters differs.",
        f"{wanted:,}",
        f"{found:,} ({found - wanted:+,}){unused}",
        [t.names[0] for t in case.idle if t.names],
        "bn-dead" if dead else _grey(case),
    )


def _doubling(block: Block) -> float:
    """By what factor a projection in place of the identity would raise the weights of a bottleneck."""
    convolutions = [block.graph[c.index].operand("weight") for c in block.residual.convolutions]
    weights = 0
    for index in convolutions:
        size = 1
        for extent in block.graph[index].shape if index is not None else ():
            size *= extent
        weights += size
    return 1 + block.input_shape[1] * block.output_shape[1] / weights


@examines("CT-08")
def projection_doubles(case: Case) -> Result:
    """A projection in place of a bottleneck's identity would about double its weights."""
    wanted = next(_doubling(b) for b in case.paper.blocks if not b.increases)
    blocks = [b for b in case.found.blocks if not b.increases and b.residual.convolutions]
    if not blocks:
        return not_examined("No block has equal dimensions.")
    wrong = [b for b in blocks if abs(_doubling(b) - wanted) > 0.005]
    if not wrong:
        return passed(f"x{wanted:.2f}")
    return failed(
        "A projection in place of the identity would multiply a bottleneck's weights by another factor.",
        f"x{wanted:.2f}",
        ", ".join(dict.fromkeys(f"x{_doubling(b):.2f}" for b in wrong)),
        [case.name(b) for b in wrong],
    )


@examines("CT-09")
def shortcuts_cost_nothing(case: Case) -> Result:
    """Under option A the shortcuts add no multiply-adds and no parameters."""
    parameters = sum(case.parameters(s) for _, s in case.shortcuts)
    operations = sum(case.multiply_adds(s) for _, s in case.shortcuts)
    if not parameters and not operations:
        return passed("no parameters, no multiply-adds")
    return failed(
        "The shortcuts cost something.",
        "no parameters, no multiply-adds",
        f"{parameters:,} parameters, {operations:,} multiply-adds",
        [case.name(b) for b, s in case.shortcuts if case.parameters(s) or case.multiply_adds(s)],
        "shortcut-B-on-cifar" if case.architecture.dataset == "cifar10" and case.found.option == "B" else None,
    )
