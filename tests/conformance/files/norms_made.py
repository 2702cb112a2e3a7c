"""ResNet-20 with group norm, and with weights that it standardizes, as files."""

from __future__ import annotations

import functools
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812  (the customary name)
from torch import Tensor, nn

import resnet_impl

from .exports import FOLDER, export, trained


class Standardized(nn.Conv2d):
    """A convolution whose weights have mean 0 and variance 1 in each filter (Qiao et al. 2019), as timm writes it."""

    def forward(self, x: Tensor) -> Tensor:
        weight = F.batch_norm(self.weight.reshape(1, len(self.weight), -1), None, None, training=True, momentum=0.0)
        return F.conv2d(x, weight.reshape_as(self.weight), None, self.stride, self.padding)


def replaced(kind: type[nn.Module], other: str) -> nn.Module:
    """A ResNet-20 with other layers in the place of all of one kind."""
    net = resnet_impl.cifar_resnet20()
    for name, module in list(net.named_modules()):
        if isinstance(module, kind):
            parent, _, own = name.rpartition(".")
            setattr(net.get_submodule(parent), own, OTHERS[other](module))
    return net


def standardized(module: nn.Conv2d) -> nn.Module:
    into, out, kernel, stride = module.in_channels, module.out_channels, module.kernel_size, module.stride
    return Standardized(into, out, kernel, stride, module.padding, bias=False)  # type: ignore[arg-type]


def grouped(module: nn.BatchNorm2d) -> nn.Module:
    norm = nn.GroupNorm(4, module.num_features)
    nn.init.normal_(norm.weight, 1, 0.1)
    nn.init.normal_(norm.bias, 0, 0.1)
    return norm


OTHERS = {
    "groups": grouped,
    "plain-groups": lambda module: nn.GroupNorm(4, module.num_features, affine=False),
    "one-group": lambda module: nn.GroupNorm(1, module.num_features, affine=False),
    "standardized": standardized,
}


@functools.cache
def made(other: str) -> nn.Module:
    torch.manual_seed(0)
    return trained(replaced(nn.Conv2d if other == "standardized" else nn.BatchNorm2d, other))


@functools.cache
def written(other: str, way: str) -> Path:
    return export(made(other), FOLDER / f"norms-{other}-{way}.onnx", way, (2, 3, 32, 32))
