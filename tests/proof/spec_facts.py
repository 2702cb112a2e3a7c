"""What tests/spec holds the spec to: the tables, typed once more by hand, and the contract of ids, levels and scopes.

Its tests that ask for nothing but the loaded spec are run with another one in its place.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from resnet_conformance.spec import Spec

FOLDER = Path(__file__).resolve().parents[1] / "spec"
# They are about this checkout's own files, or about loading them, and not about what stands in a spec.
OF_THE_CHECKOUT = ("test_it_loads_and_is_loaded_once", "test_a_clause_knows_its_line")


@dataclass(frozen=True, slots=True)
class Fact:
    """One test with one set of arguments besides the spec."""

    name: str
    test: Callable[..., None]
    arguments: Mapping[str, Any]

    def holds(self, spec: Spec) -> bool:
        """Whether the test passes; a test that cannot make sense of a spec does not."""
        try:
            self.test(spec=spec, **self.arguments)
        except (Exception, pytest.fail.Exception):  # noqa: BLE001
            return False
        return True


@cache
def facts() -> tuple[Fact, ...]:
    """Every test of the spec's contents."""
    modules = [import_module(f"..spec.{path.stem}", __package__) for path in sorted(FOLDER.glob("test_*.py"))]
    return tuple(fact for module in modules for fact in _facts_of(module))


def broken_fact(spec: Spec) -> str | None:
    """The first fact that does not hold of a spec."""
    return next((fact.name for fact in facts() if not fact.holds(spec)), None)


def _facts_of(module: Any) -> Iterator[Fact]:
    for name, test in vars(module).items():
        if not name.startswith("test_") or not inspect.isfunction(test) or name in OF_THE_CHECKOUT:
            continue
        choices = [_cases(mark) for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
        given = {key for cases in choices for key in cases[0]} | {"spec"}
        if set(inspect.signature(test).parameters) != given:
            continue
        for combination in product(*choices):
            arguments = {key: value for case in combination for key, value in case.items()}
            shown = ", ".join(str(value) for value in arguments.values())[:60]
            yield Fact(f"{name}[{shown}]" if shown else name, test, arguments)


def _cases(mark: pytest.Mark) -> list[dict[str, Any]]:
    """The sets of arguments of one parametrize mark."""
    names, values = mark.args
    keys = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    return [dict(zip(keys, value if len(keys) > 1 else (value,), strict=True)) for value in values]
