"""The whole way from a target to a Candidate."""

from __future__ import annotations

import random
import time

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everyone gives it
from torch import nn

from resnet_conformance.capture import CaptureError, TargetError, capture_candidate


class Net(nn.Module):
    """A stem and a classifier; subclasses change one thing."""

    channels = 3

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(self.channels, 8, 3, 2, 1)
        self.bn = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8, 10)

    def features(self, x):
        return F.relu(self.bn(self.conv(x)))

    def forward(self, x):
        return self.fc(self.features(x).mean((2, 3)))


def test_what_a_candidate_holds():
    candidate = capture_candidate(Net)
    assert candidate.captured_on == "meta"
    assert candidate.notes == ()
    assert candidate.input_shape == (2, 3, 224, 224)
    assert candidate.graph.mode == "eval"
    assert [g.mode for g in candidate.train_graphs] == ["train"]
    assert candidate.train_failure == ""
    assert candidate.resized_shape == (2, 3, 320, 320)
    assert candidate.resized is not None
    assert candidate.resized[0].shape == (2, 3, 320, 320)
    assert candidate.seconds > 0


def test_every_registered_tensor_is_listed_with_all_its_names():
    class Shared(Net):
        def __init__(self) -> None:
            super().__init__()
            self.again = self.conv
            self.unused = nn.Linear(2, 2)

    tensors = {t.names: t for t in capture_candidate(Shared()).graph.tensors}
    assert tensors[("conv.weight", "again.weight")].shape == (8, 3, 3, 3)
    assert tensors[("unused.bias",)].kind == "parameter"
    assert tensors[("bn.num_batches_tracked",)].kind == "buffer"


def test_a_parameter_used_twice_is_one_node():
    class Twice(Net):
        def features(self, x):
            y = super().features(x)
            return y + F.conv2d(y, self.square) + F.conv2d(y, self.square)

        def __init__(self) -> None:
            super().__init__()
            self.square = nn.Parameter(torch.zeros(8, 8, 1, 1))

    graph = capture_candidate(Twice).graph
    weights = [n.operand("weight") for n in graph if n.op == "conv"]
    assert weights[1] == weights[2] != weights[0]


def test_unregistered_parameters_are_constants_that_belong_to_nobody():
    class Hidden(Net):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = [nn.Conv2d(8, 8, 1)]

        def features(self, x):
            return self.blocks[0](super().features(x))

    for target in (Hidden, Hidden()):
        graph = capture_candidate(target).graph
        conv = [n for n in graph if n.op == "conv"][1]
        assert graph[conv.operand("weight")].op == "constant"
        assert len(graph.tensors) == 9 - 0 - 0


def test_a_second_way_to_a_registered_parameter_is_the_same_parameter():
    class Listed(Net):
        def __init__(self) -> None:
            super().__init__()
            self.weights = [self.conv.weight]

        def features(self, x):
            return F.conv2d(x, self.weights[0])

    graph = capture_candidate(Listed()).graph
    weight = graph[next(n for n in graph if n.op == "conv").operand("weight")]
    assert graph.tensors[weight.attrs["tensor"]].names == ("conv.weight",)


def test_a_weight_computed_from_a_parameter_is_a_node_of_its_own():
    class Standardised(Net):
        def features(self, x):
            w = self.conv.weight
            return F.conv2d(x, w - w.mean((1, 2, 3), keepdim=True))

    graph = capture_candidate(Standardised).graph
    weight = next(n for n in graph if n.op == "conv").operand("weight")
    assert graph[weight].op == "sub"
    assert weight not in graph.depends


def test_channels_of_the_first_convolution():
    class Grey(Net):
        channels = 1

    assert capture_candidate(Grey).input_shape == (2, 1, 224, 224)


def test_the_smaller_size_when_the_first_does_not_fit():
    class Fixed(Net):
        def forward(self, x):
            return self.fc(F.avg_pool2d(self.features(x), 16).view(x.size(0), 8))

    candidate = capture_candidate(Fixed)
    assert candidate.input_shape == (2, 3, 32, 32)
    assert candidate.resized_shape == (2, 3, 48, 48)
    assert candidate.resized is not None
    candidate = capture_candidate(Fixed, resized={32: 64})
    assert candidate.resized is None
    assert "shape" in candidate.resized_failure


def looks_at_data(self, x):
    y = Net.features(self, x)
    return y if y.sum().item() > 1e9 else y * 2


def branches_on_data(self, x):
    y = Net.features(self, x)
    return y * 2 if (y > -1).all() else y


def mixes_devices(self, x):
    return Net.features(self, x) + torch.tensor([[[0.5]]])


@pytest.mark.parametrize("features", [looks_at_data, branches_on_data, mixes_devices])
@pytest.mark.parametrize("instance", [True, False])
def test_real_tensors_where_meta_fails(features, instance):
    made = type("Made", (Net,), {"features": features})
    candidate = capture_candidate(made() if instance else made, shapes=[(2, 3, 32, 32)])
    assert candidate.captured_on == "cpu"
    assert any("real tensors" in note for note in candidate.notes)
    looked = features is not mixes_devices
    assert any("looks at values" in note for note in candidate.notes) == looked
    assert [n.op for n in candidate.graph][-1] == "linear"


def test_meta_failing_in_the_constructor_only():
    class Made(Net):
        def __init__(self) -> None:
            super().__init__()
            self.rates = [r.item() for r in torch.linspace(0, 1, 3)]

    candidate = capture_candidate(Made)
    assert candidate.captured_on == "meta"
    assert "constructed with real tensors" in candidate.notes[0]


def test_meta_failing_in_training_only():
    class Made(Net):
        def __init__(self) -> None:
            super().__init__()
            self.bn = nn.BatchNorm2d(8, momentum=None)

    candidate = capture_candidate(Made, shapes=[(2, 3, 32, 32)])
    assert candidate.captured_on == "meta"
    assert len(candidate.train_graphs) == 1
    assert "train at 32x32 was captured with real tensors" in candidate.notes[0]


def test_training_that_fails_is_said():
    class Made(Net):
        def forward(self, x):
            if self.training:
                raise ValueError("give me labels")
            return super().forward(x)

    candidate = capture_candidate(Made, shapes=[(2, 3, 32, 32)])
    assert candidate.train_graphs == ()
    assert "ValueError: give me labels" in candidate.train_failure


def test_a_network_that_does_not_run_says_where():
    class Made(Net):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(9, 10)

    with pytest.raises(CaptureError) as caught:
        capture_candidate(Made, shapes=[(2, 3, 32, 32)])
    message = str(caught.value)
    assert "in module 'fc'" in message
    assert "RuntimeError" in message
    assert "2x3x32x32" in message
    assert "\n" not in message


def test_a_factory_that_fails_everywhere_is_a_target_error():
    def broken():
        raise OSError("no such checkpoint")

    with pytest.raises(TargetError, match="OSError: no such checkpoint"):
        capture_candidate(broken)


def test_a_network_without_convolutions_is_captured():
    graph = capture_candidate(lambda: nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 10))).graph
    assert [n.op for n in graph] == ["input", "reshape", "parameter", "parameter", "linear"]


def test_the_time_limit():
    class Slow(Net):
        def forward(self, x):
            time.sleep(5)
            return super().forward(x)

    begin = time.perf_counter()
    with pytest.raises(CaptureError, match=r"longer than 0\.3 s.*--timeout"):
        capture_candidate(Slow, timeout=0.3)
    assert time.perf_counter() - begin < 3


def test_double_precision_networks():
    candidate = capture_candidate(Net().double())
    assert candidate.captured_on == "meta"
    assert candidate.notes == ()


def test_random_depth_is_the_same_in_every_capture():
    class Made(Net):
        def features(self, x):
            y = super().features(x)
            return torch.tanh(y) if random.random() < 0.5 and torch.rand(()) < 2 else y

    made = Made()
    first = [[n.op for n in capture_candidate(made, shapes=[(2, 3, 32, 32)]).graph] for _ in range(4)]
    assert all(ops == first[0] for ops in first)


def test_channels_last_is_a_matter_of_memory(form):
    net = Net().to(memory_format=torch.channels_last)
    pooled = nn.Sequential(net.conv, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    for module, plain in (
        (net, Net()),
        (pooled, nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())),
    ):
        assert form(capture_candidate(module).graph) == form(capture_candidate(plain).graph)
