"""YAML that readers misread is refused where it stands; everything else keeps its place."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from resnet_conformance.spec.errors import suggest
from resnet_conformance.spec.yamlmarks import Fault, Marked, SpecError, read_yaml


def read(tmp_path: Path, text: str | bytes) -> Marked:
    path = tmp_path / "file.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_yaml(path, "spec/file.yaml")


def test_plain_values_and_their_places(tmp_path: Path) -> None:
    marked = read(tmp_path, "stem:\n  kernel: 7\n  한: [a, 1.0e-4, true]\nlast: 'no'\nminus: -21926\n")
    assert marked.value == {
        "stem": {"kernel": 7, "한": ["a", 1.0e-4, True]},
        "last": "no",
        "minus": -21926,
    }
    assert marked.at(("stem", "kernel")) == (2, 11)
    assert marked.key_at(("stem", "kernel")) == (2, 3)
    assert marked.at(("stem", "한", 1)) == (3, 10)
    assert marked.key_at(("stem", "한", 1)) == (3, 10)
    assert marked.at(("last",)) == (4, 7)


def test_a_path_that_is_not_there_has_the_place_of_the_nearest_part_above(tmp_path: Path) -> None:
    marked = read(tmp_path, "a: 1\nstem:\n  kernel: 7\n")
    assert marked.key_at(("stem", "filters", "value")) == (2, 1)
    assert marked.at(("stem", "kernel", 3)) == (3, 11)


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "the key 'a' stands twice, first in line 1"),
        ("s:\n  a: {k: 1, k: 2}\n", 2, 13, "the key 'k' stands twice, first in line 2"),
        (
            "wd: 1e-4\n",
            1,
            5,
            "reads 1e-4 as text, not as a number; write 1.0e-4 for the number, or put it in quotes",
        ),
        ("wd: 1.e4\n", 1, 5, "write 1.0e+4 for the number"),
        ("flops: [1, 1.8e9]\n", 1, 12, "write 1.8e+9 for the number"),
        ("n: 25,557,032\n", 1, 4, "leave the commas out of a number"),
        (
            "bias: no\n",
            1,
            7,
            "YAML reads no as true or false; put it in quotes for the word, or write true or false",
        ),
        ("bias: Yes\n", 1, 7, "YAML reads Yes as true or false"),
        (f"n: {'9' * 400}\n", 1, 4, "the number 99999999... has 400 digits"),
        ("n: " + "[" * 60 + "]" * 60 + "\n", 1, 53, "stand in each other more than 50 deep"),
        ("n: " + "[" * 100_000 + "\n", 1, 53, "stand in each other more than 50 deep"),
        ("x:\n- on\n", 2, 3, "YAML reads on as true or false"),
        ("x: off\n", 1, 4, "YAML reads off as true or false"),
        ("x: True\n", 1, 4, "YAML reads True as true or false"),
        ("on: 1\n", 1, 1, "YAML reads on as true or false"),
        ("18: 1\n", 1, 1, "a key must be text; put it in quotes"),
        ("? [a]\n: 1\n", 1, 3, "a key must be text, not a list"),
        ("a: 1\npool:\nb: 2\n", 2, 1, "'pool' has no value; write one, or the word none"),
        ("pool: ~\n", 1, 1, "'pool' has no value"),
        ("a: [1, null]\n", 1, 8, "a value is missing"),
        ("a: 010\n", 1, 4, "YAML readers differ about 010"),
        ("a: 0x1F\n", 1, 4, "YAML readers differ about 0x1F"),
        ("a: 1:30\n", 1, 4, "YAML readers differ about 1:30"),
        ("a: .inf\n", 1, 4, ".inf is no decimal number"),
        ("a: 2015-12-10\n", 1, 4, "YAML reads 2015-12-10 as a date"),
        ("a: !!binary aGk=\n", 1, 4, "the tag binary is not used here"),
        ("a: {b: 1}\nc:\n  <<: {d: 1}\n", 3, 3, "<< (merge) is not used here"),
        ("a: &x [1]\nb: *x\n", 2, 4, "the alias *x is not used here; write the value out"),
        ("a: &x 1\nb: *x\n", 2, 4, "the alias *x is not used here"),
        ("a:\n\tb: 1\n", 2, 1, "a tab stands here; YAML indents with spaces"),
        (
            "a: [1, 2\nb: 3\n",
            2,
            2,
            "this is no YAML: did not find expected ',' or ']', while parsing a flow sequence",
        ),
        ("a: b: c\n", 1, 5, "this is no YAML: mapping values are not allowed in this context"),
        ("a: 1\n---\nb: 2\n", 2, 1, "this is no YAML: but found another document"),
        ("a: 'x\x01'\n", 1, 6, "a control character stands here"),
        ("", 1, 1, "the file is empty"),
        ("# only a comment\n", 1, 1, "the file is empty"),
        ("# c\n- a\n", 2, 1, "must hold a mapping ('key: value' lines) at the top, not a list"),
        ("word\n", 1, 1, "must hold a mapping ('key: value' lines) at the top, not a single value"),
    ],
)
def test_what_readers_misread_is_refused_where_it_stands(
    tmp_path: Path, text: str, line: int, column: int, words: str
) -> None:
    with pytest.raises(SpecError) as caught:
        read(tmp_path, text)
    error = caught.value
    assert (error.file, error.line, error.column) == ("spec/file.yaml", line, column), error
    assert words in error.message
    assert str(error) == f"spec/file.yaml:{line}:{column}: {error.message}"


def test_bytes_that_are_not_utf8_are_refused_where_they_stand(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="the byte 0xe9 is not UTF-8") as caught:
        read(tmp_path, "a: 1\n한b: ".encode() + b"\xe9\n")
    assert (caught.value.line, caught.value.column) == (2, 5)


def test_a_byte_order_mark_moves_nothing(tmp_path: Path) -> None:
    marked = read(tmp_path, b"\xef\xbb\xbfa: 1\n")
    assert (marked.value, marked.at(("a",))) == ({"a": 1}, (1, 4))


@pytest.mark.parametrize("text", ["a: '1e-4'\n", 'a: "no"\n', "a: 'null'\n", "a: '2015-12-10'\n", "'18': x\n"])
def test_quotes_make_text_of_anything(tmp_path: Path, text: str) -> None:
    ((key, value),) = read(tmp_path, text).value.items()
    assert isinstance(key, str)
    assert isinstance(value, str)


def test_several_faults_are_one_line_each_in_the_order_of_the_file() -> None:
    error = SpecError.of([Fault("b", "f", 2, 1), Fault("a", "f", 1, 5), Fault("b", "f", 2, 1)])
    assert str(error) == "f:1:5: a\nf:2:1: b"
    assert (error.message, error.line, error.column) == ("a", 1, 5)
    assert pickle.loads(pickle.dumps(error)).faults == error.faults


def test_suggest_names_the_nearest_or_nothing() -> None:
    assert suggest("kernal", ["filters", "kernel"]) == " (did you mean 'kernel'?)"
    networks = ["cifar10/resnet20", "cifar10/resnet32", "cifar10/resnet110", "imagenet/resnet18", "imagenet/resnet152"]
    for given, meant in (("CIFAR10/ResNet20", 0), ("cifar100/resnet20", 0), ("cifar10/resnet21", 0), ("resnet152", 4)):
        assert suggest(given, networks) == f" (did you mean {networks[meant]!r}?)"
    assert suggest("zzz", ["filters", "kernel"]) == ""
