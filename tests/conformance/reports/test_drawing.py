"""What a report holds for pictures, and how both sides are put beside each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from resnet_conformance.anatomy import dissect
from resnet_conformance.blueprint import draw
from resnet_conformance.measure import measure
from resnet_conformance.reports.diagram.blocks import WIDTH, draw_pair
from resnet_conformance.reports.diagram.pairs import names_block, pair_rows
from resnet_conformance.reports.json_report import load_schema
from resnet_conformance.sketch import sketch
from resnet_conformance.spec import load_spec

from .conftest import make_finding
from .kept import NAMES, stored

SPEC = load_spec()
SECTIONS = Draft202012Validator(
    {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": "#/$defs/sketch",
        "$defs": load_schema()["$defs"],
    }
)


@pytest.mark.parametrize("name", SPEC.architectures)
def test_a_sketch_of_any_blueprint_fits_the_schema_and_its_figures_are_those_of_the_spec(name: str) -> None:
    architecture = SPEC.architectures[name]
    graph = draw(architecture)
    drawn = sketch(dissect(graph), [stage.name for stage in architecture.stages])
    SECTIONS.validate(drawn)
    assert drawn["depth"] == architecture.depth
    blocks = [sum(len(entry["names"]) for entry in stage["blocks"]) for stage in drawn["stages"]]
    assert blocks == [stage.blocks for stage in architecture.stages]
    sections = (drawn["stem"], *drawn["stages"], drawn["head"])
    derived = architecture.derived[architecture.option]
    for key in ("parameters", "multiply_adds"):
        assert sum(section[key] for section in sections) == drawn[key] == getattr(derived, key)
    assert drawn["parameters"] == measure(graph).parameters


def test_layers_are_in_the_words_of_table_1() -> None:
    [first] = stored("torchvision-resnet50").drawing["found"]["stages"][1]["blocks"][:1]
    assert first["residual"] == [
        *("conv 1x1, 128", "batch_norm", "relu", "conv 3x3, 128, stride 2", "batch_norm", "relu"),
        *("conv 1x1, 512", "batch_norm"),
    ]
    assert (first["shortcut"], first["join"], first["after"]) == (
        ["conv 1x1, 512, stride 2", "batch_norm"],
        "add",
        ["relu"],
    )


@pytest.mark.parametrize(
    ("place", "named"),
    [
        ("conv3_1 (layer2.0)", True),
        ("layer2.0.conv2", True),
        ("conv3_1", True),
        ("layer2.01", False),
        ("layer2.0x", False),
        ("conv3_10", False),
        ("layer2", False),
        ("player2.0", False),
    ],
)
def test_a_finding_names_a_block_by_whole_names(place: str, named: bool) -> None:
    finding = make_finding("BTN-04", "fail", found="x", where=(place,))
    assert names_block(finding, "conv3_1", "layer2.0") == named


def test_a_block_that_one_side_lacks_stands_alone() -> None:
    report = stored("cifar-resnet20")
    drawing: dict[str, Any] = {side: dict(report.drawing[side]) for side in ("found", "blueprint")}
    drawing["found"]["stages"] = [*drawing["found"]["stages"][:2]]
    rows = pair_rows(replace(report, drawing=drawing))
    assert [(row.name, row.found is None, row.state) for row in rows[-3:-1]] == [
        ("8x8_1", True, "missing"),
        ("8x8_2 – 8x8_3", True, "missing"),
    ]
    drawing["found"], drawing["blueprint"] = drawing["blueprint"], drawing["found"]
    assert [row.state for row in pair_rows(replace(report, drawing=drawing))][-3:-1] == ["extra", "extra"]
    left, right = draw_pair(rows[-2].blueprint, rows[-2].found)
    assert left is not None
    assert right is None


@pytest.mark.parametrize("name", NAMES)
def test_pictures_stay_in_their_frame_and_both_sides_are_equally_high(name: str) -> None:
    for row in pair_rows(stored(name)):
        pictures = draw_pair(row.blueprint, row.found)
        assert len({picture.height for picture in pictures if picture}) == 1
        for shape in (shape for picture in pictures if picture for shape in picture.shapes if shape.kind == "rect"):
            assert shape.places["x"] >= 0
            assert shape.places["x"] + shape.places["width"] <= WIDTH
            assert "off" not in shape.style or row.differs
