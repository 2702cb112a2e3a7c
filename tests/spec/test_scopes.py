"""Where each clause applies, typed once more by hand: the table of scopes, over every network and admitted option.

He et al. 2015, section 3.3 to 4.2, Table 1 and Table 6; He et al. 2016, section 3 and appendix. What is known of a
network here comes from its name alone: the names are the papers'.
"""

from __future__ import annotations

import re

import pytest

from resnet_conformance.architecture import Architecture
from resnet_conformance.spec import Spec

# clauses: the networks, as words that must all hold; "|" stands between ways, and - before what must not
SCOPES = """
STEM-01 STEM-02 STEM-03 STG-01 STG-02 STG-07 STG-09 TI-01 TI-03: I
STEM-04 STEM-05 STEM-05a STG-11: I -small
STEM-06 TC-01 TC-02 TC-03 TC-04: C
STEM-07: C | small
STG-03 BLK-07: I basic
STG-04 SC-11 CT-08: I bottleneck
STG-05: basic
STG-12 STG-13 STG-14: C basic
STG-06 STG-08 STG-10 BN-03 BN-04 BN-05 BN-06 BN-06a BN-07 BN-08 ACT-01 ACT-02 CB-01: all
HD-01 HD-02 HD-03 HD-04 HD-05 HD-06 HD-07 IN-01 IN-02 IN-03 IN-04 IN-05 IN-06 IN-07 CT-01 CT-06 CT-07: all
TI-05 TI-05a TI-05b BH-01 BH-02 BH-03 BH-04 BH-05 EQ-01 EQ-02 EQ-03 EQ-04 DG-01: all
BLK-01 BLK-05 BLK-06 SC-06 DG-02 DG-03: residual
BLK-02: v1 basic
BLK-03 BLK-04 BLK-09 SC-15: v1 residual
BLK-08: v1 basic residual
BTN-01 BTN-02: bottleneck
BTN-03 BTN-06 BTN-07 SC-07 SC-18: v1 bottleneck
BTN-04 BTN-05: v1 bottleneck -v1.5
SC-01 SC-02: A | B
SC-03 SC-16 SC-17: A
SC-04: B
SC-05: C34
SC-08: named-A
SC-08a: plain-name B 18 | plain-name B 34 | plain-name C34
SC-09: C basic A
SC-10: C basic residual
SC-12: I basic A | I basic B
SC-13: I B | C34
SC-14: v1 B | C34
BN-01 BN-02 ACT-03: v1
CB-02: I 50 -small v1
CT-02 CT-03: C v1 A | C plain
CT-04 CT-09: C v1 A | C plain | I A
CT-05: I basic A -small | I basic B -small | I plain | I v1 bottleneck -v1.5 -small
PL-01 PL-02 PL-03: plain
TI-02 TI-04: I v1
TC-05: C v1 110
TC-06: C v1 110 residual | C v2
V2-01 V2-02 V2-03 V2-04 V2-11: v2
V2-05 V2-06 V2-14: C v2 bottleneck
V2-07 V2-08 V2-09: v2 bottleneck
V2-10: v2 200
V2-12: C v2
V2-13: I v2
"""
WHERE = {
    clause: condition for line in SCOPES.strip().splitlines() for clauses, condition in [line.split(": ")]
    for clause in clauses.split()
}  # fmt: skip
BOTTLENECK = {"50", "101", "152", "164", "200", "1001"}
OPTIONS = {"18": "AB", "34": "ABC"}  # of ImageNet's plain names; all deeper ones have B


def admitted(name: str) -> list[str]:
    """The shortcut options that a name admits."""
    if "plain" in name:
        return ["none"]
    if suffix := re.search(r"-([ABC])$", name):
        return [suffix[1]]
    depth = depth_of(name)
    if name.endswith("-imagenet-blocks"):
        return ["B"]
    if name.startswith("imagenet/"):
        return list(OPTIONS.get(depth, "B"))
    return ["B"] if depth in BOTTLENECK else ["A"]


def depth_of(name: str) -> str:
    found = re.search(r"net(\d+)|plain(\d+)", name.partition("/")[2])
    assert found is not None, name
    return found[1] or found[2]


def words_for(name: str, option: str) -> set[str]:
    """All that the table's words say of a network with one option."""
    depth, small = depth_of(name), name.endswith("-imagenet-blocks")
    kind = "bottleneck" if depth in BOTTLENECK else "basic"
    words = {"all", depth, kind, "I" if small or name.startswith("imagenet/") else "C"}
    words.add("v2" if "preresnet" in name else "v1")
    words |= {"plain"} if option == "none" else {"residual", "C34" if option == "C" else option}
    words |= {"small"} if small else set()
    words |= {"v1.5"} if name.endswith("-v1.5") or (small and kind == "bottleneck") else set()
    words |= {"named-A"} if re.search(r"/resnet(18|34)-A$", name) else set()
    return words | ({"plain-name"} if words & {"18", "34"} else set())


def holds(condition: str, words: set[str]) -> bool:
    return any(
        all((word[1:] not in words) if word.startswith("-") else (word in words) for word in way.split())
        for way in condition.split(" | ")
    )


def networks_of(spec: Spec) -> dict[str, Architecture]:
    """Those of He et al. and their variants; tests/conformance/test_relatives.py has the scopes of the others."""
    return {name: a for name, a in spec.architectures.items() if not re.search(r"/(resnext|wrn)", name)}


def test_every_clause_is_in_the_table(spec: Spec) -> None:
    assert set(WHERE) == set(spec.clauses)


def test_the_options_that_names_admit(spec: Spec) -> None:
    networks = networks_of(spec)
    assert {name: admitted(name) for name in networks} == {
        name: list(network.options) for name, network in networks.items()
    }


@pytest.mark.parametrize("clause", WHERE)
def test_a_clause_applies_where_the_table_says(spec: Spec, clause: str) -> None:
    found, wanted = set(), set()
    for name, network in networks_of(spec).items():
        for option in network.options:
            if spec.clauses[clause].applies_to(network.with_option(option)):
                found.add((name, option))
            if holds(WHERE[clause], words_for(name, option)):
                wanted.add((name, option))
    assert found == wanted
