"""Wrong networks whose gamma is a function of parameters: read as what it is, it is wrong."""

from __future__ import annotations

from .corpus import RESNET20, wrong
from .faithful import Tensor, nn, resnet20
from .handwritten import with_norm
from .right_parametrised import Computed


class FromTwo(Computed):
    start = 1.0


@wrong(RESNET20, {"IN-04": "gamma 2"})
def gamma_from_2() -> nn.Module:
    return resnet20(**with_norm(FromTwo))


class Fixed(Computed):
    def __init__(self, filters: int) -> None:
        super().__init__(filters)
        self.g.requires_grad_(False)


@wrong(RESNET20, {"BN-03": "gamma does not require a gradient"}, also="BH-05", deviation="bn-frozen")
def gamma_from_0_and_fixed() -> nn.Module:
    return resnet20(**with_norm(Fixed))


class Ones(Computed):
    def gamma(self) -> Tensor:
        return 1 + 0 * self.g


@wrong(RESNET20, {"BN-03": "gamma is a constant"}, deviation="bn-frozen")
def gamma_always_1() -> nn.Module:
    return resnet20(**with_norm(Ones))
