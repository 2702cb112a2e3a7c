"""A graph is the network that it was captured from; a change does what its name says; what is judged is what runs."""

from __future__ import annotations

from functools import partial

import pytest
import torch

from resnet_conformance import check
from resnet_conformance.blueprint import Choices, draw
from resnet_conformance.capture import capture_candidate
from resnet_conformance.examination import examine
from resnet_conformance.graph import Graph, Node
from resnet_conformance.judge import build_case, prepare
from resnet_conformance.spec import load_spec

from . import graph_mutants
from .graph_draft import Draft, Stillborn
from .graph_mutants import by_structure, changes_of, computes_the_same, explain, failures, mutant, plan_of, run
from .graph_net import GraphNet

SPEC = load_spec()
RESNET20, RESNET50 = "cifar10/resnet20", "imagenet/resnet50"


def node_at(graph: Graph, op: str, number: int = 0) -> Node:
    return [node for node in graph if node.op == op][number]


@pytest.mark.parametrize("name", [RESNET20, "cifar10/resnet20-B"])
def test_a_blueprint_as_a_network_conforms(name: str) -> None:
    report = check(lambda: GraphNet(draw(SPEC.architectures[name], Choices())), name, seed=0)
    assert (report.verdict, report.failed()) == ("conforms", ())


def test_a_captured_network_conforms() -> None:
    report = check(lambda: GraphNet(plan_of(RESNET20).graph), RESNET20, seed=0)
    assert (report.verdict, report.failed()) == ("conforms", ())


@pytest.mark.parametrize("name", graph_mutants.SUBJECTS)
def test_the_subjects_are_right_by_structure(name: str) -> None:
    assert not failures(by_structure(name, Draft(plan_of(name).graph)))


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_any_batch_and_any_size_run(mode: str) -> None:
    net = GraphNet(plan_of(RESNET20).graph).train(mode == "train")
    for shape in ((1, 3, 32, 32), (5, 3, 44, 36), (2, 3, 33, 47)):
        assert net(torch.randn(shape)).shape == (shape[0], 10)


def test_running_statistics_move_in_training_alone() -> None:
    net = GraphNet(plan_of(RESNET20).graph)
    before = [buffer.clone() for buffer in net.buffers()]
    net.eval()(torch.randn(2, 3, 32, 32))
    assert all(map(torch.equal, before, net.buffers()))
    net.train()(torch.randn(2, 3, 32, 32))
    assert not any(map(torch.equal, before, net.buffers()))


def test_a_train_graph_is_the_same_network() -> None:
    candidate = capture_candidate("resnet_impl:cifar_resnet20", shapes=((2, 3, 32, 32),))
    one, other = GraphNet(candidate.graph), GraphNet(candidate.train_graphs[0])
    other.load_state_dict(one.state_dict())
    x = torch.randn(2, 3, 32, 32)
    for mode in (True, False):
        assert torch.equal(one.train(mode)(x), other.train(mode)(x))


def test_a_draft_gives_its_graph_again() -> None:
    graph = plan_of(RESNET20).graph
    again = Draft(graph).graph()
    assert [(n.op, n.inputs, n.shape) for n in again] == [(n.op, n.inputs, n.shape) for n in graph]
    assert [t.shape for t in again.tensors] == [t.shape for t in graph.tensors]
    assert computes_the_same(graph, again)


def test_shapes_follow() -> None:
    graph = plan_of(RESNET50).graph
    draft = Draft(graph)
    draft.set(node_at(graph, "conv").index, stride=(1, 1))
    changed = draft.graph()
    assert node_at(changed, "max_pool").shape == (2, 64, 112, 112)
    assert changed[changed.output].shape == (2, 1000)
    assert Draft(graph).graph((2, 3, 320, 320))[changed.output].shape == (2, 1000)


def test_what_does_not_fit_is_stillborn() -> None:
    outcome = run(f"{RESNET20} 32x32_2.conv1: stride 1 -> 2")
    assert outcome.verdict == "stillborn"
    assert outcome.told == "add of values of shapes (2, 16, 16, 16) and (2, 16, 32, 32)"
    draft = Draft(plan_of(RESNET20).graph)
    relu = node_at(plan_of(RESNET20).graph, "relu")
    draft.read(relu.inputs[0], "x", relu.index)
    with pytest.raises(Stillborn, match="needs itself"):
        draft.graph()


def test_names_are_unique_and_in_the_papers_words() -> None:
    names = graph_mutants.names()
    assert len(set(names)) == len(names) > 5000
    for name in (
        f"{RESNET20} 16x16_1.shortcut.pad: ones for zeros",
        f"{RESNET50} conv3_1.conv1: stride 2 -> 1",
        f"{RESNET50} conv3_1: stride on conv2",
        "imagenet/resnet18-B conv5_2.add: relu on F",
        "cifar10/preresnet164 16x16_1.pre.bn: behind its relu",
    ):
        assert name in names


# At least one change of each kind of node, with what structure says of it.
KILLED = {
    f"{RESNET20} 16x16_1.conv2: kernel 3 -> 5": "STG-12",
    f"{RESNET20} 32x32_2.conv1: dilation 1 -> 2": "BLK-02",
    f"{RESNET20} 8x8_1.bn1: removed": "BN-01",
    f"{RESNET20} 8x8_3.bn2: eps 1e-05 -> 0.001": "BN-04",
    f"{RESNET20} 32x32_1.relu1: relu -> elu": "ACT-01",
    f"{RESNET20} 16x16_2.relu: dropout behind": "ACT-02",
    f"{RESNET20} 8x8_2.add: add -> mul": "BLK-01",
    f"{RESNET20} 8x8_2.add: relu on F": "BLK-04",
    f"{RESNET20} 16x16_1.shortcut.pad: ones for zeros": "SC-03",
    f"{RESNET20} head.fc: softmax behind": "HD-02",
    f"{RESNET20} head.pool: window 8x8": "HD-07",
    f"{RESNET50} stem.pool: removed": "STEM-04",
    f"{RESNET50} conv3_1: stride on conv2": "BTN-04",
    f"{RESNET50} conv3_4: repeated with weights of its own": "STG-02",
}


@pytest.mark.parametrize("name", KILLED)
def test_structure_tells_by_its_clause(name: str) -> None:
    outcome = run(name)
    assert (outcome.verdict, outcome.by) == ("killed", "structure")
    assert KILLED[name] in outcome.told.split()


@pytest.mark.parametrize(
    "name",
    [
        f"{RESNET20} 16x16_1.conv1: weight detached",
        f"{RESNET20} 16x16_2.relu: dropout behind",
        f"{RESNET20} 8x8_1.bn1: batch statistics in eval",
        f"{RESNET20} 8x8_2.add: add -> mul",
        f"{RESNET50} conv3_4: repeated with the same weights",
    ],
)
def test_the_live_network_is_what_was_judged(name: str) -> None:
    architecture = name.partition(" ")[0]
    wanted = SPEC.architectures[architecture]
    draft = mutant(name)
    size = (2, wanted.channels, wanted.size, wanted.size)
    live = capture_candidate(partial(GraphNet, draft.graph()), shapes=(size,))
    found = [f.clause for f in failures(examine(build_case(wanted, prepare(live)), SPEC))]
    assert found == [f.clause for f in failures(by_structure(architecture, draft))]


def test_what_structure_does_not_show_is_judged_live() -> None:
    outcome = run(f"{RESNET20} 16x16_1.add: detach on the shortcut")
    assert (outcome.verdict, outcome.by) == ("killed", "behaviour")


def test_what_the_paper_leaves_open_survives_and_is_explained() -> None:
    name = f"{RESNET20} 8x8_1.shortcut.pad: zeros on both sides"
    assert run(name).verdict == "survived"
    assert "SC-17" in (explain(name) or "")
    assert explain(f"{RESNET20} stem.conv: removed") is None


def test_a_change_that_changes_nothing_is_no_mutant() -> None:
    graph = plan_of(RESNET20).graph
    draft = Draft(graph)
    draft.set(node_at(graph, "add").index, alpha=1.0)
    assert computes_the_same(graph, draft.graph())
    assert not computes_the_same(graph, mutant(f"{RESNET20} 8x8_1.bn1: momentum 0.1 -> 0.5").graph())
    assert set(changes_of(RESNET20)) < set(graph_mutants.names())
