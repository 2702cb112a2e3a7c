"""One iteration: cut the images, forward, backward, update, and nothing that the device would be waited for.

On a GPU all of it is one CUDA graph, captured by hand, that takes the next batch from tables on the device: an
iteration is then a single launch.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the customary name
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from resnet_impl.cifar10.data import Split
from resnet_impl.cifar10.norms import Ghost
from resnet_impl.cifar10.order import Order
from resnet_impl.cifar10.recipe import Recipe, make_optimizer
from resnet_impl.cifar10.views import Views
from resnet_impl.cifar10.world import World

TABLE = 500  # iterations whose batches are drawn at once
REHEARSALS = 3  # iterations before a graph is captured: the libraries choose their kernels in them


class Step:
    """The moving parts of one training: network, optimizer, the batches to come, and what was seen.

    `sums` is float64 (2,): loss and wrong answers of all images since `read`.
    """

    def __init__(
        self, net: nn.Module, recipe: Recipe, train: Split, views: Views, seed: int, world: World, graphs: bool = True
    ) -> None:
        self.recipe, self.train, self.views, self.world = recipe, train, views, world
        self.device, self.mine = world.device, world.share(recipe.batch)
        self.order = Order(len(train), recipe.batch, seed)
        self.net = net
        self.optimizer = make_optimizer(net, recipe, fused=True)
        self.run: Callable[[Tensor], Tensor] = self._wrapped(net)
        self.sums = torch.zeros(2, dtype=torch.float64, device=self.device)
        self.position = torch.zeros(1, dtype=torch.int64, device=self.device)  # within the tables
        images = self.mine.stop - self.mine.start
        self.rows = torch.zeros(TABLE, images, dtype=torch.int64, device=self.device)
        self.offsets = torch.zeros(TABLE, images, 3, dtype=torch.int64, device=self.device)
        self.filled = range(0)  # the iterations that the tables hold
        self.graphs = graphs and self.device.type == "cuda" and world.size == 1
        self.graph: torch.cuda.CUDAGraph | None = None
        self.stream: Any = (
            torch.cuda.Stream(self.device) if self.device.type == "cuda" else None  # type: ignore[no-untyped-call]
        )
        self.rehearsed = 0

    def _wrapped(self, net: nn.Module) -> nn.Module:
        """The network with what the recipe and the number of processes put around it."""
        found = net if self.recipe.ghost is None else Ghost(net, self.recipe.ghost)
        if self.recipe.compiled:
            found = torch.compile(found)  # type: ignore[assignment]
        if self.world.size > 1:
            devices = [self.device] if self.device.type == "cuda" else None
            found = DistributedDataParallel(found, device_ids=devices)
        return found

    def set_rate(self, rate: float) -> None:
        """The learning rate from now on. A graph holds its rate and is captured again."""
        if rate != self.optimizer.param_groups[0]["lr"]:
            for group in self.optimizer.param_groups:
                group["lr"] = rate
            self.graph = None

    def take(self, iteration: int) -> None:
        """One iteration, counted from 0."""
        self._fill(iteration)
        with torch.cuda.stream(self.stream) if self.stream is not None else nullcontext():
            if self.graph is not None:
                self.graph.replay()
            elif not self.graphs or self.rehearsed < REHEARSALS:
                self._once()
                self.rehearsed += 1
            else:
                self._capture()

    def _fill(self, iteration: int) -> None:
        """Draw the batches from this iteration on, unless they stand in the tables."""
        if iteration in self.filled:
            return
        # Drawn while a GPU still works: the first copy waits for it.
        rows, offsets = (draw(iteration, TABLE)[:, self.mine] for draw in (self.order.rows, self.order.offsets))
        if self.stream is not None:
            torch.cuda.current_stream(self.device).wait_stream(self.stream)
        self.rows.copy_(rows)
        self.offsets.copy_(offsets)
        self.position.zero_()
        self.filled = range(iteration, iteration + TABLE)
        if self.stream is not None:
            self.stream.wait_stream(torch.cuda.current_stream(self.device))

    def _once(self) -> None:
        rows = self.rows.index_select(0, self.position)[0]
        offsets = self.offsets.index_select(0, self.position)[0]
        self.position += 1
        images = self.views.cut(self.train.images.index_select(0, rows), offsets)
        labels = self.train.labels.index_select(0, rows)
        if self.recipe.channels_last:
            images = images.to(memory_format=torch.channels_last)
        bf16 = self.recipe.precision == "bf16"
        with torch.autocast(self.device.type, torch.bfloat16) if bf16 else nullcontext():
            logits = self.run(images)
        loss = F.cross_entropy(logits.float(), labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        with torch.no_grad():
            wrong = (logits.argmax(1) != labels).sum()
            self.sums += torch.stack((loss.detach().double() * len(labels), wrong.double()))

    def _capture(self) -> None:
        """Record an iteration as a graph, and run it: capturing computes nothing."""
        self.graph = torch.cuda.CUDAGraph()
        torch.cuda.synchronize(self.device)
        with torch.cuda.graph(self.graph, stream=self.stream):
            self._once()
        self.graph.replay()

    def forget(self) -> None:
        """What was prepared for the iterations to come is not for the weights and the place that are loaded."""
        self.filled, self.graph, self.rehearsed = range(0), None, 0
        self.sums.zero_()

    def read(self) -> tuple[float, float]:
        """Loss and wrong answers of all processes since the last time; waits for the device."""
        self.synchronize()
        loss, wrong = self.world.summed(self.sums).tolist()
        self.sums.zero_()
        self.synchronize()
        return loss, wrong

    def synchronize(self) -> None:
        """Until the device has done all of it."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
