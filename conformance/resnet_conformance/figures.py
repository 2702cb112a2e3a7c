"""Do an architecture's derived integers follow from its tables, and its printed figures from the derived ones?

He et al. 2015 print parameters (Table 6) and "FLOPs", multiply-adds (Table 1). The loader refuses a spec in which the
network that the tables describe, drawn and measured, contradicts either.
"""

from __future__ import annotations

from collections.abc import Hashable

from .anatomy import dissect
from .architecture import Architecture, Derived, Printed
from .blueprint import draw
from .measure import measure

Contradiction = tuple[tuple[str, ...], str]
_DERIVED: dict[Hashable, tuple[Derived, int]] = {}


def derive(architecture: Architecture) -> tuple[Derived, int]:
    """The exact integers and the depth of the architecture with its first shortcut option: drawn and measured."""
    known = _key(architecture)
    if known not in _DERIVED:  # drawing all of them takes a second, and most are the same in the next spec that is read
        _DERIVED[known] = _derive(architecture)
    return _DERIVED[known]


def _key(architecture: Architecture) -> Hashable:
    """All that a drawing depends on."""
    a = architecture
    network = (a.generation, a.block, a.kernels, a.strided, a.groups, a.stem, a.stages, a.option)
    return (*network, a.channels, a.size, a.classes)


def _derive(architecture: Architecture) -> tuple[Derived, int]:
    graph = draw(architecture)
    measures, anatomy = measure(graph), dissect(graph)
    projections = sum(block.shortcut_kind == "projection" for block in anatomy.blocks)
    derived = Derived(measures.parameters, measures.batch_norm_affine, measures.multiply_adds, projections)
    return derived, anatomy.depth


def contradictions(architecture: Architecture) -> tuple[Contradiction, ...]:
    """Each figure that contradicts the network: its path below the architecture's entry, and a sentence saying so."""
    found: list[Contradiction] = []
    for option in architecture.options:
        narrowed = architecture.with_option(option)
        computed, depth = derive(narrowed)
        stated = architecture.derived.get(option)
        if stated is None:
            found.append((("derived",), f"derived figures of option {option} are missing: computed {computed}"))
            continue
        for name in ("parameters", "batch_norm_affine", "multiply_adds", "projections"):
            said, drawn = getattr(stated, name), getattr(computed, name)
            if said != drawn:
                message = f"{name} of option {option} is {said:,}, but the network it describes has {drawn:,}"
                found.append((("derived", option, name), message))
        if depth != architecture.depth:
            found.append(
                (("depth",), f"depth is {architecture.depth}, but the network it describes has {depth} weighted layers")
            )
        for position, printed in enumerate(architecture.printed):
            drawn = getattr(computed, printed.quantity)
            if option in printed.options and not agrees(printed, drawn):
                message = f"printed {printed.quantity} {printed.value} contradict the computed {drawn:,}"
                found.append((("printed", str(position), "value"), message))
    return tuple(found)


def agrees(printed: Printed, computed: int) -> bool:
    """Whether an exact integer is what the paper printed, by the figure's rule (FACTS section 6, "Printed figures")."""
    scaled = computed / printed.unit
    if printed.rule == "within":
        return abs(scaled - printed.value) < 10.0**-printed.digits
    return round(scaled, printed.digits) == round(printed.value, printed.digits)
