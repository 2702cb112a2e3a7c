"""Floors against counts by hand."""

from __future__ import annotations

import pytest

from benchmarks.roofline import Ceiling, Floor, Kernel, floor, kernels, update_floor
from resnet_conformance.blueprint import draw
from resnet_conformance.graph import Graph, GraphBuilder
from resnet_conformance.spec import load_spec

CEILING = Ceiling(flops=1e9, bandwidth=1e9)


def convolution(builder: GraphBuilder, x: int, filters: int) -> int:
    """A 3x3 convolution of stride 1 that keeps the size."""
    batch, channels, height, width = builder.nodes[x].shape
    weight = builder.tensor("parameter", (filters, channels, 3, 3), ("w",))
    pair = {"kernel": (3, 3), "stride": (1, 1), "padding": (1, 1), "dilation": (1, 1), "groups": 1, "transposed": False}
    return builder.add("conv", {"x": x, "weight": weight}, pair, (batch, filters, height, width), "c")


def norm_and_relu(builder: GraphBuilder, x: int) -> int:
    shape = builder.nodes[x].shape
    roles = {role: builder.tensor("parameter", (shape[1],), (role,)) for role in ("gamma", "beta", "mean", "var")}
    attrs = {"eps": 1e-5, "momentum": 0.1, "batch_statistics": False}
    return builder.add("relu", {"x": builder.add("batch_norm", {"x": x, **roles}, attrs, shape, "b")}, {}, shape, "r")


def one_layer() -> Graph:
    """3x8x8 -> 3x3 convolution to 4 filters, BN, ReLU: x has 192 elements, the map 256, the weights 108."""
    builder = GraphBuilder()
    x = builder.add("input", (), {}, (2, 3, 8, 8), "input")
    return builder.build(norm_and_relu(builder, convolution(builder, x, 4)))


def block() -> Graph:
    """relu(x + F(x)) of maps with 4x8x8 = 256 elements behind a first layer as above; weights of F: 144."""
    builder = GraphBuilder()
    x = norm_and_relu(builder, convolution(builder, builder.add("input", (), {}, (2, 3, 8, 8), "input"), 4))
    shape = builder.nodes[x].shape
    f_x = builder.nodes[norm_and_relu(builder, convolution(builder, x, 4))].inputs[0]  # BN without the ReLU behind it
    added = builder.add("add", {"a": f_x, "b": x}, {"alpha": 1.0}, shape, "add")
    return builder.build(builder.add("relu", {"x": added}, {}, shape, "r"))


def test_a_folded_layer_reads_image_and_weights_and_writes_its_map() -> None:
    [kernel] = kernels(one_layer(), "eval", batch=2)
    assert kernel == Kernel("c", flops=2 * 2 * 64 * 108, maps=2 * (192 + 256), weights=108)
    assert floor(one_layer(), "eval", 2, 4, CEILING) == Floor(27648, 4 * (896 + 108), max(27648, 4016) / 1e9)
    narrow = Ceiling(flops=1e12, bandwidth=1e9)
    assert floor(one_layer(), "eval", 2, 2, narrow).seconds == pytest.approx(2 * (896 + 108) / 1e9)


def test_training_with_a_bn_of_its_own() -> None:
    convolve, normalise, normalise_back, convolve_back = kernels(one_layer(), "separate", batch=1)
    assert (convolve.maps, convolve.weights) == (192 + 256, 108)
    assert normalise.maps == 2 * 256 + 256
    assert normalise_back.maps == 2 * (256 + 256) + 256
    # The first convolution: image and gradient are read, the gradient of the weights is written.
    assert (convolve_back.maps, convolve_back.weights, convolve_back.flops) == (192 + 256, 108, convolve.flops)


def test_training_with_bn_in_its_neighbours() -> None:
    forward, back = kernels(one_layer(), "fused", batch=1)
    assert forward.maps == 192 + 256
    assert back.maps == 192 + 256 + 256  # BN's input once more


def test_an_addition_reads_its_shortcut_while_the_convolution_writes() -> None:
    _, second = kernels(block(), "eval", batch=1)
    assert (second.maps, second.weights) == (256 + 256 + 256, 144)


def test_the_gradients_of_two_readers_are_added() -> None:
    found = list(kernels(block(), "separate", batch=1))
    assert found[-1].maps == 256
    assert "added" in found[-1].name
    second = next(k for k in found if k.name == "c: backward" and k.weights == 2 * 144)
    assert second.flops == 2 * 2 * 64 * 144
    assert second.maps == 256 + 256 + 256  # x, the gradient, and the gradient of x


def test_operations_are_those_of_the_spec() -> None:
    spec = load_spec()
    for name in ("imagenet/resnet50", "cifar10/resnet20", "imagenet/resnet18-A"):
        architecture = spec.architectures[name]
        graph = draw(architecture)
        wanted = 2 * architecture.derived[architecture.option].multiply_adds
        assert floor(graph, "eval", 8, 4, CEILING).flops == 8 * wanted
        first = architecture.stem.kernel**2 * 3 * architecture.stem.filters * architecture.stem.output**2
        assert floor(graph, "separate", 1, 4, CEILING).flops == 3 * wanted - 2 * first


@pytest.mark.parametrize("name", ["imagenet/resnet50-v1.5", "imagenet/resnet18-B", "cifar10/resnet56"])
def test_fusing_moves_less_and_training_more(name: str) -> None:
    graph = draw(load_spec().architectures[name])
    least, fused, separate = (floor(graph, mode, 8, 4, CEILING).bytes for mode in ("eval", "fused", "separate"))
    assert 2 * least < fused < separate


def test_a_shortcut_of_option_a_reads_what_it_keeps() -> None:
    graph = draw(load_spec().architectures["cifar10/resnet20"])
    reading = [k for k in kernels(graph, "eval", batch=1) if k.name == "16x16_1.conv2"]
    assert [k.maps for k in reading] == [32 * 256 + 16 * 256 + 32 * 256]  # map, every other pixel of 16 channels, map


def test_an_update_moves_five_numbers_a_weight() -> None:
    assert update_floor(1000, CEILING) == Floor(0, 20_000, 20_000 / 1e9)


def test_another_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="mode must be"):
        floor(one_layer(), "train", 1, 4, CEILING)  # type: ignore[arg-type]
