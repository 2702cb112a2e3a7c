"""The words of docs/json-report.md that the schema does not have, the rules between keys among them."""

from __future__ import annotations

TITLE = {"en": "The JSON report", "ko": "JSON 보고서"}
INTRO = {
    "en": [
        "All that a judgement found, as data. `resnet-conformance check TARGET --format json` writes it,"
        " `Report.to_json()` gives it in Python, `Report.from_json(data)` and `resnet-conformance view` read it again,"
        " and every other form of a report is made from it ([reports.md](reports.md)). The form is a JSON Schema"
        " (2020-12) that the package ships,"
        " [`report.schema.json`](../conformance/resnet_conformance/reports/report.schema.json); this page is made from"
        " it.",
        "Of several targets (those of a `pyproject.toml`) the file is a list of such reports, of at least one:"
        ' `{"schema": "resnet-conformance/reports/1", "reports": [...]}`. `schema` says which of the two it is.',
    ],
    "ko": [
        "판정에서 발견한 모든 것을 데이터로 적은 것이다. `resnet-conformance check TARGET --format json`이 쓰고,"
        " Python에서는 `Report.to_json()`이 준다. `Report.from_json(data)`와 `resnet-conformance view`가 다시 읽으며,"
        " 보고서의 다른 형식은 모두 이것으로 만든다([reports.md](reports.md)). 형식은 package에 든 JSON"
        " Schema(2020-12)인"
        " [`report.schema.json`](../../conformance/resnet_conformance/reports/report.schema.json)이며, 이 page는"
        " 그것으로 만들었다.",
        "target이 여럿이면(`pyproject.toml`의 것들) 파일은 그런 보고서가 하나 이상 든 list이다."
        ' `{"schema": "resnet-conformance/reports/1", "reports": [...]}`. 둘 중 어느 것인지는 `schema`가 말한다.',
    ],
}
EXAMPLE = {
    "en": (
        "An example",
        "A stored report on torchvision's ResNet-50, with one of its {findings} findings and without its drawing:",
        "And one entry of the drawing, the first block of conv3_x as found:",
    ),
    "ko": (
        "예",
        "torchvision의 ResNet-50에 대한 보고서이다. finding {findings}개 가운데 하나만 남기고 drawing을 뺐다.",
        "drawing의 한 항목, 발견된 conv3_x의 첫 block이다.",
    ),
}
TOP = {"en": "The report", "ko": "보고서"}
# What stands below the table of an object.
REPORT = {
    "en": [
        "The words of `verdict`, for which `check` ends with 0, 0, 1 and 2 where no declaration is stale:",
        "- `conforms`: no MUST fails, and every MUST that a check can decide was examined\n"
        "- `deviates`: what fails was declared, and nothing else fails\n"
        "- `violates`: a MUST fails that was not declared (with `--level should`, a MUST or a SHOULD)\n"
        "- `not-examined`: it could not be said; `summary.problem`, or the findings of that outcome, say why",
        "Besides, in every report:",
        "- where `verdict` is `conforms` or `deviates`, no finding of the level `MUST` has the outcome `fail`\n"
        "- where it is `violates`, a finding has the outcome `fail`\n"
        "- where it is `deviates`, a finding has the outcome `expected`\n"
        "- where `identified.exact` is `true`, `identified.architecture` is not `null`",
    ],
    "ko": [
        "`verdict`의 값이다. stale인 선언이 없으면 `check`는 차례로 0, 0, 1, 2로 끝난다.",
        "- `conforms`: 어긋난 MUST가 없고, 검사로 가릴 수 있는 MUST는 모두 검사했다\n"
        "- `deviates`: 어긋난 것은 선언되어 있고, 그 밖에는 어긋난 것이 없다\n"
        "- `violates`: 선언하지 않은 MUST가 어긋났다(`--level should`이면 MUST나 SHOULD)\n"
        "- `not-examined`: 판정할 수 없었다. 이유는 `summary.problem`이나 그 outcome의 finding이 말한다",
        "그 밖에 모든 보고서에서:",
        "- `verdict`가 `conforms`나 `deviates`이면 level이 `MUST`이고 outcome이 `fail`인 finding은 없다\n"
        "- `violates`이면 outcome이 `fail`인 finding이 있다\n"
        "- `deviates`이면 outcome이 `expected`인 finding이 있다\n"
        "- `identified.exact`가 `true`이면 `identified.architecture`는 `null`이 아니다",
    ],
}
FINDING = {
    "en": [
        "The words of `outcome`:",
        "- `pass`: the clause holds\n"
        "- `fail`: it does not, and that was not declared; `message` or `found` is then not empty\n"
        "- `expected`: it does not, and that was declared\n"
        "- `not-applicable`: it does not speak of this network\n"
        "- `not-examined`: it could not be examined; `message` says why, and is then not empty",
    ],
    "ko": [
        "`outcome`의 값이다.",
        "- `pass`: 조항을 지킨다\n"
        "- `fail`: 어기며, 선언하지 않았다. 이때 `message`나 `found`는 비어 있지 않다\n"
        "- `expected`: 어기며, 선언되어 있다\n"
        "- `not-applicable`: 이 네트워크에 해당하지 않는 조항이다\n"
        "- `not-examined`: 검사할 수 없었다. 이유를 말하는 `message`는 비어 있지 않다",
    ],
}
