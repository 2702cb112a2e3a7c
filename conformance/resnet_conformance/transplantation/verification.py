"""Do two networks with the same weights compute the same? In float64, on a random input, within rounding.

The rounding noise is measured on the network itself: every weight and every pixel is moved by one unit in its last
place, and what comes out is how far one rounding more in every value moves the logits. A thousand times that is
allowed, as each value is a sum of up to some thousand products, which the other network may add in another order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from ..align import regions
from ..anatomy import dissect
from ..capture.problems import CaptureError
from ..execute import CannotRun, run
from ..graph import Shape
from ..simplify import simplify
from . import WeightsError

if TYPE_CHECKING:
    from .work import Side

Tensors = Mapping[int, torch.Tensor]
MARGIN = 1000.0
UNIT = 2.0**-52  # float64's
SMALL = 64  # pixels: enough for a map of several positions at the end of an ImageNet network


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far apart the logits are, relative to their root mean square, and how far rounding may bring them.

    `parting` says where they first part, if they do.
    """

    difference: float
    tolerance: float
    shape: Shape
    parting: str = ""

    @property
    def holds(self) -> bool:
        """Nothing but rounding lies between the two."""
        return self.difference <= self.tolerance

    @property
    def text(self) -> str:
        """The finding for people."""
        size = "x".join(map(str, self.shape[1:]))
        return (
            f"with the same weights, on a random input of {size}, their logits differ by {self.difference:.1e} of their"
            f" size (rounding explains {self.tolerance:.0e})"
        )


def compare(origin: Side, target: Side, values: Tensors, moved: Tensors, exact_size: bool) -> Agreement:
    """Run both on the same input: small where both accept that and no size was asked for, else as captured.

    Raises WeightsError where the source computes no finite numbers, CaptureError where a network does not run.
    """
    generator = torch.Generator().manual_seed(0)
    small = (*origin.shape[:2], *(min(SMALL, extent) for extent in origin.shape[2:]))
    for shape in [origin.shape] if exact_size or small == origin.shape else [small, origin.shape]:
        x = torch.randn(shape, generator=generator, dtype=torch.float64)
        try:
            wanted = origin.laboratory.run(x, values).output
            found = target.laboratory.run(x, moved).output
        except CaptureError:
            if shape == origin.shape:
                raise
            continue
        break
    if not bool(torch.isfinite(wanted).all()):
        raise WeightsError(
            f"{origin.name} gives numbers that are not finite with these weights: nothing can be verified"
        )
    noisy = {i: _rounded(t.double(), generator) if t.is_floating_point() else t for i, t in values.items()}
    noise = _distance(origin.laboratory.run(_rounded(x, generator), noisy).output, wanted)
    difference, tolerance = _distance(found, wanted), MARGIN * max(noise, UNIT)
    parting = "" if difference <= tolerance else _first_parting(origin, target, x, values, moved, tolerance)
    return Agreement(difference, tolerance, shape, parting)


def _rounded(x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Every value moved by one unit in its last place, up or down."""
    up = torch.rand(x.shape, generator=generator) < 0.5
    return x * torch.where(up, 1 + UNIT, 1 - UNIT)


def _distance(found: torch.Tensor, wanted: torch.Tensor) -> float:
    if found.shape != wanted.shape:
        return float("inf")
    apart = float((found - wanted).abs().max())
    size = float(wanted.square().mean().sqrt())
    return 0.0 if apart == 0 else apart / size if size > 0 and apart == apart else float("inf")


def _first_parting(
    origin: Side, target: Side, x: torch.Tensor, values: Tensors, moved: Tensors, tolerance: float
) -> str:
    """The first stretch of the two networks behind which their values differ."""
    try:
        sides = [dissect(simplify(side.laboratory.capture(tuple(x.shape)))) for side in (origin, target)]
        stretches = [r for r in regions(*sides) if r.found and r.paper]
        ends = [[r.found[-1] for r in stretches], [r.paper[-1] for r in stretches]]
        with torch.no_grad():
            runs = [
                run(side.graph, x, tensors, "eval", keep).values
                for side, tensors, keep in zip(sides, (values, moved), ends, strict=True)
            ]
    except (CannotRun, CaptureError, ValueError):
        return ""
    for stretch in stretches:
        apart = _distance(runs[1][stretch.paper[-1]], runs[0][stretch.found[-1]])
        if apart > tolerance:
            return f"they first part behind {stretch.name}, by {apart:.1e} of the values' size"
    return ""
