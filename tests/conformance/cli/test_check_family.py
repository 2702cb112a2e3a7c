"""`check --family`: what is typed, what cannot stand beside it, and what a person or a program reads."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import FakeApi, Run

pytestmark = pytest.mark.usefixtures("judged_here")

FAMILY = ("check", "resnet_impl:cifar_resnet", "--family", "n")


@pytest.fixture
def target(tmp_path: Path) -> str:
    """Factories: one by depth that leaves out a block from n = 4 on, one that knows a single depth."""
    path = tmp_path / "families.py"
    path.write_text(
        "import resnet_impl.presets as p\n"
        "print('imported')\n"
        "def net(n, last):\n"
        "    stages = [p.Stage('a', 16, n), p.Stage('b', 32, n), p.Stage('c', 64, last)]\n"
        "    return p.cifar_net(p.BasicBlockV1, 16, stages, 'A')\n"
        "def short(depth):\n"
        "    n = depth // 6\n"
        "    return net(n, n - (n > 3))\n"
        "def known(depth):\n"
        "    return {20: p.cifar_resnet20}[depth]()\n",
        encoding="utf-8",
    )
    return str(path)


class TestVerdict:
    def test_a_right_family(self, run: Run) -> None:
        code, out, err = run(*FAMILY)
        assert (code, err) == (0, "")
        lines = out.splitlines()
        assert lines[0] == "resnet_impl:cifar_resnet conforms to the family of networks of 6n+2 layers"
        words = " ".join(out.split())
        assert "Of a family only STG-14, SC-10 and CT-03 are examined. All clauses, for one member:" in words
        assert "    resnet-conformance check resnet_impl:cifar_resnet --kw n=3 --architecture cifar10/resnet20" in lines
        assert "18 n=18 110 54 1,727,962" in words
        assert "near no architecture" not in out
        assert lines[-1] == "3 clauses passed, 0 not applicable."

    def test_a_wrong_one(self, target: str, run: Run) -> None:
        code, out, err = run("check", f"{target}:short", "--family", "depth", "--seed", "3")
        assert (code, err) == (1, "")
        words = " ".join(out.split())
        assert "violates the family of networks of 6n+2 layers (STG-14, SC-10, CT-03)" in words
        assert "Expected: n = 4: 26 = 6 x 4 + 2 Actual: n = 4: 24 weighted layers" in words
        repro = next(line for line in out.splitlines() if "Reproduce:" in line).split("Reproduce: ")[1]
        assert repro == f"resnet-conformance check {target}:short --kw depth=26 --family depth"
        again = run(*shlex.split(repro)[1:])
        assert again[0] == 1
        assert "n = 4: 24 weighted layers" in again[1]

    def test_one_that_raises_shows_no_traceback(self, target: str, run: Run) -> None:
        code, out, err = run("check", f"{target}:known", "--family", "depth")
        assert (code, err) == (1, "")
        assert "KeyError: 8" in out
        assert "Traceback" not in out

    def test_projections_are_not_the_papers(self, run: Run) -> None:
        code, out, _ = run(*FAMILY, "--kw", "shortcut=B")
        words = " ".join(out.split())
        assert code == 0
        assert "conforms to the family of networks of 6n+2 layers with option B, where the paper's has A" in words
        assert "CT-03 is not applicable: It speaks of option A, and these shortcuts are of option B" in words

    def test_json(self, run: Run) -> None:
        code, out, err = run(*FAMILY, "--format", "json", "--kw", "n=2")
        assert (code, err) == (0, "")
        data = json.loads(out)
        assert (data["verdict"], data["architecture"]) == ("conforms", None)
        assert [finding["clause"] for finding in data["findings"]] == ["STG-14", "SC-10", "CT-03"]
        member = {"n": 2, "value": 2, "depth": 14, "shortcuts": 6, "option": "A", "parameters": 172506}
        assert data["summary"]["family"]["members"] == [member]


class TestUsage:
    @pytest.mark.parametrize("text", ["", "=n", "n=", "n=layers", "a b", "n.m", "3", "n=n=n"])
    def test_what_is_no_keyword(self, text: str, run: Run) -> None:
        code, out, err = run("check", "a:b", "--family", text)
        assert (code, out) == (2, "")
        assert err.startswith("usage: resnet-conformance")
        assert f"{text!r} is not KEYWORD, KEYWORD=n or KEYWORD=depth, as in --family depth" in err

    @pytest.mark.parametrize(
        ("option", "value"),
        [
            ("--architecture", "cifar10/resnet20"),
            ("--only", "SC-*"),
            ("--level", "must"),
            ("--evidence", "structure"),
            ("--recipe", "a:recipe"),
            ("--input", "3x32x32"),
        ],
    )
    def test_what_says_nothing_about_a_family(
        self, option: str, value: str, api: FakeApi, run: Run, assert_one_message: Callable[..., None]
    ) -> None:
        assert_one_message(run(*FAMILY, option, value), f"--family cannot be combined with {option}: ")
        assert api.asked == {}

    def test_a_keyword_that_the_factory_does_not_take(
        self, target: str, run: Run, assert_one_message: Callable[..., None]
    ) -> None:
        result = run("check", f"{target}:short", "--family", "layers")
        assert_one_message(result, "does not accept layers: it accepts depth")
        assert_one_message(run("check", f"{target}:net", "--family", "n"), "needs last: give --kw last=...")

    def test_a_keyword_that_means_the_other(
        self, tmp_path: Path, run: Run, assert_one_message: Callable[..., None]
    ) -> None:
        path = tmp_path / "sized.py"
        path.write_text(
            "from resnet_impl import cifar_resnet\ndef net(size):\n    return cifar_resnet((size - 2) // 6)\n",
            encoding="utf-8",
        )
        assert_one_message(run("check", f"{path}:net", "--family", "size"), "write --family size=depth")
        assert run("check", f"{path}:net", "--family", "size=depth", "--kw", "size=14")[0] == 0

    def test_a_member_that_does_not_exist(self, run: Run, assert_one_message: Callable[..., None]) -> None:
        assert_one_message(run(*FAMILY, "--kw", "n=many"), "n='many' names no member of the family")
