"""What `--help` says below each verb's options, in the sections of a manual page."""

from __future__ import annotations

from collections.abc import Mapping

PROGRAM = "resnet-conformance"

VERDICTS = """\
  0  conforms, or deviates as declared
  1  violates: a MUST fails that is not declared
  2  could not be judged (usage, target, spec, output), or a declaration is stale
  Of several targets the worst, where 2 is worse than 1. 130: interrupted."""
FORMATS = """\
  terminal  for a person: what differs, with what is demanded and where it is written
  json      all there is, after the schema in the package; of several targets a list
  junit     JUnit XML: a suite for each target, a test for each clause and the verdict
  html      one page that needs nothing else: diagram beside the blueprint, stages, clauses; English and Korean
  github    annotations of a GitHub workflow; the step's summary gets a table (GITHUB_STEP_SUMMARY)
  svg       a picture that stands alone: the network as found beside the blueprint, deviating blocks marked"""
TARGETS = """\
  package.module:factory     a function or class that returns an nn.Module
  path/to/file.py:factory    the same in a file
  model.onnx, model.pt2      an exported network, which is read and not run
  Python targets are run, in a child process of their own: check no code that you would not run."""

Section = tuple[str, str]

MANUAL: Mapping[str, tuple[Section, ...]] = {
    "": (
        (
            "examples",
            f"""\
  {PROGRAM} check torchvision.models:resnet50 --architecture imagenet/resnet50
  {PROGRAM} identify timm.models.resnet:resnet18
  {PROGRAM} explain BTN-04
  {PROGRAM} check --help                  all options and formats of a verb""",
        ),
        ("exit status", VERDICTS),
        (
            "environment",
            """\
  NO_COLOR             the terminal's report without colours
  GITHUB_STEP_SUMMARY  the file that --format github adds a summary to (GitHub sets it)""",
        ),
    ),
    "check": (
        ("targets", TARGETS),
        ("formats", FORMATS),
        (
            "examples",
            f"""\
  {PROGRAM} check my/net.py:resnet20 --architecture cifar10/resnet20 --kw num_classes=10
  {PROGRAM} check my/net.py:resnet50 --expect known.yaml --update-expectations
  {PROGRAM} check --format junit --output resnet.xml      all targets of pyproject.toml
  {PROGRAM} check model.onnx --format html --output report.html""",
        ),
        ("exit status", VERDICTS),
        (
            "files",
            """\
  pyproject.toml  the targets where none is named: [tool.resnet-conformance] targets = [...]
                  (docs/expectations.md), in this folder or the nearest above it""",
        ),
        ("see also", f"  {PROGRAM} view: the stored report in another format, without judging again"),
    ),
    "identify": (
        ("targets", TARGETS + "\n  weights.safetensors, .pth  weights alone: their shapes say whose they may be"),
        ("examples", f"  {PROGRAM} identify torchvision.models:resnet50\n  {PROGRAM} identify weights.safetensors"),
        ("exit status", "  0  an architecture was found\n  1  it is near none\n  2  it could not be read"),
    ),
    "view": (
        ("formats", FORMATS),
        (
            "examples",
            f"""\
  {PROGRAM} check my/net.py:resnet50 --format json --output report.json
  {PROGRAM} view report.json --format html --lang ko --output report.html
  {PROGRAM} view report.json --format junit --output report.xml""",
        ),
        ("exit status", "  0  shown, whatever the verdict\n  2  could not be read or written"),
    ),
    "draw": (
        ("targets", TARGETS),
        (
            "examples",
            f"""\
  {PROGRAM} draw torchvision.models:resnet50 --architecture imagenet/resnet50 --output resnet50.svg
  {PROGRAM} check my/net.py:resnet50 --format svg --output judged.svg    by all evidence""",
        ),
        ("exit status", "  0  drawn, whatever it is; marks are of what the structure shows\n  2  it could not be read"),
    ),
    "show": (
        ("examples", f"  {PROGRAM} show imagenet/resnet50\n  {PROGRAM} show cifar10/preresnet110"),
        ("exit status", "  0  shown\n  2  there is no such architecture"),
    ),
    "list": (
        ("examples", f"  {PROGRAM} list architectures\n  {PROGRAM} list clauses --format json"),
        ("exit status", "  0  listed\n  2  the spec cannot be read"),
    ),
    "explain": (
        (
            "examples",
            f"  {PROGRAM} explain BTN-04 --lang ko\n  {PROGRAM} explain stride-3x3\n  {PROGRAM} explain P1",
        ),
        ("exit status", "  0  explained\n  2  nothing has that name; the message suggests the nearest"),
    ),
    "transplant": (
        (
            "examples",
            f"""\
  {PROGRAM} transplant --from torchvision.models:resnet18 --weights resnet18.pth \\
    --to my/net.py:resnet18 --output mine.safetensors""",
        ),
        ("exit status", "  0  done and verified\n  1  the networks differ\n  2  it could not be tried"),
    ),
    "kata": (
        (
            "examples",
            f"""\
  {PROGRAM} kata start mykata --lang ko     the exercise, in Korean
  {PROGRAM} kata watch mykata              checks at each save; Ctrl-C ends it
  {PROGRAM} kata hint mykata --pattern     the recipe of the step that is next, with its code""",
        ),
        ("exit status", "  0  all nine steps hold\n  1  one does not yet\n  2  it could not be looked at"),
        (
            "files",
            """\
  exercise.py    yours: written once by start, and never after
  recipes/N.md   the recipe of step N
  patterns/N.md  its code, the solution""",
        ),
    ),
    "completion": (
        (
            "examples",
            f"""\
  bash  {PROGRAM} completion bash > ~/.local/share/bash-completion/completions/{PROGRAM}
  zsh   {PROGRAM} completion zsh > ~/.zfunc/_{PROGRAM}  (a folder of $fpath)
  fish  {PROGRAM} completion fish > ~/.config/fish/completions/{PROGRAM}.fish""",
        ),
        ("exit status", "  0  printed"),
    ),
}


def manual(verb: str) -> str:
    """The sections of a verb's manual, or of the program's ("")."""
    return "\n\n".join(f"{title}:\n{text}" for title, text in MANUAL[verb])
