"""The table from aten operations to canonical ones, whose names, roles and attributes graph.py lists.

An entry takes a Call and returns the node of the operation's (first) result. An operation without an
entry keeps its own name, its tensors as operands x0, x1, ... and its plain arguments as attributes
(`calls.generic`).
"""

from __future__ import annotations

from collections.abc import Mapping

from . import layers, products, samples, tensors
from .calls import Lowering, generic

LOWERINGS: Mapping[str, Lowering] = {
    **dict.fromkeys(("convolution", "_convolution", "convolution_overrideable"), layers.convolution),
    **dict.fromkeys(
        (
            *("native_batch_norm", "cudnn_batch_norm", "miopen_batch_norm", "_native_batch_norm_legit"),
            *("_native_batch_norm_legit_functional", "_native_batch_norm_legit_no_training"),
            *("_batch_norm_with_update", "_batch_norm_with_update_functional", "_batch_norm_no_update"),
        ),
        layers.batch_norm,
    ),
    "relu": layers.relu,
    **dict.fromkeys(("clamp", "clamp_min", "clip", "hardtanh"), layers.clamp),
    "relu6": layers.activation("relu6"),
    "threshold": layers.threshold,
    "leaky_relu": layers.leaky_relu,
    "gelu": layers.activation("gelu", "approximate"),
    **{name: layers.activation(name) for name in ("silu", "mish", "hardswish", "hardsigmoid", "sigmoid", "tanh")},
    "elu": layers.activation("elu", "alpha", "scale", "input_scale"),
    **dict.fromkeys(("rrelu_with_noise", "rrelu_with_noise_functional"), layers.activation("rrelu", "lower", "upper")),
    **{name: tensors.binary(name) for name in ("add", "sub", "mul", "div")},
    "maximum": tensors.extremum("maximum"),
    "minimum": tensors.extremum("minimum"),
    "neg": lambda c: c.emit("scale", {"x": c.x()}, {"factor": -1.0}),
    "addmm": layers.linear("mat1", "mat2", "self"),
    **dict.fromkeys(("mm", "bmm"), layers.linear("self", "mat2")),
    "baddbmm": layers.linear("batch1", "batch2", "self"),
    "matmul": layers.linear("self", "other"),
    "linear": layers.linear("input", "weight", "bias"),
    "col2im": products.fold,
    "mean": layers.reduce("aten.mean"),
    "sum": layers.reduce("aten.sum"),
    "amax": layers.reduce("aten.amax"),
    "max": lambda c: (
        layers.reduce("aten.amax")(c)
        if "dim" in c.args
        else tensors.extremum("maximum")(c)
        if "other" in c.args
        else generic(c)
    ),
    **dict.fromkeys(
        ("_adaptive_avg_pool2d", "adaptive_avg_pool2d"),
        layers.adaptive("global_avg_pool", "adaptive_avg_pool", "avg_pool"),
    ),
    "adaptive_max_pool2d": layers.adaptive("global_max_pool", "adaptive_max_pool", "max_pool"),
    **dict.fromkeys(("max_pool2d_with_indices", "max_pool2d"), layers.pool("max_pool")),
    "avg_pool2d": layers.pool("avg_pool"),
    **dict.fromkeys(("upsample_nearest2d", "_upsample_nearest_exact2d"), layers.nearest),
    "cat": tensors.concat,
    "stack": tensors.stack,
    "constant_pad_nd": tensors.pad,
    "native_dropout": layers.dropout,
    "dropout": layers.dropout,
    **dict.fromkeys(("_softmax", "softmax"), layers.softmax("softmax")),
    **dict.fromkeys(("_log_softmax", "log_softmax"), layers.softmax("log_softmax")),
    **dict.fromkeys(("clone", "contiguous", "lift_fresh_copy", "detach_copy", "alias_copy"), tensors.identity),
    "_to_copy": tensors.cast,
    "copy": tensors.copy,
    **dict.fromkeys(("zeros", "zeros_like", "new_zeros", "zero"), tensors.constant(0.0)),
    **dict.fromkeys(("ones", "ones_like", "new_ones"), tensors.constant(1.0)),
    **dict.fromkeys(("full", "full_like", "new_full", "fill", "scalar_tensor"), tensors.full),
    **dict.fromkeys(
        ("empty", "empty_like", "new_empty", "empty_strided", "new_empty_strided", "empty_permuted"),
        tensors.constant(),
    ),
    **dict.fromkeys(("rand", "rand_like"), tensors.constant(uniform=0.0)),
    **dict.fromkeys(
        ("randn", "randn_like", "normal", "randint", "randint_like", "exponential"),
        tensors.constant(),
    ),
    "arange": tensors.arange,
    "pixel_unshuffle": samples.pixel_unshuffle,
    "index_select": samples.index_select,
    "index": samples.index,
    "index_add": samples.index_add,
    "uniform": tensors.uniform,
    "bernoulli": tensors.bernoulli,
    **dict.fromkeys(("slice_scatter", "select_scatter"), tensors.scatter),
}
