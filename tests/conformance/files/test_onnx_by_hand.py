"""ONNX networks as converters write them: other layouts, other operators for the same thing, and wrong networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from onnx import ModelProto, TensorProto, helper, numpy_helper

from resnet_conformance import check, identify
from resnet_conformance.capture import TargetError, load_target
from resnet_conformance.capture.problems import TargetProblem
from resnet_conformance.findings import Report

from .byhand import Hand, caffe_resnet50, resnet20

pytestmark = pytest.mark.slow

FREE = ("n", 3, "h", "w")
LAST = ("n", "h", "w", 3)


def broken(report: Report) -> set[str]:
    return {f.clause for f in report.failed("MUST")}


def outcome(report: Report, clause: str) -> str:
    return next(f.outcome for f in report.findings if f.clause == clause)


@pytest.mark.parametrize("shape", [FREE, (1, 3, 32, 32), (4, 3, 32, 32)])
def test_a_network_of_plain_operators_conforms(tmp_path: Path, shape: tuple[Any, ...]) -> None:
    hand = Hand()
    path = hand.save(tmp_path / "net.onnx", resnet20(hand, head="mean"), shape)
    report = check(path) if shape[0] == 4 else check(path, evidence="structure")
    assert (report.architecture, report.identified.exact, broken(report)) == ("cifar10/resnet20", True, set())
    assert report.verdict == ("conforms" if shape[0] == 4 else "not-examined")
    assert report.summary["parameters"] == 269_722


@pytest.mark.parametrize("batch", [1, 4])
def test_a_reshape_to_the_files_batch_size_is_none_of_the_network(tmp_path: Path, batch: int) -> None:
    hand = Hand()
    x = hand.add("GlobalAveragePool", hand.add("Relu", hand.conv("x", 3, 8, 3)))
    x = hand.add("Gemm", hand.add("Reshape", x, hand.integers(batch, 8)), hand.weight(8, 10), hand.weight(10))
    network = load_target(hand.save(tmp_path / "net.onnx", x, (batch, 3, 32, 32))).instance
    assert network is not None
    assert [tuple(network(torch.randn(n, 3, 48, 40)).shape) for n in (1, 3, 4)] == [(1, 10), (3, 10), (4, 10)]


@pytest.mark.parametrize("shape", [LAST, (1, 32, 32, 3), ("n", "h", "w", "c")])
def test_channels_last_leaves_no_trace(tmp_path: Path, shape: tuple[Any, ...]) -> None:
    hand = Hand(last=True)
    path = hand.save(tmp_path / "keras.onnx", resnet20(hand), shape)
    report = check(path) if shape == LAST else check(path, evidence="structure")
    assert (report.architecture, broken(report)) == ("cifar10/resnet20", set())
    assert report.verdict == ("conforms" if shape == LAST else "not-examined")
    assert report.summary["input"][1:] == [3, 32, 32]


def test_channels_last_computes_what_channels_first_does(tmp_path: Path) -> None:
    networks = []
    for last in (False, True):
        hand = Hand(last=last)
        networks.append(
            load_target(hand.save(tmp_path / f"{last}.onnx", resnet20(hand), LAST if last else FREE)).instance
        )
    x = torch.randn(2, 3, 32, 32)
    assert networks[0] is not None
    assert networks[1] is not None
    torch.testing.assert_close(networks[0](x), networks[1](x))


def test_the_released_caffe_network(tmp_path: Path) -> None:
    """The bias of conv1 is admitted, its pool is the paper's; a 7x7 pool binds where sizes are free."""
    hand = Hand()
    output = caffe_resnet50(hand)
    fixed = check(
        hand.save(tmp_path / "deploy.onnx", output, (1, 3, 224, 224)), "imagenet/resnet50", evidence="structure"
    )
    assert broken(fixed) == set()
    assert fixed.summary["parameters"] == 25_557_096
    assert {c: outcome(fixed, c) for c in ("STEM-05", "CB-02", "CB-01", "BTN-04", "BN-01", "HD-01")} == dict.fromkeys(
        ("STEM-05", "CB-02", "CB-01", "BTN-04", "BN-01", "HD-01"), "pass"
    )
    assert outcome(fixed, "STEM-05a") == "not-applicable"
    for clause in ("HD-05", "HD-07"):
        found = next(f for f in fixed.findings if f.clause == clause)
        assert found.outcome == "not-applicable"
        assert found.message.startswith("The file fixes its input to 1x3x224x224: export it with dynamic axes")
    free = check(hand.save(tmp_path / "free.onnx", output, FREE), "imagenet/resnet50", evidence="structure")
    assert broken(free) == {"HD-05", "HD-07"}


@pytest.mark.parametrize(
    ("how", "clauses"),
    [
        ({"stride_in": 1}, {"STG-13"}),
        ({"last_relu": False}, {"BLK-03"}),
        ({"norm": False}, {"BN-01"}),
        ({"head": "softmax"}, {"HD-02"}),
    ],
)
@pytest.mark.parametrize("last", [False, True])
def test_a_wrong_network_fails_by_its_clause(
    tmp_path: Path, how: dict[str, Any], clauses: set[str], last: bool
) -> None:
    hand = Hand(last=last)
    shape = LAST if last else FREE
    path = hand.save(tmp_path / "net.onnx", resnet20(hand, **how), shape)
    report = check(path, "cifar10/resnet20", evidence="structure")
    assert report.verdict == "violates"
    assert clauses <= broken(report)


def test_softmax_has_its_name(tmp_path: Path) -> None:
    hand = Hand()
    report = check(hand.save(tmp_path / "net.onnx", resnet20(hand, head="softmax"), FREE), evidence="structure")
    assert report.identified.deviations == ("softmax-in-model",)


def test_only_the_largest_size_is_not_examined_where_the_file_cannot_run_it(tmp_path: Path) -> None:
    hand = Hand()
    x = hand.add("Relu", hand.bn(hand.conv("x", 3, 16, 3), 16))
    x = hand.add("Reshape", x, hand.integers(1, 16 * 32 * 32))
    path = hand.save(tmp_path / "net.onnx", hand.add("Gemm", x, hand.weight(16 * 32 * 32, 10)), (1, 3, 32, 32))
    found = {f.clause: f for f in check(path, "cifar10/resnet20", evidence="structure").findings}
    assert found["HD-05"].outcome == "not-applicable"


# --- layers, against torch ---


def one(
    kind: str, inputs: list[np.ndarray[Any, Any]], opset: int = 17, shape: tuple[Any, ...] = FREE, **a: Any
) -> ModelProto:
    hand = Hand()
    names = [hand.values(array) for array in inputs]
    return hand.model(hand.add(kind, "x", *names, **a), shape, opset)


def run(tmp_path: Path, model: ModelProto, x: torch.Tensor) -> torch.Tensor:
    path = tmp_path / "one.onnx"
    path.write_bytes(model.SerializeToString())
    network = load_target(str(path)).instance
    assert network is not None
    found = network(x)
    assert isinstance(found, torch.Tensor)
    return found


CASES: list[tuple[str, list[Any], dict[str, Any]]] = [
    ("Conv", [np.ones((4, 3, 3, 3))], {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
    ("Conv", [np.ones((4, 3, 3, 3))], {"auto_pad": "SAME_LOWER", "strides": [2, 2]}),
    ("Conv", [np.ones((4, 3, 3, 3)), np.ones(4)], {"pads": [0, 1, 2, 3]}),
    ("Conv", [np.ones((3, 1, 3, 3))], {"group": 3, "dilations": [2, 2]}),
    ("MaxPool", [], {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "SAME_UPPER"}),
    ("MaxPool", [], {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1}),
    ("MaxPool", [], {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 0, 0]}),
    ("AveragePool", [], {"kernel_shape": [2, 2], "strides": [2, 2], "pads": [1, 1, 1, 1]}),
    ("AveragePool", [], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}),
    ("GlobalAveragePool", [], {}),
    ("Clip", [np.float32(0), np.float32(6)], {}),
    ("LeakyRelu", [], {"alpha": 0.2}),
    ("PRelu", [np.full((3, 1, 1), 0.3)], {}),
    ("Softmax", [], {"axis": 1}),
    ("Softmax", [], {"axis": -1}),
    ("Pad", [np.array([0, 1, 2, 0, 0, 1, 0, 3]), np.float32(2)], {}),
    ("Pad", [np.array([0, 0, 1, 1, 0, 0, 1, 1])], {"mode": "reflect"}),
    ("Slice", [np.array([1]), np.array([-1]), np.array([2]), np.array([2])], {}),
    ("Transpose", [], {"perm": [2, 0, 3, 1]}),
    ("Flatten", [], {"axis": 2}),
    ("ReduceMean", [], {"axes": [-1], "keepdims": 0}),
    ("Reshape", [np.array([0, -1])], {}),
    ("Unsqueeze", [np.array([1, -1])], {}),
    ("HardSigmoid", [], {}),
]


@pytest.mark.parametrize(("kind", "inputs", "attributes"), CASES)
def test_an_operator_computes_what_its_definition_says(
    tmp_path: Path, kind: str, inputs: list[Any], attributes: dict[str, Any]
) -> None:
    """Against onnx's own reference implementation."""
    from onnx.reference import ReferenceEvaluator

    arrays = [np.asarray(a, dtype=np.float32 if np.asarray(a).dtype.kind == "f" else np.int64) for a in inputs]
    model = one(kind, arrays, **attributes)
    x = torch.randn(2, 3, 9, 7)
    wanted = ReferenceEvaluator(model).run(None, {"x": x.numpy()})[0]
    torch.testing.assert_close(run(tmp_path, model, x), torch.from_numpy(np.asarray(wanted)), rtol=1e-4, atol=1e-4)


# --- what is refused ---


def node(kind: str, **attributes: Any) -> ModelProto:
    hand = Hand()
    return hand.model(hand.add(kind, hand.conv("x", 3, 4, 3), **attributes), FREE)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (
            node("FusedConv", domain="com.microsoft"),
            "FusedConv of node 'fusedconv_1' .* is of the domain 'com.microsoft'",
        ),
        (
            node("NonMaxSuppression"),
            "the operator NonMaxSuppression of node 'nonmaxsuppression_1' .opset 17. is not known",
        ),
        (node("Loop"), "is control flow"),
        (one("Relu", [], shape=(3, 32)), "its input 'x' has the shape 3x32"),
        (one("Expand", [np.array([2**40, 1, 1, 1, 1])]), "impossible shape"),
        (one("Add", [np.ones(3, np.float32)], shape=(1, 3, 10**7, 10**7)), "its input 'x' has the shape"),
    ],
)
def test_what_cannot_be_judged_is_refused_by_name(tmp_path: Path, model: ModelProto, words: str) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(TargetProblem, match=words):
        check(str(path))


@pytest.mark.parametrize("content", [b"", b"\x08", b"not protobuf at all", b"PK\x03\x04" + bytes(50)])
def test_what_is_no_onnx_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    with pytest.raises(TargetError, match=r"net\.onnx"):
        identify(str(path))


def test_a_cycle_is_refused(tmp_path: Path) -> None:
    hand = Hand()
    hand.nodes = [
        helper.make_node("Add", ["x", "b"], ["a"], name="one"),
        helper.make_node("Relu", ["a"], ["b"], name="two"),
    ]
    with pytest.raises(TargetError, match="Add 'one' reads 'b', and nothing before it makes that"):
        load_target(hand.save(tmp_path / "net.onnx", "b", FREE))


def test_two_inputs_are_refused(tmp_path: Path) -> None:
    hand = Hand()
    model = hand.model(hand.add("Add", "x", "y"), FREE)
    model.graph.input.append(helper.make_tensor_value_info("y", TensorProto.FLOAT, list(FREE)))
    path = tmp_path / "net.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(TargetError, match=r"takes 2 inputs \(x, y\)"):
        load_target(str(path))


@pytest.mark.parametrize(
    ("domain", "name", "words"),
    [
        ("", "Relu", r"the function Relu of its own \(domain ''\) gives ONNX's own operator another meaning"),
        ("ai.onnx", "Relu", "gives ONNX's own operator another meaning"),
        ("mine", "Act", r"the function Act of its own \(domain 'mine'\) is used by its graph: replace .*inline_local"),
        ("other", "Act", ""),
    ],
)
def test_functions_that_the_graph_is_made_of_are_refused(tmp_path: Path, domain: str, name: str, words: str) -> None:
    hand = Hand()
    x = hand.add("Relu", hand.conv("x", 3, 4, 3))
    model = hand.model(hand.add("Act", x, domain="mine") if domain == "mine" else x, FREE)
    body, opsets = [helper.make_node("Sigmoid", ["a"], ["b"])], [helper.make_opsetid("", 17)]
    model.functions.append(helper.make_function(domain, name, ["a"], ["b"], body, opsets))
    path = tmp_path / "net.onnx"
    path.write_bytes(model.SerializeToString())
    if not words:  # nobody calls it
        assert load_target(str(path)).instance is not None
        return
    with pytest.raises(TargetError, match=words):
        load_target(str(path))


def test_without_onnx_the_remedy_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    path = tmp_path / "net.onnx"
    path.write_bytes(b"")
    with pytest.raises(TargetError, match=r"pip install onnx \(or: uv pip install onnx\)$"):
        load_target(str(path))


def test_weights_of_a_shape_that_their_bytes_are_not(tmp_path: Path) -> None:
    model = one("Conv", [np.ones((4, 3, 3, 3), np.float32)])
    for dims in ((10**9, 10**9), (-1, 3), (4, 3, 3, 2)):
        tensor = numpy_helper.from_array(np.ones((4, 3, 3, 3), np.float32), "w0")
        del tensor.dims[:]
        tensor.dims.extend(dims)
        model.graph.initializer[0].CopyFrom(tensor)
        path = tmp_path / "net.onnx"
        path.write_bytes(model.SerializeToString())
        with pytest.raises(TargetError, match="w0"):
            load_target(str(path))
