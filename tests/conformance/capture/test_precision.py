"""A network whose code fixes single precision runs in that, whoever tells that torch refused to mix."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from resnet_conformance.capture import CaptureError

from .test_laboratory import SHAPE, Tiny, laboratory_of, ones


class Single(Tiny):
    """Makes single precision of its input."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.float())


class Wrapped(Single):
    """As Keras does, it tells what its layer said behind a line of its own."""

    def forward(self, x: Tensor) -> Tensor:
        try:
            return super().forward(x)
        except RuntimeError as error:
            raise RuntimeError(f"Exception encountered when calling Conv2D.call().\n\n{error}") from None


@pytest.mark.parametrize("kind", [Single, Wrapped])
def test_a_network_in_single_precision_is_run_in_it(kind: type[nn.Module]) -> None:
    laboratory = laboratory_of(kind)
    run = laboratory.run(torch.rand(SHAPE, dtype=torch.float64), ones(laboratory))
    assert run.output.dtype is torch.float32


def test_another_error_is_no_matter_of_precision() -> None:
    laboratory, tried = laboratory_of(Tiny), []

    def fails(x: Tensor) -> Tensor:
        tried.append(x.dtype)
        raise RuntimeError("Exception encountered when calling Conv2D.call().\n\nno such layer")

    laboratory.module.forward = fails
    with pytest.raises(CaptureError, match=r"Conv2D.call"):
        laboratory.run(torch.rand(SHAPE, dtype=torch.float64), ones(laboratory))
    assert tried == [torch.float64]
