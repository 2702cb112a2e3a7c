"""ONNX's layers: convolution, batch normalization, pooling, fully connected, dropout, softmax.

Each function takes a Call and follows https://onnx.ai/onnx/operators/ through the opsets.
"""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F  # noqa: N812 - torch's own name for it

from .onnx_call import FARTHEST, Call
from .onnx_layout import Value

Sides = tuple[int, int, int, int]  # top, left, bottom, right


def _map(c: Call) -> torch.Tensor:
    x = c.tensor(0)
    if x.dim() != 4:
        raise ValueError(f"it takes a map (N, C, H, W), and its input has the shape {tuple(x.shape)}")
    return x


def _sides(c: Call, x: torch.Tensor, kernel: tuple[int, int]) -> Sides:
    """How far the map is padded: as the file says, or so that the result has the size ceil(size / stride)."""
    stride, dilation, auto = c.pair("strides"), c.pair("dilations"), c.attribute("auto_pad", "NOTSET")
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        begin, end = [], []
        for size, k, s, d in zip(x.shape[2:], kernel, stride, dilation, strict=True):
            total = max(0, (math.ceil(size / s) - 1) * s + d * (k - 1) + 1 - size)
            less, more = total // 2, total - total // 2
            begin.append(less if auto == "SAME_UPPER" else more)
            end.append(more if auto == "SAME_UPPER" else less)
        return begin[0], begin[1], end[0], end[1]
    pads = c.integers("pads") if auto == "NOTSET" else None
    pads = (0, 0, 0, 0) if pads is None else pads
    if len(pads) != 4 or any(not 0 <= n <= FARTHEST for n in pads):
        raise ValueError(f"its pads are {pads}")
    return pads[0], pads[1], pads[2], pads[3]


def _symmetric(sides: Sides) -> bool:
    return sides[:2] == sides[2:]


def _pad(c: Call, x: torch.Tensor, sides: Sides, value: float = 0.0) -> torch.Tensor:
    top, left, bottom, right = sides
    c.within((*x.shape[:2], x.shape[2] + top + bottom, x.shape[3] + left + right))
    return F.pad(x, (left, right, top, bottom), value=value)


def convolution(c: Call) -> Value:
    x, weight = _map(c), c.tensor(1)
    if weight.dim() != 4:
        raise ValueError(f"its weight has the shape {tuple(weight.shape)}, and convolutions over maps are judged")
    sides = _sides(c, x, (weight.shape[2], weight.shape[3]))
    padding = sides[:2]
    if not _symmetric(sides):
        x, padding = _pad(c, x, sides), (0, 0)
    c.within((x.shape[0], weight.shape[0], *(n + 2 * p for n, p in zip(x.shape[2:], padding, strict=True))))
    y = F.conv2d(x, weight, c.optional(2), c.pair("strides"), padding, c.pair("dilations"), c.integer("group", 1))
    return Value.of(y)


def batch_norm(c: Call) -> Value:
    """In training with the batch's statistics, whatever the mode that the file was exported in."""
    x, (gamma, beta, mean, var) = c.value(0), (c.tensor(place) for place in range(1, 5))
    always = c.integer("training_mode") == 2  # see onnx_network.ALWAYS
    momentum, eps = round(1 - c.fraction("momentum", 0.9), 9), c.fraction("epsilon", 1e-5)
    y = F.batch_norm(x.plain, mean, var, gamma, beta, c.training or always, momentum, eps)
    return Value.of(y)


def max_pool(c: Call) -> Value:
    x, kernel, stride = _map(c), c.pair("kernel_shape", None), c.pair("strides")
    sides, ceil = _sides(c, x, kernel), bool(c.integer("ceil_mode"))
    padding = sides[:2]
    if not _symmetric(sides):
        padding = (0, 0)
        # one window more at the end, clipped: what Caffe and TensorFlow do is what torch calls ceil mode
        if sides[:2] == (0, 0) and sides[2:] == (stride[0] - 1, stride[1] - 1) and not ceil:
            ceil = True
        else:
            x = _pad(c, x, sides, -math.inf)
    return Value.of(F.max_pool2d(x, kernel, stride, padding, c.pair("dilations"), ceil))


def avg_pool(c: Call) -> Value:
    x, kernel = _map(c), c.pair("kernel_shape", None)
    if c.whole:
        return Value.of(F.adaptive_avg_pool2d(x, 1))
    sides, counted = _sides(c, x, kernel), bool(c.integer("count_include_pad"))
    padding = sides[:2]
    if not _symmetric(sides):
        if not counted:
            raise ValueError("an average pooling whose two sides are padded differently is not known here")
        x, padding = _pad(c, x, sides), (0, 0)
    if c.pair("dilations") != (1, 1):
        raise ValueError("a dilated average pooling is not known here")
    return Value.of(F.avg_pool2d(x, kernel, c.pair("strides"), padding, bool(c.integer("ceil_mode")), counted))


def global_avg_pool(c: Call) -> Value:
    return Value.of(F.adaptive_avg_pool2d(_map(c), 1))


def global_max_pool(c: Call) -> Value:
    return Value.of(F.adaptive_max_pool2d(_map(c), 1))


def gemm(c: Call) -> Value:
    """alpha A' B' + beta C; a fully connected layer where the factors are 1."""
    a, b, bias = c.tensor(0), c.tensor(1), c.optional(2)
    if a.dim() != 2 or b.dim() != 2:
        raise ValueError(f"it multiplies matrices, not {tuple(a.shape)} and {tuple(b.shape)}")
    alpha, beta = c.fraction("alpha", 1.0), c.fraction("beta", 1.0)
    a = a.t() if c.integer("transA") else a
    if alpha == beta == 1 and (bias is None or bias.dim() == 1):
        return Value.of(F.linear(a, b if c.integer("transB") else b.t(), bias))
    y = alpha * (a @ (b.t() if c.integer("transB") else b))
    return Value.of(y if bias is None else y + beta * bias)


def matmul(c: Call) -> Value:
    a, b = c.tensor(0), c.tensor(1)
    c.within((*a.shape[:-1], *b.shape[-1:]))
    return Value.of(F.linear(a, b.t()) if b.dim() == 2 and a.dim() == 2 else a @ b)


def dropout(c: Call) -> Value:
    x, ratio = c.value(0), c.number(1)
    rate = c.fraction("ratio", 0.5) if ratio is None else ratio
    return x.like(F.dropout(x.tensor, rate, c.training))


def softmax(c: Call) -> Value:
    """Before opset 13 all axes from the given one on are one: equal where it is the last."""
    x, log = c.value(0), c.kind == "LogSoftmax"
    axis = c.integer("axis", -1 if c.opset >= 13 else 1)
    function = F.log_softmax if log else F.softmax
    if c.opset < 13 and axis % max(1, x.rank) != x.rank - 1:
        plain = x.plain
        return Value.of(function(plain.flatten(axis), -1).reshape(plain.shape))
    return x.like(function(x.tensor, x.axis(axis)))


def instance_norm(c: Call) -> Value:
    return Value.of(F.instance_norm(c.tensor(0), None, None, c.tensor(1), c.tensor(2), eps=c.fraction("epsilon", 1e-5)))


def group_norm(c: Call) -> Value:
    """With the map that a file reshapes its groups back to, at the size of the input that it declares."""
    x = c.tensor(0)
    back, at = c.integers("back"), c.integers("at")
    if back is not None and at == tuple(c.x.shape[2:]) and tuple(x.shape[2:]) != back:
        raise ValueError(f"its groups, of a map {tuple(x.shape[2:])}, become another map, {back}")
    y = F.group_norm(x, c.integer("num_groups"), c.optional(1), c.optional(2), c.fraction("epsilon", 1e-5))
    return Value.of(y)


def layer_norm(c: Call) -> Value:
    x = c.tensor(0)
    shape = tuple(x.shape[c.integer("axis", -1) :])
    return Value.of(F.layer_norm(x, shape, c.tensor(1), c.optional(2), c.fraction("epsilon", 1e-5)))
