"""The words of the command line: verbs, options, how each value is read. What they do is in `cli.py`."""

from __future__ import annotations

import argparse
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .argument_values import Keywords, evidence, input_shape, read_keyword, seconds, seed
from .catalog import KINDS
from .completion import add_completion
from .examination import EVIDENCE
from .family.words import read_family
from .kata.words import add_kata
from .manual import PROGRAM, manual
from .outside import TIMEOUT
from .reports.formats import FORMATS
from .spec import SpecError, load_spec

TARGET_HELP = "package.module:factory, path/to/file.py:factory, model.onnx or model.pt2"


SUFFIXES = {".json": "json", ".html": "html", ".htm": "html", ".xml": "junit", ".svg": "svg"}


def settle_format(options: argparse.Namespace) -> None:
    """The format that nobody gave: what the output's name says, else the terminal's."""
    if getattr(options, "format", "") is None:
        output = getattr(options, "output", None)
        options.format = SUFFIXES.get(output.suffix.lower(), "terminal") if output is not None else "terminal"


def build_parser() -> argparse.ArgumentParser:
    """The parser. Its result has the chosen verb as `verb`, and `debug` only where --debug was given."""
    parser = _Parser(
        prog=PROGRAM,
        description="Is this network the ResNet of the paper, and if not, where does it differ?",
        epilog=manual(""),
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the versions of the program and of its spec")
    verbs = parser.add_subparsers(title="verbs", dest="verb", required=True, metavar="VERB", parser_class=_Parser)
    _add_check(verbs)
    _add_identify(verbs)
    _add_view(verbs)
    _add_draw(verbs)
    _add_show(verbs)
    _add_list(verbs)
    _add_explain(verbs)
    _add_transplant(verbs)
    add_completion(_verb(verbs, "completion", "print a script that completes words on the command line"))
    add_kata(verbs, _verb)
    return parser


Verbs = Any  # argparse has no public name for what add_subparsers returns


def _add_check(verbs: Verbs) -> None:
    check = _verb(
        verbs,
        "check",
        "hold a network against the paper, clause by clause",
    )
    check.add_argument(
        "target", metavar="TARGET", nargs="?", help=f"{TARGET_HELP} (default: all that pyproject.toml lists)"
    )
    check.add_argument("--architecture", metavar="NAME", help="what it claims to be (default: what it is nearest to)")
    check.add_argument(
        "--family",
        type=read_family,
        metavar="KEYWORD[=n|depth]",
        help="hold what this argument of the factory (n, or the depth 6n+2) makes against the paper, for drawn n",
    )
    check.add_argument("--part", metavar="PART", help="TARGET is one module: basic-block, head, ... (docs/parts.md)")
    _add_target_options(check)
    check.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="GLOB",
        help="examine only the clauses whose ids match, as 'SC-*' or 'sc-04'; one that matches none is refused;"
        " repeatable; gives no verdict on the rest",
    )
    check.add_argument(
        "--level",
        choices=("must", "should"),
        help="must: examine the MUST clauses alone, which is faster; should: a failed SHOULD counts, too",
    )
    check.add_argument(
        "--evidence",
        type=evidence,
        default=EVIDENCE,
        metavar="KIND,...",
        help=f"look only for these kinds of evidence: {', '.join(EVIDENCE)} (all)",
    )
    check.add_argument("--recipe", metavar="ADDRESS", help="training recipe, as package.module:name (docs/recipes.md)")
    check.add_argument("--seed", type=seed, metavar="N", help="random numbers of the experiments (fresh ones)")
    check.add_argument(
        "--expect", type=Path, metavar="FILE", help="YAML file of the declared deviations (docs/expectations.md)"
    )
    check.add_argument(
        "--update-expectations", action="store_true", help="rewrite that file after what is found; comments stay"
    )
    _add_format(
        check,
        FORMATS,
        "for a person, a program, a CI system, a browser, a GitHub workflow (by the suffix of --output; terminal)",
    )
    check.add_argument(
        "--output", type=Path, metavar="FILE", help="write the report here instead of to standard output"
    )
    check.add_argument("--verbose", action="store_true", help="name every module and every clause")
    _add_language(check)


def _add_identify(verbs: Verbs) -> None:
    identify = _verb(
        verbs,
        "identify",
        "say which architecture a network is, or is nearest to",
    )
    identify.add_argument("target", metavar="TARGET", help=f"{TARGET_HELP}; weights: FILE.safetensors or .pth")
    _add_target_options(identify)
    _add_format(identify)
    _add_language(identify)


def _add_view(verbs: Verbs) -> None:
    view = _verb(
        verbs,
        "view",
        "show stored reports in another format; nothing is judged again",
    )
    view.add_argument(
        "report", metavar="REPORT", type=Path, help="what 'check --format json' wrote, of one target or of several"
    )
    _add_format(view, FORMATS, "as of check")
    view.add_argument("--output", type=Path, metavar="FILE", help="write here instead of to standard output")
    view.add_argument("--verbose", action="store_true", help="name every module and every clause (terminal)")
    _add_language(view)


def _add_draw(verbs: Verbs) -> None:
    draw = _verb(verbs, "draw", "draw a network as it is, beside the paper's, as a picture (SVG)")
    draw.add_argument("target", metavar="TARGET", help=TARGET_HELP)
    draw.add_argument("--architecture", metavar="NAME", help="what stands beside it (default: what it is nearest to)")
    _add_target_options(draw)
    draw.add_argument("--output", type=Path, metavar="FILE", help="write here instead of to standard output")
    _add_language(draw)


def _add_show(verbs: Verbs) -> None:
    show = _verb(
        verbs,
        "show",
        "print an architecture stage by stage, with its exact figures",
    )
    show.add_argument("architecture", metavar="ARCHITECTURE", help=f"a name from '{PROGRAM} list architectures'")


def _add_list(verbs: Verbs) -> None:
    listing = _verb(verbs, "list", "list what the spec holds")
    listing.add_argument("kind", choices=KINDS, help="what to list")
    _add_format(listing)
    _add_language(listing)


def _add_explain(verbs: Verbs) -> None:
    explain = _verb(
        verbs,
        "explain",
        "say what a clause, deviation or architecture is, and where it comes from",
    )
    explain.add_argument(
        "name",
        metavar="CLAUSE|DEVIATION|ARCHITECTURE|SOURCE",
        help="as BTN-04, stride-3x3, imagenet/resnet50-v1.5 or P1",
    )
    _add_language(explain)


def _add_transplant(verbs: Verbs) -> None:
    transplant = _verb(
        verbs,
        "transplant",
        "move the weights of one network into another that computes the same",
    )
    for option, word in (("from", "source"), ("to", "destination")):
        transplant.add_argument(
            f"--{option}", dest=word, required=True, metavar="TARGET", help=f"{word}: {TARGET_HELP}"
        )
        transplant.add_argument(
            f"--{option}-kw",
            dest=f"{word}_kw",
            action=Keywords,
            default={},
            type=read_keyword,
            metavar="KEY=VALUE",
            help=f"keyword argument of the {word}'s factory; repeatable",
        )
    transplant.add_argument(
        "--weights", type=Path, required=True, metavar="FILE", help="the source's state_dict: .safetensors, .pth or .pt"
    )
    transplant.add_argument(
        "--output", type=Path, required=True, metavar="FILE.safetensors", help="the destination's state_dict goes here"
    )
    transplant.add_argument("--force", action="store_true", help="replace the output file where it exists")
    transplant.add_argument(
        "--input", type=input_shape, metavar="3x32x32", help="size of the input, channels first (one that both accept)"
    )
    transplant.add_argument(
        "--timeout",
        type=seconds,
        default=TIMEOUT,
        metavar="S",
        help=f"give up on both networks after so many seconds ({TIMEOUT:g})",
    )


def _verb(verbs: Verbs, name: str, purpose: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(
        name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.", epilog=manual(name)
    )
    parser.add_argument(
        "--debug", action="store_true", default=argparse.SUPPRESS, help="show the traceback of any error"
    )
    return parser


def _add_target_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--kw",
        action=Keywords,
        default={},
        type=read_keyword,
        metavar="KEY=VALUE",
        help="keyword argument of the factory: a Python literal, else a string; repeatable",
    )
    parser.add_argument(
        "--input",
        type=input_shape,
        metavar="3x32x32",
        help="size of the input, channels first (the architecture's)",
    )
    parser.add_argument(
        "--timeout", type=seconds, default=TIMEOUT, metavar="S", help=f"give up after so many seconds ({TIMEOUT:g})"
    )


def _add_format(
    parser: argparse.ArgumentParser,
    formats: tuple[str, ...] = ("terminal", "json"),
    purpose: str = "for a person or for a program (terminal)",
) -> None:
    """`--format`; what nobody gave, the suffix of `--output` says."""
    parser.add_argument("--format", choices=formats, help=purpose)


def _add_language(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lang", choices=("en", "ko"), default="en", help="language of the spec's texts (en)")


class _Parser(argparse.ArgumentParser):
    """Options are not guessed from their first letters, and the lines of an epilog stay as they are."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords, allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter)


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        try:
            program = version(PROGRAM)
        except PackageNotFoundError:
            program = "0+unknown"
        try:
            spec = load_spec().version
        except SpecError:
            spec = "cannot be read"
        print(f"{PROGRAM} {program}, spec {spec}")
        parser.exit()
