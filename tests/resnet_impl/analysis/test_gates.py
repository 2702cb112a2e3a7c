"""Blocks that are opened compute what they computed; shut, they compute what the mode says."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from resnet_impl.analysis.errors import AnalysisError
from resnet_impl.analysis.gates import Gate, PlainBlock, gated, resampled
from resnet_impl.analysis.networks import Network, opened
from resnet_impl.analysis.sources import bundled, foreign
from resnet_impl.cifar10.models import build

from .conftest import silence

ALL = ("resnet14", "resnet14-B", "resnet14-C", "plain14", "preresnet14", "preresnet164")


@pytest.mark.parametrize("name", ALL)
def test_an_opened_network_computes_what_it_computed(name: str, x: Tensor) -> None:
    net = build(name).double().eval()
    before = net(x)
    assert torch.equal(opened(net, None, name).net(x), before)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("resnet14", ["identity", "identity", "downsampling", "identity", "downsampling", "identity"]),
        ("resnet14-C", ["projection", "projection", "downsampling", "projection", "downsampling", "projection"]),
        ("preresnet14", ["identity", "identity", "downsampling", "identity", "downsampling", "identity"]),
        ("plain14", ["plain", "plain", "plain downsampling", "plain", "plain downsampling", "plain"]),
    ],
)
def test_kinds_of_blocks(name: str, kinds: list[str], make: Callable[..., Network]) -> None:
    assert [block.kind for block in make(name).blocks] == kinds


@pytest.mark.parametrize("name", ["resnet14", "resnet14-B", "preresnet14"])
def test_a_deleted_block_is_its_shortcut(name: str, make: Callable[..., Network]) -> None:
    network = make(name)
    for block in network.blocks:
        silent = silence(make(name)).blocks[network.blocks.index(block)].module
        y = torch.rand(2, *block.came, dtype=torch.float64)
        with network.mode("deleted", [block]):
            assert torch.allclose(block.module(y), silent(y), atol=1e-14)
        assert not torch.allclose(block.module(y), silent(y), atol=1e-3)


def test_the_twin_is_the_bundled_plain_network(make: Callable[..., Network], x: Tensor) -> None:
    network = make("resnet14")
    weights = {name.replace(".gate", ""): value for name, value in network.net.state_dict().items()}
    plain = build("plain14").double().eval()
    plain.load_state_dict(weights)
    assert torch.allclose(network.twin().net(x), plain(x), atol=1e-12)
    assert not torch.allclose(network.net(x), plain(x), atol=1e-3)  # the network itself keeps its shortcuts


def test_a_settled_network_computes_in_eval_mode_what_it_does_in_train_mode(
    make: Callable[..., Network], x: Tensor
) -> None:
    network = make("resnet14-B")
    settled = network.net(x)
    network.net.train()
    assert torch.allclose(network.net(x), settled, atol=1e-12)


def test_a_plain_network_has_no_twin(make: Callable[..., Network]) -> None:
    with pytest.raises(AnalysisError, match="plain14 is plain"):
        make("plain14").twin()


@pytest.mark.parametrize(("mode", "slope"), [("open", 3.0), ("through F", 2.0), ("through shortcut", 1.0)])
def test_the_gradient_passes_the_branches_that_are_open(mode: str, slope: float) -> None:
    gate = Gate()
    gate.mode = mode  # type: ignore[assignment]
    x = torch.ones(1, requires_grad=True)
    y = gate(2 * x, x)
    [gradient] = torch.autograd.grad(y, x)
    assert (y.item(), gradient.item()) == (3.0, slope)


class TwoSums(nn.Module):
    """A block whose F has an addition of its own, before the one with the shortcut, which stands on the left."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(2, 2, 1), nn.Conv2d(2, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        out = self.one(x)
        out = out + torch.relu(self.two(out))
        x += out
        return torch.relu_(x)


def test_the_addition_that_is_opened_is_the_last_and_f_has_the_convolutions() -> None:
    block = TwoSums()
    x = torch.rand(1, 2, 3, 3)
    before = block(x.clone())
    module = gated(block)
    assert torch.equal(module(x), before)
    module.gate.mode = "deleted"  # type: ignore[union-attr,assignment]
    assert torch.equal(module(x), x)


class HangsOnValues(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x if x.sum() > 0 else -x


def test_a_block_that_cannot_be_read_is_told() -> None:
    with pytest.raises(AnalysisError, match="the block HangsOnValues cannot be read"):
        gated(HangsOnValues())


def test_a_plain_block_that_is_deleted_lets_its_input_through() -> None:
    block = PlainBlock(nn.Conv2d(2, 3, 3, stride=2, padding=1))
    x = torch.rand(1, 2, 5, 5)
    assert block(x).shape == (1, 3, 3, 3)
    block.mode = "deleted"
    assert torch.equal(block(x)[:, :2], x[:, :, ::2, ::2])
    assert not block(x)[:, 2].any()


def test_fewer_channels_are_cut_off() -> None:
    assert torch.equal(resampled(torch.arange(4.0).view(1, 4, 1, 1), (2, 1, 1)).flatten(), torch.tensor([0.0, 1.0]))


def test_names_of_networks() -> None:
    assert len(bundled("resnet20").blocks) == len(bundled("cifar_resnet20").blocks) == 9
    with torch.device("meta"):
        assert len(bundled("resnet50").blocks) == 16  # Table 1's, though 6 x 8 + 2 is 50, too
    with pytest.raises(AnalysisError, match="did you mean 'resnet20'"):
        bundled("resnet21")
    with pytest.raises(AnalysisError, match="as cifar_resnet20"):
        bundled("lowlevel_cifar_resnet20")


def test_a_seed_fixes_initial_weights() -> None:
    one, same, other = (bundled("resnet8", seed).net.state_dict()["fc.weight"] for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_a_foreign_network_by_its_address(x: Tensor) -> None:
    names = ["maps32.0", "maps32.1", "maps32.2"]
    network = foreign("resnet_impl:cifar_resnet20", names, None)
    network.survey(x.float())
    assert [(block.name, block.kind) for block in network.blocks] == [(name, "identity") for name in names]


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("resnet_impl", "package.module:factory"),
        ("no_such_package:f", "cannot import no_such_package"),
        ("no/such.py:f", "there is no file"),
        ("resnet_impl:resnet21", "has no factory 'resnet21'"),
        ("resnet_impl:initialize", "needs the arguments net: name a factory"),
        ("builtins:dict", "returns a dict"),
        ("resnet_impl:cifar_resnet20", "has no module 'layer1.0', named in --blocks; its modules begin with stem"),
    ],
)
def test_what_is_wrong_with_an_address(address: str, told: str) -> None:
    with pytest.raises(AnalysisError, match=told):
        foreign(address, ["layer1.0"], None)
