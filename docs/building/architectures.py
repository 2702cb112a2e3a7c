"""docs/architectures.md: each architecture's maps stage by stage, its exact counts, and what its paper prints."""

from __future__ import annotations

from collections.abc import Mapping

from docs.building.markdown import anchor, opening, table
from resnet_conformance.architecture import Architecture
from resnet_conformance.figures import agrees
from resnet_conformance.show import stage_rows
from resnet_conformance.spec import load_spec

TITLE = {"en": "The architectures", "ko": "Architecture 목록"}
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "intro": (
            "Every network that the spec knows, stage by stage. Sizes, parameters and multiply-adds are measured on the"
            " blueprint that is drawn from [`spec/architectures/`](../spec/README.md), for one image of the standard"
            " size: convolutions without bias, each followed by a BN with gamma and beta, a linear layer with biases,"
            " multiply-adds of convolutions and linear layer. `resnet-conformance show imagenet/resnet50` prints one of"
            " them; [Write a new architecture file](architecture-file.md) says how to add one."
        ),
        "paper": "Networks of He et al.",
        "variant": "Variants: the world calls them ResNet, no table of He et al. has them",
        "relative": "Networks of other papers, told by what they change in a ResNet",
        "overview": "architecture|depth|options|parameters|multiply-adds",
        "facts": "{title}. {block} blocks, {depth} weighted layers, input {size}, {classes} classes{base}.",
        "base": "; a variant of [{base}](#{anchor})",
        "stages": "layer|output|channels|kernels|blocks|parameters|multiply-adds",
        "key": (
            "The first shortcut option is shown. Kernels are those of one block in order; `/2` is a stride of 2, in a"
            " stage's first block alone."
        ),
        "options": "option|projections|parameters|of them BN|multiply-adds",
        "printed": "printed|derived|option|cited",
        "errors": "printed error (%)|how|option|cited",
        "cited": "Cited",
        "parameters": "parameters",
        "weights": "weights",
        "multiply_adds": "multiply-adds",
        "rounds": "{exact}, which rounds to the print",
        "within": "{exact}, less than one unit of the last digit away",
        "not": "{exact}, which does NOT agree",
        "mean": "mean of {runs} runs",
        "several": "several",
    },
    "ko": {
        "intro": (
            "spec이 아는 모든 네트워크를 stage별로 보인다. 크기, parameter, multiply-add는"
            " [`spec/architectures/`](../../spec/README.md)에서 그린 설계도에서 표준 크기의 이미지 하나로 센 것이다."
            " conv에는"
            " bias가 없고 각각 gamma와 beta가 있는 BN이 따르며, linear layer에는 bias가 있다. multiply-add는 conv와"
            " linear"
            " layer의 것이다. `resnet-conformance show imagenet/resnet50`은 그중 하나를 보여 준다. 새로 더하는 방법은"
            " [새 architecture 파일 쓰기](architecture-file.md)에 있다."
        ),
        "paper": "He et al.의 네트워크",
        "variant": "변형: ResNet이라 불리지만 He et al.의 어느 표에도 없는 것",
        "relative": "다른 논문의 네트워크: ResNet에서 바꾼 것으로 적었다",
        "overview": "architecture|깊이|option|parameter|multiply-add",
        "facts": "{title}. {block} block, weighted layer {depth}개, 입력 {size}, class {classes}개{base}.",
        "base": "; [{base}](#{anchor})의 변형",
        "stages": "layer|출력|channel|kernel|block|parameter|multiply-add",
        "key": (
            "첫째 shortcut option을 보인다. kernel은 block 하나의 것을 순서대로 적었고, `/2`는 stride 2이며 stage의 첫"
            " block에만 있다."
        ),
        "options": "option|projection|parameter|그중 BN|multiply-add",
        "printed": "논문의 값|도출한 값|option|출처",
        "errors": "논문의 오류율 (%)|방법|option|출처",
        "cited": "출처",
        "parameters": "parameter",
        "weights": "weight",
        "multiply_adds": "multiply-add",
        "rounds": "{exact}, 반올림하면 논문의 값",
        "within": "{exact}, 마지막 자리 한 단위보다 가까움",
        "not": "{exact}, 논문의 값과 맞지 않음",
        "mean": "{runs}번의 평균",
        "several": "여러",
    },
}
UNITS = {1e6: "million", 1e9: "billion"}
ERRORS = {"top1": "top-1", "top5": "top-5", "above": ">"}
KINDS = ("paper", "variant", "relative")


def render(language: str) -> str:
    """The page in that language, "en" or "ko"."""
    words = WORDS[language]
    architectures = load_spec().architectures.values()
    parts = [opening(TITLE[language], "architectures", language), words["intro"]]
    for kind in KINDS:
        chosen = [architecture for architecture in architectures if _kind(architecture) == kind]
        rows = [
            (f"[{a.name}](#{anchor(a.name)})", str(a.depth), ", ".join(a.options), *_figures(a, a.option))
            for a in chosen
        ]
        parts += [f"## {words[kind]}", table(words["overview"].split("|"), rows, right=(1, 3, 4)), words["key"]]
        parts += [_architecture(architecture, words) for architecture in chosen]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _kind(architecture: Architecture) -> str:
    if not architecture.variant:
        return "paper"
    return "relative" if architecture.paper else "variant"


def _figures(architecture: Architecture, option: str) -> tuple[str, str]:
    derived = architecture.derived[option]
    return f"{derived.parameters:,}", f"{derived.multiply_adds:,}"


def _architecture(a: Architecture, words: Mapping[str, str]) -> str:
    base = words["base"].format(base=a.base, anchor=anchor(a.base)) if a.base else ""
    size = f"{a.channels}x{a.size}x{a.size}"
    facts = words["facts"].format(title=a.title, block=a.block, depth=a.depth, size=size, classes=a.classes, base=base)
    parts = [
        f"### {a.name}",
        facts,
        table(words["stages"].split("|"), stage_rows(a), right=(4, 5, 6)),
        table(words["options"].split("|"), [_option(a, option) for option in a.options], right=(1, 2, 3, 4)),
    ]
    if printed := _printed(a, words):
        parts.append(table(words["printed"].split("|"), printed))
    if a.errors:
        parts.append(table(words["errors"].split("|"), [_error(error, words) for error in a.errors]))
    parts.append(f"*{words['cited']}:* {'; '.join(a.cite)}")
    return "\n\n".join(part.strip() for part in parts)


def _option(a: Architecture, option: str) -> tuple[str, ...]:
    derived = a.derived[option]
    counts = (derived.projections, derived.parameters, derived.batch_norm_affine, derived.multiply_adds)
    return (option, *(f"{count:,}" for count in counts))


def _printed(a: Architecture, words: Mapping[str, str]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for figure in a.printed:
        for option in (one for one in figure.options if one in a.options):
            exact = int(getattr(a.derived[option], figure.quantity))
            rule = figure.rule if agrees(figure, exact) else "not"
            unit = UNITS.get(figure.unit, f"x {figure.unit:g}")
            value = f"{figure.value:.{figure.digits}f} {unit} {words[figure.quantity]}"
            rows.append((value, words[rule].format(exact=f"{exact:,}"), option, "; ".join(figure.cite)))
    return rows


def _error(error: Mapping[str, object], words: Mapping[str, str]) -> tuple[str, ...]:
    values = {name: float(str(error[key])) for key, name in ERRORS.items() if key in error}
    digits = max(len(f"{value:g}".partition(".")[2]) for value in values.values())  # 7.40 beside 24.19
    parts = [f"{name} {value:.{digits}f}" for name, value in values.items()]
    if "mean" in error:
        runs = words["mean"].format(runs=error.get("runs", words["several"]))
        parts.append(f"{runs} {error['mean']} ± {error.get('std', '?')}")
    cite = error["cite"]
    assert isinstance(cite, (list, tuple))
    return (", ".join(parts), str(error["setting"]), str(error["option"]), "; ".join(cite))
