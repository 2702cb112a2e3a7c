"""What a network's file leaves unsaid: a network that was exported is not all that it was."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a network's file does not say, or says in another way than the network did before it was exported.

    `shape` is the declared shape of the input as (N, C, H, W), None for an axis that is free; () where nothing is
    declared. `folded`: places of convolutions into which an exporter folded their BN; `recorded`: the exporter wrote
    down that it did. `window`: a pool whose window covers the map at the fixed size was taken for a global one.
    `one_mode`: nothing in the file could follow the mode, neither BN nor dropout. `training`: all BN of the file use
    the batch's statistics, as the exporter was in training mode or as they always do. `detaches`: the file says where
    gradients stop.
    """

    shape: tuple[int | None, ...] = ()
    folded: tuple[str, ...] = ()
    recorded: bool = False
    window: bool = False
    one_mode: bool = False
    training: bool = False
    detaches: bool = True

    @property
    def fixes_batch(self) -> bool:
        """Is the batch size a number in the file?"""
        return bool(self.shape) and self.shape[0] is not None

    @property
    def fixes_size(self) -> bool:
        """Are height and width numbers in the file?"""
        return bool(self.shape) and None not in self.shape[2:]

    @property
    def text(self) -> str:
        """The declared shape for people: 1x3x224x224, with "?" for an axis that is free."""
        return "x".join("?" if n is None else str(n) for n in self.shape)
