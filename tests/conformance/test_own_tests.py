"""A project's own tests: a target given as an address cannot end or stop them, and is judged once in a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_conformance import one_run, outside
from resnet_conformance.testing import report_of

slow = pytest.mark.slow  # starts processes

pytest_plugins = ["pytester"]

NETS = """
import os, pathlib, time
from torch import nn

def ends(): os._exit(0)
def hangs():
    while True: time.sleep(1)

def net(act=nn.ReLU):
    with open(pathlib.Path(__file__).with_name("log"), "a") as log:
        log.write(f"{os.getpid()}\\n")
    return nn.Sequential(nn.Conv2d(3, 4, 3), act(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10))
"""
TARGETS = """
import pytest
from resnet_conformance import parametrize_with_clauses

@parametrize_with_clauses("nets.py:ends", "cifar10/resnet20", timeout=None)
def test_ends(clause):
    clause()

@parametrize_with_clauses("nets.py:hangs", "cifar10/resnet20", timeout=0.5)
def test_hangs(clause):
    clause()

@pytest.mark.resnet("nets.py:hangs", "cifar10/resnet20")
def test_hangs_here(resnet_report):
    pass

@pytest.mark.resnet("nets.py:net", "cifar10/resnet20", kwargs={"act": lambda: None})
def test_lambda(resnet_report):
    pass

@pytest.mark.resnet("nets.py:net", "cifar10/resnet20", timeout=0)
def test_no_time(resnet_report):
    pass

def test_after():
    pass
"""
OWN = """
import pytest
from resnet_conformance import parametrize_with_clauses

@parametrize_with_clauses("nets.py:net", "cifar10/resnet20", evidence="structure")
def test_net(clause):
    clause()

@pytest.mark.resnet("nets.py:net", "cifar10/resnet20", evidence="structure")
@pytest.mark.parametrize("again", range(4))
def test_report(resnet_report, again):
    assert resnet_report.verdict == "violates"
"""
CHOSEN = ("-p", "no:cacheprovider", "-k", "SC-0 or STEM or verdict or test_report")


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder with one module of networks."""
    (pytester.path / "nets.py").write_text(NETS)
    return pytester


def judges(project: pytest.Pytester) -> int:
    """How many processes called the factory."""
    return len(set((project.path / "log").read_text().splitlines()))


@slow
def test_a_target_that_ends_its_process_or_hangs_fails_its_tests_alone(project: pytest.Pytester) -> None:
    project.makepyfile(TARGETS)
    chosen = ("-k", "STEM-01 or verdict or hangs_here or lambda or no_time or after")
    result = project.runpytest_subprocess("-v", "-p", "no:cacheprovider", "--resnet-timeout=1", *chosen, timeout=60)
    assert result.ret == 1
    result.stdout.fnmatch_lines([
        "*::test_ends[[]cifar10/resnet20::verdict[]] FAILED*",
        "*::test_hangs[[]cifar10/resnet20::verdict[]] FAILED*",
        "*::test_hangs_here ERROR*",
        "*::test_lambda ERROR*",
        "*::test_no_time ERROR*",
        "*::test_after PASSED*",
    ])  # fmt: skip
    text = result.stdout.str()
    assert "nets.py:ends could not be judged: its code ended the process (os._exit, exit code 0)" in text
    assert "nets.py:hangs took longer than 0.5 s: give it more time (--resnet-timeout)" in text
    assert "nets.py:hangs took longer than 1 s: give it more time (--resnet-timeout)" in text
    assert "nets.py:net is given what cannot be handed to a process of its own" in text
    assert "give the factory itself in the place of its address" in text
    assert "the time limit is 0" in text
    assert "During handling" not in text


@slow
@pytest.mark.parametrize("mode", ["load", "loadgroup"])
def test_processes_of_one_run_judge_an_address_once(project: pytest.Pytester, mode: str) -> None:
    project.makepyfile(OWN)
    result = project.runpytest_subprocess(*CHOSEN, "-n", "2", f"--dist={mode}")
    assert judges(project) == 1
    assert result.parseoutcomes() == {"failed": 2, "passed": 8, "skipped": 2}


@slow
def test_processes_of_one_run_judge_a_target_of_the_suite_once(project: pytest.Pytester) -> None:
    target = ("--resnet-target", "nets.py:net", "--resnet-architecture", "cifar10/resnet20", "--import-mode=importlib")
    result = project.runpytest_subprocess(
        "--pyargs", "resnet_conformance", *target, *CHOSEN, "-n", "2", "--dist=loadgroup"
    )
    assert judges(project) == 1
    assert result.parseoutcomes() == {"failed": 2, "passed": 4, "skipped": 2}


@slow
def test_a_keyword_argument_of_the_targets_own_folder_reaches_it(project: pytest.Pytester) -> None:
    (project.path / "acts.py").write_text("from torch import nn\nclass Act(nn.ReLU): pass\n")
    project.makepyfile(
        "import sys; sys.path.insert(0, '')\n"
        "import acts, pytest\n"
        '@pytest.mark.resnet("nets.py:net", "cifar10/resnet20", kwargs={"act": acts.Act}, evidence="structure")\n'
        "def test_report(resnet_report): assert resnet_report.verdict == 'violates'\n"
    )
    project.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


@slow
def test_a_file_that_cannot_be_read_is_one_message(project: pytest.Pytester) -> None:
    project.makepyfile("""
        import pytest
        from torch import nn

        @pytest.mark.resnet(lambda: nn.ReLU(), "cifar10/resnet20", expected="none.yaml")
        def test_here(resnet_report): pass

        @pytest.mark.resnet(lambda: nn.ReLU(), "cifar10/resnet20", level="shall")
        def test_level(resnet_report): pass

        @pytest.mark.resnet("nets.py:net", "cifar10/resnet20", expected="none.yaml")
        def test_outside(resnet_report): pass

        @pytest.mark.resnet("nets.py:net", "cifar10/resnet20", level="shall")
        def test_level_outside(resnet_report): pass
    """)
    result = project.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(errors=4)
    text = result.stdout.str()
    assert text.count("cannot read the expectations none.yaml") >= 2
    assert text.count("level is 'must' or 'should', not 'shall'") >= 2
    for word in ("During handling", "Traceback", "internal error"):
        assert word not in text


def test_what_check_does_not_take_is_a_mistake_in_the_test() -> None:
    with pytest.raises(TypeError, match="evidense"):
        report_of("a:b", evidense="structure")


def test_processes_share_an_answer_and_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = []

    def ask(request: outside.Request, *_: object, **__: object) -> None:
        asked.append(request)
        raise outside.Problem("needs width: give --kw width=...")

    monkeypatch.setattr(outside, "ask", ask)
    request = outside.Request("check", ("a:b", "cifar10/resnet20"))
    for run in (one_run.Run(folder=tmp_path), one_run.Run(folder=tmp_path)):
        for _ in range(2):
            with pytest.raises(outside.Problem, match="give --resnet-kw width"):
                run.report(request)
    assert asked == [request]
    with pytest.raises(outside.Problem):
        one_run.Run(folder=tmp_path / "elsewhere").report(request)
    assert len(asked) == 2


def test_a_misspelt_declaration_is_told_once(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from resnet_conformance import parametrize_with_clauses

        @parametrize_with_clauses("nets.py:net", "cifar10/resnet20", expected={"BTN-4": "why"})
        def test_paper(clause):
            clause()
        """
    )
    result = project.runpytest("-q")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*unknown clause or deviation 'BTN-4' (did you mean 'BTN-04'?)*"])
