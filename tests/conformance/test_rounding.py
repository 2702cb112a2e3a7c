"""Tolerances stand on measured noise: what rounding does to the bundled networks is no more than is said of it."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import resnet_impl
from resnet_conformance import check
from resnet_conformance.capture import capture_candidate
from resnet_conformance.experiments.bench import Bench
from resnet_conformance.experiments.equivalence import Comparison
from resnet_conformance.experiments.rounding import noise
from resnet_conformance.experiments.same_values import MARGIN, NOISE
from resnet_conformance.judge import build_case, prepare
from resnet_conformance.spec import load_spec

from ..mutants.faithful import resnet20
from ..mutants.handwritten import with_norm
from ..mutants.wrong_values import BiasedVariance, inference_prunes_channels

pytestmark = pytest.mark.slow

SPEC = load_spec()


def comparison_of(target: str, architecture: str, seed: int) -> Comparison:
    """A bundled network beside its blueprint."""
    wanted = SPEC.architectures[architecture]
    candidate = capture_candidate(target, shapes=((2, 3, wanted.size, wanted.size),))
    assert candidate.laboratory is not None
    case = build_case(wanted, prepare(candidate))
    return Comparison(case, Bench(candidate, candidate.laboratory, seed, architecture))


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", ["cifar10/resnet20", "cifar10/resnet56", "imagenet/resnet18"])
def test_the_noise_of_a_residual_network_is_no_more_than_is_said(name: str, seed: int) -> None:
    dataset, _, net = name.partition("/")
    comparison = comparison_of(f"resnet_impl:{'cifar_' * (dataset == 'cifar10')}{net}", name, seed)
    found = noise(comparison, "eval") | noise(comparison, "train")
    assert set(found) == set(NOISE)
    assert all(0 < found[kind] <= 2 * NOISE[kind] for kind in NOISE), found


def test_code_of_another_kind_stays_within_the_noise() -> None:
    comparison = comparison_of("resnet_impl.lowlevel_presets:lowlevel_cifar_resnet20", "cifar10/resnet20", 0)
    train = comparison.in_train
    gaps = {
        "eval": comparison.in_eval,
        "train": train.forward,
        "statistics": train.statistics,
        "gradients": train.gradients,
    }
    for kind, found in gaps.items():
        worst = max(gap.distance for gap in found)
        assert 0 < worst <= 2 * NOISE[kind], (kind, worst)


def test_a_hundred_layers_without_shortcuts_have_a_noise_of_their_own() -> None:
    comparison = comparison_of("resnet_impl:cifar_plain110", "cifar10/plain110", 0)
    assert noise(comparison, "train")["train"] > MARGIN * NOISE["train"]


def test_it_is_measured_before_such_a_network_is_blamed() -> None:
    plain = {"shortcut": None}
    target = "resnet_impl.lowlevel_presets:lowlevel_cifar_resnet110"
    report = check(target, "cifar10/plain110", kwargs=plain, only=["EQ-*"], seed=0)
    found = {f.clause: (f.outcome, f.found) for f in report.findings}
    assert {outcome for outcome, _ in found.values()} == {"pass"}, found


def cast(where: str) -> nn.Module:
    """ResNet-20 that casts what a module gives to single precision and back."""
    net = resnet_impl.cifar_resnet20()
    net.get_submodule(where).register_forward_hook(lambda module, args, y: y.float().to(y.dtype))
    return net


@pytest.mark.parametrize("where", ["", "maps16.1"])
def test_a_cast_to_single_precision_is_no_fault(where: str) -> None:
    report = check(lambda: cast(where), "cifar10/resnet20", only=["EQ-*"])
    assert {f.outcome for f in report.findings} == {"pass"}, [(f.clause, f.message) for f in report.findings]


@pytest.mark.parametrize("seed", [0, 16, 19])
def test_nor_is_one_where_a_rectifier_stands_at_its_kink(seed: int) -> None:
    """At the first input of these seeds rounding decides whether a rectifier lets its gradient through."""
    report = check(lambda: cast("maps16.1"), "cifar10/resnet20", only=["EQ-04"], seed=seed)
    found = report.findings[0]
    assert found.outcome == "pass", found.message
    assert float(found.found.split("allowed: ")[1].rstrip(")")) < 1e-4


def test_a_kink_is_no_second_fault() -> None:
    fault = with_norm(BiasedVariance)
    report = check(lambda: resnet20(net=Single, **fault), "cifar10/resnet20", only=["EQ-*"], seed=35)
    assert [f.clause for f in report.failed("MUST")] == ["EQ-03"]


class SteeperSlope(torch.autograd.Function):
    """Forward, the identity; backward, one per cent more than what came."""

    @staticmethod
    def forward(ctx: object, x: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        return x.clone()

    @staticmethod
    def backward(ctx: object, gradient: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        return gradient * 1.01


def test_wrong_gradients_are_found_at_every_input() -> None:
    def build() -> nn.Module:
        net = cast("maps16.1")
        net.get_submodule("maps16.0").register_forward_hook(lambda module, args, y: SteeperSlope.apply(y))
        return net

    report = check(build, "cifar10/resnet20", only=["EQ-04"], seed=0)
    assert [f.outcome for f in report.findings] == ["fail"], report.findings


def test_and_hides_no_fault() -> None:
    def build() -> nn.Module:
        net = inference_prunes_channels()
        net.register_forward_hook(lambda module, args, y: y.float())
        return net

    report = check(build, "cifar10/resnet20", only=["EQ-01"])
    assert [f.outcome for f in report.findings] == ["fail"]


class Single:
    """A head that asks for single precision, as code for mixed precision does."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.fc(self.pool(self.features(x)).float())  # type: ignore[attr-defined]
        return logits


class Mixed:
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            features = self.features(x)  # type: ignore[attr-defined]
        logits: torch.Tensor = self.fc(self.pool(features.float()))  # type: ignore[attr-defined]
        return logits


def test_code_that_cannot_run_in_double_precision_runs_in_single() -> None:
    report = check(lambda: resnet20(net=Single), "cifar10/resnet20")
    assert (report.verdict, report.failed()) == ("conforms", ())
    allowed = next(f.found for f in report.findings if f.clause == "EQ-01")
    assert "allowed: " in allowed
    assert 1e-6 < float(allowed.split("allowed: ")[1].rstrip(")")) < 1e-4


def test_a_fault_is_found_in_single_precision_too() -> None:
    report = check(lambda: resnet20(net=Single, **with_norm(BiasedVariance)), "cifar10/resnet20")
    assert [f.clause for f in report.failed("MUST")] == ["EQ-03"]


def test_nobody_is_blamed_for_half_precision() -> None:
    report = check(lambda: resnet20(net=Mixed), "cifar10/resnet20")
    assert (report.verdict, report.failed("MUST")) == ("not-examined", ())
    reasons = {f.message for f in report.findings if f.clause == "EQ-01"}
    assert all("so coarse a precision" in reason for reason in reasons)
