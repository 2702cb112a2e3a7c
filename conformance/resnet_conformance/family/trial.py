"""The three checks of a family on the members that are drawn, and what they say together.

He et al. 2015, section 4.2: 6n+2 layers, 3n shortcuts; the number of parameters follows. The rules are those of
`clauses/`, held against the blueprint for each n.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ..architecture import Architecture
from ..blueprint import draw
from ..examination import examine
from ..findings import Finding
from ..judge import build_case, settle
from ..measure import measure
from ..spec import Spec
from .members import Member, Members, depth_of
from .words import implied

DEPTH, SHORTCUTS, PARAMETERS = FAMILY = ("STG-14", "SC-10", "CT-03")
LARGEST = 20  # of the drawn n
ORDER = ("fail", "not-examined", "pass", "not-applicable")


def member_architecture(base: Architecture, n: int) -> Architecture:
    """The paper's network for this n, made from that for another."""
    depth = str(depth_of(n))
    return replace(
        base,
        name=base.name.rstrip("0123456789") + depth,
        title=base.title.rstrip("0123456789") + depth,
        stages=tuple(replace(stage, blocks=n) for stage in base.stages),
        depth=depth_of(n),
        derived={},
        printed=(),
        errors=(),
    )


@dataclass(slots=True)
class Trial:
    """What the checks say of the members. `paper` is the spec's network for one n; `seen` are findings by n."""

    members: Members
    spec: Spec
    paper: Architecture
    seen: dict[int, dict[str, Finding]] = field(default_factory=dict)

    def explore(self, first: Sequence[int], examples: int, seed: int) -> None:
        """Look at these members and at drawn ones; where one fails, at all smaller ones until one of them does."""
        for n in first:
            self.look(n)
        if len(first) == 1:  # one member was asked for
            return
        for clause in FAMILY:
            if examples and self.smallest(clause) is None:
                _search(partial(self._fails, clause), examples, seed)
        n = 0
        while any((self.smallest(clause) or 0) > n for clause in FAMILY):
            n += 1
            self.look(n)

    def look(self, n: int) -> dict[str, Finding]:
        """The findings for one n, by clause."""
        if n not in self.seen:
            self.seen[n] = self._examine(self.members.take(n))
        return self.seen[n]

    def smallest(self, clause: str) -> int | None:
        """The smallest n that was looked at and fails."""
        return min((n for n in self.seen if self._fails(clause, n)), default=None)

    def _fails(self, clause: str, n: int) -> bool:
        finding = self.look(n).get(clause)
        return finding is not None and finding.outcome == "fail"

    def _examine(self, member: Member) -> dict[str, Finding]:
        """The judge's own findings on one member; where there is none, the depth fails, and nothing else is known."""
        architecture = member_architecture(self.paper, member.n)
        if member.subject is not None:
            found = examine(build_case(architecture, member.subject), self.spec, FAMILY)
            return {finding.clause: finding for finding in found}
        blank = {
            clause.id: Finding(
                clause.id, clause.level_for(architecture), "not-examined", "none", citation="; ".join(clause.cite)
            )
            for clause in map(self.spec.clauses.__getitem__, FAMILY)
        }
        text = str(member.problem)
        if member.uncaptured:
            return {clause: replace(finding, message=text) for clause, finding in blank.items()}
        silent = {clause: replace(finding, message="There is no network for it.") for clause, finding in blank.items()}
        return silent | {
            DEPTH: replace(
                blank[DEPTH],
                outcome="fail",
                evidence="structure",
                message="The factory makes no network for it, and the paper's family has one for every n from 1 on.",
                expected=f"{depth_of(member.n)} = 6 x {member.n} + 2",
                found=text if self.members.keyword == "n" else f"{self.members.keyword}={member.value}: {text}",
            )
        }

    # --- what they say together ---

    def summarize(self, clause: str) -> Finding:
        """One finding for all members: the smallest failure, else what could not be examined, else what holds."""
        found = {n: self.seen[n][clause] for n in sorted(self.seen)}
        made = {n: f for n, f in found.items() if f.outcome == "fail" or not self.members.take(n).missing} or found
        by_outcome = {outcome: [n for n, f in made.items() if f.outcome == outcome] for outcome in ORDER}
        outcome = next(outcome for outcome in ORDER if by_outcome[outcome])
        n = by_outcome[outcome][0]
        finding = made[n]
        if outcome == "fail":
            return self._failed(finding, n, by_outcome)
        if outcome == "not-examined":
            return replace(finding, message=f"n = {n}: {finding.message}", repro=self.command(n))
        if outcome == "pass":
            return replace(finding, found=f"{self._formula(clause)} for n = {listed(by_outcome[outcome])}", message="")
        return replace(finding, message=self._reason(clause))

    def _failed(self, finding: Finding, n: int, by_outcome: Mapping[str, Sequence[int]]) -> Finding:
        """The finding of the smallest n that fails, and which others fail."""
        message, fail, hold = finding.message, by_outcome["fail"], by_outcome["pass"]
        if hold:
            verbs = "fails" if len(fail) == 1 else "fail", "does" if len(hold) == 1 else "do"
            message += f" Of those looked at, n = {listed(fail)} {verbs[0]}, n = {listed(hold)} {verbs[1]} not."
        elif len(fail) > 1:
            message += f" All that were looked at fail: n = {listed(fail)}."
        depths = {subject.found.depth for subject in self.members.built}
        if finding.clause == DEPTH and len(depths) == 1 < len(self.members.built):
            message += f" The depth is the same for all: does the factory read {self.members.keyword}?"
        return replace(
            finding,
            found=f"n = {n}: {finding.found}",
            expected=f"n = {n}: {finding.expected}",
            message=message,
            repro=self.command(n),
        )

    def _formula(self, clause: str) -> str:
        """The closed form of a clause; that of the parameters follows from two blueprints."""
        if clause == DEPTH:
            return "6n+2 weighted layers"
        if clause == SHORTCUTS:
            return "3n shortcuts"
        one, two = (measure(draw(self._settled(n))).parameters for n in (1, 2))
        return f"{two - one:,}n {'-' if two > 2 * one else '+'} {abs(2 * one - two):,} parameters"

    def _settled(self, n: int) -> Architecture:
        """The paper's network with the classes and channels that were asked for."""
        return settle(member_architecture(self.paper, n), self.members.built[0])

    def _reason(self, clause: str) -> str:
        """Why a clause does not speak of this family."""
        if not self.paper.residual:
            return "It is a plain family, without shortcuts."
        if self.paper.generation == "v2":
            return "It speaks of the networks of 2015, and these are pre-activation."
        shown = self._shown().describe()
        return (
            f"It speaks of option A, and these shortcuts are of option {self.paper.option}"
            f" ({shown['parameters']:,} parameters for n = {shown['n']})."
        )

    def _shown(self) -> Member:
        """A member for an example: the one nearest to n = 3, which people know best."""
        return min((m for m in self.members.made.values() if m.subject is not None), key=lambda m: abs(m.n - 3))

    def command(self, n: int) -> str:
        """A command that looks at one member again."""
        keyword, means = self.members.keyword, self.members.means
        word = keyword if implied(keyword) == means else f"{keyword}={means}"
        return self._check(["--family", word], n)

    def _check(self, options: Sequence[str], n: int) -> str:
        target = self.members.info
        given = {**target.kwargs, self.members.keyword: self.members.take(n).value}
        keywords = [part for key, value in given.items() for part in ("--kw", _keyword(key, value))]
        return shlex.join(["resnet-conformance", "check", target.address, *keywords, *options])

    def describe(self) -> dict[str, Any]:
        """The family as found, for Report.summary: its members in figures, and how to look at one of them alone."""
        shown = self._shown().n
        name = member_architecture(self.paper, shown).name
        known = ["--architecture", name] if name in self.spec.architectures else []
        return {
            "keyword": self.members.keyword,
            "means": self.members.means,
            "option": self.paper.option,
            "preactivation": self.paper.generation == "v2",
            "members": [self.members.take(n).describe() for n in sorted(self.seen)],
            "one_member": self._check(known, shown),
        }


def listed(numbers: Sequence[int]) -> str:
    """ "1, 2 and 5"."""
    *most, last = map(str, numbers)
    return f"{', '.join(most)} and {last}" if most else last


def _keyword(key: str, value: object) -> str:
    """KEY=VALUE as the command line reads it: a string that is no Python literal needs no quotes."""
    from ..argument_values import read_keyword

    plain = f"{key}={value}"
    return plain if isinstance(value, str) and read_keyword(plain) == (key, value) else f"{key}={value!r}"


def _search(fails: Callable[[int], bool], examples: int, seed: int) -> None:
    """Draw n until one fails."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded
    from hypothesis.strategies import integers

    class Found(Exception):
        """Some n fails."""

    # Without hypothesis's shrinking: of so few numbers the smallest can be looked for one by one.
    @seeded(seed)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
        report_multiple_bugs=False,
    )
    @given(integers(1, LARGEST))
    def attempt(n: int) -> None:
        if fails(n):
            raise Found

    with suppress(Found):
        attempt()
