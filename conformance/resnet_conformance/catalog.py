"""What the spec holds, for people: architectures, clauses and deviations by name, as tables or plain data.

The `list` verb, and the look-up of names that other verbs share. Nothing here imports torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from rich.console import Console

from .architecture import Architecture
from .reports.page import Page
from .reports.text import cut
from .spec import Clause, Spec, suggest

KINDS = ("architectures", "clauses", "deviations")
NOT_EXAMINED = {"en": "not examined", "ko": "검사 안 함"}
SHORT = {
    "structure": "struct",
    "behaviour": "behav",
    "equivalence": "equiv",
    "statistics": "stats",
    "training": "train",
}


class UnknownNameError(LookupError):
    """No architecture, clause, deviation or source has this name; the message names the nearest."""


def find_architecture(spec: Spec, name: str) -> Architecture:
    """The architecture of that name. Raises UnknownNameError."""
    if name not in spec.architectures:
        near = suggest(name, spec.architectures)
        raise UnknownNameError(
            f"there is no architecture {name!r}{near}; 'resnet-conformance list architectures' names all"
        )
    return spec.architectures[name]


def refuse_architecture(spec: Spec, target: str) -> None:
    """Raise UnknownNameError where a target is the name of an architecture, which is no network."""
    if target in spec.architectures and not Path(target).exists():
        raise UnknownNameError(
            f"{target} is an architecture and no network: name yours, as package.module:factory, and hold it"
            f" against this one by --architecture {target}"
        )


def find_clauses(spec: Spec, patterns: Iterable[str]) -> tuple[str, ...]:
    """Ids of the clauses that match any of the patterns (`*` and `?` as in file names).

    Raises UnknownNameError for a pattern that matches none.
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        matches = [name for name in spec.clauses if fnmatchcase(name.lower(), pattern.lower())]
        if not matches:
            near = suggest(pattern, spec.clauses)
            raise UnknownNameError(f"no clause matches {pattern!r}{near}; 'resnet-conformance list clauses' names all")
        found.update(dict.fromkeys(matches))
    return tuple(found)


def list_data(kind: str, spec: Spec) -> list[dict[str, Any]]:
    """The entries of one of KINDS as plain data, all languages included."""
    if kind == "architectures":
        return [_architecture_data(a) for a in spec.architectures.values()]
    if kind == "clauses":
        return [_clause_data(c) for c in spec.clauses.values()]
    return [
        {
            "id": d.id,
            "title": dict(d.title),
            "description": dict(d.description),
            "explains": list(d.explains),
            "seen_in": [dict(place) for place in d.seen_in],
        }
        for d in spec.deviations.values()
    ]


def list_table(kind: str, spec: Spec, console: Console, lang: str = "en") -> None:
    """Print the entries of one of KINDS as a table."""
    page = Page(console)
    if kind == "architectures":
        _list_architectures(page, spec)
    elif kind == "clauses":
        _list_clauses(page, spec, lang)
    else:
        head = ("deviation", "what it is")
        widest = max((len(name) for name in spec.deviations), default=0)
        room = page.width - max(widest, len(head[0])) - 2
        page.table(head, [(d.id, cut(d.title[lang], room)) for d in spec.deviations.values()])


def _list_architectures(page: Page, spec: Spec) -> None:
    head = ("architecture", "depth", "options", "parameters", "multiply-adds")
    groups: Mapping[str, list[tuple[str, ...]]] = {"papers": [], "others": [], "variants": []}
    for a in spec.architectures.values():
        figures = a.derived[a.option]
        row = (
            a.name,
            str(a.depth),
            " ".join(a.options),
            f"{figures.parameters:,}",
            f"{figures.multiply_adds:,}",
        )
        groups["papers" if not a.variant else "others" if a.paper else "variants"].append(row)
    for kind, title, note in (
        ("papers", "Networks of the papers", "figures of the first option"),
        ("variants", "Variants", "the world calls them ResNet; no paper's table has them"),
        ("others", "Relatives", "networks of other papers, told by what they change in a ResNet"),
    ):
        if kind != "papers":
            page.gap()
        page.line((title, "bold"), (f" ({note})", ""))
        page.table(head, groups[kind], right=(1, 3, 4))


def _list_clauses(page: Page, spec: Spec, lang: str) -> None:
    """One table; the evidence of a clause is the kinds that examine it, the first letters of each where two do."""
    unexamined = NOT_EXAMINED[lang]
    rows = [(c.id, c.level, _evidence(c) or unexamined, c.statement[lang]) for c in spec.clauses.values()]
    head = ("clause", "level", "examined by", "statement")
    taken = sum(max(cell_len(cell) for cell in (head[i], *(row[i] for row in rows))) + 2 for i in range(3))
    page.table(head, [(*row[:3], cut(row[3], page.width - taken)) for row in rows])


def _evidence(clause: Clause) -> str:
    """The kinds of evidence, short where there are several: "structure", "struct+behav"."""
    if len(clause.evidence) == 1:
        return clause.evidence[0]
    return "+".join(SHORT[kind] for kind in clause.evidence)


def _architecture_data(a: Architecture) -> dict[str, Any]:
    return {
        "name": a.name,
        "title": a.title,
        "dataset": a.dataset,
        "generation": a.generation,
        "block": a.block,
        "blocks": [stage.blocks for stage in a.stages],
        "widths": [list(stage.widths) for stage in a.stages],
        "depth": a.depth,
        "size": a.size,
        "classes": a.classes,
        "base": a.base,
        "variant": a.variant,
        "paper": a.paper or None,
        "options": {
            option: {
                "parameters": figures.parameters,
                "batch_norm_affine": figures.batch_norm_affine,
                "multiply_adds": figures.multiply_adds,
                "projections": figures.projections,
            }
            for option, figures in ((option, a.derived[option]) for option in a.options)
        },
        "cite": list(a.cite),
    }


def _clause_data(c: Clause) -> dict[str, Any]:
    return {
        "id": c.id,
        "level": c.level,
        "chapter": c.chapter,
        "evidence": list(c.evidence),
        "derived": c.derived,
        "statement": dict(c.statement),
        "why": dict(c.why),
        "not_examined": dict(c.not_examined) if c.not_examined else None,
        "scope": [{key: list(values) for key, values in scope.items()} for scope in c.scope],
        "cite": list(c.cite),
    }
