"""The table of ONNX operators that a network is run with; others are refused when a file is read."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch.nn import functional as F  # noqa: N812 - torch's own name for it

from . import onnx_arithmetic as arithmetic
from . import onnx_layers as layers
from . import onnx_movements as movements
from .onnx_call import Operator

OPERATORS: Mapping[str, Operator] = {
    "Conv": layers.convolution,
    "BatchNormalization": layers.batch_norm,
    "InstanceNormalization": layers.instance_norm,
    "GroupNormalization": layers.group_norm,
    "LayerNormalization": layers.layer_norm,
    "MaxPool": layers.max_pool,
    "AveragePool": layers.avg_pool,
    "GlobalAveragePool": layers.global_avg_pool,
    "GlobalMaxPool": layers.global_max_pool,
    "Gemm": layers.gemm,
    "MatMul": layers.matmul,
    "Dropout": layers.dropout,
    "Softmax": layers.softmax,
    "LogSoftmax": layers.softmax,
    "Relu": arithmetic.unary(torch.relu),
    "LeakyRelu": arithmetic.shaped(F.leaky_relu, negative_slope=("alpha", 0.01)),
    "PRelu": arithmetic.prelu,
    "Elu": arithmetic.shaped(F.elu, alpha=("alpha", 1.0)),
    "Selu": arithmetic.unary(torch.selu),
    "Sigmoid": arithmetic.unary(torch.sigmoid),
    "HardSigmoid": arithmetic.hard_sigmoid,
    "HardSwish": arithmetic.unary(F.hardswish),
    "Mish": arithmetic.unary(F.mish),
    "Gelu": arithmetic.unary(F.gelu),
    "Softplus": arithmetic.unary(F.softplus),
    "Tanh": arithmetic.unary(torch.tanh),
    "Erf": arithmetic.unary(torch.erf),
    "Exp": arithmetic.unary(torch.exp),
    "Sqrt": arithmetic.unary(torch.sqrt),
    "Reciprocal": arithmetic.unary(torch.reciprocal),
    "Neg": arithmetic.unary(torch.neg),
    "Abs": arithmetic.unary(torch.abs),
    "Clip": arithmetic.clip,
    "Add": arithmetic.binary(lambda a, b: a + b),
    "Sub": arithmetic.binary(lambda a, b: a - b),
    "Mul": arithmetic.binary(lambda a, b: a * b),
    "Div": arithmetic.binary(lambda a, b: a / b),
    "Pow": arithmetic.binary(lambda a, b: a**b),
    "Greater": arithmetic.binary(lambda a, b: a > b),
    "Less": arithmetic.binary(lambda a, b: a < b),
    "Sum": arithmetic.variadic(torch.add),
    "Max": arithmetic.variadic(torch.maximum),
    "Min": arithmetic.variadic(torch.minimum),
    "Mean": arithmetic.mean,
    "Where": arithmetic.where,
    "ReduceMean": arithmetic.reduce(torch.mean),
    "ReduceSum": arithmetic.reduce(torch.sum),
    "ReduceMax": arithmetic.reduce(torch.amax),
    "Identity": movements.identity,
    "Cast": movements.cast,
    "CastLike": movements.cast_like,
    "Shape": movements.shape,
    "Size": movements.size,
    "Reshape": movements.reshape,
    "Flatten": movements.flatten,
    "Squeeze": movements.squeeze,
    "Unsqueeze": movements.unsqueeze,
    "Transpose": movements.transpose,
    "Concat": movements.concat,
    "Split": movements.split,
    "Slice": movements.cut,
    "Pad": movements.pad,
    "Expand": movements.expand,
    "Gather": movements.gather,
}
# of known numbers alone: what they compute, `onnx_known` computes
KNOWN_ONLY = frozenset(
    {"Constant", "ConstantOfShape", "Range", "Floor", "Ceil", "Equal", "Not", "And", "Or", "Mod", "ReduceProd"}
)
KNOWN = frozenset(OPERATORS) | KNOWN_ONLY
