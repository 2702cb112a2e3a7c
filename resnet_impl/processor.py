"""What the processor is, as far as the system tells, and whether a device multiplies bfloat16 itself.

PyTorch computes bfloat16 on any device. One without instructions for it converts to float32 and back around each
product: a training iteration of ResNet-20 took 11 times as long as in float32 (AMD EPYC with AVX2 and no AVX-512, one
thread, batches of 128, medians of 14 iterations, torch 2.15.0, 2026-12-01).
"""

from __future__ import annotations

from pathlib import Path

import torch

BF16_FLAGS = ("avx512_bf16", "amx_bf16", "bf16")  # of x86, x86 and ARM, as Linux names them
AMPERE = 8  # compute capability of NVIDIA's first GPUs with it


def cpuinfo() -> dict[str, str]:
    """The first processor of Linux's /proc/cpuinfo; empty on other systems."""
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8").partition("\n\n")[0]
    except OSError:
        return {}
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in text.splitlines())}


def bf16_flags(info: dict[str, str]) -> list[str] | None:
    """Its instructions for bfloat16, perhaps none; None where the system does not tell."""
    told = info.get("flags", info.get("Features"))  # x86, ARM
    return None if told is None else [flag for flag in BF16_FLAGS if flag in told.split()]


def multiplies_bf16(device: torch.device) -> bool:
    """Has this device instructions for bfloat16? True, too, where the system does not tell."""
    if device.type == "cuda":
        return torch.version.hip is not None or torch.cuda.get_device_capability(device)[0] >= AMPERE
    return device.type != "cpu" or bf16_flags(cpuinfo()) != []
