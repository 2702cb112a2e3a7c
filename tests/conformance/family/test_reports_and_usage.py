"""check_family: the report, arguments that cannot be, targets that are no family, time."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from torch import nn

from resnet_conformance import Report, check_family
from resnet_conformance.capture import TargetProblem
from resnet_conformance.family import FamilyError
from resnet_conformance.reports import json_report
from resnet_conformance.spec import load_spec

from .families import (
    by_blocks,
    by_so_called_depth,
    looked_at,
    passing_on,
    plain,
    projecting,
    published_only_by_n,
    right,
)

pytestmark = pytest.mark.slow


class TestReport:
    def test_data_fit_the_schema_and_come_back(self) -> None:
        for factory in (right, published_only_by_n, plain):
            data = json.loads(json_report.render(check_family(factory, examples=2, seed=7)))
            jsonschema.validate(data, json_report.load_schema())
            assert Report.from_json(data).to_json() == data
            assert data["architecture"] is None
            assert data["environment"]["seed"] == 7
            assert data["target"]["kwargs"] == {}

    def test_a_seed_draws_the_same_n(self) -> None:
        drawn: Sequence[list[int]] = [looked_at(check_family(right, seed=seed)) for seed in (5, 5, 6)]
        assert drawn[0] == drawn[1] != drawn[2]

    def test_one_member_is_named_for_all_clauses(self) -> None:
        command = check_family(projecting, examples=0).summary["family"]["one_member"]
        assert command.endswith("projecting --kw n=3 --architecture cifar10/resnet20")
        command = check_family("resnet_impl:cifar_resnet", kwargs={"n": 2, "shortcut": "B"}).summary["family"]
        assert command["one_member"] == "resnet-conformance check resnet_impl:cifar_resnet --kw shortcut=B --kw n=2"

    def test_the_clauses_are_examined_by_structure(self) -> None:
        assert {load_spec().clauses[f.clause].evidence for f in check_family(right, examples=0).findings} == {
            ("structure",)
        }


class TestUsage:
    @pytest.mark.parametrize(
        ("keyword", "options", "part"),
        [
            ("n m", {}, "'n m'"),
            ("", {}, "''"),
            (3, {}, "not 3"),
            ("n", {"means": "layers"}, "'layers'"),
            ("n", {"examples": -1}, "-1"),
            ("n", {"examples": True}, "True"),
            ("n", {"kwargs": {"n": "3"}}, "n='3' names no member"),
            ("n", {"kwargs": {"n": 0}}, "n=0 names no member"),
            ("depth", {"kwargs": {"depth": 21}}, "depth=21 names no member"),
            ("depth", {"kwargs": {"depth": 2}}, "depth=2 names no member"),
            ("n", {"kwargs": {"n": True}}, "n=True names no member"),
        ],
    )
    def test_what_cannot_be(self, keyword: Any, options: dict[str, Any], part: str) -> None:
        with pytest.raises(FamilyError) as caught:
            check_family(right, keyword, **options)
        assert part in str(caught.value)

    def test_another_keyword(self) -> None:
        with pytest.raises(TargetProblem, match="does not accept m: it accepts n"):
            check_family(right, "m")
        with pytest.raises(TargetProblem, match=r"no member of the family can be looked at.*KeyError: 'n'"):
            check_family(passing_on, "m")

    def test_no_factory(self) -> None:
        with pytest.raises(TargetProblem, match="give its factory"):
            check_family(right(1))
        with pytest.raises(TargetProblem, match="needs classes"):
            check_family(lambda n, classes: right(n))

    def test_a_keyword_that_means_the_other(self) -> None:
        with pytest.raises(FamilyError, match=r"write --family blocks=depth \(in Python: means='depth'\)"):
            check_family(by_blocks, "blocks")
        assert check_family(by_blocks, "blocks", means="depth").verdict == "conforms"
        with pytest.raises(FamilyError, match="write --family depth=n"):
            check_family(by_so_called_depth, "depth")
        assert check_family(by_so_called_depth, "depth", means="n").verdict == "conforms"
        assert check_family(by_so_called_depth, "depth", means="depth").verdict == "violates"

    def test_the_time_limit(self) -> None:
        def slow(n: int) -> nn.Module:
            time.sleep(30)
            return right(n)

        begin = time.perf_counter()
        with pytest.raises(TargetProblem, match=r"0\.3 s"):
            check_family(slow, timeout=0.3)
        assert time.perf_counter() - begin < 5


def test_a_family_takes_few_seconds() -> None:
    """From the address to the report, all n."""
    begin = time.perf_counter()
    assert check_family("resnet_impl:cifar_resnet", examples=20).verdict == "conforms"
    assert time.perf_counter() - begin < 10


def test_importing_needs_no_torch() -> None:
    code = "import sys, resnet_conformance.family as f; assert f.check_family; assert 'torch' not in sys.modules"
    path = str(Path(__file__).parents[3] / "conformance")
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {path!r}); {code}"], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
