"""One training from its first iteration to its last: rates, warm-up, what was measured, and its whole state."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch

from resnet_impl.cifar10.data import Split
from resnet_impl.cifar10.errors import TrainingError
from resnet_impl.cifar10.evaluation import Answers, evaluate
from resnet_impl.cifar10.models import build
from resnet_impl.cifar10.norms import synchronize
from resnet_impl.cifar10.order import seed_of
from resnet_impl.cifar10.recipe import LOOK, WARM_UP_ERROR, Recipe, to_plain
from resnet_impl.cifar10.step import Step
from resnet_impl.cifar10.views import Views
from resnet_impl.cifar10.world import World


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured after an iteration: training over the images since the row before, errors in percent."""

    iteration: int
    epoch: float
    rate: float
    train_loss: float
    train_error: float
    test_loss: float
    test_error: float
    seconds: float  # of training in all, over all the processes that it took; evaluation included


class Trainer:
    """A network in training. `iteration` counts those that were taken, `rows` is what was measured."""

    def __init__(
        self, recipe: Recipe, train: Split, test: Split, views: Views, seed: int, world: World, graphs: bool = True
    ) -> None:
        self.recipe, self.test, self.views, self.seed, self.world = recipe, test, views, seed, world
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed_of(seed, "weights"))
            net = build(recipe.model, num_classes=1 + int(train.labels.max()))
        self.net = net.to(world.device)
        if recipe.channels_last:
            self.net.to(memory_format=torch.channels_last)
        if recipe.synchronized:
            synchronize(self.net)
        self.step = Step(self.net, recipe, train, views, seed, world, graphs)
        self.iteration, self.warm = 0, recipe.warm_up != "error"
        self.rows: list[Row] = []
        self.seen, self.images = [0.0, 0.0], 0  # loss, wrong answers and images since the last row
        self.latest = (math.nan, math.nan)  # mean loss, and error in percent, of the last stretch that was looked at
        self.first = 0  # the iteration that this process began at
        self.before, self.begin = 0.0, time.monotonic()  # seconds of earlier processes; when this one began

    @property
    def done(self) -> bool:
        """Is it trained?"""
        return self.iteration >= self.recipe.iterations

    @property
    def rate(self) -> float:
        """The learning rate of the next iteration."""
        return self.recipe.rate_at(self.iteration, self.warm)

    @property
    def seconds(self) -> float:
        """Seconds of training so far, over all the processes that it took."""
        return self.before + time.monotonic() - self.begin

    def take(self) -> None:
        """One iteration. Nothing waits for the device."""
        self.step.set_rate(self.rate)
        self.step.take(self.iteration)
        self.iteration += 1

    def look(self) -> None:
        """Read what training saw since the last look, and end the warm-up where it is time.

        To be called after every `LOOK` iterations and after the last, and at no other time: what a run is told must not
        hang on where it was interrupted. Raises TrainingError, as `check` does.
        """
        stretch = (self.iteration - 1) % LOOK + 1
        self.check()
        loss, wrong = self.step.read()
        images = stretch * self.recipe.batch
        self.latest = loss / images, 100 * wrong / images
        self.seen = [self.seen[0] + loss, self.seen[1] + wrong]
        self.images += images
        if self.latest[1] < WARM_UP_ERROR:
            self.warm = True

    def check(self) -> None:
        """Raise TrainingError where the loss or a weight is no number. Waits for the device.

        The loss alone is not enough: that of an iteration is of the weights before its update.
        """
        self.step.synchronize()
        values = [t for t in self.net.state_dict().values() if t.is_floating_point()]
        broken = ~torch.stack([value.isfinite().all() for value in values]).all()
        loss, weights = self.world.summed(torch.stack((self.step.sums[0], broken.double()))).tolist()
        if not math.isfinite(loss) or weights:
            what = "the loss" if not math.isfinite(loss) else "a weight or a statistic of BN"
            raise TrainingError(
                f"{what} is no finite number at iteration {self.iteration}: too high a rate for the network does that,"
                " and so do damaged images"
            )

    def measure(self) -> Row:
        """Evaluate on the test images, and keep a row. To be called after a look."""
        answers = self.evaluate()
        loss, error = self.seen[0] / max(1, self.images), 100 * self.seen[1] / max(1, self.images)
        epoch = self.iteration * self.recipe.batch / self.step.order.images
        rate = self.step.optimizer.param_groups[0]["lr"]
        row = Row(self.iteration, epoch, rate, loss, error, answers.loss, answers.error, self.seconds)
        self.rows.append(row)
        self.seen, self.images = [0.0, 0.0], 0
        return row

    def evaluate(self) -> Answers:
        """Error and loss on the test images, as the network is now."""
        self.step.synchronize()
        return evaluate(self.net, self.test, self.views, self.recipe.precision, self.recipe.channels_last)

    def state(self) -> dict[str, Any]:
        """All that it needs to go on. All processes must ask for it together. Raises TrainingError, as `check` does."""
        self.check()
        return {
            "recipe": to_plain(self.recipe),
            "seed": self.seed,
            "iteration": self.iteration,
            "warm": self.warm,
            "seconds": self.seconds,
            "rows": [asdict(row) for row in self.rows],
            "seen": self.seen,
            "images": self.images,
            "latest": list(self.latest),
            "sums": self.world.summed(self.step.sums).cpu(),
            "net": self.net.state_dict(),
            "optimizer": self.step.optimizer.state_dict(),
            "mean": self.views.mean.cpu(),
            "deviation": None if self.views.std is None else self.views.std.cpu(),
            "random": torch.get_rng_state(),
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from there; the recipe and the seed must be those of `state`."""
        self.net.load_state_dict(state["net"])
        self.step.optimizer.load_state_dict(state["optimizer"])
        self.step.forget()
        if self.world.writes:  # the sums are of all processes
            self.step.sums.copy_(state["sums"])
        self.iteration, self.warm = state["iteration"], state["warm"]
        self.rows = [Row(**row) for row in state["rows"]]
        self.seen, self.images, self.latest = list(state["seen"]), state["images"], tuple(state["latest"])
        self.first, self.before, self.begin = self.iteration, state["seconds"], time.monotonic()
        torch.set_rng_state(state["random"])
