"""The tests of initial weights hold what they promise: P(log p <= x) <= exp(x), shown by simulation at alarm rates
that can be seen, and they see what they are there for.
"""

from __future__ import annotations

import math

import pytest
import torch

from resnet_conformance.experiments import draws
from resnet_conformance.experiments.draws import Layer, read
from resnet_conformance.experiments.moments import (
    Moments,
    correlation_bounds,
    count_bound,
    dependence_bounds,
    mean_bound,
    measure,
    scale_bound,
    shape_bounds,
    twin_rows,
)

RUNS = 1000
RATES = (0.2, 0.05)
# A share of RUNS draws of that probability exceeds it by as much with probability below 1e-9 (Hoeffding).
SLACK = math.sqrt(math.log(1e9) / (2 * RUNS))


def bounds_of(m: Moments, std: float) -> dict[str, float]:
    """All tests of one layer."""
    return {
        "scale": scale_bound(m, std),
        "mean": mean_bound(m, std),
        **shape_bounds(m, std),
        **dependence_bounds(m, std),
    }


@pytest.mark.parametrize("shape", [(16, 27), (9, 4), (64, 9), (3, 200)])
def test_no_test_alarms_more_often_than_it_says(shape: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(sum(shape))
    runs = [bounds_of(measure(torch.randn(shape, generator=generator) * 0.1), 0.1) for _ in range(RUNS)]
    for test in runs[0]:
        for rate in RATES:
            share = sum(run[test] < math.log(rate) for run in runs) / RUNS
            assert share <= rate + SLACK, f"{test} alarms in {share:.3f} of the runs at a rate of {rate}"


def test_the_bounds_are_near_enough_to_the_truth_to_be_of_use() -> None:
    """At a true p-value of 2e-9 (6 std errors) none is off by more than a factor of 30."""
    six = math.log(math.erfc(6 / math.sqrt(2)))
    m = measure(torch.randn(1000, 100, generator=torch.Generator().manual_seed(0)))
    std = m.scale / math.sqrt(1 + 6 * math.sqrt(2 / m.count))
    assert six <= scale_bound(m, std) <= six + math.log(30)
    assert count_bound(500 + round(6 * math.sqrt(250)), 1000, 0.5) == pytest.approx(six, abs=math.log(30))


def test_the_norms_use_a_chi_square_that_holds_for_thousands_of_numbers() -> None:
    """torch's incomplete gamma function takes another way for large arguments."""
    generator = torch.Generator().manual_seed(1)
    for columns in (512, 4608):
        runs = [dependence_bounds(measure(torch.randn(64, columns, generator=generator)), 1.0) for _ in range(100)]
        for test in runs[0]:
            assert sum(run[test] < math.log(0.05) for run in runs) <= 20


@pytest.mark.parametrize(
    ("test", "change"),
    [
        ("scale", lambda w: w * 1.06),
        ("mean", lambda w: w + 0.1),
        ("signs", lambda w: w.abs()),
        ("distribution", lambda w: w.sign() * (0.2 + w.abs())),
        ("largest", lambda w: torch.where(torch.arange(w.numel()).view_as(w) == 7, 9.0, w)),
        ("beyond 1.75 std", lambda w: (w / 2).erf() * 1.2),
        ("sums of filters", lambda w: w - w.mean(1, keepdim=True)),
        ("sums across filters", lambda w: w[torch.arange(len(w)) // 2]),
        ("norms of filters", lambda w: w / w.norm(dim=1, keepdim=True) * math.sqrt(w.shape[1])),
        ("norms across filters", lambda w: w / w.norm(dim=0, keepdim=True) * math.sqrt(w.shape[0])),
    ],
)
def test_each_test_sees_what_it_is_there_for(test: str, change: object) -> None:
    weight = torch.randn(64, 144, generator=torch.Generator().manual_seed(2))
    assert bounds_of(measure(weight), 1.0)[test] > math.log(1e-3)
    assert bounds_of(measure(change(weight)), 1.0)[test] < math.log(1e-9)  # type: ignore[operator]


def test_moments_of_a_matrix() -> None:
    m = measure(torch.tensor([[1.0, -2.0, 3.0], [0.0, 0.0, 4.0]]))
    assert (m.rows, m.columns, m.count, m.mean, m.largest) == (2, 3, 6, 1.0, 4.0)
    assert m.scale == pytest.approx(math.sqrt(5))
    assert m.std == pytest.approx(2)
    assert m.row_sums.tolist() == [2, 4]
    assert m.column_squares.tolist() == [1, 4, 25]
    assert m.sample.tolist() == [-2, 0, 0, 1, 3, 4]


def test_the_sample_is_not_of_one_column() -> None:
    """A stride that shares a factor with the columns would see the same places only."""
    weight = torch.zeros(2**12, 16)
    weight[:, 1] = 1
    assert float(measure(weight).sample.mean()) == pytest.approx(1 / 16, rel=0.05)


def test_equal_rows_are_found_and_rows_of_equal_sum_are_not() -> None:
    weight = torch.randn(40, 9)
    weight[3] = weight[2].flip(0)
    assert twin_rows(weight, weight.double().sum(1).float().double()) is None
    weight[31] = weight[4]
    assert twin_rows(weight, weight.sum(1).double()) == (4, 31)


def test_rows_that_go_together() -> None:
    rows = torch.randn(3, 200, generator=torch.Generator().manual_seed(3))
    rows[2] = -0.7 * rows[0] + 0.7 * rows[2]
    bounds = correlation_bounds(rows, [1.0, 1.0, 1.0])
    assert float(bounds[0, 2]) < math.log(1e-9)
    assert float(bounds[0, 1]) > math.log(1e-3)
    assert not bounds.tril().any()


def layers(generator: torch.Generator, std: float = math.sqrt(2 / 27)) -> list[Layer]:
    """Four convolutions of 3 channels and 16 filters."""
    weights = [torch.randn(16, 27, generator=generator) * std for _ in range(4)]
    return [Layer(str(i), (3, 3), 3, 16, 1, measure(w), w.reshape(-1)) for i, w in enumerate(weights)]


def test_all_tests_of_a_network_together_alarm_no_more_often_than_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a rate of 0.3 instead of 1e-6; the margin of Bonferroni and of the bounds keeps them below, not at 0."""
    monkeypatch.setattr(draws, "FALSE_ALARM", 0.3)
    generator = torch.Generator().manual_seed(4)
    found = [read(layers(generator)) for _ in range(400)]
    alarms = sum(bool(d.faulty or d.twins or d.pooled) for d in found)
    assert 4 <= alarms <= 120


def test_the_share_of_the_alarm_counts_every_test() -> None:
    [layer, *_] = layers(torch.Generator().manual_seed(5))
    m = layer.moments
    assert len(bounds_of(m, 1.0)) == draws.TESTS
