"""docs/clauses.md: every clause with its level, scope, evidence, known deviations and citations, and the sources."""

from __future__ import annotations

from collections.abc import Mapping

from docs.building.markdown import anchor, opening, table
from resnet_conformance.explain import describe_scope
from resnet_conformance.spec import Clause, Spec, load_spec

TITLE = {"en": "The clauses", "ko": "조항 목록"}
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "intro": (
            "All rules that a network is held against, from [`spec/clauses/`](../spec/README.md): {count} clauses, of"
            " which {must} are a MUST. **MUST** is what the paper states or what follows from it by arithmetic,"
            " **SHOULD** is known from released code or a later text of the authors, **MAY** is an admitted choice,"
            " which is reported and never a failure. [How the judge works](judge.md) says what the kinds of evidence"
            " are. `resnet-conformance explain BTN-04` prints one clause."
        ),
        "derived": "follows from what the paper states",
        "why": "Why",
        "scope": "Applies to",
        "evidence": "Evidence",
        "unexamined": "Not examined",
        "replaced": "Not in",
        "by": "{names} ({new} takes its place)",
        "gone": "{names} (no clause takes its place)",
        "broken": "Broken by",
        "cited": "Cited",
        "sources": "Sources",
        "head": "key|source|year|where",
    },
    "ko": {
        "intro": (
            "네트워크를 판정하는 규칙 전부이며, [`spec/clauses/`](../../spec/README.md)에서 만들었다. 조항은"
            " {count}개이고"
            " 그중 {must}개가 MUST이다. **MUST**는 논문이 말한 것, 또는 거기서 산술로 따라 나오는 것이다. **SHOULD**는"
            " 공개된 코드나 저자들의 나중 글에서 알 수 있는 것이고, **MAY**는 허용된 선택이어서 보고만 하고 실패로 치지"
            " 않는다. 검사 방법, 곧 증거의 종류는 [판정기가 일하는 방식](judge.md)에 있다."
            " `resnet-conformance explain BTN-04 --lang ko`는 조항 하나를 보여 준다."
        ),
        "derived": "논문이 말한 것에서 도출됨",
        "why": "이유",
        "scope": "적용 대상",
        "evidence": "검사 방법",
        "unexamined": "검사하지 않음",
        "replaced": "적용되지 않는 곳",
        "by": "{names}({new}이 대신한다)",
        "gone": "{names}(대신하는 조항 없음)",
        "broken": "어기는 deviation",
        "cited": "출처",
        "sources": "출처 목록",
        "head": "key|자료|연도|위치",
    },
}


def render(language: str) -> str:
    """The page in that language, "en" or "ko"."""
    spec, words = load_spec(), WORDS[language]
    must = sum(clause.level == "MUST" for clause in spec.clauses.values())
    parts = [opening(TITLE[language], "clauses", language), words["intro"].format(count=len(spec.clauses), must=must)]
    for key, chapter in spec.chapters.items():
        parts.append(f"## {chapter.title[language]} ({key})")
        parts += [_clause(clause, spec, language) for clause in spec.clauses.values() if clause.chapter == key]
    parts.append(f"## {words['sources']}\n\n{_sources(spec, words)}")
    return "\n\n".join(part.strip() for part in parts) + "\n"


def link(clause: str) -> str:
    """A clause's id as a link to its heading, from another page in the same folder."""
    return f"[{clause}](clauses.md#{anchor(clause)})"


def _clause(clause: Clause, spec: Spec, language: str) -> str:
    words = WORDS[language]
    level = f"{clause.level}, {words['derived']}" if clause.derived else clause.level
    broken = [d.id for d in spec.deviations.values() if clause.id in d.explains]
    fields = [
        (words["why"], clause.why[language]),
        (words["scope"], describe_scope(clause.scope, language)),
        (words["replaced"], _replaced(clause, spec, words)),
        (words["evidence"], "" if clause.not_examined else ", ".join(clause.evidence)),
        (words["unexamined"], clause.not_examined[language] if clause.not_examined else ""),
        (words["broken"], ", ".join(f"[{name}](deviations.md#{anchor(name)})" for name in broken)),
        (words["cited"], "; ".join(clause.cite)),
    ]
    listed = "\n".join(f"- *{label}:* {text}" for label, text in fields if text)
    return f"### {clause.id}\n\n**{level}.** {clause.statement[language]}\n\n{listed}"


def _replaced(clause: Clause, spec: Spec, words: Mapping[str, str]) -> str:
    """The variants of which this clause does not speak, by what takes its place there."""
    found: dict[str | None, list[str]] = {}
    for architecture in spec.architectures.values():
        if clause.id in architecture.replaces:
            found.setdefault(architecture.replaces[clause.id], []).append(f"`{architecture.name}`")
    ways = [words["by" if new else "gone"].format(names=", ".join(names), new=new) for new, names in found.items()]
    return "; ".join(ways)


def _sources(spec: Spec, words: Mapping[str, str]) -> str:
    rows = [
        (
            source.key,
            f"[{source.title}]({source.link})" if source.link else source.title,
            str(source.year),
            source.where,
        )
        for source in spec.sources.values()
    ]
    return table(words["head"].split("|"), rows)
