"""Damaged files of weights: `identify` says what the shapes tell, or refuses the file in words, by its name."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from resnet_conformance import identify
from resnet_conformance.transplantation import WeightsError
from resnet_impl import cifar_resnet20
from tests.conformance.files.mutations import damaged
from tests.fuzz.damage import TIMES

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", ["pth", "safetensors", "old.pth"])
def test_damaged_weights_are_identified_or_refused_with_their_file(kind: str, tmp_path: Path) -> None:
    path, state, refused = tmp_path / f"net.{kind}", cifar_resnet20().state_dict(), 0
    if kind == "safetensors":
        save_file(state, path)
    else:  # before PyTorch 1.6 a file of weights was no archive
        torch.save(state, path, _use_new_zipfile_serialization=kind == "pth")
    sound = path.read_bytes()
    for seed in range(TIMES):
        path.write_bytes(damaged(sound, kind, seed))
        try:
            assert identify(path).reasons
            continue
        except WeightsError as error:
            said = str(error)
        assert str(path) in said, (seed, said)
        assert "weights_only" not in said, (seed, said)
        refused += 1
    assert refused > TIMES // 4
