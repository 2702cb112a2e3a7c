"""PL: the plain twins (He et al. 2015, section 3.3 "Plain Network", 4.1, 4.2)."""

from __future__ import annotations

from ..anatomy import Anatomy
from .case import Case, Result, examines, failed, passed


def _layers(anatomy: Anatomy) -> list[str]:
    """Every layer of the trunk but for reshaping, in order."""
    graph = anatomy.graph
    return [graph[i].op for i in graph.trunk() if graph[i].op not in ("input", "reshape", "pad", "permute")]


@examines("PL-01")
def residual_without_shortcuts(case: Case) -> Result:
    """The residual net with every shortcut removed and all weight layers, BN and ReLU kept."""
    joined = [b for b in case.found.blocks if b.shortcut is not None]
    if joined:
        return failed(
            "A plain network has shortcuts.",
            "no shortcut",
            f"{len(joined)} of {len(case.found.blocks)} blocks have one",
            [case.name(b) for b in joined],
        )
    wanted, found = _layers(case.paper), _layers(case.found)
    if wanted == found:
        return passed(f"{len(found)} layers in the paper's order")
    first = next(
        (p for p, (w, f) in enumerate(zip(wanted, found, strict=False)) if w != f), min(len(wanted), len(found))
    )
    expected, shown = (" -> ".join(layers[max(0, first - 1) : first + 3]) or "the end" for layers in (wanted, found))
    return failed(f"The layers differ from layer {first + 1} on.", expected, shown)


@examines("PL-02")
def follows_the_table(case: Case) -> Result:
    """Counts, widths and strides are those of Table 1, or of 6n+2."""

    def rows(anatomy: Anatomy) -> list[str]:
        return [c.text for c in anatomy.main_convolutions]

    wanted, found = rows(case.paper), rows(case.found)
    if wanted == found:
        return passed(f"{len(found)} convolutions")
    if len(wanted) != len(found):
        return failed("The number of convolutions differs.", str(len(wanted)), str(len(found)), deviation="block-count")
    wrong = [p for p, (w, f) in enumerate(zip(wanted, found, strict=True)) if w != f]
    return failed(
        f"{len(wrong)} of {len(found)} convolutions differ.",
        wanted[wrong[0]],
        found[wrong[0]],
        [case.found.main_convolutions[p].where for p in wrong],
    )
