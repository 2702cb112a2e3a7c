"""Showing made-up images to a transform: the same draw of luck on several images, and what comes out as numbers.

A random transform draws from the generators of torch, `random` and numpy. With the same seeds it does the same to a
dark, a light and a coded image, so that the difference of two outputs shows where each pixel went and how values are
scaled, whatever constant the transform subtracts.
"""

from __future__ import annotations

import copy
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from .recipe_optimizer import CannotExamineError, foreign


class Eye:
    """A transform that can be looked through. `part` is the recipe's word for it."""

    def __init__(self, transform: Callable[..., Any] | None, part: str, sample: Tensor) -> None:
        """`sample`: a uint8 image (3, H, W). Raises CannotExamineError where the transform takes no form of it."""
        if transform is None:
            raise CannotExamineError(f"The recipe gives no {part}.")
        self._transform, self._part = transform, part
        self._form = self._choose(sample)
        self._shown: dict[int, tuple[Tensor, Any]] = {}  # the image is kept, so that its id stays its own

    def look(self, image: Tensor, seed: int) -> Tensor:
        """What comes out for a uint8 image (3, H, W) under this seed: (C, H', W'), float64.

        The generators stay where this leaves them: whoever looks does it within `generators_kept`.
        """
        if id(image) not in self._shown:
            self._shown[id(image)] = image, self._form(image)
        shown = copy.copy(self._shown[id(image)][1])
        with foreign(self._part):
            start(seed)
            return planes(self._transform(shown.clone() if isinstance(shown, Tensor) else shown), self._part)

    def repeats(self, image: Tensor, seed: int, times: int = 40) -> bool:
        """Whether the same seed gives the same output, as all that follows needs."""
        return all(torch.equal(self.look(image, seed + i), self.look(image, seed + i)) for i in range(times))

    def _choose(self, sample: Tensor) -> Callable[[Tensor], Any]:
        """The first form of an image that the transform takes."""
        told = None
        for form in (as_pil, as_bytes, as_floats, as_array):
            try:
                with seeded(0), foreign(self._part):
                    planes(self._transform(form(sample)), self._part)
                return form
            except CannotExamineError as reason:
                told = told or reason
        raise told or CannotExamineError(f"The recipe's {self._part} takes no image.")


def as_pil(image: Tensor) -> Any:
    """A PIL image, as data sets give it."""
    from PIL import Image

    channels, height, width = image.shape
    assert channels == 3
    return Image.frombytes("RGB", (width, height), bytes(image.permute(1, 2, 0).reshape(-1).tolist()))


def as_bytes(image: Tensor) -> Tensor:
    """A uint8 tensor."""
    return image.clone()


def as_floats(image: Tensor) -> Tensor:
    """A float tensor from 0 to 1."""
    return image.to(torch.float32) / 255


def as_array(image: Tensor) -> Any:
    """A numpy array (H, W, 3) of uint8."""
    return image.permute(1, 2, 0).contiguous().numpy()


def planes(output: Any, part: str) -> Tensor:
    """An output as numbers (C, H, W). Raises CannotExamineError for what is no image."""
    if hasattr(output, "tobytes") and hasattr(output, "getbands"):  # PIL
        width, height = output.size
        flat = torch.frombuffer(bytearray(output.convert("RGB").tobytes()), dtype=torch.uint8)
        pixels: Tensor = flat.reshape(height, width, 3).permute(2, 0, 1).double()
        return pixels
    if type(output).__module__.split(".")[0] == "numpy":
        output = torch.as_tensor(output)
    if not isinstance(output, Tensor) or output.ndim != 3:
        shape = f" of shape {tuple(output.shape)}" if isinstance(output, Tensor) else ""
        raise CannotExamineError(f"The recipe's {part} gives {type(output).__name__}{shape}; one image was expected.")
    found: Tensor = output.detach().as_subclass(Tensor).double()
    if found.shape[0] != 3 and found.shape[-1] == 3:
        found = found.permute(2, 0, 1)
    if found.shape[0] != 3:
        raise CannotExamineError(f"The recipe's {part} gives {found.shape[0]} channels of the 3 that it was given.")
    return found


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """The generators of torch, `random` and numpy start at the seed, and afterwards stand where they stood."""
    with generators_kept():
        start(seed)
        yield


def start(seed: int) -> None:
    """Set the generators to a seed."""
    random.seed(seed)
    torch.default_generator.manual_seed(seed)  # torch.manual_seed wakes the accelerator, too
    if (numpy := sys.modules.get("numpy")) is not None:
        numpy.random.seed(seed % 2**32)


@contextmanager
def generators_kept() -> Iterator[None]:
    """The generators of torch, `random` and numpy afterwards stand where they stood."""
    numpy = sys.modules.get("numpy")
    python, torch_ = random.getstate(), torch.get_rng_state()
    numpy_ = numpy.random.get_state() if numpy is not None else None
    try:
        yield
    finally:
        random.setstate(python)
        torch.set_rng_state(torch_)
        if numpy is not None:
            numpy.random.set_state(numpy_)


def constant(value: int, height: int, width: int) -> Tensor:
    """An image of one grey."""
    return torch.full((3, height, width), value, dtype=torch.uint8)
