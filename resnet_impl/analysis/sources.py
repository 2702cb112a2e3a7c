"""Where networks come from: a bundled constructor, a run of the trainer, or anyone's factory."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

import resnet_impl
from resnet_impl.analysis.errors import AnalysisError, said
from resnet_impl.analysis.networks import UNTRAINED, Network, opened
from resnet_impl.cifar10 import checkpoint
from resnet_impl.cifar10.errors import TrainingError
from resnet_impl.cifar10.evaluate import read_trained
from resnet_impl.cifar10.models import build
from resnet_impl.cifar10.recipe import Recipe

MANY = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def bundled(name: str, seed: int = 0) -> Network:
    """A constructor of this package by its name, or one of the trainer's names, with initial weights from `seed`.

    resnet50 is the network of Table 1, as the constructor is; of the trainer's names those count that no constructor
    has. Raises AnalysisError.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            net = _construct(name)
        except TrainingError as error:
            raise AnalysisError(
                f"{error}. Constructors of resnet_impl do as well, such as resnet50 or plain34"
            ) from error
    return opened(net, None, name, UNTRAINED, short=True)


def _construct(name: str) -> nn.Module:
    if name.startswith("lowlevel_"):
        raise AnalysisError(f"{name} has no modules to open: take the same network as {name.removeprefix('lowlevel_')}")
    made = (
        getattr(resnet_impl, name) if name in resnet_impl.__all__ and not name.startswith(("rename", "init")) else None
    )
    if made is None or isinstance(made, type):
        return build(name)
    net: nn.Module = made()
    return net


def trained(path: Path, model: str | None = None) -> Network:
    """What the trainer of this package left in that folder or file, or weights as .safetensors for `model`.

    Raises TrainingError where it is neither.
    """
    found = read_trained(path, model)
    if found.recipe is None:
        return opened(found.net, None, str(model), f"weights of {path.name}", short=False)
    state = checkpoint.load(path / checkpoint.NAME if path.is_dir() else path)
    done, synthetic = state["iteration"], state["about"]["synthetic"]
    planned, paper = found.recipe.iterations, Recipe().iterations
    short = synthetic or planned != paper or done < planned
    begun = f"trained {done:,} of" if done < planned or planned == paper else "trained in a run of"
    sentence = f"{begun} {planned:,} iterations"
    sentence += f" ({paper:,} in the paper)" if planned != paper else ""
    sentence += f", seed {state['seed']}" + (", on synthetic images" if synthetic else "")
    network = opened(found.net, None, found.recipe.model, sentence, short)
    network.views = found.views
    return network


def foreign(address: str, blocks: list[str] | None, weights: Path | None, seed: int = 0) -> Network:
    """What `package.module:factory` or `path/to/file.py:factory` returns, called without arguments.

    `weights` is a state_dict of it, .safetensors or .pth (read without running any code in it). Raises AnalysisError.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = _call(address)
    label = address.rpartition(":")[2]
    if weights is None:
        return opened(net, blocks, label, UNTRAINED, short=True)
    try:
        net.load_state_dict(_read(weights))
    except RuntimeError as error:
        reason = str(error).splitlines()[1 if "\n" in str(error) else 0].strip()
        raise AnalysisError(f"{weights} does not fit {address}: {reason}") from error
    return opened(net, blocks, label, f"weights of {weights.name}", short=False)


def _call(address: str) -> nn.Module:
    where, colon, name = address.rpartition(":")
    if not colon or not where or not name:
        raise AnalysisError(f"--target is package.module:factory or path/to/file.py:factory, not {address!r}")
    try:
        module = _import(where)
    except AnalysisError:
        raise
    except (Exception, SystemExit) as error:
        raise AnalysisError(f"cannot import {where}: {said(error)}") from error
    factory = getattr(module, name, None)
    if not callable(factory):
        near = difflib.get_close_matches(name, [each for each in vars(module) if callable(getattr(module, each))], 1)
        raise AnalysisError(f"{where} has no factory {name!r}" + (f" (did you mean {near[0]!r}?)" if near else ""))
    if needed := _needed(factory):
        raise AnalysisError(f"{address} needs the arguments {', '.join(needed)}: name a factory that takes none")
    try:
        net = factory()
    except (Exception, SystemExit) as error:
        raise AnalysisError(f"{address} could not be called: {said(error)}") from error
    if not isinstance(net, nn.Module):
        raise AnalysisError(f"{address} returns a {type(net).__name__}, no nn.Module")
    return net


def _needed(factory: Callable[..., object]) -> list[str]:
    """Its arguments that have no default; none where Python cannot tell."""
    try:
        parameters = inspect.signature(factory).parameters.values()
    except (TypeError, ValueError):
        return []
    return [each.name for each in parameters if each.default is each.empty and each.kind not in MANY]


def _import(where: str) -> ModuleType:
    if not where.endswith(".py"):
        if str(Path.cwd()) not in sys.path:
            sys.path.insert(0, str(Path.cwd()))
        return importlib.import_module(where)
    path = Path(where)
    if not path.is_file():
        raise AnalysisError(f"there is no file {where}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    spec.loader.exec_module(module)
    return module


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        found = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise AnalysisError(f"{path} holds more than tensors and numbers: save the state_dict alone") from error
    except Exception as error:
        raise AnalysisError(f"cannot read the weights {path}: {said(error)}") from error
    if not isinstance(found, dict):
        raise AnalysisError(f"{path} holds no state_dict")
    return found
