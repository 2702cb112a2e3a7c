"""How the networks of section 4.2 are trained, and in what a run departs from that.

Source: He et al. 2015, arXiv:1512.03385, section 4.2: "We use a weight decay of 0.0001 and momentum of 0.9, and adopt
the weight initialization in [13] and BN but with no dropout. These models are trained with a minibatch size of 128 on
two GPUs. We start with a learning rate of 0.1, divide it by 10 at 32k and 48k iterations, and terminate training at 64k
iterations", and for 110 layers "we use 0.01 to warm up the training until the training error is below 80% (about 400
iterations), and then go back to 0.1". He et al. 2016, arXiv:1603.05027, appendix: 0.01 for the first 400 iterations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal

import torch
from torch import nn

from resnet_impl.cifar10.errors import TrainingError

Precision = Literal["fp32", "tf32", "bf16"]
Mean = Literal["pixel", "channel"]
WARM_UP_RATE = 0.01
WARM_UP_ERROR = 80.0  # percent; the rate of 0.01 is kept until the training error is below
WARM_UP_STEPS = 400  # the 2016 paper's networks
LOOK = 100  # iterations between two looks at the training error, in warm-up


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to train. The defaults are the paper's; what is not is told by `departures`.

    `warm_up` is "error" (until the training error is below 80%), "steps" (400 iterations), or "none"; `ghost` is the
    number of images that are normalised together, None: all of a batch that one device has.
    """

    model: str = "resnet20"
    batch: int = 128
    rate: float = 0.1
    drops: tuple[int, ...] = (32_000, 48_000)
    iterations: int = 64_000
    momentum: float = 0.9
    weight_decay: float = 1e-4
    warm_up: str = "none"
    mean: Mean = "pixel"
    images: str = "all"  # "all": 50k, and the test images; "part": 45k of them, and the other 5k
    decay_bn: bool = False
    ghost: int | None = None
    synchronized: bool = False
    precision: Precision = "fp32"
    channels_last: bool = False
    compiled: bool = False

    def base_rate(self, iteration: int) -> float:
        """The rate of this iteration, counted from 0, without warm-up."""
        return self.rate * 0.1 ** sum(iteration >= drop for drop in self.drops)

    def rate_at(self, iteration: int, warm: bool = True) -> float:
        """The rate of this iteration; `warm` says whether the training error has been below 80%."""
        waits = not warm if self.warm_up == "error" else self.warm_up == "steps" and iteration < WARM_UP_STEPS
        return WARM_UP_RATE if waits else self.base_rate(iteration)


def paper(model: str) -> Recipe:
    """The recipe of the paper that the model is of: with a warm-up for 110 layers (2015) and all nets of 2016."""
    if model.startswith("preresnet"):
        return Recipe(model, warm_up="steps")
    depth = "".join(c for c in model.partition("-")[0] if c.isdigit())
    return Recipe(model, warm_up="error" if depth == "110" else "none")


WORDS: Mapping[str, str] = {
    "batch": "batches of {0} images, not of {1}",
    "rate": "a learning rate of {0:g}, not of {1:g}",
    "drops": "the rate is divided at {0}, not at {1}",
    "iterations": "{0} iterations, not {1}: no result of the paper's recipe",
    "momentum": "momentum {0:g}, not {1:g}",
    "weight_decay": "weight decay {0:g}, not {1:g}",
    "warm_up": "warm-up {0!r}, not {1!r}",
    "mean": "the mean of each channel is subtracted and divided by its deviation, not the mean of each pixel",
    "images": "trained on 45,000 images and tested on the other 5,000, to choose by; Table 6 is of all 50,000",
    "decay_bn": "gamma, beta and the fc's bias decay, too",
    "ghost": "{0} images are normalised together (the paper's two GPUs had 64 each)",
    "synchronized": "BN is synchronised over all devices; the paper's was each device's own",
    "precision": "arithmetic in {0}, not in {1}",
    "channels_last": "channels_last memory format, which rounds otherwise",
    "compiled": "compiled with torch.compile, which rounds otherwise",
}


def departures(recipe: Recipe) -> tuple[str, ...]:
    """In what this is not the paper's recipe, a sentence each; () where it is."""
    return tuple(_departures(recipe, paper(recipe.model)))


def _departures(recipe: Recipe, wanted: Recipe) -> Iterator[str]:
    for field in fields(recipe):
        given, papers = getattr(recipe, field.name), getattr(wanted, field.name)
        if given != papers and field.name in WORDS:
            shown = [", ".join(map(str, v)) or "no iteration" if isinstance(v, tuple) else v for v in (given, papers)]
            yield WORDS[field.name].format(*shown)


def check_recipe(recipe: Recipe) -> None:
    """Raise TrainingError for a recipe that cannot be followed."""
    for name in ("batch", "iterations"):
        if getattr(recipe, name) < 1:
            raise TrainingError(f"{name} is a whole number above 0, not {getattr(recipe, name)}")
    if recipe.ghost is not None and (recipe.ghost < 2 or recipe.batch % recipe.ghost):
        raise TrainingError(
            f"ghost batches of {recipe.ghost} do not divide a batch of {recipe.batch}: take a divisor above 1"
        )
    if recipe.ghost is not None and recipe.synchronized:
        raise TrainingError("BN is either over a part of a device's images (ghost) or over all devices, not both")


def to_plain(recipe: Recipe) -> dict[str, Any]:
    """The recipe for JSON and checkpoints."""
    return {**asdict(recipe), "drops": list(recipe.drops)}


def from_plain(plain: Mapping[str, Any]) -> Recipe:
    """The recipe that `to_plain` made. Raises TypeError for keys that it has not."""
    return replace(Recipe(**plain), drops=tuple(plain["drops"]))


def changes(was: Mapping[str, Any], given: Mapping[str, Any]) -> list[str]:
    """In what two recipes, as `to_plain` gives them, differ: "batch was 128, and is 64"."""
    return [f"{name} was {value}, and is {given.get(name)}" for name, value in was.items() if value != given.get(name)]


def make_optimizer(net: nn.Module, recipe: Recipe, fused: bool | None = None) -> torch.optim.SGD:
    """SGD with momentum, v = m v + g. Weights of convolutions and of the fc decay; gamma, beta and biases do not.

    That is the authors' way, as Goyal et al. 2017, section 5.1, and the notes of their Torch code report; the paper
    does not say. `fused`: one kernel for all parameters.
    """
    weights = [p for p in net.parameters() if p.ndim > 1]
    others = [p for p in net.parameters() if p.ndim == 1]
    groups = [
        {"params": weights, "weight_decay": recipe.weight_decay},
        {"params": others, "weight_decay": recipe.weight_decay if recipe.decay_bn else 0.0},
    ]
    return torch.optim.SGD(groups, lr=recipe.rate_at(0, warm=False), momentum=recipe.momentum, fused=fused)
