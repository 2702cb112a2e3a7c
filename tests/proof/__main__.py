"""The proof: `python -m tests.proof [PART ...]`, or `nox -s mutants`.

Measures how good the suite is: what is wrong must be noticed, what is right must not be blamed. The parts:
corpus         wrong networks, each by its own clause; right ones in unusual clothes, without an alarm
graph_mutants  single operations changed; what the papers admit, or what gives no other network, counts apart
spec_mutants   single values of the spec changed
rivals         the corpus, judged by what people use today
seeds          ten runs with fresh random numbers, the same outcomes
The exit code is 1 where something is not noticed, or blamed though right, without an explanation; 2 where the run
stopped before its end.
"""

from __future__ import annotations

import argparse
import os
import sys
from fnmatch import fnmatchcase
from pathlib import Path

from rich.console import Console

from docs.building.proof import text
from resnet_conformance.spec import suggest

from . import runner, table

PARTS = runner.PARTS
STATE = runner.ROOT / ".proof" / "outcomes.jsonl"


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.proof", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help="one or more of these (all of them)")
    parser.add_argument("--only", default="*", metavar="GLOB", help="trials whose name matches")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, metavar="N", help="0: in this process")
    parser.add_argument("--state", type=Path, default=STATE, metavar="FILE", help="outcomes so far (.proof/)")
    parser.add_argument("--fresh", action="store_true", help="forget outcomes so far")
    parser.add_argument("--write", action="store_true", help="write these parts into docs/proof.md and docs/proof.json")
    parser.add_argument("--check", action="store_true", help="fail where docs/proof.json says otherwise of these parts")
    options = parser.parse_args(arguments)
    unknown = [part for part in options.parts if part not in PARTS]
    if unknown:
        near = suggest(unknown[0].replace("-", "_"), PARTS)
        parser.error(f"there is no part {unknown[0]!r}{near}; the parts are {', '.join(PARTS)}")
    if options.write and options.only != "*":
        parser.error("--write wants all trials of a part")
    if options.write and "rivals" in options.parts and "corpus" not in options.parts:
        parser.error("--write wants the corpus beside the rivals: they stand in one table")
    if options.check and options.only != "*":
        parser.error("--check wants all trials of a part")
    console = Console()
    chosen = options.parts or PARTS
    wanted = {p: [n for n in runner.part_of(p).names() if fnmatchcase(n, options.only)] for p in chosen}
    if not any(wanted.values()):
        parser.error(f"no trial of {', '.join(chosen)} matches {options.only!r}, e.g. 'wrong/stem-*' of the corpus")
    state = runner.State(options.state, runner.fingerprint(), options.fresh)
    try:
        results = runner.run(wanted, state, options.processes, console)
    except runner.Stopped as reason:
        console.print(f"Stopped: {reason}.")
        return 2
    counts = table.count(results.values())
    console.print(text(counts), highlight=False, soft_wrap=True)
    bad = table.unexplained(results.values())
    for result in bad:
        console.print(runner.told(result), highlight=False, soft_wrap=True)
    stale = table.outdated(runner.ROOT / "docs", counts) if options.check else []
    for fault in stale:
        console.print(f"{fault}: run `nox -s mutants -- --write`", highlight=False, soft_wrap=True)
    if options.write:
        table.write(runner.ROOT / "docs", results.values())
    return 1 if bad or stale else 0


if __name__ == "__main__":
    sys.exit(main())
