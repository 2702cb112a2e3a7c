"""The pytest face: options that say what `resnet_conformance.suite` judges, and a fixture for a project's own tests.

    pytest --pyargs resnet_conformance --resnet-target torchvision.models:resnet50 \\
        --resnet-architecture imagenet/resnet50

Without `--resnet-target` the suite judges the `targets` that the project's pyproject.toml lists under
[tool.resnet-conformance]. Silent and free of torch until used.
"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from . import one_run
from .outside import TIMEOUT

if TYPE_CHECKING:
    from .findings import Report
    from .project import ProjectTarget

RUN = pytest.StashKey[one_run.Run]()
SHARED = "resnet_conformance_shared"  # the key under which a process of pytest-xdist finds the shared folder


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options of the suite."""
    group = parser.getgroup("resnet-conformance", "is this the ResNet of the paper?")
    group.addoption(
        "--resnet-target",
        metavar="TARGET",
        help="package.module:factory, path/to/file.py:factory, model.onnx or model.pt2 to judge",
    )
    group.addoption(
        "--resnet-architecture", metavar="NAME", help="what it claims to be (default: what it is nearest to)"
    )
    group.addoption("--resnet-part", metavar="PART", help="judge a single module of a network as this part")
    group.addoption(
        "--resnet-kw",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="keyword argument of the factory; repeatable",
    )
    group.addoption("--resnet-expect", metavar="FILE", help="YAML file of its declared deviations")
    group.addoption(
        "--resnet-level", choices=("must", "should"), default="must", help="from which level on a failure counts (must)"
    )
    group.addoption("--resnet-seed", type=_seed, metavar="N", help="random numbers of the experiments (fresh ones)")
    group.addoption(
        "--resnet-timeout",
        type=_seconds,
        default=TIMEOUT,
        metavar="S",
        help=f"give up on a target after so many seconds ({TIMEOUT:g})",
    )


def _seconds(text: str) -> float:
    from .argument_values import seconds

    return seconds(text)


def _seed(text: str) -> int:
    from .argument_values import seed

    return seed(text)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers; pytest-xdist's, which the suite uses, is known without pytest-xdist as well."""
    config.addinivalue_line(
        "markers",
        "resnet(target, architecture=None, **options): what the fixture resnet_report judges; options as in"
        " resnet_conformance.check, such as expected={'stride-3x3': 'we ship v1.5'}",
    )
    config.addinivalue_line("markers", "xdist_group(name): tests that one process runs (pytest-xdist)")
    shared = getattr(config, "workerinput", {}).get(SHARED)
    config.stash[RUN] = run = one_run.Run(config.getoption("--resnet-timeout"), Path(shared) if shared else None)
    one_run.begin(run)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """A process of pytest-xdist starts: it is told the folder that those of this run share."""
    node.workerinput[SHARED] = str(one_run.current().share())


def pytest_unconfigure(config: pytest.Config) -> None:
    """The run is over; who made the folder removes it."""
    run = config.stash.get(RUN, None)
    if run is not None:
        one_run.end(run)
        if not hasattr(config, "workerinput"):
            run.remove()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Our suite is collected, too, where a project's `python_files` knows other names than test_*.py."""
    own = file_path == Path(__file__).parent / "suite" / "test_conformance.py"
    patterns = parent.config.getini("python_files")
    if not own or parent.session.isinitpath(file_path) or any(fnmatch(file_path.name, p) for p in patterns):
        return None
    return pytest.Module.from_parent(parent, path=file_path)


def pytest_report_header(config: pytest.Config) -> str | None:
    """One line that says what is judged, where an option of ours was used or our suite is asked for."""
    target = config.getoption("--resnet-target")
    if not target:
        return _header_of_project(config) if _suite_is_asked_for(config) else None
    part = config.getoption("--resnet-part")
    claimed = f"the part {part}" if part else config.getoption("--resnet-architecture") or "the nearest architecture"
    keywords = " ".join(config.getoption("--resnet-kw"))
    expect = config.getoption("--resnet-expect")
    return (
        f"resnet-conformance: {target} {keywords}".rstrip()
        + f" against {claimed}, {_settings(config)}"
        + (f", expectations {expect}" if expect else "")
    )


def _settings(config: pytest.Config, always: bool = False) -> str:
    """Level, and seed and time limit where they were given; `always`: the limit in any case."""
    seed, timeout = config.getoption("--resnet-seed"), config.getoption("--resnet-timeout")
    words = [f"level {config.getoption('--resnet-level')}"]
    words += [f"seed {seed}"] if seed is not None else []
    words += [f"timeout {timeout:g} s"] if always or timeout != TIMEOUT else []
    return ", ".join(words)


def _suite_is_asked_for(config: pytest.Config) -> bool:
    """Does an argument name our suite? What a search of folders finds is known only when nothing is told any more."""
    package = Path(__file__).parent
    for argument in config.args:
        name = argument.partition("::")[0]
        if config.getoption("pyargs") and f"{name}.".startswith(f"{package.name}."):
            return True
        path = (Path(config.invocation_params.dir) / name).resolve()
        if path == package or path.is_relative_to(package / "suite"):
            return True
    return False


def _header_of_project(config: pytest.Config) -> str | None:
    """How many targets, and of which file; what is wrong with it, collection tells."""
    from .project import find_project

    folder = Path(config.invocation_params.dir)
    try:
        number, file = len(read_targets(config)), find_project(folder)
    except ValueError:
        return None
    assert file is not None
    shown = file.relative_to(folder) if file.is_relative_to(folder) else file
    return f"resnet-conformance: {number} target{'s' * (number != 1)} of {shown}, {_settings(config, always=True)}"


def read_targets(config: pytest.Config) -> list[ProjectTarget]:
    """What the options, or else the pyproject.toml of the folder that pytest was called in (or the nearest above it
    with our table), ask for.

    Raises ValueError, with a message for people, where neither names a target.
    """
    from .project import ProjectError, ProjectTarget, find_project
    from .project import read_targets as read

    folder = Path(config.invocation_params.dir)
    target, expect = config.getoption("--resnet-target"), config.getoption("--resnet-expect")
    if target:
        keywords = dict(_keyword(text) for text in config.getoption("--resnet-kw"))
        claimed, part = config.getoption("--resnet-architecture"), config.getoption("--resnet-part")
        file = folder / expect if expect else None
        return [ProjectTarget(target, claimed, keywords, expect=file, part=part, folder=folder)]
    for option in ("architecture", "part", "kw", "expect"):
        if config.getoption(f"--resnet-{option}"):
            raise ProjectError(f"--resnet-{option} says something of one target: give --resnet-target")
    return read(find_project(folder), "--resnet-target package.module:factory")


def _keyword(text: str) -> tuple[str, Any]:
    from argparse import ArgumentTypeError

    from .argument_values import read_keyword

    try:
        return read_keyword(text)
    except ArgumentTypeError as error:
        raise ValueError(f"--resnet-kw: {one_run.in_pytest(str(error))}") from error


@pytest.fixture
def resnet_report(request: pytest.FixtureRequest) -> Report:
    """The Report on what the mark `resnet` of the test (its class, its module) names; made once in a run.

    @pytest.mark.resnet(my_resnet50, "imagenet/resnet50", expected={"stride-3x3": "we ship v1.5"})
    def test_paper(resnet_report):
        assert resnet_report.verdict == "deviates", str(resnet_report)
    """
    mark = request.node.get_closest_marker("resnet")
    if mark is None or not mark.args:
        pytest.fail('resnet_report needs a mark: @pytest.mark.resnet(factory, "imagenet/resnet50")', pytrace=False)
    from .testing import report_of

    judge: Callable[..., Report] = report_of
    return judge(*mark.args, **mark.kwargs)
