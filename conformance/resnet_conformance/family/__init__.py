"""Families: does a factory make the network of 6n+2 layers for every n (He et al. 2015, section 4.2)?

A network that is right for the depths that everyone builds may be wrong for the others. Hypothesis draws n; the
structural checks of three clauses are made on each member, and a failure is shown for the smallest n that has it.
Importing this package does not import torch.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..architecture import Architecture
from ..capture.limits import within
from ..capture.problems import TargetError
from ..findings import Identification, Report
from ..judge import environment
from ..spec import Spec, load_spec
from ..verdicts import conclude
from .members import Members, depth_of, find_members, n_of
from .trial import FAMILY, Trial
from .words import FamilyError, Means, implied

__all__ = ["FAMILY", "FamilyError", "Means", "check_family"]

ALWAYS = (1, 2, 3, 18)  # the smallest, and published ones at both ends: those between are drawn
PUBLISHED = (5, 7, 9)
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
    among them, that member alone is looked at. Besides n = 1, 2, 3 and 18, `examples` n up to 20 are drawn from `seed`
    (a fresh one). The report has three findings: STG-14 (6n+2 layers), SC-10 (3n shortcuts) and CT-03 (parameters
    under option A). `timeout` is in seconds. Raises FamilyError (a ValueError) for an argument that cannot be, and
    TargetProblem where the factory makes no network at all.
    """
    from ..api import fresh_seed
    from ..judge import version

    if not isinstance(keyword, str) or not keyword.isidentifier():
        raise FamilyError(f"the keyword of a family is the name of an argument of its factory, not {keyword!r}")
    if means not in (None, "n", "depth"):
        raise FamilyError(f"a family's keyword means 'n' or 'depth', not {means!r}")
    if not isinstance(examples, int) or isinstance(examples, bool) or examples < 0:
        raise FamilyError(f"examples is the number of n to draw, 0 or more, not {examples!r}")
    spec, given = load_spec(), dict(kwargs or {})
    seed = fresh_seed() if seed is None else seed
    meant = means or implied(keyword)
    alone = n_of(keyword, given[keyword], meant) if keyword in given else None
    first, drawn = (ALWAYS, examples) if alone is None else ((alone,), 0)

    def judge() -> Report:
        began = time.perf_counter()
        members = find_members(factory, keyword, meant, given)
        trial = Trial(members, spec, _paper(members, spec, first, inferred=means is None))
        trial.explore(first, drawn, seed)
        if means is None and trial.smallest("STG-14") is not None:
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


def _paper(members: Members, spec: Spec, wanted: Sequence[int], inferred: bool) -> Architecture:
    """A network of the family that is meant: plain, residual or pre-activation, with the option of most of `wanted`.

    Raises TargetProblem where no member can be made.
    """
    for n in wanted:
        members.take(n)
    for n in (*ALWAYS, *PUBLISHED):
        if not members.built:
            members.take(n)
    if not members.built:
        if inferred:
            _refuse_misreading(members)
        first = members.take(wanted[0])
        raise TargetError(f"no member of the family can be looked at: {first.problem}") from first.problem
    found = [subject.found for subject in members.built]
    residual = [anatomy for anatomy in found if anatomy.residual]
    if not residual:
        return spec.architectures["cifar10/plain20"]
    later = sum(anatomy.preactivation for anatomy in residual) * 2 > len(residual)
    base = spec.architectures["cifar10/preresnet110" if later else "cifar10/resnet20"]
    options = [anatomy.option for anatomy in residual if anatomy.option in ("A", "B", "C")]
    return replace(base, options=(statistics.mode(options),)) if options else base


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
