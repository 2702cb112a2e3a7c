"""Weights in a file beside the model are read from there, and from nowhere else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto

from resnet_conformance.capture import TargetError, load_target

from .byhand import Hand


def model_with(tmp_path: Path, **entries: object) -> str:
    """One convolution, whose weights are in another file as the entries say."""
    hand = Hand()
    model = hand.model(hand.conv("x", 3, 4, 3), ("n", 3, "h", "w"))
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=str(value))
    folder = tmp_path / "model"
    folder.mkdir(exist_ok=True)
    (folder / "net.onnx").write_bytes(model.SerializeToString())
    return str(folder / "net.onnx")


WEIGHTS = np.arange(4 * 27, dtype=np.float32)
SIZE = WEIGHTS.nbytes


def test_weights_beside_the_model_are_read(tmp_path: Path) -> None:
    path = model_with(tmp_path, location="sub/net.data", offset=8, length=SIZE)
    (tmp_path / "model/sub").mkdir()
    (tmp_path / "model/sub/net.data").write_bytes(bytes(8) + WEIGHTS.tobytes())
    network = load_target(path).instance
    assert network is not None
    (weight,) = network.parameters()
    torch.testing.assert_close(weight.detach().flatten(), torch.from_numpy(WEIGHTS))


def test_as_onnx_itself_writes_them(tmp_path: Path) -> None:
    hand = Hand()
    model = hand.model(hand.conv("x", 3, 4, 3), ("n", 3, "h", "w"))
    path = tmp_path / "net.onnx"
    onnx.save(model, str(path), save_as_external_data=True, location="all.data", size_threshold=0)
    assert load_target(str(path)).instance is not None


@pytest.mark.parametrize(
    "location",
    [
        "../secret",
        "sub/../../secret",
        "{outside}",
        "..\\secret",
        "C:\\secret",
        "C:secret",
        "\\\\host\\secret",
        "/etc/passwd",
    ],
)
def test_a_path_out_of_the_folder_is_refused(tmp_path: Path, location: str) -> None:
    (tmp_path / "secret").write_bytes(WEIGHTS.tobytes())
    path = model_with(tmp_path, location=location.format(outside=tmp_path / "secret"))
    (tmp_path / "model/sub").mkdir()
    with pytest.raises(TargetError, match=r"the weights 'w0' are in .*outside the model's folder"):
        load_target(path)


def linked(folder: Path) -> None:
    (folder / "net.data").symlink_to(folder.parent / "secret")


def linked_folder(folder: Path) -> None:
    (folder / "sub").symlink_to(folder.parent)


@pytest.mark.parametrize(("location", "prepare"), [("net.data", linked), ("sub/secret", linked_folder)])
def test_a_link_is_refused(tmp_path: Path, location: str, prepare: Callable[[Path], None]) -> None:
    (tmp_path / "secret").write_bytes(WEIGHTS.tobytes())
    path = model_with(tmp_path, location=location)
    prepare(tmp_path / "model")
    with pytest.raises(TargetError, match="leads through a link"):
        load_target(path)


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"location": "net.data"}, "does not exist"),
        ({"location": ""}, "outside the model's folder"),
        ({"location": "there.data", "offset": 4}, f"too short: {SIZE + 4} bytes are needed, and it has {SIZE}"),
        ({"location": "there.data", "length": SIZE - 4}, f"with {SIZE - 4} bytes there, and its shape needs {SIZE}"),
        ({"location": "there.data", "offset": -8}, "that is no number"),
        ({"location": "there.data", "offset": "1e3"}, "that is no number"),
        ({"location": "there.data", "offset": 10**14}, "too short"),
        ({"location": "."}, "is no file"),
        ({"location": "pipe"}, "is no file"),
        ({"location": "a\0b"}, "outside the model's folder"),
    ],
)
def test_weights_that_are_not_there_are_named(tmp_path: Path, entries: dict[str, object], words: str) -> None:
    path = model_with(tmp_path, **entries)
    (tmp_path / "model/there.data").write_bytes(WEIGHTS.tobytes())
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "model/pipe")
    with pytest.raises(TargetError, match=words) as refusal:
        load_target(path)
    assert "'w0'" in str(refusal.value)
