"""The register of wrong networks: each with the architecture it claims to be and what must be said of it.

`fails` is the exact set of failing clauses of level MUST and SHOULD, derived from the clauses' text before
any run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import nn

import resnet_conformance.experiments  # noqa: F401  (enters the experiments into their register)
from resnet_conformance.clauses import CHECKS, EXPERIMENTS
from resnet_conformance.examination import EVIDENCE

REGISTERS = {"structure": CHECKS, **EXPERIMENTS}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One wrong network.

    `own`: the clauses that state the broken rule, each with a fragment of what its finding must say;
    `deviation`: the name from spec/deviations.yaml that these findings carry where it explains them.
    """

    name: str
    architecture: str
    build: Callable[[], nn.Module]
    own: Mapping[str, str]
    fails: frozenset[str]
    deviation: str | None
    where: str = ""  # a fragment of a place that the first own finding names
    by: str | None = None  # the evidence of the own findings, where it is not the first that can examine the clause

    def evidence_of(self, clause: str) -> str:
        """The kind of evidence by which an own clause fails."""
        first = next(kind for kind in EVIDENCE if clause in REGISTERS[kind])
        return self.by if self.by is not None and clause in REGISTERS[self.by] else first


@dataclass(slots=True)
class Corpus:
    """All wrong networks by name."""

    mutants: dict[str, Mutant] = field(default_factory=dict)

    def wrong(
        self,
        architecture: str,
        own: Mapping[str, str],
        also: str = "",
        deviation: str | None = None,
        where: str = "",
        by: str | None = None,
    ) -> Callable[[Callable[[], nn.Module]], Callable[[], nn.Module]]:
        """Register a wrong network under its function's name. `also`: other clauses that fail."""

        def register(build: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
            name = build.__name__.replace("_", "-")
            if name in self.mutants:
                raise ValueError(f"two wrong networks are called {name}")
            fails = frozenset(own) | frozenset(also.split())
            self.mutants[name] = Mutant(name, architecture, build, own, fails, deviation, where, by)
            return build

        return register


CORPUS = Corpus()
wrong = CORPUS.wrong

RESNET20, RESNET18, RESNET50 = "cifar10/resnet20", "imagenet/resnet18", "imagenet/resnet50"
