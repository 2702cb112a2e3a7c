"""What a network is, by name: the nearest architecture, exactly or not, and the named deviations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .page import Page

if TYPE_CHECKING:
    from rich.console import Console

    from resnet_conformance.findings import Identification
    from resnet_conformance.spec import Spec


def render(found: Identification, spec: Spec, console: Console) -> None:
    """Print an identification by itself; the clauses that are broken are in a report."""
    page = Page(console)
    page.paragraph(sentence(found, spec), style="bold")
    for deviation in found.deviations:
        page.paragraph(titled(deviation, spec), indent=2, label="Known difference:")


def sentence(found: Identification, spec: Spec, lacks: str = "", more: bool = False, against: str = "") -> str:
    """One sentence; `lacks` is what a backbone is without, `more` says that reasons follow, `against` names what a
    network that is near none is judged against.
    """
    if found.architecture is None:
        rest = f"; it is held against {against} all the same" if against else ""
        return f"It is near no architecture that the spec knows{rest}."
    known = spec.architectures.get(found.architecture)
    name = f"{found.architecture}{f': {known.title}' if known else ''}"
    if known and known.variant:
        name += f", of {known.paper}" if known.paper else ", a variant that is in no paper"
    if found.exact:
        return f"It is exactly {name}{f', but for the {lacks} that it lacks' if lacks else ''}."
    return f"Nearest is {name}. It is not exactly that{':' if more else '.'}"


def titled(deviation: str, spec: Spec, lang: str = "en") -> str:
    """A deviation's id with its title."""
    known = spec.deviations.get(deviation)
    return f"{deviation} - {known.title.get(lang, known.title['en'])}" if known else deviation
