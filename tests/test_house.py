"""The rules of the house: which part may know which, read from the imports, and how files are kept.

A rule is a function of a folder that yields its breaches: it is shown the checkout, and a made folder that
breaks it.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
JUDGE = "conformance/resnet_conformance"

# The doors to torch. Only these run with it in mind; whatever is not named here must do without.
TORCH = ("capture/", "execute.py", "operations.py", "transplanting.py", "transplantation/", "experiments/", "suite/")
TORCH += ("parts/embedding.py", "parts/surroundings.py")  # the network that stands around a part is made of modules
TORCH += ("kata/examination/",)  # runs what a learner wrote
# Light at import: `list`, `show` and `explain` pass through them. Torch only inside their functions.
TORCH_WHEN_CALLED = ("__init__.py", "api.py", "cli.py", "pytest_plugin.py", "capture/__init__.py")
TORCH_NEVER_THERE = ("capture/problems.py",)

Import = tuple[int, str, bool]  # line, dotted name, whether it runs as soon as its module is imported


def imports_of(path: Path, package: str) -> Iterator[Import]:
    """What a file imports, absolute; `from a import b` gives a.b. Not what only a type checker imports."""
    yield from _imports(ast.parse(path.read_text(encoding="utf-8")), package.split("."), at_once=True)


def _imports(node: ast.AST, package: list[str], at_once: bool) -> Iterator[Import]:
    if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        for child in node.orelse:
            yield from _imports(child, package, at_once)
        return
    if isinstance(node, ast.Import):
        yield from ((node.lineno, alias.name, at_once) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = package[: len(package) - node.level + 1] if node.level else []
        stem = [*base, *([node.module] if node.module else [])]
        yield from ((node.lineno, ".".join([*stem, alias.name]), at_once) for alias in node.names)
    elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
        name = node.args[0] if node.args else None
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            yield node.lineno, name.value, at_once
    inner = at_once and not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
    for child in ast.iter_child_nodes(node):
        yield from _imports(child, package, inner)


def imports_under(folder: Path) -> Iterator[tuple[str, Import]]:
    """The imports of every file of a package, with the file's path within it."""
    for path in sorted(folder.rglob("*.py")):
        inside = path.relative_to(folder)
        for found in imports_of(path, ".".join([folder.name, *inside.parent.parts])):
            yield inside.as_posix(), found


def names(module: str, top: str) -> bool:
    """Whether a dotted name is a module or lies in it."""
    return module == top or module.startswith(f"{top}.")


# --- the rules ---


def implementation_stands_alone(root: Path) -> Iterator[str]:
    """resnet_impl never imports yaml, the spec or resnet_conformance."""
    for file, (line, module, _) in imports_under(root / "resnet_impl"):
        if any(names(module, top) for top in ("yaml", "spec", "resnet_conformance", "conformance")):
            yield f"resnet_impl/{file}:{line} imports {module}"


def judge_does_not_know_the_implementation(root: Path) -> Iterator[str]:
    """resnet_conformance never imports resnet_impl."""
    for file, (line, module, _) in imports_under(root / JUDGE):
        if names(module, "resnet_impl"):
            yield f"{file}:{line} imports {module}"


def torch_stays_behind_its_doors(root: Path) -> Iterator[str]:
    """Whatever is no door to torch never imports it: spec, Graph, measures, clauses, reports."""
    for file, (line, module, at_once) in imports_under(root / JUDGE):
        if not any(names(module, top) for top in ("torch", "torchvision", "timm", "safetensors.torch")):
            continue
        if file in TORCH_NEVER_THERE or (file in TORCH_WHEN_CALLED and at_once):
            yield f"{file}:{line} imports {module} at once"
        elif file not in TORCH_WHEN_CALLED and not file.startswith(TORCH):
            yield f"{file}:{line} imports {module}"


def data_flows_one_way(root: Path) -> Iterator[str]:
    """Reports never import clauses, clauses never capture, and nothing imports cli or pytest_plugin."""
    top = "resnet_conformance"
    for file, (line, module, _) in imports_under(root / JUDGE):
        forbidden = [] if file == "__main__.py" else [f"{top}.cli"]
        forbidden += [] if file.startswith("suite/") else [f"{top}.pytest_plugin"]
        forbidden += [f"{top}.clauses"] if file.startswith("reports/") else []
        forbidden += [f"{top}.capture"] if file.startswith("clauses/") else []
        yield from (f"{file}:{line} imports {module}" for ban in forbidden if names(module, ban))


def data_folders_are_no_packages(root: Path) -> Iterator[str]:
    """spec/ holds no code; conformance/ and benchmarks/ are no packages, as such names belong to anyone."""
    yield from (f"{path.relative_to(root)} is code" for path in sorted((root / "spec").rglob("*.py")))
    for folder in ("conformance", "benchmarks"):
        if (root / folder / "__init__.py").exists():
            yield f"{folder}/__init__.py makes {folder} a package"


def files_are_short(root: Path) -> Iterator[str]:
    """A Python file holds one idea: 300 lines at most."""
    for path in kept_files(root):
        if path.suffix == ".py" and (length := len(path.read_text(encoding="utf-8").splitlines())) > 300:
            yield f"{path.relative_to(root)} has {length} lines"


def no_path_of_one_machine(root: Path) -> Iterator[str]:
    """What is published names no folder of the machine that it was written on."""
    machine = re.compile(rb"(?<![\w.])/(?:work/|tmp/w\b|root/|home/\w)")
    for path in kept_files(root):
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            if found := machine.search(line):
                yield f"{path.relative_to(root)}:{number} says {found[0].decode()}"


def kept_files(root: Path) -> list[Path]:
    """The files that git keeps or would; all files where this is no checkout (an unpacked sdist)."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listing, cwd=root, capture_output=True, text=True, check=False)
    inside = done.stdout.split("\0") if done.returncode == 0 else [str(p.relative_to(root)) for p in root.rglob("*")]
    return [path for name in sorted(inside) if name and (path := root / name).is_file() and "__pycache__" not in name]


RULES = [
    implementation_stands_alone,
    judge_does_not_know_the_implementation,
    torch_stays_behind_its_doors,
    data_flows_one_way,
    data_folders_are_no_packages,
    files_are_short,
    no_path_of_one_machine,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_its_rules(rule) -> None:
    breaches = list(rule(CHECKOUT))
    assert not breaches, "\n".join(breaches)


YAML, FROM_JUDGE = "import yaml", "from resnet_conformance import check"
TORCH_LATER = "def f():\n    import torch"
BREACHES = [
    (implementation_stands_alone, "resnet_impl/a.py", YAML, "resnet_impl/a.py:1 imports yaml"),
    (implementation_stands_alone, "resnet_impl/a/b.py", FROM_JUDGE, "imports resnet_conformance.check"),
    (implementation_stands_alone, "resnet_impl/a.py", "import_module('spec')", "imports spec"),
    (judge_does_not_know_the_implementation, f"{JUDGE}/a.py", "import resnet_impl.blocks", "a.py:1 imports"),
    (
        torch_stays_behind_its_doors,
        f"{JUDGE}/graph.py",
        "from torch import nn",
        "graph.py:1 imports torch.nn",
    ),
    (torch_stays_behind_its_doors, f"{JUDGE}/clauses/a.py", TORCH_LATER, "clauses/a.py:2 imports torch"),
    (torch_stays_behind_its_doors, f"{JUDGE}/cli.py", "import torch", "cli.py:1 imports torch at once"),
    (torch_stays_behind_its_doors, f"{JUDGE}/capture/__init__.py", "if a:\n    import torch", "at once"),
    (
        torch_stays_behind_its_doors,
        f"{JUDGE}/capture/problems.py",
        TORCH_LATER,
        "problems.py:2 imports torch",
    ),
    (torch_stays_behind_its_doors, f"{JUDGE}/a.py", "import torchvision.models", "torchvision.models"),
    (data_flows_one_way, f"{JUDGE}/reports/a.py", "from ..clauses import CHECKS", "clauses.CHECKS"),
    (data_flows_one_way, f"{JUDGE}/reports/a.py", "from .. import clauses", "resnet_conformance.clauses"),
    (data_flows_one_way, f"{JUDGE}/clauses/a.py", "from ..capture.problems import X", "capture.problems.X"),
    (
        data_flows_one_way,
        f"{JUDGE}/judge.py",
        "from . import cli",
        "judge.py:1 imports resnet_conformance.cli",
    ),
    (data_flows_one_way, f"{JUDGE}/cli.py", "from .pytest_plugin import X", "cli.py:1"),
    (data_folders_are_no_packages, "spec/a/b.py", "", "spec/a/b.py is code"),
    (data_folders_are_no_packages, "benchmarks/__init__.py", "", "makes benchmarks a package"),
    (files_are_short, "a.py", "\n" * 301, "a.py has 301 lines"),
    (no_path_of_one_machine, "a.md", "\nsee " + "/work" + "/main", "a.md:2 says " + "/work" + "/"),
    (no_path_of_one_machine, "a.md", "(" + "/tmp" + "/w/a)", "says " + "/tmp" + "/w"),
]


@pytest.mark.parametrize(("rule", "file", "text", "told"), BREACHES)
def test_each_rule_finds_its_breach(rule, file: str, text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text, encoding="utf-8")
    [breach] = rule(tmp_path)
    assert told in breach


INNOCENT = [
    (torch_stays_behind_its_doors, f"{JUDGE}/graph.py", "if TYPE_CHECKING:\n    import torch"),
    (torch_stays_behind_its_doors, f"{JUDGE}/cli.py", "def f():\n    import torch"),
    (torch_stays_behind_its_doors, f"{JUDGE}/capture/a.py", "import torch"),
    (data_flows_one_way, f"{JUDGE}/__main__.py", "from .cli import main"),
    (data_flows_one_way, f"{JUDGE}/reports/a.py", "from .. import clauses_of_law"),
    (files_are_short, "a.py", "\n" * 300),
    (no_path_of_one_machine, "a.md", "a net/work/flow, frame" + "work/ and /tmp/wheel"),
]


@pytest.mark.parametrize(("rule", "file", "text"), INNOCENT)
def test_no_rule_sees_a_breach_that_is_none(rule, file: str, text: str, tmp_path: Path) -> None:
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text, encoding="utf-8")
    assert list(rule(tmp_path)) == []


# What `list`, `show` and `explain` need, and what every pytest run imports where this project is installed.
LIGHT = ["cli", "spec", "pytest_plugin", "capture.problems"]
ASK = """
import importlib, sys
sys.path[:0] = {folders}
for module in {modules}:
    importlib.import_module(module)
print("torch" in sys.modules)
"""


def import_brings_torch(*modules: str) -> bool:
    """Whether a fresh Python has torch once it has imported these modules of the judge."""
    folders = [str(CHECKOUT / "conformance"), *sys.path]
    code = ASK.format(folders=folders, modules=[f"resnet_conformance.{name}".rstrip(".") for name in modules])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout == "True\n"


@pytest.mark.parametrize("module", LIGHT)
def test_a_light_module_does_not_import_torch(module: str) -> None:
    assert not import_brings_torch(module)


def test_no_module_that_is_no_door_imports_torch_by_way_of_another() -> None:
    folder = CHECKOUT / JUDGE
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*.py") if path.stem != "__main__"]
    free = [file for file in files if not file.startswith(TORCH) or file in TORCH_WHEN_CALLED]
    assert len(free) > 30
    assert not import_brings_torch(*(re.sub(r"(/?__init__)?\.py$", "", file).replace("/", ".") for file in free))


def test_a_light_module_that_imported_torch_would_be_caught() -> None:
    assert import_brings_torch("capture.target")


def test_every_architecture_of_the_spec_has_a_bundled_network() -> None:
    from resnet_conformance.spec import load_spec

    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    judged = [target["architecture"] for target in project["tool"]["resnet-conformance"]["targets"]]
    relatives = {"wrn", "resnext"}  # networks of others, of which the implementation has none
    known = [name for name in load_spec().architectures if not relatives & set(re.findall(r"/([a-z]+)", name))]
    assert sorted(judged) == sorted(known)
