"""What this project does to itself: `nox -l` lists the sessions, `nox -s NAME` runs one.

Each session installs all that it needs into an environment of its own under .nox/. On a machine without a
GPU, UV_TORCH_BACKEND=cpu spares the download of CUDA.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv"
# The second run of a session takes seconds; -R even skips looking for updates, and -N begins afresh.
nox.options.reuse_venv = "yes"
nox.options.sessions = ["tests"]

HERE = Path(__file__).parent
PROJECT = nox.project.load_toml(HERE / "pyproject.toml")
SUITE = "conformance/resnet_conformance/suite"

# Import name and what to install for it, of the libraries whose ResNets this project knows.
LIBRARIES = {
    "torchvision": "torchvision",
    "timm": "timm",
    "transformers": "transformers",
    "pytorchcv": "pytorchcv",
    "labml_nn": "labml-nn",
}
# Requires labml, torchtext and fairscale; its ResNet needs torch alone.
WITHOUT_DEPENDENCIES = {"labml-nn"}

# A process per core, four at most as each holds a torch of its own, and one thread in each: more threads than
# cores make small networks slower.
PARALLEL = ("--numprocesses=auto", "--maxprocesses=4")
# Tests with sessions of their own.
ELSEWHERE = ("--ignore=tests/thirdparty", "--ignore=tests/exports", "--ignore=tests/browser")
DAMAGED = "tests/conformance/files/test_damaged.py"  # .onnx and .pt2 files; a few of them are in `slow`, too
ONE_THREAD = {"OMP_NUM_THREADS": "1"}


@nox.session
def tests(session: nox.Session) -> None:
    """Run the project's own tests but for the slow ones; arguments after -- go to pytest."""
    install(session, "test")
    chosen = session.posargs or ["tests", *ELSEWHERE, "-m", "not slow and not timed", *PARALLEL]
    session.run("pytest", *chosen, env=ONE_THREAD)


@nox.session
def slow(session: nox.Session) -> None:
    """Run the tests that take long: whole networks, child processes, exported files, limits; then those of time."""
    install(session, "test")
    session.run("pytest", "tests", *ELSEWHERE, "-m", "slow", *PARALLEL, *session.posargs, env=ONE_THREAD)
    if not session.posargs:
        session.run("pytest", "tests/conformance", "-m", "timed", env=ONE_THREAD)


@nox.session
def conformance(session: nox.Session) -> None:
    """Judge every bundled network, or another one: nox -s conformance -- TARGET [--architecture NAME]."""
    if session.posargs and not session.posargs[0].startswith("-"):
        judge(session, session.posargs[0])
        return
    install(session, "test")
    # cifar10/resnet1202 alone takes minutes where the cores are busy
    # loadscope: the ids of one target's tests begin alike, so that one process has them all
    options = ("-q", "--resnet-timeout=1200", *PARALLEL, "--dist=loadscope")
    session.run("pytest", SUITE, *options, *session.posargs, env=ONE_THREAD)


@nox.session
def thirdparty(session: nox.Session) -> None:
    """Judge known networks against the verdicts that their code demands; -- --matrix: all, for docs/matrix.html."""
    install(session, "thirdparty")
    session.install("--no-deps", *WITHOUT_DEPENDENCIES)
    if "--matrix" in session.posargs:
        make_matrix(session)
        return
    session.run("pytest", "tests/thirdparty", *PARALLEL, "--dist=worksteal", *session.posargs, env=ONE_THREAD)


def make_matrix(session: nox.Session) -> None:
    """Every network of every library, on all cores: docs/matrix.json and docs/matrix.html. Goes on where it stopped."""
    rows = HERE / ".matrix"
    rows.mkdir(exist_ok=True)
    # a network that cannot be judged has a row that says so, so that a failure is one of ours
    options = (*PARALLEL, "-k", "has_its_row", *(word for word in session.posargs if word != "--matrix"))
    session.run("pytest", "tests/thirdparty/test_matrix.py", *options, env={**ONE_THREAD, "RESNET_MATRIX": str(rows)})
    session.run("python", "-m", "tests.thirdparty.matrix", str(rows))


@nox.session
def browser(session: nox.Session) -> None:
    """Look at the HTML report in a headless Chromium (Debian's, or RESNET_BROWSER): accessibility, keyboard, print."""
    install(session, "browser")
    session.run("pytest", "tests/browser", *session.posargs, env=ONE_THREAD)


@nox.session
def mutants(session: nox.Session) -> None:
    """Break networks and the spec in every known way: what survives? Goes on where it stopped; -- --help says more."""
    install(session, "test")
    session.run("python", "-m", "tests.proof", *session.posargs, env=ONE_THREAD)


@nox.session
def exports(session: nox.Session) -> None:
    """Export every known network in every way (an hour): a file is judged as its module is."""
    install(session, "thirdparty")
    session.install("--no-deps", *WITHOUT_DEPENDENCIES)
    session.run("pytest", "tests/exports", *PARALLEL, *session.posargs, env=ONE_THREAD)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Damage files of every kind (an hour or more): 2,000 each are read, or refused in words with their place."""
    install(session, "test")
    many = {"RESNET_FUZZ": "2000", "RESNET_DAMAGED": "2000"}  # text files and weights; networks in files
    session.run("pytest", "tests/fuzz", DAMAGED, *PARALLEL, *session.posargs, env={**ONE_THREAD, **many})


@nox.session
def docs(session: nox.Session) -> None:
    """Build the pages as a site, site/index.html: none is stale or untranslated, no link dead; -- --write."""
    install(session, "docs")
    session.run("python", "-m", "docs.building", *session.posargs, "--check", "--site", "site")


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Time the bundled networks beside torchvision's and timm's; what follows -- goes to pytest (--quick, --models)."""
    session.install("--editable", ".[benchmarks]")
    session.run("pytest", "benchmarks", "--benchmark-only", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check the style of the code with ruff; it changes nothing."""
    session.install(*nox.project.dependency_groups(PROJECT, "lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types with mypy --strict."""
    install(session, "types")
    session.run("mypy", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """Build wheel and sdist, look inside, install the wheel elsewhere and judge a network from there."""
    session.install("build[uv]")
    with TemporaryDirectory() as elsewhere:  # outside the checkout, whose spec must not be what is found
        build_and_try(session, Path(elsewhere).resolve())


def build_and_try(session: nox.Session, elsewhere: Path) -> None:
    """What `build` does, in a folder of its own."""
    dist = elsewhere / "dist"
    # The wheel is built from the unpacked sdist: what the sdist lacks, the wheel cannot have.
    session.run("python", "-m", "build", "--installer=uv", f"--outdir={dist}")
    session.run("python", "tests/build/check_distributions.py", str(dist))

    fresh = elsewhere / "fresh"
    session.run("uv", "venv", "--quiet", f"--python={session.bin}/python", str(fresh))
    scripts = fresh / ("Scripts" if os.name == "nt" else "bin")
    wheel = next(dist.glob("*.whl"))
    session.run("uv", "pip", "install", f"--python={scripts / 'python'}", str(wheel), "torchvision")
    where = "import resnet_conformance as it; assert 'site-packages' in it.__file__, it.__file__"
    with session.chdir(elsewhere):
        for program, *arguments in (
            ("python", "-c", where),
            ("resnet-conformance", "show", "imagenet/resnet50"),
            ("resnet-conformance", "check", "torchvision.models:resnet18"),
        ):
            session.run(str(scripts / program), *arguments, external=True, env={"PYTHONPATH": None})


def install(session: nox.Session, group: str) -> None:
    """This project, editable, and a dependency group: in one go, so that torch and torchvision fit."""
    session.install("--editable", ".", *nox.project.dependency_groups(PROJECT, group))


def judge(session: nox.Session, target: str) -> None:
    """Print the verdict on the user's target, which decides how the session ends.

    Paths and packages are looked for in the folder that nox was called from.
    """
    address = target.partition(":")[0]
    package = address.partition(".")[0]
    wanted = {"torchvision", LIBRARIES.get(package, "torchvision")}
    session.install("--editable", ".", *sorted(wanted - WITHOUT_DEPENDENCIES))
    if alone := wanted & WITHOUT_DEPENDENCIES:
        session.install("--no-deps", *alone)
    with session.chdir(session.invoked_from):
        if package.isidentifier() and not address.endswith(".py") and not importable(session, package):
            session.error(
                f"{package!r} is neither in this folder nor in the session's environment: install it with\n"
                f"    uv pip install --python {session.bin}/python {package}\n"
                "or judge it in an environment of your own that has it and resnet-conformance, with\n"
                f"    resnet-conformance check {' '.join(session.posargs)}"
            )
        session.run("resnet-conformance", "check", *session.posargs)


def importable(session: nox.Session, package: str) -> bool:
    """Whether the session's Python finds the package from the current folder; it is not imported."""
    question = f"import importlib.util as u; print(u.find_spec({package!r}) is not None)"
    answer = session.run("python", "-c", question, silent=True, log=False)
    return str(answer).strip() == "True"
