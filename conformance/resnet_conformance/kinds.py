"""What a target's address names, by its ending: an exported network, a file of weights, or code."""

from __future__ import annotations

from pathlib import Path

NETWORKS = (".onnx", ".pt2")
WEIGHTS = (".safetensors", ".pth", ".pt")


def is_network_file(address: str | Path) -> bool:
    """Is it a file that holds a network, which is read and not run?"""
    return str(address).lower().endswith(NETWORKS)


def is_weights_file(address: str | Path) -> bool:
    """Is it a file that holds weights and no network?"""
    return str(address).lower().endswith(WEIGHTS)


def kind_of(address: str) -> str:
    """TargetInfo.kind of an address that could not be loaded: "onnx", "pt2", "weights", "file" or "factory"."""
    if is_network_file(address):
        return Path(address).suffix.lower().removeprefix(".")
    if is_weights_file(address):
        return "weights"
    return "file" if ".py" in address else "factory"
