"""A network is judged alike, whether it comes as a module or as the file that it was exported to."""

from __future__ import annotations

import pytest

from .same import differences, judged

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("way", ["legacy", "legacy-dynamic", "legacy-kept", "dynamo"])
def test_resnet20_is_judged_as_its_module(way: str) -> None:
    module, file = judged("resnet20", "module"), judged("resnet20", way)
    assert file.verdict == module.verdict == "conforms"
    assert (file.architecture, file.identified.exact) == ("cifar10/resnet20", True)
    assert file.identified.deviations == module.identified.deviations
    assert differences(module, file) == {}


@pytest.mark.parametrize("way", ["legacy", "legacy-kept"])
def test_resnet18_is_judged_as_its_module(way: str) -> None:
    module, file = judged("resnet18", "module"), judged("resnet18", way)
    assert file.verdict == module.verdict == "conforms"
    assert file.architecture == module.architecture == "imagenet/resnet18"
    assert differences(module, file) == {}


def test_the_report_says_that_it_is_a_file_and_what_it_fixes() -> None:
    report = judged("resnet20", "legacy")
    assert report.target.kind == "onnx"
    assert report.summary["file"] == [
        "19 BNs folded into their convolutions by the exporter; put back here: a convolution with a bias and no BN"
        " cannot be told from it.",
        "The file fixes its input to 1x3x32x32.",
        "In training its operators do as they do in training; what the network's code does then alone, no file shows.",
    ]


def test_how_weights_start_is_not_examined() -> None:
    found = {f.clause: f for f in judged("resnet20", "legacy").findings}
    assert found["IN-01"].outcome == "not-examined"
    assert found["IN-01"].message.startswith("A file holds weights, and not how they start")
