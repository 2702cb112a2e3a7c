"""The command line: the exit code of each verdict, and what reaches the API of what is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resnet_conformance.examination import EVIDENCE
from resnet_conformance.findings import Report, Verdict
from resnet_conformance.reports.formats import FORMATS
from resnet_conformance.spec import load_spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import FakeApi, Run


class TestExitCodes:
    @pytest.mark.parametrize(
        ("verdict", "code"), [("conforms", 0), ("deviates", 0), ("violates", 1), ("not-examined", 2)]
    )
    @pytest.mark.parametrize("form", FORMATS)
    def test_check(
        self, verdict: Verdict, code: int, form: str, api: FakeApi, report: Callable[..., Report], run: Run
    ) -> None:
        api.answer = lambda: report(verdict)
        found, out, err = run("check", "a:b", "--format", form)
        assert (found, err) == (code, "")
        assert out

    def test_identify(self, api: FakeApi, report: Callable[..., Report], run: Run) -> None:
        code, out, err = run("identify", "a:b")
        assert (code, err) == (0, "")
        assert "It is exactly imagenet/resnet50: ResNet-50." in out
        assert "verdict" not in out
        api.answer = lambda: report(architecture=None)
        code, out, err = run("identify", "a:b")
        assert (code, err) == (1, "")
        assert "It is near no architecture" in out


class TestWhatGoesIn:
    def test_nothing_but_the_target(self, api: FakeApi, run: Run) -> None:
        assert run("check", "a:b")[0] == 0
        defaults = {"kwargs": {}, "input": None, "only": (), "level": None, "expected": ()}
        defaults |= {"evidence": EVIDENCE, "seed": None, "recipe": None, "part": None}
        assert api.asked == {"target": "a:b", "architecture": None, **defaults}
        assert api.timeout == 120
        assert run("identify", "a:b")[0] == 0
        assert api.asked == {"target": "a:b", "kwargs": {}, "input": None}
        assert api.timeout == 120

    def test_everything(self, api: FakeApi, run: Run) -> None:
        given = "--architecture cifar10/resnet20 --input 3x32x48 --only BTN-* --only SC-01 --level should --seed 7"
        more = "--timeout 2.5 --format json --lang ko --verbose --evidence structure,equivalence"
        assert run("check", "a:b", *given.split(), *more.split())[0] == 0
        assert api.asked == {
            "target": "a:b",
            "architecture": "cifar10/resnet20",
            "kwargs": {},
            "input": (3, 32, 48),
            "only": ("BTN-*", "SC-01"),
            "level": "should",
            "expected": (),
            "evidence": ("structure", "equivalence"),
            "seed": 7,
            "recipe": None,
            "part": None,
        }
        assert api.timeout == 2.5

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("8", 8),
            ("-1", -1),
            ("1e-3", 0.001),
            ("None", None),
            ("False", False),
            ("[3, 4]", [3, 4]),
            ("'8'", "8"),
            ("basic", "basic"),
            ("a=b", "a=b"),
            ("", ""),
            ("1 +", "1 +"),
            ("__import__('os')", "__import__('os')"),
            ("{[]: 1}", "{[]: 1}"),
            ("  spaced ", "  spaced "),
        ],
    )
    def test_keyword_values(self, text: str, value: object, api: FakeApi, run: Run) -> None:
        assert run("check", "a:b", "--kw", f"key={text}", "--kw", "other=1")[0] == 0
        assert api.asked["kwargs"] == {"key": value, "other": 1}
        assert type(api.asked["kwargs"]["key"]) is type(value)

    def test_keywords_of_one_run_do_not_reach_the_next(self, api: FakeApi, run: Run) -> None:
        run("check", "a:b", "--kw", "key=1")
        run("check", "a:b")
        assert api.asked["kwargs"] == {}

    @pytest.mark.parametrize(
        ("arguments", "part"),
        [
            ((), "VERB"),
            (("judge", "a:b"), "'judge'"),
            (("check", "a:b", "--kw", "key"), "'key' is not KEY=VALUE, as in --kw num_classes=10"),
            (("check", "a:b", "--kw", "=1"), "'=1' is not KEY=VALUE"),
            (("check", "a:b", "--kw", "key=1", "--kw", "key=2"), "--kw key is given twice"),
            (("check", "a:b", "--input", "32"), "'32' is not CHANNELSxHEIGHTxWIDTH, as in --input 3x32x32"),
            (("check", "a:b", "--input", "3x0x32"), "'3x0x32'"),
            (("check", "a:b", "--input", "3x32x-32"), "'3x32x-32'"),
            (("check", "a:b", "--input", "2x3x32x32"), "'2x3x32x32'"),
            (("check", "a:b", "--timeout", "0"), "'0' is not a number of seconds above 0"),
            (("check", "a:b", "--timeout", "nan"), "'nan'"),
            (("check", "a:b", "--timeout", "inf"), "'inf'"),
            (("check", "a:b", "--timeout", "soon"), "'soon'"),
            (("check", "a:b", "--timeout", "1e30"), "'1e30' is not a number of seconds above 0 and up to 1,000,000"),
            (("check", "a:b", "--level", "may"), "'may'"),
            (("check", "a:b", "--format", "yaml"), "'yaml'"),
            (("check", "a:b", "--arch", "imagenet/resnet50"), "--arch"),
            (("list", "recipes"), "'recipes'"),
            (("explain", "BTN-04", "--lang", "de"), "'de'"),
        ],
    )
    def test_wrong_usage(self, arguments: tuple[str, ...], part: str, api: FakeApi, run: Run) -> None:
        code, out, err = run(*arguments)
        assert (code, out) == (2, "")
        assert err.startswith("usage: resnet-conformance")
        assert part in err
        assert "Traceback" not in err
        assert api.asked == {}

    @pytest.mark.parametrize("verb", ["check", "identify", "show", "list", "explain"])
    def test_help_has_a_purpose_and_an_example(self, verb: str, run: Run) -> None:
        code, out, err = run(verb, "--help")
        assert (code, err) == (0, "")
        assert f"resnet-conformance {verb} " in out.split("examples:")[1]
        whole = run("--help")[1]
        purpose = next(line for line in whole.splitlines() if line.startswith(f"    {verb} "))
        assert len(purpose.split()) > 3

    def test_version(self, run: Run) -> None:
        code, out, err = run("--version")
        assert (code, err) == (0, "")
        assert out.startswith("resnet-conformance ")
        assert out.endswith(f", spec {load_spec().version}\n")
