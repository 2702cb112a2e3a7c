"""Where BN, ReLU and the addition stand in He et al. 2016 (arXiv:1603.05027): Fig. 4(e), Eqn (3), the appendix."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional

import resnet_impl as r
from resnet_impl.preactivation import Activation

UNITS = [
    pytest.param(r.BasicBlockV2, 8, id="basic"),
    pytest.param(r.BottleneckV2, 32, id="bottleneck"),
    pytest.param(partial(r.BottleneckV2, stride_on="3x3"), 32, id="bottleneck-3x3"),
]
every_unit = pytest.mark.parametrize(("build", "channels"), UNITS)


def activate(x, activation):
    bn = activation.bn
    y = functional.batch_norm(x, bn.running_mean, bn.running_var, bn.weight, bn.bias, training=False, eps=1e-5)
    return functional.relu(y)


def f_by_hand(unit, activated):
    """F behind its first activation: convolutions with BN-ReLU between, nothing after the last."""
    out = functional.conv2d(activated, unit.conv1.weight, stride=unit.conv1.stride, padding=unit.conv1.padding)
    names = [(unit.activation2, unit.conv2)]
    names += [(unit.activation3, unit.conv3)] if isinstance(unit, r.BottleneckV2) else []
    for activation, conv in names:
        out = functional.conv2d(activate(out, activation), conv.weight, stride=conv.stride, padding=conv.padding)
    return out


@every_unit
@pytest.mark.parametrize("shortcut", ["A", "B"])
@pytest.mark.parametrize("last", [0, -1])
def test_with_f_zero_an_identity_unit_is_x_of_any_sign(build, channels, shortcut, last, randomize):
    """Eqn (3), with the first or the last weights of F zero; v1 gives ReLU(x) here."""
    unit = build(channels, 8, 1, shortcut)
    randomize(unit)
    nn.init.zeros_([m for m in unit.modules() if isinstance(m, nn.Conv2d)][-1].weight)
    x = torch.randn(2, channels, 6, 6) * 3
    assert x.min() < -1
    assert torch.equal(unit.train()(x), x)
    assert torch.equal(unit.eval()(x), x)


@every_unit
@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize(("shortcut", "stride"), [("A", 1), ("A", 2), ("B", 1), ("B", 2)])
@pytest.mark.parametrize("wider", [False, True])
def test_a_unit_is_bn_relu_conv_repeated_then_the_addition(build, channels, first, shortcut, stride, wider, randomize):
    channels_in = channels // 2 if wider else channels
    unit = build(channels_in, 8, stride, shortcut, first).double().eval()
    randomize(unit)
    x = torch.randn(2, channels_in, 7, 7, dtype=torch.float64)
    before = x.clone()

    activated = x if first else activate(x, unit.activation1)
    expected = f_by_hand(unit, activated)
    if not wider and stride == 1:
        expected += x
    elif shortcut == "A":
        expected[:, :channels_in] += x[:, :, ::stride, ::stride]
    else:  # the projection reads what F reads, and has no BN
        expected += functional.conv2d(activated, unit.shortcut.weight, stride=stride)

    torch.testing.assert_close(unit(x), expected, rtol=1e-12, atol=1e-12)
    assert expected.min() < -0.1, "a ReLU after the addition would not show"
    assert torch.equal(x, before)
    assert sum(isinstance(module, nn.BatchNorm2d) for module in unit.modules()) == unit_bns(unit, first)


def unit_bns(unit, first):
    return sum(isinstance(m, nn.Conv2d) for name, m in unit.named_children() if name != "shortcut") - first


# --- the network ---


@pytest.mark.parametrize(
    ("constructor", "options", "size"),
    [
        (r.cifar_preresnet, {"n": 2}, 16),
        (r.cifar_preresnet, {"n": 2, "shortcut": "B"}, 16),
        (r.cifar_preresnet_bottleneck, {"n": 2}, 16),
        (r.preresnet152, {"num_classes": 10}, 64),
        pytest.param(r.preresnet152, {"num_classes": 10, "pool": "ceil"}, 64, marks=pytest.mark.slow),
    ],
)
@torch.no_grad()
def test_the_first_activation_stands_after_conv1_and_the_extra_one_after_the_last_unit(
    constructor, options, size, randomize
):
    """conv1, BN-ReLU, pool, units, BN-ReLU, average pool, fc; both paths of the first unit read the same."""
    net = constructor(**options).double().eval()
    randomize(net)
    x = torch.randn(2, 3, size, size, dtype=torch.float64)
    units = [unit for name in net.stage_names for unit in net.get_submodule(name)]
    conv1 = net.stem.conv

    y = activate(functional.conv2d(x, conv1.weight, stride=conv1.stride, padding=conv1.padding), net.stem)
    if size == 64:
        ceil = options.get("pool") == "ceil"
        y = functional.max_pool2d(y, 3, stride=2, padding=0 if ceil else 1, ceil_mode=ceil)
    for index, unit in enumerate(units):
        activated = y if index == 0 else activate(y, unit.activation1)
        y = f_by_hand(unit, activated) + unit.shortcut(activated if isinstance(unit.shortcut, nn.Conv2d) else y)
    assert y.min() < -0.1, "an addition without the extra activation would not show"
    maps = activate(y, net.activation)
    logits = maps.mean((2, 3)) @ net.fc.weight.T + net.fc.bias

    torch.testing.assert_close(net.features(x), maps, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(net(x), logits, rtol=1e-10, atol=1e-10)
    assert [index for index, unit in enumerate(units) if not isinstance(unit.activation1, Activation)] == [0]


@pytest.mark.parametrize("constructor", [r.cifar_preresnet, r.cifar_preresnet_bottleneck])
@pytest.mark.parametrize("shortcut", ["A", "B"])
def test_every_parameter_and_the_input_receive_a_gradient(constructor, shortcut):
    torch.manual_seed(0)
    net = constructor(n=2, shortcut=shortcut)
    x = torch.randn(4, 3, 16, 16, requires_grad=True)
    functional.cross_entropy(net(x), torch.tensor([0, 3, 5, 9])).backward()
    assert x.grad.any()
    assert [name for name, p in net.named_parameters() if p.grad is None or not p.grad.any()] == []
