"""The words of docs/libraries.md in each language."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Well-known libraries, judged",
        "intro": (
            "{networks} networks of {libraries} libraries, each identified and held, clause by clause, against the"
            " paper's network that it is, or that it is a variant of: those of He et al. 2015 and 2016, ResNeXts"
            " against Xie et al. 2017, wide ResNets against Zagoruyko and Komodakis 2016. To violate is to differ from"
            " that network, and no blame: many differ on purpose. [matrix.html]({page}) is the same as one table that"
            " can be searched."
        ),
        "made": (
            "Made on {date} by resnet-conformance {version}, Python {python}, torch {torch}, on a CPU, each network"
            " once, with seed 0: `nox -s thirdparty -- --matrix`. Rows that had been derived by hand from the"
            " libraries' code, before any was judged, are held against it by a test"
            " (`tests/thirdparty/expected.yaml`)."
        ),
        "library": "library",
        "version": "version",
        "problem": "could not be judged",
        "absent": "{library} is missing: {why}.",
        "differences": "What differs most often",
        "differences_how": (
            "The known differences by the number of networks that have them. Some break no MUST (`zero-gamma`), and a"
            " network can have several."
        ),
        "differences_head": "difference|what it is|networks",
        "head": "network|it is|held against|verdict|known differences|MUSTs broken",
        "exactly": "exactly {name}",
        "nearest": "nearest to {name}",
        "near_none": "near none",
        "lacks_classifier": ", without its classifier",
        "lacks_head": ", without its head",
        "open": "open:",
    },
    "ko": {
        "title": "널리 쓰이는 library의 판정",
        "intro": (
            "library {libraries}개의 네트워크 {networks}개를 각각 식별하고, 그것이 구현한 논문의 네트워크 또는"
            " 그것이 변형한 네트워크와 조항별로 대조했다. He et al. 2015와 2016의 네트워크가 기준이고, ResNeXt는"
            " Xie et al. 2017, wide ResNet은 Zagoruyko and Komodakis 2016이 기준이다. `violates`는 그 네트워크와"
            " 다르다는 뜻이지"
            " 잘못이라는 뜻이 아니다. 일부러 다르게 만든 네트워크가 많다. [matrix.html]({page})은 같은 내용을 검색할 수"
            " 있는 표 하나로 보인다."
        ),
        "made": (
            "{date}에 resnet-conformance {version}, Python {python}, torch {torch}로 CPU에서 seed 0으로 네트워크마다"
            " 한 번씩 판정했다: `nox -s thirdparty -- --matrix`. 판정하기 전에 library의 코드를 읽어 손으로 도출해"
            " 둔 행들과 일치하는지 test가 확인한다(`tests/thirdparty/expected.yaml`)."
        ),
        "library": "library",
        "version": "버전",
        "problem": "판정할 수 없음",
        "absent": "{library}는 빠졌다: {why}.",
        "differences": "가장 자주 다른 점",
        "differences_how": (
            "이름이 있는 차이를, 그 차이가 있는 네트워크의 수와 함께 적었다. MUST를 어기지 않는 차이도 있고"
            "(`zero-gamma`), 한 네트워크에 여러 차이가 있을 수 있다."
        ),
        "differences_head": "차이|무엇인가|네트워크",
        "head": "네트워크|무엇인가|기준|판정|이름이 있는 차이|어긋난 MUST",
        "exactly": "정확히 {name}",
        "nearest": "가장 가까운 것은 {name}",
        "near_none": "가까운 것이 없음",
        "lacks_classifier": ", classifier 없음",
        "lacks_head": ", head 없음",
        "open": "확인하지 못한 조항:",
    },
}

# Why a library is missing, where the page is not in English: docs/matrix.json has the English reason.
ABSENT: Mapping[str, Mapping[str, str]] = {
    "ko": {
        "torchxrayvision": "ResNet을 만들려면 반드시 weight를 내려받아야 한다(torchvision의 ResNet-50과 ResNet-101)",
    },
}
