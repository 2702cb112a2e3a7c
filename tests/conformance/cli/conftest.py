"""The command line run in this process, with an API that answers as told."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

import resnet_conformance
from resnet_conformance import cli
from resnet_conformance.findings import Finding, Identification, Outcome, Report, TargetInfo, Verdict

if TYPE_CHECKING:
    from tests.conformance.conftest import Here

Run = Callable[..., tuple[int, str, str]]

OUTCOMES: dict[Verdict, Outcome] = {
    "conforms": "pass",
    "deviates": "expected",
    "violates": "fail",
    "not-examined": "not-examined",
}


def make_report(
    verdict: Verdict = "conforms", address: str = "a:b", architecture: str | None = "imagenet/resnet50"
) -> Report:
    finding = Finding("BTN-04", "MUST", OUTCOMES[verdict], found="as found", message="As found.", citation="P1")
    identified = Identification(architecture, exact=architecture is not None)
    tool = {"version": "0.1.0", "spec": "abc"}
    return Report(TargetInfo(address), "imagenet/resnet50", identified, verdict, (finding,), tool=tool)


class FakeApi(ModuleType):
    """In the place of `resnet_conformance.api`: answers as told, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__("resnet_conformance.api")
        self.answer: Callable[[], Report] = make_report
        self.asked: dict[str, Any] = {}
        self.limit: Here | None = None

    @property
    def timeout(self) -> float | None:
        """The time limit of the last request."""
        assert self.limit is not None
        return self.limit.timeout

    def check(self, target: str, architecture: str | None = None, **options: Any) -> Report:
        self.asked = {"target": target, "architecture": architecture, **options}
        return self.answer()

    def identification_report(self, target: str, **options: Any) -> Report:
        self.asked = {"target": target, **options}
        return self.answer()

    def fails(self, error: BaseException) -> None:
        def answer() -> Report:
            raise error

        self.answer = answer


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, judged_here: Here) -> FakeApi:
    fake = FakeApi()
    monkeypatch.setitem(sys.modules, "resnet_conformance.api", fake)
    monkeypatch.setattr(resnet_conformance, "api", fake, raising=False)
    fake.limit = judged_here
    return fake


@pytest.fixture
def report() -> Callable[..., Report]:
    """A report with one finding that fits the verdict: what the API answers unless it is told otherwise."""
    return make_report


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Exit code, standard output, standard error of the command line with these arguments."""

    def run_main(*arguments: str) -> tuple[int, str, str]:
        try:
            code = cli.main(arguments)
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run_main


def _assert_one_message(result: tuple[int, str, str], *parts: str) -> None:
    """Exit code 2, nothing on standard output, one message for people that has all of `parts`."""
    code, out, err = result
    assert code == 2
    assert out == ""
    assert err.startswith("resnet-conformance: ")
    assert err.count("resnet-conformance: ") == 1
    assert err.endswith("\n")
    assert "Traceback" not in err
    for part in parts:
        assert part in err


@pytest.fixture
def assert_one_message() -> Callable[..., None]:
    return _assert_one_message
