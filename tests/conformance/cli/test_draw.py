"""`draw`: a network as it is, beside the paper's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

if TYPE_CHECKING:
    from conftest import Run

pytestmark = pytest.mark.usefixtures("judged_here")


def test_torchvisions_resnet50_is_drawn_and_its_blocks_are_marked(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "net.svg"
    target = ("torchvision.models:resnet50", "--architecture", "imagenet/resnet50")
    assert run("draw", *target, "--output", str(path)) == (0, "", "")
    root = ET.parse(path).getroot()
    words = [element.text for element in root.iter() if element.get("class") == "clause"]
    assert words == ["BTN-04 BTN-05"] * 3
    assert "layer4.0" in [element.text for element in root.iter()]


def test_beside_the_nearest_where_none_is_named(run: Run) -> None:
    code, out, err = run("draw", "torchvision.models:resnet18")
    assert (code, err) == (0, "")
    assert "imagenet/resnet18" in (ET.fromstring(out)[0].text or "")


def test_a_mistake_is_one_message(run: Run, tmp_path: Path) -> None:
    code, out, err = run("draw", "torchvision.models:resnet18", "--architecture", "imagenet/resnet19")
    assert (code, out) == (2, "")
    assert "imagenet/resnet18" in err
    code, out, err = run("draw", "torchvision.models:resnet19", "--output", str(tmp_path / "net.svg"))
    assert (code, out, list(tmp_path.iterdir())) == (2, "", [])
    assert err.startswith("resnet-conformance: ")
