"""SC: option A, the identity with zero entries for new dimensions (He et al. 2015, section 3.3 (A), section 4.2)."""

from __future__ import annotations

from math import prod

from ..blocks import SUBSAMPLING, Block
from .case import Case, Result, examines, failed, holds_for_all, not_applicable, not_examined, passed
from .shortcuts import grown, same, shortcut_text


def _pads_with_zeros(block: Block) -> bool:
    """Zeros for new channels, none around the map."""
    pads = [block.graph[i].attrs for i in block.shortcut.of("pad")] if block.shortcut else []
    around = any(any(pad["before"][2:]) or any(pad["after"][2:]) for pad in pads)
    return block.shortcut_kind == "zero-pad" and not around


def _option_deviation(case: Case, wrong: list[Block]) -> str | None:
    if wrong and case.architecture.dataset == "cifar10" and all(b.shortcut_kind == "projection" for b in wrong):
        return "shortcut-B-on-cifar" if case.found.option == "B" else "proj-where-identity"
    return None


@examines("SC-03")
def option_a(case: Case) -> Result:
    """Option A: identity with zero entries for the new dimensions, no parameters."""
    blocks = grown(case)
    if not blocks:
        return not_examined("No shortcut crosses different dimensions.")
    wrong = [b for b in blocks if not _pads_with_zeros(b)]
    copies = bool(wrong) and all(b.shortcut is not None and "concat" in b.shortcut.ops for b in wrong)
    return holds_for_all(
        case,
        wrong,
        len(blocks),
        "Where dimensions increase, a shortcut is not that of option A",
        "identity, sub-sampled, with zero channels",
        shortcut_text,
        "optA-offset" if copies else _option_deviation(case, wrong),
    )


@examines("SC-09")
def cifar_uses_a(case: Case) -> Result:
    """Every shortcut of a CIFAR network is of option A."""
    wrong = [b for b in grown(case) if b.shortcut_kind != "zero-pad"]
    wrong += [b for b in same(case) if b.shortcut_kind != "identity"]
    wrong.sort(key=lambda b: b.end)
    return holds_for_all(
        case,
        wrong,
        len(case.shortcuts),
        "A shortcut is not of option A",
        "identity with zero-padding (option A) in all cases",
        lambda b: f"{case.labels[b.end]}: {shortcut_text(b)}",
        _option_deviation(case, wrong),
    )


@examines("SC-10")
def cifar_count(case: Case) -> Result:
    """There are 3n shortcuts, one per pair of 3x3 layers."""
    wanted, found = len(case.paper.blocks), len(case.shortcuts)
    if wanted == found:
        return passed(f"{found} shortcuts")
    return failed(
        "The number of shortcuts differs.",
        f"{wanted} = 3 x {wanted // 3}",
        str(found),
        [case.name(b) for b in case.found.blocks if b.shortcut is None],
    )


def _sampling(block: Block) -> str | None:
    """None where option A samples x[::s, ::s]; else what it does."""
    nodes = [block.graph[i] for i in block.shortcut.nodes] if block.shortcut else []
    for node in nodes:
        if node.op in SUBSAMPLING - {"slice"}:
            return f"{node.op} {node.attrs['kernel'][0]}x{node.attrs['kernel'][1]}"
        if node.op == "slice" and any(node.attrs["start"][2:]):
            return f"slice from pixel {node.attrs['start'][2:]}"
    step = prod(node.attrs["step"][2] for node in nodes if node.op == "slice")
    return None if step == block.stride else f"slice with step {step}"


@examines("SC-16")
def samples_every_other_pixel(case: Case) -> Result:
    """Option A samples x[:, :, ::2, ::2], not an average."""
    blocks = [b for b, _ in case.shortcuts if b.shortcut_kind == "zero-pad"]
    if not blocks:
        return not_applicable("There is no zero-padding shortcut.")
    wrong = [b for b in blocks if _sampling(b)]
    averages = bool(wrong) and all("avg_pool" in (_sampling(b) or "") for b in wrong)
    return holds_for_all(
        case,
        wrong,
        len(blocks),
        "A shortcut of option A does not take every other pixel",
        "x[:, :, ::2, ::2]",
        lambda b: _sampling(b) or "",
        "optA-avgpool2" if averages else "optA-offset",
    )


@examines("SC-17")
def place_of_zeros(case: Case) -> Result:
    """Option A's zeros may stand anywhere: after the input channels, on both sides, between them."""
    places = set()
    for block, shortcut in case.shortcuts:
        for i in shortcut.of("pad") if block.shortcut_kind == "zero-pad" else ():
            before, after = (case.graph[i].attrs[side][1] for side in ("before", "after"))
            places.add("on both sides of" if before and after else "before" if before else "after")
        if block.shortcut_kind == "zero-pad" and shortcut.of("spread"):
            places.add("between")
    if not places:
        return not_applicable("There is no zero-padding shortcut.")
    text = " and ".join(sorted(places)) + " the input channels"
    return passed(f"zeros {text}", f"Option A's zero channels stand {text}; the paper does not say where.")
