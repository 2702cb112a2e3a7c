"""What every source of images gives, the random ones, the 45k/5k split, and what is told where there are no images."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from resnet_impl.cifar10 import synthetic
from resnet_impl.cifar10.data import Split, load_data, split
from resnet_impl.cifar10.errors import DataError
from resnet_impl.cifar10.views import per_channel_mean, per_channel_std


def labelled(*counts: int) -> Split:
    """So many images of each class, mixed; the first pixel values say which image it is."""
    labels = torch.cat([torch.full((count,), label) for label, count in enumerate(counts)])
    labels = labels[torch.randperm(len(labels), generator=torch.Generator().manual_seed(1))]
    images = torch.zeros(len(labels), 3, 32, 32, dtype=torch.uint8)
    for place in range(2):
        images[:, 0, 0, place] = torch.arange(len(labels)) // 256**place % 256
    return Split(images, labels)


def numbers(part: Split) -> list[int]:
    """Which images of `labelled` they are."""
    return (part.images[:, 0, 0, 0].long() + 256 * part.images[:, 0, 0, 1].long()).tolist()


# --- Split ---


@pytest.mark.parametrize(
    ("images", "labels", "told"),
    [
        (torch.zeros(2, 3, 32, 32), torch.zeros(2, dtype=torch.int64), "images must be uint8"),
        (torch.zeros(2, 32, 32, 3, dtype=torch.uint8), torch.zeros(2, dtype=torch.int64), r"\(N, 3, 32, 32\)"),
        (torch.zeros(2, 3, 32, 32, dtype=torch.uint8), torch.zeros(3, dtype=torch.int64), r"labels must be int64 \(2,"),
        (torch.zeros(2, 3, 32, 32, dtype=torch.uint8), torch.zeros(2, dtype=torch.int32), "labels must be int64"),
    ],
)
def test_other_tensors_are_no_images_and_labels(images, labels, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Split(images, labels)


def test_a_selection_keeps_image_and_label_together() -> None:
    whole = labelled(3, 3)
    part = whole.take(torch.tensor([4, 0]))
    assert len(part) == 2
    assert numbers(part) == [4, 0]
    assert part.labels.tolist() == [whole.labels[4], whole.labels[0]]
    assert part.to("meta").images.device.type == "meta"


# --- the 45k/5k split ---


def test_the_split_is_45k_and_5k_with_500_of_each_class() -> None:
    training, validation = split(labelled(*[5000] * 10))
    assert (len(training), len(validation)) == (45_000, 5000)
    assert validation.labels.bincount().tolist() == [500] * 10
    assert sorted(numbers(training) + numbers(validation)) == list(range(50_000))


def test_both_parts_keep_the_labels_and_the_order() -> None:
    whole = labelled(20, 20, 20)
    for part in split(whole, validation=15):
        assert numbers(part) == sorted(numbers(part))
        assert part.labels.tolist() == [whole.labels[number] for number in numbers(part)]


def test_the_seed_decides_who_is_kept() -> None:
    whole = labelled(50, 50)
    kept = [numbers(split(whole, 20, seed)[1]) for seed in (0, 0, 1)]
    assert kept[0] == kept[1] != kept[2]


def test_every_image_is_kept_by_some_seed() -> None:
    """Of 20 images half are kept: that 40 seeds leave one out has a probability of 20 / 2^40."""
    whole = labelled(10, 10)
    assert {number for seed in range(40) for number in numbers(split(whole, 10, seed)[1])} == set(range(20))


@pytest.mark.parametrize(
    ("counts", "validation", "kept"),
    [
        ((50, 50, 50), 10, [3, 3, 4]),  # a remainder
        ((100, 3, 100), 12, None),  # class 1 would be gone: 4 of 3
        ((100, 5, 100), 12, [4, 4, 4]),
        ((6, 6), 0, []),
    ],
)
def test_classes_are_kept_in_equal_numbers_where_they_can(counts, validation: int, kept) -> None:
    if kept is None:
        with pytest.raises(DataError, match="class 1 has none left"):
            split(labelled(*counts), validation)
    else:
        assert sorted(split(labelled(*counts), validation)[1].labels.bincount().tolist()) == kept


@pytest.mark.parametrize("validation", [-1, 12, 13])
def test_some_images_must_remain(validation: int) -> None:
    with pytest.raises(DataError, match=f"{validation} of 12 images"):
        split(labelled(6, 6), validation)


# --- random images ---


def test_synthetic_images_have_the_shapes_and_the_look_of_the_real_ones() -> None:
    data = load_data("synthetic")
    assert (len(data.train), len(data.test), len(data.classes), data.synthetic) == (50_000, 10_000, 10, True)
    assert "errors mean nothing" in data.source
    for part in (data.train, data.test):
        assert set(part.labels.bincount().tolist()) == {len(part) // 10}
        assert per_channel_mean(part.images).tolist() == pytest.approx([0.4914, 0.4822, 0.4465], abs=0.004)
        assert per_channel_std(part.images).tolist() == pytest.approx([0.2470, 0.2435, 0.2616], abs=0.003)


def test_synthetic_images_are_the_same_each_time_and_not_each_other() -> None:
    first, again, other = (synthetic.synthesize(40, 20, seed) for seed in (0, 0, 1))
    assert torch.equal(first.train.images, again.train.images)
    assert torch.equal(first.test.images, again.test.images)
    assert not torch.equal(first.train.images, other.train.images)
    assert len(first.train.images.unique(dim=0)) == 40
    assert not torch.equal(first.train.images[:20], first.test.images)


# --- where there are no images ---


def refusal(where: Path | str, **options) -> str:
    with pytest.raises(DataError) as caught:
        load_data(where, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("made", "asked", "told"),
    [
        ([], "nowhere", "there is no such folder"),
        (["f/"], "f", "the folder is empty"),
        (["f/.DS_Store"], "f", "the folder is empty"),
        (["f/a", "f/b", "f/c", "f/d"], "f", "the folder holds a, b, c and more"),
        (["f/cifar-10-python.tar.gz"], "f/cifar-10-python.tar.gz", "it is a file; its folder"),
        (["f/train/cat/a.png"], "f/train", "the folder around it"),
        (["f/cifar-10-batches-py/test_batch"], "f/cifar-10-batches-py", "the folder around it"),
    ],
)
def test_it_says_what_is_there_and_what_was_wanted(made: list[str], asked: str, told: str, tmp_path: Path) -> None:
    for name in made:
        path = tmp_path / name
        if name.endswith("/"):
            path.mkdir(parents=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    message = refusal(tmp_path / asked)
    assert message.startswith(f"no images in {tmp_path / asked}: {told}")
    for wanted in ("cifar-10-batches-py", "cifar-10-python.tar.gz", "train/CLASS/", "--download", "synthetic"):
        assert wanted in message


def test_nothing_is_downloaded_into_a_folder_of_other_things(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    assert "thesis.tex" in refusal(tmp_path, download=True)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_folder_without_permission_is_named(tmp_path: Path) -> None:
    (tmp_path / "shut" / "train").mkdir(parents=True)
    (tmp_path / "shut").chmod(0)
    try:
        assert str(tmp_path / "shut") in refusal(tmp_path / "shut")
    finally:
        (tmp_path / "shut").chmod(0o700)


def test_a_failing_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_dir", fails)
    assert refusal(tmp_path) == f"cannot read {tmp_path / 'train'}: Permission denied"


# --- the real images, where RESNET_CIFAR10 names a folder of them ---


@pytest.mark.skipif("RESNET_CIFAR10" not in os.environ, reason="RESNET_CIFAR10 names no folder")
def test_the_real_images_are_those_that_everyone_has(tmp_path: Path) -> None:
    data = load_data(os.environ["RESNET_CIFAR10"], cache=tmp_path)
    assert data.classes == synthetic.CLASSES
    assert data.train.labels.bincount().tolist() == [5000] * 10
    assert data.test.labels.bincount().tolist() == [1000] * 10
    # What the literature divides and subtracts by, to its four digits.
    assert per_channel_mean(data.train.images).tolist() == pytest.approx(synthetic.MEAN, abs=5.1e-5)
    assert per_channel_std(data.train.images).tolist() == pytest.approx(synthetic.STD, abs=5.1e-5)
