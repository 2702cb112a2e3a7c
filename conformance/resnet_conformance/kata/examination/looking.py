"""What an examiner works with: the learner's file, its own experiments, and the part checks of `check`."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from ...api import check
from ...findings import Report
from ..outcome import Fault
from ..texts import Texts, load_texts

SEED = 0  # the same experiments each time: a step that held holds again
MODULE = "exercise_of_the_kata"


class ExerciseError(Exception):
    """The exercise is not as the kata gave it; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Learner:
    """The learner's file, imported."""

    module: ModuleType

    @classmethod
    def load(cls, path: Path) -> Learner:
        """Run the file. Raises whatever it raises."""
        spec = importlib.util.spec_from_file_location(MODULE, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[MODULE] = module
        spec.loader.exec_module(module)
        return cls(module)

    def __getattr__(self, name: str) -> Any:
        try:
            return getattr(self.module, name)
        except AttributeError:
            raise ExerciseError(f"there is no {name} in the file any more: it belongs to the kata") from None


@dataclass(slots=True)
class Look:
    """What is found in one step. `symbol` is the learner's function or class that is being looked at."""

    texts: Texts = field(default_factory=lambda: load_texts("en"))
    faults: list[Fault] = field(default_factory=list)
    clauses: list[str] = field(default_factory=list)
    symbol: str = ""

    def fault(self, trap: str = "", clause: str = "", expected: str = "", found: str = "", message: str = "") -> None:
        """Note something that is wrong, once for each trap."""
        if not trap or trap not in {fault.trap for fault in self.faults}:
            self.faults.append(Fault(trap, clause, expected, found, message))

    def say(self, word: str, **given: object) -> str:
        """What was expected or found, in the learner's language."""
        return self.texts.say(word, **given)

    def answer(self, found: object, wanted: Tensor | None = None) -> str:
        """What came back, for people, where `wanted` should have: of the same shape it has other values."""
        shape = shape_of(found)
        if shape is None:
            return self.say("no-tensor", type=type(found).__name__)
        return self.say("other-values" if shape == shape_of(wanted) else "shape", shape=shape)

    def keeps_layers(self, made: nn.Module, x: Tensor) -> bool:
        """Are a module's layers part of it? Those in a list are not, nor those that forward makes in each call."""
        known = set(made.modules())
        listed = [entry for value in vars(made).values() if isinstance(value, (list, tuple)) for entry in value]
        if any(isinstance(entry, nn.Module) and entry not in known for entry in listed):
            self.fault("python-list", "", self.say("part-of-it"), self.say("in-a-list"))
        elif new := made_during(lambda: run(made, x)):
            self.fault("made-in-forward", "", self.say("made-once"), self.say("made-anew", name=type(new[0]).__name__))
        else:
            return True
        return False

    def judge(
        self,
        target: Callable[..., nn.Module],
        traps: Mapping[str, str],
        part: str | None = None,
        architecture: str | None = None,
        only: Sequence[str] = (),
        evidence: str | Sequence[str] | None = None,
        figures: Mapping[str, int] | None = None,
    ) -> Report:
        """Hold a part, or a network, against its clauses; `traps` names what each broken clause is known as.

        What comes first in `traps` is told first: a missing BN, say, before what it makes of the order of layers.
        """
        more: dict[str, Any] = {"evidence": evidence} if evidence else {}
        report = check(target, architecture, part=part, kwargs=figures, only=only, level="should", seed=SEED, **more)
        rank = {clause: place for place, clause in enumerate(traps)}
        failed = sorted(report.failed(), key=lambda f: (rank.get(f.clause, len(rank)), f.level != "MUST"))
        for f in failed:
            self.fault(traps.get(f.clause, ""), f.clause, f.expected, f.found, f.message)
        if not failed and report.verdict not in ("conforms", "deviates") and not (only or evidence):
            self.fault(message=self.say("unjudged", verdict=report.verdict))
        self.clauses += [f.clause for f in report.findings if f.outcome == "pass"]
        return report


def made_during(call: Callable[[], Any]) -> list[nn.Module]:
    """The modules with weights that a call makes."""
    made: list[nn.Module] = []
    begin = nn.Module.__init__

    def noted(self: nn.Module, *arguments: Any, **named: Any) -> None:
        begin(self, *arguments, **named)
        made.append(self)

    nn.Module.__init__ = noted  # type: ignore[method-assign]
    try:
        call()
    finally:
        nn.Module.__init__ = begin  # type: ignore[method-assign]
    return [module for module in made if any(True for _ in module.parameters())]


def convolutions_of(module: nn.Module) -> list[nn.Conv2d]:
    """All that the module holds."""
    return [part for part in module.modules() if isinstance(part, nn.Conv2d)]


def is_pointwise(convolution: nn.Conv2d) -> bool:
    """Is it a 1x1 without padding? That is what the words "valid" and "same" are of a 1x1, too."""
    return convolution.kernel_size == (1, 1) and convolution.padding in ((0, 0), "valid", "same")


def numbers(*shape: int) -> Tensor:
    """A tensor of that shape whose entries all differ, of both signs and none zero."""
    count = torch.Size(shape).numel()
    values = torch.arange(count, dtype=torch.float32) - count // 2 + 0.25
    return (values[torch.randperm(count, generator=torch.Generator().manual_seed(SEED))] / count).reshape(shape)


def run(module: Callable[[Tensor], Any], x: Tensor) -> Any:
    """The module's answer in eval mode, without gradients. Raises what it raises."""
    if isinstance(module, nn.Module):
        module.eval()
    with torch.no_grad():
        return module(x)


def shape_of(answer: object) -> tuple[int, ...] | None:
    """The answer's shape; None where it is no tensor."""
    return tuple(answer.shape) if isinstance(answer, Tensor) else None


def same(answer: object, wanted: Tensor) -> bool:
    """Is the answer a tensor of these values, but for rounding?"""
    if not isinstance(answer, Tensor) or (answer.shape, answer.dtype) != (wanted.shape, wanted.dtype):
        return False
    return torch.allclose(answer, wanted, atol=1e-5)
