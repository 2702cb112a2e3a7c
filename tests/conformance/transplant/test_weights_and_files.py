"""Files of weights: how they may look, what is said of those that do not fit, and how the result is written."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, load_model, save_file
from torch import nn

from resnet_conformance import WeightsError, transplant
from resnet_conformance.reports.output import OutputError
from resnet_conformance.transplantation import files

from ...mutants.faithful import resnet20
from .conftest import randomized


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    return dict(randomized(resnet20()).state_dict())


Form = Callable[[dict[str, torch.Tensor], Path], Path]


def pickled(wrap: Callable[[dict[str, torch.Tensor]], Any]) -> Form:
    def write(state: dict[str, torch.Tensor], folder: Path) -> Path:
        torch.save(wrap(state), folder / "weights.pt")
        return folder / "weights.pt"

    return write


def as_safetensors(state: dict[str, torch.Tensor], folder: Path) -> Path:
    save_file(state, folder / "weights.safetensors")
    return folder / "weights.safetensors"


def without_counts(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {key: value for key, value in state.items() if not key.endswith("num_batches_tracked")}


FORMS: dict[str, Form] = {
    "plain": pickled(lambda state: state),
    "state_dict": pickled(lambda state: {"epoch": 3, "state_dict": state, "optimizer": {"lr": 0.1}}),
    "model": pickled(lambda state: {"model": state}),
    "twice": pickled(lambda state: {"model": {"state_dict": state}}),
    "data-parallel": pickled(lambda state: {f"module.{key}": value for key, value in state.items()}),
    "compiled": pickled(lambda state: {f"module._orig_mod.{key}": value for key, value in state.items()}),
    "before-counts": pickled(without_counts),
    "safetensors": as_safetensors,
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_files(form: str, state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    done = transplant(resnet20, FORMS[form](state, tmp_path), resnet20)
    wanted = without_counts(state) if form == "before-counts" else state
    assert set(done.state) == set(state)
    assert all(torch.equal(done.state[key], value) for key, value in wanted.items())


class Hostile:
    def __reduce__(self) -> Any:
        return print, ("code in a file of weights ran",)


FAULTS: dict[str, tuple[Callable[[dict[str, torch.Tensor]], Any], str]] = {
    "missing": (
        lambda state: {k: v for k, v in state.items() if not k.startswith("fc.")},
        r"2 keys are missing: fc\.weight, fc\.bias",
    ),
    "unexpected": (lambda state: state | {"head.bias": torch.zeros(3)}, r"1 key is unexpected: head\.bias"),
    "shape": (
        lambda state: state | {"fc.weight": torch.zeros(100, 64), "fc.bias": torch.zeros(100)},
        r"2 tensors have another shape: fc\.weight \(100x64 in the file, 10x64 in the network\)",
    ),
    "numbers": (lambda state: state | {"epoch": 3}, "no tensor under epoch"),
    "list": (lambda state: list(state.values()), "holds list and no state_dict"),
    "empty": (lambda state: {}, "holds nothing"),
    "code": (lambda state: {"fc.weight": Hostile()}, "as weights alone"),
    "not-finite": (lambda state: state | {"fc.bias": torch.full((10,), float("nan"))}, "not finite"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faulty_files(
    fault: str, state: dict[str, torch.Tensor], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, why = FAULTS[fault]
    path, output = pickled(change)(state, tmp_path), tmp_path / "out.safetensors"
    with pytest.raises(WeightsError, match=why):
        transplant(resnet20, path, resnet20, output)
    assert "ran" not in capsys.readouterr().out
    assert not output.exists()


def test_files_that_are_none(tmp_path: Path) -> None:
    for name in ("broken.pth", "broken.safetensors"):
        (tmp_path / name).write_bytes(b"these are no weights")
        with pytest.raises(WeightsError, match=f"cannot read .*{name}"):
            transplant(resnet20, tmp_path / name, resnet20)
    with pytest.raises(WeightsError, match="there is no such file"):
        transplant(resnet20, tmp_path / "nothing.pth", resnet20)
    with pytest.raises(WeightsError, match="it is a folder"):
        transplant(resnet20, tmp_path, resnet20)


# --- what is written ---


def test_an_existing_file_stays_unless_forced(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    output = tmp_path / "out.safetensors"
    output.write_text("precious")
    with pytest.raises(OutputError, match=r"out\.safetensors exists"):
        transplant(resnet20, state, resnet20, output)
    assert output.read_text() == "precious"
    transplant(resnet20, state, resnet20, output, force=True)
    assert set(load_file(output)) == set(state)
    assert [path.name for path in tmp_path.iterdir()] == ["out.safetensors"]


def test_places_that_cannot_be_written(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"the folder .* does not exist"):
        transplant(resnet20, state, resnet20, tmp_path / "nowhere" / "out.safetensors")
    with pytest.raises(OutputError, match=r"written as FILE\.safetensors"):
        transplant(resnet20, state, resnet20, tmp_path / "out.pth")


def test_a_file_that_comes_meanwhile_stays(tmp_path: Path) -> None:
    output = tmp_path / "out.safetensors"

    def meanwhile(*_: object) -> None:
        output.write_text("somebody else's")

    with pytest.raises(OutputError, match="exists"):
        files.write_weights(output, {"a": torch.ones(2)}, False, meanwhile)
    assert output.read_text() == "somebody else's"
    assert [path.name for path in tmp_path.iterdir()] == ["out.safetensors"]


def test_nothing_is_left_where_the_written_file_is_wrong(
    state: dict[str, torch.Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk changes one bit: what was written is read again, and refused."""

    def broken(tensors: dict[str, torch.Tensor], *rest: Any) -> None:
        save_file(tensors | {"fc.bias": tensors["fc.bias"] + 1e-6}, *rest)

    monkeypatch.setattr(files, "save_file", broken)
    with pytest.raises(WeightsError, match="does not hold what was written"):
        transplant(resnet20, state, resnet20, tmp_path / "out.safetensors")
    assert list(tmp_path.iterdir()) == []


class Twice(nn.Module):
    """A network that registers its classifier under two names."""

    def __init__(self) -> None:
        super().__init__()
        self.net = resnet20()
        self.again = self.net.fc

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x)


def test_a_tensor_of_two_names_is_written_once(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    output = tmp_path / "out.safetensors"
    done = transplant(resnet20, state, Twice, output)
    assert {"net.fc.weight", "again.weight"} <= set(done.state)
    assert "net.fc.weight" in load_file(output)
    assert "again.weight" not in load_file(output)
    with safe_open(output, "pt") as opened:
        assert opened.metadata()["again.weight"] == "net.fc.weight"
    net = Twice()
    load_model(net, output)
    assert torch.equal(net.again.weight, state["fc.weight"])
    back = transplant(Twice, output, resnet20)
    assert all(torch.equal(back.state[key], value) for key, value in state.items())


class Idle(nn.Module):
    """A network with a layer that its forward pass never reads."""

    def __init__(self) -> None:
        super().__init__()
        self.net, self.unused = resnet20(), nn.Linear(3, 2)
        nn.init.constant_(self.unused.weight, 4.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x)


def test_layers_that_nobody_reads(state: dict[str, torch.Tensor]) -> None:
    done = transplant(resnet20, state, Idle)
    assert bool((done.state["unused.weight"] == 4).all())  # an initial value, not whatever lay in memory
    assert any("unused.weight" in note for note in done.notes)
    back = transplant(Idle, dict(done.state), resnet20)
    assert any("unused.weight" in note and "left behind" in note for note in back.notes)


def test_inputs(state: dict[str, torch.Tensor]) -> None:
    assert transplant(resnet20, state, resnet20, input=(3, 32, 48)).shape == (2, 3, 32, 48)
    with pytest.raises(ValueError, match="input is"):
        transplant(resnet20, state, resnet20, input=(32, 32))
    assert transplant(resnet20, state, partial(resnet20)).shape == (2, 3, 64, 64)
