"""The chapters of docs/api.md and its words that no docstring has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

TITLE = {"en": "The Python API", "ko": "Python API"}
INTRO = {
    "en": [
        "The public names of the two packages: `resnet_conformance`, which judges, and `resnet_impl`, the networks."
        " Other names are the packages' own.",
    ],
    "ko": [
        "두 package의 공개된 이름이다. `resnet_conformance`는 판정하고, `resnet_impl`에는 네트워크가 있다. 다른 이름은"
        " package가 스스로 쓰는 것이다. 설명은 코드의 docstring 그대로여서 영어이다.",
    ],
}


@dataclass(frozen=True, slots=True)
class Chapter:
    """Names that belong together: those listed, or the public ones of modules, in the order of their source."""

    titles: Mapping[str, str]
    names: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Package:
    """A package: what is said before its chapters, its chapters, and the heading of the words in its signatures."""

    name: str
    intro: Mapping[str, list[str]]
    chapters: tuple[Chapter, ...]
    words: Mapping[str, str]


EXAMPLE = """\
```python
from resnet_conformance import check, identify

report = check("resnet_impl:resnet50", "imagenet/resnet50")  # or an nn.Module, or what makes one
report.verdict  # "conforms"
print(report)  # as in a terminal
[finding.clause for finding in report.failed("MUST")]  # []
identify("resnet_impl:resnet50").architecture  # "imagenet/resnet50"
```"""
NETWORKS = """\
```python
import torch
from resnet_impl import cifar_resnet20, resnet50

net = resnet50(stride_on="3x3", num_classes=100).eval()  # v1.5
net(torch.zeros(1, 3, 224, 224)).shape  # torch.Size([1, 100])
cifar_resnet20(shortcut="B").maps16[0]  # the first block with 32 filters
```"""

CONFORMANCE = Package(
    name="resnet_conformance",
    intro={
        "en": [
            EXAMPLE,
            "Importing the package does not import torch; `check`, `identify`, `check_family` and `transplant` do when"
            " they are called. What they raise is imported from the package as well: `from resnet_conformance import"
            " TargetProblem`.",
        ],
        "ko": [
            EXAMPLE,
            "package를 import해도 torch는 import되지 않는다. `check`, `identify`, `check_family`, `transplant`를 부르면"
            " import된다. 이 함수들이 raise하는 exception도 package에서 import한다. `from resnet_conformance import"
            " TargetProblem`.",
        ],
    },
    chapters=(
        Chapter({"en": "Judging", "ko": "판정하기"}, ("check", "identify", "check_family")),
        Chapter(
            {"en": "What comes back", "ko": "돌려받는 것"},
            ("Report", "Finding", "Identification", "TargetInfo", "Declared"),
        ),
        Chapter({"en": "Tests of your own", "ko": "자기 test"}, ("parametrize_with_clauses",)),
        Chapter(
            {"en": "Moving weights", "ko": "weight 옮기기"},
            ("transplant", "Transplanted", "NetworksDiffer", "WeightsError"),
        ),
        Chapter(
            {"en": "What is raised", "ko": "raise하는 exception"},
            (
                "TargetProblem",
                "UnjudgeableError",
                "SpecError",
                "UnknownArchitectureError",
                "ExpectationError",
                "FamilyError",
                "OutputError",
            ),
        ),
    ),
    words={"en": "Words in the signatures of the judge", "ko": "판정기의 signature에 나오는 이름"},
)
IMPLEMENTATION = Package(
    name="resnet_impl",
    intro={
        "en": [
            NETWORKS,
            "The networks of He et al. 2015 and 2016 in plain PyTorch. The functions that make networks need no"
            " argument; all networks, blocks, stems and shortcuts are `nn.Module`s. `**options` are the keywords of"
            " `Options` or `ImageNetOptions`, which stand at the end.",
        ],
        "ko": [
            NETWORKS,
            "He et al. 2015와 2016의 네트워크를 순수한 PyTorch로 쓴 것이다. 네트워크를 만드는 함수는 argument 없이"
            " 부를 수 있으며, 네트워크, block, stem, shortcut은 모두 `nn.Module`이다. `**options`는 끝에 있는"
            " `Options`나 `ImageNetOptions`의 keyword이다.",
        ],
    },
    chapters=(
        Chapter({"en": "Networks of 2015", "ko": "2015년의 네트워크"}, modules=("presets",)),
        Chapter({"en": "Networks of 2016", "ko": "2016년의 네트워크"}, modules=("preactivation_presets",)),
        Chapter(
            {"en": "What networks are made of", "ko": "네트워크를 이루는 것"},
            modules=("resnet", "stems", "blocks", "shortcuts", "preactivation", "initialization"),
        ),
        Chapter(
            {"en": "The same in low-level operations", "ko": "저수준 연산으로 쓴 같은 네트워크"},
            modules=("lowlevel_presets", "lowlevel", "lowlevel_names"),
        ),
        Chapter({"en": "Weights of torchvision", "ko": "torchvision의 weight"}, modules=("torchvision_names",)),
        Chapter({"en": "Fast networks", "ko": "빠른 네트워크"}, modules=("acceleration",)),
    ),
    words={"en": "Words in the signatures of the networks", "ko": "네트워크의 signature에 나오는 이름"},
)
PACKAGES = (CONFORMANCE, IMPLEMENTATION)
# Sentences below a name, where another page says more.
MORE = {
    "check": {
        "en": "On the command line: [check](commands.md#check).",
        "ko": "명령행에서는 [check](commands.md#check)이다.",
    },
    "Report": {
        "en": "What each field holds stands with the [JSON report](json-report.md).",
        "ko": "각 field에 무엇이 있는지는 [JSON 보고서](json-report.md)에 있다.",
    },
    "parametrize_with_clauses": {
        "en": "With an example: [expectations.md](expectations.md).",
        "ko": "예는 [expectations.md](expectations.md)에 있다.",
    },
}
HEAD = {
    "members": {"en": ("method or property", "what it is"), "ko": ("method 또는 property", "설명")},
    "functions": {"en": ("function", "what it makes"), "ko": ("함수", "만드는 것")},
}
ALIKE = {"en": "All of these are called in this way.", "ko": "모두 이렇게 부른다."}
GROUP = {"en": "{first} to {last}", "ko": "{first}~{last}"}
