"""The images and labels of CIFAR-10, wherever they come from, and the 45k/5k split of the training set.

Source: He et al. 2015, arXiv:1512.03385, section 4.2: "50k training images and 10k testing images in 10 classes" and
"a 45k/5k train/val split". Pixels stay uint8 until `views` makes network inputs of them: all 60,000 images take 184 MB
and lie on the device whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from resnet_impl.cifar10.errors import DataError

SIZE = 32  # pixels of height and width


@dataclass(frozen=True, slots=True, eq=False)  # == of tensors is no truth value
class Split:
    """Images, uint8 (N, 3, 32, 32), red first, and the class of each, int64 (N,). Raises ValueError for others."""

    images: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        shape, count = tuple(self.images.shape), len(self.images)
        if self.images.dtype != torch.uint8 or shape != (count, 3, SIZE, SIZE):
            raise ValueError(f"images must be uint8 (N, 3, {SIZE}, {SIZE}); got {self.images.dtype} {shape}")
        if self.labels.dtype != torch.int64 or tuple(self.labels.shape) != (count,):
            raise ValueError(f"labels must be int64 ({count},); got {self.labels.dtype} {tuple(self.labels.shape)}")

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device | str) -> Split:
        """The same on another device."""
        return Split(self.images.to(device), self.labels.to(device))

    def take(self, indices: Tensor) -> Split:
        """Those at `indices`, int64 (M,) on the same device, in that order."""
        return Split(self.images[indices], self.labels[indices])


@dataclass(frozen=True, slots=True, eq=False)
class Cifar10:
    """Both sets; label i is `classes[i]`. `source` is a sentence that belongs in every output."""

    train: Split
    test: Split
    classes: tuple[str, ...]
    source: str
    synthetic: bool


def load_data(where: str | Path, *, download: bool = False, cache: Path | None = None) -> Cifar10:
    """The images of `where`, the first of these that fits:

        synthetic                           the word: random images, for speed only
        a folder with cifar-10-batches-py   the official batches, each file's md5 checked
        or with cifar-10-python.tar.gz      the official archive, checked, and unpacked beside itself
        or with train/CLASS/ and test/CLASS/    32x32 images; decoded once, then read from `cache`
        an empty or a new folder            with `download`: the official archive is put there

    `cache` is the folder of decoded images; None: `resnet_impl/cifar10` in the user's cache folder. A folder that is
    itself called synthetic is given with its path. Raises DataError.
    """
    # Not above: these modules make what is declared here.
    from resnet_impl.cifar10 import archive, folder, synthetic

    if str(where) == "synthetic":
        return synthetic.synthesize()
    root = Path(where).expanduser()
    try:
        if archive.is_there(root):
            return archive.load_archive(root)
        if folder.is_there(root):
            return folder.load_folder(root, cache)
        if download and (not root.exists() or _is_empty(root)):
            archive.download_archive(root)
            return archive.load_archive(root)
        raise DataError(
            f"no images in {root}: {_what_is_there(root)}. Give a folder that holds {archive.BATCHES},"
            f" {archive.ARCHIVE} or train/CLASS/NAME.png and test/CLASS/NAME.png; or an empty or a new one and"
            " --download (download=True); or the word synthetic, for random images"
        )
    except OSError as error:  # no permission, a failing disk
        raise DataError(f"cannot read {error.filename or root}: {error.strerror or error}") from error


def _is_empty(root: Path) -> bool:
    """Hidden files do not count: a file manager's, or what a killed download left."""
    return root.is_dir() and all(path.name.startswith(".") for path in root.iterdir())


def _what_is_there(root: Path) -> str:
    if not root.exists():
        return "there is no such folder"
    if not root.is_dir():
        return f"it is a file; its folder {root.parent} may be meant"
    if root.name in ("cifar-10-batches-py", "train", "test"):
        return f"the folder around it, {root.parent}, may be meant"
    if _is_empty(root):
        return "the folder is empty"
    names = sorted(path.name for path in root.iterdir() if not path.name.startswith("."))
    return f"the folder holds {', '.join(names[:3])}{' and more' if len(names) > 3 else ''}"


def split(train: Split, validation: int = 5000, seed: int = 0) -> tuple[Split, Split]:
    """(training, validation): the 45k/5k of section 4.2. Which images the authors took is not published.

    The images are shuffled (`seed`) and dealt like cards, one of each class in turn, until `validation` are dealt: from
    50,000 come 500 of each class. A remainder goes to the classes that the shuffle has first; a class that runs out
    leaves its turns to the others. Both parts keep the order of `train`, and lie on its device.

    Raises DataError where `validation` is negative, or would leave a class without an image to train on.
    """
    labels = train.labels.cpu()
    if not 0 <= validation < len(train):
        raise DataError(f"{validation} of {len(train)} images cannot be kept for validation: some must remain to train")
    shuffled = torch.randperm(len(train), generator=torch.Generator().manual_seed(seed))
    by_class = labels[shuffled].argsort(stable=True)  # positions in `shuffled`, class after class
    counts = labels.bincount()
    begins = counts.cumsum(0) - counts
    turn = torch.empty_like(by_class)  # the how many-th of its class each is
    turn[by_class] = torch.arange(len(train)) - begins[labels[shuffled[by_class]]]
    dealt = shuffled[turn.argsort(stable=True)]
    kept, shown = dealt[validation:].sort().values, dealt[:validation].sort().values
    bare = (counts > 0) & (labels[kept].bincount(minlength=len(counts)) == 0)
    if bare.any():
        raise DataError(
            f"with {validation} images kept for validation, class {int(bare.nonzero()[0])} has none left to train on:"
            " keep fewer"
        )
    device = train.images.device
    return train.take(kept.to(device)), train.take(shown.to(device))
