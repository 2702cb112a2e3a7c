"""Whether bf16 pays here is read from what the system tells, and what chooses a precision follows it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import resnet_impl as r
from resnet_impl import processor
from resnet_impl.acceleration import error

CPU = torch.device("cpu")
X86 = (
    "processor\t: 0\nmodel name\t: AMD EPYC\nflags\t\t: fpu avx2{}\n\n"
    "processor\t: 1\nmodel name\t: another\nflags\t\t: amx_bf16\n"
)
ARM = "processor\t: 0\nFeatures\t: fp asimd{}\n"


def tells(monkeypatch: pytest.MonkeyPatch, text: str | None) -> None:
    """From here on the system says this of its processors."""

    def read_text(path: Path, *_: object, **__: object) -> str:
        assert path == Path("/proc/cpuinfo")
        if text is None:
            raise FileNotFoundError(path)
        return text

    monkeypatch.setattr(Path, "read_text", read_text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (X86.format(""), False),
        (X86.format(" avx512f avx512_bf16"), True),
        (X86.format(" amx_bf16"), True),
        (X86.format(" avx512_bf16_like"), False),
        (ARM.format(""), False),
        (ARM.format(" bf16 i8mm"), True),
        ("processor\t: 0\n", True),  # told nothing
        (None, True),  # no such file: not Linux
    ],
)
def test_a_processor_has_the_instructions_that_its_system_names(monkeypatch, text, expected) -> None:
    tells(monkeypatch, text)
    assert processor.multiplies_bf16(CPU) is expected


def test_the_first_processor_is_the_one_that_is_told(monkeypatch) -> None:
    tells(monkeypatch, X86.format(""))
    assert processor.cpuinfo()["model name"] == "AMD EPYC"


@pytest.mark.parametrize(("capability", "expected"), [((7, 5), False), ((8, 0), True), ((9, 0), True)])
def test_a_gpu_has_them_since_ampere(monkeypatch, capability, expected) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert processor.multiplies_bf16(torch.device("cuda", 1)) is expected


@pytest.mark.parametrize("flags", [[], ["avx512_bf16"], None])
def test_a_fast_network_takes_bf16_where_it_pays(monkeypatch, flags) -> None:
    monkeypatch.setattr(processor, "bf16_flags", lambda info: flags)
    torch.manual_seed(0)
    net, images = r.cifar_resnet20().eval(), torch.randn(2, 3, 32, 32)
    off = error(r.fast(net, how="eager"), net, images)
    assert off < 1e-5 if flags == [] else off > 1e-4
    assert r.fast_training(net, how="eager")(images).dtype == (torch.float32 if flags == [] else torch.bfloat16)


def test_a_network_without_parameters_is_made_fast_as_well() -> None:
    images = torch.randn(2, 3, 8, 8)
    found = r.fast(torch.nn.Sequential(torch.nn.ReLU()), "fp32", "eager")(images)
    assert torch.equal(found, images.relu())
    assert torch.allclose(r.fast(torch.nn.Sequential(torch.nn.ReLU()), how="eager")(images), images.relu(), atol=0.02)
