"""Holding a recipe against the clauses: what the tests of recipes share."""

from __future__ import annotations

from collections.abc import Mapping

from resnet_conformance.architecture import Architecture
from resnet_conformance.clauses.case import Result
from resnet_conformance.experiments.recipes import examine_recipe, read_recipe
from resnet_conformance.spec import load_spec

SPEC = load_spec()
IMAGENET = ("TI-01", "TI-02", "TI-03", "TI-05", "TI-05a", "TI-05b")
CIFAR = ("TC-01", "TC-02", "TC-03", "TC-04", "TI-05", "TI-05a", "TI-05b")
RESNET20, RESNET50 = SPEC.architectures["cifar10/resnet20"], SPEC.architectures["imagenet/resnet50"]
RESNET110, RESNET1202 = SPEC.architectures["cifar10/resnet110"], SPEC.architectures["cifar10/resnet1202"]
PREACT_CIFAR = SPEC.architectures["cifar10/preresnet110"]
PREACT_IMAGENET = SPEC.architectures["imagenet/preresnet152"]


def examine(
    recipe: object, architecture: Architecture = RESNET20, clauses: tuple[str, ...] = CIFAR
) -> dict[str, Result]:
    view = read_recipe(recipe)
    return {clause: examine_recipe(clause, view, architecture, seed=3) for clause in clauses}


def outcomes(results: Mapping[str, Result]) -> dict[str, str]:
    return {clause: result.outcome for clause, result in results.items()}


PLAIN_SGD = {"TI-05": "pass", "TI-05a": "fail", "TI-05b": "not-applicable"}  # SGD over all parameters decays gamma
