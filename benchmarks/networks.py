"""The contenders' networks with the same weights, and what is done with them: `Task`.

Images are random with the mean and the deviation of what networks are fed: 0 and 1 for ImageNet's, divided by their
deviation, and 0 and 0.25 for CIFAR-10's. Weights are as initialised; BN's parameters and statistics are random.
"""

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the customary name
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

import resnet_impl
from resnet_impl import acceleration, fast, fast_training

from .cases import OURS, Case, Model, Way

SETS = 4  # batches of images, used in turns, so that no cache knows what comes
CHECKED = 4  # images of each set whose logits are compared with float64's
RATE, MOMENTUM, DECAY = 0.01, 0.9, 1e-4


class Unavailable(Exception):
    """This contender cannot take part here; the message says why."""


def construct(library: str, model: Model) -> nn.Module:
    """The library's network, freshly initialised. Raises Unavailable."""
    if library == OURS:
        if model.size == 32:
            return getattr(resnet_impl, f"cifar_{model.name}")(num_classes=model.classes)  # type: ignore[no-any-return]
        deep = {"stride_on": "3x3"} if int(model.name.removeprefix("resnet")) >= 50 else {}
        return getattr(resnet_impl, model.name)(shortcut="B", **deep)  # type: ignore[no-any-return]
    try:
        module = importlib.import_module({"torchvision": "torchvision.models", "timm": "timm.models.resnet"}[library])
    except ImportError:
        raise Unavailable(f"{library} is not installed") from None
    return getattr(module, model.name)()  # type: ignore[no-any-return]


def networks(libraries: set[str], model: Model, seed: int = 0) -> dict[str, nn.Module]:
    """Networks with equal weights by library, on the CPU in eval mode. What is not installed is missing."""
    torch.manual_seed(seed)
    built = {}
    for library in sorted(libraries | {OURS}):
        try:
            built[library] = construct(library, model)
        except Unavailable:
            continue
    source = built.get("torchvision", built[OURS])
    _disturb(source)
    state = source.state_dict()
    for library, net in built.items():
        if net is not source:
            net.load_state_dict(resnet_impl.rename_torchvision(state) if library == OURS else state)
    return {library: net.eval() for library, net in built.items() if library in libraries}


def _disturb(net: nn.Module) -> None:
    """BN unlike the identity that it begins as, so that folding has something to fold."""
    for norm in net.modules():
        if isinstance(norm, nn.BatchNorm2d) and norm.running_mean is not None and norm.running_var is not None:
            nn.init.uniform_(norm.weight, 0.5, 1.5)
            nn.init.normal_(norm.bias, std=0.1)
            nn.init.normal_(norm.running_mean, std=0.1)
            nn.init.uniform_(norm.running_var, 0.5, 2.0)


def spread(model: Model) -> float:
    """The standard deviation of the network's inputs."""
    return 1.0 if model.size == 224 else 0.25


def make_inputs(case: Case, device: torch.device, seed: int = 1) -> list[tuple[Tensor, Tensor]]:
    """`SETS` batches of images and labels on the device."""
    generator = torch.Generator().manual_seed(seed)
    shape = (case.batch, 3, case.size, case.size)
    images = [torch.randn(shape, generator=generator) * spread(case.model) for _ in range(SETS)]
    labels = [torch.randint(case.model.classes, (case.batch,), generator=generator) for _ in range(SETS)]
    return [(x.to(device), y.to(device)) for x, y in zip(images, labels, strict=True)]


def forward_of(way: Way, net: nn.Module, training: bool, example: Tensor, smoke: bool) -> Callable[[Tensor], Tensor]:
    """Images -> logits, as this contender computes them. Raises Unavailable where it cannot here."""
    device = example.device.type
    if way.precision == "tf32" and device != "cuda":
        raise Unavailable("TF32 is an arithmetic of GPUs")
    if way.mode == "graph" and device != "cuda":
        raise Unavailable("CUDA graphs need a GPU")
    if way.mode == "graph" and training:
        raise Unavailable("a hand-captured graph is for inference; `fast` trains through graphs of the compiler's")
    if way.mode in ("fast", "graph"):
        precision: acceleration.Precision = "bf16" if way.precision == "bf16" else "fp32"
        if (
            training
        ):  # compiled, a CPU trained ResNet-20 1.05 times as fast and ResNet-18 0.80 times, after half a minute
            return fast_training(net, precision, "compiled" if device == "cuda" else "eager")
        how: acceleration.How = "graph" if way.mode == "graph" else "eager" if smoke else "compiled"
        return fast(net, precision, how, example)
    last = way.mode == "channels_last"
    if last:
        net = net.to(memory_format=torch.channels_last)
    run: Callable[[Tensor], Tensor] = net
    if way.mode == "compiled" and not smoke:
        run = torch.compile(net, dynamic=False)  # from the second batch on code for any batch would be made otherwise

    def forward(images: Tensor) -> Tensor:
        x = images.to(memory_format=torch.channels_last) if last else images
        with torch.autocast(device, torch.bfloat16, enabled=way.precision == "bf16"):
            return run(x)

    return forward


class Task:
    """One contender at one case: `call(number)` is what is timed, `error()` how wrong its answer is."""

    def __init__(self, case: Case, way: Way, net: nn.Module, inputs: list[tuple[Tensor, Tensor]], smoke: bool) -> None:
        self.case, self.way, self.inputs, self.device = case, way, inputs, inputs[0][0].device
        self.training = case.kind != "forward"
        self.net = copy.deepcopy(net).to(self.device).train(self.training)
        self.start = {name: value.clone() for name, value in self.net.state_dict().items()}
        self.optimizer: Any = torch.optim.SGD(
            self.net.parameters(), lr=RATE, momentum=MOMENTUM, weight_decay=DECAY, fused=way.mode == "fast"
        )
        self.forward = forward_of(way, self.net, self.training, inputs[0][0], smoke)

    def call(self, number: int) -> Tensor:
        """The work on input set `number`: logits, or the loss."""
        images, labels = self.inputs[number % len(self.inputs)]
        if not self.training:
            with torch.no_grad():
                return self.forward(images)
        self.optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(self.forward(images).float(), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        if self.case.kind == "step":
            self.optimizer.step()
        return loss

    def reset(self) -> None:
        """Weights, statistics and momentum as in the beginning, in place: a graph holds their addresses."""
        with torch.no_grad():
            for name, value in self.net.state_dict().items():
                value.copy_(self.start[name])
            for state in self.optimizer.state.values():
                state["momentum_buffer"].zero_()

    def answer(self) -> Tensor:
        """What the same call that was timed computes, as one vector: logits, gradients, or changes of the weights.

        Gradients of a deep network in bfloat16 are far from the exact ones in its first layers, whoever computes them,
        as rounding flips rectifiers: there the classifier's are looked at alone.
        """
        if not self.training:
            return torch.cat([self.call(number)[:CHECKED].double().flatten() for number in range(len(self.inputs))])
        self.reset()
        self.call(0)
        named = list(self.net.named_parameters())[0 if self.way.precision == "fp32" else -2 :]
        if self.case.kind == "backward":
            return torch.cat([_gradient(parameter).double().flatten() for _, parameter in named])
        return torch.cat([(now.detach().double() - self.start[name].double()).flatten() for name, now in named])


def reference(case: Case, net: nn.Module, inputs: list[tuple[Tensor, Tensor]]) -> Tensor:
    """The same answer in float64, by the plain network.

    In training each block is run again in the backward pass, so that a batch which just fits has its reference, too.
    """
    exact = [(images.double(), labels) for images, labels in inputs]
    if case.kind == "forward":
        exact = [(images[:CHECKED], labels) for images, labels in exact]
    task = Task(case, Way(OURS, "fp32"), copy.deepcopy(net).double(), exact, smoke=True)
    for block in task.net.modules() if task.training else ():
        if isinstance(block, (resnet_impl.BasicBlockV1, resnet_impl.BottleneckV1)):
            block.forward = partial(checkpoint, block.forward, use_reentrant=False)  # type: ignore[method-assign]
    return task.answer()


def _gradient(parameter: nn.Parameter) -> Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


def difference(case: Case, found: Tensor, wanted: Tensor) -> float:
    """Forward: the largest difference of a logit over the largest logit. Training: of the vectors' lengths."""
    if not bool(found.isfinite().all()):
        return float("inf")
    wanted = wanted[-len(found) :]  # of the gradients perhaps the last alone
    apart = found - wanted
    if case.kind == "forward":
        return float(apart.abs().max() / wanted.abs().max())
    return float(apart.norm() / wanted.norm())


def limit(case: Case, way: Way) -> float:
    """The greatest difference that rounding explains; what is above it is a wrong answer."""
    if case.kind == "forward":
        return {"fp32": 1e-5, "tf32": 5e-3, "bf16": 1e-2}[way.precision]
    return {"fp32": 1e-1, "tf32": 1e-1, "bf16": 2e-1}[way.precision]  # few flipped rectifiers are 2e-2 in float32
