"""The words of docs/proof.md in each language; figures and reasons are told in English where a text is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SPEC_MUTANTS = (
    "Each value of the spec, changed: the loader refuses it, or a judgement or a typed table says another thing"
)
WORDS: Mapping[str, Mapping[str, Any]] = {
    "en": {
        "title": "The proof",
        "intro": (
            "How good is the suite itself? `nox -s mutants` breaks networks and the spec in every way that we know"
            " and\n"
            "counts what the suite notices; right networks in unusual clothes must not be blamed. Operations are\n"
            "changed everywhere in ResNet-20 and ResNet-18; in ResNet-50 and the pre-activation networks in the stem,\n"
            "the head and the first and last block of each stage."
        ),
        "columns": (
            "part",
            "trials",
            "noticed",
            "not noticed",
            "admitted by the papers",
            "no other network",
            "right, not blamed",
            "right, blamed",
        ),
        "by": "{title}: noticed by {by}.",
        "rivals": "| judged by | wrong networks noticed, of {wrong} | right ones blamed, of {right} |",
        "open": "Weaknesses that are open",
        "explained": "What was not noticed, and why that is no weakness",
        "measured": "Measured",
        "none": "None.",
        "many": "{count}, e.g. `{name}`",
        "once": (
            "once, on {date}: {cpus} CPU cores ({machine}), Python {python}, torch {torch}; of the code with the"
            " fingerprint {code}."
        ),
        "seconds": "{part} ({seconds} seconds in all processes)",
        "told": {},
    },
    "ko": {
        "title": "증명",
        "intro": (
            "판정기 자체는 얼마나 믿을 만한가? `nox -s mutants`는 우리가 아는 모든 방법으로 네트워크와 spec을"
            " 망가뜨리고,\n"
            "판정기가 그 가운데 몇 개를 알아채는지 센다. 낯선 방식으로 쓴 옳은 네트워크는 틀렸다고 하지 않아야 한다."
            " 연산은 ResNet-20과\n"
            "ResNet-18에서는 모든 곳에서, ResNet-50과 pre-activation 네트워크에서는 stem, head, 그리고 각 stage의 첫"
            " block과\n"
            "마지막 block에서 바꾼다."
        ),
        "columns": (
            "부분",
            "시험",
            "알아챔",
            "알아채지 못함",
            "논문이 허용함",
            "다른 네트워크가 아님",
            "옳고, 틀렸다고 하지 않음",
            "옳은데 틀렸다고 함",
        ),
        "by": "{title}: 알아챈 것은 {by}이다.",
        "rivals": "| 판정 방법 | 알아챈 틀린 네트워크({wrong}개 중) | 틀렸다고 한 옳은 네트워크({right}개 중) |",
        "open": "아직 남은 약점",
        "explained": "알아채지 못했지만 약점이 아닌 것과 그 이유",
        "measured": "측정",
        "none": "없다.",
        "many": "{count}개. 예: `{name}`",
        "once": (
            "{date}에 한 번 측정했다. CPU core {cpus}개({machine}), Python {python}, torch {torch}, 지문이 {code}인"
            " 코드."
        ),
        "seconds": "{part}(모든 process를 합해 {seconds}초)",
        "told": {
            "Wrong networks, each by its own clause; right ones, without an alarm": (
                "틀린 네트워크는 저마다 제 조항으로 잡고, 옳은 네트워크는 틀렸다고 하지 않는다"
            ),
            "Right networks with one operation changed, in every way that it allows": (
                "옳은 네트워크의 연산 하나를, 그 연산이 허용하는 모든 방법으로 바꾼 것"
            ),
            SPEC_MUTANTS: (
                "spec의 값 하나하나를 바꾼 것: loader가 거절하거나, 판정 또는 손으로 적은 표가 다른 말을 한다"
            ),
            "Ten fresh seeds, the same outcomes": "새 seed 열 개에서 결과가 같음",
            "typed table": "손으로 적은 표",
            "wrong network": "틀린 네트워크",
            "output shape": "출력 shape",
            "parameter count": "parameter 수",
            "multiply-adds": "multiply-add",
            "stage sizes": "stage의 크기",
            "golden logits": "저장해 둔 logit",
            "all of these together": "위의 것 모두 함께",
            "BN-07: the paper gives no momentum of the running statistics": (
                "BN-07: 논문은 running statistics의 momentum을 적지 않았다"
            ),
            "SC-17: the paper does not say before or behind which channels the zeros stand": (
                "SC-17: 논문은 0이 어느 channel의 앞이나 뒤에 오는지 말하지 않는다"
            ),
            "A backbone: the report's first sentence says that it has no classifier": (
                "backbone: 보고서의 첫 문장이 classifier가 없다고 말한다"
            ),
            "Two blocks of one form: the same network, its parameters registered in another order": (
                "모양이 같은 두 block: parameter를 다른 순서로 등록했을 뿐 같은 네트워크이다"
            ),
            "STEM-05: the pool of the released models": "STEM-05: 공개된 model의 pool",
            "CB-02: the released ResNet-50 has biases in its first convolution": (
                "CB-02: 공개된 ResNet-50은 첫 conv에 bias가 있다"
            ),
        },
    },
}
