"""What a CIFAR-10 transform does to positions and values: padding, crop, flip, mean, and nothing else.

He et al. 2015, section 4.2, after Lee et al. 2014 (DSN), section 4.1. Three images go through each draw: black,
white, and one whose red is its row, whose green is its column and whose blue is white. (coded - black) /
(white - black) is then the place that a pixel came from, and 0/0 where it is padding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from .recipe_images import Eye, constant

SIZE = 32
DRAWS = 400
STEP, BASE = 8, 7  # codes 7, 15, ..., 255: black is no code
INDEX = torch.arange(SIZE)


@dataclass(slots=True)
class Crops:
    """What `DRAWS` draws showed. `faults` are sentences; `means` what was subtracted, in units of a pixel's range."""

    offsets: list[tuple[int, int]] = field(default_factory=list)  # rows, columns from the unpadded image's corner
    flips: int = 0
    paddings: set[str] = field(default_factory=set)
    faults: dict[str, None] = field(default_factory=dict)  # ordered
    values: Values | None = None


@dataclass(frozen=True, slots=True)
class Values:
    """The map from a pixel's value (0 to 1) to the output: scale * (value - mean), by place (3, 32, 32).

    Places are those of the output, or those of the image where the mean is subtracted before the crop: `aligned` has
    the words that hold; a mean that is the same everywhere is both.
    """

    mean: Tensor
    scale: Tensor  # (3,)
    even: bool  # one scale for all places of a channel
    aligned: tuple[str, ...]


def coded() -> Tensor:
    """The coded image, (3, 32, 32) of uint8."""
    codes = (STEP * INDEX + BASE).to(torch.uint8)
    return torch.stack(
        [codes[:, None].expand(SIZE, SIZE), codes[None, :].expand(SIZE, SIZE), constant(255, SIZE, SIZE)[0]]
    )


def look_through(eye: Eye, seed: int, draws: int = DRAWS) -> Crops:
    """Draw and decode. Raises CannotExamineError where the transform fails on an image."""
    found = Crops()
    images = constant(0, SIZE, SIZE), constant(255, SIZE, SIZE), coded()
    ledger = _Ledger()
    for draw in range(draws):
        black, white, code = (eye.look(image, seed + draw) for image in images)
        if black.shape != (3, SIZE, SIZE):
            found.faults[f"The output is {black.shape[1]}x{black.shape[2]}, not {SIZE}x{SIZE}."] = None
            return found
        place = _locate(black, white, code, found)
        if place is not None:
            ledger.enter(black, white, *place)
        elif len(found.faults) > 3:
            break
    found.paddings = ledger.paddings()
    found.faults.update(dict.fromkeys(ledger.faults()))
    found.values = ledger.values()
    return found


# source rows, source columns, inside the image, what the padding may be (nothing where there is none in view)
Place = tuple[Tensor, Tensor, Tensor, frozenset[str]]


def _locate(black: Tensor, white: Tensor, code: Tensor, found: Crops) -> Place | None:
    """Where each output pixel came from; counts the offset and the flip, or tells the fault."""
    scale, part = white - black, code - black
    shown = scale.abs().amin(dim=0) > 1e-6
    centre = SIZE // 2
    if not bool(shown[centre - 1 : centre + 2, centre - 1 : centre + 2].all()):
        found.faults["The output does not follow the image's values (a part is erased, or values are equalized)."] = (
            None
        )
        return None
    ratio = torch.where(shown, part / torch.where(shown, scale, 1.0) * 255, 0.0)
    rows, columns = (ratio[0] - BASE) / STEP, (ratio[1] - BASE) / STEP
    down = round(float(rows[centre + 1, centre] - rows[centre, centre]), 2)
    right = round(float(columns[centre, centre + 1] - columns[centre, centre]), 2)
    if down == -1 and abs(right) == 1:
        found.faults["Images are flipped upside down."] = None
        return None
    dy = round(float(rows[centre, centre])) - centre
    dx = (
        round(float(columns[centre, centre])) - centre
        if right > 0
        else SIZE - 1 - centre - round(float(columns[centre, centre]))
    )
    source_rows = (INDEX + dy)[:, None].expand(SIZE, SIZE)
    shifted = (INDEX + dx)[None, :].expand(SIZE, SIZE)
    source_columns = shifted if right > 0 else SIZE - 1 - shifted
    inside = (source_rows >= 0) & (source_rows < SIZE) & (shifted >= 0) & (shifted < SIZE)
    same = ((rows - source_rows).abs() < 0.1) & ((columns - source_columns).abs() < 0.1) & ((ratio[2] - 255).abs() < 1)
    if down != 1 or abs(right) != 1 or not bool((same & shown)[inside].all()):
        found.faults[
            "Beside a crop and a flip the image is changed otherwise (resized, rotated, erased, recoloured)."
        ] = None
        return None
    found.offsets.append((dy, dx))
    found.flips += right < 0
    outside = ~inside
    kinds = frozenset[str]()
    if bool(outside.any()):
        kinds = _padding(rows, columns, shown, outside, source_rows, source_columns)
    return source_rows, source_columns, inside, kinds


def _padding(
    rows: Tensor, columns: Tensor, shown: Tensor, outside: Tensor, source_rows: Tensor, source_columns: Tensor
) -> frozenset[str]:
    """What stands outside of the image: one value, or pixels of the image by one of these rules."""
    if not bool(shown[outside].any()):
        return frozenset({"constant"})
    last = SIZE - 1
    rules: dict[str, Callable[[Tensor], Tensor]] = {
        "reflection": lambda i: last - (last - i.abs()).abs(),
        "repeated edges": lambda i: i.clamp(0, last),
        "symmetric reflection": lambda i: torch.where(i < 0, -1 - i, torch.where(i > last, 2 * last + 1 - i, i)),
        "wrapping around": lambda i: i % SIZE,
    }
    fitting = {
        name
        for name, rule in rules.items()
        if bool((((rows - rule(source_rows)).abs() + (columns - rule(source_columns)).abs())[outside] < 0.1).all())
    }
    return frozenset(fitting or {"something else"})


class _Ledger:
    """Values over all draws: is the map the same in each, and does its mean belong to the output or to the image?"""

    def __init__(self) -> None:
        self._maps = {name: torch.full((3, SIZE, SIZE), torch.nan, dtype=torch.float64) for name in ("output", "image")}
        self._fits = dict.fromkeys(self._maps, True)
        self._scale: Tensor | None = None
        self._even, self._steady = True, True
        self._rules: frozenset[str] | None = None  # of padding by the image's own pixels
        self._fills: list[tuple[Tensor, Tensor]] = []  # values outside of the image, where

    def enter(
        self, black: Tensor, white: Tensor, rows: Tensor, columns: Tensor, inside: Tensor, kinds: frozenset[str]
    ) -> None:
        scale = white - black
        middle = torch.stack([channel[inside].median() for channel in scale])
        self._even &= bool(((scale - middle[:, None, None]).abs() <= 1e-4 * middle.abs().max())[:, inside].all())
        self._scale = middle if self._scale is None else self._scale
        self._steady &= bool(torch.allclose(middle, self._scale, rtol=1e-3))
        output_rows, output_columns = torch.where(inside)
        self._note("output", black, output_rows, output_columns, inside)
        self._note("image", black, rows[inside], columns[inside], inside)
        if "constant" in kinds:
            self._fills.append((black, ~inside))
        elif kinds:
            self._rules = kinds if self._rules is None else self._rules & kinds or self._rules | kinds

    def _note(self, name: str, black: Tensor, rows: Tensor, columns: Tensor, inside: Tensor) -> None:
        seen = black[:, inside]
        known = self._maps[name][:, rows, columns]
        assert self._scale is not None
        fresh = torch.isnan(known)
        if bool(((known - seen).abs() > 1e-3 * self._scale.abs().max())[~fresh].any()):
            self._fits[name] = False
        self._maps[name][:, rows, columns] = torch.where(fresh, seen, known)

    def paddings(self) -> set[str]:
        """Kinds of padding; a constant is "zeros" where it is 0 in the output or a black pixel."""
        black, kinds = self._maps["output"], set(self._rules or ())
        for values, outside in self._fills:
            at = values[:, outside]
            zeros = (at.abs() < 1e-6).all() or torch.allclose(at, black[:, outside], atol=1e-5, equal_nan=True)
            kinds.add("zeros" if zeros else "a constant that is neither black nor 0 in the output")
        return kinds

    def faults(self) -> list[str]:
        """What no fixed map of values does."""
        if self._scale is None or (self._steady and any(self._fits.values())):
            return []
        return ["Values are mapped differently from draw to draw (brightness, contrast or colour are changed)."]

    def values(self) -> Values | None:
        """The map of values, where there is one."""
        aligned = tuple(name for name, fits in self._fits.items() if fits)
        if self._scale is None or not self._steady or not aligned:
            return None
        mean = -self._maps[aligned[0]] / self._scale[:, None, None]
        return Values(mean, self._scale, self._even, aligned)
