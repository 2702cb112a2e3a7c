"""Every bundled network, and those of other libraries, as the files that they are exported to: judged as the module is.

What takes an hour on two cores, and so has a session of its own: `nox -s exports`; `-k resnet20` picks some.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from resnet_conformance import check
from resnet_conformance.capture import load_target
from resnet_conformance.examination import EVIDENCE
from resnet_conformance.spec import load_spec
from tests.conformance.files.exports import export, trained
from tests.conformance.files.same import LOST, compared, deviations, lost_by_folding
from tests.thirdparty.factories import NEEDS

CHECKOUT = Path(__file__).parents[2]
WAYS = ("legacy", "legacy-kept", "dynamo", "pt2")
# resnet1202 and preresnet1001, of more than 200 layers: by torch's old exporter alone, as the others take many minutes
# and gigabytes; and by structure alone, as experiments on networks so deep take many minutes again.
DEEP, DEEP_WAYS, DEEP_EVIDENCE = 200, ("legacy",), ("structure",)

# What an exporter is known not to take, as (name of the factory, way): why. All else must be exported: an exporter that
# refuses a network that it took before is a regression to be looked at.
KEYWORDS = "torch's old exporter gives it the image as a second argument of the same name"
DETACHED = "torch.export keeps none of what `residual.data` is joined with (monai:nets/resnet.py, shortcut A)"
REFUSED: Mapping[tuple[str, str], str] = {
    ("hf_resnet50_backbone", "legacy"): KEYWORDS,
    ("hf_resnet50_backbone", "legacy-kept"): KEYWORDS,
    ("monai_features_resnet18", "pt2"): DETACHED,
    ("monai_features_resnet18", "dynamo"): DETACHED,
}

# What an exporter writes as another network, and the clause that shows it: `residual.data` breaks the old exporter's
# trace, which then writes the shortcut of its example as a constant. The file is no residual network any more.
CHANGED: Mapping[tuple[str, str], str] = {
    ("monai_features_resnet18", "legacy"): "BLK-01",
    ("monai_features_resnet18", "legacy-kept"): "BLK-01",
}


def rows() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Target, architecture and keyword arguments of each network, once."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
    listed = project["tool"]["resnet-conformance"]["targets"]
    others = yaml.safe_load((CHECKOUT / "tests" / "thirdparty" / "expected.yaml").read_text("utf-8"))["rows"]
    seen = set()
    for row in (*listed, *others):
        found = row["target"], row["architecture"], row.get("kwargs") or {}
        if repr(found) not in seen:
            seen.add(repr(found))
            yield found


def is_deep(architecture: str) -> bool:
    return load_spec().architectures[architecture].depth > DEEP


def package(target: str) -> str:
    """The library whose network a target is; of a factory of tests/thirdparty/factories.py the one that it calls."""
    place, _, name = target.partition(":")
    if place.endswith(".py"):
        return next(library for prefix, library in NEEDS.items() if name.startswith(prefix))
    return place.partition(".")[0]


ROWS = list(rows())
CASES = [(*row, way) for row in ROWS for way in WAYS if way in DEEP_WAYS or not is_deep(row[1])]


def test_the_deepest_networks_are_among_the_cases() -> None:
    deep = {architecture for _, architecture, _, _ in CASES if is_deep(architecture)}
    assert deep >= {"cifar10/resnet1202", "cifar10/preresnet1001"}
    others = {target.partition(":")[2] for target, *_ in CASES if package(target) != "resnet_impl"}
    assert {name for name, _ in (*REFUSED, *CHANGED)} <= others


def test_every_case_is_of_a_library_that_can_be_looked_for() -> None:
    """A path taken for a package's name is never found, and its networks are skipped without a word."""
    assert {package(target) for target, *_ in CASES} == {
        *("resnet_impl", "torchvision", "timm", "pytorchcv", "transformers", "labml_nn"),
        *("fastai", "lightly", "monai", "pycls", "segmentation_models_pytorch"),
    }


@pytest.mark.parametrize(
    ("target", "architecture", "kwargs", "way"), CASES, ids=[f"{a}-{t}-{w}" for t, a, _, w in CASES]
)
def test_a_file_is_judged_as_its_module(
    target: str, architecture: str, kwargs: dict[str, Any], way: str, tmp_path: Path
) -> None:
    pytest.importorskip(package(target))
    torch.manual_seed(0)
    module = trained(load_target(target, kwargs).build())
    wanted = load_spec().architectures[architecture]
    path = tmp_path / f"net{'.pt2' if way.startswith('pt2') else '.onnx'}"
    try:
        export(module, path, way, (1, wanted.channels, wanted.size, wanted.size))
    except Exception:
        if reason := REFUSED.get((target.partition(":")[2], way)):
            pytest.skip(f"cannot be exported: {reason}")
        raise
    evidence = DEEP_EVIDENCE if is_deep(architecture) else EVIDENCE
    expected, found = (check(what, architecture, seed=7, evidence=evidence) for what in (module, str(path)))
    if clause := CHANGED.get((target.partition(":")[2], way)):
        assert clause in {f.clause for f in found.failed()} - {f.clause for f in expected.failed()}
        return
    assert compared(expected, found) == {}
    lost = LOST | lost_by_folding(expected, found)
    assert deviations(found, lost) == deviations(expected, lost)
