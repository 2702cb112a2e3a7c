"""The proof that the spec's values matter: each is changed in turn, and the loader, the networks or tests/spec notice.

A number is moved, a word of an enumeration or a name exchanged, an item of a list taken away, in a copy of `spec/`.
Then, until one notices: the loader; the bundled networks, judged by structure, and the papers' recipes; the wrong
networks of tests/mutants, of which another thing would be said; and the tables and ids that tests/spec has once more.
Texts for people, citations, links and printed results are no trials: `for_people` says how many there are, and what
keeps them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

from resnet_conformance.architecture import Architecture
from resnet_conformance.spec import Spec, SpecError, load_spec

from . import spec_recipes, spec_references, spec_wrong
from .spec_changes import Change, kept_by
from .spec_copy import all_changes, load_changed, texts
from .spec_facts import broken_fact
from .trial import Outcome

NAME = "spec"
TITLE = "Each value of the spec, changed: the loader refuses it, or a judgement or a typed table says another thing"


def names() -> Sequence[str]:
    """Every change of a value that something has to notice."""
    return tuple(all_changes())


def run(name: str) -> Outcome:
    """Change one value of a copy of the spec, and see who notices."""
    change = all_changes()[name]
    try:
        changed = load_changed(change)
    except SpecError as error:
        return Outcome("killed", "loader", error.message)
    if says_the_same(change, changed):
        return Outcome("stillborn", told="each clause holds for the same networks, in the same order")
    judges: list[tuple[str, Callable[[Spec], str | None]]] = [
        ("reference", _references),
        ("wrong network", _wrong_networks),
        ("typed table", broken_fact),
    ]
    if change.file.startswith("clauses/"):  # whose contract is typed once more
        judges.insert(0, judges.pop())
    for by, judge in judges:
        if (told := judge(changed)) is not None:
            return Outcome("killed", by, told)
    return Outcome("survived")


def explain(name: str) -> str | None:
    """Why nobody has to notice a change; None where somebody should."""
    return None


def for_people() -> Counter[str]:
    """How many values no check reads, by what they are and what keeps them."""
    found: Counter[str] = Counter()
    for text in texts().values():
        found.update(kept for leaf in text.leaves() if leaf.kind == "value" and (kept := kept_by(leaf)) is not None)
    return found


def says_the_same(change: Change, spec: Spec) -> bool:
    """Whether a change of a scope or of a chapter's number leaves every rule for every network, in its order."""
    own = load_spec()
    if ".scope." not in change.name and not change.name.startswith(f"{change.file} position "):
        return False
    return list(spec.clauses) == list(own.clauses) and not any(_moved(spec).values())


def _references(spec: Spec) -> str | None:
    """What is said against the bundled networks and recipes of which the spec says something else than it did."""
    own, touched, moved = load_spec(), _redrawn(spec), _moved(spec)
    recipes = [name for name, recipe in own.recipes.items() if spec.recipes.get(name) != recipe]
    return (
        spec_references.what_is_wrong(spec, touched)
        or (spec_references.what_is_wrong(spec, moved, _clauses(spec)) if moved else None)
        or spec_recipes.what_is_wrong(spec, recipes)
    )


def _wrong_networks(spec: Spec) -> str | None:
    """What is said of wrong networks, or what they are called, that should not be."""
    own, touched, moved = load_spec(), _redrawn(spec), _moved(spec)
    renamed = [name for name, deviation in own.deviations.items() if spec.deviations.get(name) != deviation]
    return (
        next((told for name in renamed if (told := spec_wrong.other_name(spec, name))), None)
        or (spec_wrong.what_is_wrong(spec, touched) if touched else None)
        or (spec_wrong.what_is_wrong(spec, moved, _clauses(spec)) if moved else None)
    )


@cache
def _own_values() -> dict[str, str]:
    return {name: repr(architecture) for name, architecture in load_spec().architectures.items()}


def _redrawn(spec: Spec) -> list[str]:
    """The networks whose tables are not what they were."""
    known = spec.architectures
    return [name for name, value in _own_values().items() if name not in known or repr(known[name]) != value]


def _clauses(spec: Spec) -> set[str]:
    """The clauses whose scope or level is not what it was."""
    own = load_spec().clauses
    return {
        name
        for name, clause in own.items()
        if name in spec.clauses and (clause.scope, clause.level) != (spec.clauses[name].scope, spec.clauses[name].level)
    }


def _moved(spec: Spec) -> dict[str, list[str]]:
    """The networks for which a clause holds, with some admitted option, where it did not, or the other way round."""
    own, changed = load_spec(), _clauses(spec)

    def differs(clause: str, network: Architecture) -> bool:
        before, now = own.clauses[clause], spec.clauses[clause]
        return before.level != now.level or any(
            before.applies_to(network.with_option(option)) != now.applies_to(network.with_option(option))
            for option in network.options
        )

    moved = {
        name: [clause for clause in changed if differs(clause, network)] for name, network in own.architectures.items()
    }
    return {name: clauses for name, clauses in moved.items() if clauses}
