"""Does a network's entry agree with itself? Sizes follow from strides, depth from blocks, totals from n.

Source: He et al. 2015, Table 1 (ImageNet) and section 4.2 (6n+2).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from .errors import Fault
from .yamlmarks import Marked, Path_

Found = Iterator[tuple[Path_, str]]


def check_family(family: Marked) -> Iterator[Fault]:
    """Disagreements within one of `architectures/*.yaml`, each at its place."""
    table = family.value
    strides = [stage["stride"] for stage in table["stages"]]
    outputs = [stage["output"] for stage in table["stages"]]
    found = [
        *_sizes(table["input"]["size"], table["stem"], strides, outputs),
        *_blocks(table),
        *_options(table),
        *_formula_text(table),
    ]
    yield from (family.fault(path, message) for path, message in found)
    for name, entry in table["architectures"].items():
        found = [*_depth(table, entry), *_figures(entry, entry["options"]), *_prints(entry), *_formulas(table, entry)]
        yield from (family.fault(("architectures", name, *path), message) for path, message in found)
    for section in ("architectures", "options"):
        for name in table.get(section, ()):
            if not name.startswith(table["family"] + "/"):
                message = f"{name!r} is outside its family: names in this file begin with {table['family']}/"
                yield family.fault((section, name), message, key=True)


def check_variant(variants: Marked, name: str, table: Mapping[str, Any]) -> Iterator[Fault]:
    """Disagreements between a variant's changes and the family (`table`) of its base."""
    entry = variants.value["variants"][name]
    changes, base = entry["changes"], table["architectures"][entry["base"]]
    options = changes.get("options", base["options"])
    found = [*_figures(entry, options), *_changed_sizes(changes, table), *_changed_blocks(changes, base, table)]
    if "strided" in changes and base["block"] in table["blocks"]:
        kernels = table["blocks"][base["block"]]["kernels"]
        found += _strided(("changes", "strided"), changes["strided"], kernels)
    if "options" in changes:
        found += _lone_none(("changes", "options"), options)
    yield from (variants.fault(("variants", name, *path), message) for path, message in found)


def _changed_blocks(changes: Mapping[str, Any], base: Mapping[str, Any], table: Mapping[str, Any]) -> Found:
    """Widths, counts and groups that a variant gives, held against the stages and convolutions of its base."""
    stages = len(table["stages"])
    for key in ("widths", "blocks"):
        if key in changes and len(changes[key]) != stages:
            yield ("changes", key), f"{len(changes[key])} {key} for {stages} stages; write one for each stage"
    shape = table["blocks"].get(base["block"])
    if shape is None or any(len(changes.get(key, ())) not in (0, stages) for key in ("widths", "blocks")):
        return
    kernels, groups = shape["kernels"], changes.get("groups", 1)
    # the base's, where a variant has groups alone; widths that are missing or too few there are told there
    own = [stage["widths"].get(base["block"], []) for stage in table["stages"]]
    own = [filters if len(filters) == len(kernels) else [0] * len(kernels) for filters in own]
    for index, filters in enumerate(changes.get("widths", own if "groups" in changes else ())):
        if len(filters) != len(kernels):
            yield (
                ("changes", "widths", index),
                f"{len(filters)} widths for the {len(kernels)} convolutions of a {base['block']} block",
            )
        elif any(n % groups for n, kernel in zip(filters, kernels, strict=True) if kernel > 1):
            yield ("changes", "groups"), f"{groups} groups do not divide the filters {filters} of stage {index + 1}"
    if "blocks" in changes or "depth" in changes:
        depth = 2 + len(kernels) * sum(changes.get("blocks", base["blocks"]))
        said = changes.get("depth", base["depth"])
        if depth != said:
            yield (
                ("changes", "depth" if "depth" in changes else "blocks"),
                f"the blocks make the depth {depth}, not {said}",
            )


def _changed_sizes(changes: Mapping[str, Any], table: Mapping[str, Any]) -> Found:
    if not {"size", "stem", "outputs"} & changes.keys():  # they are the base's, and told there
        return
    stages = table["stages"]
    outputs = changes.get("outputs", [stage["output"] for stage in stages])
    if len(outputs) != len(stages):
        yield (
            ("changes", "outputs"),
            f"{len(outputs)} outputs for {len(stages)} stages; write one for each stage",
        )
        return
    size, stem = changes.get("size", table["input"]["size"]), changes.get("stem", table["stem"])
    for path, message in _sizes(size, stem, [stage["stride"] for stage in stages], outputs):
        below = ("outputs", path[1]) if path[0] == "stages" else path
        yield ("changes", *below), message


def _sizes(size: int, stem: Mapping[str, Any], strides: Sequence[int], outputs: Sequence[int]) -> Found:
    """Each output against what its stride makes of the one declared before it: one slip is told once."""
    got, stated = (size + 2 * stem["padding"] - stem["kernel"]) // stem["stride"] + 1, stem["output"]
    if got != stated:
        yield (
            ("stem", "output"),
            f"the stem's convolution makes {got}x{got} of {size}x{size}, not {stated}x{stated}",
        )
    before = stem["output"]
    if stem["pool"] != "none":
        pool = stem["pool"]
        for index, choice in enumerate(pool["choices"]):
            got = _pooled(before, pool["kernel"], pool["stride"], choice["padding"], choice["ceil"])
            if got != pool["output"]:
                message = f"this pool makes {got}x{got} of {before}x{before}, not {pool['output']}x{pool['output']}"
                yield ("stem", "pool", "choices", index), message
        before = pool["output"]
    for index, (stride, output) in enumerate(zip(strides, outputs, strict=True)):
        got = (before - 1) // stride + 1
        if got != output:
            yield (
                ("stages", index, "output"),
                f"stride {stride} makes {got}x{got} of {before}x{before}, not {output}x{output}",
            )
        before = output


def _pooled(size: int, kernel: int, stride: int, padding: int, ceil: bool) -> int:
    span = size + 2 * padding - kernel
    output = (-(-span // stride) if ceil else span // stride) + 1
    return (
        output - 1 if ceil and (output - 1) * stride >= size + padding else output
    )  # Caffe drops a window that begins outside


def _blocks(table: Mapping[str, Any]) -> Found:
    for block, shape in table["blocks"].items():
        yield from _strided(("blocks", block, "strided"), shape["strided"], shape["kernels"])
        for index, stage in enumerate(table["stages"]):
            if block not in stage["widths"]:
                yield (
                    ("stages", index, "widths"),
                    f"the stage {stage['name']} has no widths for the {block} block; add them",
                )
            elif len(stage["widths"][block]) != len(shape["kernels"]):
                widths, kernels = stage["widths"][block], shape["kernels"]
                message = f"{len(widths)} widths for the {len(kernels)} convolutions of a {block} block"
                yield ("stages", index, "widths", block), message
    for name, entry in table["architectures"].items():
        if entry["block"] not in table["blocks"]:
            yield (
                ("architectures", name, "block"),
                f"the family has no {entry['block']} block; add it under 'blocks'",
            )


def _strided(path: Path_, strided: int, kernels: Sequence[int]) -> Found:
    if strided > len(kernels):
        yield path, f"a block of {len(kernels)} convolutions has no convolution {strided}; count from 1"


def _options(table: Mapping[str, Any]) -> Found:
    for name, entry in table["architectures"].items():
        yield from _lone_none(("architectures", name, "options"), entry["options"])
    for name, alias in table.get("options", {}).items():
        base = table["architectures"].get(alias["base"])
        if base is None:
            yield (
                ("options", name, "base"),
                f"unknown base {alias['base']!r}; name one of this file's architectures",
            )
        elif alias["option"] not in base["options"]:
            admitted = ", ".join(base["options"])
            yield (
                ("options", name, "option"),
                f"{alias['base']} does not admit option {alias['option']}, only {admitted}",
            )


def _lone_none(path: Path_, options: Sequence[str]) -> Found:
    if "none" in options and len(options) > 1:
        yield path, "a network without shortcuts admits no shortcut option; write [none] alone"


def _depth(table: Mapping[str, Any], entry: Mapping[str, Any]) -> Found:
    blocks, stages = entry["blocks"], table["stages"]
    if len(blocks) != len(stages):
        yield ("blocks",), f"{len(blocks)} block counts for {len(stages)} stages; write one for each stage"
    elif entry["block"] in table["blocks"]:
        convolutions = len(table["blocks"][entry["block"]]["kernels"])
        depth = 1 + convolutions * sum(blocks) + 1
        if depth != entry["depth"]:
            sum_ = f"1 + {convolutions} x {sum(blocks)} + 1"
            yield (
                ("depth",),
                f"the blocks make the depth {sum_} = {depth}, not {entry['depth']}; correct one",
            )


def _figures(entry: Mapping[str, Any], options: Sequence[str]) -> Found:
    """One set of derived figures for each admitted option, and nothing about any other option."""
    derived = entry["derived"]
    if missing := [option for option in options if option not in derived]:
        yield ("derived",), f"no derived figures for option {missing[0]}, which the network admits; add them"
    cases: Iterable[tuple[Path_, str]] = [
        *((("derived", option), option) for option in derived),
        *(
            (("printed", i, "options", j), o)
            for i, p in enumerate(entry.get("printed", ()))
            for j, o in enumerate(p["options"])
        ),
        *((("errors", i, "option"), error["option"]) for i, error in enumerate(entry.get("errors", ()))),
    ]
    for path, option in cases:
        if option not in options:
            yield path, f"the network does not admit option {option}, only {', '.join(options)}"


def _prints(entry: Mapping[str, Any]) -> Found:
    """`digits` are the decimals that were printed, so the value cannot have more; fewer are zeros at the end."""
    for index, printed in enumerate(entry.get("printed", ())):
        decimals = -int(Decimal(repr(printed["value"])).normalize().as_tuple().exponent)
        if decimals > printed["digits"]:
            message = f"{printed['value']} has {decimals} decimals, and 'digits' says {printed['digits']}; correct one"
            yield ("printed", index, "digits"), message


def _formula_text(table: Mapping[str, Any]) -> Found:
    if formula := table.get("depth_formula"):
        text = f"{formula['factor']}n{formula['constant']:+d}"
        if formula["text"] != text:
            yield ("depth_formula", "text"), f"the factor and the constant make {text}, not {formula['text']}"


def _formulas(table: Mapping[str, Any], entry: Mapping[str, Any]) -> Found:
    """6n+2 and the closed form of the parameters; the plain twins have those of option A (section 4.2)."""
    formula, closed, n = table.get("depth_formula"), table.get("parameters_formula"), entry.get("n")
    if n is None:
        if formula or closed:
            yield (
                (),
                "'n' is missing here; add it, or the file's formulas cannot be held against this network",
            )
        return
    if formula and (depth := formula["factor"] * n + formula["constant"]) != entry["depth"]:
        yield (
            ("depth",),
            f"{formula['text']} makes {depth} of n = {n}, not {entry['depth']}; correct one",
        )
    if any(blocks != n for blocks in entry["blocks"]):
        yield (
            ("blocks",),
            f"every stage has n = {n} blocks here, not {entry['blocks']}; correct one",
        )
    if not closed:
        return
    held = [o for o in entry["derived"] if o == closed["option"] or (o, closed["option"]) == ("none", "A")]
    if not held:
        yield (), f"parameters_formula is of option {closed['option']}, and no figures here are; correct one"
    for option, figures in entry["derived"].items():
        if option in held:
            total = closed["factor"] * n + closed["constant"]
            if figures["parameters"] != total:
                form = f"{closed['factor']}n{closed['constant']:+d}"
                yield (
                    ("derived", option, "parameters"),
                    f"{form} makes {total} of n = {n}, not {figures['parameters']}",
                )
