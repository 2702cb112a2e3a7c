"""Folders of images: every pixel arrives, in order; what cannot be used is named."""

from __future__ import annotations

import random
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from resnet_impl.cifar10.data import load_data
from resnet_impl.cifar10.errors import DataError, DataWarning
from resnet_impl.cifar10.folder import Found, Listing, decode_image, list_images

GREY = bytes(range(256)) * 4  # 32 x 32


def refusal(root: Path) -> str:
    with pytest.raises(DataError) as caught:
        load_data(root)
    return str(caught.value)


def colours(seed: int = 0) -> Image.Image:
    return Image.frombytes("RGB", (32, 32), random.Random(seed).randbytes(3072))


# --- what arrives ---


def test_every_pixel_arrives_in_the_order_of_the_names(tmp_path: Path, make_images) -> None:
    pixels = make_images(tmp_path, ("truck", "airplane", "Zebra"), train=12, test=2)
    data = load_data(tmp_path)
    assert data.classes == ("Zebra", "airplane", "truck")
    for name, part in (("train", data.train), ("test", data.test)):
        wanted = sorted(path for path in pixels if path.startswith(f"{name}/"))  # 0, 1, 10, 11, 2, ...
        assert part.labels.tolist() == [data.classes.index(path.split("/")[1]) for path in wanted]
        for image, path in zip(part.images, wanted, strict=True):
            assert bytes(image.permute(1, 2, 0).flatten().tolist()) == pixels[path], path


def test_the_source_says_where_from_and_how_many(tmp_path: Path, make_images) -> None:
    make_images(tmp_path, train=600, test=1)
    data = load_data(str(tmp_path))
    assert data.source == f"images in the folder {tmp_path.name} (1,200 + 2, 2 classes)"
    assert not data.synthetic


def test_hidden_files_and_other_folders_are_left_out(tmp_path: Path, make_images) -> None:
    make_images(tmp_path)
    for name in (".DS_Store", "train/.DS_Store", "train/cat/._0.png", "README", "val/cat/1.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("no image")
    assert len(load_data(tmp_path).train) == 6


@pytest.mark.parametrize("format", ["BMP", "PNG", "WEBP"])
def test_lossless_formats_keep_every_pixel(format: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{format}"
    colours().save(path, format, **({"lossless": True} if format == "WEBP" else {}))
    assert decode_image(path) == colours().tobytes()


def test_jpeg_is_read_as_pillow_reads_it(tmp_path: Path) -> None:
    colours().save(tmp_path / "a.jpg", quality=90)
    with Image.open(tmp_path / "a.jpg") as image:
        assert decode_image(tmp_path / "a.jpg") == image.tobytes()


def test_the_name_of_a_file_does_not_matter(tmp_path: Path) -> None:
    colours().save(tmp_path / "a", "PNG")
    assert decode_image(tmp_path / "a") == colours().tobytes()


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "RGBA"])
def test_other_modes_become_rgb_where_nothing_is_lost(mode: str, tmp_path: Path) -> None:
    grey = Image.frombytes("L", (32, 32), GREY)
    grey.convert(mode).save(tmp_path / "a.png")
    wanted = bytes(255 * (value > 127) for value in GREY) if mode == "1" else GREY
    if mode == "1":  # without dithering
        grey.point(lambda value: 255 * (value > 127)).convert("1").save(tmp_path / "a.png")
    assert decode_image(tmp_path / "a.png") == bytes(value for value in wanted for _ in range(3))


# --- what does not ---


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot read .*gone.png: No such file"):
        decode_image(tmp_path / "gone.png")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda root: [path.unlink() for path in (root / "train/cat").iterdir()], "train/cat is empty"),
        (lambda root: (root / "test/cow").mkdir(), "train has no class cow"),
        (lambda root: (root / "train/cow").mkdir(), "test has no class cow"),
        (lambda root: (root / "train/a.png").touch(), "train/a.png is no folder"),
        (lambda root: (root / "test/cat/deep").mkdir(), "test/cat/deep is a folder"),
        (lambda root: (root / "test").rename(root / "val"), "has no folder test"),
        (lambda root: (root / "train").rename(root / "val"), "has no folder train"),
    ],
)
def test_another_layout_is_refused_where_it_differs(spoil, told: str, tmp_path: Path, make_images) -> None:
    make_images(tmp_path)
    spoil(tmp_path)
    assert told in refusal(tmp_path).replace("\\", "/")


def test_one_class_is_too_few(tmp_path: Path, make_images) -> None:
    make_images(tmp_path, ("cat",))
    assert "has 1 classes: two at least" in refusal(tmp_path)


def test_without_pillow_it_says_how_to_get_it(tmp_path: Path, make_images, monkeypatch: pytest.MonkeyPatch) -> None:
    make_images(tmp_path)
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert "pip install pillow" in refusal(tmp_path)


def test_numpy_is_not_needed(tmp_path: Path, make_images, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = make_images(tmp_path)
    monkeypatch.setitem(sys.modules, "numpy", None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # safetensors of some versions needs it, and nothing is kept
        first = load_data(tmp_path).train.images[0]
    assert bytes(first.permute(1, 2, 0).flatten().tolist()) == pixels["train/cat/0.png"]


# --- the key of the cache ---


def test_the_key_is_the_same_for_the_same_files(tmp_path: Path, make_images) -> None:
    make_images(tmp_path)
    assert list_images(tmp_path).key() == list_images(tmp_path).key()


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "train/cat/0.png").rename(root / "train/cat/00.png"),
        lambda root: (root / "train/cat/0.png").rename(root / "train/dog/00.png"),
        lambda root: (root / "train/cat/0.png").write_bytes(b"another"),
        lambda root: (root / "train/cat/0.png").touch(),
        lambda root: (root / "test/dog/0.png").unlink(),
        lambda root: (root / "test/dog/9.png").write_bytes(b"another"),
        lambda root: swap(root / "train/cat/0.png", root / "train/dog/0.png"),
    ],
)
def test_the_key_changes_with_the_files(change, tmp_path: Path, make_images) -> None:
    make_images(tmp_path)
    before = list_images(tmp_path).key()
    change(tmp_path)
    assert list_images(tmp_path).key() != before


def swap(one: Path, other: Path) -> None:
    """Each gets the other's name, and keeps its times."""
    aside = one.with_name("aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


FOUND = Found("train/cat/0.png", 0, 100, (1, 2))


@pytest.mark.parametrize(
    "other",
    [
        replace(FOUND, name="train/cat/1.png"),
        replace(FOUND, label=1),
        replace(FOUND, size=101),
        replace(FOUND, times=(0, 2)),
        replace(FOUND, times=(1, 3)),
    ],
)
def test_the_key_is_of_all_that_is_known_of_a_file(other: Found, tmp_path: Path) -> None:
    whole = Listing(tmp_path, ("cat", "dog"), ((FOUND,), (FOUND,)))
    assert replace(whole, sets=((other,), (FOUND,))).key() != whole.key()
    assert replace(whole, sets=((FOUND,), (other,))).key() != whole.key()
    assert replace(whole, root=tmp_path / "else").key() != whole.key()
