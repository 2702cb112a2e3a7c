"""The documentation as a site of static pages, English and Korean beside each other, built by Sphinx."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docs.building.pages import DOCS, LANGUAGES
from docs.building.site.addresses import SCHEMES

CHECKOUT = DOCS.parent
EXTENSIONS = [
    "myst_parser",
    *(f"docs.building.site.{name}" for name in ("addresses", "files", "formulas", "frame", "navigation")),
]
COLOUR = re.compile(r"\x1b\[[\d;]*m")
FIRST = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>resnet-conformance</title>
<meta http-equiv="refresh" content="0; url=en/index.html"></head>
<body><p><a href="en/index.html">English</a> · <a href="ko/index.html" lang="ko">한국어</a></p></body></html>
"""


def build(output: Path) -> list[str]:
    """Build both languages into that folder, which is made; returns Sphinx's warnings, each with its place.

    Raises ImportError where Sphinx, MyST or Furo is not installed.
    """
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace

    warnings = io.StringIO()
    for language in LANGUAGES:
        source, target = (DOCS if language == "en" else DOCS / language), output / language
        with docutils_namespace():
            Sphinx(
                source,
                None,  # no conf.py: all that it would say is below
                target,
                output / f".{language}",
                "html",
                confoverrides=dict(configuration(language)),
                status=None,
                warning=warnings,
            ).build()
    (output / "index.html").write_text(FIRST, "utf-8")
    return [line for line in COLOUR.sub("", warnings.getvalue()).splitlines() if line.strip()]


def configuration(language: str) -> Mapping[str, Any]:
    """Sphinx's settings for one language."""
    sys.path[:] = list(dict.fromkeys([str(CHECKOUT), *sys.path]))  # for the extensions
    return {
        "project": "resnet-conformance",
        "language": language,
        "extensions": EXTENSIONS,
        "checkout": str(CHECKOUT),
        "exclude_patterns": ["ko", "building"],
        "html_theme": "furo",
        "html_title": "resnet-conformance",
        "html_math_renderer": "mathml",
        "html_copy_source": False,
        "html_show_copyright": False,
        "myst_enable_extensions": ["dollarmath"],
        "myst_heading_anchors": 4,
        "myst_url_schemes": {"http": None, "https": None, "mailto": None, **SCHEMES},
        "suppress_warnings": ["misc.highlighting_failure"],  # output that is shown shortened, with "..."
    }
