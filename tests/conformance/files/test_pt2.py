"""Exported programs: judged as their module in whichever mode they were exported; nothing in the file is run."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from resnet_conformance import check
from resnet_conformance.capture import TargetError, load_target

from .exports import exported, network
from .same import differences, judged

pytestmark = pytest.mark.slow

# what a program that was exported in training mode does not show
EVALUATED = ("BN-05", "BH-01", "BH-02", "BH-04", "EQ-01")
WAYS = ["pt2", "pt2-train", "pt2-core", "pt2-dynamic"]


@pytest.mark.parametrize("way", WAYS)
def test_resnet20_is_judged_as_its_module(way: str) -> None:
    module, file = judged("resnet20", "module"), judged("resnet20", way)
    assert module.verdict == "conforms"
    assert file.verdict == ("not-examined" if way == "pt2-train" else "conforms")
    assert (file.target.kind, file.architecture, file.identified.exact) == ("pt2", "cifar10/resnet20", True)
    hidden = EVALUATED if way == "pt2-train" else ()
    assert differences(module, file) == dict.fromkeys(hidden, ("pass", "not-examined"))


def test_resnet18_is_judged_as_its_module() -> None:
    module, file = judged("resnet18", "module"), judged("resnet18", "pt2-train")
    assert file.architecture == module.architecture == "imagenet/resnet18"
    assert differences(module, file) == dict.fromkeys(EVALUATED, ("pass", "not-examined"))


@pytest.mark.parametrize("way", WAYS)
def test_it_computes_what_the_module_computes_in_both_modes(way: str) -> None:
    file, module = load_target(exported("resnet20", way)).instance, network("resnet20")
    assert file is not None
    x = torch.randn(3, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(file.eval()(x), module(x))
        before = [b.clone() for b in module.buffers()]
        torch.testing.assert_close(file.train()(x), module.train()(x))
        for mine, theirs in zip(dict(file.named_buffers()).items(), dict(module.named_buffers()).items(), strict=True):
            assert mine[0] == theirs[0]
            if mine[1].is_floating_point():
                torch.testing.assert_close(mine[1], theirs[1])
        for buffer, old in zip(module.eval().buffers(), before, strict=True):
            buffer.copy_(old)


def test_findings_name_the_modules_that_were_exported() -> None:
    places = {node.where for node in capture_of(exported("resnet20", "pt2"))}
    assert {"stem.conv", "maps32.0.conv1", "fc"} <= places


def capture_of(path: str) -> Any:
    from resnet_conformance.capture import capture_candidate

    return capture_candidate(path, shapes=((2, 3, 32, 32),)).graph


# --- files that are not what they seem ---


class Bomb:
    """Unpickled by Python's own unpickler, it writes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (self.path,)


def rewritten(tmp_path: Path, change: Callable[[dict[str, bytes]], None], source: str = "pt2") -> str:
    """A copy of ResNet-20's file with other contents; names without the archive's folder."""
    path = tmp_path / "net.pt2"
    with zipfile.ZipFile(exported("resnet20", source)) as old:
        parts = {name.partition("/")[2]: old.read(name) for name in old.namelist()}
    change(parts)
    with zipfile.ZipFile(path, "w") as new:
        for name, data in parts.items():
            new.writestr(f"net/{name}", data)
    return str(path)


def in_json(name: str, change: Callable[[Any], None]) -> Callable[[dict[str, bytes]], None]:
    def run(parts: dict[str, bytes]) -> None:
        data = json.loads(parts[name])
        change(data)
        parts[name] = json.dumps(data).encode()

    return run


MODEL, WEIGHTS = "models/model.json", "data/weights/model_weights_config.json"


def pickled(thing: object, by_torch: bool) -> bytes:
    buffer = io.BytesIO()
    if by_torch:
        torch.save(thing, buffer)
        return buffer.getvalue()
    return pickle.dumps(thing)


@pytest.mark.parametrize("by_torch", [True, False])
def test_a_pickle_that_would_run_code_is_not_opened(tmp_path: Path, by_torch: bool) -> None:
    trace = tmp_path / "trace"

    def arm(parts: dict[str, bytes]) -> None:
        parts["data/weights/weight_0"] = pickled(Bomb(trace), by_torch)
        in_json(WEIGHTS, lambda d: d["config"]["stem.conv.weight"].update(use_pickle=True))(parts)

    with pytest.raises(TargetError, match=r"net\.pt2: data/weights/weight_0 is a pickle that would run code"):
        load_target(rewritten(tmp_path, arm))
    assert not trace.exists()


def test_pickled_parts_that_nobody_needs_are_not_opened(tmp_path: Path) -> None:
    trace = tmp_path / "trace"

    def arm(parts: dict[str, bytes]) -> None:
        parts["data/sample_inputs/model.pt"] = pickled(Bomb(trace), True)

    load_target(rewritten(tmp_path, arm))
    assert not trace.exists()


@pytest.mark.parametrize(
    "operation",
    [
        "torch.ops.aten.save.default",
        "torch.ops.aten.from_file.default",
        "torch.ops.aten.set_.source_Tensor",
        "torch.ops.mine.attack.default",
        "os.system",
        "_operator.attrgetter",
        "torch.ops.aten.relu.__class__",
    ],
)
def test_an_operation_that_reaches_beyond_tensors_is_refused(tmp_path: Path, operation: str) -> None:
    path = rewritten(
        tmp_path, in_json(MODEL, lambda d: d["graph_module"]["graph"]["nodes"][2].update(target=operation))
    )
    with pytest.raises(TargetError, match=r"net\.pt2 cannot be judged: its operation .* is not one of PyTorch's own"):
        load_target(path)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        (WEIGHTS, lambda d: d["config"].pop("fc.bias"), "its weights lack 'fc.bias'"),
        (
            WEIGHTS,
            lambda d: d["config"]["fc.weight"]["tensor_meta"]["sizes"].__setitem__(0, {"as_int": 10**12}),
            "is too short",
        ),
        (
            WEIGHTS,
            lambda d: d["config"]["fc.weight"]["tensor_meta"]["sizes"].__setitem__(0, {"as_int": -1}),
            "impossible shape",
        ),
        (MODEL, lambda d: d["graph_module"]["graph"]["nodes"].pop(0), "reads 'conv2d', and nothing before it"),
        (MODEL, lambda d: d["graph_module"]["signature"]["input_specs"].pop(), "takes 0 inputs"),
        (MODEL, lambda d: d.pop("graph_module"), "KeyError"),
    ],
)
def test_a_damaged_program_is_refused_by_name(tmp_path: Path, name: str, change: Any, words: str) -> None:
    with pytest.raises(TargetError, match=words) as refusal:
        load_target(rewritten(tmp_path, in_json(name, change)))
    assert "net.pt2" in str(refusal.value)


@pytest.mark.parametrize("content", [b"", b"PK", b"not an archive", b"PK\x03\x04" + bytes(100)])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net.pt2"
    path.write_bytes(content)
    with pytest.raises(TargetError, match=r"net\.pt2 is no \.pt2 file, or is damaged"):
        check(str(path))


def test_an_archive_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.pt2"
    torch.save({"weight": torch.zeros(3)}, path)
    with pytest.raises(TargetError, match="no exported program is in it"):
        check(str(path))


def test_keyword_arguments_are_refused() -> None:
    with pytest.raises(TargetError, match="takes no keyword arguments, got num_classes"):
        check(exported("resnet20", "pt2"), kwargs={"num_classes": 10})


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"nowhere\.pt2 does not exist"):
        check(str(tmp_path / "nowhere.pt2"))
