"""Networks that lie in files, .onnx and .pt2: read and judged as a module of ours, with no code of the file run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..file_facts import FileFacts
from ..findings import TargetInfo
from ..graph import Shape
from .file_network import FileNetwork
from .limits import exposed
from .problems import TargetError


def load_file(address: str, kwargs: Mapping[str, object]) -> tuple[TargetInfo, FileNetwork, FileFacts]:
    """The network of an .onnx or .pt2 file. Raises TargetError, which names the file."""
    path = Path(address)
    if kwargs:
        raise TargetError(f"{path} is a network in a file and takes no keyword arguments, got {', '.join(kwargs)}")
    if not path.is_file():
        there = "is no file" if path.exists() else "does not exist"
        raise TargetError(f"{path} {there}: name an .onnx or .pt2 file")
    kind = path.suffix.lower().removeprefix(".")
    module, facts = exposed(lambda: _read_onnx(path) if kind == "onnx" else _read_pt2(path))
    module.address = address
    return TargetInfo(address, {}, kind), module.eval(), facts


def _read_onnx(path: Path) -> tuple[FileNetwork, FileFacts]:
    from .onnx_wellformed import fault_of

    try:
        return _network(path)
    except TargetError:
        raise
    except Exception as error:
        # A file that ONNX's own checker refuses may break anything here. What breaks on one that it lets pass is a bug
        # of ours, and is told as one; so is all that breaks later, when the network is judged.
        if fault := fault_of(path):
            raise TargetError(fault) from error
        raise


def _network(path: Path) -> tuple[FileNetwork, FileFacts]:
    from .onnx_file import read_onnx
    from .onnx_folding import unfold
    from .onnx_network import Network

    program, folding = unfold(read_onnx(path), str(path))
    network = Network(program)
    network.find_whole_pools()
    shape = program.input_shape or ()
    if network.channels_last and shape:
        shape = (shape[0], shape[3], *shape[1:3])
    window = any(step.whole for step in network.steps)
    return network, FileFacts(shape, folding.places, folding.recorded, window, training=network.trains, detaches=False)


def _read_pt2(path: Path) -> tuple[FileNetwork, FileFacts]:
    from .exported import read_exported

    return read_exported(path)


def declared_first(facts: FileFacts, shapes: Sequence[Shape]) -> Sequence[Shape]:
    """Where the caller left the size open, the one that the file fixes comes first; its batch size comes last."""
    found = list(shapes)
    if len(shapes) > 1 and facts.fixes_size:
        _, channels, height, width = facts.shape
        own = (shapes[0][0], channels or shapes[0][1], height or 0, width or 0)
        found = [own, *(shape for shape in shapes if shape != own)]
    if facts.shape and facts.shape[0]:
        found += [(facts.shape[0], *shape[1:]) for shape in found]
    return tuple(dict.fromkeys(found))
