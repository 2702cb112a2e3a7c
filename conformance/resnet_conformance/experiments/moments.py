"""Are numbers independent draws from N(0, std^2)? Tests, each with a bound on the probability of a false alarm.

Every test returns the natural logarithm of a bound on the p-value: for numbers that are such draws,
P(log p <= x) <= exp(x) for every x. The bounds hold for any number of draws, none is an approximation for large ones:

* a normal: P(|Z| >= z) <= exp(-z^2 / 2);
* a chi-square by Chernoff: P(X/n >= r), and for r < 1 P(X/n <= r), <= exp(-n/2 (r - 1 - ln r));
* a count by Chernoff: P(K/n >= q), and for q < p P(K/n <= q), <= exp(-n KL(q, p));
* a distribution function by Dvoretzky, Kiefer, Wolfowitz and Massart (1990): P(sup |F_n - F| > e) <= 2 exp(-2 n e^2).

So a run of M tests that alarms where log p < ln(a / M) alarms wrongly with probability below a.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

SAMPLE = 2**13  # numbers of a layer that the tests of shape sort
TAILS = (
    0.5,
    1.0,
    1.75,
    2.3,
    3.0,
    4.0,
)  # a uniform of std 1 ends at 1.73, a normal cut at 2 of its std at 2.27 of its own


def normal_bound(z: float) -> float:
    """Two-sided, for a standard normal."""
    return min(0.0, -z * z / 2)


def chi_square_bound(total: float, freedom: int) -> float:
    """Two-sided, for the sum of `freedom` squared standard normals."""
    ratio = total / freedom
    if not 0 < ratio < math.inf:
        return -math.inf
    return min(0.0, math.log(2) - freedom / 2 * (ratio - 1 - math.log(ratio)))


def count_bound(count: int, total: int, chance: float) -> float:
    """Two-sided, for a binomial count."""
    share = count / total
    divergence = 0.0
    for seen, meant in ((share, chance), (1 - share, 1 - chance)):
        divergence += seen * math.log(seen / meant) if seen > 0 else 0.0
    return min(0.0, math.log(2) - total * divergence)


def distribution_bound(ordered: torch.Tensor, std: float) -> float:
    """For numbers in ascending order against the distribution function of N(0, std^2)."""
    expected = torch.special.ndtr(ordered.double() / std)
    steps = torch.arange(len(ordered) + 1, dtype=torch.float64) / len(ordered)
    distance = max(float((expected - steps[:-1]).max()), float((steps[1:] - expected).max()))
    return min(0.0, math.log(2) - 2 * len(ordered) * distance**2)


@dataclass(frozen=True, slots=True)
class Moments:
    """What the tests need of a layer's weights, a matrix of filters (rows) by their weights (columns).

    Sums are of the numbers and of their squares, over each row and over each column; `sample` are at most SAMPLE of the
    numbers, in ascending order; `largest` is the largest absolute value.
    """

    rows: int
    columns: int
    row_sums: torch.Tensor
    row_squares: torch.Tensor
    column_sums: torch.Tensor
    column_squares: torch.Tensor
    sample: torch.Tensor
    largest: float

    @property
    def count(self) -> int:
        """How many numbers."""
        return self.rows * self.columns

    @property
    def mean(self) -> float:
        """Their mean."""
        return float(self.row_sums.sum()) / self.count

    @property
    def scale(self) -> float:
        """Their root mean square: the std, as the mean is to be 0."""
        return math.sqrt(float(self.row_squares.sum()) / self.count)

    @property
    def std(self) -> float:
        """Their std around their own mean."""
        return math.sqrt(max(0.0, self.scale**2 - self.mean**2))


def measure(weights: torch.Tensor) -> Moments:
    """The moments of a (rows, columns) matrix of finite numbers. Sums are taken pairwise in float32, and added up in
    float64: their error is a thousandth of the narrowest bound and less."""
    weights = weights.float()
    squares = weights.square()
    flat = weights.reshape(-1)
    step = max(1, -(-len(flat) // SAMPLE))
    while math.gcd(step, len(flat)) > 1:  # else the sample could be of one place of the kernel, or of one channel
        step += 1
    return Moments(
        rows=weights.shape[0],
        columns=weights.shape[1],
        row_sums=weights.sum(1).double(),
        row_squares=squares.sum(1).double(),
        column_sums=weights.sum(0).double(),
        column_squares=squares.sum(0).double(),
        sample=flat[::step].sort().values,
        largest=max(map(abs, map(float, torch.aminmax(flat)))),
    )


def scale_bound(moments: Moments, std: float) -> float:
    """Of the sum of all squares: is this the std?"""
    return chi_square_bound(float(moments.row_squares.sum()) / std**2, moments.count)


def mean_bound(moments: Moments, std: float) -> float:
    """Of the sum of all numbers: is the mean 0?"""
    return normal_bound(moments.mean * math.sqrt(moments.count) / std)


def shape_bounds(moments: Moments, std: float) -> Mapping[str, float]:
    """Is it a Gaussian? Counts beyond a few multiples of std, the signs, the distribution function, the largest."""
    ordered, found = moments.sample, {}
    size = len(ordered)
    for tail in TAILS:
        edges = torch.tensor([-tail * std, tail * std], dtype=ordered.dtype)
        below, upto = (int(i) for i in torch.searchsorted(ordered, edges))
        found[f"beyond {tail:g} std"] = count_bound(size - upto + below, size, math.erfc(tail / math.sqrt(2)))
    positive = size - int(torch.searchsorted(ordered, torch.zeros(1, dtype=ordered.dtype), right=True))
    zeros = int((ordered == 0).sum())
    found["signs"] = count_bound(positive, size - zeros, 0.5) if zeros < size else -math.inf
    found["distribution"] = distribution_bound(ordered, std)
    # P(any of n beyond z) <= n erfc(z / sqrt 2) <= n exp(-z^2 / 2)
    found["largest"] = min(0.0, math.log(moments.count) - (moments.largest / std) ** 2 / 2)
    return found


def dependence_bounds(moments: Moments, std: float) -> Mapping[str, float]:
    """Are the numbers independent? Sums and sums of squares over each filter, and over each weight of the filters.

    Filters that resemble each other make the sums over a column too large; filters that were normalized, or made
    orthogonal, make the sums of squares of the rows (or columns) too equal. The sum of n squares is a chi-square; its
    quantile is that of a normal, and the squares of these add up to a chi-square again.
    """
    rows, columns = moments.rows, moments.columns
    found = {}
    if min(rows, columns) > 1:
        row_total = float((moments.row_sums / std).square().sum()) / columns
        column_total = float((moments.column_sums / std).square().sum()) / rows
        found["sums of filters"] = chi_square_bound(row_total, rows)
        found["sums across filters"] = chi_square_bound(column_total, columns)
        found["norms of filters"] = _norms_bound(moments.row_squares / std**2, columns)
        found["norms across filters"] = _norms_bound(moments.column_squares / std**2, rows)
    return found


def _norms_bound(squares: torch.Tensor, freedom: int) -> float:
    # Accurate to 1e-12 around the middle, where the mass is; a quantile beyond 7 is as telling as 7.
    lower = torch.special.gammainc(torch.full_like(squares, freedom / 2), squares / 2)
    normal = torch.special.ndtri(lower).clamp(-7, 7)
    return chi_square_bound(float(normal.square().sum()), len(squares))


def correlation_bounds(leads: torch.Tensor, stds: Sequence[float]) -> torch.Tensor:
    """For each pair of rows (layers) of a (layers, numbers) matrix: do they go together? Rows are divided by their std.

    Given row a, the product a.b / |a| is a standard normal. Returns (layers, layers), 0 on and below the diagonal.
    """
    rows = leads.double() / torch.tensor(stds, dtype=torch.float64)[:, None]
    products = rows @ rows.T / rows.norm(dim=1, keepdim=True)
    return torch.triu(-products.square() / 2, diagonal=1)


def twin_rows(weights: torch.Tensor, sums: torch.Tensor) -> tuple[int, int] | None:
    """Two equal rows of a matrix, of which `sums` are the row sums. Draws of four numbers and more never are equal."""
    if weights.shape[1] < 4:
        return None
    order = sums[: len(weights)].argsort()
    ordered = sums[order]
    for place in torch.nonzero(ordered[1:] == ordered[:-1]).flatten().tolist():
        first, second = sorted((int(order[place]), int(order[place + 1])))
        if torch.equal(weights[first], weights[second]):
            return first, second
    return None
