"""What an ImageNet training transform does: resize to a random shorter side, crop, flip, mean, colour.

He et al. 2015, section 3.4. Two greys and one image of ramps go through each draw: its red rises from top to bottom,
its green from left to right. (ramps - dark) / (light - dark) is the place that a pixel came from, as a part of the
image's height or width; its slope tells the size that the image was resized to. No value is black or white, so that
a colour change that is cut off there is not taken for another one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from .recipe_images import Eye, constant

HEIGHT, WIDTH = 375, 500  # a common size on ImageNet
DRAWS = 120
DARK, LIGHT = 64, 192
NEAR = 0.02  # of the image's height: rounding to whole values, twice, and the edges of interpolation


@dataclass(slots=True)
class Scales:
    """What `DRAWS` draws showed. `faults` are sentences."""

    sides: list[float] = field(default_factory=list)  # shorter side after resizing
    heights: list[float] = field(default_factory=list)  # place of the crop, 0 (top) to 1 (bottom)
    widths: list[float] = field(default_factory=list)
    flips: int = 0
    colours: list[Tensor] = field(default_factory=list)  # (3,): what was added to each channel, up to a constant
    faults: dict[str, None] = field(default_factory=dict)  # ordered
    scale: Tensor | None = None  # (3,): output per unit of value
    mean: Tensor | None = None  # (3, crop, crop): what was subtracted, up to a constant for each channel


def ramps() -> Tensor:
    """The image of ramps, (3, HEIGHT, WIDTH) of uint8; blue is light."""
    span = LIGHT - DARK
    down = DARK + span * (torch.arange(HEIGHT) + 0.5) / HEIGHT
    right = DARK + span * (torch.arange(WIDTH) + 0.5) / WIDTH
    planes = down[:, None].expand(HEIGHT, WIDTH), right[None, :].expand(HEIGHT, WIDTH)
    return torch.stack([*(p.round().to(torch.uint8) for p in planes), constant(LIGHT, HEIGHT, WIDTH)[0]])


def look_through(eye: Eye, crop: int, seed: int, draws: int = DRAWS) -> Scales:
    """Draw and decode. Raises CannotExamineError where the transform fails on an image."""
    found = Scales()
    images = constant(DARK, HEIGHT, WIDTH), constant(LIGHT, HEIGHT, WIDTH), ramps()
    first: Tensor | None = None
    for draw in range(draws):
        dark, light, code = (eye.look(image, seed + draw) for image in images)
        if dark.shape != (3, crop, crop):
            found.faults[f"The output is {dark.shape[1]}x{dark.shape[2]}, not {crop}x{crop}."] = None
            return found
        scale = (light - dark) * 255 / (LIGHT - DARK)
        _note_scale(scale, found)
        if bool((scale.abs() > 1e-6).all()):
            _locate((code - dark) / (light - dark), found)
        first = dark if first is None else first
        _note_colour(dark - first, scale, found)
        if len(found.faults) > 3:
            break
    if first is not None and found.scale is not None:
        mean = -first / found.scale[:, None, None]
        found.mean = mean - mean.mean(dim=(1, 2), keepdim=True)
    return found


def _note_scale(scale: Tensor, found: Scales) -> None:
    middle = scale.flatten(1).median(dim=1).values
    if not bool(((scale - middle[:, None, None]).abs() <= 0.02 * middle.abs().max()).all()):
        found.faults[
            "Values are scaled differently from place to place (a part is erased, or values are equalized)."
        ] = None
    if found.scale is None:
        found.scale = middle
    elif not torch.allclose(middle, found.scale, rtol=0.02):
        found.faults["Values are scaled differently from draw to draw (contrast or brightness are changed)."] = None


def _note_colour(change: Tensor, scale: Tensor, found: Scales) -> None:
    """The change of a dark grey since the first draw: the same at all places of a channel where colour is added."""
    added = change / scale.abs().clamp(min=1e-9)
    middle = added.flatten(1).median(dim=1).values
    if bool(((added - middle[:, None, None]).abs() > 0.01).any()):
        found.faults["What is subtracted or added differs from place to place and from draw to draw."] = None
    found.colours.append(middle)


def _locate(ratio: Tensor, found: Scales) -> None:
    """The size that the image was resized to, the place of the crop and the flip; or what else was done."""
    size = ratio.shape[1]
    places = torch.arange(size, dtype=torch.float64)
    rows, columns = ratio[0].mean(dim=1), ratio[1].mean(dim=0)
    (top, down), (left, right) = _line(places, rows), _line(places, columns)
    straight = (
        (ratio[0] - (top + down * places)[:, None]).abs().max() < NEAR
        and (ratio[1] - (left + right * places)[None, :]).abs().max() < NEAR
        and abs(down) > 1e-6
        and abs(right) > 1e-6
        and float((ratio[2] - 1).abs().max()) < NEAR
    )
    if not straight:
        found.faults[
            "Beside resizing, cropping and a flip the image is changed otherwise (rotated, padded, recoloured)."
        ] = None
        return
    if down < 0:
        found.faults["Images are flipped upside down."] = None
        return
    height, width = 1 / down, 1 / abs(right)
    if abs(height / width - HEIGHT / WIDTH) > 0.02:
        message = "The aspect ratio changes: an image is resized as a whole, to a random shorter side."
        found.faults[message] = None
        return
    found.sides.append(min(height, width))
    found.flips += right < 0
    start = left if right > 0 else left + right * (size - 1)
    found.heights.append(_relative(top * height - 0.5, height - size))
    found.widths.append(_relative(start * width - 0.5, width - size))


def _relative(offset: float, room: float) -> float:
    """Where in its room a crop begins, from 0 to 1; a room of less than 8 pixels says nothing: the middle."""
    return min(max(offset / room, 0.0), 1.0) if room >= 8 else 0.5


def _line(places: Tensor, values: Tensor) -> tuple[float, float]:
    """Start and slope of the straight line through values (least squares)."""
    centred = places - places.mean()
    slope = float((centred * values).sum() / (centred**2).sum())
    return float(values.mean()) - slope * float(places.mean()), slope
