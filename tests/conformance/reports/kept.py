"""Reports of real networks as they were stored, and the same with what an attacker may call things."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

from resnet_conformance.findings import Declared, Report, TargetInfo

STORED = Path(__file__).parent / "stored"
NAMES = tuple(sorted(path.stem for path in STORED.glob("*.json")))

HOSTILE = (
    '<script>alert(1)</script><img src=x onerror="alert(2)">',
    "]]><injected/><![CDATA[",
    "%0A::error title=owned::a%25b\r\n::error::second\n##[error]third",
    "a|b](https://evil.example/)\n# heading\n![x](https://evil.example/a.png) @everyone </details><b>",
    "\x1b[31mred\x00\x08\u202egnp\ufffe\ud800 {{ 7 * 7 }} {% raw %}",
    "'\" onmouseover='alert(3)' `code` \\`",
)


@cache
def stored(name: str) -> Report:
    return Report.from_json(json.loads((STORED / f"{name}.json").read_text(encoding="utf-8")))


def hostile(words: str, name: str = "torchvision-resnet50") -> Report:
    """A report in which everything that comes from foreign code, or from a user's files, says these words."""
    report = stored(name)
    findings = tuple(
        replace(f, where=(words, *f.where), found=words, expected=words, message=words, repro=words)
        for f in report.findings
    )
    # A drawing's paths and layers are foreign, too.
    drawing = json.loads(json.dumps(report.drawing))
    for stage in drawing["found"]["stages"]:
        for entry in stage["blocks"]:
            entry["where"] = [words] * len(entry["where"])
            entry["residual"] = [words, *entry["residual"]]
            entry["shortcut"] = [f"conv {words}", words]
            entry["join"] = words
            entry["kind"] = words
    return replace(
        report,
        target=TargetInfo(words, {words: words}),
        findings=findings,
        identified=replace(report.identified, exact=False, reasons=(words,)),
        declared=(Declared("BTN-01", words, words, f"{words}:1:2", stale=words),),
        summary={**report.summary, "file": [words], "stem": [words], "only": [words], "notes": [words]},
        environment={words: words},
        drawing=drawing,
    )
