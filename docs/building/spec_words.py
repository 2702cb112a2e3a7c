"""The words of docs/yaml.md that no schema has: the user's own files, and what is noted of the spec's."""

from __future__ import annotations

TITLE = {"en": "YAML and TOML files", "ko": "YAML과 TOML 파일"}
INTRO = {
    "en": [
        "The files that people write: in a project that is judged, and in the spec. Each is held against its form when"
        " it is read, and what does not fit is refused with its place and what to do.",
    ],
    "ko": [
        "사람이 쓰는 파일들이다. 판정받는 project의 것과 spec의 것이 있다. 읽을 때마다 형식에 맞는지 확인하고, 맞지"
        " 않으면 어디가 틀렸고 무엇을 하면 되는지 말하며 거절한다.",
    ],
}
PROJECT = {
    "en": (
        "Files of a project",
        "What the declarations do is told in [expectations.md](expectations.md).",
    ),
    "ko": (
        "project의 파일",
        "선언이 하는 일은 [expectations.md](expectations.md)에 있다.",
    ),
}
TOML = {
    "en": [
        "The table `[tool.resnet-conformance]` has one key, `targets`, a list of tables: what `resnet-conformance"
        " check` and the pytest suite judge where no target is named. Paths are those from the folder of the file on.",
        "`part` stands alone with `target`, `kwargs`, `expect` and `expected`.",
    ],
    "ko": [
        "table `[tool.resnet-conformance]`의 key는 `targets` 하나이며 table의 list이다. target을 말하지 않으면"
        " `resnet-conformance check`와 pytest suite가 이것들을 판정한다. 경로는 이 파일이 있는 folder에서 시작한다."
        " 표의 값은 program의 말 그대로여서 영어이다.",
        "`part`와 함께 쓸 수 있는 것은 `target`, `kwargs`, `expect`, `expected`뿐이다.",
    ],
}
TOML_EXAMPLE = """\
```toml
[tool.resnet-conformance]
targets = [
    {target = "mylib.models:resnet18", architecture = "imagenet/resnet18"},
    {target = "mylib.models:resnet50", architecture = "imagenet/resnet50", expect = "resnet50.yaml"},
    {target = "mylib.models:resnet101", architecture = "imagenet/resnet101", expected = {stride-3x3 = "we ship v1.5"}},
    {target = "my_net.py:resnet20", architecture = "cifar10/resnet20", input = [3, 32, 32], recipe = "my_net.py:sgd"},
    {target = "mylib.layers:Block", part = "basic-block", kwargs = {in_channels = 64, out_channels = 64}},
]
```"""
MEANINGS = {
    "target": {
        "en": "`package.module:factory`, of a package that is installed or stands in that folder;"
        " `path/to/file.py:factory`; or a file, `model.onnx` or `model.pt2`",
        "ko": "`package.module:factory`(설치되었거나 그 folder에 있는 package), `path/to/file.py:factory`, 또는 파일"
        " `model.onnx`나 `model.pt2`",
    },
    "architecture": {
        "en": "a name of `resnet-conformance list architectures`; without it the nearest one, which may be a variant",
        "ko": "`resnet-conformance list architectures`의 이름. 없으면 가장 가까운 것이며, 변형일 수도 있다",
    },
    "part": {
        "en": "the target is one module of a network, and is judged as this part ([parts.md](parts.md))",
        "ko": "target이 네트워크의 module 하나이며 이 부분으로 판정한다([parts.md](parts.md))",
    },
    "kwargs": {"en": "keyword arguments of the factory", "ko": "factory의 keyword argument"},
    "input": {
        "en": "channels, height, width; without it those of the architecture",
        "ko": "channel, 높이, 너비. 없으면 architecture의 것",
    },
    "recipe": {
        "en": "the training recipe ([recipes.md](recipes.md))",
        "ko": "training recipe([recipes.md](recipes.md))",
    },
    "expect": {
        "en": "the file of its declared deviations, as below",
        "ko": "선언한 deviation의 파일. 아래에 있다",
    },
    "expected": {
        "en": "declared deviations in place: under each clause or named deviation the reason, or a table of `reason`,"
        " `link` and `message` as below",
        "ko": "그 자리에 선언한 deviation. 조항이나 이름 있는 deviation마다 이유를, 또는 아래와 같은 `reason`, `link`,"
        " `message`의 table을 적는다",
    },
}
TOML_HEAD = {"en": ("key", "what the value is", "required", "meaning"), "ko": ("key", "값", "필수", "뜻")}
DECLARED = {
    "en": (
        "The file of declared deviations",
        "What `--expect FILE`, the key `expect` and the argument `expected` name; `--update-expectations` rewrites it.",
        "For torchvision's ResNet-50 these three say what `id: stride-3x3` says alone, and the last covers that number"
        " of multiply-adds and no other:",
    ),
    "ko": (
        "선언한 deviation의 파일",
        "`--expect FILE`, key `expect`, argument `expected`가 가리키는 파일이다. `--update-expectations`가 다시 쓴다.",
        "torchvision의 ResNet-50에서 다음 셋은 `id: stride-3x3` 하나와 같으며, 마지막 것은 multiply-add가 그 수일 때만"
        " 인정한다.",
    ),
}
DECLARED_EXAMPLE = """\
```yaml
expected:
  - id: BTN-04
    reason: "v1.5: what everybody's weights are for"
    link: https://github.com/pytorch/vision/issues/191
  - id: BTN-05
    reason: "the same stride, seen from the 3x3"
  - id: CT-05
    reason: "what the stride costs"
    message: "4,089,184,256"
```"""
SPEC = {
    "en": (
        "Files of the spec",
        "What the papers say, as data; [spec/README.md](../spec/README.md) tells how to read and how to change it. The"
        " schemas stand in `spec/schema/`. Beyond them the loader refuses what contradicts itself: a citation of an"
        " unknown source, a depth that the blocks do not make, a figure that the network does not have.",
    ),
    "ko": (
        "spec의 파일",
        "논문이 말하는 것을 데이터로 적었다. 읽고 고치는 법은 [spec/README.md](../../spec/README.md)에 있다. schema는"
        " `spec/schema/`에 있다. 그 밖에도 loader는 스스로 모순되는 것을 거절한다. 모르는 출처를 인용하거나, 깊이가"
        " block의 수와 맞지 않거나, 수치가 네트워크의 것이 아니면 그렇다.",
    ),
}
SEE = {"en": "Files: {links}.", "ko": "파일: {links}."}
EXCERPT = {"en": "From {link}:", "ko": "{link}에서:"}
# Beside tables; of the root of a file under the name of its schema.
NOTES = {
    "architectures": {
        "en": "A file is one [`family`](#family), or [`families`](#families) where it has the key of that name.",
        "ko": "파일은 [`family`](#family) 하나이거나, 그 이름의 key가 있으면 [`families`](#families)이다.",
    },
    "error": {
        "en": "`top1` is required where `above` is absent.",
        "ko": "`above`가 없으면 `top1`이 필수이다.",
    },
    "clause": {
        "en": "`not_examined` is required where `evidence` is `[none]`.",
        "ko": "`evidence`가 `[none]`이면 `not_examined`가 필수이다.",
    },
}
