"""The page's own words in English and Korean, and how a text of both stands in it."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from ..text import clean

LANGUAGES = ("en", "ko")
WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("ResNet conformance report", "ResNet 적합성 보고서"),
    "skip": ("Skip to the report", "보고서로 건너뛰기"),
    "language": ("Language", "언어"),
    "targets": ("Networks", "네트워크"),
    "target": ("network", "네트워크"),
    "against": ("against", "기준"),
    "verdict": ("verdict", "판정"),
    "conforms": ("Conforms", "준수함"),
    "deviates": ("Deviates as declared", "선언한 대로 다름"),
    "violates": ("Violates", "위반함"),
    "not-examined-verdict": ("No verdict", "판정 없음"),
    "exactly": ("It is exactly", "정확히 일치하는 architecture:"),
    "nearest": ("Nearest is", "가장 가까운 architecture:"),
    "near-none": (
        "It is near no architecture that the spec knows.",
        "spec이 아는 어떤 architecture와도 가깝지 않습니다.",
    ),
    "variant": ("a variant that is in no paper", "어느 논문에도 없는 변형"),
    "differences": ("Known differences", "이름이 알려진 차이"),
    "found-line": ("Found", "발견된 것"),
    "file": ("File", "파일"),
    "problem": ("It could not be judged", "판정할 수 없었습니다"),
    "stale": ("Declared, but not found (an error)", "선언했으나 발견되지 않음 (오류)"),
    "diagram": ("The network beside its blueprint", "설계도와 나란히 본 네트워크"),
    "diagram-help": (
        "From input to output. Left: the blueprint, the network that the paper means. Right: the network as found. "
        "A mark says which blocks a finding names; layers with a dashed frame stand otherwise on the other side.",
        "입력에서 출력까지입니다. 왼쪽은 논문이 뜻하는 네트워크인 설계도, 오른쪽은 발견된 네트워크입니다. "
        "표시는 finding이 지목한 block을 나타내고, 점선 테두리의 layer는 반대쪽과 다릅니다.",
    ),
    "no-diagram": (
        "This report holds no drawing of the network.",
        "이 보고서에는 네트워크 그림에 필요한 자료가 없습니다.",
    ),
    "blueprint": ("Blueprint", "설계도"),
    "found": ("As found", "발견된 것"),
    "input": ("Input", "입력"),
    "output": ("Output", "출력"),
    "absent": ("no such block", "이런 block 없음"),
    "blocks": ("blocks", "block"),
    "alike": ("blocks", "개 block"),
    "block-fail": ("Deviates", "어긋남"),
    "block-expected": ("Deviates as declared", "선언한 대로 다름"),
    "block-missing": ("Missing", "없는 block"),
    "block-extra": ("Not in the blueprint", "설계도에 없음"),
    "block-differs": ("Drawn otherwise; no failed clause names it", "그림은 다르나 이를 지목한 실패 없음"),
    "stem": ("stem", "stem"),
    "head": ("head", "head"),
    "stages": ("Stages and figures", "Stage와 수치"),
    "section": ("section", "구간"),
    "size": ("output size", "출력 크기"),
    "parameters": ("parameters", "parameter"),
    "multiply-adds": ("multiply-adds", "multiply-add"),
    "work": ("multiply-adds, to scale", "multiply-add 비율"),
    "depth": ("weighted layers", "가중치가 있는 layer"),
    "total": ("In total", "합계"),
    "printed": ("printed in the paper", "논문에 인쇄된 값"),
    "clauses": ("Clauses", "조항"),
    "filter": ("Show", "표시할 것"),
    "outcome": ("Outcome", "결과"),
    "level": ("Level", "단계"),
    "search": ("Search in the clauses", "조항에서 찾기"),
    "all": ("Open all", "모두 펼치기"),
    "none": ("Close all", "모두 접기"),
    "shown": ("clauses shown", "개 조항 표시됨"),
    "pass": ("passed", "통과"),
    "fail": ("failed", "실패"),
    "expected": ("declared", "선언됨"),
    "not-examined": ("not examined", "검사하지 않음"),
    "not-applicable": ("not applicable", "해당 없음"),
    "demands": ("Demands", "요구"),
    "why": ("Why", "이유"),
    "wanted": ("Expected", "기대한 값"),
    "actual": ("Found", "발견된 값"),
    "message": ("Message", "설명"),
    "where": ("Where", "위치"),
    "evidence": ("Evidence", "증거"),
    "cited": ("Cited", "출처"),
    "explained": ("Explained by", "이름이 알려진 차이"),
    "seen": ("seen in", "발견된 곳"),
    "declared": ("Declared", "선언"),
    "repro": ("Reproduce", "재현"),
    "family": ("The family, member by member", "family의 구성원"),
    "about": ("How this was judged", "판정 환경"),
    "keywords": ("Keyword arguments", "keyword 인자"),
    "to-top": ("Back to the list of networks", "네트워크 목록으로"),
}
VERDICTS = {"not-examined": "not-examined-verdict"}


def word(key: str) -> Markup:
    """The page's own word in both languages; one of them is shown."""
    return both(dict(zip(LANGUAGES, WORDS[key], strict=True)))


def both(words: Mapping[str, str]) -> Markup:
    """A text in both languages; where one lacks, or both are the same, one text for all."""
    english = clean(words["en"])
    korean = clean(words.get("ko", english))
    if korean == english:
        return Markup('<span lang="en">{}</span>').format(english)
    return Markup('<span data-l="en" lang="en">{}</span><span data-l="ko" lang="ko">{}</span>').format(english, korean)


def plain(text: object) -> Markup:
    """A text of the report, which is English (or code) whatever the page's language."""
    return Markup('<span lang="en">{}</span>').format(clean(str(text)))
