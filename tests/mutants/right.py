"""Right networks in unusual clothes: what the architecture demands, written in another way than most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .faithful import F, Tensor, ZeroPad, nn, plain, resnet18, resnet20, resnet50, torch

RIGHT: dict[str, tuple[str, Callable[[], nn.Module]]] = {}

UNREAD: dict[str, tuple[str, Callable[[], nn.Module]]] = {}  # right, too, in clothes that cannot be read: never blamed


def right(architecture: str) -> Callable[[Callable[[], nn.Module]], Callable[[], nn.Module]]:
    """Register a right network under its function's name."""

    def register(build: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
        RIGHT[build.__name__.replace("_", "-")] = (architecture, build)
        return build

    return register


def add(architecture: str, name: str, build: Callable[[], nn.Module]) -> None:
    """Register a right network under a name."""
    RIGHT[name] = (architecture, build)


CIFAR, R18, R50 = "cifar10/resnet20", "imagenet/resnet18", "imagenet/resnet50"

for _name, _architecture, _build in (
    ("faithful-20", CIFAR, resnet20),
    ("faithful-18-B", R18, resnet18),
    ("faithful-50", R50, resnet50),
    ("faithful-18-A", R18, lambda: resnet18(option="A")),
    ("faithful-18-A-by-name", "imagenet/resnet18-A", lambda: resnet18(option="A")),
    ("faithful-20-B", "cifar10/resnet20-B", lambda: resnet20(option="B")),
    ("faithful-34-C", "imagenet/resnet34", lambda: resnet18(counts=(3, 4, 6, 3), option="C")),
    ("faithful-34-C-by-name", "imagenet/resnet34-C", lambda: resnet18(counts=(3, 4, 6, 3), option="C")),
    ("faithful-plain-20", "cifar10/plain20", lambda: plain(resnet20)),
    ("faithful-plain-18", "imagenet/plain18", lambda: plain(resnet18)),
):
    add(_architecture, _name, _build)


def padded(pad: Callable[[Tensor, int, int], Tensor]) -> Callable[[], nn.Module]:
    """ResNet-20 whose option A is that function of (x, extra channels, stride)."""

    class Pad(ZeroPad):
        def forward(self, x: Tensor) -> Tensor:
            return pad(x, self.extra, self.stride)

    class Padding:
        zero_pad = Pad

    return lambda: resnet20(block=Padding)


def _into_zeros(x: Tensor, extra: int, stride: int) -> Tensor:
    small = x[..., ::stride, ::stride]
    y = torch.zeros(small.shape[0], small.shape[1] + extra, *small.shape[2:], device=x.device, dtype=x.dtype)
    y[:, : small.shape[1]] = small
    return y


for _name, _pad in {
    "zeros-on-both-sides": lambda x, e, s: F.pad(x[:, :, ::s, ::s], (0, 0, 0, 0, e // 2, e // 2)),
    "zeros-in-front": lambda x, e, s: F.pad(x[:, :, ::s, ::s], (0, 0, 0, 0, e, 0)),
    "zeros-then-samples": lambda x, e, s: F.pad(x, (0, 0, 0, 0, 0, e))[:, :, ::s, ::s],
    "average-pool-1x1": lambda x, e, s: F.pad(F.avg_pool2d(x, 1, s), (0, 0, 0, 0, 0, e)),
    "max-pool-1x1": lambda x, e, s: F.pad(F.max_pool2d(x, 1, s), (0, 0, 0, 0, 0, e)),
    "zeros-by-concatenation": lambda x, e, s: torch.cat([x[:, :, ::s, ::s], torch.zeros_like(x[:, :, ::s, ::s])], 1),
    "zeros-by-multiplication": lambda x, e, s: torch.cat((x[:, :, ::s, ::s], x[:, :, ::s, ::s].mul(0)), 1),
    "written-into-zeros": _into_zeros,
}.items():
    add(CIFAR, _name, padded(_pad))


def heads(pool: Callable[[Tensor], Tensor]) -> Callable[[], nn.Module]:
    """ResNet-20 with that pooling."""

    class Head:
        def pool(self, x: Tensor) -> Tensor:
            return pool(x)

    return lambda: resnet20(net=Head)


for _name, _pool in {
    "mean": lambda x: x.mean((2, 3)),
    "mean-of-means": lambda x: x.mean(3).mean(2),
    "view-and-mean": lambda x: x.view(x.shape[0], x.shape[1], -1).mean(-1),
    "sum-by-number": lambda x: x.sum((2, 3)) / (x.shape[2] * x.shape[3]),
    "average-pool-of-its-size": lambda x: F.avg_pool2d(x, x.size()[2:]).flatten(1),
    "adaptive-and-squeeze": lambda x: F.adaptive_avg_pool2d(x, (1, 1)).squeeze(-1).squeeze(-1),
}.items():
    add(CIFAR, _name, heads(_pool))


@right(R50)
def classifier_as_convolution() -> nn.Module:
    class Fully:
        def classifier(self, width: int, classes: int) -> nn.Module:
            return nn.Conv2d(width, classes, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(self.features(x).mean((2, 3), keepdim=True)).flatten(1)

    return resnet50(net=Fully)


@right(CIFAR)
def classifier_as_product() -> nn.Module:
    class Product:
        def forward(self, x: Tensor) -> Tensor:
            return torch.addmm(self.fc.bias, self.pool(self.features(x)), self.fc.weight.t())

    return resnet20(net=Product)


class PadFirst:
    def conv(self, channels: int, filters: int, kernel: int, stride: int) -> nn.Module:
        convolution = nn.Conv2d(channels, filters, kernel, stride, bias=False)
        return nn.Sequential(nn.ZeroPad2d(kernel // 2), convolution) if kernel > 1 else convolution


class PadFirstStem:
    def forward(self, x: Tensor) -> Tensor:
        x = F.conv2d(F.pad(x, (3, 3, 3, 3)), self.conv.weight, stride=2)
        return F.max_pool2d(F.pad(F.relu(self.bn(x)), (1, 1, 1, 1)), 3, 2)


@right(R50)
def padding_as_layers() -> nn.Module:
    return resnet50(block=PadFirst, stem=PadFirstStem)


def activated(act: Callable[[Tensor], Tensor]) -> Callable[[], nn.Module]:
    """ResNet-20 with that ReLU."""

    class Activation:
        def act(self, x: Tensor) -> Tensor:
            return act(x)

    return lambda: resnet20(block=Activation, stem=Activation)


for _name, _act in {
    "clamp": lambda x: x.clamp(min=0),
    "clamp-in-place": lambda x: x.clamp_(min=0),
    "threshold": lambda x: F.threshold(x, 0, 0),
    "maximum-with-zero": lambda x: torch.maximum(x, torch.zeros_like(x)),
    "times-its-sign": lambda x: x * (x > 0),
    "relu-in-place": lambda x: x.relu_(),
}.items():
    add(CIFAR, f"relu-as-{_name}", activated(_act))


def joined(join: Callable[[Tensor, Tensor], Tensor]) -> Callable[[], nn.Module]:
    """ResNet-18 joined by that function of (F, shortcut)."""

    class Join:
        def join(self, residual: Tensor, shortcut: Tensor) -> Tensor:
            return join(residual, shortcut)

    return lambda: resnet18(block=Join)


add(R18, "add-in-place", joined(lambda f, s: f.add_(s)))
add(R18, "shortcut-first", joined(lambda f, s: s + f))
add(R18, "add-with-alpha-1", joined(lambda f, s: torch.add(s, f, alpha=1)))


class InPlace:
    """Everything in place that may be."""

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for conv, bn in zip(self.convs[:-1], self.bns[:-1], strict=True):
            y = F.relu_(bn(conv(y)))
        y = self.bns[-1](self.convs[-1](y))
        y += self.shortcut(x)
        return F.relu_(y)


@right(R50)
def in_place() -> nn.Module:
    return resnet50(block=InPlace)


class ReLUOnEntry:
    """The ReLU behind the addition, done by whoever reads the sum, in place."""

    def forward(self, x: Tensor) -> Tensor:
        x = x.relu_()
        return self.join(self.residual(x), self.shortcut(x))


@right(R18)
def relu_on_entry() -> nn.Module:
    class LastReLU:
        def features(self, x: Tensor) -> Tensor:
            return super().features(x).relu_()  # type: ignore[misc]

    class FirstOnce(ReLUOnEntry):
        def forward(self, x: Tensor) -> Tensor:
            if self.channels == 64 and self.first:
                return self.join(self.residual(x), self.shortcut(x))
            return super().forward(x)

        first = False

    net = resnet18(block=FirstOnce, net=LastReLU)
    net.blocks[0].first = True
    return net


@right(R18)
def channels_last() -> nn.Module:
    return resnet18().to(memory_format=torch.channels_last)


@dataclass
class Output:
    logits: Tensor
    features: Tensor


def returning(wrap: Callable[[Tensor, Tensor], object]) -> Callable[[], nn.Module]:
    """ResNet-20 that returns that of (logits, features)."""

    class Returning:
        def forward(self, x: Tensor) -> object:
            features = self.features(x)
            return wrap(self.fc(self.pool(features)), features)

    return lambda: resnet20(net=Returning)


add(CIFAR, "returns-a-dataclass", returning(Output))
add(CIFAR, "returns-a-dict", returning(lambda logits, features: {"features": features, "logits": logits}))
add(CIFAR, "returns-a-tuple", returning(lambda logits, features: (logits, features)))


class CaffePool:
    def pool(self, x: Tensor) -> Tensor:
        return F.max_pool2d(x, 3, 2, ceil_mode=True)


@right(R50)
def released_pool_and_bias() -> nn.Module:  # as KaimingHe/deep-residual-networks: STEM-05, CB-02
    class Released(CaffePool):
        bias = True

    return resnet50(stem=Released)


@right(R18)
def idle_dropout() -> nn.Module:
    class Idle:
        def classifier(self, width: int, classes: int) -> nn.Module:
            return nn.Sequential(nn.Dropout(0.0), nn.Identity(), nn.Linear(width, classes))

    return resnet18(net=Idle)


@right(R18)
def other_momentum() -> nn.Module:
    class Momentum:
        def norm(self, filters: int) -> nn.Module:
            return nn.BatchNorm2d(filters, momentum=0.9)

    return resnet18(block=Momentum)
