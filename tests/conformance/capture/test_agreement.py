"""Three ways to the same graph: meta tensors, real tensors, and torch.export with its decompositions."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everyone gives it
from torch import nn

from resnet_conformance.capture import capture


class Basic(nn.Module):
    def __init__(self, w_in: int, w_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(w_in, w_out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(w_out)
        self.conv2 = nn.Conv2d(w_out, w_out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(w_out)
        self.added = w_out - w_in

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.added:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.added // 2, self.added // 2))
        y += x
        return F.relu(y, inplace=True)


def cifar() -> nn.Module:
    """A CIFAR net with option A: 16-32-64 filters, two blocks each."""
    blocks = [
        Basic(16, 16, 1),
        Basic(16, 16, 1),
        Basic(16, 32, 2),
        Basic(32, 32, 1),
        Basic(32, 64, 2),
        Basic(64, 64, 1),
    ]
    stem = nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True))
    return nn.Sequential(stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def torchvision(name: str) -> nn.Module:
    return getattr(pytest.importorskip("torchvision.models"), name)()


def timm(name: str) -> nn.Module:
    return pytest.importorskip("timm").create_model(name)


NETS = {
    "torchvision resnet18": (lambda: torchvision("resnet18"), (2, 3, 64, 64)),
    "torchvision resnet50": (lambda: torchvision("resnet50"), (2, 3, 64, 64)),
    "cifar": (cifar, (2, 3, 32, 32)),
    "timm resnet18": (lambda: timm("resnet18"), (2, 3, 64, 64)),
}


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if "res" in n else n for n in NETS])
def test_meta_real_and_exported_agree(form, name):
    make, shape = NETS[name]
    net = make().eval()
    meta = capture(net, shape)
    assert form(capture(net, shape, device="cpu")) == form(meta)
    assert form(capture(net, shape, "train", "cpu")) == form(capture(net, shape, "train"))
    exported = torch.export.export(net, (torch.zeros(shape),)).run_decompositions().module()
    assert form(capture(exported, shape)) == form(meta)


def test_a_net_constructed_on_meta_is_the_same(form):
    from resnet_conformance.capture import load_target

    built = load_target(cifar).build("meta")
    assert form(capture(built, (2, 3, 32, 32))) == form(capture(cifar(), (2, 3, 32, 32)))
