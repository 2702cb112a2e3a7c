"""ONNX networks written node by node, as converters from Keras and Caffe write them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

TO_FIRST, TO_LAST = (0, 3, 1, 2), (0, 2, 3, 1)
Extents = Sequence[int | str]


class Hand:
    """A graph that grows: each method adds an operator and returns the name of its result."""

    def __init__(self, seed: int = 0, last: bool = False) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self.random = np.random.default_rng(seed)
        self.last = last  # maps lie as (N, H, W, C), with Transposes around what wants (N, C, H, W)

    def weight(self, *shape: int, around: float = 0.0, scale: float | None = None, name: str = "") -> str:
        """Random numbers as an initializer."""
        fan = max(1, int(np.prod(shape[1:])))
        values = around + self.random.standard_normal(shape) * (fan**-0.5 if scale is None else scale)
        return self.values(values.astype(np.float32), name)

    def values(self, array: np.ndarray[Any, Any], name: str = "") -> str:
        name = name or f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(array, name))
        return name

    def integers(self, *numbers: int) -> str:
        return self.values(np.array(numbers, dtype=np.int64))

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [f"{name}:0"], name=name, **attributes))
        return f"{name}:0"

    def on_map(self, kind: str, x: str, *inputs: str, **attributes: Any) -> str:
        """An operator that wants (N, C, H, W)."""
        if not self.last:
            return self.add(kind, x, *inputs, **attributes)
        first = self.add("Transpose", x, perm=TO_FIRST)
        return self.add("Transpose", self.add(kind, first, *inputs, **attributes), perm=TO_LAST)

    def conv(
        self, x: str, c_in: int, c_out: int, k: int, stride: int = 1, bias: bool = False, **attributes: Any
    ) -> str:
        inputs = [self.weight(c_out, c_in, k, k)] + ([self.weight(c_out, scale=0.1)] if bias else [])
        if not attributes:
            attributes = {"pads": [k // 2] * 4}
        return self.on_map("Conv", x, *inputs, kernel_shape=[k, k], strides=[stride, stride], **attributes)

    def bn(self, x: str, c: int) -> str:
        made = self.weight(c, around=1, scale=0.1), self.weight(c, scale=0.1), self.weight(c, scale=0.1)
        return self.on_map("BatchNormalization", x, *made, self.positive(c), epsilon=1e-5)

    def positive(self, c: int) -> str:
        return self.values(self.random.uniform(0.5, 1.5, c).astype(np.float32))

    def caffe_bn(self, x: str, c: int) -> str:
        """BatchNorm without gamma and beta, and Scale with both."""
        one, zero = self.values(np.ones(c, np.float32)), self.values(np.zeros(c, np.float32))
        x = self.add("BatchNormalization", x, one, zero, self.weight(c, scale=0.1), self.positive(c), epsilon=1e-5)
        x = self.add("Mul", x, self.values((1 + 0.1 * self.random.standard_normal((c, 1, 1))).astype(np.float32)))
        return self.add("Add", x, self.values((0.1 * self.random.standard_normal((c, 1, 1))).astype(np.float32)))

    def model(self, output: str, shape: Extents, opset: int = 17) -> ModelProto:
        """The network from the input "x" of that shape to the output."""
        given = helper.make_tensor_value_info("x", TensorProto.FLOAT, list(shape))
        result = helper.make_tensor_value_info(output, TensorProto.FLOAT, None)
        graph = helper.make_graph(self.nodes, "net", [given], [result], self.weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)

    def save(self, path: Path, output: str, shape: Extents, opset: int = 17) -> str:
        path.write_bytes(self.model(output, shape, opset).SerializeToString())
        return str(path)


def resnet20(
    hand: Hand, stride_in: int = 0, last_relu: bool = True, norm: bool = True, bias: bool = False, head: str = "mean"
) -> str:
    """He et al. 2015, section 4.2, option A. `stride_in`: which convolution of a block strides."""

    def layer(x: str, c_in: int, c_out: int, stride: int = 1, relu: bool = True) -> str:
        x = hand.conv(x, c_in, c_out, 3, stride, bias)
        x = hand.bn(x, c_out) if norm else x
        return hand.add("Relu", x) if relu else x

    x = layer("x", 3, 16)
    c_in = 16
    for c in (16, 32, 64):
        for place in range(3):
            strides = [1, 1]
            strides[stride_in] = 2 if place == 0 and c > 16 else 1
            f = layer(layer(x, c_in, c, strides[0]), c, c, strides[1], relu=False)
            x = hand.add("Add", f, widened(hand, x, c_in) if c_in != c else x)
            x = hand.add("Relu", x) if last_relu else x
            c_in = c
    return classify(hand, x, 64, 10, head)


def widened(hand: Hand, x: str, c: int) -> str:
    """Option A: every second position, and zeros behind the channels."""
    places, channels = ((1, 2), 3) if hand.last else ((2, 3), 1)
    axes, ends = hand.integers(*places), hand.integers(2**31 - 1, 2**31 - 1)
    x = hand.add("Slice", x, hand.integers(0, 0), ends, axes, hand.integers(2, 2))
    pads = [0] * 8
    pads[4 + channels] = c
    return hand.add("Pad", x, hand.integers(*pads))


def classify(hand: Hand, x: str, c: int, classes: int, head: str) -> str:
    """The head: "mean" (ReduceMean, MatMul, Add), "softmax" (the same and Softmax), "gemm" (a pool, Reshape, Gemm)."""
    if head == "gemm":
        x = hand.add("Reshape", hand.on_map("GlobalAveragePool", x), hand.integers(1, c))
        return hand.add("Gemm", x, hand.weight(c, classes), hand.weight(classes))
    x = hand.add("ReduceMean", x, axes=[1, 2] if hand.last else [2, 3], keepdims=0)
    x = hand.add("Add", hand.add("MatMul", x, hand.weight(c, classes)), hand.weight(classes))
    return hand.add("Softmax", x, axis=1) if head == "softmax" else x


def caffe_resnet50(hand: Hand) -> str:
    """KaimingHe/deep-residual-networks, ResNet-50-deploy: conv1 with a bias, pool1 that rounds up, a 7x7 pool5."""

    def layer(x: str, c_in: int, c_out: int, k: int, stride: int = 1, relu: bool = True, bias: bool = False) -> str:
        x = hand.caffe_bn(hand.conv(x, c_in, c_out, k, stride, bias), c_out)
        return hand.add("Relu", x) if relu else x

    x = layer("x", 3, 64, 7, 2, bias=True)
    x = hand.add("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
    c_in = 64
    for stage, (blocks, c) in enumerate(((3, 64), (4, 128), (6, 256), (3, 512))):
        for place in range(blocks):
            stride = 2 if place == 0 and stage > 0 else 1
            f = layer(layer(x, c_in, c, 1, stride), c, c, 3)
            f = layer(f, c, 4 * c, 1, relu=False)
            shortcut = x if place else layer(x, c_in, 4 * c, 1, stride, relu=False)
            x, c_in = hand.add("Relu", hand.add("Sum", f, shortcut)), 4 * c
    x = hand.add("AveragePool", x, kernel_shape=[7, 7], strides=[1, 1])
    return hand.add("Gemm", hand.add("Flatten", x), hand.weight(1000, 2048), hand.weight(1000), transB=1)
