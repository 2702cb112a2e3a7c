"""check_family: right families pass for every n; a wrong one fails by its own clause, shown for the smallest n."""

from __future__ import annotations

from typing import Any

import pytest
from torch import nn

from resnet_conformance import check_family

from .families import (
    Factory,
    always_twenty,
    by_string,
    found_by,
    looked_at,
    net,
    none_for_two,
    off_by_one_from_four,
    one_too_many_for_even,
    outcomes,
    parted_above_two,
    passing_on,
    plain,
    projecting,
    projecting_above_ten,
    published_only,
    right,
    right_by_depth,
    wide_above_six,
)

pytestmark = pytest.mark.slow


class TestRight:
    @pytest.mark.parametrize(
        ("factory", "keyword"), [(right, "n"), (right_by_depth, "depth"), (by_string, "depth"), (passing_on, "n")]
    )
    def test_all_three_clauses_hold(self, factory: Factory, keyword: str) -> None:
        report = check_family(factory, keyword)
        assert (report.verdict, report.exit_code) == ("conforms", 0)
        assert [(f.clause, f.outcome, f.level) for f in report.findings] == [
            ("STG-14", "pass", "MUST"),
            ("SC-10", "pass", "MUST"),
            ("CT-03", "pass", "MUST"),
        ]
        assert found_by(report)["CT-03"].found.startswith("97,216n - 21,926 parameters for n = 1, ")
        assert {1, 2, 3, 18} < set(looked_at(report))

    def test_a_plain_family_has_no_shortcuts_to_count(self) -> None:
        report = check_family(plain)
        assert report.verdict == "conforms"
        assert outcomes(report) == ["pass", "not-applicable", "pass"]
        assert "plain" in found_by(report)["SC-10"].message

    def test_the_closed_form_is_that_of_option_a(self) -> None:
        """Whatever the factory calls itself: the option is the one found."""
        report = check_family(projecting)
        assert report.verdict == "conforms"
        assert outcomes(report) == ["pass", "pass", "not-applicable"]
        assert "option B (272,474 parameters for n = 3)" in found_by(report)["CT-03"].message
        assert report.summary["family"]["option"] == "B"

    def test_a_preactivation_family(self) -> None:
        report = check_family("resnet_impl:cifar_preresnet")
        assert outcomes(report) == ["pass", "pass", "not-applicable"]
        assert "pre-activation" in found_by(report)["CT-03"].message

    def test_other_classes_and_channels_on_request(self) -> None:
        report = check_family("resnet_impl:cifar_resnet", kwargs={"num_classes": 100, "in_channels": 1}, examples=2)
        assert report.verdict == "conforms"
        parameters = 97_216 + 5_850 - 288 - 21_926  # 90 more classes of 65, two channels less of 144
        assert report.summary["family"]["members"][0]["parameters"] == parameters
        assert f"97,216n - {97_216 - parameters:,} parameters" in found_by(report)["CT-03"].found

    def test_pytorchcv(self) -> None:
        pytest.importorskip("pytorchcv")
        target, kwargs = "pytorchcv.models.resnet_cifar:get_resnet_cifar", {"num_classes": 10, "bottleneck": False}
        report = check_family(target, "blocks", means="depth", kwargs=kwargs)
        assert outcomes(report) == ["pass", "pass", "not-applicable"]
        report = check_family(target, "blocks", means="depth", kwargs={**kwargs, "bottleneck": True})
        assert outcomes(report) == ["fail", "fail", "not-applicable"]  # a bottleneck has three layers: 9n+2


# The clauses that fail, the smallest n, and what is said of it.
WRONG: list[tuple[Factory, str, dict[str, tuple[int, str]]]] = [
    (off_by_one_from_four, "depth", {"STG-14": (4, "24 weighted layers"), "SC-10": (4, "11"), "CT-03": (4, "-73,984")}),
    (one_too_many_for_even, "n", {"STG-14": (2, "16 weighted"), "SC-10": (2, "7"), "CT-03": (2, "+73,984")}),
    (parted_above_two, "n", {"SC-10": (3, "8")}),
    (projecting_above_ten, "n", {"CT-03": (11, "1,050,202 (+2,752)")}),
    (published_only, "depth", {"STG-14": (1, "depth=8: cannot construct")}),
    (wide_above_six, "n", {"CT-03": (7, "(+")}),
    (always_twenty, "n", {"STG-14": (1, "20 weighted"), "SC-10": (1, "9"), "CT-03": (1, "269,722 (+194,432)")}),
    (none_for_two, "n", {"STG-14": (2, "returned NoneType")}),
]


class TestWrong:
    @pytest.mark.parametrize(("factory", "keyword", "fails"), WRONG, ids=lambda value: getattr(value, "__name__", ""))
    @pytest.mark.parametrize("seed", [0, 1])
    def test_fails_by_its_own_clause_for_the_smallest_n(
        self, factory: Factory, keyword: str, fails: dict[str, tuple[int, str]], seed: int
    ) -> None:
        report = check_family(factory, keyword, seed=seed)
        assert (report.verdict, report.exit_code) == ("violates", 1)
        assert {f.clause for f in report.failed()} == set(fails)
        assert "not-examined" not in outcomes(report)
        for clause, (n, said) in fails.items():
            finding = found_by(report)[clause]
            assert finding.found.startswith(f"n = {n}: ")
            assert finding.expected.startswith(f"n = {n}: ")
            assert said in finding.found
            assert f"n = {n}" in finding.message
            assert finding.repro is not None
            assert finding.repro.endswith(f"--kw {keyword}={n if keyword == 'n' else 6 * n + 2} --family {keyword}")

    def test_drawn_n_find_what_the_usual_ones_hide(self) -> None:
        """Wrong for n = 11 alone: not found without draws, and found by enough of them."""

        def wrong_for_eleven(n: int) -> nn.Module:
            return net(n, n, n + (n == 11))

        assert check_family(wrong_for_eleven, examples=0).verdict == "conforms"
        report = check_family(wrong_for_eleven, examples=200)
        assert found_by(report)["STG-14"].found.startswith("n = 11: 70 weighted layers")
        assert set(looked_at(report)) >= set(range(1, 12))

    def test_the_message_says_which_n_fail(self) -> None:
        message = found_by(check_family(one_too_many_for_even, examples=0))["STG-14"].message
        assert message.endswith("Of those looked at, n = 2 and 18 fail, n = 1 and 3 do not.")
        message = found_by(check_family(always_twenty, examples=0))["STG-14"].message
        assert message.endswith("The depth is the same for all: does the factory read n?")

    def test_a_failure_names_its_place_and_deviation(self) -> None:
        finding = found_by(check_family(parted_above_two, examples=0))["SC-10"]
        assert "blocks.8" in finding.where[0]
        assert found_by(check_family(projecting_above_ten, examples=0))["CT-03"].deviation == "shortcut-B-on-cifar"

    def test_the_repro_shows_the_same_failure_alone(self) -> None:
        for n, verdict in ((3, "violates"), (2, "conforms")):
            alone = check_family(parted_above_two, kwargs={"n": n})
            assert (alone.verdict, looked_at(alone)) == (verdict, [n])
        assert found_by(alone)["SC-10"].found == "3n shortcuts for n = 2"
        alone = check_family(published_only, "depth", kwargs={"depth": 8})
        assert outcomes(alone) == ["fail", "not-examined", "not-examined"]
        assert (alone.verdict, looked_at(alone)) == ("violates", [1])

    def test_what_cannot_be_captured_is_not_examined_and_no_failure(self) -> None:
        class Mute(nn.Module):
            def forward(self, x: Any) -> Any:
                raise RuntimeError("not today")

        report = check_family(lambda n: Mute() if n == 18 else right(n))
        assert outcomes(report) == ["not-examined"] * 3
        assert report.verdict == "not-examined"
        assert found_by(report)["STG-14"].message.startswith("n = 18: ")
        assert "not today" in found_by(report)["STG-14"].message
