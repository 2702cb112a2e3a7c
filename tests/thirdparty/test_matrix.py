"""The matrix: each network of each library gets its row; the committed page is that of the committed data.

`nox -s thirdparty -- --matrix` judges all (an hour on two cores) and writes docs/matrix.json and docs/matrix.html.
Otherwise what is committed is held together: page and data, data and the table that was derived by hand.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from resnet_conformance.reports.output import write_atomically
from resnet_conformance.spec import load_spec

from . import matrix
from .members import Member, members
from .rows import judge

FOLDER = os.environ.get("RESNET_MATRIX")
HERE = Path(__file__).parent


pytestmark = pytest.mark.skipif(
    FOLDER is None and not matrix.DATA.exists(), reason="no matrix was made yet: nox -s thirdparty -- --matrix"
)


def rows() -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(matrix.DATA.read_text("utf-8"))["rows"]
    return listed


@pytest.mark.parametrize("member", members() if FOLDER else [], ids=lambda member: member.id)
def test_a_network_has_its_row(member: Member) -> None:
    """Whatever becomes of a network costs its own row alone: each is judged in a process of its own.

    A row that is there stays, where neither the judge, its spec nor the library have changed since.
    """
    assert FOLDER is not None
    place = matrix.place_of(Path(FOLDER), member)
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(place, json.dumps(judge(member)))


def test_the_page_is_that_of_the_data() -> None:
    data = json.loads(matrix.DATA.read_text("utf-8"))
    assert matrix.PAGE.read_text("utf-8") == matrix.render(data, load_spec())


def test_the_data_say_nothing_of_the_machine() -> None:
    text = matrix.DATA.read_text("utf-8")
    assert not [
        word for word in ("site-packages", *(f"/{folder}/" for folder in ("home", "root", "tmp"))) if word in text
    ]


def test_the_hand_derived_table_and_the_matrix_agree() -> None:
    """Where both speak of a network against the same architecture; the versions are those that were read."""
    table = yaml.safe_load((HERE / "expected.yaml").read_text("utf-8"))["rows"]
    found = {(_package(row["target"]), row["name"], row.get("against")): row for row in rows()}
    found |= {(row["target"], repr(row["kwargs"]), row.get("against")): row for row in rows()}
    compared = 0
    for row in table:
        module, name = row["target"].split(":")
        there = found.get((row["target"], repr(row.get("kwargs") or {}), row["architecture"])) or found.get(
            (_package(module), name, row["architecture"])  # by a constructor of its own, and not by the library's
        )
        if there is None:
            continue
        compared += 1
        assert there["verdict"] == row["verdict"], row["target"]
        if "must_fail" in row:
            assert there["must"] == sorted(row["must_fail"]), row["target"]
            assert there["should"] == sorted(row["should_fail"]), row["target"]
            assert there["deviations"] == sorted(row["deviations"]), row["target"]
        assert set(row.get("must_fail_includes", ())) <= set(there.get("must", ())), row["target"]
        assert not set(row.get("must_not_fail", ())) & set(there.get("must", ())), row["target"]
    assert compared >= 60


def _package(target: str) -> str:
    """The package that a target's module belongs to."""
    return target.partition(":")[0].partition(".")[0]


def test_a_network_that_cannot_be_judged_has_a_row_with_the_reason() -> None:
    row = judge(Member("torch", "Nothing", "tests/thirdparty/factories.py:no_such_net"))
    assert "no_such_net" in row["problem"]
    assert "verdict" not in row
    assert matrix.outcome(row) == "problem"
