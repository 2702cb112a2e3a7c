"""The terminal view: what a page says of the network, its rules and their grounds."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from resnet_conformance.findings import Finding, Report, Verdict
from resnet_conformance.reports import terminal
from resnet_conformance.spec import Spec

if TYPE_CHECKING:
    from conftest import MakeFinding, MakeReport, Page


def words(text: str) -> str:
    return " ".join(text.split())


class TestTerminal:
    @pytest.mark.parametrize(
        ("verdict", "first"),
        [
            ("violates", "some.package:net violates imagenet/resnet50 (BTN-04, CT-05)"),
            ("conforms", "some.package:net conforms to imagenet/resnet50"),
            ("deviates", "some.package:net deviates, as declared, from imagenet/resnet50"),
            (
                "not-examined",
                "some.package:net got no verdict against imagenet/resnet50 (not examined: SC-04)",
            ),
        ],
    )
    def test_the_first_words_are_the_verdict_its_grounds_and_against_what(
        self, verdict: Verdict, first: str, page: Page, reports: dict[Verdict, Report]
    ) -> None:
        text = page(reports[verdict])
        assert words(text.split("\n  It is")[0]) == first

    @pytest.mark.parametrize(
        ("verdict", "first"),
        [
            (
                "violates",
                "some.package:net violates imagenet/resnet50 (BTN-04, CT-05); no clause but BTN-* was looked at",
            ),
            (
                "conforms",
                "some.package:net keeps what was asked of imagenet/resnet50; no clause but BTN-* was looked at",
            ),
        ],
    )
    def test_a_part_of_the_clauses_is_not_taken_for_all(
        self, verdict: Verdict, first: str, page: Page, reports: dict[Verdict, Report]
    ) -> None:
        report = reports[verdict]
        text = page(replace(report, summary={**report.summary, "only": ["BTN-*"]}))
        assert words(text.split("\n  It is")[0]) == first

    @pytest.mark.parametrize(
        ("also", "named"),
        [(("BH-01", "EQ-01"), " (not examined: BH-01, EQ-01)"), ((), " (not examined: IN-01, PL-03)")],
    )
    def test_the_grounds_of_no_verdict_are_the_clauses_that_keep_it_from_conforms(
        self, also: tuple[str, ...], named: str, page: Page, report: MakeReport, finding: MakeFinding, passed: Finding
    ) -> None:
        """Initial weights and matters of training do not; where they are all that was asked, they are named."""
        findings = [finding(clause, "not-examined") for clause in ("IN-01", "PL-03", *also)]
        text = page(report("not-examined", *([passed] if also else []), *findings))
        first = words(text.split("\n  It is")[0])
        assert first == f"some.package:net got no verdict against imagenet/resnet50{named}"

    def test_a_variant_is_never_taken_for_the_paper(
        self, page: Page, report: MakeReport, passed: Finding, conforms: Report
    ) -> None:
        name = "imagenet/resnet50-v1.5"
        text = page(report("conforms", passed, architecture=name, nearest=name))
        head = words(text.split("\n  It is")[0])
        assert head.startswith(f"some.package:net conforms to {name}, a variant of imagenet/resnet50")
        assert head.endswith("not the paper's network")
        assert "paper's network" not in page(conforms)

    def test_says_what_the_network_is(self, spec: Spec, page: Page, violates: Report) -> None:
        text = words(page(violates))
        assert "It is exactly imagenet/resnet50-v1.5: ResNet-50 v1.5" in text
        assert "a variant that is in no paper" in text
        assert f"Known difference: stride-3x3 - {spec.deviations['stride-3x3'].title['en']}" in text

    def test_says_that_nothing_is_near(self, page: Page, report: MakeReport, broken: Finding) -> None:
        text = page(report("violates", broken, nearest=None, exact=False, reasons=("a", "b")))
        words = " ".join(text.split())
        assert (
            "It is near no architecture that the spec knows; it is held against imagenet/resnet50 all the same."
            in words
        )

    def test_gives_the_reasons_where_the_nearest_is_another_network(
        self, page: Page, report: MakeReport, broken: Finding
    ) -> None:
        other = report("violates", broken, nearest="imagenet/resnet101", exact=False, reasons=("Of 23 blocks, 22.",))
        assert "It is not exactly that:\n    - Of 23 blocks, 22.\n" in page(other)
        same = report("violates", broken, exact=False, reasons=("Of 23 blocks, 22.",))
        assert "It is not exactly that.\n" in page(same)

    def test_describes_the_network_as_found(self, page: Page, violates: Report) -> None:
        assert (
            "Found: bottleneck blocks 3-4-6-3; widths 256-512-1024-2048; maps 56x56, 28x28, 14x14, 7x7; "
            "strides in a block 1,2,1; shortcut option B; stem 7x7, 64, stride 2; depth 50; "
            "25,557,032 parameters; 4,089,184,256 multiply-adds at 3x224x224"
        ) in words(page(violates))

    def test_a_broken_rule_has_demand_expected_actual_where_and_citation(
        self, spec: Spec, page: Page, violates: Report
    ) -> None:
        clause = spec.clauses["BTN-04"]
        block = page(violates).split("  BTN-04 MUST\n")[1].split("\n\n")[0]
        assert f"Demands: {words(clause.statement['en'])}" in words(block)
        assert "Expected: strides 2, 1, 1\n    Actual:   strides 1, 2, 1\n" in block
        assert f"Cited: {words('; '.join(clause.cite))}" in words(block)

    def test_names_the_first_places_and_counts_the_others(self, page: Page, broken: Finding, violates: Report) -> None:
        text = words(page(violates))
        assert f"Where: {', '.join(broken.where[:4])}, ... and 12 more" in text
        assert ", ".join(broken.where) in words(page(violates, verbose=True))

    def test_tells_a_deviation_in_full_once(self, spec: Spec, page: Page, violates: Report) -> None:
        text = page(violates)
        known = spec.deviations["stride-3x3"]
        first, second = text.split("  CT-05 MUST\n")
        assert f"Explained by: stride-3x3 - {known.title['en']}" in words(first)
        assert first.count(known.seen_in[0]["link"]) == 1
        assert "    Explained by: stride-3x3\n" in second
        assert known.seen_in[0]["link"] not in second

    def test_an_identified_deviation_explains_a_failure_that_names_none(
        self, spec: Spec, page: Page, violates: Report, conforms: Report
    ) -> None:
        assert "CT-06" in spec.deviations["stride-3x3"].explains
        block = page(violates).split("  CT-06 SHOULD\n")[1].split("\n\n")[0]
        assert "Explained by: stride-3x3" in block
        assert "Explained by" not in page(conforms)

    def test_a_failed_should_does_not_change_the_verdict(self, page: Page, conforms: Report) -> None:
        assert "SHOULD rules that do not hold (the verdict does not change)\n\n  CT-06 SHOULD" in page(conforms)

    def test_a_failed_should_that_counts_says_so(
        self, page: Page, report: MakeReport, passed: Finding, should: Finding
    ) -> None:
        text = page(report("violates", passed, should))
        assert text.startswith("some.package:net violates imagenet/resnet50 (CT-06)\n")
        assert "(they decide the verdict here)" in text

    def test_tells_which_admitted_choice_was_found(self, page: Page, violates: Report) -> None:
        assert "  STEM-05a MAY: The pool pads by 1.\n" in page(violates)

    def test_gaps_are_shown_with_their_reason(self, page: Page, conforms: Report, unjudged: Report) -> None:
        text = page(unjudged)
        assert "  - BN-06, BN-06a: No module shows it.\n  - SC-04: Something else.\n" in text
        assert "Not examined" not in page(conforms)

    def test_declared_deviations_are_shown_as_such(self, spec: Spec, page: Page, deviates: Report) -> None:
        text = page(deviates)
        assert "Declared deviations" in text
        assert f"BTN-04 MUST: strides 1, 2, 1 [stride-3x3 - {spec.deviations['stride-3x3'].title['en']}]" in words(text)

    def test_passes_are_one_line_and_names_only_when_asked(
        self, page: Page, violates: Report, conforms: Report
    ) -> None:
        assert page(violates).endswith("\n2 clauses passed, 1 not applicable.\n")
        assert page(conforms).endswith("\n1 clause passed, 1 not applicable.\n")
        assert "STEM-01" not in page(conforms)
        assert "STEM-01" in page(conforms, verbose=True)
        assert "torch" not in page(conforms, verbose=True)  # no version is known

    def test_shows_how_to_reproduce_on_one_line(self, page: Page, report: MakeReport, finding: MakeFinding) -> None:
        command = "python -c " + "x" * 100
        broken = finding("BTN-04", "fail", found="other", repro=command)
        assert f"    Reproduce: {command}\n" in page(report("violates", broken))

    def test_korean_statements(self, spec: Spec, page: Page, violates: Report) -> None:
        assert words(spec.clauses["BTN-04"].statement["ko"]) in words(page(violates, lang="ko"))

    def test_a_report_of_another_spec_is_still_shown(self, page: Page, report: MakeReport) -> None:
        strange = Finding("XX-01", "MUST", "fail", found="other", deviation="of-another-spec", citation="P9")
        made = report("violates", strange, architecture="x/y", nearest="x/z", exact=False, deviations=("unheard",))
        text = page(made)
        assert "violates x/y (XX-01)" in text
        assert "Known difference: unheard\n" in text
        assert "Explained by: of-another-spec\n" in text

    def test_identification_alone(self, spec: Spec, report: MakeReport) -> None:
        stream = io.StringIO()
        made = report("not-examined", nearest="imagenet/resnet34", exact=False, reasons=("STG-02: other counts",))
        terminal.render_identification(made, spec, Console(file=stream, width=80))
        assert stream.getvalue().splitlines()[:3] == [
            "some.package:net",
            "  Nearest is imagenet/resnet34: ResNet-34. It is not exactly that:",
            "    - STG-02: other counts",
        ]
        assert "verdict" not in stream.getvalue()
