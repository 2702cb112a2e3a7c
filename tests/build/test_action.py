"""The composite GitHub action: what it declares is what its steps use, and its shell step does what it says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from resnet_conformance.spec import load_spec

CHECKOUT = Path(__file__).parents[2]
FOLDER = CHECKOUT / ".github/actions/check"
ACTION = yaml.safe_load((FOLDER / "action.yml").read_text(encoding="utf-8"))
NET = """\
def build(num_classes=10):
    import sys

    sys.path.insert(0, {checkout!r})
    from resnet_impl import cifar_resnet20

    return cifar_resnet20(num_classes=num_classes)
"""


def test_every_input_and_output_is_described_and_used() -> None:
    steps = json.dumps(ACTION["runs"]["steps"])
    assert ACTION["runs"]["using"] == "composite"
    for name, told in ACTION["inputs"].items():
        assert told["description"]
        assert f"inputs.{name} " in steps.replace("'", " ").replace("}", " ")
    script = (FOLDER / "check.sh").read_text(encoding="utf-8")
    for told in ACTION["outputs"].values():
        [name] = re.findall(r"steps\.check\.outputs\.(\w+)", told["value"])
        assert f'echo "{name}=' in script


def test_no_input_is_text_of_a_script_and_every_variable_is_read() -> None:
    for step in ACTION["runs"]["steps"]:
        if "run" not in step:
            continue
        assert step["shell"] == "bash"
        assert "${{" not in step["run"]
        [name] = re.findall(r"\$GITHUB_ACTION_PATH/(\w+\.sh)", step["run"])
        assert os.access(FOLDER / name, os.X_OK)
        text = (FOLDER / name).read_text(encoding="utf-8")
        for variable in step["env"]:
            short = variable.removeprefix("RC_")
            assert variable in text or re.search(rf"for name in .*\b{short}\b", text), variable


def run_step(folder: Path, **inputs: str) -> tuple[int, str, str, dict[str, str]]:
    """Exit code, standard output, step summary and outputs of the shell step, run as the runner does."""
    (folder / "net.py").write_text(NET.format(checkout=str(CHECKOUT)), encoding="utf-8")
    tools = folder / "tools"
    tools.mkdir()
    (tools / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    (tools / "python").chmod(0o755)
    summary, output = folder / "summary.md", folder / "output.txt"
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("RC_", "GITHUB_"))},
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(CHECKOUT / "conformance"),
        "RUNNER_TEMP": str(folder),
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_OUTPUT": str(output),
        **{f"RC_{key.upper()}": value for key, value in inputs.items()},
    }
    done = subprocess.run(
        [str(FOLDER / "check.sh")], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    told = dict(line.split("=", 1) for line in output.read_text().splitlines()) if output.exists() else {}
    return done.returncode, done.stdout, summary.read_text("utf-8") if summary.exists() else "", told


@pytest.mark.slow
def test_a_violation_ends_with_1_an_annotation_and_three_files(tmp_path: Path) -> None:
    code, out, summary, told = run_step(
        tmp_path,
        target="net.py:build",
        architecture="cifar10/resnet32",
        level="must",
        seed="1",
        kwargs="num_classes=10\n",
    )
    assert code == 1
    assert re.search(r"^::error file=net\.py,title=STG-\d\d MUST%3A net\.py%3Abuild::", out, re.MULTILINE)
    assert "❌ violates" in summary
    assert told["verdicts"] == "violates"
    report = json.loads(Path(told["json"]).read_text("utf-8"))
    assert report["target"] == {"address": "net.py:build", "kwargs": {"num_classes": 10}, "kind": "file"}
    assert report["environment"]["seed"] == 1
    assert Path(told["html"]).read_text("utf-8").startswith("<!doctype html>")
    assert ET.parse(told["junit"]).getroot().get("failures") != "0"


@pytest.mark.slow
def test_the_targets_of_a_project_and_words_that_a_shell_would_run(tmp_path: Path) -> None:
    rows = '{target = "net.py:build", architecture = "cifar10/resnet20"}, {target = "net.py:none"}'
    (tmp_path / "pyproject.toml").write_text(f"[tool.resnet-conformance]\ntargets = [{rows}]\n", encoding="utf-8")
    code, out, _, told = run_step(tmp_path, level="must")
    assert code == 2
    assert told["verdicts"] == "conforms not-examined"
    assert "::error" in out


@pytest.mark.slow
@pytest.mark.parametrize("target", ["$(touch owned)", "; touch owned", "--help", "`touch owned`:x"])
def test_hostile_inputs_are_words_and_no_commands(target: str, tmp_path: Path) -> None:
    code, out, _, _ = run_step(tmp_path, target=target, kwargs="a=$(touch owned)")
    assert code == 2
    assert not (tmp_path / "owned").exists()
    assert "usage:" not in out


def test_its_levels_and_languages_are_those_of_the_program() -> None:
    assert "must:" in ACTION["inputs"]["level"]["description"]
    assert ACTION["inputs"]["lang"]["default"] == "en"
    assert "imagenet/resnet50" in load_spec().architectures  # which the description names
