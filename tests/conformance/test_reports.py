"""The terminal and JSON views, on reports made by hand: one for each verdict."""

from __future__ import annotations

import copy
import io
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from rich.cells import cell_len
from rich.console import Console

from resnet_conformance import check
from resnet_conformance.findings import Finding, Identification, Outcome, Report, TargetInfo, Verdict
from resnet_conformance.reports import json_report, terminal
from resnet_conformance.spec import Spec, load_spec

SUMMARY = {
    "block": "bottleneck",
    "preactivation": False,
    "blocks": [3, 4, 6, 3],
    "widths": [[64, 256], [128, 512], [256, 1024], [512, 2048]],
    "sizes": ["56x56", "28x28", "14x14", "7x7"],
    "strides": ["1,2,1"],
    "option": "B",
    "stem": ["7x7, 64, stride 2"],
    "depth": 50,
    "parameters": 25557032,
    "multiply_adds": 4089184256,
    "input": [2, 3, 224, 224],
    "notes": [],
}
PLACES = tuple(f"layer{stage}.{block}.conv2" for stage in range(1, 5) for block in range(4))


@pytest.fixture(scope="module")
def spec() -> Spec:
    return load_spec()


def finding(clause: str, outcome: Outcome, **fields: Any) -> Finding:
    known = load_spec().clauses[clause]
    return Finding(clause, known.level, outcome, citation="; ".join(known.cite), **fields)


PASSED = finding("STEM-01", "pass")
FOREIGN = finding("STG-12", "not-applicable", message="It does not speak of imagenet/resnet50.")
BROKEN = finding(
    "BTN-04",
    "fail",
    where=PLACES,
    expected="strides 2, 1, 1",
    found="strides 1, 2, 1",
    deviation="stride-3x3",
)
FLOPS = finding("CT-05", "fail", expected="3.8 billion", found="4,089,184,256", deviation="stride-3x3")
SHOULD = finding("CT-06", "fail", expected="3,857,973,248", found="4,089,184,256")
NOTE = finding("STEM-05a", "pass", message="The pool pads by 1.")
GAPS = (
    finding("BN-06", "not-examined", message="No module shows it."),
    finding("BN-06a", "not-examined", message="No module shows it."),
    finding("SC-04", "not-examined", message="Something else."),
)


def report(
    verdict: Verdict,
    *findings: Finding,
    architecture: str | None = "imagenet/resnet50",
    nearest: str | None = "imagenet/resnet50",
    exact: bool = True,
    **fields: Any,
) -> Report:
    defaults = {
        "summary": SUMMARY,
        "environment": {"python": "3.11.9", "torch": None},
        "seconds": {"capture": 0.25, "judge": 1},
        "tool": {"version": "0.1.0", "spec": "abc"},
    }
    identified = Identification(nearest, exact, fields.pop("deviations", ()), fields.pop("reasons", ()))
    target = fields.pop("target", TargetInfo("some.package:net", {"num_classes": 1000}))
    return Report(target, architecture, identified, verdict, findings, **{**defaults, **fields})


VIOLATES = report(
    "violates",
    *(PASSED, BROKEN, FLOPS, SHOULD, NOTE, *GAPS, FOREIGN),
    nearest="imagenet/resnet50-v1.5",
    deviations=("stride-3x3",),
)
CONFORMS = report("conforms", PASSED, SHOULD, FOREIGN)
DEVIATES = report(
    "deviates", PASSED, finding("BTN-04", "expected", found="strides 1, 2, 1", deviation="stride-3x3")
)
UNJUDGED = report("not-examined", PASSED, *GAPS)
REPORTS = {"violates": VIOLATES, "conforms": CONFORMS, "deviates": DEVIATES, "not-examined": UNJUDGED}


def page(made: Report, spec: Spec, width: int = 80, **options: Any) -> str:
    """The report as printed to a stream that is no terminal."""
    stream = io.StringIO()
    terminal.render(made, spec, Console(file=stream, width=width), **options)
    return stream.getvalue()


def words(text: str) -> str:
    return " ".join(text.split())


class TestTerminal:
    @pytest.mark.parametrize("verdict", REPORTS)
    @pytest.mark.parametrize("lang", ["en", "ko"])
    def test_fits_80_columns_without_colour(self, verdict: str, lang: str, spec: Spec) -> None:
        for verbose in (False, True):
            text = page(REPORTS[verdict], spec, lang=lang, verbose=verbose)
            assert "\x1b" not in text
            lines = [line for line in text.splitlines() if "https://" not in line]
            assert max(map(cell_len, lines)) <= 80
            assert all(line == line.rstrip() for line in lines)

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
        self, verdict: str, first: str, spec: Spec
    ) -> None:
        text = page(REPORTS[verdict], spec)
        assert words(text.split("\n  It is")[0]) == first

    def test_a_variant_is_never_taken_for_the_paper(self, spec: Spec) -> None:
        name = "imagenet/resnet50-v1.5"
        text = page(report("conforms", PASSED, architecture=name, nearest=name), spec)
        head = words(text.split("\n  It is")[0])
        assert head.startswith(f"some.package:net conforms to {name}, a variant of imagenet/resnet50")
        assert head.endswith("not the paper's network")
        assert "paper's network" not in page(CONFORMS, spec)

    def test_says_what_the_network_is(self, spec: Spec) -> None:
        text = words(page(VIOLATES, spec))
        assert "It is exactly imagenet/resnet50-v1.5: ResNet-50 v1.5" in text
        assert "a variant that is in no paper" in text
        assert f"Known difference: stride-3x3 - {spec.deviations['stride-3x3'].title['en']}" in text

    def test_says_that_nothing_is_near(self, spec: Spec) -> None:
        text = page(report("violates", BROKEN, nearest=None, exact=False, reasons=("a", "b")), spec)
        assert "It is near no architecture that the spec knows." in text

    def test_gives_the_reasons_where_the_nearest_is_another_network(self, spec: Spec) -> None:
        other = report(
            "violates", BROKEN, nearest="imagenet/resnet101", exact=False, reasons=("Of 23 blocks, 22.",)
        )
        assert "It is not exactly that:\n    - Of 23 blocks, 22.\n" in page(other, spec)
        same = report("violates", BROKEN, exact=False, reasons=("Of 23 blocks, 22.",))
        assert "It is not exactly that.\n" in page(same, spec)

    def test_describes_the_network_as_found(self, spec: Spec) -> None:
        assert (
            "Found: bottleneck blocks 3-4-6-3; widths 256-512-1024-2048; maps 56x56, 28x28, 14x14, 7x7; "
            "strides in a block 1,2,1; shortcut option B; stem 7x7, 64, stride 2; depth 50; "
            "25,557,032 parameters; 4,089,184,256 multiply-adds at 3x224x224"
        ) in words(page(VIOLATES, spec))

    def test_a_broken_rule_has_demand_expected_actual_where_and_citation(self, spec: Spec) -> None:
        clause = spec.clauses["BTN-04"]
        block = page(VIOLATES, spec).split("  BTN-04 MUST\n")[1].split("\n\n")[0]
        assert f"Demands: {words(clause.statement['en'])}" in words(block)
        assert "Expected: strides 2, 1, 1\n    Actual:   strides 1, 2, 1\n" in block
        assert f"Cited: {words('; '.join(clause.cite))}" in words(block)

    def test_names_the_first_places_and_counts_the_others(self, spec: Spec) -> None:
        text = words(page(VIOLATES, spec))
        assert f"Where: {', '.join(PLACES[:4])}, ... and 12 more" in text
        assert ", ".join(PLACES) in words(page(VIOLATES, spec, verbose=True))

    def test_tells_a_deviation_in_full_once(self, spec: Spec) -> None:
        text = page(VIOLATES, spec)
        known = spec.deviations["stride-3x3"]
        first, second = text.split("  CT-05 MUST\n")
        assert f"Explained by: stride-3x3 - {known.title['en']}" in words(first)
        assert first.count(known.seen_in[0]["link"]) == 1
        assert "    Explained by: stride-3x3\n" in second
        assert known.seen_in[0]["link"] not in second

    def test_an_identified_deviation_explains_a_failure_that_names_none(self, spec: Spec) -> None:
        assert "CT-06" in spec.deviations["stride-3x3"].explains
        block = page(VIOLATES, spec).split("  CT-06 SHOULD\n")[1].split("\n\n")[0]
        assert "Explained by: stride-3x3" in block
        assert "Explained by" not in page(CONFORMS, spec)

    def test_a_failed_should_does_not_change_the_verdict(self, spec: Spec) -> None:
        assert "SHOULD rules that do not hold (the verdict does not change)\n\n  CT-06 SHOULD" in page(
            CONFORMS, spec
        )

    def test_a_failed_should_that_counts_says_so(self, spec: Spec) -> None:
        text = page(report("violates", PASSED, SHOULD), spec)
        assert text.startswith("some.package:net violates imagenet/resnet50 (CT-06)\n")
        assert "(they decide the verdict here)" in text

    def test_tells_which_admitted_choice_was_found(self, spec: Spec) -> None:
        assert "  STEM-05a MAY: The pool pads by 1.\n" in page(VIOLATES, spec)

    def test_gaps_are_shown_with_their_reason(self, spec: Spec) -> None:
        text = page(UNJUDGED, spec)
        assert "  - BN-06, BN-06a: No module shows it.\n  - SC-04: Something else.\n" in text
        assert "Not examined" not in page(CONFORMS, spec)

    def test_declared_deviations_are_shown_as_such(self, spec: Spec) -> None:
        text = page(DEVIATES, spec)
        assert "Declared deviations" in text
        assert (
            f"BTN-04 MUST: strides 1, 2, 1 [stride-3x3 - {spec.deviations['stride-3x3'].title['en']}]"
            in words(text)
        )

    def test_passes_are_one_line_and_names_only_when_asked(self, spec: Spec) -> None:
        assert page(VIOLATES, spec).endswith("\n2 clauses passed, 1 not applicable.\n")
        assert page(CONFORMS, spec).endswith("\n1 clause passed, 1 not applicable.\n")
        assert "STEM-01" not in page(CONFORMS, spec)
        assert "STEM-01" in page(CONFORMS, spec, verbose=True)
        assert "torch" not in page(CONFORMS, spec, verbose=True)  # no version is known

    def test_shows_how_to_reproduce_on_one_line(self, spec: Spec) -> None:
        command = "python -c " + "x" * 100
        broken = finding("BTN-04", "fail", found="other", repro=command)
        assert f"    Reproduce: {command}\n" in page(report("violates", broken), spec)

    def test_korean_statements(self, spec: Spec) -> None:
        assert words(spec.clauses["BTN-04"].statement["ko"]) in words(page(VIOLATES, spec, lang="ko"))

    def test_colour_on_a_terminal(self, spec: Spec) -> None:
        stream = io.StringIO()
        terminal.render(
            VIOLATES, spec, Console(file=stream, width=80, force_terminal=True, color_system="standard")
        )
        assert "\x1b[1;31m" in stream.getvalue()

    def test_a_stream_without_unicode_gets_ascii(self, spec: Spec) -> None:
        class Ascii(io.TextIOWrapper):
            """A stream as of LC_ALL=C."""

        raw = io.BytesIO()
        stream = Ascii(raw, encoding="ascii")
        terminal.render(VIOLATES, spec, Console(file=stream, width=80))
        stream.flush()
        text = raw.getvalue().decode("ascii")
        assert any("§" in citation for citation in spec.clauses["BTN-04"].cite)
        assert "G section 5.1, p.6" in words(text)
        assert max(len(line) for line in text.splitlines() if "https://" not in line) <= 80

    def test_found_text_cannot_steer_the_terminal(self, spec: Spec) -> None:
        broken = finding("BTN-04", "fail", found="\x1b[2J\r[red]gone[/red]", where=("a\x1bb",))
        text = page(report("violates", broken, target=TargetInfo("x\x1b[0m:y")), spec)
        assert "\x1b" not in text
        assert "\\u001b[2J [red]gone[/red]" in text

    def test_a_report_of_another_spec_is_still_shown(self, spec: Spec) -> None:
        strange = Finding("XX-01", "MUST", "fail", found="other", deviation="of-another-spec", citation="P9")
        made = report(
            "violates", strange, architecture="x/y", nearest="x/z", exact=False, deviations=("unheard",)
        )
        text = page(made, spec)
        assert "violates x/y (XX-01)" in text
        assert "Known difference: unheard\n" in text
        assert "Explained by: of-another-spec\n" in text

    def test_identification_alone(self, spec: Spec) -> None:
        stream = io.StringIO()
        made = report(
            "not-examined", nearest="imagenet/resnet34", exact=False, reasons=("STG-02: other counts",)
        )
        terminal.render_identification(made, spec, Console(file=stream, width=80))
        assert stream.getvalue().splitlines()[:3] == [
            "some.package:net",
            "  Nearest is imagenet/resnet34: ResNet-34. It is not exactly that:",
            "    - STG-02: other counts",
        ]
        assert "verdict" not in stream.getvalue()


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = json_report.load_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


MUTATIONS: dict[str, tuple[tuple[str | int, ...], Any]] = {
    "another schema": (("schema",), "resnet-conformance/report/2"),
    "no spec version": (("tool", "spec"), ""),
    "unknown key": (("more",), 1),
    "unknown key of a finding": (("findings", 0, "more"), 1),
    "unknown key of the tool": (("tool", "more"), "x"),
    "unknown kind": (("target", "kind"), "guess"),
    "unknown verdict": (("verdict",), "maybe"),
    "unknown outcome": (("findings", 0, "outcome"), "error"),
    "unknown level": (("findings", 0, "level"), "must"),
    "unknown evidence": (("findings", 0, "evidence"), "hearsay"),
    "a clause that is no id": (("findings", 0, "clause"), "stem one"),
    "no citation": (("findings", 0, "citation"), ""),
    "where as text": (("findings", 1, "where"), "layer1"),
    "an empty place": (("findings", 1, "where"), [""]),
    "an empty deviation": (("findings", 1, "deviation"), ""),
    "a gap without a reason": (("findings", 5, "message"), ""),
    "a failure that says nothing": (("findings", 1, "found"), ""),
    "an architecture that is no name": (("architecture",), "ResNet 50"),
    "exactly nothing": (("identified", "architecture"), None),
    "exact as text": (("identified", "exact"), "yes"),
    "a deviation twice": (("identified", "deviations"), ["stride-3x3", "stride-3x3"]),
    "conforms with a broken MUST": (("verdict",), "conforms"),
    "deviates with a broken MUST": (("verdict",), "deviates"),
    "violates nothing": (("findings",), []),
    "negative seconds": (("seconds", "judge"), -1),
    "seconds as text": (("seconds", "judge"), "1"),
}


class TestJson:
    @pytest.mark.parametrize("verdict", REPORTS)
    def test_reports_fit_the_schema_and_come_back(
        self, verdict: str, validator: Draft202012Validator
    ) -> None:
        text = json_report.render(REPORTS[verdict])
        assert text.endswith("}\n")
        data = json.loads(text)
        assert list(data) == list(REPORTS[verdict].to_json())
        validator.validate(data)
        assert Report.from_json(data) == REPORTS[verdict]

    @pytest.mark.parametrize("architecture", ["cifar10/resnet20", "cifar10/resnet20-B"])
    def test_a_report_of_the_judge_fits_the_schema(
        self, architecture: str, validator: Draft202012Validator, spec: Spec
    ) -> None:
        made = check("resnet_impl:cifar_resnet20", architecture, kwargs={"shortcut": "A"})
        assert made.verdict == ("conforms" if architecture == "cifar10/resnet20" else "violates")
        data = json.loads(json_report.render(made))
        validator.validate(data)
        assert Report.from_json(data) == made
        assert all(finding.clause in page(made, spec, verbose=True) for finding in made.findings)

    def test_an_identification_fits_the_schema(self, validator: Draft202012Validator) -> None:
        validator.validate(json.loads(json_report.render(report("not-examined"))))
        validator.validate(json.loads(json_report.render(report("not-examined", nearest=None, exact=False))))

    def test_keyword_arguments_of_any_kind(self, validator: Draft202012Validator) -> None:
        values = {"a": (1, 2), "b": {3}, "c": b"x", "d": float("nan"), "e": {(1, 2): None}, "f": 1j, "g": "ß"}
        text = json_report.render(report("conforms", PASSED, target=TargetInfo("a:b", values)))
        data = json.loads(text, parse_constant=pytest.fail)
        validator.validate(data)
        assert data["target"]["kwargs"] == {
            "a": [1, 2],
            "b": "{3}",
            "c": "b'x'",
            "d": "nan",
            "e": {"(1, 2)": None},
            "f": "1j",
            "g": "ß",
        }
        assert "ß" in text

    def test_ascii_only(self) -> None:
        assert json_report.dump({"§": "한"}, ascii_only=True) == '{\n  "\\u00a7": "\\ud55c"\n}\n'

    @pytest.mark.parametrize("mutation", MUTATIONS)
    def test_the_schema_refuses(self, mutation: str, validator: Draft202012Validator) -> None:
        (*path, last), value = MUTATIONS[mutation]
        data = json.loads(json_report.render(VIOLATES))
        assert validator.is_valid(copy.deepcopy(data))
        place = data
        for key in path:
            place = place[key]
        place[last] = value
        assert not validator.is_valid(data)

    def test_every_key_is_required(self, validator: Draft202012Validator) -> None:
        data = json.loads(json_report.render(VIOLATES))
        for part in (data, data["tool"], data["target"], data["identified"], data["findings"][0]):
            for key in list(part):
                value = part.pop(key)
                assert not validator.is_valid(data), key
                part[key] = value
        assert validator.is_valid(data)

    def test_deviates_needs_a_declared_deviation(self, validator: Draft202012Validator) -> None:
        data = json.loads(json_report.render(DEVIATES))
        data["findings"] = data["findings"][:1]
        assert not validator.is_valid(data)
