"""Options, the plan of the run, and what is written about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch

from resnet_impl.processor import multiplies_bf16

from . import cases, machine
from .contest import Maker, Outcome, contest
from .roofline import Ceiling
from .turns import QUICK, Method, Replay, hand_over

CPU_METHOD = Method(most=6.0)


def pytest_addoption(parser: pytest.Parser) -> None:
    """What may be asked for."""
    group = parser.getgroup("resnet benchmarks")
    group.addoption("--device", metavar="NAME", help="cpu, cuda or cuda:1 (a GPU where there is one)")
    group.addoption("--dtype", metavar="LIST", help=f"of {', '.join(cases.PRECISIONS)} (all that the device has)")
    group.addoption("--models", metavar="LIST", help=f"of {', '.join(cases.MODELS)}; all contenders then take part")
    group.addoption("--batch", metavar="LIST", help="batch sizes, e.g. 1,32,max; max: the largest that fits")
    group.addoption("--quick", action="store_true", help="two cases, five rounds: is all in order?")


def pytest_configure(config: pytest.Config) -> None:
    """Read the options once; a mistake in them is the user's and is told in a line."""
    # Of a benchmark that failed before it was timed, once is enough.
    config.addinivalue_line("filterwarnings", "ignore:Benchmark fixture was not used")
    config.stash[WANTED] = wanted = read_options(config)
    smoke = bool(config.getoption("benchmark_disable", False))
    if smoke:
        torch.set_num_threads(1)  # what is small is faster so, above all beside other work
    config.stash[SUITE] = Suite(
        wanted,
        None
        if smoke
        else QUICK
        if wanted.quick
        else Method()
        if wanted.device != "cpu" or wanted.models
        else CPU_METHOD,
    )


def read_options(config: pytest.Config) -> cases.Wanted:
    """The options, checked. Raises pytest.UsageError."""
    name = config.getoption("--device") or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise pytest.UsageError(f"--device: there is no device {name!r}; cpu, cuda or cuda:1") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise pytest.UsageError(f"--device {name}: torch finds no GPU here")
    precisions = _listed(config, "--dtype", cases.PRECISIONS)
    if device.type != "cuda" and precisions == ["tf32"]:
        raise pytest.UsageError("--dtype tf32 is an arithmetic of GPUs; on a CPU there are fp32 and bf16")
    models = _listed(config, "--models", cases.MODELS)
    batches = (config.getoption("--batch") or "").split(",")
    if not all(batch == "max" or (batch.isdigit() and int(batch) > 0) for batch in batches if batch):
        told = f"--batch: {','.join(batches)!r} is no list of numbers above 0, such as 1,32, or max for the largest"
        raise pytest.UsageError(f"{told} that fits")
    if "max" in batches and device.type != "cuda":
        raise pytest.UsageError("--batch max is for GPUs: as many images as the memory of a CPU holds take minutes")
    return cases.Wanted(
        str(device),
        tuple(precisions) or cases.precisions_of(device.type == "cuda", multiplies_bf16(device)),  # type: ignore[arg-type]
        tuple(models),
        tuple(cases.LARGEST if batch == "max" else int(batch) for batch in batches if batch),
        config.getoption("--quick"),
        bool(config.getoption("benchmark_disable", False)),
    )


def _listed(config: pytest.Config, option: str, known: Any) -> list[str]:
    given = [name for name in (config.getoption(option) or "").split(",") if name]
    if unknown := [name for name in given if name not in known]:
        raise pytest.UsageError(f"{option}: there is no {unknown[0]!r}; known are {', '.join(known)}")
    return given


class Suite:
    """What all benchmarks of a run share: device, method, ceilings, and the contests that were held."""

    def __init__(self, wanted: cases.Wanted, method: Method | None) -> None:
        self.wanted, self.method = wanted, method
        self.device = torch.device(wanted.device)
        self.held: dict[str, dict[str, Outcome]] = {}
        self._ceilings: dict[str, Ceiling] = {}

    @property
    def ceilings(self) -> dict[str, Ceiling]:
        """Measured once in a run; `outcomes` asks before its first contest is held."""
        if not self._ceilings:
            self._ceilings = machine.ceilings(self.device, self.wanted.precisions, small=self.method is None)
        return self._ceilings

    def outcomes(self, group: str, *tries: Callable[[], Mapping[str, Maker]]) -> dict[str, Outcome]:
        """The contest of that group, held when the first of its contenders is asked for.

        Of several tries the first counts for which no contender lacks memory, or the last.
        """
        if group not in self.held:
            _ = self.ceilings  # of the machine as it is when the run begins
            for makers in tries:
                self.held[group] = contest(makers(), self.method, self.device)
                if not any(outcome.too_large for outcome in self.held[group].values()):
                    break
        return self.held[group]


WANTED = pytest.StashKey[cases.Wanted]()
SUITE = pytest.StashKey[Suite]()


@pytest.fixture(scope="session")
def suite(request: pytest.FixtureRequest) -> Suite:
    """The run."""
    return request.config.stash[SUITE]


def entrant(group: str, name: str, *values: Any) -> Any:
    """The parameters of one benchmark, in that group, with a clock that replays its rounds."""
    return pytest.param(*values, id=f"{group}: {name}", marks=pytest.mark.benchmark(group=group, timer=Replay()))


def report(outcome: Outcome, benchmark: Any, request: pytest.FixtureRequest) -> None:
    """Skip, fail, or hand over what was measured."""
    marker = request.node.get_closest_marker("benchmark")
    assert marker is not None
    if outcome.skipped is not None:
        pytest.skip(outcome.skipped)
    if outcome.timing is None:
        benchmark.pedantic(lambda: None)
    else:
        benchmark.extra_info.update(outcome.info)
        hand_over(benchmark, marker.kwargs["timer"], outcome.timing)
    if outcome.wrong:
        pytest.fail(outcome.wrong, pytrace=False)


def pytest_benchmark_update_machine_info(config: pytest.Config, machine_info: dict[str, Any]) -> None:
    """Facts in the place of the plugin's own, which name the machine."""
    suite = config.stash[SUITE]
    machine_info.clear()
    machine_info.update(machine.facts(suite.device))
    machine_info["ceilings"] = {
        name: {"tflop_per_s": ceiling.flops / 1e12, "gb_per_s": ceiling.bandwidth / 1e9}
        for name, ceiling in suite.ceilings.items()
    }


def pytest_benchmark_update_json(output_json: dict[str, Any]) -> None:
    """Results are published: of the checkout its commit alone, of a benchmark no Python objects."""
    commit = output_json.get("commit_info", {})
    output_json["commit_info"] = {key: commit[key] for key in ("id", "time", "dirty") if key in commit}
    for benchmark in output_json["benchmarks"]:
        benchmark.pop("params", None)
        benchmark.pop("options", None)


def pytest_report_header(config: pytest.Config) -> str:
    """What is measured where."""
    suite = config.stash[SUITE]
    threads = f"{torch.get_num_threads()} threads" if suite.device.type == "cpu" else machine.facts(suite.device)["gpu"]
    told = [f"resnet benchmarks: {suite.device}, {threads}"]
    if not suite.method:
        told.append("smoke test: nothing is timed")
    if "bf16" not in suite.wanted.precisions and not config.getoption("--dtype"):
        told.append("without bf16, for which it has no instructions (--dtype fp32,bf16 takes it in)")
    return ", ".join(told)
