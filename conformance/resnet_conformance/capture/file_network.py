"""What networks of .onnx and .pt2 files have in common: the file that they come from, and nodes for modules."""

from __future__ import annotations

from torch import nn


class FileNetwork(nn.Module):
    """A network whose modules are the nodes of a file."""

    address = ""  # the file, as its user named it

    def kind_of(self, place: str) -> str:
        """The operator of the node that is registered there; "" where there is none."""
        raise NotImplementedError


def subject(module: nn.Module) -> str:
    """What messages call a network: its file, where it has one."""
    return (module.address if isinstance(module, FileNetwork) else "") or "the network"


def place_text(module: nn.Module, place: str) -> str:
    """ " in module 'layer1'", or " at node 'layer1.conv1' (Conv)" of a file; "" for the whole network."""
    if not place:
        return ""
    kind = module.kind_of(place) if isinstance(module, FileNetwork) else ""
    return f" at node {place!r} ({kind})" if kind else f" in module {place!r}"
