"""Every ResNet of the world's libraries that can be built here without a download: what `docs/matrix.*` has rows for.

The libraries list themselves, so that a network that a new version adds gets its row. Classes do not make another
network: of pytorchcv's nets for CIFAR-10, CIFAR-100, SVHN and CUB those for CIFAR-10 stand here.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

FACTORIES = "tests/thirdparty/factories.py"
FAMILY = re.compile(r"(wide_)?resne(x?t|ta|tabc|tbc|td)|preresnet|wrn\d")
# Where a library has none that can be built: why.
ABSENT = {"torchxrayvision": "its ResNets are built by downloading weights alone (torchvision's ResNet-50 and -101)"}


@dataclass(frozen=True, slots=True)
class Member:
    """One network: whose it is, what it is called there, and how it is built."""

    library: str
    name: str
    target: str
    kwargs: Mapping[str, object] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.library}/{self.name}"


@dataclass(frozen=True, slots=True)
class Library:
    """What it is installed as, imported as, and which networks it lists."""

    package: str
    module: str
    names: Callable[[], list[str]]
    target: str  # with {name} where the address has it
    kwargs: Callable[[str], Mapping[str, object]] = lambda name: {}

    @property
    def installed(self) -> str | None:
        """Its version, None where it is not installed."""
        try:
            return version(self.package) if find_spec(self.module) is not None else None
        except PackageNotFoundError:
            return None

    def members(self) -> Iterator[Member]:
        """Its networks, by name."""
        for name in sorted(self.names()):
            yield Member(self.package, name, self.target.format(name=name), self.kwargs(name))


def _of_torchvision() -> list[str]:
    models = import_module("torchvision.models")
    return [name for name in models.list_models(module=models) if FAMILY.match(name)]


def _of_timm() -> list[str]:
    patterns = ("resnet*", "resnetv2_*", "wide_resnet*", "resnext*")
    return list({name for pattern in patterns for name in import_module("timm").list_models(pattern)})


def _of_pytorchcv() -> list[str]:
    known = import_module("pytorchcv.model_provider")._models
    return [name for name in known if FAMILY.match(name) and not name.endswith(("_cifar100", "_svhn", "_cub"))]


def _of_fastai() -> list[str]:
    listed = vars(import_module("fastai.vision.models.xresnet"))
    return [name for name in listed if re.match(r"xresnet\d", name)]


def _of_smp() -> list[str]:
    encoders = import_module("segmentation_models_pytorch.encoders")
    return [name for name in encoders.get_encoder_names() if FAMILY.match(name)]


def _of_monai() -> list[str]:
    return [name for name in vars(import_module("monai.networks.nets.resnet")) if re.fullmatch(r"resnet\d+", name)]


def _of_lightly() -> list[str]:
    return [f"resnet-{depth}" for depth in (9, 18, 34, 50, 101, 152)]


def _of_factories(prefix: str) -> Callable[[], list[str]]:
    """Those that factories.py makes: of libraries that take a configuration."""

    def names() -> list[str]:
        from tests.thirdparty import factories

        return [name for name in vars(factories) if name.startswith(prefix)]

    return names


LIBRARIES = (
    Library("torchvision", "torchvision", _of_torchvision, "torchvision.models:{name}"),
    Library("timm", "timm", _of_timm, "timm:create_model", lambda name: {"model_name": name}),
    Library("transformers", "transformers", _of_factories("hf_"), f"{FACTORIES}:{{name}}"),
    Library("pytorchcv", "pytorchcv", _of_pytorchcv, "pytorchcv.model_provider:get_model", lambda name: {"name": name}),
    Library("labml-nn", "labml_nn", _of_factories("labml_"), f"{FACTORIES}:{{name}}"),
    Library(
        "monai",
        "monai",
        _of_monai,
        "monai.networks.nets:{name}",
        lambda name: {"spatial_dims": 2, "n_input_channels": 3, "num_classes": 1000},
    ),
    Library(
        "segmentation-models-pytorch",
        "segmentation_models_pytorch",
        _of_smp,
        "segmentation_models_pytorch.encoders:get_encoder",
        lambda name: {"name": name, "weights": None},
    ),
    Library("fastai", "fastai", _of_fastai, "fastai.vision.models.xresnet:{name}"),
    Library("lightly", "lightly", _of_lightly, "lightly.models:ResNetGenerator", lambda name: {"name": name}),
    Library("pycls", "pycls", _of_factories("pycls_"), f"{FACTORIES}:{{name}}"),
)


def members() -> list[Member]:
    """All networks of the libraries that are installed. What the libraries warn of when imported is theirs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [one for library in LIBRARIES if library.installed is not None for one in library.members()]
