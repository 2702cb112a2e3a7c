"""A network whose blocks can be opened: shut a block, run it, take its shortcuts away."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from resnet_impl.analysis.errors import AnalysisError, said
from resnet_impl.analysis.gates import Gate, Mode, PlainBlock, gated
from resnet_impl.blocks import BasicBlockV1, BottleneckV1
from resnet_impl.cifar10.views import Views
from resnet_impl.preactivation import ResidualUnit

Kind = Literal["identity", "projection", "downsampling", "plain", "plain downsampling"]
UNTRAINED = "untrained: random initial weights"
BUNDLED = (BasicBlockV1, BottleneckV1, ResidualUnit)


@dataclass(slots=True, eq=False)
class Block:
    """One block: its place, and the gate in it. Shapes are of one image, known after `Network.survey`."""

    name: str
    module: nn.Module
    gate: Gate | PlainBlock
    came: tuple[int, ...] = ()
    went: tuple[int, ...] = ()
    untouched: bool = False  # does the shortcut put out what it is given?
    cut: bool = False  # of a plain twin: is the shortcut that is there never used?

    @property
    def residual(self) -> bool:
        """Has it a shortcut?"""
        return isinstance(self.gate, Gate) and not self.cut

    @property
    def kind(self) -> Kind:
        """Downsampling blocks put out smaller maps; else a shortcut is the identity, or projects."""
        smaller = self.came[1:] != self.went[1:]
        if not self.residual:
            return "plain downsampling" if smaller else "plain"
        if smaller:
            return "downsampling"
        return "identity" if self.untouched else "projection"


@dataclass(slots=True, eq=False)
class Network:
    """`net` is in eval mode. `label` is for legends, `training` a sentence on how far it was trained.

    `short` says that a picture must not be taken for one of a trained network; `views` is how the images of its
    training were normalised.
    """

    net: nn.Module
    blocks: list[Block]
    label: str
    training: str
    short: bool
    views: Views | None = None

    @property
    def fresh(self) -> bool:
        """Has it its initial weights, and BN no statistics?"""
        return self.training == UNTRAINED

    def set(self, mode: Mode, blocks: Sequence[Block] | None = None) -> None:
        """Put the gates of these blocks, or of all, in that mode."""
        for block in self.blocks if blocks is None else blocks:
            block.gate.mode = mode

    @contextmanager
    def mode(self, mode: Mode, blocks: Sequence[Block]) -> Iterator[None]:
        """These blocks in that mode for a while, then as they were."""
        before = [block.gate.mode for block in blocks]
        self.set(mode, blocks)
        try:
            yield
        finally:
            for block, was in zip(blocks, before, strict=True):
                block.gate.mode = was

    @torch.no_grad()
    def survey(self, images: Tensor) -> None:
        """Run it once, for the shapes of the blocks.

        Raises AnalysisError where it cannot take these images, or does not run each block once, in their order.
        """
        order: list[str] = []

        def note(block: Block, given: tuple[Tensor, ...], put_out: Tensor) -> None:
            order.append(block.name)
            block.came, block.went = tuple(given[0].shape[1:]), tuple(put_out.shape[1:])
            if isinstance(block.gate, Gate) and block.gate.seen is not None:
                block.untouched = torch.equal(block.gate.seen[1], given[0])
                block.gate.keep, block.gate.seen = False, None

        hooks = [
            block.module.register_forward_hook(lambda _, given, out, block=block: note(block, given, out))
            for block in self.blocks
        ]
        for block in self.blocks:
            if isinstance(block.gate, Gate):
                block.gate.keep = True
        try:
            out = self.net(images[:2])
        except Exception as error:
            raise AnalysisError(
                f"{self.label} cannot be run on images of {tuple(images.shape[1:])}: {said(error)}"
            ) from error
        finally:
            for hook in hooks:
                hook.remove()
        if not isinstance(out, Tensor) or out.ndim != 2:
            raise AnalysisError(f"{self.label} puts out no logits (N, classes): a classifier is wanted")
        if idle := [block.name for block in self.blocks if not block.went]:
            raise AnalysisError(f"the block {idle[0]} of {self.label} is never run: it cannot be one of --blocks")
        if again := [name for name in order if order.count(name) > 1]:
            raise AnalysisError(
                f"the block {again[0]} of {self.label} is run more than once: it cannot be one of --blocks"
            )
        if order != [block.name for block in self.blocks]:
            raise AnalysisError(f"the blocks of {self.label} run in another order: write --blocks {','.join(order)}")

    @torch.no_grad()
    def settle(self, images: Tensor) -> None:
        """Give every BN the statistics of these images, as an untrained network has none of its own.

        Of these images it puts out afterwards what it does in train mode.
        """

        def keep(norm: nn.BatchNorm2d, given: Tensor) -> None:
            assert norm.running_mean is not None
            assert norm.running_var is not None
            norm.running_mean.copy_(given.mean((0, 2, 3)))
            norm.running_var.copy_(given.var((0, 2, 3), correction=0))  # what BN divides by; torch keeps another

        hooks = [
            module.register_forward_hook(lambda norm, given, out: keep(norm, given[0]))
            for module in self.net.modules()
            if isinstance(module, nn.BatchNorm2d) and module.running_var is not None
        ]
        self.net.train()
        try:
            self.net(images)
        finally:
            self.net.eval()
            for hook in hooks:
                hook.remove()

    def twin(self) -> Network:
        """The plain twin: a copy in which every gate lets F alone pass, the weights being the same.

        He et al. 2015, section 3.3: a plain net is the residual one without its shortcuts. Raises AnalysisError where
        there are no shortcuts.
        """
        if not any(block.residual for block in self.blocks):
            raise AnalysisError(f"{self.label} is plain: it has no plain twin")
        other = copy.deepcopy(self)
        other.label = f"{self.label} without shortcuts"
        for block in other.blocks:
            block.gate.mode, block.cut = "plain", block.residual
        return other


def opened(
    net: nn.Module, names: Sequence[str] | None, label: str, training: str = UNTRAINED, short: bool = True
) -> Network:
    """`net`, its blocks gated in place. `names` are its blocks in the order of computation; None: this package's own.

    Raises AnalysisError for a name that is no module, or a block that cannot be read.
    """
    net.eval()
    if names is None:
        names = [name for name, module in net.named_modules() if isinstance(module, BUNDLED)]
        if not names:
            raise AnalysisError(
                f"{label} has no blocks of this package: name the modules that are its blocks with --blocks, in order,"
                " such as layer1.0,layer1.1"
            )
    modules = dict(net.named_modules())
    blocks: list[Block] = []
    for name in names:
        if names.count(name) > 1:
            raise AnalysisError(f"{name} of {label} is named twice in --blocks")
        if around := [each for each in names if name.startswith(f"{each}.")]:
            raise AnalysisError(f"{name} of {label} lies in the block {around[0]}: name one of them in --blocks")
        if name not in modules:
            near = ", ".join(list(modules)[1:9])
            raise AnalysisError(f"{label} has no module {name!r}, named in --blocks; its modules begin with {near}")
        try:
            module = gated(modules[name])
        except AnalysisError as error:
            raise AnalysisError(f"{name} of {label}: {error}") from error
        parent, _, own = name.rpartition(".")
        setattr(modules[parent], own, module)
        blocks.append(Block(name, module, module if isinstance(module, PlainBlock) else module.gate))  # type: ignore[arg-type]
    return Network(net, blocks, label, training, short)
