"""The operations of a Graph that are activations, normalizations and pools: one set of each for all who ask."""

from __future__ import annotations

ACTIVATIONS = {
    "relu",
    "leaky_relu",
    "relu6",
    "gelu",
    "silu",
    "elu",
    "sigmoid",
    "tanh",
    "mish",
    "hardswish",
    "hardsigmoid",
    "rrelu",
    "aten._prelu_kernel",
    "aten.celu",
    "aten.hardtanh",
    "aten.log_sigmoid_forward",
    "aten.softplus",
    "aten.softshrink",
    "aten.threshold",
}
NORMS = {"batch_norm", "aten.native_group_norm", "aten.native_layer_norm"}
NORMS_AND_ACTIVATIONS = NORMS | ACTIVATIONS | {"dropout", "scale"}
POOLS = {"max_pool", "avg_pool"}
GLOBAL_POOLS = {"global_avg_pool", "global_max_pool"}
