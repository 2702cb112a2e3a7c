"""A network made fast: for inference BN folded into the convolutions, channels last, bfloat16, compiled or captured.

    classify = fast(resnet50())          # a copy: the network itself stays as it is
    logits = classify(images)            # (N, 3, 224, 224) -> float32 (N, 1000)

The arithmetic is the network's own but for rounding. In float32 the largest difference of a logit from the same network
in float64 is at most 1e-5 of the largest logit. In bfloat16 it is what bfloat16 makes of the network, and folding adds
nothing to it: at most twice as far off as the network itself cast to bfloat16 (76 networks with random weights and
random BN: CIFAR ResNet-20, 56, plain-20, pre-activation 110, ResNet-18 and 50 at 64x64). It was, median and worst:

    ResNet-20   4e-3, 1.3e-2 of 40      ResNet-18, 64x64   6e-3, 0.9e-2 of 12
    ResNet-56   7e-3, 1.4e-2 of 12      ResNet-50, 64x64   8e-3, 1.1e-2 of 8
    plain-20    5e-3, 0.9e-2 of 40      pre-activation 110   2e-2, 5.4e-2 of 6

(eager, torch 2.15.0, AMD EPYC with avx512_bf16, 2026-11-22). Where BN divides by statistics that are much smaller than
the activations, any bfloat16 is coarser: ResNet-50 with random weights and the statistics of random images is off by
about 0.10, and without folding under autocast by about 0.13. `error` tells for any network and images.

Folding is Jacob et al. 2018 (arXiv:1712.05877), section 3.2: in eval mode BN multiplies and adds constants,
so that gamma (W x - mean) / sqrt(var + eps) + beta is one convolution with other weights and a bias.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor, fx, nn

from resnet_impl.choices import require_choice
from resnet_impl.processor import multiplies_bf16

Precision = Literal["bf16", "fp32"]
How = Literal["compiled", "graph", "eager"]
Network = Callable[[Tensor], Tensor]

DTYPES = {"bf16": torch.bfloat16, "fp32": torch.float32}
REHEARSALS = 3  # passes before a graph is captured: the libraries choose their kernels in them


def fast(
    model: nn.Module, precision: Precision | None = None, how: How = "compiled", example: Tensor | None = None
) -> Network:
    """The model in eval mode as a function of images (N, C, H, W) that gives float32 logits, without gradients.

    It works on a copy: what happens to `model` afterwards does not reach it. `how` is

    * "compiled": by torch.compile with weights as constants, on a GPU with CUDA graphs. Each new shape of the images
      is compiled in its first call, which takes seconds. A CPU needs a C++ compiler for it.
    * "graph": a CUDA graph captured by hand, of the shape of `example`, images on the GPU. No compiler is needed.
    * "eager": neither.

    `precision` None is "bf16" where the model's device multiplies it (avx512_bf16, amx_bf16, ARM's bf16; any GPU since
    Ampere), elsewhere "fp32", as bfloat16 without instructions for it is slower than float32.
    Raises ValueError for another word, for a graph without an example on a GPU, and, from a graph, for images of
    another shape; torch.fx.proxy.TraceError where `model` has data-dependent control flow.
    """
    precision = _faster(model) if precision is None else precision
    require_choice("precision", precision, "bf16", "fp32")
    require_choice("how", how, "compiled", "graph", "eager")
    dtype = DTYPES[precision]
    net: Network = fold(model).to(dtype=dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def prepared(images: Tensor) -> Tensor:
        return images.to(dtype=dtype, memory_format=torch.channels_last)

    if how == "graph":
        if example is None or example.device.type != "cuda":
            raise ValueError('how="graph" needs `example`: images of the shape to come, on a GPU')
        net = _captured(net, prepared(example))
    elif how == "compiled":
        on_gpu = any(p.device.type == "cuda" for p in model.parameters())
        options: dict[str, Any] = {"triton.cudagraphs": True} if on_gpu else {"freezing": True}
        net = torch.compile(net, dynamic=False, options=options)

    def classify(images: Tensor) -> Tensor:
        with torch.no_grad():
            logits = net(prepared(images))
            # The memory of a graph's result is written again by its next run.
            return logits.to(torch.float32, copy=True)

    return classify


def fast_training(model: nn.Module, precision: Precision | None = None, how: How = "compiled") -> Network:
    """The model itself, its parameters in channels_last (strides change, values do not), to be trained through this.

    "bf16" is autocast: parameters and their gradients stay float32; None chooses as `fast` does. `how` is "compiled"
    (with CUDA graphs on a GPU) or "eager", which the benchmarks use on a CPU. Images (N, C, H, W) -> logits
    (N, classes). Raises ValueError for other words.
    """
    precision = _faster(model) if precision is None else precision
    require_choice("precision", precision, "bf16", "fp32")
    require_choice("how", how, "compiled", "eager")
    device = next(model.parameters()).device.type
    net: Network = model.to(memory_format=torch.channels_last)
    if how == "compiled":
        net = torch.compile(net, dynamic=False, options={"triton.cudagraphs": True} if device == "cuda" else None)

    def run(images: Tensor) -> Tensor:
        with torch.autocast(device, torch.bfloat16, enabled=precision == "bf16"):
            return net(images.to(memory_format=torch.channels_last))

    return run


def _faster(model: nn.Module) -> Precision:
    """That which the device of the model's parameters computes faster."""
    device = next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
    return "bf16" if multiplies_bf16(device) else "fp32"


def fold(model: nn.Module) -> nn.Module:
    """A copy of the model in eval mode in which each BN behind a convolution is part of it; computed in float64.

    A BN that follows anything else, or whose convolution has other readers, stays. Raises
    torch.fx.proxy.TraceError where the model has data-dependent control flow.
    """
    traced = fx.symbolic_trace(copy.deepcopy(model).eval())
    modules = dict(traced.named_modules())
    calls = [node.target for node in traced.graph.nodes if node.op == "call_module"]
    for norm in list(traced.graph.nodes):
        if norm.op != "call_module" or type(bn := modules[norm.target]) is not nn.BatchNorm2d:
            continue
        before = norm.args[0]
        if before.op != "call_module" or type(conv := modules[before.target]) is not nn.Conv2d:
            continue
        once = calls.count(before.target) == calls.count(norm.target) == len(before.users) == 1
        if once and bn.running_mean is not None:
            _fold_into(conv, bn)
            norm.replace_all_uses_with(before)
            traced.graph.erase_node(norm)
    traced.delete_all_unused_submodules()
    traced.recompile()
    return traced


def _fold_into(conv: nn.Conv2d, bn: nn.BatchNorm2d) -> None:
    """gamma (W x + b - mean) / sqrt(var + eps) + beta as one convolution."""
    if bn.running_mean is None or bn.running_var is None:
        raise ValueError("a BN without running statistics cannot be folded")
    dtype, channels = conv.weight.dtype, conv.out_channels
    gamma = torch.ones(channels).to(conv.weight) if bn.weight is None else bn.weight
    scale = gamma.double() / (bn.running_var.double() + bn.eps).sqrt()
    bias = -bn.running_mean.double() if conv.bias is None else conv.bias.double() - bn.running_mean.double()
    shift = 0 if bn.bias is None else bn.bias.double()
    conv.weight = nn.Parameter((conv.weight.double() * scale[:, None, None, None]).to(dtype).detach())
    conv.bias = nn.Parameter((bias * scale + shift).to(dtype).detach())


def _captured(net: Network, example: Tensor) -> Network:
    """The network as a CUDA graph that reads its images from one place and writes its logits to another."""
    images = example.clone()
    stream = torch.cuda.Stream(example.device)  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream(example.device))
    with torch.no_grad(), torch.cuda.stream(stream):
        for _ in range(REHEARSALS):
            net(images)
    torch.cuda.current_stream(example.device).wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.no_grad(), torch.cuda.graph(graph):
        logits = net(images)

    def replay(given: Tensor) -> Tensor:
        if given.shape != images.shape:
            raise ValueError(f"the graph was captured for images {tuple(images.shape)}; got {tuple(given.shape)}")
        images.copy_(given)
        graph.replay()
        return logits

    return replay


def error(classify: Network, model: nn.Module, images: Tensor) -> float:
    """The largest difference of a logit from the model's in float64 and eval mode, over the largest logit there."""
    exact = copy.deepcopy(model).double().eval()
    with torch.no_grad():
        wanted = exact(images.double())
        return float((classify(images).double() - wanted).abs().max() / wanted.abs().max())
