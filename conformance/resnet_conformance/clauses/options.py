"""SC-04, 05, 07, 08, 08a, 18: option A, B or C, which a network has (He et al. 2015, section 3.3, section 4.1)."""

from __future__ import annotations

from ..blocks import Block
from ..layer_kinds import NORMS
from .case import Case, Result, examines, failed, holds_for_all, not_applicable, passed
from .shortcuts import grown, needless_projection, same, shortcut_text


def _is_projection(block: Block) -> bool:
    """One 1x1 convolution with the block's stride, a normalization or nothing behind it (is it BN: SC-14, BN-01)."""
    if (
        block.shortcut is None
        or block.shortcut.ops[:1] != ("conv",)
        or any(op not in NORMS for op in block.shortcut.ops[1:])
    ):
        return False
    conv = block.shortcut.convolutions[0]
    return (
        len(block.shortcut.ops) <= 2
        and conv.kernel == (1, 1)
        and conv.groups == 1
        and set(conv.stride) == {block.stride}
    )


def _projection_deviation(wrong: list[Block]) -> str | None:
    branches = [b.shortcut for b in wrong if b.shortcut is not None]
    if branches and any("avg_pool" in s.ops and "conv" in s.ops for s in branches):
        return "proj-avgpool"
    if branches and any("max_pool" in s.ops for s in branches):
        return "proj-maxpool"
    if branches and any(c.kernel != (1, 1) for s in branches for c in s.convolutions):
        return "proj-3x3"
    return None


@examines("SC-04")
def option_b(case: Case) -> Result:
    """Option B: a 1x1 projection, with the stride, exactly where dimensions increase."""
    wrong = [b for b in grown(case) if not _is_projection(b)] + [
        b for b in same(case) if b.shortcut_kind == "projection"
    ]
    projection = "one strided 1x1 conv" + (" -> batch_norm" if case.architecture.generation == "v1" else "")
    expected = f"{projection} where dimensions increase, identity elsewhere"
    deviation = _projection_deviation(wrong) or (
        needless_projection(case) if not any(b.increases for b in wrong) else None
    )
    if wrong and deviation is None and all(b.shortcut_kind == "zero-pad" for b in wrong):
        deviation = "shortcut-A-on-imagenet" if case.architecture.dataset == "imagenet" else None
    return holds_for_all(
        case,
        wrong,
        len(case.shortcuts),
        "Projections are not those of option B",
        expected,
        lambda b: f"{case.labels[b.end]}: {shortcut_text(b)}",
        deviation,
    )


@examines("SC-05")
def option_c(case: Case) -> Result:
    """Option C: every shortcut is a projection."""
    wrong = [b for b, _ in case.shortcuts if not _is_projection(b)]
    return holds_for_all(
        case,
        wrong,
        len(case.shortcuts),
        "Not every shortcut is a projection",
        "1x1 conv -> batch_norm everywhere",
        lambda b: f"{case.labels[b.end]}: {shortcut_text(b)}",
    )


def _demand_option(case: Case, option: str, deviation: str | None = None) -> Result:
    found = case.found.option
    if found == option:
        return passed(f"option {option}")
    return failed(
        f"The shortcuts are not of option {option}.", f"option {option}", _option_text(found), deviation=deviation
    )


def _option_text(option: str) -> str:
    return {"none": "no shortcuts", "mixed": "shortcuts of no single option"}.get(option, f"option {option}")


@examines("SC-07")
def bottlenecks_use_b(case: Case) -> Result:
    """ResNet-50/101/152 use option B."""
    if not any(b.increases for b in case.paper.blocks):
        return not_applicable("In no block do dimensions increase.")
    return _demand_option(case, "B", "shortcut-A-on-imagenet" if case.found.option == "A" else None)


@examines("SC-08")
def table_2_uses_a(case: Case) -> Result:
    """The ResNet-18/34 of Table 2 use option A."""
    return _demand_option(case, "A")


@examines("SC-08a")
def other_options(case: Case) -> Result:
    """Under the plain name ResNet-18 may use B, ResNet-34 B or C."""
    option = case.found.option
    if case.architecture.base is not None:
        return not_applicable(f"The name {case.architecture.name} fixes the option.")
    if option in ("B", "C"):
        return passed(
            f"option {option}", f"The shortcuts are of option {option}; those of Table 2 and Fig. 4 are of option A."
        )
    return not_applicable(f"{_option_text(option).capitalize()} found.")


@examines("SC-18")
def no_option_c(case: Case) -> Result:
    """Option C is not used in ResNet-50/101/152."""
    if case.found.option != "C":
        return passed(_option_text(case.found.option))
    return failed("Every shortcut is a projection.", "not option C", "option C", deviation="proj-where-identity")
