"""docs/deviations.md: the differences from the papers that are known by name, and where each was seen."""

from __future__ import annotations

from docs.building.clauses import link
from docs.building.markdown import anchor, opening, table
from resnet_conformance.spec import Deviation, Spec, load_spec

TITLE = {"en": "The known deviations", "ko": "알려진 deviation 목록"}
INTRO = {
    "en": (
        "Differences from the papers that are known by name, from [`spec/deviations.yaml`](../spec/deviations.yaml),"
        " with"
        " places where each was seen. A report names those that explain what it found, and a project may declare one"
        " by its name ([how](expectations.md)): this covers the clauses that it explains. Which of them fail depends on"
        " the architecture and on how much of the network has it. A deviation without clauses is admitted by the papers"
        " or by their silence. A clause with SHOULD behind it is not a MUST: the verdict does not change where it"
        " fails."
    ),
    "ko": (
        "이름이 있는, 논문과의 차이이다. [`spec/deviations.yaml`](../../spec/deviations.yaml)에서 만들었으며, 어디서"
        " 발견되었는지도 적었다. 보고서는 발견한 것을 설명하는 deviation의 이름을 말하고, project는 그 이름으로 선언할"
        " 수 있다([방법](expectations.md)). 그러면 그 deviation이 설명하는 조항이 모두 선언된다. 그중 어느"
        " 조항이"
        " 실패하는지는 architecture에 따라, 그리고 네트워크의 얼마나 많은 곳에 있는지에 따라 다르다. 조항이 없는"
        " deviation은 논문이 허용하거나 논문이 말하지 않는 것이다. 뒤에 SHOULD가 있는 조항은 MUST가 아니어서, 어긋나도"
        " 판정이 바뀌지 않는다."
    ),
}
HEAD = {"en": ("deviation", "what it is", "clauses"), "ko": ("deviation", "무엇인가", "조항")}
EXPLAINS = {"en": "Clauses", "ko": "조항"}
NONE = {"en": "none: it is admitted", "ko": "없음: 허용된다"}
SEEN = {"en": "Seen in", "ko": "발견된 곳"}


def render(language: str) -> str:
    """The page in that language, "en" or "ko"."""
    spec = load_spec()
    deviations = spec.deviations.values()
    rows = [(f"[{d.id}](#{anchor(d.id)})", d.title[language], _explained(d, spec)) for d in deviations]
    parts = [opening(TITLE[language], "deviations", language), INTRO[language], table(HEAD[language], rows)]
    for deviation in deviations:
        seen = ", ".join(f"[{place['what']}]({place['link']})" for place in deviation.seen_in)
        parts += [
            f"## {deviation.id}",
            f"**{deviation.title[language]}.** {deviation.description[language]}",
            f"- *{EXPLAINS[language]}:* {_explained(deviation, spec) or NONE[language]}\n- *{SEEN[language]}:* {seen}",
        ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _explained(deviation: Deviation, spec: Spec) -> str:
    """The clauses, those that do not decide the verdict with their level."""
    levels = {name: spec.clauses[name].level for name in deviation.explains}
    return ", ".join(link(name) + (f" ({level})" if level != "MUST" else "") for name, level in levels.items())
