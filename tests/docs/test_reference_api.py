"""docs/api.md has every public name with its parameters and its docstring."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

import resnet_conformance
import resnet_impl
from docs.building import signatures
from tests.docs.reference import FENCES, LINK, anchor, each_language, flat, headings, page, section, seen

PUBLIC = [(module, name) for module in (resnet_conformance, resnet_impl) for name in module.__all__]


@each_language
@pytest.mark.parametrize(("module", "name"), PUBLIC, ids=lambda value: getattr(value, "__name__", value))
def test_every_public_name_is_told_with_its_parameters_and_its_docstring(module: Any, name: str, language: str) -> None:
    text, thing = page("api", language), getattr(module, name)
    assert f"[`{name}`](#" in text
    place = next(target for label, target in LINK.findall(text) if label == f"`{name}`")
    heading = next(heading for _, heading in headings(text) if f"#{anchor(heading)}" == place)
    below = section(text, heading.strip("`"))
    assert re.search(rf"\b{name}\b", below)
    if not (inspect.isclass(thing) and issubclass(thing, Exception)):
        for parameter in inspect.signature(thing).parameters:
            assert re.search(rf"\b{parameter}: ", FENCES.findall(below)[0]), parameter
    for paragraph in (inspect.getdoc(thing) or "").split("\n\n"):
        for line in re.split(r"(?:^|\n)\* ", paragraph):
            assert flat(line) in seen("api", language), line


@each_language
def test_methods_and_properties_are_there(language: str) -> None:
    below = section(page("api", language), "Report")
    for word in ("exit_code", "stale", "failed", "to_json", "from_json"):
        assert re.search(rf"^\| `{word}\b", below, re.MULTILINE), word
    assert "residual" in section(page("api", language), "BottleneckV1")
    assert re.search(r"^\| `forward\(", section(page("api", language), "BasicBlockV2"), re.MULTILINE)  # of its base


def test_the_words_of_signatures_are_explained() -> None:
    text = page("api")
    for word in ("ShortcutOption", "ImageNetOptions", "Options", "Fan", "Verdict", "Outcome", "Source", "Means"):
        assert re.search(rf"^(class )?{word}\b( = |\()", text, re.MULTILINE), word


def test_a_signature_is_one_line_or_one_line_for_each_parameter() -> None:
    def short(a: int, *, b: str = "x") -> None: ...
    def long(first_of_all: int, second_of_all: str = "a", *args: object, third_of_all: bool = True, **kw: int) -> str:
        return ""

    assert signatures.call("short", inspect.signature(short)) == 'short(a: int, *, b: str = "x") -> None'
    assert signatures.call("long", inspect.signature(long)).splitlines() == [
        "long(",
        "    first_of_all: int,",
        '    second_of_all: str = "a",',
        "    *args: object,",
        "    third_of_all: bool = True,",
        "    **kw: int,",
        ") -> str",
    ]
