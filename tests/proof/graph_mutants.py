"""Graph mutants: right networks in which one node is changed, in every way that the node allows.

Structure judges first, on the changed graph itself; what it lets pass is built as a network and judged by all evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import torch

from resnet_conformance import check
from resnet_conformance.candidate import Candidate
from resnet_conformance.capture import TargetProblem, capture_candidate
from resnet_conformance.examination import examine
from resnet_conformance.findings import Finding, TargetInfo
from resnet_conformance.graph import Graph
from resnet_conformance.judge import build_case, prepare
from resnet_conformance.spec import load_spec

from .ends import of_global_pool, of_linear, of_pool, of_shortcut
from .graph_draft import Draft, Stillborn
from .graph_net import GraphNet, as_recorded
from .mutations import Change, Changes, Plan, of_any, of_batch_norm, of_conv, of_relu
from .rewirings import of_block, of_join, of_neighbours
from .trial import Outcome

NAME = "graph"
TITLE = "Right networks with one operation changed, in every way that it allows"

SUBJECTS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "cifar10/resnet20": ("resnet_impl:cifar_resnet20", {}),
    "imagenet/resnet18-B": ("resnet_impl:resnet18", {"shortcut": "B"}),
    "imagenet/resnet50": ("resnet_impl:resnet50", {}),
    "cifar10/preresnet110": ("resnet_impl:cifar_preresnet110", {}),
    "cifar10/preresnet164": ("resnet_impl:cifar_preresnet164", {}),
}
BY_OP = {
    "conv": of_conv,
    "batch_norm": of_batch_norm,
    "relu": of_relu,
    "slice": of_shortcut,
    "pad": of_shortcut,
    "max_pool": of_pool,
    "global_avg_pool": of_global_pool,
    "linear": of_linear,
}
# A network of more blocks is changed in the first and the last of each stage: those between differ by place alone.
MANY = 9
# What no structure shows takes seconds to judge: tried everywhere in one network, in one block of the others.
SEEN_LIVE = ("momentum", "stored statistics", "detach", "swapped", "mean, var shared")
EVERYWHERE = "cifar10/resnet20"
RESIZED = {224: 320, 32: 48}
SEED = 0


@cache
def plan_of(architecture: str) -> Plan:
    """The right network of an architecture, with the paper's names for its places."""
    target, kwargs = SUBJECTS[architecture]
    wanted = load_spec().architectures[architecture]
    shape = (2, wanted.channels, wanted.size, wanted.size)
    graph = Draft(capture_candidate(target, kwargs, (shape,)).graph).graph()
    return Plan(build_case(wanted, prepare(candidate_of(graph, None))))


@cache
def changes_of(architecture: str) -> Mapping[str, Change]:
    """All changes of one subject by name."""
    found: dict[str, Change] = {}
    for place, words, change in _changes(architecture):
        name = f"{architecture} {place}: {words}"
        if name in found:
            raise ValueError(f"two changes are called {name}")
        found[name] = change
    return found


def _changes(architecture: str) -> Iterator[tuple[str, str, Change]]:
    """Place, words and change of all that is tried."""
    plan = plan_of(architecture)
    stages, labels = plan.case.found.stages, plan.case.labels
    blocks = plan.blocks if len(plan.blocks) <= MANY else [b for s in stages for b in (s[0], s[-1])]
    chosen = {labels[block.end] for block in blocks} | {"stem", "head"}
    live = chosen if architecture == EVERYWHERE else {labels[stages[1][0].end], "stem", "head"}
    found: list[tuple[str, Changes]] = []
    for index, place in plan.places.items():
        node = plan.graph[index]
        if node.op in BY_OP:
            found.append((place, BY_OP[node.op](plan, node)))
        found.append((place, of_any(plan, node)))
    for block, following in zip(plan.blocks, (*plan.blocks[1:], None), strict=True):
        found.append((labels[block.end], of_block(plan, block)))
        if following is not None:
            found.append((labels[block.end], of_neighbours(plan, block, following)))
        if block.join is not None:
            found.append((plan.places[block.join], of_join(plan, block)))
    for place, changes in found:
        where = place.partition(".")[0]
        if where in chosen:
            yield from ((place, w, c) for w, c in changes if where in live or not any(seen in w for seen in SEEN_LIVE))


def names() -> Sequence[str]:
    """All changes of all subjects."""
    return [name for architecture in SUBJECTS for name in changes_of(architecture)]


def mutant(name: str) -> Draft:
    """The changed network. Raises Stillborn."""
    architecture = name.partition(" ")[0]
    draft = Draft(plan_of(architecture).graph)
    changes_of(architecture)[name](draft)
    return draft


def candidate_of(graph: Graph, resized: Graph | None, failure: str = "") -> Candidate:
    """A graph as if it had been captured from its network."""
    entry = next(node for node in graph if node.op == "input")
    size = RESIZED[entry.shape[2]]
    return Candidate(
        target=TargetInfo("graph"),
        graph=as_recorded(graph, "eval"),
        input_shape=entry.shape,
        train_graphs=(as_recorded(graph, "train"),),
        resized=None if resized is None else as_recorded(resized, "eval"),
        resized_shape=(*entry.shape[:2], size, size),
        resized_failure=failure,
    )


def by_structure(architecture: str, draft: Draft) -> tuple[Finding, ...]:
    """What structure says of a changed network. Raises Stillborn."""
    graph, resized, failure = draft.graph(), None, ""
    entry = next(node for node in graph if node.op == "input")
    size = RESIZED[entry.shape[2]]
    try:
        resized = draft.graph((*entry.shape[:2], size, size))
        weights = [t.shape for t in graph.tensors]
        if [t.shape for t in resized.tensors] != weights:
            resized, failure = None, "the weights fit one input size alone"
    except Stillborn as error:
        failure = str(error)
    spec = load_spec()
    return examine(build_case(spec.architectures[architecture], prepare(candidate_of(graph, resized, failure))), spec)


def failures(findings: Sequence[Finding]) -> list[Finding]:
    """Those that a network is blamed for."""
    return [f for f in findings if f.outcome == "fail" and f.level in ("MUST", "SHOULD")]


def run(name: str) -> Outcome:
    """Judge one changed network."""
    architecture = name.partition(" ")[0]
    try:
        draft = mutant(name)
        failed = failures(by_structure(architecture, draft))
    except Stillborn as error:
        return Outcome("stillborn", told=str(error))
    if failed:
        return Outcome("killed", "structure", " ".join(f.clause for f in failed))
    graph = draft.graph()
    if computes_the_same(plan_of(architecture).graph, graph):
        return Outcome("stillborn", told="it computes the same, in both modes")
    try:
        report = check(lambda: GraphNet(graph), architecture, seed=SEED)
    except TargetProblem as error:
        return Outcome("stillborn", told=f"it does not run: {error}")
    if failed := failures(report.findings):
        return Outcome("killed", failed[0].evidence, " ".join(f.clause for f in failed))
    open_ = [f.clause for f in report.findings if f.outcome == "not-examined" and f.level == "MUST" and f.message]
    return Outcome("survived", told=report.verdict + (f" ({' '.join(open_)})" if report.verdict != "conforms" else ""))


def computes_the_same(right: Graph, graph: Graph) -> bool:
    """Whether two networks with the same tensors give the same logits, gradients and statistics for the same values."""
    if [t.shape for t in right.tensors] != [t.shape for t in graph.tensors]:
        return False
    generator = torch.Generator().manual_seed(SEED)
    one, other = GraphNet(right).double(), GraphNet(graph).double()
    state = {
        key: value + torch.rand(value.shape, generator=generator, dtype=torch.float64)
        if value.dim() == 1
        else torch.randn(value.shape, generator=generator, dtype=torch.float64) / value[0].numel() ** 0.5
        for key, value in one.state_dict().items()
    }
    x = torch.randn(2, *right[0].shape[1:2], 64, 48, generator=generator, dtype=torch.float64)
    for net in (one, other):
        net.load_state_dict(state)
    for mode in (False, True):
        outputs = [net.train(mode)(x) for net in (one, other)]
        if outputs[0].shape != outputs[1].shape or not torch.allclose(outputs[0], outputs[1], 1e-9, 0.0):
            return False
        for output in outputs:
            output.square().sum().backward()
    if not all(_same_gradient(p.grad, q.grad) for p, q in zip(one.parameters(), other.parameters(), strict=True)):
        return False
    return all(torch.allclose(a, b) for a, b in zip(one.buffers(), other.buffers(), strict=True))


def _same_gradient(one: torch.Tensor | None, other: torch.Tensor | None) -> bool:
    return one is other if one is None or other is None else torch.allclose(one, other, 1e-6, 1e-9)


# What the papers admit, by the place and the words of a change.
ADMITTED: Sequence[tuple[str, str, str]] = (
    (".bn", "momentum 0.1", "BN-07: the paper gives no momentum of the running statistics"),
    (".shortcut.pad", "zeros ", "SC-17: the paper does not say before or behind which channels the zeros stand"),
    ("stem.pool", "padding 0, ceil True", "STEM-05: the pool of the released models"),
    ("imagenet/resnet50 stem.conv", "bias added", "CB-02: the released ResNet-50 has biases in its first convolution"),
    (
        "head.fc",
        "removed",
        "A backbone: the report's first sentence says that it has no classifier",
    ),
    ("", "swapped with ", "Two blocks of one form: the same network, its parameters registered in another order"),
)


def explain(name: str) -> str | None:
    """Why a survivor of this name is no weakness of the suite; None where it is one."""
    place, _, words = name.partition(": ")
    for part, start, reason in ADMITTED:
        if part in place and words.startswith(start):
            return reason
    return None
