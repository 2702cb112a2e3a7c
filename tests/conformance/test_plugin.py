"""The suite as a person runs it in another project: ids, outcomes, header, targets of pyproject.toml, mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_conformance import suite
from resnet_conformance.pytest_plugin import pytest_report_header

pytestmark = pytest.mark.slow

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

    (project.path / "pyproject.toml").write_text(
        '[tool.resnet-conformance]\ntargets = [{target = "torchvision.models.resnet:BasicBlock", part = "basic-block",'
        " kwargs = {inplanes = 8, planes = 8}}]\n"
    )
    result = run(project, "-v", "-k", "SC-01 or HD-02 or verdict")
    result.stdout.fnmatch_lines(["*basic-block::SC-01*PASSED*", "*basic-block::verdict*PASSED*"])
    assert result.parseoutcomes()["passed"] == 2  # HD-02 is no clause of a block


def test_two_targets_of_one_architecture_and_other_names_of_test_files(project: pytest.Pytester) -> None:
    rows = ", ".join(f'{{target = "nets.py:{name}", architecture = "imagenet/resnet18"}}' for name in ("ours", "ours2"))
    (project.path / "nets.py").write_text(f"{NET}\nours2 = ours\n")
    (project.path / "pyproject.toml").write_text(f"[tool.resnet-conformance]\ntargets = [{rows}]\n")
    (project.path / "pytest.ini").write_text("[pytest]\npython_files = check_*.py\n")
    suite = ("--pyargs", "resnet_conformance", "-p", "no:cacheprovider", "--import-mode=importlib", "-v", "-k", "SC-04")
    result = project.runpytest_subprocess(*suite)
    result.stdout.fnmatch_lines([
        "*imagenet/resnet18@nets.py:ours::SC-04*PASSED*",
        "*imagenet/resnet18@nets.py:ours2::SC-04*PASSED*",
    ])  # fmt: skip


def test_a_part(project: pytest.Pytester) -> None:
    block = ("--resnet-target", "torchvision.models.resnet:Bottleneck", "--resnet-part", "bottleneck")
    figures = ("--resnet-kw", "inplanes=32", "--resnet-kw", "planes=8", "--resnet-kw", "stride=1")
    result = run(project, *block, *figures, "-v", "-k", "SC-01 or verdict")
    result.stdout.fnmatch_lines(["resnet-conformance: * against the part bottleneck, level must", "*verdict*PASSED*"])
    assert result.ret == 0


def test_a_part_is_not_given_what_only_says_what_it_is(project: pytest.Pytester) -> None:
    (project.path / "parts.py").write_text(
        "from torch import nn\n"
        "def stem(): return nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU())\n"
    )
    stem = ("--resnet-target", "parts.py:stem", "--resnet-part", "stem-cifar", "--resnet-kw", "in_channels=3")
    result = run(project, *stem, "-v", "-k", "STEM-06 or verdict")
    assert result.parseoutcomes() == {"passed": 2, "deselected": result.parseoutcomes()["deselected"]}
    result = run(project, *stem, "--resnet-kw", "width=3", "-k", "STEM-06")
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*parts.py:stem does not accept width*"])


def test_a_declared_deviation_is_expected_to_fail_and_told(project: pytest.Pytester) -> None:
    (project.path / "known.yaml").write_text("expected:\n  - {id: stride-3x3, reason: we ship v1.5}\n")
    theirs = ("--resnet-target", "nets.py:theirs", "--resnet-architecture", "imagenet/resnet50", "-v", "-rx")
    result = run(project, *theirs, "--resnet-expect", "known.yaml", "--junitxml=report.xml")
    assert result.ret == 0
    result.stdout.fnmatch_lines([
        "resnet-conformance: nets.py:theirs against imagenet/resnet50, level must, expectations known.yaml",
        "XFAIL *imagenet/resnet50::BTN-04* - we ship v1.5",
    ])  # fmt: skip
    assert 'name="test_clause[imagenet/resnet50::BTN-04]"' in (project.path / "report.xml").read_text()


def test_a_stale_declaration_fails_at_its_place(project: pytest.Pytester) -> None:
    (project.path / "known.yaml").write_text("expected:\n  - id: STEM-02\n    reason: ours is another\n")
    ours = ("--resnet-target", "nets.py:ours", "--resnet-architecture", "imagenet/resnet18")
    result = run(project, *ours, "--resnet-expect", "known.yaml")
    failed = {line.split("::")[-1].split("]")[0] for line in result.outlines if line.startswith("FAILED")}
    assert failed == {"STEM-02", "verdict"}
    result.stdout.fnmatch_lines(["*known.yaml:2:9: STEM-02 is declared, but it holds; remove it"])


def test_a_target_that_ends_the_process_is_not_judged_and_pytest_goes_on(project: pytest.Pytester) -> None:
    (project.path / "nets.py").write_text("import os\ndef net(): os._exit(0)\n")
    wanted = ("--resnet-target", "nets.py:net", "--resnet-architecture", "imagenet/resnet18", "-k", "SC-04 or verdict")
    result = run(project, *wanted)
    assert result.parseoutcomes()["failed"] == 2
    result.stdout.fnmatch_lines(["could not be judged: nets.py:net*its code ended the process*"])


def test_in_parallel_and_only_what_failed_last(project: pytest.Pytester) -> None:
    theirs = ("--resnet-target", "nets.py:theirs", "--resnet-architecture", "imagenet/resnet50", "-p", "cacheprovider")
    chosen = ("-k", "BTN or verdict", "--import-mode=importlib")
    first = project.runpytest_subprocess(SUITE, *theirs, *chosen, "-n", "2", "--dist=loadgroup")
    assert first.parseoutcomes()["failed"] == 3
    again = project.runpytest_subprocess(SUITE, *theirs, *chosen, "--lf")
    outcomes = again.parseoutcomes()
    assert (outcomes["failed"], outcomes.get("passed", 0)) == (3, 0)


OWN = """
import pytest
from resnet_conformance import parametrize_with_clauses
from resnet_impl import resnet50

@parametrize_with_clauses(resnet50, "imagenet/resnet50", evidence="structure")
def test_right(clause):
    clause()

@parametrize_with_clauses("nets.py:theirs", "imagenet/resnet50", expected={"stride-3x3": "we ship v1.5"})
def test_declared(clause):
    clause()

from torchvision.models.resnet import BasicBlock

@parametrize_with_clauses(BasicBlock, part="basic-block", kwargs={"inplanes": 8, "planes": 8})
def test_part(clause):
    clause()

@pytest.mark.resnet("nets.py:theirs", "imagenet/resnet50", expected={"stride-3x3": "we ship v1.5"})
def test_report(resnet_report):
    assert resnet_report.verdict == "deviates", resnet_report

def test_no_mark(resnet_report):
    pass
"""


def test_a_project_tests_its_own_networks(project: pytest.Pytester) -> None:
    project.makepyfile(OWN)
    result = project.runpytest_subprocess(
        "-v", "-p", "no:cacheprovider", "--strict-markers", "-k", "BTN or BLK-05 or verdict or report or mark"
    )
    result.stdout.fnmatch_lines([
        "*::test_right[[]imagenet/resnet50::BTN-04[]] PASSED*",
        "*::test_right[[]imagenet/resnet50::verdict[]] FAILED*",  # structure alone shows no verdict
        "*::test_declared[[]imagenet/resnet50::BTN-04[]] XFAIL*",
        "*::test_declared[[]imagenet/resnet50::verdict[]] PASSED*",
        "*::test_part[[]basic-block::BLK-05[]] PASSED*",
        "*::test_part[[]basic-block::verdict[]] PASSED*",
        "*::test_report PASSED*",
        "*::test_no_mark ERROR*",
        'resnet_report needs a mark: @pytest.mark.resnet(factory, "imagenet/resnet50")',
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--resnet-target", "nets.py:ours", "--resnet-expect", "no.yaml"), "cannot read the expectations *no.yaml*"),
        (("--resnet-part", "head"), "--resnet-part says something of one target: give --resnet-target"),
        (
            ("--resnet-target", "nets.py:ours", "--resnet-part", "heat"),
            "there is no part 'heat' (did you mean 'head'?)*",
        ),
        (("--resnet-architecture", "imagenet/resnet18"), "--resnet-architecture says something of one target: *"),
        (("--resnet-kw", "a=1"), "--resnet-kw says something of one target: give --resnet-target"),
        (("--resnet-expect", "no.yaml"), "--resnet-expect says something of one target: give --resnet-target"),
        ((), "nothing to judge: give --resnet-target package.module:factory, or list targets*"),
        (
            ("--resnet-target", "nets.py:ours", "--resnet-architecture", "imagenet/resnet-18"),
            "there is no architecture*",
        ),
        (
            ("--resnet-target", "nets.py:ours", "--resnet-kw", "nonsense"),
            "--resnet-kw: 'nonsense' is not KEY=VALUE, as in --resnet-kw num_classes=10",
        ),
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


@pytest.mark.parametrize(("option", "value"), [("timeout", "0"), ("timeout", "nan"), ("seed", "-1"), ("seed", "x")])
def test_a_wrong_number_is_wrong_usage(project: pytest.Pytester, option: str, value: str) -> None:
    result = run(project, "--resnet-target", "nets.py:ours", f"--resnet-{option}={value}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*argument --resnet-{option}: '{value}' is not a *number*"])


TARGETS = '[tool.resnet-conformance]\ntargets = [{target = "nets:a"}, {target = "nets:b"}]\n'
HEADERS = {
    "targets of a file": ((), "2 targets of pyproject.toml, level must, timeout 120 s"),
    "with what is given": (
        ("--resnet-seed=5", "--resnet-timeout=9", "--resnet-level=should"),
        "2 targets of pyproject.toml, level should, seed 5, timeout 9 s",
    ),
    "one target": (
        ("--resnet-target=nets:a", "--resnet-seed=5", "--resnet-timeout=9"),
        "nets:a against the nearest architecture, level must, seed 5, timeout 9 s",
    ),
}


@pytest.mark.parametrize("case", HEADERS)
@pytest.mark.parametrize(
    "how", [("--pyargs", "resnet_conformance"), ("--pyargs", "resnet_conformance.suite"), (SUITE,)]
)
def test_the_header_says_what_is_judged_and_how(pytester: pytest.Pytester, case: str, how: tuple[str, ...]) -> None:
    (pytester.path / "pyproject.toml").write_text(TARGETS)
    options, words = HEADERS[case]
    config = pytester.parseconfig(*how, *options)
    assert pytest_report_header(config) == f"resnet-conformance: {words}"


@pytest.mark.parametrize("text", ["", "[tool.resnet-conformance]\ntargets = 3\n"])
def test_a_header_of_targets_that_cannot_be_read_is_left_to_collection(pytester: pytest.Pytester, text: str) -> None:
    (pytester.path / "pyproject.toml").write_text(text)
    assert pytest_report_header(pytester.parseconfig("--pyargs", "resnet_conformance")) is None


def test_there_is_no_header_where_the_suite_is_not_asked_for(pytester: pytest.Pytester) -> None:
    (pytester.path / "pyproject.toml").write_text(TARGETS)
    assert pytest_report_header(pytester.parseconfig()) is None


def test_the_plugin_is_silent_where_it_is_not_used(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(): pass")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    assert "resnet-conformance: " not in result.stdout.str()
    assert result.ret == 0
