"""Images in folders, train/CLASS/NAME and test/CLASS/NAME, as many data sets are handed on.

Every file must be a BMP, JPEG, PNG or WebP image of 32x32 pixels whose colours can be had as 8-bit RGB without loss:
grey and palette images can, an alpha channel may be there where it is opaque throughout, 16-bit, CMYK and animated
images cannot. Names that begin with a dot are left out; whatever else is no image is an error, so that no image is lost
unnoticed. The order is that of the sorted names, and label i is the i-th of the sorted class names.

One process decodes: 60,000 WebP images take about 10 seconds, once (`cache`), and Pillow holds Python's lock for so
much of that time that threads were slower.
"""

from __future__ import annotations

import hashlib
import io
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from resnet_impl.cifar10.cache import through_cache
from resnet_impl.cifar10.data import SIZE, Cifar10, Split
from resnet_impl.cifar10.errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image

SETS = ("train", "test")
FORMATS = ("BMP", "JPEG", "PNG", "WEBP")  # not all that Pillow reads: EPS, for one, would start another program
BYTES = SIZE * SIZE * 3  # of a decoded image
LOSSLESS = ("1", "L", "P", "RGB")
WITH_ALPHA = ("LA", "PA", "RGBA")
# What Pillow raises for damaged files, besides errors of its own.
DAMAGE = (ArithmeticError, EOFError, LookupError, OSError, SyntaxError, TypeError, ValueError, struct.error, zlib.error)


@dataclass(frozen=True, slots=True)
class Found:
    """One image file, and what changes when it does. `name` is train/CLASS/NAME."""

    name: str
    label: int
    size: int
    times: tuple[int, int]  # of the last change of its contents, and of the file, in ns


@dataclass(frozen=True, slots=True)
class Listing:
    """What is in the folder, before anything is decoded; `sets` are train and test."""

    root: Path
    classes: tuple[str, ...]
    sets: tuple[tuple[Found, ...], tuple[Found, ...]]

    def key(self) -> str:
        """Another one whenever a file came, went or changed, or the folder is another."""
        digest = hashlib.sha256(os.fsencode(self.root.resolve()))
        for found in (found for files in self.sets for found in files):
            digest.update(os.fsencode(found.name))
            digest.update(f"\0{found.label} {found.size} {found.times}\0".encode())
        return digest.hexdigest()


def is_there(root: Path) -> bool:
    """Whether this is such a folder; one of the two sets may still be missing."""
    return any((root / name).is_dir() for name in SETS)


def load_folder(root: Path, cache: Path | None = None) -> Cifar10:
    """The images under `root`, decoded or from the cache. Raises DataError, and OSError for what cannot be listed."""
    listing = list_images(root)
    train, test = through_cache(cache, root, listing.key(), lambda: decode(listing))
    # the folder's own name: results are published, and where it lay says nothing to others
    source = (
        f"images in the folder {root.resolve().name} ({len(train):,} + {len(test):,}, {len(listing.classes)} classes)"
    )
    return Cifar10(train, test, listing.classes, source, synthetic=False)


def list_images(root: Path) -> Listing:
    """Names, sizes and times of all files, in the order in which they are decoded. Raises DataError."""
    for name in SETS:
        if not (root / name).is_dir():
            raise DataError(f"{root} has no folder {name}: images are wanted in train/CLASS/ and in test/CLASS/")
    classes, others = (tuple(entry.name for entry in _folders(root / name)) for name in SETS)
    for name, missing in (("train", set(others) - set(classes)), ("test", set(classes) - set(others))):
        if missing:
            raise DataError(f"{root / name} has no class {min(missing)}, and the other set has: both need the same")
    if len(classes) < 2:
        raise DataError(f"{root / 'train'} has {len(classes)} classes: two at least are wanted, each a folder")
    train, test = (tuple(_files(root / name, classes)) for name in SETS)
    return Listing(root, classes, (train, test))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name)


def _folders(folder: Path) -> list[os.DirEntry[str]]:
    entries = _entries(folder)
    for entry in entries:
        if not entry.is_dir():
            raise DataError(f"{entry.path} is no folder: {folder.name} holds one folder for each class, nothing else")
    return entries


def _files(folder: Path, classes: tuple[str, ...]) -> Iterator[Found]:
    for label, name in enumerate(classes):
        entries = _entries(folder / name)
        if not entries:
            raise DataError(f"{folder / name} is empty: every class needs an image, in train and in test")
        for entry in entries:
            if entry.is_dir():
                raise DataError(f"{entry.path} is a folder: a class holds images, and nothing else")
            state = entry.stat()
            yield Found(
                f"{folder.name}/{name}/{entry.name}", label, state.st_size, (state.st_mtime_ns, state.st_ctime_ns)
            )


def decode(listing: Listing) -> tuple[Split, Split]:
    """(train, test). Raises DataError for the first file that will not do, and without Pillow."""
    train, test = (_decode(listing.root, files) for files in listing.sets)
    return train, test


def _decode(root: Path, files: tuple[Found, ...]) -> Split:
    pixels = bytearray(len(files) * BYTES)
    for position, found in enumerate(files):
        pixels[position * BYTES : (position + 1) * BYTES] = decode_image(root / found.name)
    rows = torch.frombuffer(pixels, dtype=torch.uint8).view(-1, SIZE, SIZE, 3)
    labels = torch.tensor([found.label for found in files], dtype=torch.int64)
    return Split(rows.permute(0, 3, 1, 2).contiguous(), labels)


def decode_image(path: Path) -> bytes:
    """Red, green and blue of each pixel, row after row. Raises DataError that names the file."""
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise DataError("images in a folder are read with Pillow: install it (pip install pillow)") from None
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            reason = _why_not(image)
            if reason is None:
                return image.convert("RGB").tobytes()
    except UnidentifiedImageError:
        reason = "it is no BMP, JPEG, PNG or WebP image"
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        reason = f"it has millions of pixels, not {SIZE}x{SIZE}"
    except DAMAGE as error:
        reason = f"it is damaged ({str(error).splitlines()[0] if str(error) else type(error).__name__})"
    raise DataError(f"{path} cannot be used: {reason}. Replace it, or take it away")


def _why_not(image: Image) -> str | None:
    """What keeps an image from being 32x32 RGB without loss; None where nothing does. Reads the header first."""
    if image.size != (SIZE, SIZE):
        return f"it has {image.width}x{image.height} pixels, not {SIZE}x{SIZE}"
    if getattr(image, "n_frames", 1) != 1:
        return "it is animated"
    # Pillow would cut 16-bit colours to 8 without a word; the name of its raw mode tells.
    if image.mode not in (*LOSSLESS, *WITH_ALPHA) or any(";16" in str(tile) for tile in getattr(image, "tile", [])):
        return f"its pixels ({image.mode}) cannot be made 8-bit RGB without loss"
    if image.mode in WITH_ALPHA or "transparency" in image.info:
        alpha = image.convert("RGBA").getchannel("A").getextrema()
        if alpha != (255, 255):
            return "it is transparent in places, so its colours depend on what is behind"
    return None
