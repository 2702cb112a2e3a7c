"""Malformed nodes of an ONNX file are refused with file and node, or read as unknown; our own bugs stay bugs."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from onnx import ModelProto, StringStringEntryProto, helper

from resnet_conformance.capture import TargetError, files, load_target, onnx_folding
from resnet_conformance.capture.candidates import Runner
from resnet_conformance.capture.files import load_file
from resnet_conformance.capture.onnx_file import CLASSES
from resnet_conformance.capture.problems import CaptureError

from .byhand import Hand, resnet20
from .exports import exported


def hand_made() -> ModelProto:
    hand = Hand(last=True)
    return hand.model(resnet20(hand), ("n", "h", "w", 3))


def read(tmp_path: Path, model: ModelProto) -> Any:
    path = tmp_path / "net.onnx"
    path.write_bytes(model.SerializeToString())
    return load_file(str(path), {})


def first(model: ModelProto, kind: str) -> Any:
    return next(node for node in model.graph.node if node.op_type == kind)


def without_inputs(kind: str, left: int) -> Callable[[ModelProto], None]:
    def change(model: ModelProto) -> None:
        del first(model, kind).input[left:]

    return change


def with_attribute(kind: str, name: str, value: Any) -> Callable[[ModelProto], None]:
    def change(model: ModelProto) -> None:
        node = first(model, kind)
        kept = [a for a in node.attribute if a.name != name]
        node.ClearField("attribute")
        node.attribute.extend([*kept, helper.make_attribute(name, value)])

    return change


def untyped(model: ModelProto) -> None:
    first(model, "Transpose").attribute[0].ClearField("type")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without_inputs("Relu", 0), r"node 'relu_6' \(Relu\) lacks its operand X \(number 1 of 1\)"),
        (without_inputs("BatchNormalization", 2), r"\(BatchNormalization\) lacks its operand B \(number 3 of 5\)"),
        (without_inputs("Conv", 1), r"node 'conv_1' \(Conv\) lacks its operand W"),
        (without_inputs("MatMul", 1), r"\(MatMul\) lacks its operand B"),
        (lambda m: first(m, "Relu").input.extend(["x"]), r"\(Relu\) has 2 operands, and its operator takes 1"),
        (
            untyped,
            r"node 'transpose_0' \(Transpose\) has the attribute perm of the type UNDEFINED, and it is one of INT",
        ),
        (with_attribute("Transpose", "perm", "up"), "the attribute perm of the type STRING, and it is one of INTS"),
        (with_attribute("Conv", "group", 0.5), "the attribute group of the type FLOAT, and it is one of INT"),
        (with_attribute("Conv", "pads", 1), "the attribute pads of the type INT, and it is one of INTS"),
    ],
)
def test_a_malformed_node_is_refused_with_file_and_node(
    tmp_path: Path, change: Callable[[ModelProto], None], words: str
) -> None:
    model = hand_made()
    change(model)
    with pytest.raises(TargetError, match=f"net.onnx: node .*{words.removeprefix('node ')}"):
        read(tmp_path, model)


def test_a_record_that_is_no_text_is_no_record(tmp_path: Path) -> None:
    """torch writes beside a node where it came from; damaged bytes there say nothing, and harm nothing."""
    hand = Hand()
    model = hand.model(resnet20(hand, norm=False, bias=True), (1, 3, 32, 32))
    first(model, "Conv").metadata_props.append(StringStringEntryProto(key=CLASSES, value="layer1.conv"))
    data = model.SerializeToString().replace(b"layer1.conv", b"layer1\xff\xfe\xfdon")
    (tmp_path / "net.onnx").write_bytes(data)
    assert load_file(str(tmp_path / "net.onnx"), {})


@pytest.mark.parametrize(
    "change", [with_attribute("BatchNormalization", "epsilon", 1), with_attribute("Relu", "of_my_own", "yes")]
)
def test_a_slip_that_says_what_is_meant_and_a_converters_own_attribute_are_read(
    tmp_path: Path, change: Callable[[ModelProto], None]
) -> None:
    model = hand_made()
    change(model)
    assert read(tmp_path, model)


def broken(*_: object) -> None:
    raise IndexError("a slip of ours")


@pytest.mark.parametrize(
    "odd",
    [
        helper.make_node("Relu", [], ["odd"], name="odd one"),
        helper.make_node("Transpose", ["x"], ["odd"], name="odd one", perm=[0, 9]),
    ],
)
def test_what_breaks_on_a_malformed_file_is_told_with_its_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, odd: Any
) -> None:
    """Where our reader lets a node pass that ONNX's checker does not, and then breaks on it."""
    model = hand_made()
    model.graph.node.insert(0, odd)
    monkeypatch.setattr(files, "_network", broken)
    words = rf"net.onnx cannot be read as a network: node 'odd one' \({odd.op_type}\): "
    with pytest.raises(TargetError, match=words):
        read(tmp_path, model)


def test_what_breaks_on_a_good_file_is_our_bug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hand = Hand()
    model = hand.model(resnet20(hand), (1, 3, 32, 32))

    monkeypatch.setattr(onnx_folding, "_merge_scales", broken)
    with pytest.raises(IndexError, match="a slip of ours"):
        read(tmp_path, model)


def test_what_breaks_when_it_runs_is_told_with_file_and_node(tmp_path: Path) -> None:
    hand = Hand()
    model = hand.model(resnet20(hand), (1, 3, 32, 32))
    second = [node for node in model.graph.node if node.op_type == "Conv"][1]
    second.input[1] = hand.weight(16, 5, 3, 3, name="of five channels")
    model.graph.initializer.append(hand.weights[-1])
    path = tmp_path / "net.onnx"
    path.write_bytes(model.SerializeToString())
    words = (
        rf"^{path} did not run in eval mode .* at node '{second.name}' \(Conv\): RuntimeError: .* \(tried 1x3x32x32\)"
    )
    with pytest.raises(CaptureError, match=words):
        Runner(load_target(str(path))).first([(1, 3, 32, 32)])


@pytest.mark.slow
def test_what_breaks_in_an_exported_program_is_told_with_file_and_node(tmp_path: Path) -> None:
    with zipfile.ZipFile(exported("resnet20", "pt2")) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    name = next(name for name in parts if name.endswith("model.json"))
    tree = json.loads(parts[name])
    node = next(
        n for n in tree["graph_module"]["graph"]["nodes"] if "max_pool" in n["target"] or "linear" in n["target"]
    )
    node["target"] = "torch.ops.aten.matmul.default"
    node["inputs"] = node["inputs"][:1] * 2
    node["inputs"] = [{**given, "name": key} for given, key in zip(node["inputs"], ("self", "other"), strict=True)]
    parts[name] = json.dumps(tree).encode()
    path = tmp_path / "net.pt2"
    with zipfile.ZipFile(path, "w") as made:
        for part, content in parts.items():
            made.writestr(part, content)
    with pytest.raises(CaptureError, match=rf"^{path} did not run in eval mode .* at node 'fc' \(matmul\): "):
        Runner(load_target(str(path))).first([(1, 3, 32, 32)])
