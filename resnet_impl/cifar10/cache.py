"""Decoded images in one file, so that 60,000 small ones are opened once and not for every run.

The file is written beside its place and moved there, so two processes at once each find a whole one. It holds a
checksum of its tensors, which is compared each time, and a key of what it was made from. There is one file for each
folder of images: what has changed is decoded again and replaces it. The cache is a help and no more: wherever it fails
there is a DataWarning, and the images are decoded.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import warnings
from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from resnet_impl.cifar10.data import Split
from resnet_impl.cifar10.errors import DataWarning
from resnet_impl.cifar10.files import replacing

FORMAT = "resnet_impl/cifar10 images 1"
NAMES = ("train.images", "train.labels", "test.images", "test.labels")


def default_folder() -> Path:
    """`resnet_impl/cifar10` in $XDG_CACHE_HOME, or in ~/.cache where that is no absolute path, as its standard says.

    Raises RuntimeError for a user without a home.
    """
    given = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(given) if Path(given).is_absolute() else Path.home() / ".cache"
    return base / "resnet_impl" / "cifar10"


def through_cache(
    cache: Path | None, origin: Path, key: str, make: Callable[[], tuple[Split, Split]]
) -> tuple[Split, Split]:
    """(train, test) as `make` gives them: from the file of `origin` if it has this `key` and is intact, or made anew.

    `cache` is the folder to keep the file in; None: the default. Raises what `make` raises, nothing else.
    """
    try:
        folder = default_folder() if cache is None else cache
    except RuntimeError:
        _warn("there is no home folder to keep decoded images in, so they are decoded each time: name a cache folder")
        return make()
    path = folder / f"{hashlib.sha256(os.fsencode(origin.resolve())).hexdigest()[:16]}.safetensors"
    found = _read(path, key)
    if found is None:
        found = make()
        _write(path, key, found)
    return found


def _read(path: Path, key: str) -> tuple[Split, Split] | None:
    """None where there is nothing, something older, or something damaged; the last with a warning."""
    try:
        with safe_open(path, framework="pt") as file:
            about = file.metadata() or {}
            if about.get("format") != FORMAT or about.get("key") != key:
                return None
            # Copies: a file can change under tensors that are mapped to it, after the checksum was compared.
            tensors = {name: file.get_tensor(name).clone() for name in NAMES}
        if about.get("sha256") != checksum(tensors):
            raise ValueError("its contents do not have the checksum that it says")
        parts = [tensors[name] for name in NAMES]
        return Split(parts[0], parts[1]), Split(parts[2], parts[3])
    except FileNotFoundError:
        return None
    except (OSError, SafetensorError, ValueError) as error:
        _warn(f"the decoded images in {path} cannot be used ({_first_line(error)}), and are made anew")
        return None


def _write(path: Path, key: str, found: tuple[Split, Split]) -> None:
    """Whole or not at all; a warning where it cannot be done."""
    train, test = found
    tensors = dict(zip(NAMES, (train.images, train.labels, test.images, test.labels), strict=True))
    about = {"format": FORMAT, "key": key, "sha256": checksum(tensors)}
    try:
        from safetensors.torch import save  # in some versions needs numpy, which torch does not

        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(save(tensors, about))
    except (ImportError, OSError, SafetensorError) as error:
        advice = "install numpy" if isinstance(error, ImportError) else "name a cache folder that can be written"
        reason = _first_line(error)
        _warn(f"the decoded images cannot be kept in {path.parent} ({reason}) and are decoded each time: {advice}")


def checksum(tensors: dict[str, Tensor]) -> str:
    """sha256 of all bytes, with names, types and shapes; tensors are on the CPU and contiguous."""
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\0".encode())
        # The memory itself: the way by numpy would need numpy.
        digest.update((ctypes.c_ubyte * tensor.nbytes).from_address(tensor.data_ptr()))
    return digest.hexdigest()


def _first_line(error: BaseException) -> str:
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(reason).splitlines()[0]


def _warn(message: str) -> None:
    warnings.warn(message, DataWarning, stacklevel=4)
