"""What a factory may be given: keyword arguments held against its signature, before any of its code is run."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

from torch import nn

from .problems import KeywordError, TargetError


def check_arguments(factory: Callable[..., object], address: str, kwargs: Mapping[str, object]) -> None:
    """Raise KeywordError for an argument that the factory does not take, TargetError for one that it lacks."""
    try:
        parameters = _parameters(factory)
    except (TypeError, ValueError):
        return  # builtins without a signature: calling them tells
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    named = {n: p for n, p in parameters.items() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    unknown = [name for name in kwargs if name not in named]
    if unknown and not takes_any:
        accepted = f"it accepts {', '.join(named)}" if named else "it accepts none"
        raise KeywordError(f"{address} does not accept {', '.join(unknown)}: {accepted}", tuple(unknown))
    needed = [n for n, p in named.items() if p.default is p.empty and n not in kwargs]
    positional = [n for n, p in parameters.items() if p.kind is p.POSITIONAL_ONLY and p.default is p.empty]
    if needed:
        options = " ".join(f"--kw {n}=..." for n in needed)
        raise TargetError(
            f"{address} needs {', '.join(needed)}: give {options} (in Python:"
            " kwargs), or name a factory without required arguments"
        )
    if positional:
        raise TargetError(
            f"{address} needs {', '.join(positional)} by position: name a factory without required arguments"
        )


def _parameters(factory: Callable[..., object]) -> Mapping[str, inspect.Parameter]:
    """By name. nn.Module's own constructor is written (*args, **kwargs), and takes nothing: it raises TypeError."""
    if isinstance(factory, type) and issubclass(factory, nn.Module) and not factory.call_super_init:
        maker = next(vars(kind)["__init__"] for kind in factory.__mro__ if "__init__" in vars(kind))
        if maker is nn.Module.__init__:
            return {}
    return inspect.signature(factory).parameters
