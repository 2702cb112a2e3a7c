"""Weights of one network into another of the same architecture, whatever the two call their layers.

Both networks are recognised by their wiring and paired layer by layer (align.py); the result is verified on the two
networks themselves before it is written. Importing this does not import torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..graph import Shape

if TYPE_CHECKING:
    import torch

__all__ = ["NetworksDiffer", "Transplanted", "WeightsError", "transplant"]


class WeightsError(Exception):
    """A file of weights cannot be read, or does not fit its network; the message says why, for people."""


class NetworksDiffer(Exception):
    """The two networks do not compute the same function, so the one's weights are not the other's.

    `reasons` say where they differ, for people.
    """

    def __init__(self, source: str, destination: str, reasons: Sequence[str], said: str = "") -> None:
        self.source, self.destination, self.reasons = source, destination, tuple(dict.fromkeys(reasons))
        listed = [f"  - {reason}" for reason in self.reasons[:8]]
        if len(self.reasons) > 8:
            listed.append(f"  - and {len(self.reasons) - 8} more")
        opening = said or "they are not the same network"
        super().__init__("\n".join([f"{source} has no weights for {destination}: {opening}", *listed]))


@dataclass(frozen=True, slots=True)
class Transplanted:
    """The destination's state_dict with the source's weights, and how it was verified.

    `difference` is the largest difference of any logit on a random input of `shape`, relative to their root mean
    square, in float64; `tolerance` what rounding explains. `notes` say what else a person should know.
    """

    state: Mapping[str, torch.Tensor]
    difference: float
    tolerance: float
    shape: Shape
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What was done and how it was verified, for people."""
        megabytes = sum(value.numel() * value.element_size() for value in self.state.values()) / 1e6
        size = "x".join(map(str, self.shape[1:]))
        verified = (
            f"verified on a random input of {size}: in float64 the logits of both networks differ by"
            f" {self.difference:.1e} of their size (rounding explains {self.tolerance:.0e})"
        )
        return "\n".join([f"{len(self.state)} tensors, {megabytes:.1f} MB; {verified}", *self.notes])


def transplant(
    source: object,
    weights: str | Path | Mapping[str, Any],
    destination: object,
    output: str | Path | None = None,
    *,
    source_kwargs: Mapping[str, Any] | None = None,
    destination_kwargs: Mapping[str, Any] | None = None,
    input: Sequence[int] | None = None,
    force: bool = False,
    timeout: float | None = None,
) -> Transplanted:
    """Move the weights of `source` into `destination`; with `output`, write them as a safetensors file.

    `source` and `destination` are targets as in `check`; `weights` is a .safetensors, .pth or .pt file or a state_dict,
    which must fit the source exactly. `input` is (C, H, W), by default a size that both networks accept. An existing
    file is only replaced with `force`. `timeout` is in seconds, for each of the two networks to be captured.

    Raises NetworksDiffer where the two do not compute the same function; WeightsError, TargetProblem,
    OutputError and ValueError where it cannot be tried.
    """
    from .work import transplant as run

    path = Path(output) if output is not None else None
    kwargs = (source_kwargs, destination_kwargs)
    return run(source, weights, destination, path, kwargs, input, force, timeout)
