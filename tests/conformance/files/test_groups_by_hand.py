"""Group norm in .onnx as hands and converters write it, and what looks like it and is none; norms of constants."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from onnx import ModelProto

from resnet_conformance.capture import load_target
from resnet_conformance.capture.onnx_file import Operation, read_onnx
from resnet_conformance.capture.onnx_folding import unfold
from resnet_conformance.capture.onnx_known import compute

from .byhand import Hand

ONES, ZEROS = np.ones(4, np.float32), np.zeros(4, np.float32)
SHAPE = (2, 3, 8, 8)


def grouped(shape: tuple[int, ...], back: tuple[int, ...] | None, affine: str, opset: int = 17) -> ModelProto:
    """A convolution with a bias, four groups, and ReLU. `back`: in numbers; None: as the map was."""
    hand = Hand()
    x = hand.conv("x", 3, 16, 3, bias=True)
    if opset < 5:  # the shape is an attribute there
        i = hand.add(
            "InstanceNormalization", hand.add("Reshape", x, shape=list(shape)), *map(hand.values, (ONES, ZEROS))
        )
        y = hand.add("Reshape", i, shape=list(back or ()))
    else:
        parts = hand.add("Reshape", x, hand.integers(*shape))
        i = hand.add("InstanceNormalization", parts, hand.values(ONES), hand.values(ZEROS))
        y = hand.add("Reshape", i, hand.integers(*back) if back else hand.add("Shape", x))
    for kind, around in (("Mul", 1.0), ("Add", 0.0)):
        if affine in ("both", kind):
            y = hand.add(kind, y, hand.weight(16, 1, 1, around=around, scale=0.1))
        elif affine == "one":
            y = hand.add(kind, y, hand.values(np.full((1, 1, 1), around, np.float32)))
        elif affine == "batched":
            y = hand.add(kind, y, hand.weight(1, 16, 1, 1, around=around, scale=0.1))
    return hand.model(hand.add("Relu", y), SHAPE, opset)


def kinds(model: ModelProto, path: Path) -> list[str]:
    path.write_bytes(model.SerializeToString())
    return [o.kind for o in unfold(read_onnx(path), str(path))[0].operations if o.kind != "Shape"]


@pytest.mark.parametrize("affine", ["both", "batched", "one", "none", "Mul"])
@pytest.mark.parametrize("back", [None, (0, 16, 8, 8), (2, 16, 8, 8)])
@pytest.mark.parametrize("shape", [(0, 4, -1), (2, 4, -1), (0, 4, 256)])
def test_groups_are_one_norm(shape: tuple[int, ...], back: Any, affine: str, tmp_path: Path) -> None:
    reference = pytest.importorskip("onnx.reference")
    model = grouped(shape, back, affine)
    left = ["Mul"] if affine == "Mul" else []
    assert kinds(model, tmp_path / "net.onnx") == ["Conv", "GroupNormalization", *left, "Relu"]
    x = torch.randn(SHAPE)
    network = load_target(str(tmp_path / "net.onnx")).instance
    assert network is not None
    expected = reference.ReferenceEvaluator(model).run(None, {"x": x.numpy()})[0]
    torch.testing.assert_close(network(x), torch.from_numpy(expected), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shape", [(3, 4, -1), (0, 5, -1)])
def test_what_mixes_samples_is_no_group_norm(shape: tuple[int, ...], tmp_path: Path) -> None:
    found = kinds(grouped(shape, None, "both"), tmp_path / "net.onnx")
    assert "InstanceNormalization" in found
    assert "BatchNormalization" not in found


def test_groups_that_become_another_map_are_refused_when_it_runs(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(grouped((0, 4, -1), (0, 16, 4, 16), "both").SerializeToString())
    network = load_target(str(tmp_path / "net.onnx")).instance
    assert network is not None
    with pytest.raises(Exception, match="become another map"):
        network(torch.randn(SHAPE))


def test_shapes_in_attributes_are_left_as_they_are(tmp_path: Path) -> None:
    found = kinds(grouped((0, 4, -1), (0, 16, 8, 8), "both", opset=4), tmp_path / "net.onnx")
    assert found[:4] == ["Conv", "Reshape", "InstanceNormalization", "Reshape"]


def test_a_norm_of_constants_wants_operands_that_fit() -> None:
    norm = Operation("BatchNormalization", tuple("xgbmv"), ("y",), {"training_mode": 1}, "norm")
    x = np.random.default_rng(0).standard_normal((1, 5, 7)).astype(np.float32)
    vectors = [np.full(5, n, np.float32) for n in (1, 0, 0, 1)]
    found = compute(norm, 17, [x, *vectors])
    assert found is not None
    np.testing.assert_allclose(found, (x - x.mean((0, 2), keepdims=True)) / x.std((0, 2), keepdims=True), atol=1e-4)
    with pytest.raises(ValueError, match="its operands have the shapes"):
        compute(norm, 17, [x.reshape(5, 1, 7), *vectors])  # would be broadcast to as many numbers as both together


@pytest.mark.parametrize(
    ("attributes", "axes", "expected"),
    [
        ({}, None, 2.5),
        ({"noop_with_empty_axes": 1}, None, [1, 2, 3, 4]),
        ({}, [], 2.5),
        ({"axes": (0,)}, None, 2.5),
    ],
)
def test_a_mean_of_constants(attributes: dict[str, Any], axes: Any, expected: Any) -> None:
    node = Operation("ReduceMean", ("x",), ("y",), {"keepdims": 0, **attributes}, "mean")
    numbers = np.array([1, 2, 3, 4], np.float32)
    given = [numbers] if axes is None else [numbers, np.array(axes, np.int64)]
    np.testing.assert_array_equal(compute(node, 18, given), np.float32(expected))
    whole = compute(node, 18, [n.astype(np.int64) for n in given])
    assert whole is not None
    assert whole.dtype == np.int64
