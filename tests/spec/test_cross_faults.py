"""Files that contradict each other, and networks that contradict themselves: told at their place.

The cases are built as in test_schema_faults.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resnet_conformance.spec import load_spec

if TYPE_CHECKING:
    from conftest import SpecCopy

IMAGENET, CIFAR = "architectures/imagenet.yaml", "architectures/cifar10.yaml"
VARIANTS, STEM, DEVIATIONS = "architectures/variants.yaml", "clauses/stem.yaml", "deviations.yaml"
RESNEXT, WIDE = "architectures/resnext.yaml", "architectures/wide.yaml"
SMALL = "resnet18-imagenet-blocks:"

NAMES = [
    (VARIANTS, "", "imagenet/resnet50-v1.5:", "¦imagenet/resnet50:",
     "the architecture imagenet/resnet50 stands twice, first in spec/architectures/imagenet.yaml:"),
    (STEM, "", "id: STEM-02\n", "id: ¦STEM-01\n",
     "the clause STEM-01 stands twice, first in spec/clauses/stem.yaml:"),
    (STEM, "", "id: STEM-02\n", "id: ¦BTN-01\n",
     "is outside its chapter: ids in this file begin with STEM-; rename or move it"),
    (DEVIATIONS, "", "id: stem-stride-1\n", "id: ¦stride-3x3\n",
     "the deviation stride-3x3 stands twice, first in spec/deviations.yaml:"),
    (IMAGENET, "choices:", "FB models/resnet.lua", "¦FBB models/resnet.lua",
     "unknown source 'FBB' in the citation 'FBB models/resnet.lua' (did you mean 'FB'?); begin "
     "with a key of sources.yaml"),
    ("sources.yaml", "", "sources:\n", "sources:\n  ZZ: ¦{title: t, authors: [a], year: 2000, where: w}\n",
     "nothing cites the source 'ZZ'; remove it, or cite it"),
    (CIFAR, "parameters_formula:", "option: A", "option: B",
     "parameters_formula is of option B, and no figures here are; correct one"),
    (IMAGENET, "\ninput:", '"P1 §3.4, p.4"', "P1 §3.4, ¦p.4",
     "unknown source 'p.4' in the citation 'p.4'; begin with"),
    (STEM, "id: STEM-01\n", 'cite: ["P1 Table 1, p.5"', 'cite: [¦"P1"',
     "the citation 'P1' has no place in that paper; add it, as in"),
    (STEM, "id: STEM-01\n", "dataset: [imagenet]", "names: [¦imagenet/resnet51]",
     "unknown architecture 'imagenet/resnet51' (did you mean 'imagenet/resnet"),
    (DEVIATIONS, "id: stride-3x3", "BTN-05", "¦BTN-95", "unknown clause 'BTN-95' (did you mean 'BTN-0"),
    (VARIANTS, "resnet50-v1.5:", "base: imagenet/resnet50", "base: ¦imagenet/resnet49",
     "unknown base 'imagenet/resnet49' (did you mean 'imagenet/resnet"),
    (VARIANTS, "resnet101-v1.5:", "base: imagenet/resnet101", "base: ¦imagenet/resnet50-v1.5",
     "unknown base 'imagenet/resnet50-v1.5'"),
    (VARIANTS, "resnet50-v1.5:", "BTN-04: BTN-06", "¦BTN-94: BTN-06", "unknown clause 'BTN-94'"),
    (VARIANTS, "resnet50-v1.5:", "BTN-04: BTN-06", "BTN-04: ¦BTN-96", "unknown clause 'BTN-96'"),
    (IMAGENET, "resnet18-A:", "imagenet/resnet18", "¦imagenet/resnet19",
     "unknown base 'imagenet/resnet19'; name one of"),
    (IMAGENET, "resnet18-A:", "option: A", "option: ¦C",
     "imagenet/resnet18 does not admit option C, only A, B"),
    (CIFAR, "", "cifar10/plain20:", "¦imagenet/plain20:",
     "'imagenet/plain20' is outside its family: names in this file begin with cifar10/"),
]  # fmt: skip

NETWORKS = [
    (IMAGENET, "title: ResNet-50\n", "depth: 50", "depth: ¦51",
     "the blocks make the depth 1 + 3 x 16 + 1 = 50, not 51"),
    (IMAGENET, "title: Plain-34\n", "depth: 34", "depth: ¦33",
     "the blocks make the depth 1 + 2 x 16 + 1 = 34, not 33"),
    (IMAGENET, "title: ResNet-50\n", "[3, 4, 6, 3]", "¦[3, 4, 6]",
     "3 block counts for 4 stages; write one for each stage"),
    (CIFAR, "title: ResNet-20\n", "basic", "¦bottleneck",
     "the family has no bottleneck block; add it under 'blocks'"),
    (IMAGENET, "  bottleneck:", "strided: 1", "strided: ¦4",
     "a block of 3 convolutions has no convolution 4; count from 1"),
    (IMAGENET, "name: conv3_x", "[128, 128, 512]", "¦[128, 512]",
     "2 widths for the 3 convolutions of a bottleneck block"),
    (IMAGENET, "name: conv3_x", "{basic: [128, 128], bottleneck: [128, 128, 512]}", "¦{basic: [128, 128]}",
     "the stage conv3_x has no widths for the bottleneck block; add them"),
    (IMAGENET, "\nstem:", "output: 112", "output: ¦111",
     "the stem's convolution makes 112x112 of 224x224, not 111x111"),
    (IMAGENET, "choices:", "{padding: 1", "¦{padding: 0", "this pool makes 55x55 of 112x112, not 56x56"),
    (IMAGENET, "choices:", "{padding: 0, ceil: true", "¦{padding: 2, ceil: true",
     "this pool makes 57x57 of 112x112, not 56x56"),
    (IMAGENET, "name: conv4_x", "stride: 2, output: 14", "stride: 1, output: ¦14",
     "stride 1 makes 28x28 of 28x28, not 14x14"),
    (CIFAR, "name: 8x8", "output: 8", "output: ¦7", "stride 2 makes 8x8 of 16x16, not 7x7"),
    (VARIANTS, SMALL, "[32, 16, 8, 4]", "[32, 16, ¦9, 5]", "stride 2 makes 8x8 of 16x16, not 9x9"),
    (VARIANTS, SMALL, "output: 32", "output: ¦31", "the stem's convolution makes 32x32 of 32x32, not 31x31"),
    (VARIANTS, SMALL, "[32, 16, 8, 4]", "¦[32, 16, 8]", "3 outputs for 4 stages; write one for each stage"),
    (VARIANTS, "resnet50-v1.5:", "strided: 2", "strided: ¦4",
     "a block of 3 convolutions has no convolution 4"),
    (VARIANTS, "cifar10/resnet20-B:", "options: [B]", "options: ¦[B, none]",
     "admits no shortcut option; write [none] alone"),
    (RESNEXT, "resnext50-32x4d:", "[256, 256, 512]", "¦[256, 512]",
     "2 widths for the 3 convolutions of a bottleneck block"),
    (RESNEXT, "resnext50-32x4d:", "[[128, 128, 256], ", "¦[", "3 widths for 4 stages; write one for each stage"),
    (RESNEXT, "resnext50-32x4d:", "groups: 32", "groups: ¦48",
     "48 groups do not divide the filters [128, 128, 256] of stage 1"),
    (VARIANTS, "resnet50-v1.5:", "strided: 2", "groups: ¦48, strided: 2",
     "48 groups do not divide the filters [64, 64, 256] of stage 1"),
    (WIDE, "wrn28-10:", "[4, 4, 4], depth: 26", "[4, 4, 4], depth: ¦28", "the blocks make the depth 26, not 28"),
    (WIDE, "wrn28-10:", "blocks: [4, 4, 4]", "blocks: ¦[4, 4]", "2 blocks for 3 stages; write one for each stage"),
    (IMAGENET, "title: ResNet-34\n", "[A, B, C]", "¦[A, B, C, none]",
     "admits no shortcut option; write [none] alone"),
    (IMAGENET, "title: ResNet-18\n", "options: [A, B]", "options: [A, B, C]",
     "no derived figures for option C, which the network admits; add them"),
    (IMAGENET, "title: ResNet-34\n", "options: [A, B, C]", "options: [A, B]",
     "the network does not admit option C, only A, B"),
    (IMAGENET, "title: ResNet-18\n", "option: A, top1", "option: ¦C, top1",
     "the network does not admit option C, only A, B"),
    (IMAGENET, "title: ResNet-50\n", "options: [B], rule", "options: [¦A], rule",
     "the network does not admit option A, only B"),
    (CIFAR, "title: ResNet-44\n", "n: 7\n    blocks: [7", "n: 6\n    blocks: ¦[7",
     "every stage has n = 6 blocks here, not [7, 7, 7]"),
    (CIFAR, "title: ResNet-44\n", "n: 7", "n: 6", "6n+2 makes 38 of n = 6, not 44"),
    (CIFAR, "title: ResNet-44\n", "    n: 7\n", "",
     "'n' is missing here; add it, or the file's formulas cannot be held"),
    (CIFAR, "title: Plain-20\n", "digits: 2", "digits: ¦1", "0.27 has 2 decimals, and 'digits' says 1; correct one"),
    (CIFAR, "title: ResNet-1202\n", "value: 19.4, unit: 1.0e+6, digits: 1", "value: 19.42, unit: 1.0e+6, digits: ¦1",
     "19.42 has 2 decimals, and 'digits' says 1"),
    (CIFAR, "depth_formula:", '"6n+2"', "¦6n+1", "the factor and the constant make 6n+2, not 6n+1"),
    (CIFAR, "title: ResNet-32\n", "parameters: 464154", "parameters: ¦464145",
     "97216n-21926 makes 464154 of n = 5, not 464145"),
    (CIFAR, "title: Plain-32\n", "parameters: 464154", "parameters: ¦464145",
     "97216n-21926 makes 464154 of n = 5, not 464145"),
    (CIFAR, "parameters_formula:", "21926", "21925", "97216n-21925 makes 464155 of n = 5, not 464154"),
]  # fmt: skip

FIGURES = [
    (IMAGENET, "title: ResNet-50\n", "parameters: 25557032", "parameters: ¦25557023", "25,557,032"),
    (IMAGENET, "title: ResNet-50\n", "affine: 53120", "affine: ¦53121", "53,120"),
    (IMAGENET, "title: ResNet-50\n", "adds: 3857973248", "adds: ¦3857973284", "3,857,973,248"),
    (IMAGENET, "title: ResNet-34\n", "projections: 16", "projections: ¦13", "16"),
    (VARIANTS, SMALL, "parameters: 11173962", "parameters: ¦11173926", "11,173,962"),
    (VARIANTS, "resnet152-v1.5:", "adds: 11513626624", "adds: ¦11282415616", "11,513,626,624"),
    (CIFAR, "title: ResNet-44\n", "value: 0.66", "value: ¦0.65", "658,586"),
    (CIFAR, "title: ResNet-1202\n", "value: 19.4", "value: ¦19.3", "19,421,274"),
    (IMAGENET, "title: ResNet-50\n", "value: 3.8", "value: ¦3.7", "3,857,973,248"),
    (IMAGENET, "title: ResNet-101\n", "value: 7.6", "value: ¦7.8", "7,570,194,432"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "after", "old", "new", "words"), NAMES, ids=[case[4][:40] for case in NAMES])
def test_names_and_citations(spec_copy: SpecCopy, file: str, after: str, old: str, new: str, words: str) -> None:
    spec_copy.refuses(file, after, old, new, words)


@pytest.mark.parametrize(("file", "after", "old", "new", "words"), NETWORKS, ids=[case[4][:40] for case in NETWORKS])
def test_a_network_against_itself(spec_copy: SpecCopy, file: str, after: str, old: str, new: str, words: str) -> None:
    spec_copy.refuses(file, after, old, new, words)


@pytest.mark.parametrize(
    ("file", "after", "old", "new", "words"), FIGURES, ids=[case[3].replace("¦", "") for case in FIGURES]
)
def test_a_figure_against_the_network_drawn_and_measured(
    spec_copy: SpecCopy, file: str, after: str, old: str, new: str, words: str
) -> None:
    spec_copy.refuses(file, after, old, new, words)


def test_the_same_network_in_two_files(spec_copy: SpecCopy) -> None:
    """The second place is refused, the first is named in the message."""
    text = (spec_copy.root / CIFAR).read_text(encoding="utf-8")
    (spec_copy.root / "architectures" / "copy.yaml").write_text(text, encoding="utf-8")
    error = spec_copy.refused()
    assert error.file == "spec/architectures/copy.yaml"
    assert "stands twice, first in spec/architectures/cifar10.yaml:" in error.message


def test_one_slip_in_a_size_is_told_once(spec_copy: SpecCopy) -> None:
    """Variants that change no size are not blamed for their base's."""
    spec_copy.change(IMAGENET, "name: conv5_x", "output: 7", "output: 6")
    assert len(spec_copy.refused().faults) == 1


@pytest.mark.parametrize("source", ["NVIDIA", "CR", "PROJECT"])
def test_a_source_that_is_one_page_needs_no_place(spec_copy: SpecCopy, source: str) -> None:
    spec_copy.change(STEM, "id: STEM-01\n", 'cite: ["', f'cite: [{source}, "')
    assert load_spec(spec_copy.root).clauses["STEM-01"].cite[0] == source
