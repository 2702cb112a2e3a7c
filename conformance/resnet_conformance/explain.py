"""One clause, deviation, architecture or source in words, in English or Korean, each citation resolved to its source.

Nothing here imports torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console

from .architecture import Architecture
from .catalog import UnknownNameError
from .reports.page import Page
from .spec import Clause, Deviation, Source, Spec, suggest

Words = Mapping[str, str]

LABELS: Mapping[str, Words] = {
    "en": {
        "why": "Why:",
        "scope": "Applies to:",
        "evidence": "Evidence:",
        "unexamined": "Not examined:",
        "replaced": "Replaced in:",
        "explained": "Broken by:",
        "cite": "Citations",
        "explains": "Explains:",
        "seen": "Seen in",
        "blocks": "Blocks:",
        "base": "Base:",
        "options": "Options:",
        "replaces": "Replaces:",
        "figures": "Figures:",
        "derived": "follows from what the paper states",
        "all": "all networks",
        "or": "; or ",
        "of": " or ",
        "none": "no clause",
        "by": "by",
        "nothing": "no clause takes its place",
        "authors": "Authors:",
        "year": "Year:",
        "where": "Where:",
        "clauses": "Clauses:",
        "networks": "Networks:",
        "recipes": "Recipes:",
    },
    "ko": {
        "why": "이유:",
        "scope": "적용 대상:",
        "evidence": "검사 방법:",
        "unexamined": "검사하지 않음:",
        "replaced": "대체되는 곳:",
        "explained": "어기는 deviation:",
        "cite": "출처",
        "explains": "설명하는 조항:",
        "seen": "발견된 곳",
        "blocks": "Block:",
        "base": "기반:",
        "options": "Option:",
        "replaces": "대체하는 조항:",
        "figures": "수치:",
        "derived": "논문이 말한 것에서 도출됨",
        "all": "모든 네트워크",
        "or": "; 또는 ",
        "of": " 또는 ",
        "none": "없음",
        "by": "→",
        "nothing": "대신하는 조항 없음",
        "authors": "저자:",
        "year": "연도:",
        "where": "위치:",
        "clauses": "조항:",
        "networks": "네트워크:",
        "recipes": "Recipe:",
    },
}
SCOPE_KEYS = {"block": "{} blocks", "option": "option {}"}
STRIDED = {1: "stride on the first convolution of F", 2: "stride on the second convolution of F"}


def explain(name: str, spec: Spec, console: Console, lang: str = "en") -> None:
    """Print what is known under that name; a clause's id or a source's key in any case. Raises UnknownNameError."""
    page = Page(console)
    clauses = {key.lower(): clause for key, clause in spec.clauses.items()}
    if clause := clauses.get(name.lower()):
        _explain_clause(page, clause, spec, lang)
    elif name in spec.deviations:
        _explain_deviation(page, spec.deviations[name], spec, lang)
    elif name in spec.architectures:
        _explain_architecture(page, spec.architectures[name], spec, lang)
    elif name.upper() in spec.sources:
        _explain_source(page, spec.sources[name.upper()], spec, lang)
    else:
        names = [*spec.clauses, *spec.deviations, *spec.architectures, *spec.sources]
        near = suggest(name, names) or suggest(name.upper(), [*spec.clauses, *spec.sources])
        kinds = "clause, deviation, architecture or source"
        raise UnknownNameError(
            f"there is no {kinds} {name!r}{near}; "
            "'resnet-conformance list clauses' (or deviations, architectures) names all"
        )


def describe_scope(scope: Iterable[Mapping[str, tuple[Any, ...]]], lang: str = "en") -> str:
    """A clause's scope in words: "imagenet, v1, bottleneck blocks; or ..."."""
    words = LABELS[lang]
    ways = []
    for conditions in scope:
        parts = []
        for key, values in conditions.items():
            named = [STRIDED.get(value, str(value)) if key == "strided" else str(value) for value in values]
            parts.append(SCOPE_KEYS.get(key, "{}").format(words["of"].join(named)))
        ways.append(", ".join(parts) or words["all"])
    return words["or"].join(ways)


def _explain_clause(page: Page, clause: Clause, spec: Spec, lang: str) -> None:
    words = LABELS[lang]
    chapter = spec.chapters[clause.chapter].title[lang]
    derived = f" - {words['derived']}" if clause.derived else ""
    page.paragraph(f"{chapter}{derived}", label=f"{clause.id} {clause.level}:")
    page.paragraph(clause.statement[lang], indent=2)
    page.gap()
    replaced: dict[str | None, list[str]] = {}
    for a in spec.architectures.values():
        if clause.id in a.replaces:
            replaced.setdefault(a.replaces[clause.id], []).append(a.name)
    page.fields(
        [
            (words["why"], clause.why[lang]),
            (words["scope"], describe_scope(clause.scope, lang)),
            (
                words["replaced"],
                "; ".join(f"{', '.join(by)} ({_successor(new, words)})" for new, by in replaced.items()),
            ),
            (words["evidence"], ", ".join(clause.evidence)),
            (words["unexamined"], clause.not_examined[lang] if clause.not_examined else ""),
            (
                words["explained"],
                ", ".join(d.id for d in spec.deviations.values() if clause.id in d.explains),
            ),
        ],
        indent=2,
    )
    _cite(page, clause.cite, spec, words)


def _explain_deviation(page: Page, deviation: Deviation, spec: Spec, lang: str) -> None:
    words = LABELS[lang]
    page.paragraph(deviation.title[lang], label=f"{deviation.id}:")
    page.paragraph(deviation.description[lang], indent=2)
    page.gap()
    page.line((words["explains"], "bold"), ("" if deviation.explains else f" {words['none']}", ""), indent=2)
    for name in deviation.explains:
        clause = spec.clauses[name]
        page.paragraph(clause.statement[lang], indent=4, label=f"{clause.id} {clause.level}:", label_style="")
    page.gap()
    page.line((words["seen"], "bold"), indent=2)
    for place in deviation.seen_in:
        page.paragraph(place["what"], indent=4)
        page.line((place["link"], ""), indent=6)


def _explain_architecture(page: Page, architecture: Architecture, spec: Spec, lang: str) -> None:
    words = LABELS[lang]
    a = architecture
    page.paragraph(a.title, label=f"{a.name}:")
    option = a.derived[a.option]
    stages = ", ".join(f"{stage.name} {'-'.join(map(str, stage.widths))} x {stage.blocks}" for stage in a.stages)
    replaces = [f"{old} ({_successor(new, words)})" for old, new in a.replaces.items()]
    counts = f"{option.parameters:,} parameters, {option.multiply_adds:,} multiply-adds"
    figures = f"depth {a.depth}, {counts}" + (f" (option {a.option})" if a.residual else "")
    rows = [
        (words["blocks"], f"{a.block}; {stages}"),
        (words["base"], a.base or ""),
        (words["options"], ", ".join(a.options)),
        (words["figures"], figures),
        (words["replaces"], ", ".join(replaces)),
    ]
    page.fields(rows, indent=2)
    _cite(page, a.cite, spec, words)


def _explain_source(page: Page, source: Source, spec: Spec, lang: str) -> None:
    """What the key of a citation stands for, and which rules, networks and recipes rest on it."""
    words = LABELS[lang]
    page.paragraph(source.title, label=f"{source.key}:")
    page.gap()

    def citing(things: Iterable[tuple[str, Iterable[str]]]) -> str:
        return ", ".join(name for name, cite in things if any(c.split()[0] == source.key for c in cite))

    page.fields(
        [
            (words["authors"], ", ".join(source.authors)),
            (words["year"], str(source.year)),
            (words["where"], source.where),
            (words["clauses"], citing((c.id, c.cite) for c in spec.clauses.values())),
            (words["networks"], citing((a.name, a.cite) for a in spec.architectures.values())),
            (
                words["recipes"],
                citing((r.name, (c for t in r.cite.values() for c in t)) for r in spec.recipes.values()),
            ),
        ],
        indent=2,
    )
    if source.link:
        page.gap()
        page.line((source.link, ""), indent=2)


def _successor(clause: str | None, words: Words) -> str:
    return f"{words['by']} {clause}" if clause else words["nothing"]


def _cite(page: Page, cite: Iterable[str], spec: Spec, words: Words) -> None:
    """Each citation with the title and link of its source; a source is told once."""
    page.gap()
    page.line((words["cite"], "bold"), indent=2)
    told = set()
    for citation in cite:
        key = citation.split()[0]
        source = spec.sources.get(key)
        page.paragraph(citation, indent=4)
        if source is None or key in told:
            continue
        told.add(key)
        page.paragraph(f"{source.title}, {source.year}, {source.where}", indent=6)
        if source.link:
            page.line((source.link, ""), indent=6)
