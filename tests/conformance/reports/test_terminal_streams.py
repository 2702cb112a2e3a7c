"""The terminal view on its stream: width, colour, ASCII, and nothing that could steer a terminal."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, get_args

import pytest
from rich.cells import cell_len
from rich.console import Console

from resnet_conformance.findings import Report, TargetInfo, Verdict
from resnet_conformance.reports import terminal
from resnet_conformance.spec import Spec

if TYPE_CHECKING:
    from conftest import MakeFinding, MakeReport, Page


class TestStreams:
    @pytest.mark.parametrize("verdict", get_args(Verdict))
    @pytest.mark.parametrize("lang", ["en", "ko"])
    def test_fits_80_columns_without_colour(
        self, verdict: Verdict, lang: str, page: Page, reports: dict[Verdict, Report]
    ) -> None:
        for verbose in (False, True):
            text = page(reports[verdict], lang=lang, verbose=verbose)
            assert "\x1b" not in text
            lines = [line for line in text.splitlines() if "https://" not in line]
            assert max(map(cell_len, lines)) <= 80
            assert all(line == line.rstrip() for line in lines)

    def test_colour_on_a_terminal(self, spec: Spec, violates: Report) -> None:
        stream = io.StringIO()
        terminal.render(violates, spec, Console(file=stream, width=80, force_terminal=True, color_system="standard"))
        assert "\x1b[1;31m" in stream.getvalue()

    def test_a_stream_without_unicode_gets_ascii(self, spec: Spec, violates: Report) -> None:
        class Ascii(io.TextIOWrapper):
            """A stream as of LC_ALL=C."""

        raw = io.BytesIO()
        stream = Ascii(raw, encoding="ascii")
        terminal.render(violates, spec, Console(file=stream, width=80))
        stream.flush()
        text = raw.getvalue().decode("ascii")
        assert any("§" in citation for citation in spec.clauses["BTN-04"].cite)
        assert "G section 5.1, p.6" in " ".join(text.split())
        assert max(len(line) for line in text.splitlines() if "https://" not in line) <= 80

    def test_found_text_cannot_steer_the_terminal(self, page: Page, report: MakeReport, finding: MakeFinding) -> None:
        broken = finding("BTN-04", "fail", found="\x1b[2J\r[red]gone[/red]", where=("a\x1bb",))
        text = page(report("violates", broken, target=TargetInfo("x\x1b[0m:y")))
        assert "\x1b" not in text
        assert "\\u001b[2J [red]gone[/red]" in text
