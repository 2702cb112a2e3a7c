"""What the ablation compares: networks of one depth that differ in their shortcuts, or in where BN and ReLU stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resnet_impl.analysis.complexity import multiply_adds, parameters
from resnet_impl.analysis.errors import AnalysisError
from resnet_impl.cifar10.models import build

# Error in percent of 110 layers on CIFAR-10, where a paper prints it: He et al. 2016, Table 1 and 2 ("original", "1x1
# conv", shortcut scaling 0, "full pre-activation"; the median of 5 runs; "fail" is above 20).
PRINTED_110: Mapping[str, str] = {"A": "6.61", "C": "12.22", "none": "fail", "pre": "6.37"}


@dataclass(frozen=True, slots=True)
class Variant:
    """`key` is what --variants calls it, `model` the trainer's name of it."""

    key: str
    model: str
    what: str
    printed: str | None
    parameters: int
    multiply_adds: int

    def about(self) -> dict[str, Any]:
        """For tables."""
        return {
            "variant": self.key, "what": self.what, "model": self.model, "parameters": self.parameters,
            "multiply_adds": self.multiply_adds, "printed_error": self.printed or "",
        }  # fmt: skip


WHAT = {
    "A": "identity, zeros",
    "B": "projections where dimensions increase",
    "C": "projections everywhere",
    "none": "no shortcuts",
    "pre": "pre-activation, A",
}
MODELS = {"A": "resnet{0}", "B": "resnet{0}-B", "C": "resnet{0}-C", "none": "plain{0}", "pre": "preresnet{0}"}


def variants(keys: Sequence[str], depth: int) -> list[Variant]:
    """Those of 6n + 2 layers. Raises AnalysisError for another key, a key that comes twice, and another depth."""
    for key in keys:
        if key not in MODELS:
            raise AnalysisError(f"there is no variant {key!r}: write some of {','.join(MODELS)}, with commas")
    if len(set(keys)) != len(keys):
        raise AnalysisError(f"a variant is named twice in {','.join(keys)}")
    if depth < 8 or depth % 6 != 2:
        raise AnalysisError(f"--depth is 6n + 2, such as 20, 56 or 110; not {depth}")
    found = []
    for key in keys:
        model = MODELS[key].format(depth)
        net = build(model)
        printed = PRINTED_110.get(key) if depth == 110 else None
        found.append(Variant(key, model, WHAT[key], printed, parameters(net), multiply_adds(net)))
    return found
