"""Sentences about what transforms do that the recipe does not: one list of faults for each clause.

Sources: He et al. 2015, sections 3.4 and 4.2; Lee et al. 2014, section 4.1. Probability of a false alarm, all counts
of one transform together: at most 1e-9 (`recipe_chance.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ..spec.recipes import Recipe
from . import recipe_crops, recipe_scales
from .recipe_chance import Count, surprising
from .recipe_crops import Crops, Values
from .recipe_images import Eye, constant
from .recipe_optimizer import CannotExamineError
from .recipe_scales import Scales
from .recipe_view import RecipeView

NO_SEED = (
    "does not draw from the generators of torch, random or numpy alone: the same seeds give another output, so that "
    "it cannot be looked through."
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What looking through a transform gave: what is wrong, and for people what was found."""

    faults: tuple[str, ...]
    found: str


def examine_crops(view: RecipeView, recipe: Recipe, seed: int) -> Seen:
    """Padding, crop and flip of CIFAR-10 training (TC-03). Raises CannotExamineError."""
    crops = _crops(view, seed)
    faults = list(crops.faults)
    draws = len(crops.offsets)
    pad = recipe.view.pad or 0
    rows, columns = ({offset[axis] for offset in crops.offsets} for axis in (0, 1))
    found = f"rows moved by {_range(rows)}, columns by {_range(columns)}, padding: {_join(crops.paddings) or 'none'}, "
    found += f"flipped in {crops.flips} of {draws} draws"
    if faults or not draws:
        return Seen(tuple(faults), found if draws else "")
    wanted = set(range(-pad, pad + 1))
    if rows != wanted or columns != wanted:
        faults.append(
            f"Crops move by {_range(rows)} rows and {_range(columns)} columns; with {pad} pixels on each side they "
            f"move by -{pad} to {pad}."
        )
    faults += [f"The padding is {kind}, not zeros." for kind in sorted(crops.paddings - {"zeros"})]
    chance = 1 / len(wanted)
    counts = [Count("flipped", crops.flips, draws, 0.5)]
    if not faults:
        for axis, name in enumerate(("rows", "columns")):
            counts += [
                Count(f"{name} moved by {d}", sum(o[axis] == d for o in crops.offsets), draws, chance)
                for d in sorted(wanted)
            ]
        alike = sum(abs(a) == abs(b) for a, b in crops.offsets)  # a flip after the crop turns the columns' sign
        chance = (2 * len(wanted) - 1) / len(wanted) ** 2
        counts.append(Count("rows and columns moved equally far", alike, draws, chance))
    faults += [f"Not at random: {count.text}." for count in surprising(counts)]
    return Seen(tuple(faults), found)


def examine_single_view(view: RecipeView, seed: int) -> Seen:
    """That testing sees the original image, always (TC-03). Raises CannotExamineError.

    One image is shown as often as in training. A transform that gives another view of it once in twenty times passes
    for one that draws nothing with the probability 0.95^400 = 1.2e-9, and one that flips a fifth with 2e-39.
    """
    coded = recipe_crops.coded()
    eye = Eye(view.test_transform, "test_transform", coded)
    size = recipe_crops.SIZE
    first = eye.look(coded, seed)
    if first.shape != (3, size, size):
        return Seen((f"The test transform gives {first.shape[1]}x{first.shape[2]}, not {size}x{size}.",), "")
    for draw in range(1, recipe_crops.DRAWS):
        if not torch.equal(first, eye.look(coded, seed + draw)):
            return Seen(("The test transform is random: it gives one image differently from time to time.",), "")
    crops = recipe_crops.look_through(eye, seed, draws=1)
    if crops.offsets != [(0, 0)] or crops.flips:
        return Seen(("The test transform does not give the whole image as it is.",), "")
    return Seen((), "the single view of the whole image")


def examine_mean(view: RecipeView, seed: int) -> Seen:
    """What is subtracted from CIFAR-10 images (TC-04), in training and in testing. Raises CannotExamineError."""
    if view.test_transform is None and view.train_transform is None:
        raise CannotExamineError("The recipe gives no train_transform and no test_transform.")
    maps: dict[str, Values] = {}
    untold: list[CannotExamineError] = []
    for name, transform in (("test", view.test_transform), ("training", view.train_transform)):
        try:
            if transform is not None:
                maps[name] = _test_values(view, seed) if name == "test" else _values(_crops(view, seed), name)
        except CannotExamineError as reason:
            untold.append(reason)
    faults: dict[str, None] = {}
    for values in maps.values():
        faults.update(dict.fromkeys(_mean_faults(values)))
    if untold and not faults:
        raise untold[0]
    if not faults and len(maps) == 2:
        test, train = maps["test"], maps["training"]
        if not torch.allclose(test.mean, train.mean, atol=2e-3, equal_nan=True):
            faults["Training and testing do not subtract the same mean."] = None
        if not torch.allclose(test.scale, train.scale, rtol=1e-3):
            faults["Training and testing do not scale values alike."] = None
    told = [f"{name}: {_mean_text(values)}" for name, values in maps.items()]
    return Seen(tuple(faults), ", ".join(told))


def examine_scales(view: RecipeView, recipe: Recipe, seed: int) -> Seen:
    """Resizing, crop, flip, mean and colour of ImageNet training (TI-03). Raises CannotExamineError."""
    sample = recipe_scales.ramps()
    eye = Eye(view.train_transform, "train_transform", sample)
    if not eye.repeats(sample, seed, times=10):
        raise CannotExamineError(f"The recipe's train_transform {NO_SEED}")
    scales = recipe_scales.look_through(eye, recipe.view.crop, seed)
    assert recipe.view.shorter_side is not None
    faults = [*scales.faults, *_size_faults(scales, recipe.view.shorter_side), *_colour_faults(scales)]
    found = f"shorter side {min(scales.sides):.0f} to {max(scales.sides):.0f}, " if scales.sides else ""
    return Seen(tuple(faults), f"{found}flipped in {scales.flips} of {len(scales.sides)} draws")


def _size_faults(scales: Scales, side: tuple[int, int]) -> list[str]:
    """Of the distribution the paper says nothing: each quarter at the ends of the range must come up in 120 draws.

    Where each has the probability 1/4, one does not with 2 (3/4)^120 = 2e-15; with 1/6 still with 6e-10.
    """
    if not scales.sides:
        return []
    low, high = side
    least, most, draws = min(scales.sides), max(scales.sides), len(scales.sides)
    faults = []
    if most - least < 1:
        faults.append(f"The shorter side is always {round(least)}; it is sampled in [{low}, {high}].")
    elif least < low - 1.5 or most > high + 1.5:
        faults.append(f"The shorter side is {least:.0f} to {most:.0f}; it is sampled in [{low}, {high}].")
    elif scales.faults == {} and (least > low + (high - low) / 4 or most < high - (high - low) / 4):
        faults.append(f"The shorter side is only {least:.0f} to {most:.0f} in {draws} draws, of [{low}, {high}].")
    for name, places in (("height", scales.heights), ("width", scales.widths)):
        if scales.faults == {} and (min(places) > 0.25 or max(places) < 0.75):
            where = f"{min(places):.2f} to {max(places):.2f}"
            faults.append(f"The crop is not sampled over the image's {name}: it begins at {where} of the room there.")
    if scales.faults == {}:
        faults += [f"Not at random: {c.text}." for c in surprising([Count("flipped", scales.flips, draws, 0.5)])]
    return faults


def _colour_faults(scales: Scales) -> list[str]:
    """Additions of AlexNet's kind: one vector for each image. Eigenvalues are not printed, so that sizes are free."""
    faults = []
    if scales.scale is not None and not torch.allclose(scales.scale, scales.scale[0], rtol=0.01):
        faults.append("Values are divided by a deviation for each channel; the paper subtracts a mean and no more.")
    if scales.mean is not None and float(scales.mean.abs().max()) < 1e-3:
        faults.append("No per-pixel mean is subtracted: one constant for each channel, or nothing.")
    if scales.faults == {} and scales.colours:
        added = torch.stack(scales.colours)
        spread = added.std(dim=0)
        if float(spread.max()) < 1e-3:
            faults.append("Colours are the same in each draw; AlexNet's colour augmentation is missing.")
        elif torch.allclose(added, added[:, :1], atol=1e-4):
            faults.append("The same is added to all channels, which is brightness and not AlexNet's augmentation.")
    return faults


def _crops(view: RecipeView, seed: int) -> Crops:
    """The training transform looked through, once for all clauses."""
    key = "crops", seed
    if key not in view.seen:
        view.seen[key] = _look_at_crops(view, seed)
    found: Crops = view.seen[key]
    return found


def _look_at_crops(view: RecipeView, seed: int) -> Crops:
    coded = recipe_crops.coded()
    eye = Eye(view.train_transform, "train_transform", coded)
    if not eye.repeats(coded, seed):
        raise CannotExamineError(f"The recipe's train_transform {NO_SEED}")
    return recipe_crops.look_through(eye, seed)


def _values(crops: Crops, name: str) -> Values:
    if crops.values is None:
        told = next(iter(crops.faults), "It gives no fixed map of values.")
        raise CannotExamineError(f"What the {name} transform subtracts cannot be told. {told}")
    return crops.values


def _test_values(view: RecipeView, seed: int) -> Values:
    eye = Eye(view.test_transform, "test_transform", recipe_crops.coded())
    values = _values(recipe_crops.look_through(eye, seed, draws=1), "test")
    size = recipe_crops.SIZE
    grey = eye.look(constant(128, size, size), seed)
    line = values.scale[:, None, None] * (128 / 255 - values.mean)  # between black and white
    if values.even and not torch.allclose(grey, line, atol=2e-3 * float(values.scale.abs().max())):
        raise CannotExamineError("The test transform maps values by a curve, so that it subtracts no mean.")
    return values


def _mean_faults(values: Values) -> list[str]:
    faults = []
    if not values.even:
        faults.append("Values are divided by a deviation for each pixel; the paper subtracts a mean and no more.")
    elif not torch.allclose(values.scale, values.scale[0], rtol=1e-3):
        faults.append("Values are divided by a deviation for each channel; the paper subtracts a mean and no more.")
    kind = _mean_kind(values)
    if kind == "no mean":
        faults.append("No mean is subtracted; where the data set does it, make it a part of the transform given here.")
    elif kind == "one mean for each channel":
        faults.append("One mean for each channel is subtracted, not one for each pixel.")
    return faults


def _mean_kind(values: Values) -> str:
    channels = [channel[~torch.isnan(channel)] for channel in values.mean]
    if max(float(channel.abs().max()) for channel in channels) < 1e-3:
        return "no mean"
    flat = max(float(channel.std()) for channel in channels) < 1e-4
    return "one mean for each channel" if flat else "one mean for each pixel"


def _mean_text(values: Values) -> str:
    one = values.even and torch.allclose(values.scale, values.scale[0], rtol=1e-3)
    scale = f"scale {float(values.scale[0]):.4g}" if one else "divided by deviations"
    return f"{_mean_kind(values)}, {scale}"


def _range(numbers: set[int]) -> str:
    if not numbers:
        return "nothing"
    return f"{min(numbers)} to {max(numbers)}" if len(numbers) > 1 else str(min(numbers))


def _join(words: set[str]) -> str:
    return " and ".join(sorted(words))
