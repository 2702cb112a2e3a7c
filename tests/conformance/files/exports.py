"""Networks as files: one network, exported in every way, each once for all tests of a process."""

from __future__ import annotations

import functools
import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import torch
from torch import nn

FOLDER = Path(mkdtemp(prefix="resnet-files-"))


def trained(module: nn.Module, seed: int = 0) -> nn.Module:
    """The network with BN and biases as after training: no statistic is 0 or 1, no beta and no bias is 0."""
    generator = torch.Generator().manual_seed(seed)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            for tensor, around in ((part.weight, 1.0), (part.bias, 0.0), (part.running_mean, 0.0)):
                tensor.data.normal_(around, 0.1, generator=generator)
            part.running_var.uniform_(0.5, 1.5, generator=generator)  # type: ignore[union-attr, operator]
        if isinstance(part, (nn.Linear, nn.Conv2d)) and part.bias is not None:
            part.bias.data.normal_(0, 0.1, generator=generator)
    return module.eval()


def export(module: nn.Module, path: Path, way: str, shape: tuple[int, ...] = (1, 3, 32, 32)) -> Path:
    """Write the network to the path: "legacy", "legacy-dynamic", "legacy-kept" (no folding),
    "legacy-opset11" (as that), "dynamo", "dynamo-dynamic", "pt2", "pt2-train", "pt2-core" (decomposed), "pt2-dynamic".
    """
    x = torch.randn(shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before, logging.root.manager.disable = logging.root.manager.disable, logging.ERROR
        try:
            WAYS[way](module, x, path)
        finally:
            logging.root.manager.disable = before
    return path


def _legacy(module: nn.Module, x: torch.Tensor, path: Path, **options: Any) -> None:
    torch.onnx.export(module, (x,), str(path), dynamo=False, input_names=["x"], **options)


def _dynamo(module: nn.Module, x: torch.Tensor, path: Path, **options: Any) -> None:
    torch.onnx.export(module, (x,), str(path), dynamo=True, external_data=False, verbose=False, **options)


def _pt2(module: nn.Module, x: torch.Tensor, path: Path, core: bool = False, **options: Any) -> None:
    program = torch.export.export(module, (x,), **options)
    torch.export.save(program.run_decompositions() if core else program, str(path))


def _training(module: nn.Module, x: torch.Tensor, path: Path) -> None:
    try:
        _pt2(module.train(), torch.cat([x, x]), path)
    finally:
        module.eval()


FREE = {0: torch.export.Dim.DYNAMIC, 2: torch.export.Dim.DYNAMIC, 3: torch.export.Dim.DYNAMIC}
KEPT = {"training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False}
WAYS: dict[str, Callable[[nn.Module, torch.Tensor, Path], None]] = {
    "legacy": _legacy,
    "legacy-dynamic": functools.partial(_legacy, dynamic_axes={"x": {0: "n", 2: "h", 3: "w"}}),
    "legacy-kept": functools.partial(_legacy, **KEPT),
    "legacy-opset11": functools.partial(_legacy, opset_version=11, **KEPT),
    "dynamo": _dynamo,
    "dynamo-dynamic": lambda m, x, path: _dynamo(m, torch.cat([x, x]), path, dynamic_shapes=(FREE,)),
    "pt2": _pt2,
    "pt2-core": functools.partial(_pt2, core=True),
    "pt2-train": _training,
    "pt2-dynamic": lambda m, x, path: _pt2(m, torch.cat([x, x]), path, dynamic_shapes=(FREE,)),
}


@functools.cache
def network(name: str) -> nn.Module:
    """A network of the bundled implementation or of torchvision, with BN as after training."""
    import torchvision

    import resnet_impl

    torch.manual_seed(0)
    makers: dict[str, Callable[[], nn.Module]] = {
        "resnet20": resnet_impl.cifar_resnet20,
        "resnet20-B": lambda: resnet_impl.cifar_resnet20(shortcut="B"),
        "resnet18": torchvision.models.resnet18,
        "preresnet20": lambda: resnet_impl.cifar_preresnet(3),
    }
    return trained(makers[name]())


@functools.cache
def exported(name: str, way: str) -> str:
    """The path of that network, exported in that way."""
    size = 224 if name == "resnet18" else 32
    path = FOLDER / f"{name}-{way}{'.pt2' if way.startswith('pt2') else '.onnx'}"
    return str(export(network(name), path, way, (1, 3, size, size)))
