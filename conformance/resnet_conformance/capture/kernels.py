"""Shapes of the operations that a ResNet calls hundreds of times, without torch's own meta kernels.

Those are written in Python for every case there is; they cost most of a capture, and the first call
imports the compiler. A kernel here returns None for any case that it does not cover, and torch's own
runs, with its own error messages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

Kernel = Callable[..., Any]


def _like(x: torch.Tensor, shape: tuple[int, ...] | torch.Size) -> torch.Tensor:
    return torch.empty(shape, dtype=x.dtype, device="meta")


def _plain(*tensors: Any) -> bool:
    return all(type(t) in (torch.Tensor, torch.nn.Parameter) and t.is_meta and t.is_contiguous() for t in tensors)


def _convolution(
    x: Any,
    w: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    transposed: Any,
    outpad: Any,
    groups: Any,
) -> Any:
    if transposed or not _plain(x, w) or x.dim() != 4 or w.dim() != 4 or x.dtype != w.dtype:
        return None
    (n, c, *size), (out, part, *kernel) = x.shape, w.shape
    if c != part * groups or out % groups or (bias is not None and bias.shape != (out,)):
        return None
    if len(stride) != 2 or len(padding) != 2 or len(dilation) != 2:
        return None
    for i in range(2):
        size[i] = (size[i] + 2 * padding[i] - dilation[i] * (kernel[i] - 1) - 1) // stride[i] + 1
    return _like(x, (n, out, *size)) if min(size) > 0 else None


def _batch_norm(x: Any, w: Any, b: Any, mean: Any, var: Any, training: bool, momentum: float, eps: float) -> Any:
    if not _plain(x) or x.dim() < 2 or any(t is not None and t.shape != x.shape[1:2] for t in (w, b, mean, var)):
        return None
    if not training and mean is None:
        return None
    save = x.shape[1:2] if training else (0,)
    return _like(x, x.shape), _like(x, save), _like(x, save)


def _fits(x: Any, y: Any) -> bool:
    """Do two operands need neither broadcasting nor another dtype?"""
    if isinstance(y, torch.Tensor):
        return _plain(x, y) and x.shape == y.shape and x.dtype == y.dtype
    kinds: tuple[type, ...] = (int, float) if x.dtype.is_floating_point else (int,)
    return _plain(x) and (y is None or type(y) in kinds)


def _unary(x: Any, y: Any = None, **options: Any) -> Any:
    return _like(x, x.shape) if _fits(x, y) else None


def _written(x: Any, y: Any = None, **options: Any) -> Any:
    return x if _fits(x, y) else None


def _empty_like(x: Any, *, memory_format: Any = None, **options: Any) -> Any:
    if not _plain(x) or any(value is not None for key, value in options.items() if key != "pin_memory"):
        return None
    return _like(x, x.shape) if memory_format in (None, torch.preserve_format, torch.contiguous_format) else None


def _mean(x: Any, dim: Any, keepdim: bool = False, *, dtype: Any = None) -> Any:
    if not _plain(x) or dtype is not None or not dim or not x.dtype.is_floating_point or not x.dim():
        return None
    axes = {d % x.dim() for d in dim}
    return _like(x, tuple(1 if i in axes else n for i, n in enumerate(x.shape) if keepdim or i not in axes))


def _max_pool(
    x: Any, kernel: Any, stride: Any = (), padding: Any = (0, 0), dilation: Any = (1, 1), ceil: bool = False
) -> Any:
    stride, padding, dilation = stride or kernel, padding or (0, 0), dilation or (1, 1)
    if not _plain(x) or x.dim() != 4 or any(len(v) != 2 for v in (kernel, stride, padding, dilation)):
        return None
    size = []
    for n, k, s, p, d in zip(x.shape[2:], kernel, stride, padding, dilation, strict=True):
        out = (n + 2 * p - d * (k - 1) - 1 + (s - 1 if ceil else 0)) // s + 1
        if ceil and (out - 1) * s >= n + p:
            out -= 1
        if out <= 0 or 2 * p > k:
            return None
        size.append(out)
    shape = (*x.shape[:2], *size)
    return _like(x, shape), torch.empty(shape, dtype=torch.int64, device="meta")


def _mm(x: Any, y: Any) -> Any:
    fits = x.dim() == y.dim() == 2 and x.shape[1] == y.shape[0] and x.dtype == y.dtype and x.is_meta and y.is_meta
    return _like(x, (x.shape[0], y.shape[1])) if fits else None


def _addmm(bias: Any, x: Any, y: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    return _mm(x, y) if bias.is_meta and bias.shape == y.shape[1:] and bias.dtype == x.dtype else None


def _in_order(*maps: Any) -> bool:
    """Are they maps whose strides are in the natural order, so that what is made of them is contiguous?

    Option A pads a map that was sampled by slices: it is not contiguous itself.
    """
    return all(
        type(t) is torch.Tensor
        and t.is_meta
        and t.dim() == 4
        and 1 not in t.shape
        and list(t.stride()) == sorted(t.stride(), reverse=True)
        for t in maps
    )


def _pad(x: Any, pad: Any, value: Any = 0) -> Any:
    if not (_in_order(x) and pad and min(pad) >= 0):
        return None
    shape = list(x.shape)
    for i in range(len(pad) // 2):
        shape[-1 - i] += pad[2 * i] + pad[2 * i + 1]
    return _like(x, tuple(shape))


def _cat(maps: Any, dim: int = 0) -> Any:
    if not maps or not _in_order(*maps) or not -4 <= dim < 4:
        return None
    first, axis = maps[0], dim % 4
    rest = {(t.dtype, *t.shape[:axis], *t.shape[axis + 1 :]) for t in maps}
    shape = (*first.shape[:axis], sum(t.shape[axis] for t in maps), *first.shape[axis + 1 :])
    return _like(first, shape) if len(rest) == 1 else None


def kernels() -> Mapping[Any, Kernel]:
    """Overload to kernel."""
    aten = torch.ops.aten
    return {
        aten.convolution.default: _convolution,
        aten.native_batch_norm.default: _batch_norm,
        aten.mean.dim: _mean,
        aten.max_pool2d_with_indices.default: _max_pool,
        aten.mm.default: _mm,
        aten.addmm.default: _addmm,
        aten.constant_pad_nd.default: _pad,
        aten.cat.default: _cat,
        aten.empty_like.default: _empty_like,
        **dict.fromkeys((aten.relu.default, aten.add.Tensor, aten.sub.Tensor, aten.mul.Tensor), _unary),
        **dict.fromkeys((aten.relu_.default, aten.bernoulli_.float, aten.div_.Scalar), _written),
        **dict.fromkeys((aten.add_.Tensor, aten.mul_.Tensor), _written),
    }
