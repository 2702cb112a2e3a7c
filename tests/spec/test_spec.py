"""What a loaded spec promises: clauses know where they apply, citations lead somewhere, no torch comes in."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from resnet_conformance.spec import Spec, SpecError, load_spec
from resnet_conformance.spec.files import find_root

if TYPE_CHECKING:
    from conftest import SpecCopy

CHECKOUT = Path(__file__).resolve().parents[2]


def applicable(spec: Spec, clause: str, name: str, option: str | None = None) -> bool:
    network = spec.architectures[name]
    return spec.clauses[clause].applies_to(network.with_option(option) if option else network)


def test_it_loads_and_is_loaded_once(spec: Spec) -> None:
    assert load_spec() is spec
    assert spec.clauses
    assert spec.deviations
    assert all(key == clause.id for key, clause in spec.clauses.items())
    assert all(key == deviation.id for key, deviation in spec.deviations.items())


OWN = """\
variants:
  cifar10/resnet20-own:
    base: cifar10/resnet20
    title: ResNet-20 of somebody
    changes: {options: [B]}
    replaces: {SC-09: none, CT-02: none, CT-03: none, CT-04: none, CT-09: none}
    derived:
      B: {parameters: 272474, batch_norm_affine: 1568, multiply_adds: 40813184, projections: 2}
    cite: ["P1 §3.3, p.4"]
"""


def test_a_file_of_variants_is_known_by_what_it_holds(spec_copy: SpecCopy) -> None:
    """Whatever its name, and its faults are told as those of variants."""
    path = spec_copy.root / "architectures/mine.yaml"
    path.write_text(OWN, encoding="utf-8")
    own = load_spec(spec_copy.root).architectures["cifar10/resnet20-own"]
    assert own.variant
    assert own.base == "cifar10/resnet20"
    path.write_text(OWN.replace("changes", "chnges"), encoding="utf-8")
    (fault,) = spec_copy.refused().faults
    assert (fault.file, fault.line) == ("spec/architectures/mine.yaml", 5)
    assert "unknown key 'chnges' (did you mean 'changes'?)" in fault.message


def test_a_file_of_no_kind_is_told_the_kinds(spec_copy: SpecCopy) -> None:
    """One fault that names them, and none after another kind's schema."""
    path = spec_copy.root / "architectures/mine.yaml"
    path.write_text(OWN.replace("variants:", "variant:"), encoding="utf-8")
    (fault,) = spec_copy.refused().faults
    assert (fault.file, fault.line, fault.column) == ("spec/architectures/mine.yaml", 1, 1)
    for words in ("'variants' (", "'architectures' (", "'families' (", "did you mean 'variants'?"):
        assert words in fault.message


def test_it_is_read_only(spec: Spec) -> None:
    with pytest.raises(TypeError):
        spec.clauses["STEM-01"] = spec.clauses["STEM-02"]  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        spec.clauses["STEM-01"].level = "MAY"  # type: ignore[misc]


def test_every_citation_names_a_known_source(spec: Spec) -> None:
    cited = [c for thing in (*spec.clauses.values(), *spec.architectures.values()) for c in thing.cite]
    assert cited
    assert {citation.split(" ")[0] for citation in cited} <= set(spec.sources)
    assert all(clause.cite for clause in spec.clauses.values())
    assert all(architecture.cite for architecture in spec.architectures.values())


def test_every_clause_is_complete_in_both_languages(spec: Spec) -> None:
    for clause in spec.clauses.values():
        for text in (clause.statement, clause.why):
            assert set(text) == {"en", "ko"}, clause.id
            assert any("가" <= letter <= "힣" for letter in text["ko"]), clause.id
        assert bool(clause.evidence) != bool(clause.not_examined), clause.id
        assert clause.chapter in spec.chapters


def test_a_clause_knows_its_line(spec: Spec) -> None:
    for clause in spec.clauses.values():
        lines = (CHECKOUT / clause.file).read_text(encoding="utf-8").splitlines()
        assert f"id: {clause.id}" in lines[clause.line - 1]


@pytest.mark.parametrize(
    ("clause", "name", "option", "expected"),
    [
        ("STEM-01", "imagenet/resnet50", None, True),
        ("STEM-01", "cifar10/resnet20", None, False),
        ("STEM-06", "cifar10/plain20", None, True),
        ("SC-03", "imagenet/resnet34", None, True),  # one of its options is A
        ("SC-03", "imagenet/resnet34", "B", False),
        ("SC-05", "imagenet/resnet34", "C", True),
        ("SC-05", "imagenet/resnet50", None, False),
        ("BTN-04", "imagenet/resnet50", None, True),
        ("BTN-04", "imagenet/resnet50-v1.5", None, False),  # replaced
        ("BTN-06", "imagenet/resnet50-v1.5", None, True),
        ("CT-05", "imagenet/resnet50", None, True),
        ("CT-05", "imagenet/resnet50-v1.5", None, False),
        ("STEM-04", "cifar10/resnet18-imagenet-blocks", None, False),
        ("STEM-07", "cifar10/resnet18-imagenet-blocks", None, True),  # in STEM-04's place
        ("STEM-07", "imagenet/resnet18", None, False),
        ("SC-09", "cifar10/resnet20", None, True),
        ("SC-09", "cifar10/resnet20-B", None, False),
        ("CB-02", "imagenet/resnet50", None, True),
        ("CB-02", "imagenet/resnet101", None, False),
        ("PL-01", "imagenet/plain34", None, True),
        ("PL-01", "imagenet/resnet34", None, False),
        ("BN-01", "cifar10/resnet1202", None, True),
    ],
)
def test_a_clause_knows_where_it_applies(
    spec: Spec, clause: str, name: str, option: str | None, expected: bool
) -> None:
    assert applicable(spec, clause, name, option) is expected


def test_names_in_a_scope_cover_what_is_built_on_them(spec: Spec) -> None:
    clause = replace(spec.clauses["CB-02"], scope=({"names": ("imagenet/resnet34",)},))
    covered = {name for name, network in spec.architectures.items() if clause.applies_to(network)}
    assert covered == {
        "imagenet/resnet34", "imagenet/resnet34-A", "imagenet/resnet34-B", "imagenet/resnet34-C",
        "cifar10/resnet34-imagenet-blocks",
    }  # fmt: skip


def test_all_keys_of_one_scope_must_hold_and_one_scope_suffices(spec: Spec) -> None:
    plain20 = spec.architectures["cifar10/plain20"]
    clause = replace(spec.clauses["STEM-01"], scope=({"dataset": ("cifar10",), "block": ("bottleneck",)},))
    assert not clause.applies_to(plain20)
    assert replace(clause, scope=(*clause.scope, {"strided": (1,), "option": ("none",)})).applies_to(plain20)
    assert replace(clause, scope=({},)).applies_to(plain20)
    assert not replace(clause, scope=({"strided": (2,)},)).applies_to(plain20)


def test_what_takes_a_place_is_a_must_there(spec: Spec) -> None:
    clause = spec.clauses["BTN-06"]
    assert clause.level_for(spec.architectures["imagenet/resnet50-v1.5"]) == "MUST"
    assert clause.level_for(spec.architectures["imagenet/resnet50"]) == "MAY"


def test_the_version_follows_every_byte(spec: Spec, spec_copy: SpecCopy) -> None:
    assert load_spec(spec_copy.root).version == spec.version
    with (spec_copy.root / "clauses" / "stem.yaml").open("a", encoding="utf-8") as file:
        file.write("# one more comment\n")
    assert load_spec(spec_copy.root).version != spec.version


@pytest.mark.slow
def test_a_line_lost_anywhere_is_a_spec_error_or_harmless(spec_copy: SpecCopy) -> None:
    """Whatever line is dropped, the loader never dies of it in another way."""
    draw = random.Random(20151210)
    files = sorted(spec_copy.root.rglob("*.yaml"))
    harmless = 0
    for _ in range(40):
        path = draw.choice(files)
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines(keepends=True)
        lines.pop(draw.randrange(len(lines)))
        path.write_text("".join(lines), encoding="utf-8")
        with suppress(SpecError):
            load_spec(spec_copy.root)
            harmless += 1
        path.write_text(text, encoding="utf-8")
    assert harmless < 20


def run(code: str, folder: Path, package: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(package)}
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


LOAD = "from resnet_conformance.spec import load_spec; from resnet_conformance.spec.files import find_root\n"


def test_no_torch_is_imported(tmp_path: Path) -> None:
    code = LOAD + "load_spec(); import sys; print('torch' in sys.modules)"
    assert run(code, tmp_path, CHECKOUT / "conformance") == "False"


def test_a_checkout_reads_its_own_spec_from_any_folder(tmp_path: Path) -> None:
    (tmp_path / "spec").mkdir()
    assert run(LOAD + "print(find_root())", tmp_path, CHECKOUT / "conformance") == str(find_root())
    assert find_root() == CHECKOUT / "spec"


def test_an_installed_package_reads_its_own_copy(spec: Spec, tmp_path: Path) -> None:
    """Also beside a folder called spec, as in site-packages it may lie."""
    package = tmp_path / "site" / "resnet_conformance"
    ignore = shutil.ignore_patterns("__pycache__", "_spec")
    shutil.copytree(CHECKOUT / "conformance" / "resnet_conformance", package, ignore=ignore)
    shutil.copytree(CHECKOUT / "spec", package / "_spec")
    (tmp_path / "spec").mkdir()
    code = LOAD + "print(find_root(), load_spec().version)"
    assert run(code, CHECKOUT, tmp_path / "site") == f"{package / '_spec'} {spec.version}"
