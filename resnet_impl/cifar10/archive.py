"""The official archive of CIFAR-10, read and downloaded by torchvision, which knows its address and its checksums.

Source: Krizhevsky 2009, *Learning Multiple Layers of Features from Tiny Images*. The md5 of every file is compared
before it is opened: the batches are pickles, which could run anything. Nothing is ever found half written: download and
unpacking take place in a hidden folder beside and are moved when they are whole. Nothing that is there is replaced:
what is damaged is named, and deleting it is left to its owner.
"""

from __future__ import annotations

import http.client
import importlib
import os
import tarfile
import tempfile
import warnings
from pathlib import Path
from typing import Any

import torch

from resnet_impl.cifar10.data import Cifar10, Split
from resnet_impl.cifar10.errors import DataError

BATCHES = "cifar-10-batches-py"
ARCHIVE = "cifar-10-python.tar.gz"
SOURCE = "CIFAR-10, the official archive"


def is_there(root: Path) -> bool:
    """Whether the folder holds the archive, packed or unpacked."""
    return (root / BATCHES).exists() or (root / ARCHIVE).exists()


def load_archive(root: Path) -> Cifar10:
    """The batches under `root`; where only the archive is there, it is unpacked first.

    Into a folder that cannot be written nothing is unpacked for good. Raises DataError.
    """
    if (root / BATCHES).exists():
        _check_batches(root / BATCHES, packed=(root / ARCHIVE).exists())
        return _read(root)
    _check_archive(root / ARCHIVE)
    beside = root if os.access(root, os.W_OK) else None  # None: the system's folder for temporary files
    try:
        with tempfile.TemporaryDirectory(prefix=".cifar-10-", dir=beside) as temporary:
            _unpack(root / ARCHIVE, temporary)
            _check_batches(Path(temporary) / BATCHES, packed=True)
            data = _read(Path(temporary))
            if beside is not None and not (root / BATCHES).exists():  # another process may have been faster
                (Path(temporary) / BATCHES).rename(root / BATCHES)
            return data
    except OSError as error:
        raise DataError(f"cannot unpack {root / ARCHIVE}: {error.strerror or error}") from error


def _unpack(archive: Path, folder: str) -> None:
    """As torchvision does, but for the filter, without which Python 3.12 and 3.13 warn."""
    with tarfile.open(archive, "r:gz") as tar:
        tar.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11.3 has none
        tar.extractall(folder)


def download_archive(root: Path) -> None:
    """Put the archive into `root`, which may be new. Raises DataError; nothing of the archive remains then."""
    utils, cifar = _vision("datasets.utils"), _vision("datasets").CIFAR10
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".cifar-10-", dir=root) as temporary:
            utils.download_url(cifar.url, temporary, ARCHIVE, cifar.tgz_md5)
            with (Path(temporary) / ARCHIVE).open("rb+") as file:
                os.fsync(file.fileno())
            (Path(temporary) / ARCHIVE).replace(root / ARCHIVE)
    except (OSError, RuntimeError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", None) or getattr(error, "reason", None) or error
        raise DataError(
            f"cannot download {cifar.url} into {root} ({reason}): try again, or get it by other means, put it there and"
            " leave --download out"
        ) from error


def _check_archive(path: Path) -> None:
    if not _vision("datasets.utils").check_integrity(str(path), _vision("datasets").CIFAR10.tgz_md5):
        raise DataError(
            f"{path} is damaged or not the official archive (its md5 is another): delete it and run again with"
            " --download (download=True)"
        )


def _check_batches(folder: Path, packed: bool) -> None:
    cifar, check = _vision("datasets").CIFAR10, _vision("datasets.utils").check_integrity
    again = "run again: it is unpacked anew" if packed else "run again with --download (download=True)"
    for name, md5 in [*cifar.train_list, *cifar.test_list, (cifar.meta["filename"], cifar.meta["md5"])]:
        path = folder / name
        if not check(str(path), md5):
            state = "is damaged (its md5 is another)" if path.exists() else "is missing"
            raise DataError(f"{path} {state}: delete the folder {folder} and {again}")


def _read(root: Path) -> Cifar10:
    cifar = _vision("datasets").CIFAR10
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy 2.4.0 to 2.4.4 has something to say of pickles as old as these
        sets = [cifar(str(root), train=train) for train in (True, False)]
    train, test = (_split(found.data, found.targets) for found in sets)
    return Cifar10(train, test, tuple(sets[0].classes), SOURCE, synthetic=False)


def _split(pixels: Any, labels: list[int]) -> Split:
    """From torchvision's: a numpy array, uint8 (N, 32, 32, 3), and a list."""
    return Split(torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous(), torch.tensor(labels, dtype=torch.int64))


def _vision(module: str) -> Any:
    """A module of torchvision, which has no types. Raises DataError where it is not installed."""
    try:
        return importlib.import_module(f"torchvision.{module}")
    except ImportError:
        raise DataError(
            "the official archive is read with torchvision: install it (pip install torchvision), or give a folder of"
            " images"
        ) from None
