"""Networks that are wrong beside the logits that they return, or where large images come in."""

from __future__ import annotations

from .corpus import RESNET18, RESNET20, wrong
from .faithful import F, Tensor, nn, resnet18, resnet20


class Auxiliary:
    """A second classifier behind the second stage, which is trained as well (Szegedy et al. 2015, "GoogLeNet")."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self.aux = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        x = self.stem(x)  # type: ignore[attr-defined]
        for place, block in enumerate(self.blocks):  # type: ignore[attr-defined]
            x = block(x)
            if place == 5:
                aux = self.aux(x.mean((2, 3)))
        y: Tensor = self.fc(self.pool(x))  # type: ignore[attr-defined]
        return (y, aux) if self.training else y  # type: ignore[attr-defined]


# 330 parameters that no plain twin and no blueprint has; what is returned first is the paper's network all the same.
@wrong(RESNET20, {"CT-03": "270,052"}, also="CT-07")
def auxiliary_classifier() -> nn.Module:
    return resnet20(net=Auxiliary)


@wrong(RESNET20, {"CT-01": "weights from constant"}, also="CT-03 CT-07")
def weight_that_is_no_parameter() -> nn.Module:
    """A tensor that the constructor made, and that no optimizer and no checkpoint knows."""
    net = resnet20()
    convolution = net.blocks[2].convs[0]
    weight = convolution.weight.data
    del convolution._parameters["weight"]
    convolution.weight = weight
    return net


# --- images as large as the paper tests with (section 3.4: shorter sides of 224 to 640) ---


class Cropping:
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x[..., :448, :448])  # type: ignore[misc,no-any-return]


@wrong(RESNET18, {"HD-05": "At 640x640 the stages have other map sizes"}, by="behaviour")
def crops_large_images() -> nn.Module:
    return resnet18(net=Cropping)


class Shrinking:
    def forward(self, x: Tensor) -> Tensor:
        large = x.shape[2] == x.shape[3] >= 256
        return super().forward(F.adaptive_avg_pool2d(x, 224) if large else x)  # type: ignore[misc,no-any-return]


@wrong(RESNET18, {"HD-05": "the stages have other map sizes"}, by="behaviour")
def shrinks_large_squares() -> nn.Module:
    return resnet18(net=Shrinking)


class Refusing:
    def forward(self, x: Tensor) -> Tensor:
        assert x.shape[2] <= 448, "the image is too large"
        return super().forward(x)  # type: ignore[misc,no-any-return]


@wrong(RESNET18, {"HD-05": "the image is too large"}, by="behaviour")
def refuses_large_images() -> nn.Module:
    return resnet18(net=Refusing)
