"""Look into a folder of built distributions: python check_distributions.py FOLDER (DESIGN.md, section 6).

One wheel and one sdist. The wheel must hold the two packages, the whole spec and nothing else at the top; the
sdist what it takes to build and test. Every fault is one line on standard error; then the exit code is 1.
"""

from __future__ import annotations

import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

CHECKOUT = Path(__file__).parents[2]
PACKAGES = {"resnet_conformance", "resnet_impl"}
ENTRY_POINTS = {
    "[console_scripts]\nresnet-conformance = resnet_conformance.cli:main",
    "[pytest11]\nresnet_conformance = resnet_conformance.pytest_plugin",
}
PAGE = ("page.css", "page.html.j2", "page.js")
PACKAGE_DATA = {"resnet_conformance/reports/report.schema.json", *(f"{name}/py.typed" for name in PACKAGES)}
PACKAGE_DATA |= {f"resnet_conformance/reports/html/{name}" for name in PAGE}
PACKAGE_DATA |= {"resnet_conformance/kata/texts.yaml"}
PACKAGE_DATA |= {
    f"resnet_conformance/kata/{name}"
    for language in ("en", "ko")
    for name in (f"exercise/{language}.py.txt", f"_cookbook/{language}.md")
}
NEEDED_IN_SDIST = {"pyproject.toml", "noxfile.py", "README.md", "README.ko.md", "LICENSE", "CITATION.cff", "PKG-INFO"}


def check(folder: Path) -> Iterator[str]:
    """Every fault of the distributions in a folder."""
    wheels, sdists = sorted(folder.glob("*.whl")), sorted(folder.glob("*.tar.gz"))
    if len(wheels) != 1 or len(sdists) != 1:
        yield f"{folder}: one wheel and one sdist are wanted, {len(wheels)} and {len(sdists)} are there"
        return
    with zipfile.ZipFile(wheels[0]) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
        metadata = {name.partition("/")[2]: name for name in names if ".dist-info/" in name}
        points = metadata.get("entry_points.txt")
        declared = archive.read(points).decode() if points else ""
    with tarfile.open(sdists[0]) as archive:
        members = {str(PurePosixPath(*PurePosixPath(m.name).parts[1:])) for m in archive if m.isfile()}
    yield from (f"{wheels[0].name}: {fault}" for fault in check_wheel(names, set(metadata), declared))
    yield from (f"{sdists[0].name}: {fault}" for fault in check_sdist(members))


def check_wheel(names: set[str], metadata: set[str], entry_points: str) -> Iterator[str]:
    """Faults of a wheel, given its files, those of its dist-info, and its entry points."""
    wanted = {f"resnet_conformance/_spec/{name}" for name in files_of("spec")} | PACKAGE_DATA
    wanted |= {name for package in PACKAGES for name in modules_of(package)}
    yield from (f"{name} is missing" for name in sorted(wanted - names))
    strays = {name.partition("/")[0] for name in names} - PACKAGES
    yield from (f"stray top-level {name}" for name in sorted(strays) if not name.endswith(".dist-info"))
    missing = sorted(point for point in ENTRY_POINTS if point not in entry_points)
    yield from (f"entry point missing: {point}" for point in missing)
    if "licenses/LICENSE" not in metadata:
        yield "licenses/LICENSE is missing"


def check_sdist(names: set[str]) -> Iterator[str]:
    """Faults of an sdist, given its files without the leading folder."""
    # docs: the wheel takes the cookbook from there
    tops = ("benchmarks", "spec", "conformance", "resnet_impl", "tests", "docs")
    wanted = NEEDED_IN_SDIST | {f"{top}/{name}" for top in tops for name in files_of(top)}
    yield from (f"{name} is missing" for name in sorted(wanted - names))


def files_of(top: str) -> set[str]:
    """The files of a folder of the checkout, hidden ones and caches left out."""
    found = (path.relative_to(CHECKOUT / top) for path in (CHECKOUT / top).rglob("*") if path.is_file())
    return {
        path.as_posix()
        for path in found
        if not any(part.startswith(".") or part == "__pycache__" for part in path.parts)
    }


def modules_of(package: str) -> set[str]:
    """The modules of a package, as the wheel names them."""
    top = "conformance/resnet_conformance" if package == "resnet_conformance" else package
    return {f"{package}/{name}" for name in files_of(top) if name.endswith(".py")}


if __name__ == "__main__":
    faults = list(check(Path(sys.argv[1])))
    print("\n".join(faults) or "wheel and sdist hold what they must", file=sys.stderr)
    sys.exit(1 if faults else 0)
