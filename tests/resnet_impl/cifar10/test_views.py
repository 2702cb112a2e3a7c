"""Each view is exactly what its offsets say, each mean the mean. How offsets are drawn: test_views_chance.py."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torchvision.transforms.functional import crop, hflip, pad

from resnet_impl.cifar10.data import load_data
from resnet_impl.cifar10.views import Views, per_channel_mean, per_channel_std, per_pixel_mean

from .views_made import ALL, bare, offsets_of, positions, random_images, seeded

# --- each view is the right one ---


def test_every_view_is_torchvisions_of_the_subtracted_image() -> None:
    images = random_images(162)
    views = Views(per_pixel_mean(random_images(20, seed=1)), torch.tensor([0.2, 0.3, 0.4]))
    found = views.cut(images, ALL)
    padded = pad(views.test_view(images), [4, 4, 4, 4])
    for view, image, (down, right, mirrored) in zip(found, padded, ALL.tolist(), strict=True):
        wanted = crop(image, down, right, 32, 32)
        assert torch.equal(view, hflip(wanted) if mirrored else wanted)


def test_zeros_stand_exactly_where_padding_is() -> None:
    """And wherever else a pixel stands, it is the right one."""
    assert torch.equal(offsets_of(bare().cut(positions().expand(162, -1, -1, -1), ALL)), ALL)


def test_the_mean_is_subtracted_before_anything_moves() -> None:
    """An image that is the mean becomes zeros, wherever it is cut; subtracted after padding, edges would be below."""
    image = random_images(1)
    found = Views(image[0] / 255).cut(image.expand(162, -1, -1, -1), ALL)
    assert found.abs().max() == 0


def test_the_test_view_is_pixels_by_255_less_the_mean() -> None:
    images, mean, std = random_images(5), torch.rand(3, 32, 32), torch.rand(3) + 0.1
    wanted = images.double() / 255 - mean
    assert (Views(mean).test_view(images) - wanted).abs().max() < 2e-7
    assert (Views(mean, std).test_view(images) - wanted / std[:, None, None]).abs().max() < 2e-6
    assert torch.equal(Views(mean).test_view(images), Views(mean).cut(images, torch.tensor([[4, 4, 0]] * 5)))


def test_means_of_channels_are_means_of_channels() -> None:
    images = random_images(2)
    flat = Views(torch.tensor([0.1, 0.2, 0.3])).test_view(images)
    full = Views(torch.tensor([0.1, 0.2, 0.3])[:, None, None].expand(3, 32, 32)).test_view(images)
    assert torch.equal(flat, full)


@pytest.mark.parametrize("pad", [0, 1, 4, 7])
def test_other_paddings_shift_as_far(pad: int) -> None:
    drawn = bare(pad=pad).draw(3000, seeded())
    assert drawn.amax(0).tolist() == [2 * pad, 2 * pad, 1]
    assert drawn.amin(0).tolist() == [0, 0, 0]
    image = random_images(1)
    assert torch.equal(bare(pad=pad).cut(image, torch.tensor([[pad, pad, 0]])), image / 255)


def test_without_flip_nothing_is_mirrored() -> None:
    assert bare(flip=False).draw(1000, seeded()).amax(0).tolist() == [8, 8, 0]


@pytest.mark.parametrize("count", [0, 1, 3, 128])
def test_shape_and_type(count: int) -> None:
    images = random_images(count)
    before = images.clone()
    for found in (bare()(images), bare().test_view(images)):
        assert (tuple(found.shape), found.dtype) == ((count, 3, 32, 32), torch.float32)
        assert found.is_contiguous()
    assert torch.equal(images, before)


def test_views_move_with_their_images() -> None:
    views = Views(torch.rand(3, 32, 32), torch.ones(3)).to("meta")
    images = random_images(4).to("meta")
    assert views(images).device.type == "meta"
    assert views(images, seeded()).device.type == "meta"  # drawn on the CPU, and moved
    assert views.test_view(images).device.type == "meta"


def test_the_mean_belongs_to_its_views() -> None:
    mean = torch.full((3,), 0.5)
    views = Views(mean)
    mean.zero_()
    assert views.mean.flatten().tolist() == [0.5] * 3
    assert Views(views.mean, views.mean).mean.shape == views.mean.shape  # as a checkpoint gives it back
    assert list(views.state_dict()) == ["mean"]


# --- the same again ---


def test_a_seed_gives_the_same_views_bit_for_bit() -> None:
    images, views = random_images(64), Views(torch.rand(3, 32, 32))
    found = [views(images, generator) for generator in (seeded(3), seeded(3), seeded(4))]
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


def test_a_generator_of_its_own_leaves_the_default_alone() -> None:
    before = torch.random.get_rng_state()
    bare()(random_images(4), seeded())
    assert torch.equal(torch.random.get_rng_state(), before)


def test_without_a_generator_the_default_one_decides() -> None:
    images = random_images(64)
    found = []
    for _ in range(2):
        with torch.random.fork_rng():
            torch.manual_seed(7)
            found.append(bare()(images))
    assert torch.equal(*found)
    assert not torch.equal(bare()(images), found[0])


class Forbidden(TorchDispatchMode):
    """Raises at what would make a host wait for its device, or needs sizes that the data decide."""

    NAMES = ("_local_scalar_dense", "nonzero", "masked_select", "item", "is_nonzero", "unique")

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        assert not any(name in str(function) for name in self.NAMES), function
        return function(*args, **(kwargs or {}))


def test_nothing_waits_for_the_device() -> None:
    views, images = Views(torch.rand(3, 32, 32), torch.ones(3)), random_images(8)
    with Forbidden():
        views(images)
        views.test_view(images)
    with pytest.raises(AssertionError), Forbidden():
        images[images[:, 0, 0, 0] > 3].sum().item()


# --- means ---


def test_the_means_are_the_means() -> None:
    images = random_images(1234)  # more than are summed at once
    pixels = images.double() / 255
    assert torch.equal(per_pixel_mean(images), pixels.mean(0).float())
    assert torch.allclose(per_channel_mean(images).double(), pixels.mean((0, 2, 3)), rtol=1e-6)
    assert torch.allclose(per_channel_std(images).double(), pixels.std((0, 2, 3), correction=0), rtol=1e-6)
    for found, shape in ((per_pixel_mean, (3, 32, 32)), (per_channel_mean, (3,)), (per_channel_std, (3,))):
        assert (tuple(found(images).shape), found(images).dtype) == (shape, torch.float32)


def test_one_white_image_has_mean_one_and_no_deviation() -> None:
    white = torch.full((1, 3, 32, 32), 255, dtype=torch.uint8)
    assert per_pixel_mean(white).unique().tolist() == [1]
    assert per_channel_mean(white).tolist() == [1, 1, 1]
    assert per_channel_std(white).tolist() == [0, 0, 0]


@pytest.mark.parametrize("measure", [per_pixel_mean, per_channel_mean, per_channel_std])
@pytest.mark.parametrize("images", [random_images(0), torch.zeros(2, 3, 32, 32)])
def test_a_mean_of_nothing_is_refused(measure: Callable[[Tensor], Tensor], images: Tensor) -> None:
    with pytest.raises(ValueError, match="at least one"):
        measure(images)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Views(torch.full((3,), 125.0)), "pixels / 255"),
        (lambda: Views(torch.full((3,), float("nan"))), "pixels / 255"),
        (lambda: Views(torch.zeros(32, 32, 3)), r"mean must be \(3,\) or \(3, 32, 32\); got \(32, 32, 3\)"),
        (lambda: Views(torch.zeros(3), torch.tensor([1.0, 0.0, 1.0])), "std must be above 0"),
        (lambda: Views(torch.zeros(3), torch.ones(1)), r"std must be \(3,\)"),
        (lambda: Views(torch.zeros(3), pad=-1), "pad must be"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Callable[[], nn.Module], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        make()


@pytest.mark.skipif("RESNET_CIFAR10" not in os.environ, reason="RESNET_CIFAR10 names no folder")
def test_real_images_have_a_mean_of_zero_once_the_mean_is_subtracted() -> None:
    data = load_data(os.environ["RESNET_CIFAR10"])
    views = Views(per_pixel_mean(data.train.images))
    total = sum(views.test_view(images).double().sum(0) for images in data.train.images.split(1000))
    assert (total / len(data.train)).abs().max() < 1e-6
