"""The formats that are texts of their own: each a function of reports, the spec and a language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from . import github, junit

if TYPE_CHECKING:
    from resnet_conformance.findings import Report
    from resnet_conformance.spec import Spec

Render = Callable[["Sequence[Report]", "Spec", str], str]


def _html(reports: Sequence[Report], spec: Spec, lang: str) -> str:
    from . import html  # with a template engine, which the other formats do without

    return html.render(reports, spec, lang)


def _svg(reports: Sequence[Report], spec: Spec, lang: str) -> str:
    from . import svg  # whose pictures stand beside that template

    return svg.render(reports, spec, lang)


TEXTS: Mapping[str, Render] = {"junit": junit.render, "html": _html, "github": github.render, "svg": _svg}
FORMATS = ("terminal", "json", *TEXTS)
