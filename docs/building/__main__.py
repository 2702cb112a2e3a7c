"""`python -m docs.building`: the generated pages, the notes on translations, and the site."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from docs.building import pages


def main(arguments: list[str] | None = None) -> int:
    """Do what is asked for; 1 where a page is out of date or a link leads nowhere."""
    options = _parser().parse_args(arguments)
    if options.write:
        for path in pages.write():
            print(f"written: {path.relative_to(pages.DOCS.parent)}")
    if options.translated:
        pages.note_translated(options.translated)
    found = [*pages.stale(), *pages.untranslated()] if options.check else []
    if options.site:
        from docs.building.site.build import build
        from docs.building.site.links import faults

        found += build(options.site)
        found += faults(options.site)
        print(f"{options.site / 'index.html'}: the site")
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m docs.building", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the generated pages, docs/ko/ included")
    parser.add_argument("--check", action="store_true", help="tell pages that are out of date, or not translated")
    parser.add_argument(
        "--translated", nargs="+", metavar="PAGE", help="note that docs/ko/PAGE.md says what docs/PAGE.md says now"
    )
    parser.add_argument("--site", type=Path, metavar="FOLDER", help="build the site there, and follow its links")
    return parser


if __name__ == "__main__":
    sys.exit(main())
