"""Weights from a file, strictly into a network, and out into a safetensors file, whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from ..capture.problems import last_line
from ..enumerating import listed
from ..reports.output import OutputError, check_writable
from . import WeightsError

State = Mapping[str, torch.Tensor]
WRAPPERS = ("state_dict", "model", "model_state_dict", "net")  # under which training scripts keep the state_dict
PREFIXES = ("module.", "_orig_mod.")  # DataParallel's and torch.compile's
SHOWN = 5


def read_weights(weights: str | Path | Mapping[str, Any]) -> tuple[State, Mapping[str, str]]:
    """The state_dict of a file (or as it is given), and which keys a safetensors file left out: key to the key kept.

    Pickled files are read as weights alone: no code in them runs. Raises WeightsError.
    """
    if isinstance(weights, Mapping):
        return _unwrapped(weights, "the weights"), {}
    path = Path(weights)
    if not path.is_file():
        raise WeightsError(f"cannot read {path}: {'it is a folder' if path.is_dir() else 'there is no such file'}")
    try:
        if path.suffix == ".safetensors":
            with safe_open(path, "pt") as opened:
                left_out = opened.metadata() or {}
            return load_file(path), left_out
        return _unwrapped(torch.load(path, map_location="cpu", weights_only=True), str(path)), {}
    except SafetensorError as error:
        raise WeightsError(f"cannot read {path}: it is no safetensors file ({last_line(error)})") from error
    except WeightsError:
        raise
    except Exception as error:  # a stranger's file: torch raises many kinds
        raise WeightsError(
            f"cannot read {path} as weights alone: {_refusal(error)}\nIt must be a state_dict, as"
            " torch.save(model.state_dict(), file) writes it, or a .safetensors file."
        ) from error


def _refusal(error: Exception) -> str:
    """Why a file was not read. torch's own words advise to run what is in the file, so they are not passed on."""
    if "TorchScript" in str(error):
        return "it is a TorchScript archive, which holds a program beside the weights, and reading that would load it."
    if isinstance(error, UnpicklingError) or "weights_only" in str(error):
        return "it holds more than tensors, and reading that would run its code."
    return last_line(error)


def _unwrapped(found: Any, name: str) -> State:
    for _ in range(2):
        if isinstance(found, Mapping) and not any(isinstance(v, torch.Tensor) for v in found.values()):
            found = next((found[key] for key in WRAPPERS if isinstance(found.get(key), Mapping)), found)
    if not isinstance(found, Mapping):
        raise WeightsError(f"{name} holds {type(found).__name__} and no state_dict")
    strange = [str(key) for key, value in found.items() if not isinstance(value, torch.Tensor)]
    if strange or not found:
        what = f"no tensor under {listed(strange, SHOWN)}" if strange else "nothing"
        raise WeightsError(f"{name} is no state_dict: it holds {what}. Give the state_dict of the network alone")
    return found


def load_strictly(module: nn.Module, state: State, left_out: Mapping[str, str], file: str, network: str) -> None:
    """Load every tensor of the state_dict into the module, and no tensor less. Raises WeightsError.

    `left_out`: keys that the file leaves out as another key's tensor is the same; a tensor of the module that is
    registered under several names needs to come once.
    """
    own = module.state_dict()
    state = _stripped(state, own)
    shapes = [
        f"{key} ({_size(state[key])} in the file, {_size(own[key])} in the network)"
        for key in own
        if key in state and state[key].shape != own[key].shape
    ]
    unexpected = [key for key in state if key not in own]
    missing: list[str] = []
    if not shapes:
        missing = list(module.load_state_dict(dict(state), strict=False).missing_keys)
    else:
        missing = [key for key in own if key not in state and not key.endswith("num_batches_tracked")]
    given = {own[key].data_ptr() for key in own if key in state and own[key].numel()}
    missing = [key for key in missing if own[key].data_ptr() not in given and left_out.get(key) not in state]
    faults = [
        f"{len(keys)} {word if len(keys) == 1 else words}: {listed(keys, SHOWN)}"
        for keys, word, words in (
            (missing, "key is missing", "keys are missing"),
            (unexpected, "key is unexpected", "keys are unexpected"),
            (shapes, "tensor has another shape", "tensors have another shape"),
        )
        if keys
    ]
    if faults:
        raise WeightsError(f"{file} does not fit {network}:\n" + "\n".join(f"  - {fault}" for fault in faults))


def _stripped(state: State, own: State) -> State:
    """Without the prefix of a wrapper that was not unwrapped before saving."""
    for _ in PREFIXES:
        for prefix in PREFIXES:
            if state and all(key.startswith(prefix) for key in state) and not any(k.startswith(prefix) for k in own):
                state = {key.removeprefix(prefix): value for key, value in state.items()}
    return state


def check_output(path: Path, force: bool) -> None:
    """Refuse a place where nothing can be written, or where a file is that may not be replaced. Raises OutputError."""
    if path.suffix != ".safetensors":
        raise OutputError(f"cannot write {path}: the weights are written as FILE.safetensors; name it so")
    if path.exists() and not force and not path.is_dir():
        raise OutputError(f"{path} exists: name another file, or replace it with --force (in Python: force=True)")
    check_writable(path)


def write_weights(path: Path, state: State, force: bool, verify: Callable[[State, Mapping[str, str]], None]) -> None:
    """Write the state_dict beside the path, let `verify` look at what was written, and put it in place at once.

    A tensor that stands under several keys is written under the first; the file's metadata names the others. Raises
    OutputError, and what `verify` raises; the place is then as it was before.
    """
    check_output(path, force)
    target = path.resolve()
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.tmp.safetensors")
    try:
        tensors, left_out = once(state)
        save_file(tensors, temporary, {"format": "pt"} | left_out)
        verify(*read_weights(temporary))
        if force:
            temporary.replace(target)
        else:
            os.link(temporary, target)  # unlike a rename, it refuses to replace a file that came meanwhile
    except FileExistsError as error:
        raise OutputError(f"{path} exists: name another file, or replace it with --force") from error
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def once(state: State) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Every tensor of the state_dict once, in memory of its own; and the keys left out, each with the key kept."""
    kept: dict[tuple[Any, ...], str] = {}
    tensors: dict[str, torch.Tensor] = {}
    left_out: dict[str, str] = {}
    for key, value in state.items():
        place = (value.data_ptr(), value.storage_offset(), value.shape, value.stride(), value.dtype)
        if value.numel() and place in kept:
            left_out[key] = kept[place]
        else:
            kept[place] = key
            tensors[key] = value.detach().clone(memory_format=torch.contiguous_format)
    return tensors, left_out


def _size(value: torch.Tensor) -> str:
    return "x".join(map(str, value.shape)) or "one number"
