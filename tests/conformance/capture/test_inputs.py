"""What a network wants to be given, and where the trace from its output to its input ends."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from resnet_conformance.capture import CaptureError, capture, capture_candidate

SHAPE = (2, 3, 8, 8)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def features(self, x):
        return self.conv(x).mean((2, 3))


class Keyword(Net):
    def forward(self, *, image):
        return self.features(image)


class PixelsSecond(Net):
    def forward(self, input_ids=None, pixel_values=None):
        assert input_ids is None
        return self.features(pixel_values)


class PixelsFirst(Net):
    def forward(self, pixel_values=None, labels=None, **options):
        return self.features(pixel_values)


class Anything(Net):
    def forward(self, *inputs, **options):
        assert not options
        return self.features(*inputs)


@pytest.mark.parametrize("kind", [Keyword, PixelsSecond, PixelsFirst, Anything])
def test_the_one_input_goes_where_the_network_expects_it(kind):
    assert capture(kind(), SHAPE)[-1].shape == (2, 4)


class TwoInputs(Net):
    def forward(self, image, depth):
        return self.features(image)


class OneAndKeyword(Net):
    def forward(self, image, *, mask, scale=1):
        return self.features(image)


@pytest.mark.parametrize(("kind", "names"), [(TwoInputs, "image, depth"), (OneAndKeyword, "image, mask")])
def test_what_else_a_network_requires_is_said(kind, names):
    with pytest.raises(CaptureError, match=rf"requires 2 arguments \({names}\).*one image input are judged"):
        capture_candidate(kind, shapes=[SHAPE])


@pytest.mark.parametrize(("conv", "rank"), [(nn.Conv3d, 3), (nn.Conv1d, 1)])
def test_another_number_of_dimensions_is_said(conv, rank):
    made = nn.Sequential(conv(3, 4, 3), nn.Flatten())
    with pytest.raises(CaptureError, match=rf"over {rank} dimensions?, .* input of {rank + 2} dimensions"):
        capture_candidate(made)


def test_a_plain_failure_is_not_blamed_on_the_dimensions():
    with pytest.raises(CaptureError) as caught:
        capture_candidate(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Linear(7, 7)), shapes=[SHAPE])
    assert "dimensions" not in str(caught.value)
    assert "module '1'" in str(caught.value)


class LeavesTorch(Net):
    def forward(self, x):
        return torch.from_numpy(self.features(x).detach().numpy()) + 1


class TimesZero(Net):
    def forward(self, x):
        return self.features(x) * 0 + 1


class NoInput(Net):
    def forward(self, x):
        return torch.zeros(2, 10)


@pytest.mark.parametrize(
    ("kind", "end"),
    [
        (LeavesTorch, "the last that is seen of it is global_avg_pool in the top"),
        (TimesZero, "the last that is seen of it is global_avg_pool in the top"),
        (NoInput, "nothing is computed from the input"),
    ],
)
def test_an_output_that_cannot_be_followed_back(kind, end):
    with pytest.raises(CaptureError, match=rf"does not depend on the input as far as torch can see: {end}"):
        capture_candidate(kind, shapes=[SHAPE])


@pytest.mark.filterwarnings("ignore")
def test_a_quantised_network_is_called_one():
    if "fbgemm" not in torch.backends.quantized.supported_engines:
        pytest.skip("torch has no quantised kernels here")
    scale, zero, dtype = 0.1, 0, torch.quint8

    class Quantised(Net):
        def forward(self, x):
            y = torch.quantize_per_tensor(self.conv(x), scale, zero, dtype)
            return torch.ops.quantized.add(y, y, scale, zero).dequantize().mean((2, 3))

    with pytest.raises(CaptureError, match=r"quantised: quantized\.add in the top"):
        capture_candidate(Quantised, shapes=[SHAPE])
