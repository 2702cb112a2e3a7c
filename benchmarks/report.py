"""Files of results as Markdown and pictures.

python -m benchmarks.report benchmarks/results/cpu.json             cpu.md and one PNG for each group, beside it
python -m benchmarks.report --compare before.json after.json        ratios with their 95% interval, printed
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from resnet_impl.cifar10.files import replacing

from . import pictures, tables
from .results import Results, ResultsError, read

PROGRAM = "python -m benchmarks.report"
REFUSED = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; the exit code: 0, or 2 where a file cannot be read or written."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("results", nargs="*", type=Path, metavar="RESULTS.json", help="what --benchmark-json wrote")
    parser.add_argument("--compare", nargs=2, type=Path, metavar=("A", "B"), help="two files of the same benchmarks")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="where to write (beside the results)")
    options = parser.parse_args(arguments)
    if bool(options.results) == bool(options.compare):
        parser.error("give files of results, or two of them after --compare")
    try:
        if options.compare:
            first, second = (read(path) for path in options.compare)
            print("\n".join(tables.compare(first, second)))
            return 0
        for path in options.results:
            write(read(path), (options.output or path.parent) / f"{path.stem}.md")
    except ResultsError as problem:
        print(f"{PROGRAM}: {problem}", file=sys.stderr)
        return REFUSED
    except OSError as problem:
        print(f"{PROGRAM}: cannot write {problem.filename}: {problem.strerror}", file=sys.stderr)
        return REFUSED
    return 0


def write(results: Results, page: Path) -> None:
    """The page, and in a folder of its name the pictures. Each file is replaced at once."""
    folder = page.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    m = results.machine
    caption = f"{m.get('gpu') or m['cpu']}, {m['threads']} threads, torch {m['packages'].get('torch')}, {results.date}"
    lines = [
        f"# Benchmarks: {page.stem}",
        "",
        f"<!-- Written by `{PROGRAM} {page.stem}.json`: not to be edited. -->",
        "",
    ]
    lines += tables.describe(results)
    for group, rows in results.groups().items():
        name = pictures.file_name(group)
        with replacing(folder / name) as file:
            file.write(pictures.draw(group, rows, caption))
        lines += ["", f"## {group}", "", *tables.table(rows), "", f"![{group}]({folder.name}/{name})"]
    with replacing(page) as file:
        file.write(("\n".join(lines) + "\n").encode())
    print(f"{page}: {len(results.rows)} contenders in {len(results.groups())} groups")


if __name__ == "__main__":
    sys.exit(main())
