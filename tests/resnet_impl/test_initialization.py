"""The initial weights: He et al. 2015 (arXiv:1502.01852), Eqn (10) and (14).

Bounds are five standard errors of the statistic. A correct initialisation crosses one such bound with
probability 6e-7 (normal approximation; the smallest sample has 8,192 weights), any of the 86 in this file
with probability 5e-5; the seed is fixed. What they must tell apart, fan-in and fan-out where a stage widens,
is a factor of 2 in the variance: at least 30 standard errors.
"""

from __future__ import annotations

import pytest
import torch
from torch import nn

import resnet_impl as r

ERRORS = 5


@pytest.fixture(scope="module", params=["fan_in", "fan_out"])
def drawn(request):
    torch.manual_seed(0)
    return request.param, r.resnet18(shortcut="B", fan=request.param)


def convolutions(net):
    return [module for module in net.modules() if isinstance(module, nn.Conv2d)]


def standardized(fan, conv):
    d, c, k, _ = conv.weight.shape
    n = k * k * (c if fan == "fan_in" else d)
    return conv.weight.detach().double().flatten() / (2 / n) ** 0.5


def test_every_convolution_has_mean_0_and_std_sqrt_2_over_n(drawn):
    fan, net = drawn
    assert len(convolutions(net)) == 20
    for conv in convolutions(net):
        z = standardized(fan, conv)
        assert abs(z.mean()) < ERRORS * z.numel() ** -0.5
        assert abs((z**2).mean() - 1) < ERRORS * (2 / z.numel()) ** 0.5


def test_the_distribution_is_gaussian(drawn):
    """A Gaussian's fourth moment is 3, a uniform distribution's 1.8, that of a Gaussian cut at 2 std 2.4."""
    fan, net = drawn
    z = torch.cat([standardized(fan, conv) for conv in convolutions(net)])
    assert abs((z**4).mean() - 3) < ERRORS * (96 / z.numel()) ** 0.5


def test_bn_starts_as_the_identity_and_fc_small(drawn):
    _, net = drawn
    for bn in (module for module in net.modules() if isinstance(module, nn.BatchNorm2d)):
        assert torch.equal(bn.weight, torch.ones_like(bn.weight))
        assert not bn.bias.any()
    assert not net.fc.bias.any()
    z = net.fc.weight.detach().double() / 0.01
    assert abs(z.mean()) < ERRORS * z.numel() ** -0.5
    assert abs((z**2).mean() - 1) < ERRORS * (2 / z.numel()) ** 0.5


def test_fan_in_is_the_default():
    nets = []
    for options in ({}, {"fan": "fan_in"}, {"fan": "fan_out"}):
        torch.manual_seed(3)
        nets.append(r.cifar_resnet(1, **options).maps16[0].conv1.weight)
    assert torch.equal(nets[0], nets[1])
    assert not torch.equal(nets[0], nets[2])


def test_initialize_draws_anew_and_names_an_unknown_fan():
    net = r.cifar_resnet(1)
    before = net.stem.conv.weight.clone()
    r.initialize(net)
    assert not torch.equal(net.stem.conv.weight, before)
    with pytest.raises(ValueError, match="fan must be one of 'fan_in', 'fan_out'; got 'in'"):
        r.initialize(net, "in")
