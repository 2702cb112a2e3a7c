"""Right networks in unusual clothes, written as a whole."""

from __future__ import annotations

import itertools

from .faithful import F, Tensor, ZeroPad, nn, resnet20, torch
from .right import CIFAR, R18, add, right


def he_normal(net: nn.Module) -> nn.Module:
    """The network with convolutions that start from N(0, 2 / fan-in) (He et al. 2015, section 3.4, by reference)."""
    for weight in net.parameters():
        if weight.dim() == 4:
            nn.init.kaiming_normal_(weight, nonlinearity="relu")
    return net


class ByHand(nn.Module):
    """ResNet-20 with parameters and buffers kept by hand and functional calls only."""

    def __init__(self) -> None:
        super().__init__()
        self.count, channels = 0, 3
        for width in [16] * 7 + [32] * 6 + [64] * 6:
            he = (2 / (9 * channels)) ** 0.5
            self.register_parameter(f"w{self.count}", nn.Parameter(he * torch.randn(width, channels, 3, 3)))
            for name, value in (("g", 1.0), ("b", 0.0)):
                self.register_parameter(f"{name}{self.count}", nn.Parameter(torch.full((width,), value)))
            for name, value in (("m", 0.0), ("v", 1.0)):
                self.register_buffer(f"{name}{self.count}", torch.full((width,), value))
            self.count, channels = self.count + 1, width
        self.matrix, self.offset = nn.Parameter(torch.randn(64, 10)), nn.Parameter(torch.randn(10))

    def layer(self, x: Tensor, k: int, stride: int = 1) -> Tensor:
        w, g, b, m, v = (getattr(self, f"{name}{k}") for name in "wgbmv")
        return F.batch_norm(F.conv2d(x, w, None, stride, 1), m, v, g, b, self.training)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer(x, 0).relu()
        for k in range(1, self.count, 2):
            stride = 2 if k in (7, 13) else 1
            y = self.layer(self.layer(x, k, stride).relu(), k + 1)
            if stride == 2:
                x = torch.cat([x[:, :, ::2, ::2], y.new_zeros(y.shape[0], y.shape[1] - x.shape[1], *y.shape[2:])], 1)
            x = (x + y).relu()
        return x.mean((2, 3)) @ self.matrix + self.offset


add(CIFAR, "parameters-by-hand", ByHand)


class Add(nn.Module):
    def __init__(self, residual: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.residual, self.shortcut = residual, shortcut

    def forward(self, x: Tensor) -> Tensor:
        return self.residual(x) + self.shortcut(x)


@right(R18)
def sequential_only() -> nn.Module:
    def unit(channels: int, filters: int, kernel: int, stride: int) -> list[nn.Module]:
        return [
            nn.Conv2d(channels, filters, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(filters),
        ]

    relu = nn.ReLU(inplace=True)  # one module for all
    layers = [*unit(3, 64, 7, 2), relu, nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for width in (64, 64, 128, 128, 256, 256, 512, 512):
        stride = 1 if channels == width else 2
        shortcut = nn.Sequential() if channels == width else nn.Sequential(*unit(channels, width, 1, stride))
        layers += [
            Add(nn.Sequential(*unit(channels, width, 3, stride), relu, *unit(width, width, 3, 1)), shortcut),
            relu,
        ]
        channels = width
    return he_normal(nn.Sequential(*layers, nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(512, 1000)))


class FlatWeights(nn.Module):
    """ResNet-20's convolutions read their weights from one flat parameter."""

    def __init__(self) -> None:
        super().__init__()
        self.net = resnet20()
        self.shapes = [(m, m.weight.shape) for m in self.net.modules() if isinstance(m, nn.Conv2d)]
        self.flat = nn.Parameter(torch.cat([module.weight.detach().flatten() for module, _ in self.shapes]))
        for module, _ in self.shapes:
            del module.weight

    def forward(self, x: Tensor) -> Tensor:
        start = 0
        for module, shape in self.shapes:
            module.weight = self.flat[start : start + shape.numel()].view(shape)
            start += shape.numel()
        return self.net(x)


add(CIFAR, "weights-in-one-tensor", FlatWeights)


@right(CIFAR)
def scripted_blocks() -> nn.Module:
    class Scripted(nn.Module):
        def __init__(self, channels: int, width: int, stride: int) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(width)
            self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(width)
            self.shortcut = nn.Identity() if stride == 1 else ZeroPad(channels, width, stride)

        def forward(self, x: Tensor) -> Tensor:
            y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
            return F.relu(y + self.shortcut(x))

    net = resnet20()
    widths = [16] * 4 + [32] * 3 + [64] * 3
    net.blocks = nn.Sequential(
        *(
            torch.jit.script(Scripted(channels, width, 1 if channels == width else 2))
            for channels, width in itertools.pairwise(widths)
        )
    )
    return he_normal(net)


class ByName(nn.Module):
    """Blocks found by their names in a loop; the names say the opposite of what they are."""

    def __init__(self) -> None:
        super().__init__()
        faithful = resnet20()
        self.fc, self.pool = faithful.stem, faithful.fc
        for number, block in enumerate(faithful.blocks):
            setattr(self, f"plain_{9 - number}", block)

    def forward(self, x: Tensor) -> Tensor:
        x = self.fc(x)
        for number in range(9):
            x = getattr(self, f"plain_{9 - number}")(x)
        return self.pool(x.mean((2, 3)))


add(CIFAR, "misleading-names", ByName)
