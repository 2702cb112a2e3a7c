"""The ids of all clauses are a contract: reports, declarations and other tools name them."""

from __future__ import annotations

import re

from resnet_conformance.spec import Spec

# chapter: how many, and the ids with a letter
NUMBERS = """
STEM 7 05a
STG 14
BLK 9
BTN 7
SC 18 08a
BN 8 06a
ACT 3
CB 2
HD 7
IN 7
CT 9
PL 3
TI 5 05a 05b
TC 6
V2 14
BH 5
EQ 4
DG 3
"""
# Clauses of these levels are no MUST.
SHOULD = """
STEM-02 STEM-05 STG-10 BLK-06 SC-16 BN-04 BN-05 BN-06 BN-08 CB-01 HD-06 IN-04 CT-06 CT-07 TI-05 TI-05a V2-08 V2-09
"""
# Rules that follow by arithmetic from what a source states, and this project's own.
DERIVED = """
STEM-06 STEM-07 STG-09 BLK-01 BLK-09 BTN-02 BTN-04 BTN-05 SC-11 SC-12 SC-13 BN-02 ACT-03 HD-04 HD-07
CT-01 CT-03 CT-06 CT-07 CT-08 V2-02 V2-05 V2-14 BH-01 BH-02 BH-03 BH-04 BH-05 EQ-01 EQ-02 EQ-03 EQ-04 DG-03
"""
MAY = "STEM-05a BTN-06 SC-08a SC-17 BN-06a BN-07 CB-02 IN-06 IN-07 TI-05b DG-01 DG-02"


def contract() -> list[str]:
    """Every id, in the order of numbers."""
    ids = []
    for line in NUMBERS.strip().splitlines():
        chapter, count, *lettered = line.split()
        ids += [f"{chapter}-{number:02}" for number in range(1, int(count) + 1)]
        ids += [f"{chapter}-{number}" for number in lettered]
    return ids


def test_every_id_of_the_contract_stands_in_the_spec_and_no_other(spec: Spec) -> None:
    assert len(contract()) == 136
    assert sorted(spec.clauses) == sorted(contract())


def test_levels(spec: Spec) -> None:
    found = {level: {c.id for c in spec.clauses.values() if c.level == level} for level in ("MUST", "SHOULD", "MAY")}
    assert found["SHOULD"] == set(SHOULD.split())
    assert found["MAY"] == set(MAY.split())


def test_chapters_stand_in_one_order_without_a_tie(spec: Spec) -> None:
    order = "STEM STG BLK BTN SC BN ACT CB HD IN CT PL TI TC V2 BH EQ DG"
    assert list(spec.chapters) == order.split()


def test_rules_that_no_paper_states_cite_this_project_first(spec: Spec) -> None:
    for clause in spec.clauses.values():
        if clause.chapter in ("BH", "EQ") or clause.id == "DG-03":
            assert clause.cite[0].startswith("PROJECT "), clause.id
            assert clause.derived, clause.id


def test_every_clause_of_a_recipe_is_examined_by_training_or_says_why_not(spec: Spec) -> None:
    for clause in spec.clauses.values():
        if clause.chapter in ("TI", "TC"):
            assert clause.evidence in (("training",), ()), clause.id


def test_what_is_listed_as_explained_exists_and_admitted_choices_explain_nothing(spec: Spec) -> None:
    admitted = {deviation.id for deviation in spec.deviations.values() if not deviation.explains}
    assert admitted == {"stem-pool-ceil", "optA-pad-symmetric", "init-fan-out"}
    assert all(re.fullmatch(r"[A-Z0-9]+-\d\d[a-z]?", c) for d in spec.deviations.values() for c in d.explains)


def test_which_rules_follow_from_what_a_source_states(spec: Spec) -> None:
    assert {c.id for c in spec.clauses.values() if c.derived} == set(DERIVED.split())
