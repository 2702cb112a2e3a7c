"""The HTML report in a real browser: at 1440 and 390 pixels, light and dark, in print, by keyboard, without network."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conformance.reports.kept import NAMES, stored
from tests.thirdparty import matrix

if TYPE_CHECKING:
    from .conftest import Visit

Open = Callable[..., "Visit"]

LOOKS = [(width, scheme) for width in (1440, 390) for scheme in ("light", "dark")]
# One report in every look; the others, each of which takes the checker seconds, in the two that differ most.
EXTREMES = [(1440, "light"), (390, "dark")]
OTHERS = [*(f"{name}-en" for name in NAMES if name != "torchvision-resnet50"), "torchvision-resnet50-ko", "several"]
WHOLE = ["torchvision-resnet50-en", *(["matrix"] if matrix.PAGE.exists() else [])]
SEEN = [(name, *look) for name in WHOLE for look in LOOKS] + [(name, *look) for name in OTHERS for look in EXTREMES]
AXE = "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
AXE += ".map((v) => [v.id, v.nodes.map((n) => [n.html, n.failureSummary])])"
# What is drawn against what it is drawn on, which axe does not read in pictures (WCAG 2, 1.4.3 and 1.4.11).
CONTRAST = """(pairs) => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const light = (colour) => {
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((v) => v / 255)
      .map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
  return pairs.map(([a, b]) => {
    const [x, y] = [light(style(a)), light(style(b))];
    return (Math.max(x, y) + .05) / (Math.min(x, y) + .05);
  });
}"""
TEXTS = [("--ink", "--conv"), ("--soft", "--rest"), ("--soft", "--paper"), ("--fail", "--conv"), ("--link", "--conv"),
         ("--fail", "--rest"), ("--link", "--rest")]  # fmt: skip
LINES = [("--wire", "--paper"), ("--conv-line", "--paper"), ("--fail", "--paper"), ("--link", "--paper")]


@pytest.mark.parametrize(("name", "width", "scheme"), SEEN)
def test_no_violation_no_complaint_no_request_and_nothing_wider_than_the_screen(
    name: str, width: int, scheme: str, visit: Open, axe: str
) -> None:
    seen = visit(name, width, scheme)
    if folder := os.environ.get("RESNET_SCREENSHOTS"):
        seen.page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    seen.page.evaluate(axe)
    seen.page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true })")
    assert seen.page.evaluate(AXE) == []
    assert seen.complaints == []
    assert [address for address in seen.requests if address != seen.page.url] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures_have_the_contrast_that_texts_must_have(scheme: str, visit: Open) -> None:
    page = visit("torchvision-resnet50-en", scheme=scheme).page
    assert min(page.evaluate(CONTRAST, TEXTS)) >= 4.5
    assert min(page.evaluate(CONTRAST, LINES)) >= 3
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")


@pytest.mark.parametrize("number", range(6))
def test_hostile_names_run_nothing(number: int, visit: Open) -> None:
    seen = visit(f"hostile{number}", 390)
    seen.page.wait_for_timeout(50)
    assert seen.complaints == []
    assert [address for address in seen.requests if address != seen.page.url] == []
    assert seen.page.evaluate("document.querySelectorAll('script').length") == 1
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_filters_work_by_keyboard_alone_and_are_told(visit: Open) -> None:
    page = visit("torchvision-resnet50-en").page
    report = stored("torchvision-resnet50")
    shown = "[...document.querySelectorAll('li[data-outcome]')].filter((li) => li.checkVisibility()).map((li) => li.id)"
    told = "document.querySelector('[role=status]').innerText"
    applicable = [f"t1-{f.clause}" for f in report.findings if f.outcome != "not-applicable"]
    assert sorted(page.evaluate(shown)) == sorted(applicable)
    assert page.evaluate(told) == f"{len(applicable)} / {len(report.findings)} clauses shown"

    def tab_to(selector: str) -> None:
        for _ in range(100):
            page.keyboard.press("Tab")
            if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"{selector} is not reached by the Tab key")

    tab_to("input[value=pass]")
    page.keyboard.press("Space")
    assert set(page.evaluate(shown)) == {
        f"t1-{f.clause}" for f in report.findings if f.outcome in ("fail", "not-examined")
    }
    tab_to("input[type=search]")
    page.keyboard.type("btn stride")
    assert page.evaluate(shown) == ["t1-BTN-04", "t1-BTN-05"]
    assert page.evaluate(told).startswith("2 / ")
    tab_to("summary")
    assert page.evaluate("document.activeElement.parentElement.open")
    page.keyboard.press("Enter")
    assert not page.evaluate("document.activeElement.parentElement.open")


def test_the_first_key_leads_past_the_header_and_focus_is_seen(visit: Open) -> None:
    page = visit("torchvision-resnet50-en").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_language_changes_without_network_and_the_document_says_so(visit: Open) -> None:
    seen = visit("torchvision-resnet50-en")
    page = seen.page
    assert page.inner_text("h1") == "ResNet conformance report"
    page.get_by_role("button", name="한국어").click()
    assert page.evaluate("document.documentElement.lang") == "ko"
    assert page.inner_text("h1") == "ResNet 적합성 보고서"
    assert "첫 1x1 conv에 있다" in page.inner_text("#t1-BTN-04 summary")
    assert page.get_by_role("button", name="한국어").get_attribute("aria-pressed") == "true"
    assert [address for address in seen.requests if address != page.url] == []


def test_a_mark_in_the_diagram_opens_its_clause_even_where_a_filter_hid_it(visit: Open) -> None:
    page = visit("torchvision-resnet50-en").page
    page.uncheck("input[value=fail]")
    assert not page.is_visible("#t1-BTN-05")
    page.locator(".row.fail a", has_text="BTN-05").first.click()
    assert page.is_visible("#t1-BTN-05 dl")
    assert page.evaluate("document.activeElement.closest('li').id") == "t1-BTN-05"


def test_screen_readers_hear_the_diagram_block_by_block(visit: Open) -> None:
    page = visit("torchvision-resnet50-en").page
    heard = page.locator("ol.diagram").aria_snapshot()
    assert "As found: bottleneck block; F: conv 1x1, 128, BN, ReLU, conv 3x3, 128, stride 2, BN, ReLU" in heard
    assert "shortcut: conv 1x1, 512, stride 2, BN; joined by add; then ReLU; output 512x28x28" in heard
    assert "Deviates" in heard
    assert "설계도" not in heard


def test_without_scripts_everything_is_there(visit: Open) -> None:
    page = visit("cifar-resnet20-ko", java_script_enabled=False).page
    assert page.is_visible("#t1-STEM-01")
    assert not page.is_visible("form")
    assert page.inner_text("h1") == "ResNet 적합성 보고서"


SHEET = 718  # pixels between the margins of A4, 96 an inch


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_paper_all_is_open_light_and_within_the_sheet(scheme: str, visit: Open) -> None:
    page = visit("torchvision-resnet50-en", SHEET, scheme).page
    data = page.pdf(format="A4")
    assert data.startswith(b"%PDF")
    if folder := os.environ.get("RESNET_SCREENSHOTS"):
        (Path(folder) / f"print-{scheme}.pdf").write_bytes(data)
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.is_visible("form")
    assert page.is_visible("#t1-STEM-01 dl")
    assert page.evaluate("document.documentElement.scrollWidth") <= SHEET
