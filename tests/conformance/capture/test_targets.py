"""What a user can name, and what is said when it is wrong."""

from __future__ import annotations

import sys

import pytest
import torch
from torch import nn

from resnet_conformance.capture import TargetError, TargetProblem, capture_candidate, load_target

FILE = """
import sys
import torch
from torch import nn
import neighbour_of_the_file

print("imported")

class Net(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        print("constructed")
        self.conv = nn.Conv2d(3, width, 3)

    def forward(self, x):
        print("forward")
        print("oops", file=sys.stderr)
        return self.conv(x).mean((2, 3)) * neighbour_of_the_file.FACTOR

def needs(width, *, depth):
    return Net(width)

def small():
    return Net(2)

def raises():
    raise RuntimeError("no weights here\\nsecond line")

def returns_text():
    return "net"

def exits():
    sys.exit(3)

def asks():
    return Net(int(input("width? ")))

def uses_arguments():
    assert len(sys.argv) == 1, sys.argv
    return Net()

NET = Net()
NUMBER = 7
"""


@pytest.fixture
def file(tmp_path):
    (tmp_path / "neighbour_of_the_file.py").write_text("FACTOR = 2\n")
    path = tmp_path / "nets.py"
    path.write_text(FILE)
    yield path
    sys.modules.pop("neighbour_of_the_file", None)


def test_a_factory_in_a_module():
    loaded = load_target("torch.nn:Conv2d", {"in_channels": 3, "out_channels": 4, "kernel_size": 1})
    assert loaded.info.kind == "factory"
    assert loaded.info.address == "torch.nn:Conv2d"
    assert {p.device.type for p in loaded.build("meta").parameters()} == {"meta"}
    real = loaded.build("cpu")
    assert {p.device.type for p in real.parameters()} == {"cpu"}
    assert real.weight.std() > 0.1


def test_a_class_a_function_and_an_instance(file):
    class Net(nn.Module):
        pass

    assert isinstance(load_target(Net).build("cpu"), Net)
    assert load_target(lambda: Net().eval()).info.kind == "factory"
    instance = nn.Conv2d(3, 4, 1)
    loaded = load_target(instance)
    assert loaded.info.kind == "module"
    copied = loaded.build("cpu")
    assert copied is not instance
    assert torch.equal(copied.weight, instance.weight)
    assert load_target(f"{file}:NET").instance is not None


def test_a_file_imports_its_neighbours_and_keeps_quiet(file, capsys):
    path = list(sys.path)
    candidate = capture_candidate(f"{file}:Net", {"width": 6})
    assert candidate.target.kind == "file"
    assert candidate.target.kwargs == {"width": 6}
    assert candidate.graph[candidate.graph.output].shape == (2, 6)
    assert capsys.readouterr() == ("", "")
    assert sys.path == path


def test_a_target_sees_no_command_line_of_ours(file, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["resnet-conformance", "check", "x:y"])
    capture_candidate(f"{file}:uses_arguments")
    assert len(sys.argv) == 3


def test_two_files_of_one_name_are_two_modules(file, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "nets.py").write_text("from torch import nn\ndef Net():\n    return nn.Conv2d(3, 9, 1)\n")
    load_target(f"{file}:Net")
    assert load_target(f"{other / 'nets.py'}:Net").build("cpu").out_channels == 9


MESSAGES = [
    ("no_such_package.at_all:net", {}, ["no module named 'no_such_package'", "Install it"]),
    ("torch.nn:Conv2dd", {}, ["torch.nn has no 'Conv2dd'", "did you mean Conv2d"]),
    ("torch:Conv2d", {}, ["torch has no 'Conv2d'", "did you mean torch.nn:Conv2d?"]),
    ("torch.nn", {}, ["names no factory", "torch.nn:NAME", "It has: "]),
    ("torch.nn.Conv2d", {}, ["names no factory", "perhaps torch.nn:Conv2d"]),
    ("torch.nnn:Conv2d", {}, ["no module named 'torch.nnn'", "Did you mean torch.nn"]),
    ("torch", {}, ["names no factory", "torch:NAME"]),
    ("{file}", {}, ["names no factory", "nets.py:NAME", "small"]),
    ("{folder}/net.py:Net", {}, ["no file", "did you mean nets.py"]),
    ("{file}:smal", {}, ["has no 'smal'", "did you mean small"]),
    ("{file}:needs", {}, ["needs width, depth", "--kw width=... --kw depth=..."]),
    ("{file}:needs", {"width": 3}, ["needs depth", "--kw depth=..."]),
    ("{file}:Net", {"widht": 3}, ["does not accept widht", "accepts width"]),
    ("{file}:small", {"width": 3}, ["does not accept width", "accepts none"]),
    ("{file}:raises", {}, ["cannot construct", "RuntimeError: no weights here (", "nets.py:"]),
    ("{file}:returns_text", {}, ["returned str", "torch.nn.Module"]),
    ("{file}:exits", {}, ["calls sys.exit (3)", "__main__"]),
    ("{file}:asks", {}, ["asks for input", "--kw name=value"]),
    ("{file}:NUMBER", {}, ["is int", "cannot be called"]),
    ("{file}:NET", {"width": 3}, ["takes no keyword arguments"]),
    ("{folder}/broken.py:net", {}, ["cannot import", "broken.py, line 2"]),
    ("{folder}/quits.py:net", {}, ["cannot import", "calls sys.exit", "__main__"]),
    ("{folder}/missing.py:net", {}, ["no module named 'not_installed_here'"]),
    (":net", {}, ["names no module"]),
    (3, {}, ["cannot judge int"]),
]


@pytest.mark.parametrize(("target", "kwargs", "parts"), MESSAGES)
def test_messages_say_what_was_wrong_and_what_to_do(file, target, kwargs, parts):
    folder = file.parent
    (folder / "broken.py").write_text("import torch\ndef net(:\n")
    (folder / "quits.py").write_text("import sys\nsys.exit()\n")
    (folder / "missing.py").write_text("import not_installed_here\n")
    if isinstance(target, str):
        target = target.format(file=file, folder=folder)
    with pytest.raises(TargetError) as caught:
        load_target(target, kwargs).build("cpu")
    message = str(caught.value)
    for part in parts:
        assert part in message
    assert "\n" not in message
    assert "Traceback" not in message
    assert isinstance(caught.value, TargetProblem)


def test_a_constructed_network_takes_no_arguments():
    with pytest.raises(TargetError, match="takes no keyword arguments"):
        load_target(nn.Identity(), {"a": 1})


class Speechless(Exception):
    """Cannot say what it is."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


def test_an_exception_that_cannot_be_read():
    def made():
        raise Speechless

    with pytest.raises(TargetError, match=r"Speechless \(its message cannot be read\)"):
        capture_candidate(made)


def test_a_very_long_message_is_shortened_in_its_middle():
    def made():
        raise ValueError("begins here " + "x" * 5000 + " ends here\n\nsecond line")

    with pytest.raises(TargetError) as caught:
        capture_candidate(made)
    message = str(caught.value)
    assert "begins here" in message
    assert "ends here" in message
    assert len(message) < 700


@pytest.mark.parametrize("inner", [False, True])
def test_a_file_of_a_package_is_named_as_its_module(tmp_path, inner):
    folder = tmp_path / "outer_package_of_the_test" / ("inner" if inner else "")
    folder.mkdir(parents=True)
    for place in {folder, tmp_path / "outer_package_of_the_test"}:
        (place / "__init__.py").write_text("")
    (folder / "a.py").write_text("from .b import net\n")
    dotted = "outer_package_of_the_test.inner.a" if inner else "outer_package_of_the_test.a"
    with pytest.raises(TargetError) as caught:
        load_target(f"{folder / 'a.py'}:net")
    assert "belongs to a package" in str(caught.value)
    assert f" {dotted}:net," in str(caught.value)
    assert f"folder {tmp_path} " in str(caught.value)
