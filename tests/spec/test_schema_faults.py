"""Every rule of the schemas: one thing wrong in a copy of the spec is told in plain words at its place.

Each case: the file; a text that stands once in it; the first text behind that which is replaced; by what (`¦`
marks where the fault is, and is no part of the file); and words of the message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resnet_conformance.spec import SpecError, load_spec

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import SpecCopy

IMAGENET, CIFAR = "architectures/imagenet.yaml", "architectures/cifar10.yaml"
VARIANTS, STEM, DEVIATIONS = "architectures/variants.yaml", "clauses/stem.yaml", "deviations.yaml"

CASES = [
    (IMAGENET, "\nstem:", "kernel: 7", "¦kernal: 7",
     "unknown key 'kernal' (did you mean 'kernel'?); the keys here are kernel, filters, stride, "
     "padding, output, pool"),
    (IMAGENET, "\nstem:", "kernel: 7", "kernel: 7\n  ¦zoom: 2",
     "unknown key 'zoom'; the keys here are kernel, filters,"),
    (IMAGENET, "", "\nstem:\n  kernel: 7\n", "\n¦stem:\n",
     "'kernel' is missing here; add it (side of the kernel)"),
    (IMAGENET, "choices:", "{padding: 1, ceil: false", "¦{padding: 1",
     "'ceil' is missing here; add it (true: the output"),
    (IMAGENET, "title: ResNet-50\n", "    depth: 50\n", "",
     "'depth' is missing here; add it (weighted layers: "),
    (IMAGENET, "\nstem:", "filters: 64", "filters: ¦many",
     "expected a whole number, found the text 'many' (output channels"),
    (IMAGENET, "\nstem:", "filters: 64", "filters: ¦64.0", "expected a whole number, found the number 64.0"),
    (IMAGENET, "\nstem:", "filters: 64", "filters: ¦true", "expected a whole number, found true"),
    (IMAGENET, "\nstem:", "filters: 64", "filters: ¦[64]", "expected a whole number, found a list"),
    (IMAGENET, "choices:", "ceil: true", "ceil: ¦1", "expected true or false, found the number 1"),
    (IMAGENET, "choices:", "[FB models/resnet.lua]", "¦FB models/resnet.lua",
     "expected a list, found the text 'FB models"),
    (IMAGENET, "\nstem:", "stride: 2", "stride: ¦0", "must be at least 1, found 0 (stride"),
    (IMAGENET, "title: ResNet-18\n", "top1: 27.88", "top1: ¦127.88",
     "must be at most 100, found 127.88 (top-1 error"),
    (IMAGENET, "title: ResNet-18\n", "unit: 1.0e+9", "unit: ¦0", "must be more than 0, found 0"),
    (IMAGENET, "title: ResNet-50\n", "bottleneck", "¦bottelneck",
     "expected basic or bottleneck, found the text 'bottelneck' (did you mean 'bottleneck'?)"),
    (CIFAR, "\nstem:", "pool: none", "pool: ¦never", "expected none, found the text 'never'"),
    (CIFAR, "\nstem:", "pool: none", "pool: {kernel: 3, stride: ¦two}",
     "expected a whole number, found the text 'two'"),
    (IMAGENET, "\nblocks:", "basic:", "¦basik:", "the key 'basik' does not fit (did you mean 'basic'?)"),
    (IMAGENET, "", "imagenet/resnet50:", "¦ImageNet/ResNet50:",
     "the key 'ImageNet/ResNet50' does not fit (a data set and a network in lower case"),
    (IMAGENET, "title: ResNet-34\n", "[A, B, C]", "¦[A, B, B]", "'B' stands twice in this list; remove one"),
    (IMAGENET, "title: ResNet-18\n", ", top1: 27.88", "", "'top1' is missing here; add it"),
    (IMAGENET, "choices:", "[FB models/resnet.lua]", "¦[]",
     "this must not be empty; write what belongs here (where this stands, each entry a source's key"),
    (IMAGENET, "choices:", "FB models/resnet.lua", "¦' FB'",
     "the text ' FB' does not fit (a key of sources.yaml, then"),
    (STEM, "id: STEM-01\n", "    cite:", "    ¦site:", "unknown key 'site' (did you mean 'cite'?)"),
    (STEM, "", "id: STEM-01\n", "id: ¦stem-1\n",
     "the text 'stem-1' does not fit (a clause id: the chapter, a dash,"),
    (STEM, "id: STEM-01\n", "MUST", "¦MIGHT", "expected MUST, SHOULD or MAY, found the text 'MIGHT'"),
    (STEM, "id: STEM-01\n", "dataset:", "¦datasets:",
     "unknown key 'datasets' (did you mean 'dataset'?); the keys here are dataset, generation, "
     "block, option, strided and"),
    (STEM, "id: STEM-01\n", "imagenet", "¦imagnet",
     "expected imagenet or cifar10, found the text 'imagnet' (did you mean 'imagenet'?)"),
    (STEM, "id: STEM-01\n", "evidence: [structure]", "evidence: [none]",
     "'not_examined' is missing here; add it"),
    (STEM, "\ntitle: {", "ko: ", "¦kr: ", "unknown key 'kr'; the keys here are en and ko"),
    (VARIANTS, "resnet50-v1.5:", "strided: 2", "¦stride: 2",
     "unknown key 'stride' (did you mean 'strided'?)"),
    (VARIANTS, "resnet50-v1.5:", "{strided: 2}", "¦{}",
     "this must not be empty; write what belongs here (what differs"),
    (VARIANTS, "resnet50-v1.5:", "BTN-04: BTN-06", "BTN-04: ¦nothing",
     "the text 'nothing' does not fit (a clause id, or"),
    (VARIANTS, "resnet50-v1.5:", "BTN-04: BTN-06", "¦BTN4: BTN-06",
     "the key 'BTN4' does not fit (a clause id"),
    (DEVIATIONS, "id: stride-3x3", "link: ", "¦url: ", "unknown key 'url'; the keys here are what and link"),
    (DEVIATIONS, "", "id: stride-3x3\n", "id: ¦stride 3x3\n",
     "the text 'stride 3x3' does not fit (a deviation id"),
    ("sources.yaml", "  P1:", "year: 2015", "year: ¦long ago",
     "expected a whole number, found the text 'long ago'"),
    ("sources.yaml", "  P1:", "link: https:", "link: ¦ftp:", "does not fit (an https address"),
    ("sources.yaml", "", "  P1:\n", "  ¦p1:\n", "the key 'p1' does not fit (a short key in capitals"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "after", "old", "new", "words"), CASES, ids=[case[4][:40] for case in CASES])
def test_a_fault_is_told_at_its_place(
    spec_copy: SpecCopy, file: str, after: str, old: str, new: str, words: str
) -> None:
    spec_copy.refuses(file, after, old, new, words)


def test_a_slip_in_a_key_is_told_once_not_as_a_missing_key_too(spec_copy: SpecCopy) -> None:
    error = spec_copy.refuses(IMAGENET, "\nstem:", "kernel: 7", "¦kernal: 7", "unknown key 'kernal'")
    assert len(error.faults) == 1


def test_a_clause_needs_a_citation(spec_copy: SpecCopy) -> None:
    text = (spec_copy.root / STEM).read_text(encoding="utf-8")
    start = text.index("    cite:", text.index("id: STEM-01\n"))
    line = text[start : text.index("\n", start) + 1]
    error = spec_copy.refuses(STEM, "id: STEM-01\n", line, "", "'cite' is missing here; add it (where this stands")
    head = text[: text.index("- id: STEM-01")]
    assert error.line == head.count("\n") + 1
    assert error.column == len("  - ") + 1


def test_all_faults_of_all_files_are_told_in_order(spec_copy: SpecCopy) -> None:
    spec_copy.change(STEM, "id: STEM-01\n", "MUST", "MIGHT")
    spec_copy.change(IMAGENET, "\nstem:", "kernel: 7", "kernel: big")
    spec_copy.change(IMAGENET, "\nstem:", "filters: 64", "filters: few")
    lines = str(spec_copy.refused()).splitlines()
    assert [line.split(":")[0] for line in lines] == [f"spec/{IMAGENET}", f"spec/{IMAGENET}", f"spec/{STEM}"]


@pytest.mark.parametrize("file", ["sources.yaml", VARIANTS, DEVIATIONS, "schema/clauses.schema.json"])
def test_a_missing_file_is_named(spec_copy: SpecCopy, file: str) -> None:
    (spec_copy.root / file).unlink()
    error = spec_copy.refused()
    assert (error.file, error.line, error.column) == (f"spec/{file}", 1, 1)
    assert "restore it, or install the package again" in error.message


@pytest.mark.parametrize("folder", ["architectures", "clauses"])
def test_an_empty_folder_is_no_spec(spec_copy: SpecCopy, folder: str) -> None:
    for path in (spec_copy.root / folder).glob("*.yaml"):
        path.unlink()
    assert f"spec/{folder}/" in str(spec_copy.refused())


def test_a_broken_schema_is_named(spec_copy: SpecCopy) -> None:
    (spec_copy.root / "schema/clauses.schema.json").write_text('{"type":\n  oops}', encoding="utf-8")
    error = spec_copy.refused()
    assert (error.file, error.line, error.column) == ("spec/schema/clauses.schema.json", 2, 3)


def test_yaml_faults_stop_the_whole_load(spec_copy: SpecCopy) -> None:
    place = spec_copy.change(IMAGENET, "\nstem:", "kernel: 7", "kernel: 7\n  ¦kernel: 5")
    error = spec_copy.refused()
    assert (error.file, error.line, error.column) == (f"spec/{IMAGENET}", *(place or ()))
    assert "the key 'kernel' stands twice" in error.message


def test_a_folder_that_does_not_exist_is_told_once(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="there is no spec at this path") as caught:
        load_spec(tmp_path / "nowhere")
    assert len(caught.value.faults) == 1
    assert str(tmp_path / "nowhere") in str(caught.value)
