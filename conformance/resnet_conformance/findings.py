"""What the judge says: one Finding per clause, and the Report that holds them (DESIGN.md sections 4 and 5).

A Report is plain data: `to_json` and `from_json` are inverse, and every view is a function of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.text import Text

Outcome = Literal["pass", "fail", "expected", "not-applicable", "not-examined"]
Level = Literal["MUST", "SHOULD", "MAY"]
Verdict = Literal["conforms", "deviates", "violates", "not-examined"]

SCHEMA = "resnet-conformance/report/1"
EXIT_CODES: Mapping[str, int] = {"conforms": 0, "deviates": 0, "violates": 1, "not-examined": 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one clause. `where` are module paths (or node names), for people; `message` is one sentence."""

    clause: str
    level: Level
    outcome: Outcome
    evidence: str = "structure"
    where: tuple[str, ...] = ()
    expected: str = ""
    found: str = ""
    message: str = ""
    deviation: str | None = None
    citation: str = ""
    repro: str | None = None


@dataclass(frozen=True, slots=True)
class TargetInfo:
    """What was judged: the address as the user gave it, the keyword arguments, and its kind: factory, module, file
    (of Python), onnx, pt2.
    """

    address: str
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "factory"


class Shown:
    """What is shown as its terminal view: in print(), by rich.print(), and in notebooks."""

    __slots__ = ()

    def __str__(self) -> str:
        """The view as plain text of 80 columns."""
        from .reports.notebook import plain

        return plain(self)

    def __rich_console__(self, console: Console, _: ConsoleOptions) -> Iterator[Text]:
        """The view for `rich.print`."""
        from .reports.notebook import lines

        yield from lines(self, console)

    def _repr_html_(self) -> str:
        """The view in its colours, for notebooks."""
        from .reports.notebook import html

        return html(self)


@dataclass(frozen=True, slots=True)
class Identification(Shown):
    """The nearest architecture, whether no applicable MUST of it fails, and the named deviations that were seen."""

    architecture: str | None
    exact: bool
    deviations: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()  # one sentence for each thing that keeps it from being exact


OTHER_WORDS = "with other words than"  # where a declared failure is there and says something else


@dataclass(frozen=True, slots=True)
class Declared:
    """A deviation that the caller declared: the clauses whose failures it covers, or why it is `stale`; without either
    its clauses could not be examined. `place` is where it was written.
    """

    id: str
    reason: str
    link: str = ""
    place: str = ""
    covers: tuple[str, ...] = ()
    stale: str = ""

    @property
    def words_differ(self) -> bool:
        """Is it stale because its `message` is not what the failure says, while the failure is there?"""
        return OTHER_WORDS in self.stale

    @property
    def stale_words(self) -> str:
        """What is wrong with a declaration that covers nothing, and what to do, with its place."""
        advice = "correct its message, or leave the message out" if self.words_differ else "remove it"
        return f"{self.place}: {self.id} is declared, but {self.stale}; {advice}".removeprefix(": ")


@dataclass(frozen=True, slots=True)
class Report(Shown):
    """The verdict on one target, with all findings. `summary` describes the network as found, for people;
    `drawing` holds its layers beside the blueprint's, for pictures ({} where there is none).
    """

    target: TargetInfo
    architecture: str | None
    identified: Identification
    verdict: Verdict
    findings: tuple[Finding, ...]
    summary: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    tool: Mapping[str, str] = field(default_factory=dict)
    declared: tuple[Declared, ...] = ()
    drawing: Mapping[str, Any] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """0 conforms or deviates, 1 violates, 2 not examined or a declaration is stale."""
        return EXIT_CODES["not-examined"] if self.stale else EXIT_CODES[self.verdict]

    @property
    def stale(self) -> tuple[Declared, ...]:
        """Declarations of what does not occur (any more)."""
        return tuple(one for one in self.declared if one.stale)

    def failed(self, level: Level | None = None) -> tuple[Finding, ...]:
        """The undeclared failures, of one level or of all."""
        return tuple(f for f in self.findings if f.outcome == "fail" and level in (None, f.level))

    def to_json(self) -> dict[str, Any]:
        """Plain data after the report schema (see reports/report.schema.json)."""
        identified = asdict(self.identified)
        return {
            "schema": SCHEMA,
            "tool": dict(self.tool),
            "target": {"address": self.target.address, "kwargs": dict(self.target.kwargs), "kind": self.target.kind},
            "architecture": self.architecture,
            "identified": identified
            | {"deviations": list(self.identified.deviations), "reasons": list(self.identified.reasons)},
            "verdict": self.verdict,
            "findings": [asdict(f) | {"where": list(f.where)} for f in self.findings],
            "summary": dict(self.summary),
            "environment": dict(self.environment),
            "seconds": dict(self.seconds),
            "declared": [asdict(one) | {"covers": list(one.covers)} for one in self.declared],
        } | ({"drawing": dict(self.drawing)} if self.drawing else {})

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Report:
        """The inverse of `to_json`. Raises ValueError for another schema."""
        if data.get("schema") != SCHEMA:
            raise ValueError(f"this is not a {SCHEMA} report but {data.get('schema')!r}")
        identified = data["identified"]
        return cls(
            target=TargetInfo(**data["target"]),
            architecture=data["architecture"],
            identified=Identification(
                identified["architecture"],
                identified["exact"],
                tuple(identified["deviations"]),
                tuple(identified["reasons"]),
            ),
            verdict=data["verdict"],
            findings=tuple(replace(Finding(**f), where=tuple(f["where"])) for f in data["findings"]),
            summary=data["summary"],
            environment=data["environment"],
            seconds=data["seconds"],
            tool=data["tool"],
            declared=tuple(replace(Declared(**one), covers=tuple(one["covers"])) for one in data.get("declared", ())),
            drawing=data.get("drawing", {}),
        )
