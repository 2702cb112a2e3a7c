"""Experiments on strangers: what a network does in its forward pass reaches neither the instance nor the world."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

import resnet_impl
from resnet_conformance import check
from resnet_conformance.capture import capture_candidate
from resnet_conformance.capture.laboratory import Laboratory
from resnet_conformance.capture.problems import CaptureError
from resnet_conformance.findings import Report

SHAPE = (2, 3, 32, 32)


def laboratory_of(target: object) -> Laboratory:
    """The laboratory of a small network."""
    laboratory = capture_candidate(target, shapes=[SHAPE]).laboratory
    assert laboratory is not None
    return laboratory


def ones(laboratory: Laboratory) -> dict[int, Tensor]:
    """A value for every tensor."""
    return {i: torch.full(t.shape, 0.01, dtype=torch.float64) for i, t in enumerate(laboratory.tensors)}


class Tiny(nn.Module):
    """A convolution, BN, and what a subclass does before them."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 128, 16, bias=False)  # large: its values are lent, not copied
        self.bn = nn.BatchNorm2d(128)

    def before(self) -> None:
        """Something of its own."""

    def forward(self, x: Tensor) -> Tensor:
        self.before()
        return functional.relu(self.bn(self.conv(x))).mean((2, 3))


class Writes(Tiny):
    """Writes to its parameters in forward."""

    def before(self) -> None:
        with torch.no_grad():
            self.conv.weight.mul_(0.5)
            self.bn.weight.add_(1)


class Replaces(Tiny):
    """Puts another tensor in the place of a buffer."""

    def before(self) -> None:
        self.bn.running_mean = self.bn.running_mean + 1 if self.bn.running_mean is not None else None


class Sets(Tiny):
    """Changes what belongs to the whole process."""

    def before(self) -> None:
        torch.set_default_dtype(torch.float64)
        torch.set_num_threads(1 + torch.get_num_threads() % 2)
        torch.set_grad_enabled(False)
        torch.use_deterministic_algorithms(True)
        torch.manual_seed(1)
        random.seed(1)
        np.random.seed(1)
        torch.rand(3)


def world() -> list[object]:
    """The settings and random numbers that must be as before."""
    return [
        torch.get_default_dtype(),
        torch.get_num_threads(),
        torch.is_grad_enabled(),
        torch.are_deterministic_algorithms_enabled(),
        torch.get_rng_state().tolist(),
        random.getstate(),
        np.random.get_state()[1].tolist(),
    ]


def values(net: nn.Module) -> dict[str, Tensor]:
    """Copies of all parameters and buffers."""
    return {name: value.clone() for name, value in net.state_dict().items()}


@pytest.mark.parametrize("kind", [Tiny, Writes, Replaces, Sets])
@pytest.mark.parametrize("mode", ["eval", "train"])
def test_a_pass_leaves_no_trace(kind: type[Tiny], mode: str) -> None:
    net = kind()
    net.conv.weight.grad = torch.ones_like(net.conv.weight)
    laboratory = laboratory_of(net)
    given = ones(laboratory)
    lent = {i: t.clone() for i, t in given.items()}
    before, state = values(net), world()
    for grad in (None, torch.sum) if kind is not Sets else (None,):
        laboratory.run(torch.randn(SHAPE, dtype=torch.float64), given, mode=mode, loss=grad)
        state[4] = torch.get_rng_state().tolist()  # of our own randn
    assert world() == state
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert all(torch.equal(given[i], lent[i]) for i in given)
    assert net.conv.weight.grad is not None
    assert net.conv.weight.grad.eq(1).all()


def test_a_written_tensor_is_seen_as_it_is_afterwards() -> None:
    laboratory = laboratory_of(Writes())
    names = [t.names[0] for t in laboratory.tensors]
    after = laboratory.run(torch.randn(SHAPE, dtype=torch.float64), ones(laboratory)).tensors
    assert after[names.index("conv.weight")].flatten()[0] == 0.005
    assert after[names.index("bn.weight")][0] == 1.01


def test_a_replaced_buffer_is_seen_as_it_is_afterwards() -> None:
    laboratory = laboratory_of(Replaces())
    place = [t.names[0] for t in laboratory.tensors].index("bn.running_mean")
    after = laboratory.run(torch.randn(SHAPE, dtype=torch.float64), ones(laboratory)).tensors
    assert after[place][0] == 1.01


def closed(net: nn.Module) -> nn.Module:
    """A network whose forward is a closure over the network itself: a copy of it runs the original's layers."""
    body = net.forward
    net.forward = lambda x: body(x)  # type: ignore[method-assign]  # noqa: PLW0108 - a closure
    return net


def test_a_forward_that_is_a_closure_gets_the_values_too() -> None:
    x = torch.randn(SHAPE, dtype=torch.float64)
    plain, closure = Tiny(), closed(Tiny())
    before = values(closure)
    outputs = [(laboratory := laboratory_of(net)).run(x, ones(laboratory)).output for net in (plain, closure)]
    assert torch.equal(*outputs)
    assert all(torch.equal(value, before[name]) for name, value in closure.state_dict().items())


def test_a_closure_is_judged_in_full() -> None:
    net = closed(resnet_impl.cifar_resnet20())
    net.zero_grad()
    report = check(net, "cifar10/resnet20")
    assert report.verdict == "conforms"
    assert report.identified.exact
    assert all(p.grad is None for p in net.parameters())


def altered(change: Callable[[nn.Module], None]) -> Callable[[], nn.Module]:
    """ResNet-20 that does something before each forward pass."""

    def make() -> nn.Module:
        net = resnet_impl.cifar_resnet20()
        net.register_forward_pre_hook(lambda module, args: change(module))
        return net

    return make


def outcomes(report: Report, *clauses: str) -> dict[str, str]:
    """What was found on these clauses."""
    return {f.clause: f.outcome for f in report.findings if f.clause in clauses}


def _fail_in_training(module: nn.Module) -> None:
    if module.training:
        raise RuntimeError("no training here")


def test_a_network_that_fails_in_training_only_is_not_examined_there() -> None:
    report = check(altered(_fail_in_training), "cifar10/resnet20")
    assert report.verdict == "not-examined"
    asked = outcomes(report, "BH-01", "BH-02", "BH-03", "BH-04", "BH-05", "EQ-01", "EQ-02", "EQ-03", "EQ-04")
    assert asked == dict.fromkeys(asked, "not-examined") | dict.fromkeys(("BH-01", "BH-02", "EQ-01"), "pass")
    reasons = {f.message for f in report.findings if f.clause in ("BH-03", "EQ-02")}
    assert all("no training here" in reason for reason in reasons), reasons


def _draw(module: nn.Module) -> None:
    torch.rand(1), random.random(), np.random.rand()


def _set(module: nn.Module) -> None:
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1 + torch.get_num_threads() % 2)
    torch.manual_seed(3)
    random.seed(3)


@pytest.mark.parametrize("change", [_draw, pytest.param(_set, marks=pytest.mark.slow)])
def test_drawing_numbers_and_changing_settings_is_no_fault_and_is_undone(change: Callable[[nn.Module], None]) -> None:
    state = world()
    assert check(altered(change), "cifar10/resnet20").verdict == "conforms"
    assert world() == state


def _shrink(module: nn.Module) -> None:
    with torch.no_grad():
        next(module.parameters()).mul_(0.99)


def test_writing_to_a_parameter_in_forward_is_found() -> None:
    report = check(altered(_shrink), "cifar10/resnet20")
    broken = {f.clause: f for f in report.failed("MUST")}
    assert "BH-02" in broken
    assert "stem.conv.weight" in f"{broken['BH-02'].found} {broken['BH-02'].where}"


def test_a_network_that_constructs_itself_otherwise_each_time_is_refused() -> None:
    widths = iter(range(16, 64))

    def make() -> nn.Module:
        return nn.Sequential(nn.Conv2d(3, next(widths), 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())

    laboratory = laboratory_of(make)
    with pytest.raises(CaptureError, match="constructed again, the network has other parameters"):
        laboratory.run(torch.randn(SHAPE), {})


class Looks(Tiny):
    """Looks at a value of its data, so that meta tensors do not do."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * (1 if x.sum().item() > 1e9 else 2)


def test_an_instance_that_runs_on_real_tensors_alone() -> None:
    net = Looks()
    laboratory = laboratory_of(net)
    assert laboratory.run(torch.randn(SHAPE, dtype=torch.float64), ones(laboratory)).output.dtype == torch.float64
    assert laboratory.module is not net


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:FutureWarning", "ignore::DeprecationWarning")
def test_a_scripted_instance_keeps_its_gradients_and_conforms() -> None:
    net = torch.jit.script(torchvision.models.resnet18())
    report = check(net, "imagenet/resnet18", only=["BH-*"])
    assert {f.outcome for f in report.findings} == {"pass"}, [(f.clause, f.message) for f in report.findings]
    assert all(p.grad is None for p in net.parameters())


def test_an_instance_that_cannot_be_copied_is_run_itself() -> None:
    net = resnet_impl.cifar_resnet20()
    net.last = net(torch.randn(SHAPE))  # carries a gradient, which copy.deepcopy refuses
    before = values(net)
    report = check(net, "cifar10/resnet20")
    assert report.verdict == "conforms"
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert all(p.grad is None for p in net.parameters())


class Checkpointed(nn.Module):
    """ResNet-20 whose blocks are computed again in the backward pass."""

    def __init__(self) -> None:
        super().__init__()
        self.net = resnet_impl.cifar_resnet20()
        for name in ("maps16", "maps8"):
            for block in self.net.get_submodule(name):
                block.forward = partial(checkpoint, block.forward, use_reentrant=False)


def test_a_block_that_is_checkpointed_updates_its_statistics_once() -> None:
    def build() -> nn.Module:
        return Checkpointed().net

    report = check(build, "cifar10/resnet20", only=["BH-03", "EQ-*"])
    assert {f.outcome for f in report.findings} == {"pass"}, [(f.clause, f.message) for f in report.findings]


def test_cumulative_averages_are_a_choice_of_momentum() -> None:
    def build() -> nn.Module:
        net = resnet_impl.cifar_resnet20()
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = None
        return net

    report = check(build, "cifar10/resnet20", only=["BH-03", "EQ-*", "BN-07"])
    assert {f.outcome for f in report.findings} == {"pass"}, [(f.clause, f.message) for f in report.findings]
