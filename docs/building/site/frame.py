"""The theme's own words around a Korean page: Furo has them in English, partly where no catalogue of Sphinx reaches."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

WORDS = {
    "Auto light/dark, in dark mode": "자동 (지금은 어두운 색)",
    "Auto light/dark, in light mode": "자동 (지금은 밝은 색)",
    "Back to top": "맨 위로",
    "Contents": "차례",
    "Dark mode": "어두운 색",
    "Expand": "펼치기",
    "Light mode": "밝은 색",
    "Menu": "메뉴",
    "Next": "다음",
    "On this page": "이 페이지에서",
    "Previous": "이전",
    "Skip to content": "본문으로 건너뛰기",
    "Toggle Light / Dark / Auto color theme": "밝은 색, 어두운 색, 자동 가운데 고르기",
    "Toggle site navigation sidebar": "사이트 차례 여닫기",
    "Toggle table of contents sidebar": "이 페이지의 차례 여닫기",
}
SCRIPTLESS = ("Please activate JavaScript to enable the search functionality.", "검색하려면 JavaScript를 켜야 한다.")
ARTICLE = re.compile(r"(<article.*</article>|<script\b.*?</script>)", re.DOTALL)
ANY = "|".join(map(re.escape, WORDS))
# Between tags, or as the name of what has no text.
WORD = re.compile(rf'(?<=>)(\s*)({ANY})(?=\s*<)|(?<= aria-label)(=")({ANY})(?=")')
MADE = re.compile(r"Made with(\s*<a[^>]*>Sphinx</a>) and(\s*<a[^>]*>@pradyunsg</a>)'s")


def in_korean(html: str) -> str:
    """The page with the words around its article translated, those within it as they are.

    What has no article is no page of the theme and stays as it is.
    """
    if "<article" not in html:
        return html
    parts = ARTICLE.split(html.replace(*SCRIPTLESS))
    parts[::2] = [MADE.sub(r"만든 도구:\1,\2의", WORD.sub(_translated, part)) for part in parts[::2]]
    return "".join(parts)


def _translated(found: re.Match[str]) -> str:
    before, word = found.group(1, 2) if found[2] else found.group(3, 4)
    return f"{before}{WORDS[word]}"


def on_build_finished(app: Sphinx, problem: Exception | None) -> None:
    """Sphinx's event: the pages are written."""
    if problem is None and app.config.language == "ko":
        for path in Path(app.outdir).rglob("*.html"):
            path.write_text(in_korean(path.read_text("utf-8")), "utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("build-finished", on_build_finished)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
