"""Every bundled network, and those of other libraries, as the files that they are exported to: judged as the module is.

What takes an hour on two cores, and so has a session of its own: `nox -s exports`; `-k resnet20` picks some.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from resnet_conformance import check
from resnet_conformance.capture import load_target
from resnet_conformance.spec import load_spec
from tests.conformance.files.exports import export, trained
from tests.conformance.files.same import compared, deviations

CHECKOUT = Path(__file__).parents[2]
WAYS = ("legacy", "legacy-kept", "dynamo", "pt2")
DEEPEST = 200  # layers: exporters take many minutes, and gigabytes, for resnet1202 and preresnet1001


def rows() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Target, architecture and keyword arguments of each network, once."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
    listed = project["tool"]["resnet-conformance"]["targets"]
    others = yaml.safe_load((CHECKOUT / "tests" / "thirdparty" / "expected.yaml").read_text("utf-8"))["rows"]
    seen = set()
    for row in (*listed, *others):
        found = row["target"], row["architecture"], row.get("kwargs") or {}
        if repr(found) not in seen and load_spec().architectures[row["architecture"]].depth <= DEEPEST:
            seen.add(repr(found))
            yield found


ROWS = list(rows())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("target", "architecture", "kwargs"), ROWS, ids=[f"{a}-{t}" for t, a, _ in ROWS])
def test_a_file_is_judged_as_its_module(
    target: str, architecture: str, kwargs: dict[str, Any], way: str, tmp_path: Path
) -> None:
    pytest.importorskip(target.partition(".")[0].partition(":")[0])
    torch.manual_seed(0)
    module = trained(load_target(target, kwargs).build())
    wanted = load_spec().architectures[architecture]
    path = tmp_path / f"net{'.pt2' if way.startswith('pt2') else '.onnx'}"
    try:
        export(module, path, way, (1, wanted.channels, wanted.size, wanted.size))
    except Exception as error:  # noqa: BLE001 - of the exporter, which does not take every network
        pytest.skip(f"cannot be exported: {str(error)[:100]}")
    expected, found = (check(what, architecture, seed=7) for what in (module, str(path)))
    assert compared(expected, found) == {}
    assert deviations(found) == deviations(expected)
