"""Families: does a factory make the network of 6n+2 layers for every n (He et al. 2015, section 4.2)?

A network that is right for the depths that everyone builds may be wrong for the others. Hypothesis draws n; the
structural checks of FAMILY are made on each member, and a failure is shown for the smallest n that has it. Importing
this module does not import torch.
"""

from __future__ import annotations

import shlex
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .architecture import Architecture
from .blueprint import draw
from .capture.limits import within
from .capture.problems import TargetError
from .examination import examine
from .findings import Finding, Identification, Report
from .judge import build_case, conclude, environment
from .measure import measure
from .members import FamilyError, Means, Member, Members, depth_of, find_members, implied, n_of, value_of
from .spec import Spec, load_spec

FAMILY = ("STG-14", "SC-10", "CT-03")
ALWAYS = (1, 3, 18)  # the smallest, and published ones at both ends: a family is often right for those in between
PUBLISHED = (5, 7, 9)
LARGEST = 20
EXAMPLES = 10


def check_family(
    factory: object,
    keyword: str = "n",
    *,
    means: Means | None = None,
    kwargs: Mapping[str, Any] | None = None,
    examples: int = EXAMPLES,
    seed: int | None = None,
    timeout: float | None = None,
) -> Report:
    """Hold what a factory makes for drawn n against the closed forms of He et al. 2015, section 4.2.

    `factory` is an address or a callable, as `check`'s target; `keyword` its argument that chooses the member, which
    is n or the depth 6n+2 (`means`; without it, by its name). `kwargs` are its other arguments; where the keyword is
    among them, that member alone is looked at. Besides n = 1, 3 and 18, `examples` n up to 20 are drawn from `seed`
    (a fresh one). The report has three findings: STG-14 (6n+2 layers), SC-10 (3n shortcuts), CT-03 (parameters under
    option A). `timeout` is in seconds. Raises FamilyError (a ValueError) for an argument that cannot be, and
    capture.TargetProblem where the factory makes no network at all.
    """
    from .api import fresh_seed, version

    if not isinstance(keyword, str) or not keyword.isidentifier():
        raise FamilyError(f"the keyword of a family is the name of an argument, not {keyword!r}")
    if means not in (None, "n", "depth"):
        raise FamilyError(f"a family's keyword means 'n' or 'depth', not {means!r}")
    if not isinstance(examples, int) or isinstance(examples, bool) or examples < 0:
        raise FamilyError(f"examples is the number of n to draw, 0 or more, not {examples!r}")
    spec, given = load_spec(), dict(kwargs or {})
    seed = fresh_seed() if seed is None else seed
    meant = means or implied(keyword)
    single = n_of(keyword, given[keyword], meant) if keyword in given else None

    def judge() -> Report:
        began = time.perf_counter()
        members = find_members(factory, keyword, meant, given)
        trial = FamilyTrial(members, spec, _paper(members, (single,) if single else ALWAYS, means is None))
        trial.explore((single,) if single else ALWAYS, 0 if single else examples, seed)
        if means is None and any(f["STG-14"].outcome == "fail" for f in trial.seen.values()):
            _refuse_misreading(members)
        findings = tuple(trial.summarize(clause) for clause in FAMILY)
        seconds = {"capture": members.seconds, "judge": max(0.0, time.perf_counter() - began - members.seconds)}
        return Report(
            target=members.info,
            architecture=None,
            identified=Identification(None, exact=False),
            verdict=conclude(findings, spec),
            findings=findings,
            summary={"family": trial.describe()},
            environment=environment() | {"seed": seed},
            seconds={name: round(value, 3) for name, value in seconds.items()},
            tool={"version": version(), "spec": spec.version},
        )

    return within(timeout, factory if isinstance(factory, str) else "the family", judge)


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


def _paper(members: Members, wanted: Sequence[int], inferred: bool) -> str:
    """The spec's name for a member of the family meant: plain, residual or pre-activation. Raises TargetProblem."""
    for n in (*wanted, *ALWAYS, *PUBLISHED):
        if n in wanted or not members.built:
            members.take(n)
    if not members.built:
        if inferred:
            _refuse_misreading(members)
        first = members.take(wanted[0])
        raise TargetError(f"{members.info.address} makes no member of the family: {first.problem}") from first.problem
    found = [m.subject.found for m in members.built if m.subject is not None]
    if not any(anatomy.residual for anatomy in found):
        return "cifar10/plain20"
    return "cifar10/preresnet110" if all(a.preactivation for a in found if a.residual) else "cifar10/resnet20"


def _refuse_misreading(members: Members) -> None:
    """Raise FamilyError where the keyword, whose meaning nobody gave, has the other one."""
    other: Means = "n" if members.means == "depth" else "depth"
    probes = [members.make(n, other) for n in (1, 3)]
    if all(p.subject is not None and p.subject.found.depth == depth_of(p.n) for p in probes):
        keyword, values = members.keyword, " and ".join(f"{members.keyword}={p.value}" for p in probes)
        raise FamilyError(
            f"{keyword} was taken for {'the depth' if members.means == 'depth' else 'n'}, but {values} make the"
            f" networks of 8 and 20 layers: write --family {keyword}={other} (in Python: means={other!r})"
        )


@dataclass(slots=True)
class FamilyTrial:
    """What the checks of FAMILY say of the members. `seen` are the findings for each n, by clause."""

    members: Members
    spec: Spec
    paper: str
    seen: dict[int, dict[str, Finding]] = field(default_factory=dict)

    @property
    def base(self) -> Architecture:
        """The architecture that the members' are made of, with the shortcut option of most of them."""
        base = self.spec.architectures[self.paper]
        options = [m.subject.found.option for m in self.members.built if m.subject is not None]
        known = [option for option in options if base.residual and option in ("A", "B", "C")]
        return replace(base, options=(statistics.mode(known),)) if known else base

    def explore(self, always: Sequence[int], examples: int, seed: int) -> None:
        """Look at the members of `always` and at drawn ones, then, below one that fails, at all smaller ones."""
        for n in always:
            self.look(n)
        for clause in FAMILY if examples else ():
            if self.smallest(clause) is None:
                _search(lambda n, clause=clause: self.look(n)[clause].outcome == "fail", examples, seed)  # type: ignore[misc]
        n = 0
        while len(always) > 1 and any((self.smallest(clause) or 0) > n for clause in FAMILY):
            n += 1
            self.look(n)

    def look(self, n: int) -> dict[str, Finding]:
        """The findings of FAMILY for one n."""
        if n not in self.seen:
            self.seen[n] = self._findings(self.members.take(n))
        return self.seen[n]
