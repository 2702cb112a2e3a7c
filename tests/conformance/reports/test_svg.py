"""The picture alone: well-formed, self-contained, and marked where the findings say so."""

from __future__ import annotations

import itertools
from xml.etree import ElementTree as ET

import pytest

from resnet_conformance.reports import svg
from resnet_conformance.spec import load_spec

from .kept import HOSTILE, NAMES, hostile, stored

SVG = "{http://www.w3.org/2000/svg}"


def picture(*names: str, lang: str = "en") -> ET.Element:
    return ET.fromstring(svg.render([stored(name) for name in names], load_spec(), lang))


def texts(root: ET.Element, style: str) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text") if element.get("class") == style]


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("name", NAMES)
def test_every_report_is_a_picture_that_holds_all_of_it(name: str, lang: str) -> None:
    root = picture(name, lang=lang)
    _, _, width, height = map(int, root.attrib["viewBox"].split())
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "title", "style", "g", "rect", "path", "circle", "line", "text")
    }
    assert stored(name).target.address in (root.findtext(f"{SVG}title") or "")
    bottoms = [float(e.get("y", 0)) + float(e.get("height", 0)) for e in root.findall(f"{SVG}rect")]
    assert max(bottoms) <= height
    assert all(0 <= float(e.get("x", 0)) <= width for e in root.findall(f"{SVG}text"))


@pytest.mark.parametrize("name", NAMES)
def test_no_line_of_text_runs_into_another(name: str) -> None:
    """By a generous 7 pixels a letter; texts of the blocks have places of their own (test_drawing.py)."""
    lines: dict[float, list[tuple[float, float]]] = {}
    for element in picture(name).findall(f"{SVG}text"):
        length, x = 7.0 * len(element.text or ""), float(element.get("x", 0))
        start = x - length if element.get("text-anchor") == "end" else x
        lines.setdefault(float(element.get("y", 0)), []).append((start, start + length))
    for spans in lines.values():
        spans.sort()
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans)), spans


def test_torchvisions_stride_is_marked_in_its_three_blocks_and_nowhere_else() -> None:
    root = picture("torchvision-resnet50")
    assert texts(root, "clause") == ["BTN-04 BTN-05"] * 3
    found = [g for g in root.findall(f"{SVG}g") if g.get("class") == "found"]
    off = [[t.text for t in g.iter(f"{SVG}text") if "off" in (t.get("class") or "")] for g in found]
    assert [words for words in off if words] == [
        ["1×1, 128", "3×3, 128, /2"],
        ["1×1, 256", "3×3, 256, /2"],
        ["1×1, 512", "3×3, 512, /2"],
    ]


def test_a_network_of_the_paper_has_no_mark() -> None:
    root = picture("cifar-resnet20")
    assert not texts(root, "clause")
    assert not [e for e in root.iter() if "off" in (e.get("class") or "").split()]
    assert sum(name.startswith(("32x32", "16x16", "8x8")) for name in texts(root, "name")) >= 5


def test_a_report_without_a_drawing_says_so() -> None:
    from dataclasses import replace

    root = ET.fromstring(svg.render([replace(stored("cifar-resnet20"), drawing={})], load_spec()))
    assert "this report holds no drawing" in texts(root, "soft")


def test_several_stand_under_each_other() -> None:
    alone = int(picture("cifar-resnet20").attrib["height"])
    assert int(picture("cifar-resnet20", "cifar-resnet20").attrib["height"]) > 1.9 * alone


@pytest.mark.parametrize("words", HOSTILE)
def test_what_is_foreign_is_text(words: str) -> None:
    text = svg.render([hostile(words)], load_spec())
    root = ET.fromstring(text)
    assert {e.tag.removeprefix(SVG) for e in root.iter()} <= {
        *("svg", "title", "style", "g", "rect", "path", "circle", "line", "text")
    }
    assert not [key for e in root.iter() for key in e.attrib if key.startswith("on") or "href" in key]
    assert not any(ord(c) < 32 and c != "\n" for c in text)
