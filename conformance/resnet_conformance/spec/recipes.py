"""The recipes of `spec/training.yaml` as frozen values, and what must agree within each.

Sources: He et al. 2015, sections 3.4 and 4.2; He et al. 2016, appendix. Each value has its citation in the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import Fault
from .yamlmarks import Marked, Path_


@dataclass(frozen=True, slots=True)
class WarmUp:
    """A smaller rate at the beginning, in networks of `depths`; those of `admitted` may have it or not."""

    rate: float
    iterations: int
    about: bool  # True: the print says "about"
    error_below: int | None  # percent of training error that ends it, where the paper says so
    depths: tuple[int, ...]
    admitted: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TrainingView:
    """What is seen of a training image: padded with zeros or resized to a random shorter side, cropped, flipped."""

    crop: int
    flip: bool
    colour: str  # "none" | "pca"
    pad: int | None
    shorter_side: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the networks of one paper were trained on one data set; None where the paper does not say."""

    name: str
    title: str
    dataset: str
    generation: str
    momentum: float
    weight_decay: float
    batch: int
    devices: int
    images: int
    rate: float
    divide_by: int
    when: str  # "iterations" | "epochs" | "plateau": what `at` counts
    at: tuple[int, ...]
    iterations: int | None
    exactly: bool  # False: `iterations` is an upper bound
    warm_up: WarmUp | None
    view: TrainingView
    mean: str
    test_size: int | None
    test_views: str | None  # "single" | "10-crop"
    test_scales: tuple[int, ...]  # shorter sides of the best result
    dropout: bool
    runs: int | None  # of which a result tells
    reported: str | None  # "best-mean-deviation" | "median"
    cite: Mapping[str, tuple[str, ...]]  # section of the recipe -> citations


def build_recipes(marked: Marked) -> dict[str, Recipe]:
    """Every recipe by its name."""
    return {name: _recipe(name, entry) for name, entry in marked.value["recipes"].items()}


def check_recipes(marked: Marked, depths: Mapping[str, Sequence[int]]) -> Iterator[Fault]:
    """Every contradiction within a recipe; `depths` are those of each data set's networks."""
    for name, entry in marked.value["recipes"].items():
        for below, message in _contradictions(name, entry, depths):
            yield marked.fault(("recipes", name, *below), message)


def _contradictions(
    name: str, entry: Mapping[str, Any], depths: Mapping[str, Sequence[int]]
) -> Iterator[tuple[Path_, str]]:
    if name != f"{entry['dataset']}/{entry['generation']}":
        yield (), f"the name and its contents differ: {entry['dataset']}/{entry['generation']}; correct one"
    rate, length = entry["rate"], entry.get("length")
    if ("at" in rate) == (rate["when"] == "plateau"):
        word = "fall with the error, so 'at' has no place here" if "at" in rate else "have no place; add 'at'"
        yield ("rate",), f"the drops {word}"
    if list(rate.get("at", ())) != sorted(rate.get("at", ())):
        yield ("rate", "at"), "the drops must stand in order"
    elif rate["when"] == "iterations" and length and max(rate.get("at", [0])) >= length["iterations"]:
        yield ("rate", "at"), f"the last drop is at or after the end, {length['iterations']}; correct one"
    view = entry["training_view"]
    if ("pad" in view) == ("shorter_side" in view):
        yield ("training_view",), "give either 'pad' or 'shorter_side': what the crop is taken from"
    if ("pad" in view) != ("padding" in view):
        yield ("training_view",), "'pad' and 'padding' belong together; add the other"
    low, high = view.get("shorter_side", (view["crop"], view["crop"]))
    if not view["crop"] <= low <= high:
        yield (
            ("training_view", "shorter_side"),
            f"the range must rise from {view['crop']} or more, the side of the crop",
        )
    known = depths.get(entry["dataset"], ())
    for key in ("depths", "admitted"):
        for index, depth in enumerate(entry.get("warm_up", {}).get(key, ())):
            if depth not in known:
                yield ("warm_up", key, index), f"no network of {entry['dataset']} has {depth} layers"


def _recipe(name: str, entry: Mapping[str, Any]) -> Recipe:
    rate, view, length, warm_up = entry["rate"], entry["training_view"], entry.get("length"), entry.get("warm_up")
    side, test, results = view.get("shorter_side"), entry.get("test_view", {}), entry.get("results", {})
    return Recipe(
        name=name,
        title=entry["title"],
        dataset=entry["dataset"],
        generation=entry["generation"],
        momentum=float(entry["optimizer"]["momentum"]),
        weight_decay=float(entry["optimizer"]["weight_decay"]),
        batch=entry["batch"]["size"],
        devices=entry["batch"]["devices"],
        images=entry["data"]["images"],
        rate=float(rate["start"]),
        divide_by=rate["divide_by"],
        when=rate["when"],
        at=tuple(rate.get("at", ())),
        iterations=length["iterations"] if length else None,
        exactly=length is not None and length["rule"] == "exactly",
        warm_up=_warm_up(warm_up) if warm_up else None,
        view=TrainingView(
            view["crop"], view["flip"], view["colour"], view.get("pad"), (side[0], side[1]) if side else None
        ),
        mean=entry["mean"]["subtracted"],
        test_size=test.get("size"),
        test_views=test.get("views"),
        test_scales=tuple(test.get("best", ())),
        dropout=entry["dropout"]["used"],
        runs=results.get("runs"),
        reported=results.get("reported"),
        cite={key: tuple(part["cite"]) for key, part in entry.items() if isinstance(part, Mapping) and "cite" in part},
    )


def _warm_up(entry: Mapping[str, Any]) -> WarmUp:
    return WarmUp(
        float(entry["rate"]),
        entry["iterations"],
        entry["rule"] == "about",
        entry.get("error_below"),
        tuple(entry["depths"]),
        tuple(entry["admitted"]),
    )
