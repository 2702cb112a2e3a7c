"""IN: each wrong start fails by its clause, right ones raise no alarm, what was not drawn is not examined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest
import torch
from torch import nn

from resnet_conformance.capture import capture_candidate
from resnet_conformance.capture.laboratory import Laboratory
from resnet_conformance.capture.target import load_target
from resnet_conformance.clauses import EXPERIMENTS, Case, Result
from resnet_conformance.experiments import initialization, starting  # noqa: F401  (registers the checks)
from resnet_conformance.experiments.bench import Bench
from resnet_conformance.judge import build_case, prepare
from resnet_conformance.spec import load_spec

from ..mutants import wrong_inits  # noqa: F401  (registers its networks)
from ..mutants.corpus import CORPUS, RESNET18, RESNET20, RESNET50, Mutant
from ..mutants.faithful import resnet20
from ..mutants.right_inits import FIXED_INITS, RIGHT_INITS

CLAUSES = ("IN-01", "IN-02", "IN-03", "IN-04", "IN-06", "IN-07")
STARTS = tuple(mutant for mutant in CORPUS.mutants.values() if mutant.fails <= set(CLAUSES))


def case_of(target: object, architecture: str, kwargs: Mapping[str, Any] | None = None) -> Case:
    """A candidate on its bench."""
    paper = load_spec().architectures[architecture]
    candidate = capture_candidate(target, kwargs or {}, [(2, paper.channels, paper.size, paper.size)])
    laboratory = Laboratory(load_target(target, kwargs or {}), candidate.graph)
    case = build_case(paper, prepare(candidate))
    return replace(case, bench=Bench(candidate, laboratory, 0, architecture))


def examine(case: Case) -> dict[str, Result]:
    """What the checks of initial weights say."""
    return {clause: EXPERIMENTS["statistics"][clause](case) for clause in CLAUSES}


def outcomes(case: Case) -> dict[str, str]:
    return {clause: result.outcome for clause, result in examine(case).items()}


AS_THE_PAPER = dict.fromkeys(CLAUSES, "pass") | dict.fromkeys(("IN-03", "IN-06"), "not-applicable")


@pytest.mark.parametrize("mutant", STARTS, ids=lambda m: m.name)
def test_wrong_start_fails_by_its_own_clause(mutant: Mutant) -> None:
    results = examine(case_of(mutant.build, mutant.architecture))
    failed = {clause: result for clause, result in results.items() if result.outcome == "fail"}
    assert frozenset(failed) == mutant.fails, {c: (r.message, r.found) for c, r in failed.items()}
    for clause, fragment in mutant.own.items():
        result = failed[clause]
        assert fragment in f"{result.message} {result.found}", f"{result.message} {result.found}"
        assert result.expected
        assert result.found
        assert result.deviation == mutant.deviation
        assert mutant.where in " ".join(result.where[:1]), result.where


@pytest.mark.parametrize("name", RIGHT_INITS)
def test_right_start(name: str) -> None:
    architecture, build, n = RIGHT_INITS[name]
    results = examine(case_of(build, architecture))
    said = {clause: result.outcome for clause, result in results.items()}
    biases = "pass" if name == "bias-of-conv1" else "not-applicable"
    assert said == AS_THE_PAPER | {"IN-03": biases}, {c: (r.message, r.found) for c, r in results.items()}
    assert results["IN-02"].found.startswith(f"{n}, ")


@pytest.mark.parametrize("name", FIXED_INITS)
def test_weights_that_are_equal_in_two_constructions_are_not_examined(name: str) -> None:
    for result in examine(case_of(FIXED_INITS[name], RESNET20)).values():
        assert result.outcome == "not-examined"
        assert "Two constructions with different seeds give equal weights" in result.message


def test_a_network_that_is_there_already_is_not_examined() -> None:
    for result in examine(case_of(resnet20(), RESNET20)).values():
        assert result.outcome == "not-examined"
        assert "give the factory instead" in result.message


def test_without_a_bench_nothing_is_examined() -> None:
    case = replace(case_of(resnet20, RESNET20), bench=None)
    assert set(outcomes(case).values()) == {"not-examined"}


def test_a_network_of_which_some_layers_are_loaded() -> None:
    """They say nothing; a fault of the others is still one."""
    loaded = torch.randn(16, 3, 3, 3)

    def partly(wrong: bool) -> Callable[[], nn.Module]:
        def build() -> nn.Module:
            net = resnet20()
            with torch.no_grad():
                net.stem.conv.weight.copy_(loaded)
                net.blocks[8].convs[1].weight.mul_(2 if wrong else 1)
            return net

        return build

    right = examine(case_of(partly(False), RESNET20))
    assert {c for c, result in right.items() if result.outcome != "not-examined"} == {"IN-03", "IN-07"}
    assert "1 convolutions (stem.conv) have the same weights in two constructions" in right["IN-01"].message
    wrong = examine(case_of(partly(True), RESNET20))["IN-01"]
    assert (wrong.outcome, wrong.where) == ("fail", ("blocks.8.convs.1",))


def test_weights_in_one_flat_parameter_are_read_where_they_lie() -> None:
    right_wholes = import_module("tests.mutants.right_wholes")

    class Drawn(right_wholes.FlatWeights):  # type: ignore[misc, name-defined]
        pass

    results = examine(case_of(Drawn, RESNET20))
    assert results["IN-01"].outcome == "pass", results["IN-01"].message


def test_the_clauses_share_one_experiment(monkeypatch: pytest.MonkeyPatch) -> None:
    case, drawn = case_of(resnet20, RESNET20), []
    assert case.bench is not None
    initial = case.bench.laboratory.initial
    monkeypatch.setattr(
        case.bench.laboratory, "initial", lambda times, seed: drawn.append(times) or initial(times, seed)
    )
    examine(case)
    assert drawn == [9]


def test_what_an_fc_starts_from_is_said() -> None:
    case = case_of(resnet20, RESNET20)
    assert "uniform" in examine(case)["IN-07"].found

    def goyal() -> nn.Module:
        net = resnet20()
        nn.init.normal_(net.fc.weight, 0, 0.01)
        return net

    assert examine(case_of(goyal, RESNET20))["IN-07"].found == "N(0, 0.01)"


def test_zeroed_gammas_are_said() -> None:
    mutant = CORPUS.mutants["zero-gamma"]
    assert examine(case_of(mutant.build, mutant.architecture))["IN-06"].found == "in 9 of 9 blocks"


TORCH_FC = {"IN-07": "std 0.0"}
LIBRARIES = [
    ("torchvision.models:resnet18", {}, RESNET18, {}, {"IN-02": "fan-out, as fb.resnet.torch"}),
    ("torchvision.models:resnet50", {}, RESNET50, {}, {"IN-02": "fan-out, as fb.resnet.torch"}),
    (
        "timm:create_model",
        {"model_name": "resnet50"},
        RESNET50,
        {"IN-04": "fail", "IN-06": "pass"},
        {"IN-02": "fan-out", "IN-04": "gamma 0", "IN-06": "in 16 of 16 blocks"},
    ),
    (
        "pytorchcv.models.resnet:resnet50",
        {},
        RESNET50,
        {"IN-01": "fail"},
        {"IN-01": "uniform", "IN-02": "fan-in, Caffe's default"},
    ),
    ("resnet_impl:resnet50", {}, RESNET50, {}, {"IN-02": "fan-in, Caffe's default", "IN-07": "N(0, 0.01)"}),
    ("resnet_impl:cifar_resnet20", {"fan": "fan_out"}, RESNET20, {}, {"IN-02": "fan-out", "IN-07": "N(0, 0.01)"}),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("address", "kwargs", "architecture", "differing", "found"),
    LIBRARIES,
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_runs_with_fresh_seeds_agree(
    address: str, kwargs: dict[str, Any], architecture: str, differing: dict[str, str], found: dict[str, str]
) -> None:
    pytest.importorskip(address.partition(".")[0].partition(":")[0])
    case = case_of(address, architecture, kwargs)
    repeat(case, AS_THE_PAPER | differing, TORCH_FC | found)


@pytest.mark.slow
def test_runs_of_transformers_agree() -> None:
    """Imported before it is constructed: its own copies of torch's functions are then those of torch."""
    pytest.importorskip("transformers")
    import_module("transformers.models.resnet.modeling_resnet")
    factories = import_module("tests.thirdparty.factories")
    repeat(case_of(factories.hf_resnet50, RESNET50), AS_THE_PAPER, TORCH_FC | {"IN-02": "fan-out"})


def repeat(case: Case, expected: dict[str, str], found: dict[str, str]) -> None:
    """Ten times (three for a large network), each with a laboratory of its own."""
    assert case.bench is not None
    bench = case.bench
    for _ in range(10 if len(case.nodes("conv")) <= 20 else 3):
        laboratory = Laboratory(bench.laboratory.target, case.candidate.graph)
        again = replace(case, bench=Bench(bench.candidate, laboratory, 0, bench.architecture))
        results = examine(again)
        assert {clause: result.outcome for clause, result in results.items()} == expected
        for clause, fragment in found.items():
            assert fragment in results[clause].found
        assert results["IN-04"].deviation == ("zero-gamma" if expected["IN-04"] == "fail" else None)


def test_weights_that_are_computed_are_not_examined() -> None:
    def standardized() -> nn.Module:
        net = resnet20()
        nn.utils.parametrizations.weight_norm(net.blocks[0].convs[0])
        return net

    results = examine(case_of(standardized, RESNET20))
    assert results["IN-01"].outcome == results["IN-02"].outcome == "not-examined"
    assert "1 convolutions (blocks.0.convs.0) compute their weights from others; the others start" in (
        results["IN-01"].message
    )


def test_a_library_that_is_imported_while_nothing_is_initialised_keeps_real_functions() -> None:
    from torch import nn

    from resnet_conformance.capture.target import initialisation_off

    with initialisation_off():
        kept = nn.init.constant_
        assert kept(torch.zeros(3), 2.0).sum() == 0
    assert kept(torch.zeros(3), 2.0).sum() == 6
