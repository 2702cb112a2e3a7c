"""The pytest face: options that say what `resnet_conformance.suite` judges. Silent and free of torch until used.

    pytest --pyargs resnet_conformance --resnet-target torchvision.models:resnet50 \\
        --resnet-architecture imagenet/resnet50

Without `--resnet-target` the suite judges the `targets` that the project's pyproject.toml lists under
[tool.resnet-conformance].
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

TABLE = "[tool.resnet-conformance]"


class ConformanceWarning(UserWarning):
    """A SHOULD that a network does not follow."""


@dataclass(frozen=True, slots=True)
class PytestTarget:
    """One network that the suite judges: address, the architecture it claims (None: the nearest), keyword arguments."""

    target: str
    architecture: str | None = None
    kwargs: Mapping[str, Any] = field(default_factory=dict)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options of the suite."""
    group = parser.getgroup("resnet-conformance", "is this the ResNet of the paper?")
    group.addoption(
        "--resnet-target",
        metavar="TARGET",
        help="package.module:factory, path/to/file.py:factory, model.onnx or model.pt2 to judge",
    )
    group.addoption(
        "--resnet-architecture", metavar="NAME", help="what it claims to be (default: what it is nearest to)"
    )
    group.addoption(
        "--resnet-kw",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="keyword argument of the factory; repeatable",
    )
    group.addoption(
        "--resnet-level", choices=("must", "should"), default="must", help="from which level on a failure counts (must)"
    )
    group.addoption("--resnet-seed", type=int, metavar="N", help="random numbers of the experiments (fresh ones)")


def pytest_configure(config: pytest.Config) -> None:
    """pytest-xdist's mark, which the suite uses, is known without pytest-xdist as well."""
    config.addinivalue_line("markers", "xdist_group(name): tests that one process runs (pytest-xdist)")


def pytest_report_header(config: pytest.Config) -> str | None:
    """One line that says what is judged, where an option of ours was used."""
    target = config.getoption("--resnet-target")
    if not target:
        return None
    claimed = config.getoption("--resnet-architecture") or "the nearest architecture"
    keywords = " ".join(config.getoption("--resnet-kw"))
    return (
        f"resnet-conformance: {target} {keywords}".rstrip()
        + f" against {claimed}, level {config.getoption('--resnet-level')}"
    )


def read_targets(config: pytest.Config) -> list[PytestTarget]:
    """What the options, or else the pyproject.toml of the folder that pytest was called in, ask for.

    Raises ValueError, with a message for people, where neither names a target.
    """
    target = config.getoption("--resnet-target")
    if target:
        keywords = dict(_keyword(text) for text in config.getoption("--resnet-kw"))
        return [PytestTarget(target, config.getoption("--resnet-architecture"), keywords)]
    path = config.invocation_params.dir / "pyproject.toml"
    table = tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}
    rows = table.get("tool", {}).get("resnet-conformance", {}).get("targets", [])
    if not rows:
        raise ValueError(
            f"nothing to judge: give --resnet-target package.module:factory, or list targets under {TABLE} in {path}"
        )
    found = []
    for number, row in enumerate(rows, start=1):
        unknown = sorted(set(row) - {"target", "architecture", "kwargs"}) if isinstance(row, dict) else ["?"]
        if unknown or not isinstance(row.get("target"), str):
            raise ValueError(f"{path}, {TABLE}, target {number}: give target, architecture and kwargs, not {row!r}")
        found.append(PytestTarget(**row))
    return found


def _keyword(text: str) -> tuple[str, Any]:
    from argparse import ArgumentTypeError

    from .arguments import read_keyword

    try:
        return read_keyword(text)
    except ArgumentTypeError as error:
        raise ValueError(f"--resnet-kw: {error}") from error
