"""An operation that no clause speaks of, anywhere in the network, is no secret: it is named, and the network violates.

The operations keep every shape, so that sizes, counts and parameters all stay right.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import resnet_impl
from resnet_conformance import check

OPERATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "roll": lambda x: x.roll(1, -1),
    "flip": lambda x: x.flip(-1),
    "sort": lambda x: x.sort(-1).values,
    "absolute": torch.abs,
    "square": torch.square,
    "noise": lambda x: x + torch.randn_like(x),
    "doubled": lambda x: x + x,
    "shifted": lambda x: x + 1,
    "batch mean": lambda x: x - x.mean(0, keepdim=True),
    "first image": lambda x: x[:1].repeat(x.shape[0], *([1] * (x.dim() - 1))),
    "normalized": lambda x: functional.normalize(x, dim=1),
    "layer norm": lambda x: functional.layer_norm(x, x.shape[1:]),
    "halves swapped": lambda x: torch.cat(x.chunk(2, -1)[::-1], -1),
}
PLACES = ["input", "stem.conv", "stem", "maps16.1.bn1", "maps16.1", "maps16.0.shortcut", "maps8.2", "features", "fc"]


def insert(net: nn.Module, place: str, operation: Callable[[Tensor], Tensor]) -> nn.Module:
    """The network with the operation applied to what passes at the place."""
    if place == "input":
        net.register_forward_pre_hook(lambda module, args: (operation(args[0]),))
    elif place == "features":
        net.get_submodule("fc").register_forward_pre_hook(lambda module, args: (operation(args[0]),))
    else:
        net.get_submodule(place).register_forward_hook(lambda module, args, output: operation(output))
    return net


def test_without_an_operation_the_network_conforms() -> None:
    assert check(resnet_impl.cifar_resnet20(), "cifar10/resnet20").verdict == "conforms"


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", OPERATIONS)
def test_a_foreign_operation_is_named(name: str, place: str) -> None:
    report = check(
        insert(resnet_impl.cifar_resnet20(), place, OPERATIONS[name]), "cifar10/resnet20", evidence="structure"
    )
    broken = report.failed("MUST")
    assert broken
    assert report.verdict == "violates"
    assert not report.identified.exact
    assert all(f.message and f.expected and f.found for f in broken)


@pytest.mark.parametrize(
    ("place", "clause", "found"),
    [
        ("input", "STEM-06", "roll"),
        ("stem", "BLK-01", "roll"),  # between stem and first block
        ("maps16.0", "BLK-01", "roll"),
        ("maps8.2", "HD-01", "roll"),
        ("fc", "HD-02", "roll"),
    ],
)
def test_the_clause_of_the_place_fails(place: str, clause: str, found: str) -> None:
    report = check(
        insert(resnet_impl.cifar_resnet20(), place, OPERATIONS["roll"]), "cifar10/resnet20", evidence="structure"
    )
    own = next(f for f in report.failed("MUST") if f.clause == clause)
    assert found in own.found


def _forward_of(block: nn.Module, forward: Callable[[nn.Module, Tensor], Tensor]) -> None:
    block.forward = lambda x: forward(block, x)  # type: ignore[method-assign]


def test_another_wiring_in_training_is_seen() -> None:
    net = resnet_impl.cifar_resnet20()

    def forward(block: nn.Module, x: Tensor) -> Tensor:
        y = block.residual(x) + block.shortcut(x)
        return y if block.training else functional.relu(y)

    _forward_of(net.get_submodule("maps16.1"), forward)
    report = check(net, "cifar10/resnet20", evidence="structure")
    assert report.verdict == "violates"
    assert any(f.message.startswith("In training") for f in report.failed("MUST"))


def test_group_norm_beside_bn_is_no_bn() -> None:
    net = resnet_impl.cifar_resnet20()
    net.get_submodule("maps16.1.bn1").register_forward_hook(lambda m, a, y: functional.group_norm(y, 4))
    assert check(net, "cifar10/resnet20", evidence="structure").verdict == "violates"


def test_a_transposed_convolution_is_no_convolution() -> None:
    net = resnet_impl.cifar_resnet20()
    net.get_submodule("maps16.1").conv1 = nn.ConvTranspose2d(32, 32, 3, padding=1, bias=False)
    report = check(net, "cifar10/resnet20", evidence="structure")
    assert (report.verdict, report.failed("MUST")[0].clause) == ("violates", "BLK-01")
    assert "transposed" in report.failed("MUST")[0].found


class ComputedWeight(nn.Module):
    """A convolution whose weights are a function of a parameter."""

    def __init__(self, channels: int, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(channels, channels, 3, 3))
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return functional.conv2d(x, self.function(self.weight), padding=1)


@pytest.mark.parametrize("function", [torch.abs, torch.ones_like, lambda w: w - w.mean((1, 2, 3), keepdim=True)])
def test_weights_that_are_not_learned_as_they_are(function: Callable[[Tensor], Tensor]) -> None:
    net = resnet_impl.cifar_resnet20()
    net.get_submodule("maps16.1").conv1 = ComputedWeight(32, function)
    report = check(net, "cifar10/resnet20", evidence="structure")
    assert "CT-01" in {f.clause for f in report.failed("MUST")}


def test_weights_tied_by_a_transposition_are_one_layer() -> None:
    net = resnet_impl.cifar_resnet20()
    block = net.get_submodule("maps16.1")
    first = block.conv1.weight

    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.unused = nn.Parameter(torch.zeros(32, 32, 3, 3))  # the count of parameters stays right

        def forward(self, x: Tensor) -> Tensor:
            return functional.conv2d(x, first.transpose(0, 1), padding=1)

    block.conv2 = Tied()
    assert "CT-01" in {f.clause for f in check(net, "cifar10/resnet20", evidence="structure").failed("MUST")}


def test_gamma_and_beta_shared_by_two_layers_are_one_bn() -> None:
    net = resnet_impl.cifar_resnet20()
    one, other = net.get_submodule("maps16.1.bn1"), net.get_submodule("maps16.1.bn2")
    other.weight, other.bias = one.weight, one.bias
    assert "BN-02" in {f.clause for f in check(net, "cifar10/resnet20", evidence="structure").failed("MUST")}


def test_half_of_the_channels_lost_is_no_identity() -> None:
    net = resnet_impl.cifar_resnet20()
    net.get_submodule("maps16.0.shortcut").forward = lambda x: functional.pad(x[:, :8, ::2, ::2], (0, 0, 0, 0, 0, 24))
    report = check(net, "cifar10/resnet20", evidence="structure")
    assert report.verdict == "violates"


ACTIVATIONS = [nn.PReLU(), nn.LeakyReLU(), nn.ELU(), nn.SELU(), nn.CELU(), nn.GELU(), nn.SiLU(), nn.Mish(), nn.Tanh()]
ACTIVATIONS += [nn.Sigmoid(), nn.Softplus(), nn.Hardtanh(), nn.ReLU6(), nn.Hardswish(), nn.Hardsigmoid(), nn.RReLU()]
ACTIVATIONS += [nn.LogSigmoid(), nn.Softshrink(), nn.Threshold(0.1, 0.0)]


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda module: type(module).__name__)
def test_an_activation_that_is_no_relu_is_named_as_one(activation: nn.Module) -> None:
    net = resnet_impl.cifar_resnet20()

    def forward(block: nn.Module, x: Tensor) -> Tensor:
        y = activation(block.bn1(block.conv1(x)))
        return functional.relu(block.bn2(block.conv2(y)) + block.shortcut(x))

    _forward_of(net.get_submodule("maps16.1"), forward)
    report = check(net, "cifar10/resnet20")
    failed = {f.clause: f for f in report.failed("MUST")}
    # RReLU draws its slopes, here in eval, too: the module is not the network's own, and stays in training mode
    drawn = {"ACT-02", "BH-02"} if isinstance(activation, nn.RReLU) else set()
    assert set(failed) == {"ACT-01"} | drawn
    assert failed["ACT-01"].deviation == "act-other"
    assert "maps16.1" in " ".join(failed["ACT-01"].where)
