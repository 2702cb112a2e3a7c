"""Formulas as MathML, by docutils: browsers draw it themselves, without a script and without a network."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator


def still(mathml: str) -> str:
    """Braces of a set as high as its letters: without this, browsers stretch them over all that stands between."""
    return re.sub(r"<mo>([{}])</mo>", r'<mo stretchy="false">\1</mo>', mathml)


def visit_inline(translator: HTML5Translator, node: nodes.math) -> None:
    """A formula within a line. Raises docutils' MathError, which ends the build, for TeX that it cannot read."""
    translator.body.append(still(tex2mathml(node.astext())))
    raise nodes.SkipNode


def visit_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """A formula on lines of its own, which may be wider than a phone."""
    translator.body.append(f'<div class="math">{still(tex2mathml(node.astext(), as_block=True))}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
