"""`nox -s build` passes whole archives and names each thing that is missing in them or too much."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

CHECKER = Path(__file__).with_name("check_distributions.py")
CHECKOUT = CHECKER.parents[2]
INFO = "resnet_conformance-0.1.0.dist-info"
POINTS = (
    "[console_scripts]\nresnet-conformance = resnet_conformance.cli:main\n\n"
    "[pytest11]\nresnet_conformance = resnet_conformance.pytest_plugin\n"
)


def files_under(folder: str) -> set[str]:
    top = CHECKOUT / folder
    found = [path.relative_to(top) for path in top.rglob("*") if path.is_file()]
    return {path.as_posix() for path in found if "__pycache__" not in path.parts}


def whole_wheel() -> dict[str, str]:
    names = {f"resnet_conformance/{name}" for name in files_under("conformance/resnet_conformance")}
    names |= {f"resnet_conformance/_spec/{name}" for name in files_under("spec")}
    names |= {f"resnet_impl/{name}" for name in files_under("resnet_impl")}
    names |= {f"resnet_conformance/kata/_cookbook/{language}.md" for language in ("en", "ko")}
    return dict.fromkeys(names, "") | {f"{INFO}/licenses/LICENSE": "", f"{INFO}/entry_points.txt": POINTS}


def whole_sdist() -> dict[str, str]:
    tops = ("benchmarks", "spec", "conformance", "resnet_impl", "tests", "docs")
    single = ("pyproject.toml", "noxfile.py", "README.md", "LICENSE", "CITATION.cff", "PKG-INFO")
    return dict.fromkeys([*single, *(f"{top}/{name}" for top in tops for name in files_under(top))], "")


def run_checker(folder: Path, wheel: dict[str, str], sdist: dict[str, str]) -> tuple[int, str]:
    with zipfile.ZipFile(folder / "resnet_conformance-0.1.0-py3-none-any.whl", "w") as archive:
        for name, text in wheel.items():
            archive.writestr(name, text)
    with tarfile.open(folder / "resnet_conformance-0.1.0.tar.gz", "w:gz") as archive:
        for name in sdist:
            archive.addfile(tarfile.TarInfo(f"resnet_conformance-0.1.0/{name}"), io.BytesIO())
    done = subprocess.run([sys.executable, CHECKER, folder], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_whole_archives_pass(tmp_path: Path) -> None:
    assert run_checker(tmp_path, whole_wheel(), whole_sdist()) == (0, "wheel and sdist hold what they must\n")


@pytest.mark.parametrize(
    "name",
    [
        "resnet_conformance/_spec/architectures/imagenet.yaml",
        "resnet_conformance/_spec/schema/clauses.schema.json",
        "resnet_conformance/reports/report.schema.json",
        "resnet_conformance/kata/_cookbook/ko.md",
        "resnet_conformance/kata/exercise/en.py.txt",
        "resnet_conformance/py.typed",
        "resnet_impl/py.typed",
        "resnet_impl/presets.py",
    ],
)
def test_a_file_missing_in_the_wheel_is_named(tmp_path: Path, name: str) -> None:
    wheel = whole_wheel()
    del wheel[name]
    code, told = run_checker(tmp_path, wheel, whole_sdist())
    assert (code, told) == (1, f"resnet_conformance-0.1.0-py3-none-any.whl: {name} is missing\n")


@pytest.mark.parametrize("top", ["spec", "conformance", "benchmarks", "tests"])
def test_a_generic_name_at_the_top_of_the_wheel_is_told(tmp_path: Path, top: str) -> None:
    code, told = run_checker(tmp_path, whole_wheel() | {f"{top}/x.py": ""}, whole_sdist())
    assert code == 1
    assert told.endswith(f"stray top-level {top}\n")


@pytest.mark.parametrize("point", ["resnet_conformance.cli:main", "resnet_conformance.pytest_plugin"])
def test_a_missing_entry_point_is_told(tmp_path: Path, point: str) -> None:
    wheel = whole_wheel() | {f"{INFO}/entry_points.txt": POINTS.replace(point, "nowhere")}
    code, told = run_checker(tmp_path, wheel, whole_sdist())
    assert code == 1
    assert f"entry point missing: [{'console_scripts' if 'cli' in point else 'pytest11'}]" in told
    assert point in told


@pytest.mark.parametrize("name", ["noxfile.py", "spec/deviations.yaml", "tests/build/check_distributions.py"])
def test_a_file_missing_in_the_sdist_is_named(tmp_path: Path, name: str) -> None:
    sdist = whole_sdist()
    del sdist[name]
    assert run_checker(tmp_path, whole_wheel(), sdist) == (
        1,
        f"resnet_conformance-0.1.0.tar.gz: {name} is missing\n",
    )


def test_an_empty_folder_fails(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, CHECKER, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "one wheel and one sdist are wanted, 0 and 0 are there" in done.stderr
