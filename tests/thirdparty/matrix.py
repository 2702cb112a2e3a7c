"""The matrix as files: rows that were judged -> docs/matrix.json and docs/matrix.html.

    python -m tests.thirdparty.matrix FOLDER    # of rows, which `nox -s thirdparty -- --matrix` writes
    python -m tests.thirdparty.matrix           # the page anew, from docs/matrix.json

The page is a function of the data alone.
"""

from __future__ import annotations

import base64
import hashlib
import json
import platform
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from resnet_conformance.reports.output import write_atomically
from resnet_conformance.spec import Spec, load_spec

from .members import ABSENT, LIBRARIES, Member, members

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"
JUDGE = HERE.parents[1] / "conformance" / "resnet_conformance"
DATA, PAGE = DOCS / "matrix.json", DOCS / "matrix.html"
ORDER = ("conforms", "violates", "not-examined", "problem")


def place_of(folder: Path, member: Member) -> Path:
    """Where a network's row is kept: another one for each state of the judge and version of the library."""
    library = next(one for one in LIBRARIES if one.package == member.library)
    return folder / _judge() / f"{member.library}-{library.installed}" / f"{member.name}.json"


@cache
def _judge() -> str:
    """The judge and its spec, as a short name of what they are."""
    digest = hashlib.sha256()
    for path in sorted(JUDGE.rglob("*.py")):
        digest.update(path.read_bytes())
    return f"{load_spec().version}-{digest.hexdigest()[:8]}"


def collect(folder: Path) -> dict[str, Any]:
    """All rows of a run. Raises SystemExit where some are missing: a part of them is no matrix."""
    places = {member.id: place_of(folder, member) for member in members()}
    if missing := [name for name, place in places.items() if not place.exists()]:
        raise SystemExit(f"{len(missing)} networks have no row, e.g. {missing[0]}: run the session again, to its end")
    rows = [json.loads(place.read_text("utf-8")) for place in places.values()]
    return {
        "made": datetime.now(UTC).date().isoformat(),
        "judge": {"version": version("resnet-conformance"), "spec": load_spec().version},
        "environment": {"python": platform.python_version(), "torch": version("torch")},
        "libraries": {library.package: library.installed for library in LIBRARIES if library.installed},
        "absent": dict(ABSENT),
        "rows": rows,
    }


def outcome(row: Mapping[str, Any]) -> str:
    """A row's verdict; "problem" where it got no report."""
    return str(row.get("verdict", "problem"))


def counts(rows: Iterable[Mapping[str, Any]]) -> dict[str, Counter[str]]:
    """Outcomes of each library."""
    found: dict[str, Counter[str]] = {}
    for row in rows:
        found.setdefault(row["library"], Counter())[outcome(row)] += 1
    return found


def render(data: Mapping[str, Any], spec: Spec) -> str:
    """The page: self-contained, without a request, for screen, phone, paper and screen readers."""
    report = files("resnet_conformance.reports.html").joinpath("page.css").read_text("utf-8")
    style, script = report + (HERE / "matrix.css").read_text("utf-8"), (HERE / "matrix.js").read_text("utf-8")
    environment = Environment(
        autoescape=True, loader=FileSystemLoader(HERE), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    text = environment.get_template("matrix.html.j2").render(
        data=data,
        spec=spec,
        counts=counts(data["rows"]),
        order=ORDER,
        outcome=outcome,
        style=Markup(style),
        script=Markup(script),
        policy=f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none';"
        " form-action 'none'",
    )
    return text.rstrip() + "\n"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def main(arguments: list[str]) -> None:
    """See the module's docstring."""
    if arguments:
        write_atomically(DATA, json.dumps(collect(Path(arguments[0])), indent=1, ensure_ascii=False) + "\n")
    write_atomically(PAGE, render(json.loads(DATA.read_text("utf-8")), load_spec()))


if __name__ == "__main__":
    main(sys.argv[1:])
