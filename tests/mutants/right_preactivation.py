"""Right pre-activation networks, as the paper draws them and in unusual clothes."""

from __future__ import annotations

from .faithful import F, Tensor, nn
from .faithful_preactivation import preresnet110, preresnet152, preresnet164
from .right import add, right

PRE110, PRE164 = "cifar10/preresnet110", "cifar10/preresnet164"
PRE152, PRE200 = "imagenet/preresnet152", "imagenet/preresnet200"

add(PRE110, "faithful-pre-110", preresnet110)
add(PRE164, "faithful-pre-164", preresnet164)
add(PRE152, "faithful-pre-152", preresnet152)
add(PRE200, "faithful-pre-200", lambda: preresnet152(counts=(3, 24, 36, 3)))


@right(PRE110)
def zeros_behind_the_activation() -> nn.Module:  # as fb.resnet.torch; the paper speaks of projections only
    class Activated:
        def source(self, x: Tensor, h: Tensor) -> Tensor:
            return x if self.same else h

    return preresnet110(unit=Activated)


@right(PRE164)
def first_activation_in_the_first_unit() -> nn.Module:  # as resnet-1k-layers: a bare conv1, and every unit whole
    class Whole:
        def __init__(self, channels: int, width: int, stride: int, option: str, first: bool) -> None:
            super().__init__(channels, width, stride, option, False)  # type: ignore[call-arg]

    class Bare:
        def stem(self, x: Tensor) -> Tensor:
            return self.conv(x)

    net = preresnet164(unit=Whole, net=Bare)
    del net.bn
    return net


class InPlace:
    """Everything in place that may be, but for x, which the shortcut reads."""

    def activate(self, x: Tensor) -> Tensor:
        return x if self.first else self.bns[0](x).relu_()

    def residual(self, h: Tensor) -> Tensor:
        h = self.convs[0](h)
        for conv, bn in zip(self.convs[1:], self.bns[not self.first :], strict=True):
            h = conv(F.relu_(bn(h)))
        return h

    def join(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        residual += shortcut
        return residual


@right(PRE164)
def units_in_place() -> nn.Module:
    return preresnet164(unit=InPlace)


class Listed(nn.Module):
    """ResNet-110 as one list of layers and a loop: no module is a unit."""

    def __init__(self) -> None:
        super().__init__()
        widths = [16] * 37 + [32] * 36 + [64] * 36
        self.convs, self.bns, channels = nn.ModuleList(), nn.ModuleList(), 3
        for k, width in enumerate(widths):
            stride = 2 if k in (37, 73) else 1
            self.convs.append(nn.Conv2d(channels, width, 3, stride, 1, bias=False))
            self.bns.append(nn.BatchNorm2d(width))
            channels = width
            nn.init.kaiming_normal_(self.convs[-1].weight, nonlinearity="relu")
        for k in (36, 72):
            self.bns[k] = nn.BatchNorm2d(widths[k])
        self.fc = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.bns[0](self.convs[0](x)).clamp(min=0)
        for k in range(1, len(self.convs), 2):
            h = x if k == 1 else self.bns[k - 1](x).clamp(min=0)
            h = self.convs[k + 1](self.bns[k](self.convs[k](h)).clamp(min=0))
            if h.shape[1] > x.shape[1]:
                x = F.pad(x[..., ::2, ::2], (0, 0, 0, 0, 0, x.shape[1]))
            x = x + h
        return self.fc(F.adaptive_avg_pool2d(self.bns[-1](x).clamp(min=0), 1).flatten(1))


add(PRE110, "pre-110-as-a-list", Listed)


class Chain(nn.Sequential):
    """A unit of library layers: BN, ReLU, convolution, ..."""

    def __init__(self, *layers: nn.Module, projection: nn.Module | None = None) -> None:
        super().__init__(*layers)
        self.projection = projection

    def forward(self, x: Tensor) -> Tensor:
        layers = [layer for layer in self if layer is not self.projection]
        if self.projection is None:
            return nn.Sequential(*layers)(x) + x
        h = layers[1](layers[0](x))
        return self.projection(h) + nn.Sequential(*layers[2:])(h)


def _layers(channels: int, filters: int, kernel: int, stride: int) -> list[nn.Module]:
    convolution = nn.Conv2d(channels, filters, kernel, stride, kernel // 2, bias=False)
    nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
    return [nn.BatchNorm2d(channels), nn.ReLU(), convolution]


@right(PRE164)
def sequential_units() -> nn.Module:
    layers: list[nn.Module] = _layers(3, 16, 3, 1)[2:]
    channels = 16
    for width, step in ((16, 1), (32, 2), (64, 2)):
        for number in range(18):
            stride, wide = (1 if number else step), 4 * width
            inside = _layers(channels, width, 1, stride) + _layers(width, width, 3, 1) + _layers(width, wide, 1, 1)
            layers.append(Chain(*inside, projection=None if number else _layers(channels, wide, 1, stride)[2]))
            channels = wide
    head = [nn.BatchNorm2d(256), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 10)]
    return nn.Sequential(*layers, *head)
