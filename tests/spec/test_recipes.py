"""The recipes, typed once more by hand, and what the loader says of a recipe that contradicts itself.

He et al. 2015, sections 3.4 (p.4) and 4.2 (p.7-8); He et al. 2016, appendix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resnet_conformance.spec import Spec

if TYPE_CHECKING:
    from conftest import SpecCopy

FILE = "training.yaml"
CIFAR, IMAGENET = "title: CIFAR-10, He et al. 2015\n", "title: ImageNet, He et al. 2015\n"


def test_the_four_recipes(spec: Spec) -> None:
    assert list(spec.recipes) == ["cifar10/v1", "cifar10/v2", "imagenet/v1", "imagenet/v2"]
    for name, recipe in spec.recipes.items():
        assert (recipe.name, f"{recipe.dataset}/{recipe.generation}") == (name, name)
        assert (recipe.momentum, recipe.weight_decay, recipe.rate, recipe.divide_by) == (0.9, 0.0001, 0.1, 10)
        assert recipe.mean == "per-pixel"
        assert recipe.view.flip
        assert not recipe.dropout
        assert recipe.devices == (2 if recipe.dataset == "cifar10" else 8)


@pytest.mark.parametrize("name", ["cifar10/v1", "cifar10/v2"])
def test_cifar(spec: Spec, name: str) -> None:
    recipe = spec.recipes[name]
    assert (recipe.batch, recipe.images, recipe.test_size) == (128, 50_000, 32)
    assert (recipe.when, recipe.at, recipe.iterations, recipe.exactly) == ("iterations", (32_000, 48_000), 64_000, True)
    assert (recipe.view.pad, recipe.view.crop, recipe.view.colour, recipe.view.shorter_side) == (4, 32, "none", None)
    warm = recipe.warm_up
    assert warm is not None
    assert (warm.rate, warm.iterations) == (0.01, 400)
    assert warm.error_below == (80 if name == "cifar10/v1" else None)
    assert (recipe.test_views, recipe.test_scales, recipe.runs) == ("single", (), 5)
    assert recipe.reported == ("best-mean-deviation" if name == "cifar10/v1" else "median")


def test_who_warms_up(spec: Spec) -> None:
    """n = 18 in 2015, about 400 iterations; all CIFAR-10 networks in 2016, 400 of them."""
    first, second = spec.recipes["cifar10/v1"].warm_up, spec.recipes["cifar10/v2"].warm_up
    assert first is not None
    assert second is not None
    assert (first.depths, first.admitted, first.about) == ((110,), (1202,), True)
    assert (second.depths, second.admitted, second.about) == ((110, 164, 1001), (), False)


@pytest.mark.parametrize("name", ["imagenet/v1", "imagenet/v2"])
def test_imagenet(spec: Spec, name: str) -> None:
    recipe = spec.recipes[name]
    assert (recipe.batch, recipe.images, recipe.warm_up) == (256, 1_281_167, None)
    view = recipe.view
    assert (view.shorter_side, view.crop, view.colour, view.pad) == ((256, 480), 224, "pca", None)


def test_the_schedules_of_imagenet(spec: Spec) -> None:
    first, second = spec.recipes["imagenet/v1"], spec.recipes["imagenet/v2"]
    assert (first.when, first.at, first.iterations, first.exactly) == ("plateau", (), 600_000, False)
    assert (second.when, second.at, second.iterations) == ("epochs", (30, 60), None)


def test_how_imagenet_networks_are_tested(spec: Spec) -> None:
    first, second = spec.recipes["imagenet/v1"], spec.recipes["imagenet/v2"]
    assert (first.test_views, first.test_size, first.test_scales) == ("10-crop", 224, (224, 256, 384, 480, 640))
    assert (second.test_views, second.test_size, second.test_scales) == (None, None, ())
    assert {(r.runs, r.reported) for r in (first, second)} == {(None, None)}


def test_every_part_has_its_citation(spec: Spec) -> None:
    for recipe in spec.recipes.values():
        assert {"optimizer", "batch", "rate", "training_view", "mean"} <= set(recipe.cite)
        assert {c.split()[0] for cite in recipe.cite.values() for c in cite} <= set(spec.sources)


FAULTS = [
    ("", "cifar10/v1:\n", "¦cifar/v1:\n", "the key 'cifar/v1' does not fit (a data set and a generation"),
    (CIFAR, "generation: v1", "generation: v2", "the name and its contents differ: cifar10/v2"),
    (CIFAR, "momentum: 0.9", "momentum: ¦9", "must be at most 1, found 9 (the momentum"),
    (CIFAR, "weight_decay: 1.0e-4", "weight_decay: ¦1e-4", "1e-4"),
    (CIFAR, "      at: [32000, 48000]\n", "", "the drops have no place; add 'at'"),
    (CIFAR, "at: [32000, 48000]", "at: ¦[48000, 32000]", "the drops must stand in order"),
    (CIFAR, "at: [32000, 48000]", "at: ¦[32000, 64000]", "the last drop is at or after the end, 64000"),
    (CIFAR, "when: iterations", "when: plateau", "the drops fall with the error, so 'at' has no place here"),
    (CIFAR, "      padding: zeros\n", "", "'pad' and 'padding' belong together; add the other"),
    (CIFAR, "padding: zeros", "padding: ¦reflect", "expected zeros, found the text 'reflect'"),
    (CIFAR, "      pad: 4\n", "", "give either 'pad' or 'shorter_side'"),
    (CIFAR, "depths: [110]", "depths: [¦111]", "no network of cifar10 has 111 layers"),
    (CIFAR, "admitted: [1202]", "admitted: [¦1201]", "no network of cifar10 has 1201 layers"),
    (IMAGENET, "shorter_side: [256, 480]", "shorter_side: ¦[480, 256]", "the range must rise from 224 or more"),
    (IMAGENET, "shorter_side: [256, 480]", "shorter_side: ¦[256]", "expected a list of 2, found one of 1 (the range"),
    (IMAGENET, 'size: 256, devices: 8, cite: ["P1', 'size: 256, devices: 8, cite: [¦"P9', "unknown source 'P9'"),
]  # fmt: skip


@pytest.mark.parametrize(("after", "old", "new", "words"), FAULTS, ids=[fault[3][:40] for fault in FAULTS])
def test_a_fault_is_told_at_its_place(spec_copy: SpecCopy, after: str, old: str, new: str, words: str) -> None:
    spec_copy.refuses(FILE, after, old, new, words)


def test_a_missing_file_is_named(spec_copy: SpecCopy) -> None:
    (spec_copy.root / FILE).unlink()
    assert spec_copy.refused().file == f"spec/{FILE}"
