"""From what the user names to something that builds the network: importing, constructing, and saying
well what went wrong.

A target's code is a stranger's: it may print, ask, exit, parse our command line, or change torch's settings.
"""

from __future__ import annotations

import copy
import difflib
import functools
import importlib
import importlib.util
import itertools
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import torch
from torch import nn

from ..file_facts import FileFacts
from ..findings import TargetInfo
from ..kinds import is_network_file, is_weights_file
from .isolation import ALONE, default_device_kept, quiet, settings_kept
from .limits import exposed
from .places import below, is_module, missing_words, place_of
from .problems import Expired, KeywordError, TargetError, last_line
from .signatures import check_arguments

Device = Literal["meta", "cpu"]
_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class LoadedTarget:
    """A target that was found. `instance` is the user's own module, which is never changed; else
    `factory` constructs one.
    """

    info: TargetInfo
    factory: Callable[..., object] | None = None
    instance: nn.Module | None = None
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    folder: str | None = None
    file: FileFacts | None = None  # of a network that was read from an .onnx or .pt2 file

    def build(self, device: Device = "cpu") -> nn.Module:
        """A network on the device: constructed by the factory, or a copy of the user's instance. Raises
        TargetError.

        On meta nothing is initialised, and constructing costs next to nothing; on the CPU initial
        weights are as they come.
        """
        if self.instance is not None:
            with ALONE:
                return exposed(lambda: copy.deepcopy(self.instance).to(device))  # type: ignore[union-attr]
        assert self.factory is not None
        with ALONE, settings_kept(), quiet(), neighbours(self.folder), ExitStack() as stack:
            if device == "meta":
                stack.enter_context(torch.device("meta"))
                stack.enter_context(initialisation_off())
            stack.enter_context(default_device_kept())
            made = guarded(lambda: self.factory(**self.kwargs), self.info.address, "construct")  # type: ignore[misc]
        if not isinstance(made, nn.Module):
            raise TargetError(
                f"{self.info.address} returned {type(made).__name__}, not a torch.nn.Module: name a function"
                " that makes the network"
            )
        return made


@contextmanager
def initialisation_off() -> Iterator[None]:
    """torch.nn.init's functions leave the tensor as it is: on meta there is nothing to fill.

    A library that is imported meanwhile may keep what it finds there, so the stand-ins are torch's own functions again
    as soon as this ends.
    """
    names = [name for name in vars(nn.init) if name.endswith("_") and not name.startswith("_")]
    saved = {name: getattr(nn.init, name) for name in names}
    active = True

    def stand_in(function: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
        @functools.wraps(function)
        def fill(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
            return tensor if active else function(tensor, *args, **kwargs)

        return fill

    try:
        for name, function in saved.items():
            setattr(nn.init, name, stand_in(function))
        yield
    finally:
        active = False
        for name, function in saved.items():
            setattr(nn.init, name, function)


@contextmanager
def neighbours(folder: str | None) -> Iterator[None]:
    """A file's folder comes first in the search for imports, as when the file is run by itself."""
    if folder is None:
        yield
        return
    path = list(sys.path)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path[:] = path


def guarded(call: Callable[[], Any], address: str, doing: str) -> Any:
    """Run a stranger's code; whatever it throws becomes a TargetError."""
    try:
        return exposed(call)
    except (TargetError, KeyboardInterrupt, Expired):
        raise
    except SyntaxError as error:
        raise TargetError(f"cannot {doing} {address}: {error.msg} ({error.filename}, line {error.lineno})") from error
    except SystemExit as error:
        raise TargetError(
            f"cannot {doing} {address}: it calls sys.exit ({error.code!r}). Move what runs on import under"
            ' `if __name__ == "__main__":`, and read no command line there'
        ) from error
    except EOFError as error:
        raise TargetError(
            f"cannot {doing} {address}: it asks for input, and nobody answers here. Give the"
            " value as a keyword argument (--kw name=value)"
        ) from error
    except ModuleNotFoundError as error:
        raise TargetError(f"cannot {doing} {address}: {missing_words(error.name or '')}") from error
    except BaseException as error:
        raise TargetError(f"cannot {doing} {address}: {last_line(error)}{place_of(error)}") from error


def load_target(target: object, kwargs: Mapping[str, object] | None = None) -> LoadedTarget:
    """See `capture.load_target`. What was loaded before is taken as it is."""
    if isinstance(target, LoadedTarget):
        return target
    given = dict(kwargs or {})
    if isinstance(target, str):
        return _from_address(target, given)
    if isinstance(target, nn.Module):
        if given:
            raise KeywordError(
                f"a constructed network takes no keyword arguments, got {', '.join(given)}: give its factory",
                tuple(given),
            )
        name = f"{type(target).__module__}.{type(target).__qualname__}"
        return LoadedTarget(TargetInfo(name, {}, "module"), instance=getattr(target, "_orig_mod", target))
    if callable(target):
        module, name = (
            getattr(target, "__module__", ""),
            getattr(target, "__qualname__", type(target).__name__),
        )
        return _factory(target, f"{module}:{name}", given, "factory")
    raise TargetError(
        f"cannot judge {type(target).__name__}: give 'package.module:factory', 'path/to/file.py:factory', an .onnx"
        " or .pt2 file, a callable without required arguments, or a torch.nn.Module"
    )


def _from_address(address: str, kwargs: dict[str, object]) -> LoadedTarget:
    if is_network_file(address):
        from .files import load_file

        info, instance, facts = load_file(address, kwargs)
        return LoadedTarget(info, instance=instance, file=facts)
    if is_weights_file(address):
        raise TargetError(
            f"{address} holds weights and no network, so that no clause can be examined: judge the code or an exported"
            f" network; 'resnet-conformance identify {address}' says what the shapes tell"
        )
    place, colon, name = address.rpartition(":")
    if not colon or "\\" in name or "/" in name:
        place, name = address, ""
    is_file = place.endswith(".py") or "/" in place or Path(place).is_file()
    if is_file and not Path(place).is_file():
        raise TargetError(f"no file {place}{_nearest(Path(place).name, _siblings(Path(place)))}")
    if not place:
        raise TargetError(f"{address!r} names no module: write package.module:{name or 'factory'}")
    if not name and not is_file and "." in place and not is_module(place):
        head, _, tail = place.rpartition(".")
        if is_module(head):
            raise TargetError(f"{address!r} names no factory: write module:factory, perhaps {head}:{tail}")
    folder = str(Path(place).resolve().parent) if is_file else None
    with ALONE, settings_kept(), default_device_kept(), quiet(), neighbours(folder):
        module = guarded(
            lambda: _import_file(Path(place), name) if is_file else importlib.import_module(place), place, "import"
        )
    makers = _makers(module)
    if not name:
        listed = f" It has: {', '.join(makers[:8])}" if makers else ""
        raise TargetError(f"{address!r} names no factory: write {place}:NAME, where NAME makes the network.{listed}")
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            inside = below(module, name)
            near = f": did you mean {inside}?" if inside else _nearest(name, makers or tuple(vars(module)))
            raise TargetError(f"{place} has no {name!r}{near}")
        found = getattr(found, part)
    kind = "file" if is_file else "factory"
    if isinstance(found, nn.Module):
        if kwargs:
            raise KeywordError(
                f"{address} is a constructed network and takes no keyword arguments, got {', '.join(kwargs)}",
                tuple(kwargs),
            )
        return LoadedTarget(TargetInfo(address, {}, kind), instance=found, folder=folder)
    if not callable(found):
        raise TargetError(f"{address} is {type(found).__name__}, and cannot be called: name a function or class")
    return _factory(found, address, kwargs, kind, folder)


def _import_file(path: Path, wanted: str) -> ModuleType:
    name = f"_judged_{next(_numbers)}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    if spec is None or spec.loader is None:
        raise TargetError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickling look the module up
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, ImportError) and "no known parent package" in str(error):
            raise TargetError(_package_words(path.resolve(), wanted or "NAME")) from error
        raise
    return module


def _package_words(path: Path, wanted: str) -> str:
    root = path.parent.parent
    while (root / "__init__.py").is_file() and root != root.parent:
        root = root.parent
    dotted = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
    return (
        f"cannot import {path.name}: it belongs to a package, because it imports relatively. Name it"
        f" {dotted}:{wanted}, in the folder {root} or with that folder on PYTHONPATH"
    )


def _makers(module: ModuleType) -> tuple[str, ...]:
    """Names that could make a network: the module's own first."""
    public = [(name, item) for name, item in vars(module).items() if not name.startswith("_") and callable(item)]
    own = [name for name, item in public if getattr(item, "__module__", None) == module.__name__]
    return (*own, *(name for name, _ in public if name not in own))


def _siblings(path: Path) -> tuple[str, ...]:
    return tuple(p.name for p in path.parent.glob("*.py")) if path.parent.is_dir() else ()


def _nearest(name: str, names: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    return f": did you mean {' or '.join(close)}?" if close else ""


def _factory(
    factory: Callable[..., object],
    address: str,
    kwargs: dict[str, object],
    kind: str,
    folder: str | None = None,
) -> LoadedTarget:
    check_arguments(factory, address, kwargs)
    return LoadedTarget(TargetInfo(address, kwargs, kind), factory, None, kwargs, folder)
