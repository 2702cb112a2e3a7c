"""Images that say where each of their pixels stands, and how views of them were cut."""

from __future__ import annotations

import torch
from torch import Tensor

from resnet_impl.cifar10.views import Views

ALL = torch.cartesian_prod(torch.arange(9), torch.arange(9), torch.arange(2))  # (162, 3): down, right, mirrored


def random_images(count: int, seed: int = 0) -> Tensor:
    return torch.randint(256, (count, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))


def positions() -> Tensor:
    """uint8 (1, 3, 32, 32): row + 1, column + 1, and 255: each pixel says where it stands, and none is zero."""
    rows, columns = torch.meshgrid(torch.arange(1, 33), torch.arange(1, 33), indexing="ij")
    return torch.stack((rows, columns, torch.full((32, 32), 255))).to(torch.uint8)[None]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def bare(**options) -> Views:
    """Views that subtract nothing."""
    return Views(torch.zeros(3), **options)


def offsets_of(views: Tensor) -> Tensor:
    """How views of `positions` were cut, int64 (B, 3); asserts that each is exactly such a crop."""
    found = (views * 255).round().long()  # (B, 3, 32, 32): row + 1, column + 1, 255 or 0
    middle = found[:, :, 15, 15:17]  # never padding: at most 4 rows and columns are
    mirrored = (middle[:, 1, 0] > middle[:, 1, 1]).long()
    down = middle[:, 0, 0] - 16 + 4
    right = torch.where(mirrored == 1, middle[:, 1, 1], middle[:, 1, 0]) - 16 + 4
    rows = down[:, None] + torch.arange(32) - 4  # (B, 32): the row of the image that each row shows
    columns = right[:, None] + torch.arange(32) - 4
    columns = torch.where(mirrored[:, None] == 1, columns.flip(1), columns)
    inside = ((rows >= 0) & (rows < 32))[:, :, None] & ((columns >= 0) & (columns < 32))[:, None]
    wanted = torch.stack(
        ((rows + 1)[:, :, None].expand_as(inside), (columns + 1)[:, None].expand_as(inside), 255 * inside), dim=1
    )
    assert torch.equal(found, wanted * inside[:, None])
    return torch.stack((down, right, mirrored), dim=1)
