"""The suite from outside: a smoke test, a wrong `fast`, and mistakes in its options."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from benchmarks import cases, networks, test_checks
from benchmarks import conftest as suite
from resnet_conformance import identify
from resnet_impl import processor

CHECKOUT = Path(__file__).parents[2]
CASES = [
    cases.Case("forward", cases.MODELS["resnet20"], 2, 32),
    cases.Case("backward", cases.MODELS["resnet20"], 4, 32),
    cases.Case("step", cases.MODELS["resnet20"], 4, 32),
]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "benchmarks",
        "-q",
        "-p",
        "no:xdist",
        "-p",
        "no:cacheprovider",
        *arguments,
    ]
    path = os.pathsep.join([str(CHECKOUT / "conformance"), str(CHECKOUT), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path}
    return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_smoke_test_passes_and_says_what_it_left_out() -> None:
    pytest.importorskip("pytest_benchmark")
    done = run("--benchmark-disable", "--device", "cpu", "-rs")
    assert done.returncode == 0, done.stdout
    assert "steps take minutes on a CPU" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--models", "resnet19"), "--models: there is no 'resnet19'; known are resnet18"),
        (("--dtype", "fp16"), "--dtype: there is no 'fp16'"),
        (("--batch", "0"), "is no list of numbers above 0"),
        (("--device", "cpu", "--batch", "1,max"), "--batch max is for GPUs"),
        (("--device", "gpu"), "there is no device 'gpu'; cpu, cuda or cuda:1"),
        (("--device", "cpu", "--dtype", "tf32"), "tf32 is an arithmetic of GPUs"),
    ],
)
def test_a_mistake_in_an_option_is_told_in_a_line(arguments, told: str) -> None:
    pytest.importorskip("pytest_benchmark")
    done = run(*arguments)
    assert done.returncode == 4
    assert told in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def task(case: cases.Case, way: cases.Way) -> tuple[networks.Task, torch.Tensor]:
    net = networks.networks({cases.OURS}, case.model)[cases.OURS]
    inputs = networks.make_inputs(case, torch.device("cpu"))
    return networks.Task(case, way, net, inputs, smoke=True), networks.reference(case, net, inputs)


WAYS = [cases.Way(cases.OURS, precision, mode) for precision in ("fp32", "bf16") for mode in ("eager", "fast")]


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_right_answer_is_within_its_limit_even_after_training_on(case, way) -> None:
    found, wanted = task(case, way)
    for number in range(3):
        found.call(number)
    assert 0 < networks.difference(case, found.answer(), wanted) <= networks.limit(case, way)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("way", WAYS[1::2], ids=str)
def test_a_fast_wrong_answer_is_above_it(case, way) -> None:
    found, wanted = task(case, way)
    right = found.forward
    found.forward = lambda images: right(images) * 1.5
    assert networks.difference(case, found.answer(), wanted) > networks.limit(case, way)


def test_what_is_not_finite_is_wrong() -> None:
    nan = torch.tensor([float("nan"), 1.0])
    assert networks.difference(CASES[0], nan, torch.ones(2)) == float("inf")


def test_a_bn_that_was_not_folded_would_be_noticed() -> None:
    net = networks.networks({cases.OURS}, cases.MODELS["resnet20"])[cases.OURS]
    inputs = networks.make_inputs(CASES[0], torch.device("cpu"))
    wanted = networks.reference(CASES[0], net, inputs)
    net.stem.bn = torch.nn.Identity()
    answer = networks.Task(CASES[0], WAYS[2], net, inputs, smoke=True).answer()
    assert networks.difference(CASES[0], answer, wanted) > 1e-2


@pytest.mark.slow
def test_libraries_compute_the_same_function() -> None:
    pytest.importorskip("torchvision")
    case = cases.Case("forward", cases.MODELS["resnet50"], 1, 64)
    nets = networks.networks(set(cases.LIBRARIES), case.model)
    images = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        logits = {name: net(images) for name, net in nets.items()}
    for found in logits.values():
        torch.testing.assert_close(found, logits[cases.OURS], rtol=1e-4, atol=1e-3)


def test_a_default_plan_of_a_cpu_asks_for_nothing_that_only_gpus_have() -> None:
    planned = list(cases.plan(cases.Wanted()))
    assert {way.precision for _, way in planned} == {"fp32", "bf16"}
    assert not {way.mode for _, way in planned} & {"graph", "compiled"}
    assert all(way.library == cases.OURS for case, way in planned if case.model.size == 32)


@pytest.mark.parametrize(
    ("flags", "dtype", "expected"),
    [
        (["avx512_bf16"], None, ("fp32", "bf16")),
        ([], None, ("fp32",)),
        ([], "fp32,bf16", ("fp32", "bf16")),
        (["avx512_bf16"], "fp32", ("fp32",)),
    ],
)
def test_bf16_takes_part_where_the_processor_multiplies_it_or_it_was_asked_for(
    monkeypatch, flags, dtype, expected
) -> None:
    monkeypatch.setattr(processor, "bf16_flags", lambda info: flags)
    given = {"--device": "cpu", "--dtype": dtype, "--quick": False}
    config = SimpleNamespace(getoption=lambda name, default=None: given.get(name, default), stash=pytest.Stash())
    wanted = suite.read_options(config)
    assert wanted.precisions == expected
    assert {way.precision for _, way in cases.plan(wanted)} == set(expected)
    config.stash[suite.SUITE] = suite.Suite(wanted, None)
    told = "without bf16, for which it has no instructions (--dtype fp32,bf16 takes it in)"
    assert (told in suite.pytest_report_header(config)) is (not flags and dtype is None)
    assert set(config.stash[suite.SUITE].ceilings) == set(expected)


def test_named_models_and_batches_meet_every_contender() -> None:
    wanted = cases.Wanted("cuda", ("fp32",), ("resnet50",), (1, 8))
    planned = list(cases.plan(wanted))
    every = {(kind, batch) for kind in ("forward", "backward", "step") for batch in (1, 8)}
    assert {(case.kind, case.batch) for case, _ in planned} == every
    assert len({str(way) for _, way in planned}) == 2 * 2 + len(cases.MODES)


@pytest.mark.parametrize("name", cases.MODELS)
def test_what_a_check_costs_is_measured_on_a_network_of_the_papers(name: str) -> None:
    factory, architecture = test_checks.of_the_papers(cases.MODELS[name])
    found = identify(factory)
    assert (found.architecture, found.exact) == (architecture, True)


def test_another_architecture_than_its_own_is_a_wrong_answer() -> None:
    work = test_checks.Work("resnet20", "identify, of all architectures")
    work.call(0)
    assert work.error() == 0
    work.architecture = "cifar10/resnet32"
    assert work.error() == 1
