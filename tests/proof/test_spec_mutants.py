"""The trials on the spec are what they say: one value changed each, and every judge seen to notice something."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from resnet_conformance.spec import SpecError, load_spec

from . import spec_mutants, spec_recipes, spec_references, spec_wrong
from .spec_changes import FOR_PEOPLE, Change, Names, changes, kept_by
from .spec_copy import all_changes, load_changed, texts
from .spec_facts import broken_fact, facts
from .spec_leaves import Leaf, Text

MADE = """\
# a comment
family: imagenet
stages:
  - {name: conv2_x, widths: {basic: [64, 64]}}  # the first
  - {name: conv3_x, widths: {basic: [128, 128]}}
head:
  pool: "global average"
  hidden_layers: 0
options: [A,
          B]
"""
NONE = Names(("STEM-01", "STEM-02"), ())
BAD = {"year": "1", "cite.*": '"P9 §1"', "link": '"http://example.org"', "top1": "101", "top5": "101", "mean": "101",
       "std": "-1", "runs": "0", "top1_is": "mean", "above": "101"}  # fmt: skip


def made() -> dict[str, str]:
    return {change.name.removeprefix("f "): change.text for change in changes("f", Text(MADE), NONE)}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("family imagenet -> cifar10", "family: imagenet", "family: cifar10"),
        ("stages.conv2_x.widths.basic.0 64 -> 65", "[64, 64]", "[65, 64]"),
        ("stages.conv2_x.widths.basic.1 64 -> 63", "[64, 64]", "[64, 63]"),
        ("stages.conv2_x.widths.basic.1 removed", "[64, 64]", "[64]"),
        ("stages.conv2_x removed", "  - {name: conv2_x, widths: {basic: [64, 64]}}  # the first\n", ""),
        ("stages.conv3_x removed", "  - {name: conv3_x, widths: {basic: [128, 128]}}\n", ""),
        ("stages.conv3_x.widths.basic renamed bottleneck", "{basic: [128", "{bottleneck: [128"),
        ('head.pool "global average" -> global max', '"global average"', '"global max"'),
        ("options.A removed", "[A,\n          B]", "[B]"),
        ("options.B removed", "[A,\n          B]", "[A]"),
    ],
)
def test_one_thing_is_changed_where_it_stands(name: str, old: str, new: str) -> None:
    assert MADE.count(old) == 1
    assert made()[name] == MADE.replace(old, new)


def test_a_text_of_no_known_kind_is_refused() -> None:
    with pytest.raises(ValueError, match=r"stages\.0\.colour is 'red': neither a word"):
        list(changes("f", Text("stages:\n  - colour: red\n"), NONE))


def test_the_names_are_many_and_unique_and_in_order() -> None:
    names = spec_mutants.names()
    assert len(names) == len(set(names)) > 5000
    assert {name.split()[0] for name in names} == set(texts())
    assert list(names) == list(spec_mutants.names())


def differences(old: Any, new: Any) -> int:
    """In how many values, keys or lengths of lists two parsed files differ."""
    if isinstance(old, dict) and isinstance(new, dict) and list(old) == list(new):
        return sum(differences(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return sum(differences(a, b) for a, b in zip(old, new, strict=True))
    return old != new or type(old) is not type(new)


def test_each_change_is_one() -> None:
    """A sample: every sixtieth, and of each file the first."""
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    firsts = {change.file: change for change in reversed(all_changes().values())}
    sample = [*firsts.values(), *list(all_changes().values())[::60]]
    parsed = {file: yaml.load(text.text, Loader=loader) for file, text in texts().items()}
    assert {change.file for change in sample} >= set(texts()) - {"sources.yaml"}
    for change in sample:
        assert differences(parsed[change.file], yaml.load(change.text, Loader=loader)) == 1, change.name


def test_what_is_not_changed_is_loaded_as_it_is() -> None:
    for file in ("architectures/preactivation.yaml", "clauses/stem.yaml"):
        assert load_changed(Change("nothing", file, texts()[file].text)) == load_spec()


def test_nobody_says_anything_against_the_spec_as_it_is() -> None:
    spec = load_spec()
    assert broken_fact(spec) is None
    assert len(facts()) > 200
    assert spec_references.what_is_wrong(spec, ("imagenet/resnet18", "cifar10/resnet20-B")) is None
    assert spec_references.what_is_wrong(spec, ("cifar10/plain20",), set(spec.clauses)) is None
    assert spec_recipes.what_is_wrong(spec, ["cifar10/v2"]) is None
    assert spec_wrong.what_is_wrong(spec, ["cifar10/plain20"]) is None
    assert spec_wrong.what_is_wrong(spec, ["cifar10/plain20"], {"PL-01"}) is None


def test_every_bundled_network_is_a_target() -> None:
    assert set(spec_references.targets()) == set(load_spec().architectures)


@pytest.mark.parametrize(
    ("name", "by", "told"),
    [
        ("architectures/imagenet.yaml stem.stride 2 -> 3", "loader", "the stem's convolution makes 75x75"),
        ("architectures/variants.yaml variants.imagenet/resnet50-v1.5.replaces.BTN-05 removed", "reference", "BTN-05"),
        ("training.yaml recipes.cifar10/v2.rate.start 0.1 -> 0.2", "reference", "The rate is 0.1"),
        ("clauses/blocks.yaml clauses.BLK-02.level MUST -> SHOULD", "typed table", "test_levels"),
        ("clauses/blocks.yaml clauses.BLK-02.evidence.structure removed", "loader", "must not be empty"),
        ("deviations.yaml deviations.stride-3x3.explains.BTN-05 removed", "wrong network", "stride-3x3: BTN-05 is"),
    ],
)
def test_every_judge_notices_something(name: str, by: str, told: str) -> None:
    outcome = spec_mutants.run(name)
    assert (outcome.verdict, outcome.by) == ("killed", by), outcome
    assert told in outcome.told


def test_a_scope_that_covers_the_same_networks_says_nothing_else() -> None:
    outcome = spec_mutants.run("clauses/stem.yaml position 10 -> 11")
    assert outcome.verdict == "stillborn"
    name = "clauses/stem.yaml clauses.STEM-07.scope.0.dataset.cifar10 cifar10 -> imagenet"
    change = all_changes()[name]
    assert not spec_mutants.says_the_same(change, load_changed(change))
    told = spec_references.what_is_wrong(load_changed(change), ["imagenet/resnet18"], {"STEM-07"})
    assert told is not None
    assert "fails STEM-07" in told


def test_a_missing_recipe_and_a_missing_network_are_noticed() -> None:
    spec = load_spec()
    without = replace(spec, architectures={n: a for n, a in spec.architectures.items() if n != "cifar10/resnet20"})
    told = spec_references.what_is_wrong(without, ["cifar10/resnet20"])
    assert told == "resnet_impl:cifar_resnet20 is to be judged as cifar10/resnet20, which is unknown"
    assert spec_wrong.what_is_wrong(without, ["cifar10/resnet20"]) is not None
    assert spec_recipes.what_is_wrong(replace(spec, recipes={}), ["imagenet/v1"]) is not None


def for_people() -> list[tuple[str, Text, Leaf]]:
    """The first leaf of each kind that no check reads."""
    first: dict[str, tuple[str, Text, Leaf]] = {}
    for file, text in texts().items():
        for leaf in text.leaves():
            if leaf.kind == "value" and kept_by(leaf):
                first.setdefault(".".join(leaf.keys[-2:]), (file, text, leaf))
    return list(first.values())


@pytest.mark.parametrize(("file", "text", "leaf"), for_people(), ids=lambda part: getattr(part, "label", "-")[-40:])
def test_what_is_for_people_is_kept(file: str, text: Text, leaf: Leaf) -> None:
    """A value that cannot be is refused; what else stands there nobody but a reader can judge."""
    bad = next((value for end, value in BAD.items() if ".".join(leaf.keys).endswith(end)), '""')
    with pytest.raises(SpecError):
        load_changed(Change("bad", file, text.with_(leaf.span, bad)))


def test_what_is_for_people_is_counted() -> None:
    counted = spec_mutants.for_people()
    assert set(counted) == set(FOR_PEOPLE.values())
    assert sum(counted.values()) > 2000
