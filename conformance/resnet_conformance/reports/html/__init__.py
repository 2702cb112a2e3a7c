"""Reports as one HTML page that needs nothing else: it makes no request and works from a file, in print, by keyboard
and by ear, in light and dark, in English and Korean.

Its policy (CSP) admits the one style sheet and the one script that it holds, by their hashes, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from ..text import clean
from .content import LEVELS, OUTCOMES, describe_report, web_link
from .words import VERDICTS, both, plain, word

if TYPE_CHECKING:
    from resnet_conformance.findings import Report
    from resnet_conformance.spec import Spec


def render(reports: Sequence[Report], spec: Spec, lang: str = "en") -> str:
    """The page, ending with a newline. It opens in `lang`; its reader may change that."""
    style, script = _read("page.css"), _read("page.js")
    template = _environment().get_template("page.html.j2")
    text = template.render(
        targets=[describe_report(report, spec, number) for number, report in enumerate(reports, start=1)],
        lang=lang,
        style=Markup(style),
        script=Markup(script),
        policy=f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; img-src data:;"
        " base-uri 'none'; form-action 'none'",
        outcomes=OUTCOMES,
        levels=LEVELS,
    )
    return text.rstrip() + "\n"


@cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        loader=FunctionLoader(_read),
        undefined=StrictUndefined,
        finalize=_finish,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(t=word, both=both, say=plain, web_link=web_link, verdict=_verdict)
    return environment


def _verdict(name: str) -> Markup:
    return word(VERDICTS.get(name, name))


def _finish(value: object) -> object:
    """A text of the report without control characters: it is escaped, and must not steer whoever prints the page."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _read(name: str) -> str:
    """One of the files beside this one."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """A source expression of the policy for an element that holds exactly this text."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
