"""One network's examination: structure first, then experiments, of which all share one bench."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .clauses import Case
from .examination import examine, experiment, is_chosen
from .findings import Finding
from .from_file import qualify
from .identification import Match
from .spec import Spec
from .unread import withhold

if TYPE_CHECKING:
    from .experiments.bench import Bench

LEVELS = ("MUST", "SHOULD", "MAY")


@dataclass(frozen=True, slots=True)
class Trial:
    """How one network is examined: by which evidence, for clauses of which levels, with which random numbers."""

    spec: Spec
    seed: int
    evidence: Sequence[str]
    levels: Sequence[str]
    recipe: object = None
    among: Collection[str] | None = None  # the clauses that are asked at all; None: all
    benches: list[Bench] = field(default_factory=list)

    def hold(
        self,
        case: Case,
        only: Sequence[str] = (),
        known: Mapping[str, Finding] | None = None,
        structure: tuple[Finding, ...] | None = None,
    ) -> tuple[Finding, ...]:
        """All findings on one case that were asked for; `structure` is what `examine` says of it without a recipe."""
        findings = structure
        if findings is None or self.recipe is not None or self.among is not None:
            case = replace(case, recipe=self.recipe)
            findings = examine(case, self.spec, among=self.among)
        findings = qualify(withhold(findings, case.unread), case.candidate.file)
        wanted = [kind for kind in self.evidence if kind != "structure"]
        if case.candidate.laboratory is not None and wanted:
            from .capture.isolation import neutral

            with neutral():
                case = replace(case, bench=self._bench(case))
                findings = experiment(case, self.spec, findings, wanted, self.levels, known, only)
                findings = qualify(findings, case.candidate.file)
        return tuple(f for f in findings if is_chosen(f, only))

    def _bench(self, case: Case) -> Bench:
        """The candidate's bench, with the random numbers of earlier holds."""
        from .experiments.bench import Bench

        candidate, name = case.candidate, case.architecture.name
        assert candidate.laboratory is not None
        if self.benches:
            self.benches.append(self.benches[0].for_architecture(name))
        else:
            self.benches.append(Bench(candidate, candidate.laboratory, self.seed, name))
        return self.benches[-1]

    def close(self) -> None:
        """Let go of what the benches hold."""
        for bench in self.benches:
            bench.close()
        self.benches.clear()

    def examine_best(self, best: Match, held: Mapping[str, tuple[Finding, ...]], complete: bool = True) -> Match:
        """What it is nearest to, with all evidence where its structure fits. `held` are findings by architecture."""
        if not best.broken and complete:
            known = {f.clause: f for findings in held.values() for f in findings}
            findings = held.get(best.architecture.name) or self.hold(best.case, known=known, structure=best.findings)
            return replace(best, findings=findings)
        return best
