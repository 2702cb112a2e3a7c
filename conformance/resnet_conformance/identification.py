"""Which architecture is it? The nearest by shape, and of the nearest few the one whose clauses it breaks least."""

from __future__ import annotations

from dataclasses import dataclass

from .anatomy import Anatomy
from .architecture import Architecture
from .blocks import KINDS, Block
from .clauses import Case
from .examination import examine
from .findings import Finding, Identification
from .judge import Subject, build_case, deviations_of
from .spec import Spec

SHORTLIST = 4
REACH = 2.0  # how much farther by shape than the nearest an architecture may be and still be held against the candidate
FAMILY = 3  # another cardinality or inner width makes another family: ResNeXt, wide ResNet
GENERATION = 1.5  # pre-activation or not: less than other numbers of blocks, more than an option
NEAR = 4  # a network that differs in more separate ways than this is none of the known ones


@dataclass(frozen=True, slots=True)
class Match:
    """One architecture beside the candidate, with what its clauses found."""

    architecture: Architecture
    case: Case
    findings: tuple[Finding, ...]
    unread: bool = False  # operations of it were not read: what its clauses found says what it may be, no more

    @property
    def broken(self) -> tuple[Finding, ...]:
        """Failed MUSTs, but for those on a training recipe, which say nothing of the network."""
        return tuple(f for f in self.findings if f.outcome == "fail" and f.level == "MUST" and f.evidence != "training")

    @property
    def broken_apart(self) -> tuple[int, int]:
        """How many failed MUSTs speak of the network itself, and how many of figures, which follow from it."""
        figures = sum(f.clause.startswith("CT-") for f in self.broken)
        return len(self.broken) - figures, figures

    @property
    def differences(self) -> int:
        """Separate ways in which the candidate differs: each named deviation once, all unexplained failures as one."""
        return len(set(deviations_of(self.broken))) + any(f.deviation is None for f in self.broken)

    @property
    def near(self) -> bool:
        """Whether the candidate may be called by this architecture's name at all: few differences, most MUSTs kept, and
        not bottlenecks where it has basic blocks, or the other way round.
        """
        kept = sum(f.outcome == "pass" and f.level == "MUST" for f in self.findings)
        kinds = [block.kind for block in self.case.found.blocks]
        other = [kind for kind in KINDS.values() if kind != self.architecture.block]
        if any(kinds.count(kind) * 2 > len(kinds) for kind in other):
            return False
        return self.differences <= NEAR and len(self.broken) < kept


def distance(architecture: Architecture, found: Anatomy, input_size: int) -> float:
    """How unlike the shapes are: block kind, counts, widths, stem, strides, option. 0 where nothing differs."""
    total = 0.0
    total += 6 * (architecture.block not in found.kinds[:1])
    total += 6 * (architecture.residual != found.residual)
    total += GENERATION * ((architecture.generation == "v2") != found.preactivation)
    counts, wanted = [len(stage) for stage in found.stages], [stage.blocks for stage in architecture.stages]
    total += 4 * abs(len(counts) - len(wanted))
    total += sum(min(1.0, abs(a - b) / max(b, 1)) + (a != b) for a, b in zip(counts, wanted, strict=False))
    for stage, paper in zip(found.stages, architecture.stages, strict=False):
        total += stage[0].output_shape[1] != paper.widths[-1]
    stem = found.stem_convolutions[:1]
    if stem:
        total += 2 * (stem[0].kernel != (architecture.stem.kernel,) * 2)
        total += (stem[0].stride != (architecture.stem.stride,) * 2) + (stem[0].filters != architecture.stem.filters)
    pools = sum(found.graph[i].op in ("max_pool", "avg_pool") for i in found.stem)
    total += bool(pools) != (architecture.stem.pool is not None)
    total += found.option not in architecture.options
    total += 0.5 * (input_size != architecture.size)
    total += FAMILY * ({_groups(block) for block in found.blocks} != {architecture.groups})
    if all(stage[0].kind == "bottleneck" for stage in found.stages) and len(architecture.kernels) == 3:
        inner = [stage[0].filters[1] / stage[0].filters[2] for stage in found.stages]
        paper_inner = [stage.widths[1] / stage.widths[2] for stage in architecture.stages]
        total += FAMILY * (inner != paper_inner)
    strides = {tuple(c.stride[0] for c in b.residual.convolutions) for b in found.blocks}
    place = tuple(2 if p == architecture.strided else 1 for p in range(1, len(architecture.kernels) + 1))
    named = len(place) == 3 and architecture.generation == "v1"  # in v2 the place of the stride makes no name: V2-09
    total += 2 * (named and place not in strides)
    return total


def _groups(block: Block) -> int:
    return max((c.groups for c in block.residual.convolutions), default=1)


def nearest(spec: Spec, subject: Subject) -> tuple[Match, ...]:
    """The architecture of the nearest shapes whose MUSTs the candidate breaks least; then those compared with it.

    The paper's goes before a variant. Only those of the nearest one's paper (2015 or 2016) are compared: a
    pre-activation ResNet-50, which no paper has, is a ResNet-50 with other blocks, and no ResNet-152 with fewer. Where
    none is near, the first is the paper's network of the nearest shape: against that one it is judged.
    """
    found, size = subject.found, subject.candidate.input_shape[2]
    plain = [a for a in spec.architectures.values() if a.variant or a.base is None]  # not the names that fix one option
    ranked = sorted(plain, key=lambda a: (distance(a, found, size), a.variant))
    limit = distance(ranked[0], found, size) + REACH
    same = [a for a in ranked if a.generation == ranked[0].generation]
    shortlist = [a for a in same[:SHORTLIST] if distance(a, found, size) <= limit]
    matches = [match(a, spec, subject) for a in shortlist]
    # the depth names a network; another figure that agrees by chance makes none nearer than one of more alike shapes
    matches.sort(
        key=lambda m: (
            m.broken_apart[0],
            any(f.clause == "CT-01" for f in m.broken),
            distance(m.architecture, found, size),
            m.broken_apart[1],
            m.architecture.variant,
        )
    )
    if not matches[0].near:
        paper = next(a for a in ranked if not a.variant)
        matches.sort(key=lambda m: m.architecture is not paper)
        if matches[0].architecture is not paper:
            matches.insert(0, match(paper, spec, subject))
    return tuple(matches)


def match(architecture: Architecture, spec: Spec, subject: Subject) -> Match:
    """One architecture beside the candidate, examined by structure."""
    case = build_case(architecture, subject)
    return Match(architecture, case, examine(case, spec), bool(case.unread))


def describe_match(found: Match) -> Identification:
    """The identification that follows from the nearest architecture."""
    broken = found.broken
    reasons = tuple(f"{f.clause}: {f.message} Found: {f.found}" for f in broken)
    return Identification(
        architecture=found.architecture.name if found.near else None,
        exact=not broken and not found.unread,
        deviations=() if found.unread else deviations_of(found.findings),
        reasons=reasons,
    )
