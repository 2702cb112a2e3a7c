"""Reports as one picture (SVG): the network as found beside the blueprint, from the input to the output.

The blocks are those of the HTML page's diagram; a block that a finding names bears its clause. The picture stands
alone, for a slide or a README: no request, no script, white paper in light and dark.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from .diagram.blocks import Picture, draw_pair
from .diagram.pairs import Row, pair_rows
from .text import clean

if TYPE_CHECKING:
    from resnet_conformance.findings import Report
    from resnet_conformance.spec import Spec

MARGIN, COLUMN, BETWEEN = 14, 180, 24  # in pixels, as everything here
WIDTH = 2 * MARGIN + 2 * COLUMN + BETWEEN
TITLE, LINE = 20, 14
SIDES = (MARGIN, MARGIN + COLUMN + BETWEEN)
LETTERS = 64  # of small type in the picture's width
WORDS = {
    "en": {
        "blueprint": "blueprint",
        "found": "as found",
        "none": "no such block",
        "bare": "this report holds no drawing",
        "dashed": "dashed: otherwise on the other side",
        "verdicts": {
            "conforms": "conforms to",
            "deviates": "deviates, as declared, from",
            "violates": "violates",
            "not-examined": "beside",
        },
    },
    "ko": {
        "blueprint": "blueprint",
        "found": "실제 네트워크",
        "none": "해당 block 없음",
        "bare": "이 보고서에는 그림이 없음",
        "dashed": "점선: 반대쪽과 다름",
        "verdicts": {
            "conforms": "일치:",
            "deviates": "선언된 대로 다름:",
            "violates": "위반:",
            "not-examined": "비교 대상:",
        },
    },
}
STYLE = """\
text { font: 10.5px system-ui, sans-serif; fill: #1b1f24 }
.title { font-size: 14px; font-weight: 700 } .name { font-size: 11.5px; font-weight: 700 }
.soft, .rest-text { fill: #59636e }
.clause { font-weight: 700; fill: #a40e17 } .mark { fill: #a40e17 } .rule { stroke: #d0d7de; stroke-width: 1 }
.conv { fill: #e4ecf9; stroke: #40689f } .rest { fill: #fff; stroke: #b6bec8 } .label { fill: #fff; stroke: none }
.wire { fill: none; stroke: #59636e; stroke-width: 1.5 } .join { fill: #fff; stroke: #59636e; stroke-width: 1.5 }
.off { stroke: #a40e17; stroke-width: 2.2; stroke-dasharray: 4 2 }
text.off { stroke: none; font-weight: 700; fill: #a40e17 }
.blueprint .off { stroke: #0a53a8 } .blueprint text.off { stroke: none; fill: #0a53a8 }"""


def render(reports: Sequence[Report], spec: Spec, lang: str = "en") -> str:
    """One picture of all reports under each other, ending with a newline. `spec` is not asked: the report holds all."""
    root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", "lang": lang})
    ET.SubElement(root, "title").text = clean("; ".join(_headline(report, lang) for report in reports))
    ET.SubElement(root, "style").text = STYLE
    paper = ET.SubElement(root, "rect", {"width": str(WIDTH), "fill": "#fff"})
    y = MARGIN
    for report in reports:
        y = _draw(root, report, y, lang) + TITLE
    root.set("viewBox", f"0 0 {WIDTH} {y}")
    root.set("width", str(WIDTH))
    root.set("height", str(y))
    paper.set("height", str(y))
    return ET.tostring(root, encoding="unicode") + "\n"


def _headline(report: Report, lang: str) -> str:
    return f"{report.target.address} {_verdict(report, lang)}".rstrip()


def _verdict(report: Report, lang: str) -> str:
    said = WORDS[lang]["verdicts"][report.verdict]  # type: ignore[index]
    return f"{said} {report.architecture}" if report.architecture else ""


def _draw(root: ET.Element, report: Report, y: int, lang: str) -> int:
    """One network from y downwards; where the next thing may begin."""
    words = WORDS[lang]
    y += LINE
    _text(root, MARGIN, y, _fit(report.target.address, 44), "title")
    if said := _verdict(report, lang):
        y += LINE + 2
        _text(root, MARGIN, y, _fit(said, LETTERS), "name")
    rows = pair_rows(report)
    if not rows:
        why = clean(str(report.summary.get("problem") or words["bare"]))
        for line in textwrap.wrap(why, LETTERS, max_lines=5, placeholder=" \N{HORIZONTAL ELLIPSIS}"):
            y += LINE
            _text(root, MARGIN, y, line, "soft")
        return y
    if any(row.differs for row in rows):
        y += LINE
        _text(root, MARGIN, y, str(words["dashed"]), "soft")
    y += TITLE
    for x, side in zip(SIDES, ("blueprint", "found"), strict=True):
        _text(root, x, y, str(words[side]), "name")
    for row in rows:
        y = _draw_row(root, row, y + 6, str(words["none"]))
    return y


def _draw_row(root: ET.Element, row: Row, y: int, none: str) -> int:
    """A rule, the row's names, the clauses that name it, and both sides."""
    ET.SubElement(
        root, "line", {"class": "rule", "x1": str(MARGIN), "x2": str(WIDTH - MARGIN), "y1": str(y), "y2": str(y)}
    )
    top, clauses = y, " ".join(dict.fromkeys(mark.clause for mark in row.marks))
    y += LINE
    _text(root, MARGIN, y, row.name + (f"  ({row.count}\N{MULTIPLICATION SIGN})" if row.count > 1 else ""), "name")
    if clauses:
        _text(root, WIDTH - MARGIN, y, _fit(clauses, 40), "clause", "end")
    if any(row.where):
        y += LINE
        _text(root, SIDES[1], y, _fit(", ".join(row.where), LETTERS // 2), "soft")
    y += 4
    pictures = draw_pair(row.blueprint, row.found)
    for x, side, picture, entry in zip(
        SIDES, ("blueprint", "found"), pictures, (row.blueprint, row.found), strict=True
    ):
        if picture is None:
            _text(root, x, y + LINE, none, "soft")
            continue
        _place(ET.SubElement(root, "g", {"class": side, "transform": f"translate({x} {y})"}), picture)
        size = "\N{MULTIPLICATION SIGN}".join(map(str, (entry or {}).get("output", ())))
        _text(root, x + COLUMN, y + picture.height - 2, size, "soft", "end")
    y += max((picture.height for picture in pictures if picture), default=LINE)
    if clauses:
        ET.SubElement(root, "rect", {"class": "mark", "x": "4", "y": str(top), "width": "4", "height": str(y - top)})
    return y


def _place(group: ET.Element, picture: Picture) -> None:
    for shape in picture.shapes:
        attributes = {"class": clean(shape.style), **{key: clean(str(value)) for key, value in shape.places.items()}}
        if shape.kind == "text":
            ET.SubElement(group, "text", {**attributes, "text-anchor": "middle"}).text = clean(shape.text)
        else:
            ET.SubElement(group, shape.kind, attributes)


def _text(root: ET.Element, x: int, y: int, words: str, style: str, anchor: str = "start") -> None:
    place = {"class": style, "x": str(x), "y": str(y), "text-anchor": anchor}
    ET.SubElement(root, "text", place).text = clean(words)


def _fit(words: str, letters: int) -> str:
    return words if len(words) <= letters else words[: letters - 1] + "\N{HORIZONTAL ELLIPSIS}"
