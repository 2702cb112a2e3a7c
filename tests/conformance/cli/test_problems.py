"""The command line: one message for every problem, and a traceback only for who asks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from resnet_conformance import cli
from resnet_conformance.capture.problems import TargetError
from resnet_conformance.judge import UnjudgeableError
from resnet_conformance.spec import load_spec
from resnet_conformance.spec.errors import SpecError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import FakeApi, Run


class TestProblems:
    def test_target(self, api: FakeApi, run: Run, assert_one_message: Callable[..., None]) -> None:
        api.fails(TargetError("there is no module 'a'; check the name"))
        for verb in ("check", "identify"):
            assert_one_message(run(verb, "a:b"), "there is no module 'a'; check the name\n")

    def test_no_convolution(self, api: FakeApi, run: Run, assert_one_message: Callable[..., None]) -> None:
        api.fails(UnjudgeableError("a:b cannot be judged: the network has no convolution."))
        assert_one_message(run("check", "a:b"), "no convolution")

    @pytest.mark.parametrize(
        ("given", "nearest"),
        [("resnet50", "imagenet/resnet50"), ("imagenet/resnet50-v15", "imagenet/resnet50-v1.5")],
    )
    def test_unknown_architecture(
        self, given: str, nearest: str, api: FakeApi, run: Run, assert_one_message: Callable[..., None]
    ) -> None:
        for arguments in (("check", "a:b", "--architecture", given), ("show", given), ("explain", given)):
            assert_one_message(run(*arguments), repr(given), repr(nearest), "list")
        assert api.asked == {}

    def test_unknown_clause(self, api: FakeApi, run: Run, assert_one_message: Callable[..., None]) -> None:
        assert_one_message(run("check", "a:b", "--only", "BTN-44"), "'BTN-44'", "'BTN-04'")
        assert_one_message(run("check", "a:b", "--only", "SC-*", "--only", "ZZ-*"), "'ZZ-*'")
        assert_one_message(run("explain", "btn-44"), "'btn-44'", "'BTN-04'")
        assert api.asked == {}

    def test_unknown_deviation(self, run: Run, assert_one_message: Callable[..., None]) -> None:
        assert_one_message(run("explain", "stride3x3"), "'stride3x3'", "'stride-3x3'")

    @pytest.mark.parametrize(
        "arguments",
        [("check", "a:b"), ("identify", "a:b"), ("show", "x"), ("list", "clauses"), ("explain", "x")],
    )
    def test_broken_spec(
        self,
        arguments: tuple[str, ...],
        api: FakeApi,
        monkeypatch: pytest.MonkeyPatch,
        run: Run,
        assert_one_message: Callable[..., None],
    ) -> None:
        def fail() -> None:
            raise SpecError("unknown key 'kernal'", "spec/architectures/imagenet.yaml", 7, 15)

        monkeypatch.setattr(cli, "load_spec", fail)
        assert_one_message(run(*arguments), "imagenet.yaml:7:15: unknown key 'kernal'")
        assert api.asked == {}

    def test_a_variant_whose_own_network_breaks_what_it_does_not_replace(
        self, monkeypatch: pytest.MonkeyPatch, run: Run, assert_one_message: Callable[..., None]
    ) -> None:
        """The spec's fault, with its place; a variant that replaces what it breaks is shown."""
        name = "imagenet/resnet50-v1.5"
        spec = load_spec()
        careless = replace(spec.architectures[name], replaces={"BTN-05": "BTN-06"})
        changed = replace(spec, architectures={**spec.architectures, name: careless})
        monkeypatch.setattr(cli, "load_spec", lambda: changed)
        assert_one_message(run("show", name), "spec/architectures/variants.yaml:9:5: ", "itself breaks BTN-04, which")

    def test_a_bug_is_called_one(self, api: FakeApi, run: Run, assert_one_message: Callable[..., None]) -> None:
        api.fails(KeyError("conv9"))
        assert_one_message(run("check", "a:b"), "internal error", "bug", "KeyError: 'conv9'", "--debug")
        api.fails(RuntimeError())
        assert_one_message(run("check", "a:b"), "internal error", "RuntimeError\n")

    @pytest.mark.parametrize("error", [KeyError("conv9"), TargetError("no such file")])
    def test_debug_shows_the_traceback(self, error: Exception, api: FakeApi, run: Run) -> None:
        api.fails(error)
        code, out, err = run("check", "a:b", "--debug")
        assert (code, out) == (2, "")
        assert err.startswith("Traceback")
        assert type(error).__name__ in err.splitlines()[-1]

    def test_interrupt(self, api: FakeApi, run: Run) -> None:
        api.fails(KeyboardInterrupt())
        code, out, err = run("check", "a:b")
        assert (code, out) == (130, "")
        assert "Traceback" not in err

    def test_no_torch(self, api: FakeApi, run: Run, assert_one_message: Callable[..., None]) -> None:
        api.fails(ModuleNotFoundError("No module named 'torch'", name="torch"))
        assert_one_message(run("check", "a:b"), "torch is not installed", "install it")
