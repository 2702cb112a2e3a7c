"""The suite as a person runs it in another project: ids, outcomes, header, targets of pyproject.toml, mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_conformance import suite

pytest_plugins = ["pytester"]

SUITE = str(Path(suite.__file__).parent / "test_conformance.py")
NET = """
from resnet_impl import resnet18, resnet50

def ours(): return resnet18(shortcut="B")
def theirs(): return resnet50(stride_on="3x3")
def broken(): raise RuntimeError("no weights here")
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder with one module of networks."""
    (pytester.path / "nets.py").write_text(NET)
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return project.runpytest_subprocess(SUITE, "-p", "no:cacheprovider", "--import-mode=importlib", *arguments)


def test_a_conforming_network_passes(project: pytest.Pytester) -> None:
    result = run(project, "--resnet-target", "nets.py:ours", "--resnet-architecture", "imagenet/resnet18", "-v")
    assert result.ret == 0
    result.stdout.fnmatch_lines([
        "resnet-conformance: nets.py:ours against imagenet/resnet18, level must",
        "*imagenet/resnet18::SC-04*PASSED*",
    ])  # fmt: skip
    assert result.parseoutcomes()["passed"] > 40


def test_a_violation_fails_by_its_clauses_and_reads_like_a_report(project: pytest.Pytester) -> None:
    result = run(project, "--resnet-target", "nets.py:theirs", "--resnet-architecture", "imagenet/resnet50")
    failed = {line.split("::")[-1].split("]")[0] for line in result.outlines if line.startswith("FAILED")}
    assert failed == {"BTN-04", "BTN-05", "CT-05", "verdict"}
    result.stdout.fnmatch_lines(["*Expected: strides 2, 1, 1*", "*Actual:*strides 1, 2, 1*", "*Known as: stride-3x3*"])
    assert "Traceback" not in result.stdout.str()
    assert result.parseoutcomes()["warnings"] >= 1  # CT-06, a SHOULD


def test_without_an_architecture_the_nearest_is_taken(project: pytest.Pytester) -> None:
    result = run(project, "--resnet-target", "nets.py:theirs", "-v", "-k", "BTN-06 or verdict")
    result.stdout.fnmatch_lines(["*imagenet/resnet50-v1.5::BTN-06*PASSED*", "*imagenet/resnet50-v1.5::verdict*PASSED*"])
    assert result.ret == 0


def test_the_targets_of_a_pyproject(project: pytest.Pytester) -> None:
    (project.path / "pyproject.toml").write_text(
        "[tool.pytest.ini_options]\n[tool.resnet-conformance]\n"
        'targets = [{target = "nets.py:ours", architecture = "imagenet/resnet18-B"}]\n'
    )
    result = run(project, "-v", "-k", "SC-13")
    result.stdout.fnmatch_lines(["*imagenet/resnet18-B::SC-13*PASSED*"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "nothing to judge: give --resnet-target*"),
        (("--resnet-target", "nets.py:ours", "--resnet-architecture", "imagenet/resnet-18"), "unknown architecture*"),
        (("--resnet-target", "nets.py:ours", "--resnet-kw", "nonsense"), "--resnet-kw: 'nonsense' is not KEY=VALUE*"),
        (("--resnet-target", "nets.py:broken"), "*no weights here*"),
        (("--resnet-target", "nets.py:our", "--resnet-architecture", "imagenet/resnet18"), "*did you mean ours*"),
        (("--resnet-target", "nowhere:net"), "*nowhere*"),
    ],
)
def test_a_mistake_is_one_message(project: pytest.Pytester, arguments: tuple[str, ...], message: str) -> None:
    result = run(project, *arguments)
    assert result.ret == 2  # could not judge, as on the command line
    result.stdout.fnmatch_lines([message])
    assert "conformance/resnet_conformance/api.py" not in result.stdout.str()  # no traceback


def test_the_plugin_is_silent_where_it_is_not_used(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(): pass")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    assert "resnet-conformance: " not in result.stdout.str()
    assert result.ret == 0
