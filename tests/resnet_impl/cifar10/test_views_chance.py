"""Views are drawn as often as torchvision draws them, and independently of each other.

All are chi-square tests. Their seeds are fixed, and so is what they find; with a new seed each would raise a false
alarm with a probability of 1e-6. That they see mistakes is tested with made ones.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist

import pytest
import torch
from torch import Tensor
from torchvision.transforms import Compose, RandomCrop, RandomHorizontalFlip

from .views_made import bare, offsets_of, positions, seeded

FALSE_ALARM = 1e-6
BATCHES = 250  # of 128: 32,000 images, 198 for each of the 162 outcomes


def outcomes(offsets: Tensor) -> Tensor:
    """int64 (B,): which of the 162."""
    return (offsets[:, 0] * 9 + offsets[:, 1]) * 2 + offsets[:, 2]


def too_large(statistic: float, freedom: int) -> bool:
    """Whether chi-square is above the quantile that FALSE_ALARM leaves above it (Wilson and Hilferty 1931)."""
    z = NormalDist().inv_cdf(1 - FALSE_ALARM)
    return statistic > freedom * (1 - 2 / (9 * freedom) + z * (2 / (9 * freedom)) ** 0.5) ** 3


def uneven(numbers: Tensor, kinds: int) -> bool:
    """Whether numbers in 0..kinds-1 are no draws from an even distribution."""
    counts = numbers.bincount(minlength=kinds).double()
    expected = len(numbers) / kinds
    assert expected >= 20
    return too_large(float(((counts - expected) ** 2 / expected).sum()), kinds - 1)


def unlike(one: Tensor, other: Tensor, kinds: int) -> bool:
    """Whether two equally long samples are of different distributions."""
    a, b = (numbers.bincount(minlength=kinds).double() for numbers in (one, other))
    return too_large(float(((a - b) ** 2 / (a + b).clamp(min=1)).sum()), kinds - 1)


def shared_offset(images: Tensor) -> Tensor:
    """A mistake: one offset for a whole batch of 128."""
    return torch.cat([bare().draw(1, seeded(start)).expand(128, -1) for start in range(0, len(images), 128)])


def seven_shifts(images: Tensor) -> Tensor:
    """A mistake: the last shift never comes."""
    mirrored = bare().draw(len(images), seeded(1))[:, 2:]
    return torch.cat((torch.randint(8, (len(images), 2), generator=seeded()), mirrored), 1)


def few_flips(images: Tensor) -> Tensor:
    """A mistake: 45 in 100 are mirrored."""
    flips = (torch.rand(len(images), 1, generator=seeded()) < 0.45).long()
    return torch.cat((bare().draw(len(images), seeded(1))[:, :2], flips), 1)


def one_shift(images: Tensor) -> Tensor:
    """A mistake: as far down as right."""
    drawn = bare().draw(len(images), seeded())
    return drawn[:, [0, 0, 2]]


@pytest.fixture(scope="module")
def drawn() -> Tensor:
    """(32000, 3): what 250 batches of 128 were cut to, read from the views themselves."""
    generator, views, images = seeded(5), bare(), positions().expand(128, -1, -1, -1)
    return torch.cat([offsets_of(views(images, generator)) for _ in range(BATCHES)])


def test_all_162_views_are_equally_likely(drawn: Tensor) -> None:
    assert not uneven(outcomes(drawn), 162)


@pytest.mark.parametrize("mistake", [shared_offset, seven_shifts, few_flips, one_shift])
def test_a_mistake_would_be_seen(mistake: Callable[[Tensor], Tensor]) -> None:
    assert uneven(outcomes(mistake(torch.empty(BATCHES * 128))), 162)


@pytest.mark.slow
def test_they_come_as_often_as_torchvisions(drawn: Tensor) -> None:
    """RandomCrop and RandomHorizontalFlip of the subtracted image, one image after another."""
    transform = Compose([RandomCrop(32, padding=4), RandomHorizontalFlip()])
    count = 16_000  # 99 for each outcome
    image = bare().test_view(positions())[0]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = offsets_of(torch.stack([transform(image) for _ in range(count)]))
    assert not uneven(outcomes(theirs), 162)  # the test can be passed
    assert not unlike(outcomes(drawn[:count]), outcomes(theirs), 162)
    assert unlike(outcomes(seven_shifts(drawn[:count])), outcomes(theirs), 162)


@pytest.mark.parametrize("distance", [1, 2, 64])  # of two images in a batch of 128: neighbours, and halves
@pytest.mark.parametrize(("part", "other"), [(0, 0), (1, 1), (2, 2), (0, 1), (1, 0), (1, 2)])
def test_images_of_a_batch_are_independent(distance: int, part: int, other: int, drawn: Tensor) -> None:
    """All pairs of a shift (or mirroring) of one image and one of the image `distance` further on: equally likely."""
    batches = drawn.view(BATCHES, 128, 3)
    first, second = batches[:, :-distance, part], batches[:, distance:, other]
    # Each image in one pair only, as in a chain of pairs the counts would not be independent.
    alone = (torch.arange(128 - distance) // distance) % 2 == 0
    kinds = [9, 9, 2]
    pairs = first[:, alone] * kinds[other] + second[:, alone]
    assert not uneven(pairs.flatten(), kinds[part] * kinds[other])


def test_a_batch_that_shares_its_offset_would_be_seen() -> None:
    down = shared_offset(torch.empty(BATCHES * 128)).view(BATCHES, 128, 3)[:, :, 0]
    assert uneven((down[:, 0::2] * 9 + down[:, 1::2]).flatten(), 81)


def test_batches_are_independent_of_each_other(drawn: Tensor) -> None:
    batches = drawn.view(BATCHES, 128, 3)
    assert not uneven((batches[0::2, :, 0] * 9 + batches[1::2, :, 0]).flatten(), 81)
    assert not uneven((batches[0::2, :, 2] * 2 + batches[1::2, :, 2]).flatten(), 4)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_cuda_graph_draws_anew_each_time() -> None:
    views, images = bare().cuda(), positions().expand(128, -1, -1, -1).contiguous().cuda()
    views(images)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        found = views(images)
    offsets = []
    for _ in range(BATCHES):
        graph.replay()
        offsets.append(offsets_of(found.cpu()))
    assert not uneven(outcomes(torch.cat(offsets)), 162)
    assert torch.equal(views(images, seeded()).cpu(), bare()(images.cpu(), seeded()))
