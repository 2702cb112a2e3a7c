"""Decoded images are kept: found again, never trusted when damaged or out of date, and never in the way."""

from __future__ import annotations

import errno
import os
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from resnet_impl.cifar10 import cache, folder
from resnet_impl.cifar10.cache import default_folder, through_cache
from resnet_impl.cifar10.data import Split, load_data
from resnet_impl.cifar10.errors import DataError, DataWarning

Sets = tuple[Split, Split]


def images(seed: int = 0, count: int = 3) -> Sets:
    generator = torch.Generator().manual_seed(seed)

    def some(count: int) -> Split:
        pixels = torch.randint(256, (count, 3, 32, 32), dtype=torch.uint8, generator=generator)
        return Split(pixels, torch.randint(10, (count,), generator=generator))

    return some(count), some(count - 1)


def same(one: Sets, other: Sets) -> bool:
    pairs = list(zip(one, other, strict=True))
    return all(torch.equal(a.images, b.images) and torch.equal(a.labels, b.labels) for a, b in pairs)


def never() -> Sets:
    raise AssertionError("decoded again")


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The file that holds `images()` for the folder "from", under the key "k"."""
    through_cache(tmp_path / "cache", Path("from"), "k", images)
    [path] = (tmp_path / "cache").iterdir()
    return path


# --- found again ---


def test_what_was_kept_is_found(kept: Path) -> None:
    assert same(through_cache(kept.parent, Path("from"), "k", never), images())


def test_what_is_found_can_be_written_to_and_does_not_change_the_file(kept: Path) -> None:
    before = kept.read_bytes()
    through_cache(kept.parent, Path("from"), "k", never)[0].images.zero_()
    assert kept.read_bytes() == before


def test_a_folder_is_decoded_once(tmp_path: Path, make_images, monkeypatch: pytest.MonkeyPatch, own_cache) -> None:
    make_images(tmp_path)
    first = load_data(tmp_path)
    monkeypatch.setattr(folder, "decode", never)
    again = load_data(tmp_path)
    assert same((first.train, first.test), (again.train, again.test))
    assert (first.classes, first.source) == (again.classes, again.source)
    assert len(list(own_cache.iterdir())) == 1


def test_a_changed_folder_is_decoded_again_and_leaves_one_file(tmp_path: Path, make_images, own_cache) -> None:
    make_images(tmp_path)
    assert len(load_data(tmp_path).train) == 6
    (tmp_path / "train" / "cat" / "0.png").unlink()
    assert len(load_data(tmp_path).train) == 5
    assert len(list(own_cache.iterdir())) == 1


def test_each_folder_has_its_own_file(tmp_path: Path, make_images, own_cache) -> None:
    make_images(tmp_path / "a")
    make_images(tmp_path / "b", train=4)
    counts = [len(load_data(tmp_path / name).train) for name in ("a", "b", "a")]
    assert counts == [6, 8, 6]
    assert len(list(own_cache.iterdir())) == 2


def test_the_folder_for_it_can_be_named(tmp_path: Path, make_images, own_cache) -> None:
    make_images(tmp_path / "a")
    load_data(tmp_path / "a", cache=tmp_path / "new" / "cache")
    assert len(list((tmp_path / "new" / "cache").iterdir())) == 1
    assert not own_cache.exists()


def test_a_file_that_changes_later_does_not_change_what_was_found(kept: Path) -> None:
    """It is read, not mapped: what was compared with the checksum is what is used."""
    found = through_cache(kept.parent, Path("from"), "k", never)
    size = kept.stat().st_size
    with kept.open("rb+") as file:
        file.write(bytes(size))
    assert same(found, images())


# --- never trusted ---

DAMAGES = {
    "an image": lambda data: data[:-5000] + bytes([data[-5000] ^ 1]) + data[-4999:],
    "a label": lambda data: data[: data.rindex(b"}") + 100] + b"\x07" + data[data.rindex(b"}") + 101 :],
    "cut short": lambda data: data[:-1],
    "longer": lambda data: data + b"\0",
    "empty": lambda data: b"",
    "text": lambda data: b"not at all\n" * 100,
    "the checksum": lambda data: data.replace(b'"sha256":"', b'"sha256":"0', 1).replace(b'"}', b"}", 1),
    "the names": lambda data: data.replace(b"train.images", b"trajn.images"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_noticed_and_mended(name: str, kept: Path) -> None:
    whole = kept.read_bytes()
    kept.write_bytes(DAMAGES[name](whole))
    assert kept.read_bytes() != whole
    with pytest.warns(DataWarning, match=rf"{kept.name} cannot be used \(.+\), and are made anew"):
        assert same(through_cache(kept.parent, Path("from"), "k", images), images())
    assert same(through_cache(kept.parent, Path("from"), "k", never), images())


@pytest.mark.filterwarnings("ignore::resnet_impl.cifar10.errors.DataWarning")
def test_no_changed_byte_changes_what_is_read(kept: Path) -> None:
    whole = kept.read_bytes()
    draw = random.Random(0)
    header = 8 + int.from_bytes(whole[:8], "little")
    for place in [*range(0, header, 5), *(draw.randrange(header, len(whole)) for _ in range(60))]:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << draw.randrange(8)
        kept.write_bytes(damaged)
        assert same(through_cache(kept.parent, Path("from"), "k", images), images()), place


def test_another_key_is_another_content_and_no_damage(kept: Path) -> None:
    assert same(through_cache(kept.parent, Path("from"), "k2", lambda: images(1)), images(1))
    assert same(through_cache(kept.parent, Path("from"), "k2", never), images(1))
    assert list(kept.parent.iterdir()) == [kept]


# --- never in the way ---


def test_a_cache_that_cannot_be_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.warns(DataWarning) as told:
        assert same(through_cache(tmp_path / "file", Path("from"), "k", images), images())
    assert "are decoded each time: name a cache folder that can be written" in str(told[-1].message)
    assert (tmp_path / "file").read_bytes() == b""


def test_a_folder_in_the_place_of_the_file_is_done_without(kept: Path) -> None:
    kept.unlink()
    kept.mkdir()
    (kept / "mine").touch()
    with pytest.warns(DataWarning):
        assert same(through_cache(kept.parent, Path("from"), "k", images), images())
    assert [path.name for path in kept.parent.rglob("*")] == [kept.name, "mine"]


def test_a_full_disk_leaves_what_was_there(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = kept.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.warns(DataWarning, match="No space left on device"):
        assert same(through_cache(kept.parent, Path("from"), "k2", lambda: images(1)), images(1))
    assert list(kept.parent.iterdir()) == [kept]
    assert kept.read_bytes() == before


def test_a_stop_in_the_middle_leaves_what_was_there(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = kept.read_bytes()

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        through_cache(kept.parent, Path("from"), "k2", lambda: images(1))
    assert list(kept.parent.iterdir()) == [kept]
    assert kept.read_bytes() == before


def test_images_that_cannot_be_used_are_not_kept(tmp_path: Path, make_images, own_cache) -> None:
    make_images(tmp_path)
    (tmp_path / "test" / "dog" / "1.png").write_bytes(b"")
    with pytest.raises(DataError):
        load_data(tmp_path)
    assert not own_cache.exists()


def test_a_user_without_a_home_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    with pytest.warns(DataWarning, match="no home folder"):
        assert same(through_cache(None, Path("from"), "k", images), images())


@pytest.mark.parametrize("given", ["", "relative/cache", None])
def test_the_default_is_in_the_home_unless_the_environment_says_where(
    given: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if given is None:
        monkeypatch.delenv("XDG_CACHE_HOME")
    else:
        monkeypatch.setenv("XDG_CACHE_HOME", given)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert default_folder() == tmp_path / ".cache" / "resnet_impl" / "cifar10"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "else"))
    assert default_folder() == tmp_path / "else" / "resnet_impl" / "cifar10"


def test_many_at_once_each_get_their_own(tmp_path: Path) -> None:
    """Two contents take turns in one file: whoever reads finds one of them whole, or makes its own. No warning."""

    def work(worker: int) -> bool:
        seed = worker % 2
        found = (through_cache(tmp_path, Path("from"), f"k{seed}", lambda: images(seed, 40)) for _ in range(15))
        return all(same(sets, images(seed, 40)) for sets in found)

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(work, range(6)))
    assert len(list(tmp_path.iterdir())) == 1


def test_the_checksum_sees_names_types_shapes_and_bytes() -> None:
    ones = torch.ones(2, 3, dtype=torch.uint8)
    others = [{"b": ones}, {"a": ones.to(torch.int8)}, {"a": ones.view(3, 2)}, {"a": ones * 2}, {"a": ones, "b": ones}]
    sums = [cache.checksum(tensors) for tensors in ({"a": ones}, *others)]
    assert len(set(sums)) == len(sums)
    assert cache.checksum({"a": ones.clone()}) == sums[0]
