"""The matrix in a real browser: filtered by words, with a keyboard; whole on paper and without its script."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.thirdparty import matrix

if TYPE_CHECKING:
    from .test_page import Open

pytestmark = pytest.mark.skipif(not matrix.PAGE.exists(), reason="no matrix was made yet")
ROWS = ".matrix tbody tr"
VISIBLE = f"[...document.querySelectorAll('{ROWS}')].filter((row) => row.getClientRects().length).length"


def test_words_choose_rows(visit: Open) -> None:
    page = visit("matrix").page
    everything = page.evaluate(VISIBLE)
    assert everything == page.locator(ROWS).count() > 200
    page.locator("#words").fill("torchvision stride-3x3")
    some = page.evaluate(VISIBLE)
    assert 0 < some < 10
    assert page.locator("#shown").inner_text() == f"{some} of {everything}"
    page.locator("#words").fill("")
    assert page.evaluate(VISIBLE) == everything


def test_without_its_script_everything_is_there(visit: Open) -> None:
    page = visit("matrix", java_script_enabled=False).page
    assert page.locator(ROWS).count() > 200
    assert not page.locator("#words").is_visible()


@pytest.mark.parametrize("width", [1440, 390])
def test_a_row_is_read_with_its_headings(visit: Open, width: int) -> None:
    """On a phone the table is a list, each of whose lines begins with what the column was called."""
    page = visit("matrix", width).page
    cell = page.locator(f"{ROWS} td[data-label='held against']").first
    shown = page.evaluate("(cell) => getComputedStyle(cell, '::before').content", cell.element_handle())
    assert ("held against" in shown) == (width == 390)


def test_on_paper_all_rows_are_printed_whatever_was_chosen(visit: Open) -> None:
    page = visit("matrix").page
    everything = page.locator(ROWS).count()
    page.locator("#words").fill("torchvision")
    page.emulate_media(media="print")
    assert page.evaluate(VISIBLE) < everything  # what one looked for is what one prints
    assert not page.locator("#words").is_visible()
