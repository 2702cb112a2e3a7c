"""The JSON view: it fits its schema, comes back as the same report, and the schema refuses what is wrong."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, get_args

import pytest
from jsonschema import Draft202012Validator

from resnet_conformance import check
from resnet_conformance.findings import Finding, Report, TargetInfo, Verdict
from resnet_conformance.reports import json_report

if TYPE_CHECKING:
    from conftest import MakeReport, Page


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
    @pytest.mark.parametrize("verdict", get_args(Verdict))
    def test_reports_fit_the_schema_and_come_back(
        self, verdict: Verdict, validator: Draft202012Validator, reports: dict[Verdict, Report]
    ) -> None:
        text = json_report.render(reports[verdict])
        assert text.endswith("}\n")
        data = json.loads(text)
        assert list(data) == list(reports[verdict].to_json())
        validator.validate(data)
        assert Report.from_json(data) == reports[verdict]

    @pytest.mark.parametrize("architecture", ["cifar10/resnet20", "cifar10/resnet20-B"])
    def test_a_report_of_the_judge_fits_the_schema(
        self, architecture: str, validator: Draft202012Validator, page: Page
    ) -> None:
        made = check("resnet_impl:cifar_resnet20", architecture, kwargs={"shortcut": "A"})
        assert made.verdict == ("conforms" if architecture == "cifar10/resnet20" else "violates")
        data = json.loads(json_report.render(made))
        validator.validate(data)
        assert Report.from_json(data) == made
        assert all(finding.clause in page(made, verbose=True) for finding in made.findings)

    def test_an_identification_fits_the_schema(self, validator: Draft202012Validator, report: MakeReport) -> None:
        validator.validate(json.loads(json_report.render(report("not-examined"))))
        validator.validate(json.loads(json_report.render(report("not-examined", nearest=None, exact=False))))

    def test_keyword_arguments_of_any_kind(
        self, validator: Draft202012Validator, report: MakeReport, passed: Finding
    ) -> None:
        values = {"a": (1, 2), "b": {3}, "c": b"x", "d": float("nan"), "e": {(1, 2): None}, "f": 1j, "g": "ß"}
        text = json_report.render(report("conforms", passed, target=TargetInfo("a:b", values)))
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
    def test_the_schema_refuses(self, mutation: str, validator: Draft202012Validator, violates: Report) -> None:
        (*path, last), value = MUTATIONS[mutation]
        data = json.loads(json_report.render(violates))
        assert validator.is_valid(copy.deepcopy(data))
        place = data
        for key in path:
            place = place[key]
        place[last] = value
        assert not validator.is_valid(data)

    def test_every_key_is_required(self, validator: Draft202012Validator, violates: Report) -> None:
        data = json.loads(json_report.render(violates))
        for part in (data, data["tool"], data["target"], data["identified"], data["findings"][0]):
            for key in list(part):
                value = part.pop(key)
                assert not validator.is_valid(data), key
                part[key] = value
        assert validator.is_valid(data)

    def test_deviates_needs_a_declared_deviation(self, validator: Draft202012Validator, deviates: Report) -> None:
        data = json.loads(json_report.render(deviates))
        data["findings"] = data["findings"][:1]
        assert not validator.is_valid(data)
