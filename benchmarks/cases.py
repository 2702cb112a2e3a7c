"""What is measured: cases (what is done, by which network, on how many images), and the ways to do it side by side.

All contenders of a case compute the same function with the same weights: the networks that torchvision and timm ship,
which are ResNet-18 and 34 with option B, and deeper ones with the stride on the 3x3 (v1.5 in the spec). ResNet-20, 56
and 110 for 32x32 images are option A and in neither library.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["forward", "backward", "step"]
Precision = Literal["fp32", "tf32", "bf16"]
KINDS: tuple[Kind, ...] = ("forward", "backward", "step")
PRECISIONS: tuple[Precision, ...] = ("fp32", "tf32", "bf16")


@dataclass(frozen=True, slots=True)
class Model:
    """A network by its name in the libraries, and the architecture of the spec that it is."""

    name: str
    architecture: str
    size: int
    classes: int


MODELS = {
    model.name: model
    for model in (
        Model("resnet18", "imagenet/resnet18-B", 224, 1000),
        Model("resnet34", "imagenet/resnet34-B", 224, 1000),
        Model("resnet50", "imagenet/resnet50-v1.5", 224, 1000),
        Model("resnet101", "imagenet/resnet101-v1.5", 224, 1000),
        Model("resnet152", "imagenet/resnet152-v1.5", 224, 1000),
        Model("resnet20", "cifar10/resnet20", 32, 10),
        Model("resnet56", "cifar10/resnet56", 32, 10),
        Model("resnet110", "cifar10/resnet110", 32, 10),
    )
}


LARGEST_NAME = "largest batch"
LARGEST = 0  # in the place of a batch: as many images as fit


@dataclass(frozen=True, slots=True)
class Case:
    """One group of the tables. `batch` may be LARGEST, until it is known."""

    kind: Kind
    model: Model
    batch: int
    size: int

    def __str__(self) -> str:
        name = {"forward": "forward (eval)", "backward": "forward and backward", "step": "training step"}[self.kind]
        return f"{name}, {self.model.name} at {self.size}, {f'batch {self.batch}' if self.batch else LARGEST_NAME}"


@dataclass(frozen=True, slots=True)
class Way:
    """One contender: whose network, at which precision (bf16: autocast, but for `fast`), in which configuration."""

    library: str
    precision: Precision
    mode: str = "eager"

    def __str__(self) -> str:
        return f"{self.library} {self.precision} {self.mode}"


OURS = "resnet_impl"
LIBRARIES = ("torchvision", "timm", OURS)
MODES = ("eager", "channels_last", "compiled", "graph", "fast")


def all_ways(precisions: Sequence[Precision]) -> list[Way]:
    """Every contender; what cannot be done says so when it is its turn.

    Of the libraries the configurations that their users know, of ours all.
    """
    ways = []
    for precision in precisions:
        ways += [Way(library, precision, mode) for library in LIBRARIES[:2] for mode in ("eager", "compiled")]
        ways += [Way(OURS, precision, mode) for mode in MODES]
    return ways


def some_ways(precisions: Sequence[Precision]) -> list[Way]:
    """Those of a default run on a CPU: what compiles takes longer to prepare than to measure."""
    full: Precision = precisions[0]
    ways = [Way(library, full) for library in LIBRARIES] + [Way(OURS, full, "channels_last")]
    return [*ways, Way(OURS, "bf16" if "bf16" in precisions else full, "fast")]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for. Empty: the default of the device."""

    device: str = "cpu"
    precisions: tuple[Precision, ...] = ()
    models: tuple[str, ...] = ()
    batches: tuple[int, ...] = ()
    quick: bool = False
    smoke: bool = False


# What is meant to take less than four minutes on two cores, in all: kind, model, batch.
ON_CPU: tuple[tuple[Kind, str, int], ...] = (
    ("forward", "resnet18", 1),
    ("forward", "resnet50", 1),
    ("forward", "resnet50", 8),
    ("forward", "resnet20", 32),
    ("backward", "resnet18", 2),
    ("step", "resnet20", 32),
)
ON_CPU_QUICK = ON_CPU[0], ON_CPU[5]
ON_GPU: tuple[tuple[Kind, str, int], ...] = (
    ("forward", "resnet18", 256),
    ("forward", "resnet50", 1),
    ("forward", "resnet50", 32),
    ("forward", "resnet50", 256),
    ("backward", "resnet50", 256),
    ("step", "resnet50", 256),
    ("forward", "resnet20", 128),
    ("step", "resnet20", 128),
    ("step", "resnet110", 128),
    ("step", "resnet50", LARGEST),
)
ON_GPU_QUICK = ON_GPU[1], ON_GPU[7]
SMOKE_SIZES = {224: 64, 32: 16}  # of images, so that a smoke test takes seconds


def precisions_of(gpu: bool, bf16: bool = True) -> tuple[Precision, ...]:
    """Those that a device computes itself. A GPU without bf16 is older than TF32, too."""
    return (PRECISIONS if gpu else ("fp32", "bf16")) if bf16 else ("fp32",)


def plan(wanted: Wanted) -> Iterator[tuple[Case, Way]]:
    """All cases with their contenders, those of one case one behind the other."""
    gpu = wanted.device != "cpu"
    precisions = wanted.precisions or precisions_of(gpu)
    if wanted.models or wanted.batches:
        batches = wanted.batches or ((1, 32, 256) if gpu else (1,))
        names = wanted.models or (("resnet50", "resnet20") if gpu else ("resnet18", "resnet20"))
        chosen = [(kind, name, batch) for kind in KINDS for name in names for batch in batches]
    elif gpu:
        chosen = list(ON_GPU_QUICK if wanted.quick else ON_GPU)
    else:
        chosen = list(ON_CPU_QUICK if wanted.quick else ON_CPU)
    if wanted.smoke:  # one network of each size, each kind once
        chosen = [("forward", "resnet18", 2), ("backward", "resnet20", 2), ("step", "resnet20", 2)]
    for kind, name, batch in chosen:
        model = MODELS[name]
        size = SMOKE_SIZES[model.size] if wanted.smoke else model.size
        case = Case(kind, model, batch, size)
        every = gpu or wanted.models or wanted.batches
        # beside each other contenders of all precisions leave little room for a large batch
        chosen_precisions = precisions[-1:] if batch == LARGEST else precisions
        ways = all_ways(chosen_precisions) if every else some_ways(chosen_precisions)
        absent = LIBRARIES[:2] if model.size == 32 else ()  # neither library has networks for 32x32 images
        yield from ((case, way) for way in ways if way.library not in absent)
