"""A report where it is looked at: printed, by rich, in a notebook."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.console import Console

from resnet_conformance.findings import Identification, Report, TargetInfo, Verdict

if TYPE_CHECKING:
    from conftest import Page


def test_printed_it_is_the_terminal_report(reports: dict[Verdict, Report], page: Page) -> None:
    for report in reports.values():
        assert str(report) == page(report, width=80).rstrip("\n")


def test_rich_prints_it_in_its_colours_and_width(reports: dict[Verdict, Report], page: Page) -> None:
    report = reports["violates"]
    stream = io.StringIO()
    Console(file=stream, width=90, color_system="standard", force_terminal=True).print(report)
    assert "\x1b[1;31m" in stream.getvalue()
    stream = io.StringIO()
    Console(file=stream, width=90, color_system=None).print(report)
    assert stream.getvalue().rstrip("\n") == page(report, width=90).rstrip("\n")


def test_a_notebook_shows_html_in_which_nothing_foreign_is_markup(reports: dict[Verdict, Report]) -> None:
    report = replace(reports["violates"], target=TargetInfo("<script>alert(1)</script>:net"))
    text = report._repr_html_()
    assert text.startswith("<pre ")
    assert text.endswith("</pre>")
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "font-weight: bold" in text


class TestIdentification:
    exact = Identification("imagenet/resnet50", exact=True)
    near = Identification("imagenet/resnet50", exact=False, deviations=("stride-3x3",), reasons=("BTN-04: ...",))
    none = Identification(None, exact=False)

    def test_printed_it_is_a_sentence_and_the_deviations(self) -> None:
        assert str(self.exact).startswith("It is exactly imagenet/resnet50: ")
        assert str(self.none) == "It is near no architecture that the spec knows."
        first, *rest = str(self.near).splitlines()
        assert first.startswith("Nearest is imagenet/resnet50: ")
        assert "It is not exactly that." in str(self.near)
        assert rest[-1] == "  Known difference: stride-3x3 - Bottleneck stride on the 3x3 (v1.5)"
        assert "BTN-04" not in str(self.near)

    def test_rich_and_a_notebook_show_the_same(self) -> None:
        stream = io.StringIO()
        Console(file=stream, width=80, color_system=None).print(self.near)
        assert stream.getvalue().rstrip("\n") == str(self.near)
        text = Identification("<script>", exact=False)._repr_html_()
        assert text.startswith("<pre ")
        assert "Nearest is &lt;script&gt;. It is not exactly that." in text
        assert repr(self.none).startswith("Identification(architecture=None")
