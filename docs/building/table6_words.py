"""The words of docs/table6.md in each language."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Table 6, measured",
        "intro": (
            "The bundled networks trained with the recipe of He et al. 2015, section 4.2, on 50,000 images of CIFAR-10"
            " for"
            " 64,000 iterations, and their error on the 10,000 test images after the last one, beside what the paper"
            " prints: [how it is done](cifar10.md#table-6). Complete runs alone are shown; a short run is no result."
        ),
        "state": "Measured so far, of {all} networks: {models}.",
        "nothing": "none",
        "head": "network|parameters|printed error (%)|measured error (%)|training error (%)|minutes a run",
        "drawn": "drawn in Fig. 6",
        "none": "not yet",
        "once": "one run",
        "curves": "Training and test error over iterations, as in Fig. 6 of He et al. 2015",
        "departs": "Not as in the paper: {what}.",
        "ended": "Ended on {dates}.",
        "clock": "Minutes are those of the clock in which the run was running, beside other work of the machine.",
        "missing": "What is missing",
        "command": (
            "This command trains it, and goes on where it was interrupted, in as many pieces as needed:\n\n```console\n"
            "$ python -m resnet_impl.cifar10.table6 --models {models} --seeds 5 --data data --output runs\n```"
        ),
        "plan": (
            "How long a run takes on two CPU cores, from the median iteration of the trainer in {turns} turns of {each}"
            " iterations ({precision}, batches of 128; {machine}; {date}), as"
            " `python -m resnet_impl.cifar10.speed --model NAME` measures it. A plain network is given its residual"
            " twin's time:"
        ),
        "plan_head": "network|ms an iteration|hours for 64,000",
        "ways": "An iteration of {model}, fed in other ways",
        "ways_how": (
            "Milliseconds, the median of {turns} turns of {each} iterations (least and greatest), and the ratio of the"
            " medians to the bundled trainer's; all took turns in one run ({precision}, batches of {batch}; {data};"
            " {machine}; {date})."
        ),
        "ways_head": "way|ms an iteration|least|greatest|ratio",
    },
    "ko": {
        "title": "Table 6, 측정한 것",
        "intro": (
            "함께 제공하는 네트워크를 He et al. 2015, 4.2절의 recipe대로 CIFAR-10 이미지 50,000장에서 64,000 iteration"
            " 동안 학습시키고, 마지막 iteration 뒤에 test 이미지 10,000장에서 잰 오류율을 논문이 인쇄한 값 곁에 적었다."
            " [방법](cifar10.md#table-6). 끝까지 간 실행만 보인다. 짧은 실행은 결과가 아니다."
        ),
        "state": "지금까지 네트워크 {all}개 가운데 측정한 것: {models}.",
        "nothing": "없음",
        "head": "네트워크|parameter|인쇄된 오류율 (%)|측정한 오류율 (%)|training error (%)|실행마다 분",
        "drawn": "Fig. 6의 그림",
        "none": "아직 없음",
        "once": "한 번",
        "curves": "iteration에 따른 training error와 test error, He et al. 2015의 Fig. 6처럼",
        "departs": "논문과 다른 점: {what}.",
        "ended": "끝난 날: {dates}.",
        "clock": "분은 실행이 돌던 동안의 시계 시간이며, 그동안 기계는 다른 일도 했다.",
        "missing": "빠진 것",
        "command": (
            "다음 명령이 학습시키며, 중단된 곳에서 이어 간다. 몇 번에 나누어도 된다.\n\n```console\n"
            "$ python -m resnet_impl.cifar10.table6 --models {models} --seeds 5 --data data --output runs\n```"
        ),
        "plan": (
            "CPU core 두 개에서 한 실행이 걸리는 시간. `python -m resnet_impl.cifar10.speed --model NAME`이 재는 대로,"
            " {each} iteration씩 {turns}번 잰 trainer의 한 iteration의 중앙값에서 셈했다({precision}, batch 128;"
            " {machine}; {date}). plain 네트워크에는 residual 쌍둥이의 시간을 적었다."
        ),
        "plan_head": "네트워크|iteration마다 ms|64,000번에 시간",
        "ways": "이미지를 다른 방법으로 공급한 {model}의 한 iteration",
        "ways_how": (
            "{each} iteration씩 {turns}번 잰 것의 중앙값(최소와 최대)을 ms로, 그리고 함께 제공하는 trainer의"
            " 중앙값에 대한 비로 적었다. 모두 한 실행에서 번갈아 쟀다({precision}, batch {batch}; {data}; {machine};"
            " {date})."
        ),
        "ways_head": "방법|iteration마다 ms|최소|최대|비",
    },
}
