"""`fast` computes what the network computes, leaves it as it is, and says how far off it is."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

import resnet_impl as r
from resnet_impl.acceleration import error, fold


def disturbed(net: nn.Module) -> nn.Module:
    """BN unlike the identity, so that folding has something to fold."""
    torch.manual_seed(0)
    for norm in net.modules():
        if isinstance(norm, nn.BatchNorm2d):
            nn.init.uniform_(norm.weight, 0.5, 1.5)
            nn.init.normal_(norm.bias, std=0.1)
            nn.init.normal_(norm.running_mean, std=0.1)
            nn.init.uniform_(norm.running_var, 0.5, 2.0)
    return net


def made(build) -> nn.Module:
    """The same network in every run, whatever ran before it."""
    torch.manual_seed(0)
    return disturbed(build()).eval()


def plain_bf16(net: nn.Module):
    """The network itself in bfloat16: neither folded, nor compiled, nor captured."""
    half = copy.deepcopy(net).to(torch.bfloat16)

    def classify(x: Tensor) -> Tensor:
        with torch.no_grad():
            return half(x.to(torch.bfloat16)).float()

    return classify


NO_FURTHER = 3.0  # times as far off as plain bfloat16: at most 2.0 in 76 networks (acceleration.py says which)


def images(size: int = 32, count: int = 3) -> Tensor:
    return torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(1))


NETS = [
    (r.cifar_resnet20, 32),
    (r.cifar_resnet56, 32),
    (r.cifar_plain20, 32),
    (r.cifar_preresnet110, 32),
    (lambda: r.resnet18(shortcut="B"), 64),
    (r.resnet50, 64),
]


@pytest.mark.parametrize(("build", "size"), NETS)
def test_the_error_is_that_of_rounding(build, size: int) -> None:
    net, x = made(build), images(size)
    assert error(r.fast(net, "fp32", "eager"), net, x) <= 1e-5
    assert 1e-4 < error(r.fast(net, "bf16", "eager"), net, x) <= NO_FURTHER * error(plain_bf16(net), net, x)


@pytest.mark.parametrize(("build", "size"), NETS)
def test_folding_is_exact_in_double_precision(build, size: int) -> None:
    net, x = disturbed(build()).double().eval(), images(size).double()
    torch.testing.assert_close(fold(net)(x), net(x), rtol=1e-10, atol=1e-10)


def count(net: nn.Module, kind: type) -> int:
    return sum(isinstance(module, kind) for module in net.modules())


def test_every_bn_behind_a_convolution_is_folded() -> None:
    net = r.resnet50()
    assert count(net, nn.BatchNorm2d) == 53
    folded = fold(net)
    assert count(folded, nn.BatchNorm2d) == 0
    assert count(folded, nn.Conv2d) == 53
    # Pre-activation: of two in a unit, the first stands before its convolution, behind an addition.
    assert count(fold(r.cifar_preresnet(3)), nn.BatchNorm2d) == 9


def test_the_model_stays_as_it_was() -> None:
    net = disturbed(r.cifar_resnet20()).train()
    before = copy.deepcopy(net.state_dict())
    modules = [(name, type(module)) for name, module in net.named_modules()]
    strides = [p.stride() for p in net.parameters()]
    classify = r.fast(net, "bf16", "eager")
    logits = classify(images())
    assert net.training
    assert [(name, type(module)) for name, module in net.named_modules()] == modules
    assert [p.stride() for p in net.parameters()] == strides
    assert all(p.requires_grad and p.dtype == torch.float32 for p in net.parameters())
    for name, value in net.state_dict().items():
        assert torch.equal(value, before[name]), name
    with torch.no_grad():
        net.fc.weight.zero_()
    assert torch.equal(classify(images()), logits)  # and the copy does not follow it


def test_logits_are_float32_without_gradient_and_not_overwritten() -> None:
    classify = r.fast(r.cifar_resnet20(), "bf16", "eager")
    first = classify(images())
    kept = first.clone()
    classify(2 * images())
    assert first.dtype == torch.float32
    assert not first.requires_grad
    assert torch.equal(first, kept)


class Shared(nn.Module):
    """A convolution that is read twice, and one that runs twice: neither may be folded."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 3, 1, bias=False), nn.Conv2d(3, 3, 1)
        self.bn1, self.bn2, self.bn3 = nn.BatchNorm2d(3), nn.BatchNorm2d(3), nn.BatchNorm2d(3)

    def forward(self, x: Tensor) -> Tensor:
        a = self.one(x)
        b = self.bn1(a) + a
        return self.bn3(self.two(self.bn2(self.two(b))))


def test_what_has_other_readers_is_not_folded() -> None:
    net, x = disturbed(Shared()).double().eval(), images().double()
    folded = fold(net)
    assert count(folded, nn.BatchNorm2d) == 3
    torch.testing.assert_close(folded(x), net(x), rtol=1e-12, atol=1e-12)


def test_a_bias_and_missing_affine_parameters_are_folded() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4, affine=False))
    net[1] = disturbed(net[1])
    net[3].running_mean.fill_(0.3)
    net[3].running_var.fill_(2.0)
    net, x = net.double().eval(), images().double()
    assert count(fold(net), nn.BatchNorm2d) == 0
    torch.testing.assert_close(fold(net)(x), net(x), rtol=1e-12, atol=1e-12)


def test_training_goes_to_the_model_itself() -> None:
    net = r.cifar_resnet20()
    plain = copy.deepcopy(net)
    run = r.fast_training(net, "fp32", "eager")
    labels = torch.tensor([0, 1, 2])
    torch.nn.functional.cross_entropy(run(images()), labels).backward()
    torch.nn.functional.cross_entropy(plain(images()), labels).backward()
    for (name, p), q in zip(net.named_parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(p.grad, q.grad, rtol=1e-3, atol=1e-4, msg=lambda text, name=name: f"{name}: {text}")
    assert run(images()).dtype == torch.float32
    assert net.stem.conv.weight.is_contiguous(memory_format=torch.channels_last)
    assert r.fast_training(net, "bf16", "eager")(images()).dtype == torch.bfloat16


def test_other_words_and_a_graph_without_a_gpu_are_refused() -> None:
    net = r.cifar_resnet20()
    with pytest.raises(ValueError, match=r"precision must be one of 'bf16', 'fp32'; got 'fp16'"):
        r.fast(net, "fp16")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="how must be one of 'compiled', 'graph', 'eager'"):
        r.fast(net, how="quick")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="needs `example`: images of the shape to come, on a GPU"):
        r.fast(net, how="graph", example=images())
    with pytest.raises(ValueError, match="how must be one of 'compiled', 'eager'"):
        r.fast_training(net, how="graph")  # type: ignore[arg-type]


@pytest.mark.slow
def test_compiled_it_computes_the_same() -> None:
    net = made(r.cifar_resnet20)
    classify, plain = r.fast(net), plain_bf16(net)
    for x in (images(), images(count=5)):
        assert error(classify, net, x) <= NO_FURTHER * error(plain, net, x)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="CUDA graphs need a GPU")
@pytest.mark.parametrize("how", ["graph", "compiled"])
def test_on_a_gpu_it_computes_the_same_through_graphs(how) -> None:
    net = made(r.cifar_resnet20).cuda()
    x = images().cuda()
    classify = r.fast(net, "bf16", how, x)
    plain = plain_bf16(net)
    for given in (x, 2 * x):
        assert error(classify, net, given) <= NO_FURTHER * error(plain, net, given)
    first, kept = classify(x), classify(x).clone()
    classify(-x)
    assert torch.equal(first, kept)
    if how == "graph":
        with pytest.raises(ValueError, match="captured for images"):
            classify(x[:2])
