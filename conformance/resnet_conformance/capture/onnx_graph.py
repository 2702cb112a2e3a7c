"""An ONNX program while it is rewritten: who reads what, and operations replaced or dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from .onnx_file import Array, Operation, Program


class Draft:
    """A program that can be changed. `constants` are the values that are known, by name."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.constants: dict[str, Array] = dict(program.constants)
        self._places: dict[str, list[Operation]] = {}  # by first output: what stands there now
        self._renamed: dict[str, str] = {}
        self._readers: dict[str, list[str]] = {}  # by value: first outputs of those that read it
        for operation in program.operations:
            self._places[operation.outputs[0]] = [operation]
            for name in filter(None, operation.inputs if operation.kind != "Shape" else ()):  # it reads no number
                self._readers.setdefault(name, []).append(operation.outputs[0])
        self._results = Counter(program.outputs)

    @property
    def declared(self) -> tuple[int | None, ...]:
        """The shape of the input that the file declares; all free where it declares none."""
        return self._program.input_shape or (None,) * 4

    def _now(self) -> Iterator[Operation]:
        for operations in self._places.values():
            yield from operations

    def of_kind(self, kind: str) -> list[Operation]:
        """The operations of one operator, each with one result that can be followed."""
        return [o for o in self._now() if o.kind == kind and len(o.inputs) > 1]

    def readers(self, value: str) -> int:
        """How often a value is read, as a result of the network too."""
        return len(self._readers.get(value, ())) + self._results[value]

    def is_result(self, value: str) -> bool:
        """Is it a result of the network?"""
        return self._results[value] > 0

    def only_reader(self, value: str) -> Operation | None:
        """The one operation that reads a value once; None where there are none or more."""
        if self.readers(value) != 1 or self._results[value]:
            return None
        place = self._readers[value][0]
        return next((o for o in map(self._current, self._places[place]) if value in o.inputs), None)

    def maker(self, value: str) -> Operation | None:
        """The operation that makes a value as its first result; None for the input and for constants."""
        place = self._places.get(self._source(value))
        return self._current(place[-1]) if place else None

    def _current(self, operation: Operation) -> Operation:
        inputs = tuple(self._source(name) for name in operation.inputs)
        return operation if inputs == operation.inputs else replace(operation, inputs=inputs)

    def _source(self, name: str) -> str:
        while name in self._renamed:
            name = self._renamed[name]
        return name

    def constant(self, name: str, value: Array) -> str:
        """Keep a value under this name, or a like one. Returns the name."""
        while name in self.constants:
            name += "'"
        self.constants[name] = value
        return name

    def replace(self, old: Operation, *new: Operation) -> None:
        """Put others in an operation's place; the last of them gives its result."""
        self._places[old.outputs[0]] = list(new)

    def drop(self, operation: Operation) -> None:
        """Remove an operation on one value and constants; who read its result reads that value."""
        value = next(name for name in operation.inputs if name not in self.constants)
        result, source = operation.outputs[0], self._source(value)
        self._places[result] = []
        self._renamed[result] = source
        readers = [place for place in self._readers.get(source, ()) if place != result]
        self._readers[source] = readers + self._readers.pop(result, [])
        self._results[source] += self._results.pop(result, 0)

    def program(self) -> Program:
        """The program as it is now."""
        operations = [self._current(o) for o in self._now()]
        outputs = tuple(self._source(name) for name in self._program.outputs)
        return replace(self._program, operations=tuple(operations), constants=self.constants, outputs=outputs)
