"""The Jacobian of single blocks, and the cases that refute "a residual block's gradient is always at least one".

He et al. 2016, arXiv:1603.05027, Eqn (5), has dE/dx_l = dE/dx_L (1 + d/dx_l sum F), and claims that the two terms are
"unlikely" to cancel. From it people conclude that the gradient cannot shrink. It can: 1 + dF/dx is a matrix I + J_F,
whose singular values may be anything from 0 on; and in the blocks of 2015 a ReLU follows the addition, which multiplies
by 0 wherever it is off, whatever F is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - the customary name
from torch import Tensor, nn

from resnet_impl.analysis.networks import Network
from resnet_impl.blocks import BasicBlockV1
from resnet_impl.preactivation import BasicBlockV2

LARGEST = 1024  # rows and columns: the singular values of more take long
CHANNELS = 4  # of the blocks that are made


def jacobian(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """dy/dx for one input (C, H, W), in eval mode, where the inputs of a batch do not mix: (outputs, inputs)."""
    outputs = function(x[None]).numel()
    copies = x.expand(outputs, *x.shape).clone().requires_grad_()
    y = function(copies).flatten(1)  # (outputs, outputs): of copy i only output i is asked for
    if not y.requires_grad:
        return torch.zeros(outputs, x.numel(), dtype=x.dtype)
    [rows] = torch.autograd.grad(y.diagonal().sum(), copies)
    return rows.flatten(1)


def spectrum(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Singular values of the Jacobian at (C, H, W), largest first."""
    values: Tensor = torch.linalg.svdvals(jacobian(function, x).double())
    return values


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Of one block. `least_gain` and `gain`: the gradient's norm at its input over that at its output, of images."""

    name: str
    kind: str
    shape: tuple[int, ...]
    values: list[float]
    gain: float
    least_gain: float


def spectra(network: Network, x: Tensor, labels: Tensor, side: int) -> list[Spectrum]:
    """Of every block, at the middle of the map that the first image gives it: side x side, smaller with many channels.

    The gains are of the whole maps of all images (N, 3, H, W) and of the loss.
    """
    given, put_out = _ends(network, x)
    loss = F.cross_entropy(put_out.pop("logits"), labels, reduction="sum")
    names = [block.name for block in network.blocks]
    both = torch.autograd.grad(loss, [*(given[n] for n in names), *(put_out[n] for n in names)], allow_unused=True)
    found = []
    for number, block in enumerate(network.blocks):
        before, after = both[number], both[number + len(names)]
        gains = before.flatten(1).norm(dim=1) / after.flatten(1).norm(dim=1).clamp(min=1e-30)
        patch = _middle(given[block.name][0].detach(), side)
        values = spectrum(block.module, patch).tolist()
        found.append(
            Spectrum(block.name, block.kind, tuple(patch.shape), values, float(gains.mean()), float(gains.min()))
        )
    return found


def _ends(network: Network, x: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """What each block is given and puts out, and the logits."""
    given: dict[str, Tensor] = {}
    put_out: dict[str, Tensor] = {}

    def keep(name: str, came: Tensor, went: Tensor) -> None:
        given[name], put_out[name] = came, went

    hooks = [
        block.module.register_forward_hook(lambda _, came, went, name=block.name: keep(name, came[0], went))
        for block in network.blocks
    ]
    try:
        put_out["logits"] = network.net(x.clone().requires_grad_())
    finally:
        for hook in hooks:
            hook.remove()
    return given, put_out


def _middle(maps: Tensor, side: int) -> Tensor:
    """(C, H, W) -> (C, s, s) with s = side, or as large as LARGEST allows, or the whole of a smaller map."""
    channels, height, width = maps.shape
    side = max(1, min(side, height, width, int((LARGEST / channels) ** 0.5)))
    top, left = (height - side) // 2, (width - side) // 2
    return maps[:, top : top + side, left : left + side].contiguous()


# --- blocks made to refute ---


@dataclass(frozen=True, slots=True)
class Case:
    """A block of this package with weights that make F what `f` says, and the singular values at a positive input."""

    f: str
    block: str
    least: float
    largest: float


def cases() -> list[Case]:
    """F = 0, where the claim holds; then F = -x, F = -0.9x and a ReLU that is off, where it does not."""
    made = [
        ("F = 0", "2015", _of_2015(0.0)),
        ("F = -x", "2015", _of_2015(-1.0)),
        ("F = -0.9x", "2015", _of_2015(-0.9)),
        ("F = -10, dF/dx = 0: the last ReLU is off", "2015", _of_2015(0.0, beta=-10.0)),
        ("F = 0", "2016", _of_2016(0.0)),
        ("F = -x", "2016", _of_2016(-1.0)),
        ("F = -0.9x", "2016", _of_2016(-0.9)),
    ]
    x = torch.rand(CHANNELS, 3, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64) + 0.5
    found = []
    for f, year, block in made:
        values = spectrum(block, x)
        name = f"BasicBlockV{'1' if year == '2015' else '2'} ({year})"
        found.append(Case(f, name, float(values[-1]), float(values[0])))
    return found


def _of_2015(slope: float, beta: float = 0.0) -> nn.Module:
    """A basic block with F(x) = slope x + beta for x >= 0."""
    block = BasicBlockV1(CHANNELS, CHANNELS).double().eval()
    _pass_on(block, slope)
    nn.init.constant_(block.bn2.bias, beta)
    return block


def _of_2016(slope: float) -> nn.Module:
    """A pre-activation basic block with F(x) = slope x for x >= 0."""
    block = BasicBlockV2(CHANNELS, CHANNELS).double().eval()
    _pass_on(block, slope)
    return block


@torch.no_grad()
def _pass_on(block: nn.Module, slope: float) -> None:
    """Convolutions that pass on what they get, the last times `slope`; BN that changes nothing."""
    for module in block.modules():
        if isinstance(module, nn.BatchNorm2d) and module.running_var is not None:
            module.running_var.fill_(1 - module.eps)
    convolutions = [module for module in block.modules() if isinstance(module, nn.Conv2d)]
    for convolution in convolutions:
        nn.init.dirac_(convolution.weight)
    convolutions[-1].weight.mul_(slope)
