"""The words of docs/commands.md that neither the parser nor the manual has."""

from __future__ import annotations

TITLE = {"en": "The command line", "ko": "명령행"}
INTRO = {
    "en": [
        "All of `resnet-conformance`: its verbs, their arguments and options. `resnet-conformance VERB --help` prints"
        " the same. Parentheses at the end of a meaning mostly say what holds where the option is left out. Options"
        " are never guessed from their first letters, and a value that begins with `-` is written `--only=-X`.",
        "Other commands have pages of their own: [training](cifar10.md), [analysis](analysis.md), and the"
        " [networks that the project judges](../README.md).",
    ],
    "ko": [
        "`resnet-conformance`의 동사와 그 argument와 option 전부이다. `resnet-conformance VERB --help`가 같은 것을"
        " 출력한다. 설명 끝의 괄호는 대개 그 option을 주지 않았을 때의 값이다. option은 앞 글자만으로 짐작하지 않으며,"
        " `-`로 시작하는 값은 `--only=-X`처럼 쓴다. 표와 목록의 설명은 program이 출력하는 글 그대로여서"
        " 영어이다.",
        "다른 명령은 각자의 page에 있다. [학습](cifar10.md), [분석](analysis.md), 그리고"
        " [이 project가 판정하는 네트워크들](../../README.ko.md).",
    ],
}
HEAD = {
    "verbs": {"en": ("verb", "what it does"), "ko": ("동사", "하는 일")},
    "options": {"en": ("argument or option", "meaning"), "ko": ("argument 또는 option", "설명")},
}
REQUIRED = {
    "required": {"en": "*Required.*", "ko": "*필수.*"},
    "one of": {"en": "One of", "ko": "다음 가운데 하나:"},
}
SEE = {"en": "See {links}.", "ko": "참고: {links}."}
BESIDES = {"en": "More {name}", "ko": "그 밖의 {name}"}
OPTIONS = {
    "en": ("Options of every verb", "They stand behind the verb; `--version` stands alone."),
    "ko": ("모든 동사의 option", "동사 뒤에 쓴다. `--version`은 홀로 쓴다."),
}
# The titles of the manual's sections, those that several verbs share in the order in which they are told.
SECTIONS = {
    "targets": {"en": "Targets", "ko": "대상"},
    "formats": {"en": "Formats", "ko": "형식"},
    "examples": {"en": "Examples", "ko": "예"},
    "exit status": {"en": "Exit status", "ko": "Exit code"},
    "files": {"en": "Files", "ko": "파일"},
    "environment": {"en": "Environment", "ko": "환경 변수"},
    "see also": {"en": "See also", "ko": "함께 볼 것"},
}
PYTEST = {
    "en": (
        "Options of pytest",
        "Where the package is installed, pytest has these options. They say what its suite judges, one test for each"
        " clause; without `--resnet-target` that is all that the project's `pyproject.toml` lists. The decorator, the"
        " mark and the fixture for tests of your own are in [expectations.md](expectations.md).",
        "```console\n$ python -m pytest --pyargs resnet_conformance --resnet-target torchvision.models:resnet18"
        " --resnet-architecture imagenet/resnet18\n```",
    ),
    "ko": (
        "pytest의 option",
        "package를 설치하면 pytest에 다음 option이 생긴다. suite가 무엇을 판정할지 말하며, 조항마다 test 하나이다."
        " `--resnet-target`이 없으면 project의 `pyproject.toml`에 적힌 모두를 판정한다. 자기 test를 위한 decorator,"
        " mark, fixture는 [expectations.md](expectations.md)에 있다.",
        "```console\n$ python -m pytest --pyargs resnet_conformance --resnet-target torchvision.models:resnet18"
        " --resnet-architecture imagenet/resnet18\n```",
    ),
}
