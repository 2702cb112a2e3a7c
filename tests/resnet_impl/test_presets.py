"""The constructors as a user meets them: defaults, keywords, errors, one training step."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import resnet_impl as r

CONSTRUCTORS = [getattr(r, name) for name in r.__all__ if getattr(r, name).__module__ == "resnet_impl.presets"]


def test_all_constructors_are_exported():
    names = {f"resnet{depth}{suffix}" for depth in (18, 34, 50, 101, 152) for suffix in ("", "_cifar_stem")}
    names |= {"plain18", "plain34", "cifar_resnet", "cifar_plain", "cifar_resnet1202"}
    names |= {f"cifar_{kind}{depth}" for kind in ("resnet", "plain") for depth in (20, 32, 44, 56, 110)}
    assert {constructor.__name__ for constructor in CONSTRUCTORS} == names


@pytest.mark.parametrize("constructor", CONSTRUCTORS)
def test_every_constructor_works_without_arguments_and_with_the_common_ones(constructor):
    with torch.device("meta"):
        default = constructor()
        custom = constructor(num_classes=7, in_channels=5, fan="fan_out")
    assert isinstance(default, r.ResNetV1)
    assert all(tensor.is_meta for tensor in default.state_dict().values())
    assert default.fc.out_features == (10 if "cifar" in constructor.__name__ else 1000)
    assert default.stem.conv.in_channels == 3
    assert (custom.fc.out_features, custom.stem.conv.in_channels) == (7, 5)
    assert all(conv.bias is None for conv in default.modules() if isinstance(conv, nn.Conv2d))
    assert all(bn.eps == 1e-5 for bn in default.modules() if isinstance(bn, nn.BatchNorm2d))


@pytest.mark.parametrize("constructor", [r.resnet18, r.plain34, r.resnet50, r.cifar_plain, r.resnet50_cifar_stem])
@pytest.mark.parametrize("option", [{"fan": "fan_avg"}, {"num_classes": 0}, {"in_channels": 0}])
def test_bad_values_are_named(constructor, option):
    ((name, value),) = option.items()
    with torch.device("meta"), pytest.raises(ValueError, match=rf"{name} must be .*; got {value!r}"):
        constructor(**option)


@pytest.mark.parametrize("n", [0, -3, 2.5, True])
@pytest.mark.parametrize("constructor", [r.cifar_resnet, r.cifar_plain])
def test_n_starts_at_1(constructor, n):
    with pytest.raises(ValueError, match=rf"n .* must be an integer of at least 1; got {n!r}"):
        constructor(n=n)


@pytest.mark.parametrize("constructor", [r.resnet18, r.resnet50, r.cifar_resnet20])
def test_an_unknown_shortcut_is_named(constructor):
    with torch.device("meta"), pytest.raises(ValueError, match=r"shortcut must be one of 'A', .* got 'E'"):
        constructor(shortcut="E")


def test_an_unknown_stride_on_is_named():
    with (
        torch.device("meta"),
        pytest.raises(ValueError, match="stride_on must be one of '1x1', '3x3'; got '7x7'"),
    ):
        r.resnet50(stride_on="7x7")


@pytest.mark.parametrize(
    ("constructor", "option"),
    [(r.resnet18, "A"), (r.resnet34, "A"), (r.resnet50, "B"), (r.resnet101, "B"), (r.resnet152, "B")],
)
def test_the_default_options_are_those_of_tables_2_and_3(constructor, option):
    with torch.device("meta"):
        default, named = constructor(), constructor(shortcut=option)
    kinds = [[(name, type(module)) for name, module in net.named_modules()] for net in (default, named)]
    assert kinds[0] == kinds[1]


@pytest.mark.parametrize("shortcut", ["A", "B", "C", None])
def test_every_parameter_and_the_input_receive_a_gradient(shortcut):
    torch.manual_seed(0)
    net = r.cifar_resnet(n=2, shortcut=shortcut)
    x = torch.randn(4, 3, 16, 16, requires_grad=True)
    nn.functional.cross_entropy(net(x), torch.tensor([0, 3, 5, 9])).backward()
    assert x.grad.any()
    assert [name for name, p in net.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_a_plain_net_differs_from_its_twin_in_values_alone(randomize):
    net, plain = r.cifar_resnet20().eval(), r.cifar_plain20().eval()
    randomize(net)
    plain.load_state_dict(net.state_dict(), strict=True)
    x = torch.randn(2, 3, 32, 32)
    assert not torch.allclose(net(x), plain(x), rtol=0.1)
    assert not [m for m in plain.modules() if isinstance(m, nn.Identity | r.ShortcutZeroPad)]
