"""One block or section as a picture: shapes with their places, which the page's template and svg.py write down.

The trunk comes in at the top and leaves at the bottom, F goes straight down, the shortcut beside it (He et al. 2015,
Fig. 2 and Fig. 5; He et al. 2016, Fig. 1). All lengths are in units of the picture, which is 180 wide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

WIDTH, TRUNK, LANE = 180, 56, 146  # width of the picture; where the trunk and the shortcut run
BOX, SIDE = 102, 62  # widths of a layer on the trunk and on the shortcut
LINE, GAP = 12, 6  # height of a line of text; distance between two layers
JOINS = {"add": "+", "sub": "\N{MINUS SIGN}", "mul": "\N{MULTIPLICATION SIGN}", "concat": "||"}
WORDS = {
    "batch_norm": "BN",
    "relu": "ReLU",
    "global_avg_pool": "global avg pool",
    "global_max_pool": "global max pool",
    "slice": "sub-sample",
    "pad zeros": "zero pad",
    "aten.native_group_norm": "group norm",
    "aten.native_layer_norm": "layer norm",
}
LONGEST = {BOX: 15, SIDE: 10}  # letters that fit, in bold type as well
UNDRAWN = {"reshape", "permute"}  # they change how values lie and not what they are


@dataclass(frozen=True, slots=True)
class Shape:
    """One element: `kind` is rect, path, circle or text; `off` in `style` says that the other side has it otherwise."""

    kind: str
    style: str
    places: Mapping[str, Any]
    text: str = ""


@dataclass(slots=True)
class Picture:
    """Shapes from the top down to `height`."""

    shapes: list[Shape] = field(default_factory=list)
    height: int = 0

    def add(self, kind: str, style: str, text: str = "", **places: Any) -> None:
        self.shapes.append(Shape(kind, style, places, text))


@dataclass(frozen=True, slots=True)
class _Item:
    """A convolution, or the layers between two of them, in lines of text."""

    lines: tuple[str, ...]
    style: str  # "conv" or "rest"
    off: bool

    @property
    def height(self) -> int:
        return LINE * len(self.lines) + (6 if self.style == "conv" else 3)


def draw_pair(blueprint: Mapping[str, Any] | None, found: Mapping[str, Any] | None) -> tuple[Picture | None, ...]:
    """Both sides of a row, equally high; None for a side that has nothing there."""
    pictures = [_draw(blueprint, found), _draw(found, blueprint)]
    height = max((picture.height for picture in pictures if picture), default=0)
    for picture in (picture for picture in pictures if picture):
        picture.add("path", "wire", d=f"M{TRUNK} {picture.height}V{height}")
        picture.height = height
    return tuple(pictures)


def _draw(entry: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> Picture | None:
    if entry is None:
        return None
    picture = Picture()
    sides = [side or {} for side in (entry, other)]

    def items(key: str, width: int = BOX) -> list[_Item]:
        mine, theirs = (side.get(key) or [] for side in sides)
        return _items(mine, theirs if other is not None else mine, width)

    if "layers" in entry:
        y = _chain(picture, items("layers"), 4, TRUNK, BOX)
    else:
        y = _chain(picture, items("before"), 4, TRUNK, BOX)
        split = y + 2
        shortcut = items("shortcut", SIDE)
        room = sum(item.height + GAP for item in shortcut) + 2 * LINE
        residual = items("residual")
        y = _chain(picture, residual, split + GAP, TRUNK, BOX)
        if entry["join"] is not None:
            y = max(y, split + room) + 8
            _draw_shortcut(picture, entry, shortcut, split, y)
            _draw_join(picture, entry["join"], y, off=other is not None and sides[1].get("join") != entry["join"])
            y += 8 + GAP
        y = _chain(picture, items("after"), y, TRUNK, BOX)
    picture.shapes.insert(0, Shape("path", "wire", {"d": f"M{TRUNK} 0V{y}"}))
    picture.height = y
    return picture


def _chain(picture: Picture, items: Sequence[_Item], y: int, x: int, width: int) -> int:
    """Layers under each other, centred on x; where the next thing may begin."""
    for item in items:
        off = " off" if item.off else ""
        picture.add("rect", item.style + off, x=x - width // 2, y=y, width=width, height=item.height, rx=4)
        for number, line in enumerate(item.lines):
            picture.add(
                "text",
                f"{item.style}-text{off}",
                line,
                x=x,
                y=y + LINE * (number + 1) + (1 if item.style == "conv" else -1),
            )
        y += item.height + GAP
    return y


def _draw_shortcut(picture: Picture, entry: Mapping[str, Any], items: list[_Item], split: int, join: int) -> None:
    kind = entry["shortcut_kind"]
    away, back = f"H{LANE - 8}Q{LANE} {split} {LANE} {split + 8}", f"V{join - 8}Q{LANE} {join} {LANE - 8} {join}"
    d = f"M{TRUNK} {split}{away}{back}H{TRUNK}"
    picture.add("path", "wire", d=d)
    if not items:
        items = [_Item((kind,), "label", False)]
    height = sum(item.height + GAP for item in items) - GAP
    _chain(picture, items, (split + join - height) // 2, LANE, SIDE)


def _draw_join(picture: Picture, join: str, y: int, off: bool) -> None:
    marked = " off" if off else ""
    picture.add("circle", "join" + marked, cx=TRUNK, cy=y, r=8)
    picture.add("text", "join-text" + marked, JOINS.get(join, _cut(join, 3)), x=TRUNK, y=y + 4)


def _items(mine: Sequence[str], theirs: Sequence[str], width: int) -> list[_Item]:
    """A convolution is an item, layers between two convolutions are one; `off` where the other side differs."""
    mine, theirs = ([layer for layer in layers if layer not in UNDRAWN] for layers in (mine, theirs))
    off = _different(mine, theirs)
    found: list[_Item] = []
    rest: list[tuple[str, bool]] = []

    def close() -> None:
        if rest:
            lines = _fill([word for word, _ in rest], LONGEST[width])
            found.append(_Item(lines, "rest", any(flag for _, flag in rest)))
            rest.clear()

    for number, layer in enumerate(mine):
        if layer.startswith("conv "):
            close()
            found.append(_Item(_fill(_convolution(layer), LONGEST[width], ", "), "conv", number in off))
        else:
            rest.append((_word(layer), number in off))
    close()
    return found


def _different(mine: Sequence[str], theirs: Sequence[str]) -> set[int]:
    """Positions of what the other side has not there."""
    matcher = SequenceMatcher(None, list(mine), list(theirs), autojunk=False)
    return {i for tag, start, stop, *_ in matcher.get_opcodes() if tag != "equal" for i in range(start, stop)}


def _convolution(layer: str) -> list[str]:
    """ "conv 3x3, 64, stride 2" -> "3x3", "64", "/2", with the sign for times."""
    kernel, *rest = layer.removeprefix("conv ").split(", ")
    short = [kernel.replace("x", "\N{MULTIPLICATION SIGN}")]
    for part in rest:
        word = part.replace("stride ", "/").replace("dilation ", "d")
        short.append(f"g{word.removesuffix(' groups')}" if word.endswith(" groups") else word)
    return short


def _word(layer: str) -> str:
    """A layer that is no convolution, in a picture's words."""
    name, _, more = layer.partition(" ")
    if name in ("max_pool", "avg_pool"):
        return f"{name.replace('_', ' ')} {more.replace('x', chr(215)).replace(', stride ', ' /')}"
    if name == "linear":
        return f"fc {more}"
    if name == "and":
        return f"+{more.partition(' ')[0]} beside"
    return WORDS.get(layer, layer.removeprefix("aten.").replace("_", " "))


def _fill(words: Sequence[str], longest: int, between: str = ", ") -> tuple[str, ...]:
    """Words in as few lines as hold them; one that is longer than a line is cut."""
    lines: list[str] = []
    for word in (_cut(word, longest) for word in words):
        if lines and len(lines[-1]) + len(between) + len(word) <= longest:
            lines[-1] += between + word
        else:
            lines.append(word)
    return tuple(lines)


def _cut(word: str, longest: int) -> str:
    return word if len(word) <= longest else word[: longest - 1] + "\N{HORIZONTAL ELLIPSIS}"


def describe(entry: Mapping[str, Any] | None) -> dict[str, str]:
    """The same for ears, in English and Korean."""
    if entry is None:
        return {"en": "none", "ko": "없음"}
    if "layers" in entry:
        text = ", ".join(map(_spoken, entry["layers"]))
        return {"en": text, "ko": text}
    residual = ", ".join(map(_spoken, entry["residual"]))
    shortcut = ", ".join(map(_spoken, entry["shortcut"] or ())) or entry["shortcut_kind"]
    before, after = (", ".join(map(_spoken, entry[key])) for key in ("before", "after"))
    english = [f"{entry['kind']} block", *([f"first {before}"] if before else []), f"F: {residual}"]
    korean = [f"{entry['kind']} block", *([f"먼저 {before}"] if before else []), f"F: {residual}"]
    if entry["join"] is not None:
        english += [f"shortcut: {shortcut}", f"joined by {entry['join']}"]
        korean += [f"shortcut: {shortcut}", f"합치는 연산: {entry['join']}"]
    else:
        english, korean = [*english, "no shortcut"], [*korean, "shortcut 없음"]
    if after:
        english, korean = [*english, f"then {after}"], [*korean, f"그다음 {after}"]
    size = "x".join(map(str, entry["output"]))
    return {"en": f"{'; '.join(english)}; output {size}", "ko": f"{'; '.join(korean)}; 출력 {size}"}


def _spoken(layer: str) -> str:
    return layer if layer.startswith("conv ") else WORDS.get(layer, layer.replace("_", " "))
