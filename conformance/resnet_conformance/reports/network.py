"""The network as it was found, in one sentence for people: a view of Report.summary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def describe_network(summary: Mapping[str, Any]) -> str:
    """ "bottleneck blocks 3-4-6-3; widths 256-512-1024-2048; ..."; what the summary lacks is left out."""
    present = {key: value for key, value in summary.items() if value not in (None, "", [], ())}
    parts = [phrase(present) for key, phrase in PHRASES.items() if key in present]
    return "; ".join(part for part in parts if part)


def lacks_text(summary: Mapping[str, Any]) -> str:
    """What a backbone lacks, for the first line; "" of a whole network."""
    lacks = summary.get("lacks")
    if not lacks:
        return ""
    end = "the maps of its last block" if lacks == "head" else "its global average pooling"
    return f"it has no {lacks} and ends with {end}"


def _blocks(summary: Mapping[str, Any]) -> str:
    order = "pre-activation " if summary.get("preactivation") else ""
    return f"{order}{summary['block']} blocks {_chain(summary.get('blocks', ()))}".rstrip()


def _widths(summary: Mapping[str, Any]) -> str:
    """The filters of each stage's output; none where its first block has no convolution."""
    widths = [w if isinstance(w, (list, tuple)) else (w,) for w in summary["widths"]]
    return "widths " + _chain([w[-1] if w else "none" for w in widths])


def _option(summary: Mapping[str, Any]) -> str:
    option = summary["option"]
    return {"none": "no shortcuts", "mixed": "shortcuts of several kinds"}.get(option, f"shortcut option {option}")


def _depth(summary: Mapping[str, Any]) -> str:
    """As counted; of a backbone also with the classifier that it lacks, by which the paper names a network."""
    depth = summary["depth"]
    return f"depth {depth}" + (f" ({depth + 1} with the missing classifier)" if summary.get("lacks") else "")


def _figures(summary: Mapping[str, Any]) -> str:
    return f"{summary['parameters']:,} parameters"


def _work(summary: Mapping[str, Any]) -> str:
    """The input's batch axis is left out: a multiply-add is counted for one sample."""
    at = f" at {'x'.join(map(str, summary['input'][-3:]))}" if "input" in summary else ""
    return f"{summary['multiply_adds']:,} multiply-adds{at}"


def _chain(values: Any) -> str:
    return "-".join(map(str, values))


def _list(values: Any) -> str:
    return values if isinstance(values, str) else " + ".join(map(str, values))


PHRASES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "block": _blocks,
    "widths": _widths,
    "sizes": lambda summary: f"maps {', '.join(map(str, summary['sizes']))}",
    "strides": lambda summary: f"strides in a block {' or '.join(map(str, summary['strides']))}",
    "option": _option,
    "prepared": lambda summary: f"input normalised first ({', '.join(summary['prepared'])})",
    "stem": lambda summary: f"stem {_list(summary['stem'])}",
    "depth": _depth,
    "parameters": _figures,
    "multiply_adds": _work,
}
