"""What the figures depend on: the machine's facts, its ceilings as measured, its clocks, the memory that a call takes.

Neither the machine's name nor a path on it is among the facts: results are published.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from resnet_impl.processor import bf16_flags, cpuinfo

from .roofline import Ceiling

PACKAGES = ("torch", "torchvision", "timm", "resnet-conformance", "pytest-benchmark")
DTYPES = {"fp32": torch.float32, "tf32": torch.float32, "bf16": torch.bfloat16}
REPEATS = 5  # of a copy and of a product: the best is the ceiling


def synchronize(device: torch.device) -> None:
    """Until the device has done all that it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def set_arithmetic(precision: str) -> None:
    """Whether float32 products on a GPU are rounded to TF32; elsewhere there is no choice. Anyone may tune kernels."""
    if torch.cuda.is_available():
        torch.backends.cudnn.benchmark = True
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"


def ceilings(device: torch.device, precisions: tuple[str, ...], small: bool = False) -> dict[str, Ceiling]:
    """By precision: operations a second of a large square product, and bytes a second (read and written) of a copy."""
    gpu = device.type == "cuda"
    side = 256 if small else 8192 if gpu else 2048
    source = torch.zeros(2**20 if small else 2**28 if gpu else 2**26, device=device)  # 1 GiB or 256 MiB
    target = torch.empty_like(source)
    bandwidth = 2 * source.nbytes / _best(lambda: target.copy_(source), device)
    found = {}
    for precision in precisions:
        set_arithmetic(precision)
        a = torch.randn(side, side, device=device).to(DTYPES[precision])
        b, out = torch.randn_like(a), torch.empty_like(a)
        product = _best(lambda a=a, b=b, out=out: torch.mm(a, b, out=out), device)  # type: ignore[misc]
        found[precision] = Ceiling(2 * side**3 / product, bandwidth)
    return found


def _best(call: Callable[[], Any], device: torch.device) -> float:
    call()
    seconds = []
    for _ in range(REPEATS):
        synchronize(device)
        begin = time.perf_counter()
        call()
        synchronize(device)
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def facts(device: torch.device) -> dict[str, Any]:
    """Hardware, versions, threads; plain data."""
    cpu = cpuinfo()
    found: dict[str, Any] = {
        "cpu": cpu.get("model name", platform.machine()),
        "cores": os.cpu_count(),
        "bf16 instructions": bf16_flags(cpu) or [],
        "memory_gib": _total_memory(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "threads": torch.get_num_threads(),
        "device": device.type,
        "packages": {name: number for name in PACKAGES if (number := _version(name))},
    }
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        found |= {
            "gpu": properties.name,
            "gpu_memory_gib": round(properties.total_memory / 2**30, 1),
            "multiprocessors": properties.multi_processor_count,
            "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(),  # type: ignore[no-untyped-call]
        }
    return found


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _total_memory() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (ValueError, OSError, AttributeError):
        return None


def clocks(device: torch.device) -> dict[str, float]:
    """Clocks (MHz), temperature (degrees Celsius), load, as far as the machine says; perhaps empty."""
    found: dict[str, float] = {}
    if (mhz := cpuinfo().get("cpu MHz")) is not None:
        found["cpu_mhz"] = float(mhz)
    if hasattr(os, "getloadavg"):
        found["load"] = round(os.getloadavg()[0], 2)
    if device.type == "cuda" and (smi := shutil.which("nvidia-smi")):
        names = ("clocks.sm", "clocks.mem", "temperature.gpu", "power.draw")
        index = device.index or 0
        asked = [smi, f"--id={index}", f"--query-gpu={','.join(names)}", "--format=csv,noheader,nounits"]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        values = [value.strip() for value in done.stdout.split(",")]
        if len(values) == len(names):
            found |= {n: float(v) for n, v in zip(names, values, strict=True) if re.fullmatch(r"[\d.]+", v)}
    return found


def peak_memory(call: Callable[[], Any], device: torch.device) -> int | None:
    """Bytes that a call needs at its peak above what was in use before it; None where the machine cannot tell."""
    if device.type == "cuda":
        synchronize(device)
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        call()
        synchronize(device)
        return torch.cuda.max_memory_allocated(device) - before
    try:
        Path("/proc/self/clear_refs").write_text("5", "ascii")  # Linux: the peak is the present from now on
    except OSError:
        return None
    before = _resident("VmHWM")
    call()
    return max(0, _resident("VmHWM") - before)


def _resident(field: str) -> int:
    status = Path("/proc/self/status").read_text("utf-8")
    found = re.search(rf"^{field}:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0
