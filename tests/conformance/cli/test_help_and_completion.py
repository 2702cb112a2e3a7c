"""`--help` as a manual page for every verb, and scripts that complete words in bash, zsh and fish."""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from resnet_conformance.arguments import build_parser
from resnet_conformance.cli import VERBS
from resnet_conformance.completion import SHELLS
from resnet_conformance.manual import MANUAL, PROGRAM
from resnet_conformance.reports.formats import FORMATS
from resnet_conformance.spec import load_spec

if TYPE_CHECKING:
    from conftest import Run


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_every_help_has_examples_and_exit_codes(verb: str, run: Run) -> None:
    code, out, err = run(*filter(None, [verb, "--help"]))
    assert (code, err) == (0, "")
    for part in ("usage: ", "\noptions:\n", "\nexamples:\n", "\nexit status:\n"):
        assert part in out
    assert max(map(len, out.splitlines())) <= 116


def test_the_manual_speaks_of_every_verb_and_format_and_of_nothing_else() -> None:
    assert set(MANUAL) == {"", *VERBS}
    [formats] = [text for title, text in MANUAL["check"] if title == "formats"]
    assert tuple(line.split()[0] for line in formats.splitlines()) == FORMATS


def examples() -> list[str]:
    lines = "\n".join(text for sections in MANUAL.values() for title, text in sections if title == "examples")
    found = re.findall(rf"{PROGRAM} ((?:[^\n\\]|\\\n)+)", lines)
    return [re.split(r"\s{3,}| > ", re.sub(r"\\\n\s*", " ", text))[0] for text in found]


@pytest.mark.parametrize("text", [e for e in examples() if "--help" not in e])
def test_every_example_is_understood(text: str) -> None:
    options = build_parser().parse_args(shlex.split(text))
    assert isinstance(options, argparse.Namespace)
    names = load_spec()
    if getattr(options, "architecture", None):
        assert options.architecture in names.architectures
    if options.verb == "explain":
        assert options.name in {*names.clauses, *names.deviations, *names.sources}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_names_verbs_options_and_what_the_spec_holds(shell: str, run: Run, tmp_path: Path) -> None:
    code, out, err = run("completion", shell)
    assert (code, err) == (0, "")
    for word in (*VERBS, "architecture", "junit", "imagenet/resnet50", "BTN-04", "stride-3x3"):
        assert word in out
    (tmp_path / "script").write_text(out, encoding="utf-8")
    if shutil.which(shell):
        subprocess.run([shell, "-n", str(tmp_path / "script")], check=True)


ASK = """
source {script}
COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_shtab_resnet_conformance
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (f"{PROGRAM} tr", ["transplant"]),
        (f"{PROGRAM} check a:b --format j", ["json", "junit"]),
        (f"{PROGRAM} show imagenet/preresnet", ["imagenet/preresnet152", "imagenet/preresnet200"]),
        (f"{PROGRAM} check a:b --architecture cifar10/resnet12", ["cifar10/resnet1202"]),
        (f"{PROGRAM} explain BTN-04", ["BTN-04"]),
    ],
)
def test_bash_offers_what_fits(words: str, offered: list[str], run: Run, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(run("completion", "bash")[1], encoding="utf-8")
    code = ASK.format(script=script, words=words)
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True)
    assert sorted(done.stdout.split()) == offered
