"""The official archive, made small: torchvision's addresses and checksums are replaced by those of a made one."""

from __future__ import annotations

import pickle
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from torchvision.datasets import CIFAR10, utils

from resnet_impl.cifar10 import archive
from resnet_impl.cifar10.archive import ARCHIVE, BATCHES, SOURCE
from resnet_impl.cifar10.data import load_data
from resnet_impl.cifar10.errors import DataError

from .archives_made import CLASSES, LABELS, NAMES, PIXELS, Answer, md5, serving, write_batches


@pytest.fixture
def official(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the made archive, which torchvision takes for the official one. It can be had nowhere else."""
    folder = tmp_path / "official"
    write_batches(folder / BATCHES)
    with tarfile.open(folder / ARCHIVE, "w:gz") as tar:
        tar.add(folder / BATCHES, BATCHES)
    sums = [[name, md5(folder / BATCHES / name)] for name in NAMES]
    monkeypatch.setattr(CIFAR10, "train_list", sums[:2])
    monkeypatch.setattr(CIFAR10, "test_list", sums[2:3])
    monkeypatch.setattr(CIFAR10, "meta", {"filename": NAMES[3], "key": "label_names", "md5": sums[3][1]})
    monkeypatch.setattr(CIFAR10, "tgz_md5", md5(folder / ARCHIVE))
    monkeypatch.setattr(CIFAR10, "url", "http://127.0.0.1:1/nobody/answers")
    return folder


@pytest.fixture
def serve(official: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """`serve(body, sent)`: torchvision finds this at its address. Without arguments: the whole archive."""
    with serving() as address:

        def begin(body: bytes | None = None, sent: int | None = None) -> None:
            monkeypatch.setattr(Answer, "body", (official / ARCHIVE).read_bytes() if body is None else body)
            monkeypatch.setattr(Answer, "sent", sent)
            monkeypatch.setattr(CIFAR10, "url", f"{address}/{ARCHIVE}")

        yield begin


@pytest.fixture
def packed(official: Path, tmp_path: Path) -> Path:
    """A folder with the archive only."""
    (tmp_path / "packed").mkdir()
    (tmp_path / "packed" / ARCHIVE).write_bytes((official / ARCHIVE).read_bytes())
    return tmp_path / "packed"


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def refusal(where: Path, **options) -> str:
    with pytest.raises(DataError) as caught:
        load_data(where, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def is_it(data) -> bool:
    """Whether these are the made images, all of them, with their labels."""
    return (
        np.array_equal(data.train.images.numpy(), PIXELS[:4])
        and np.array_equal(data.test.images.numpy(), PIXELS[4:])
        and data.train.labels.tolist() + data.test.labels.tolist() == LABELS
        and data.classes == tuple(CLASSES)
        and data.source == SOURCE
        and not data.synthetic
    )


# --- what works ---


def test_the_batches_are_read_in_their_order(official: Path) -> None:
    (official / ARCHIVE).unlink()
    assert is_it(load_data(official))
    assert names(official) == {BATCHES}


def test_an_archive_is_unpacked_beside_itself(packed: Path) -> None:
    assert is_it(load_data(packed))
    assert names(packed) == {ARCHIVE, BATCHES}
    (packed / ARCHIVE).unlink()
    assert is_it(load_data(packed))


def test_an_archive_that_cannot_be_unpacked_there_is_read_all_the_same(packed: Path, monkeypatch) -> None:
    monkeypatch.setattr("resnet_impl.cifar10.archive.os.access", lambda *_: False)
    assert is_it(load_data(packed))
    assert names(packed) == {ARCHIVE}


@pytest.mark.parametrize("made", [True, False])
def test_download_fills_an_empty_or_a_new_folder(made: bool, official: Path, serve, tmp_path: Path) -> None:
    serve()
    new = tmp_path / "a" / "b"
    if made:
        new.mkdir(parents=True)
        (new / ".hidden").touch()
    assert is_it(load_data(new, download=True))
    assert names(new) - {".hidden"} == {ARCHIVE, BATCHES}
    assert md5(new / ARCHIVE) == md5(official / ARCHIVE)


def test_what_is_there_is_not_downloaded(packed: Path) -> None:
    assert is_it(load_data(packed, download=True))


def test_without_asking_nothing_is_downloaded(serve, tmp_path: Path) -> None:
    serve()
    assert "--download" in refusal(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_who_unpacks_at_the_same_time_does_no_harm(packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpack = archive._unpack

    def two(source: Path, destination: str) -> None:
        unpack(source, destination)
        if not (packed / BATCHES).exists():
            unpack(source, str(packed))  # the other process is done first

    monkeypatch.setattr(archive, "_unpack", two)
    assert is_it(load_data(packed))
    assert names(packed) == {ARCHIVE, BATCHES}


# --- what is damaged ---


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("archive_too", [True, False])
def test_a_damaged_or_missing_file_is_named(name: str, archive_too: bool, official: Path) -> None:
    if not archive_too:
        (official / ARCHIVE).unlink()
    path = official / BATCHES / name
    path.write_bytes(path.read_bytes()[:-1])
    again = "unpacked anew" if archive_too else "--download"
    damaged = refusal(official)
    assert damaged.startswith(f"{path} is damaged")
    assert f"delete the folder {path.parent}" in damaged
    assert again in damaged
    path.unlink()
    assert refusal(official, download=True).startswith(f"{path} is missing: delete the folder {path.parent}")
    assert path.parent.exists()  # nobody's folder is deleted but by its owner


def test_no_pickle_is_opened_before_its_checksum_was_compared(official: Path, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "sprung",)

    (official / BATCHES / NAMES[0]).write_bytes(pickle.dumps(Trap()))
    assert "is damaged" in refusal(official)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("spoil", [lambda data: data[:-100], lambda data: b"", lambda data: b"<html>Sorry</html>"])
def test_a_damaged_archive_is_named_and_left_alone(spoil, packed: Path) -> None:
    damaged = spoil((packed / ARCHIVE).read_bytes())
    (packed / ARCHIVE).write_bytes(damaged)
    for download in (False, True):
        message = refusal(packed, download=download)
        assert message.startswith(f"{packed / ARCHIVE} is damaged or not the official archive")
        assert "delete it and run again with --download" in message
    assert names(packed) == {ARCHIVE}
    assert (packed / ARCHIVE).read_bytes() == damaged


def test_a_full_disk_leaves_no_half_of_the_batches(packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpack = archive._unpack

    def full(source: Path, destination: str) -> None:
        unpack(source, destination)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, "_unpack", full)
    assert refusal(packed) == f"cannot unpack {packed / ARCHIVE}: No space left on device"
    assert names(packed) == {ARCHIVE}


# --- downloads that fail ---


def test_a_download_that_breaks_off_leaves_nothing(serve, tmp_path: Path) -> None:
    serve(sent=700)
    message = refusal(tmp_path / "new", download=True)
    assert message.startswith(f"cannot download {CIFAR10.url} into {tmp_path / 'new'} (")
    assert "get it by other means" in message
    assert names(tmp_path / "new") == set()


@pytest.mark.parametrize("url", ["file:///nowhere/at.all", "http://127.0.0.1:1/a", "nothing", "http://nowhere.invalid"])
def test_an_address_that_does_not_answer_is_named(url: str, official: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(CIFAR10, "url", url)
    assert refusal(tmp_path / "new", download=True).startswith(f"cannot download {url} into {tmp_path / 'new'} (")
    assert names(tmp_path / "new") == set()


def test_another_archive_in_its_place_is_not_taken(serve, tmp_path: Path) -> None:
    serve(b"something else")
    assert "cannot download" in refusal(tmp_path / "new", download=True)
    assert names(tmp_path / "new") == set()


def test_a_stop_in_the_middle_leaves_nothing(official: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(url: str, root: str, filename: str, md5: str) -> None:
        (Path(root) / filename).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(utils, "download_url", stopped)
    with pytest.raises(KeyboardInterrupt):
        load_data(tmp_path / "new", download=True)
    assert names(tmp_path / "new") == set()


def test_a_folder_that_cannot_be_made_is_named(official: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert str(tmp_path / "file" / "new") in refusal(tmp_path / "file" / "new", download=True)


def test_without_torchvision_it_says_how_to_get_it(official: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision.datasets.utils", None)
    monkeypatch.setitem(sys.modules, "torchvision.datasets", None)
    assert "pip install torchvision" in refusal(official)
