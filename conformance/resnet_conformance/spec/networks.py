"""From the tables of `spec/architectures/` to Architectures: families, their one-option names, variants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..architecture import Architecture, Derived, Pool, Printed, Stage, Stem
from ..figures import contradictions
from .errors import Fault
from .files import SpecFiles
from .yamlmarks import Marked, Path_

Entry = Mapping[str, Any]
Places = dict[str, tuple[Marked, Path_]]


def build_architectures(files: SpecFiles) -> tuple[dict[str, Architecture], Places]:
    """Every named network, and where the figures of each stand (a one-option name has those of its base)."""
    built: dict[str, Architecture] = {}
    places: Places = {}
    for family in files.families:
        for name, entry in family.value["architectures"].items():
            built[name] = _network(name, entry, family.value)
            places[name] = family, ("architectures", name)
        for name, entry in family.value.get("options", {}).items():
            built[name] = _one_option(name, entry, built[entry["base"]])
    for variants in files.variants:
        for name, entry in variants.value["variants"].items():
            variant = _variant(name, entry, built[entry["base"]], variants.value.get("paper", ""))
            place = (variants.file, *variants.key_at(("variants", name, "replaces")))
            built[name] = replace(variant, place=place)
            places[name] = variants, ("variants", name)
    return built, places


def check_figures(built: Mapping[str, Architecture], places: Places) -> Iterator[Fault]:
    """Each figure that contradicts the network itself, drawn and measured, or the paper's print."""
    for name, (marked, path) in places.items():
        for below, message in contradictions(built[name]):
            yield marked.fault((*path, *(int(part) if part.isdigit() else part for part in below)), message)


def _network(name: str, entry: Entry, table: Entry) -> Architecture:
    block = table["blocks"][entry["block"]]
    return Architecture(
        name=name,
        title=entry["title"],
        dataset=table["family"],
        generation=entry["generation"],
        block=entry["block"],
        kernels=tuple(block["kernels"]),
        strided=block["strided"],
        channels=table["input"]["channels"],
        size=table["input"]["size"],
        classes=table["classes"]["value"],
        stem=_stem(table["stem"]),
        stages=tuple(
            Stage(
                stage["name"],
                blocks,
                tuple(stage["widths"][entry["block"]]),
                stage["stride"],
                stage["output"],
            )
            for stage, blocks in zip(table["stages"], entry["blocks"], strict=True)
        ),
        options=tuple(entry["options"]),
        depth=entry["depth"],
        derived=_derived(entry),
        printed=tuple(
            Printed(
                p["quantity"],
                float(p["value"]),
                float(p["unit"]),
                p["digits"],
                tuple(p["options"]),
                tuple(p["cite"]),
                p["rule"],
            )
            for p in entry.get("printed", ())
        ),
        errors=tuple(entry.get("errors", ())),
        cite=tuple(entry["cite"]),
    )


def _stem(entry: Entry) -> Stem:
    pool = None
    if entry["pool"] != "none":
        p = entry["pool"]
        pool = Pool(
            p["kernel"],
            p["stride"],
            p["output"],
            tuple((choice["padding"], choice["ceil"]) for choice in p["choices"]),
        )
    return Stem(entry["kernel"], entry["filters"], entry["stride"], entry["padding"], entry["output"], pool)


def _derived(entry: Entry) -> dict[str, Derived]:
    return {option: Derived(**figures) for option, figures in entry["derived"].items()}


def _one_option(name: str, entry: Entry, base: Architecture) -> Architecture:
    """The base under a name that admits one option: what is given of other options falls away."""
    option = entry["option"]
    return replace(
        base,
        name=name,
        title=entry["title"],
        base=base.name,
        options=(option,),
        derived={option: base.derived[option]},
        printed=tuple(replace(p, options=(option,)) for p in base.printed if option in p.options),
        errors=tuple(error for error in base.errors if error["option"] == option),
        cite=tuple(entry["cite"]),
    )


def _variant(name: str, entry: Entry, base: Architecture, paper: str) -> Architecture:
    """The base with its changes. The paper's prints and errors are the base's, so the variant has none."""
    changes = entry["changes"]
    outputs = changes.get("outputs", [stage.output for stage in base.stages])
    widths = changes.get("widths", [stage.widths for stage in base.stages])
    blocks = changes.get("blocks", [stage.blocks for stage in base.stages])
    return replace(
        base,
        name=name,
        title=entry["title"],
        base=base.name,
        variant=True,
        paper=paper,
        depth=changes.get("depth", base.depth),
        groups=changes.get("groups", base.groups),
        strided=changes.get("strided", base.strided),
        options=tuple(changes.get("options", base.options)),
        classes=changes.get("classes", base.classes),
        size=changes.get("size", base.size),
        stem=_stem(changes["stem"]) if "stem" in changes else base.stem,
        stages=tuple(
            replace(stage, output=output, widths=tuple(filters), blocks=number)
            for stage, output, filters, number in zip(base.stages, outputs, widths, blocks, strict=True)
        ),
        derived=_derived(entry),
        printed=(),
        errors=(),
        replaces={old: None if new == "none" else new for old, new in entry["replaces"].items()},
        cite=tuple(entry["cite"]),
    )
