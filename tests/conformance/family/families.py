"""Families of networks, right and wrong, made from the faithful network with other numbers of blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from resnet_conformance import Report
from resnet_conformance.findings import Finding

from ...mutants.faithful import Block, resnet20
from ...mutants.faithful import plain as plain_twin

Factory = Callable[..., nn.Module]


def net(*counts: int, **changes: Any) -> nn.Module:
    """The faithful network with these numbers of blocks."""
    return resnet20(counts=counts, **changes)


def right(n: int) -> nn.Module:
    return net(n, n, n)


def right_by_depth(depth: int) -> nn.Module:
    assert (depth - 2) % 6 == 0
    return right((depth - 2) // 6)


def by_blocks(blocks: int) -> nn.Module:
    """The depth, under a name that does not say so."""
    return right_by_depth(blocks)


def by_so_called_depth(depth: int) -> nn.Module:
    """n, under the name of the depth."""
    return right(depth)


def plain(n: int) -> nn.Module:
    return plain_twin(resnet20, counts=(n, n, n))


def projecting(n: int) -> nn.Module:
    return net(n, n, n, option="B")


def by_string(depth: object) -> nn.Module:
    return right_by_depth(int(str(depth)))


def passing_on(**options: Any) -> nn.Module:
    return right(options["n"])


# --- wrong families ---


def off_by_one_from_four(depth: int) -> nn.Module:
    n = depth // 6
    return net(n, n, n - (n >= 4))


def one_too_many_for_even(n: int) -> nn.Module:
    return net(n, n, n + (n % 2 == 0))


class Parted(Block):
    """No shortcut at the last block."""

    def join(self, residual: Any, shortcut: Any) -> Any:
        return residual


def parted_above_two(n: int) -> nn.Module:
    return net(n, n, n, block=Parted, only=(3 * n - 1,)) if n > 2 else right(n)


def projecting_above_ten(n: int) -> nn.Module:
    return net(n, n, n, option="A" if n <= 10 else "B")


def published_only(depth: int) -> nn.Module:
    if depth not in (20, 32, 44, 56, 110):
        raise ValueError(f"there is no ResNet-{depth}")
    return right_by_depth(depth)


def wide_above_six(n: int) -> nn.Module:
    return net(n, n, n, widths=(16, 32, 64) if n <= 6 else (16, 32, 128))


def always_twenty(**options: Any) -> nn.Module:
    return right(3)


def none_for_two(n: int) -> nn.Module:
    return right(n) if n != 2 else None  # type: ignore[return-value]


def published_only_by_n(n: int) -> nn.Module:
    return published_only(6 * n + 2)


# --- what a report says ---


def found_by(report: Report) -> dict[str, Finding]:
    return {finding.clause: finding for finding in report.findings}


def outcomes(report: Report) -> list[str]:
    return [finding.outcome for finding in report.findings]


def looked_at(report: Report) -> list[int]:
    return [member["n"] for member in report.summary["family"]["members"]]
