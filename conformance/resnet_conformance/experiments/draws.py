"""What the convolutions of a network start from: each layer's numbers, and which rule for their std explains them.

He et al. 2015, *Delving Deep into Rectifiers*, section 2.2: a zero-mean Gaussian with std sqrt(2/n), Eqn (10) n = k^2 c
(fan-in), Eqn (14) n = k^2 d (fan-out), "used for the first layer too".
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch

from .moments import (
    TAILS,
    Moments,
    chi_square_bound,
    correlation_bounds,
    count_bound,
    dependence_bounds,
    mean_bound,
    normal_bound,
    scale_bound,
    shape_bounds,
)

FALSE_ALARM = 1e-6  # probability that any test of a run alarms for weights that are as the paper says
TESTS = 1 + 1 + len(TAILS) + 3 + 4  # for a layer: scale, mean, shape, dependence
POOLED = 1 + 1 + len(TAILS)
LEAD = 1024  # first numbers of a layer that are held against other layers'


@dataclass(frozen=True, slots=True)
class Layer:
    """One convolution: kernel height and width, channels that each filter reads, filters, groups; and its numbers.

    `copied`: two equal filters, if any.
    """

    where: str
    kernel: tuple[int, ...]
    channels: int
    filters: int
    groups: int
    moments: Moments
    lead: torch.Tensor
    copied: tuple[int, int] | None = None

    @property
    def fan_in(self) -> int:
        """k^2 c."""
        return math.prod(self.kernel) * self.channels

    @property
    def fan_out(self) -> int:
        """k^2 d, of all groups."""
        return math.prod(self.kernel) * self.filters

    @property
    def candidates(self) -> tuple[tuple[str, float], ...]:
        """The names and values of n that are looked for. In a grouped convolution fan-out is counted in two ways."""
        fan_in, fan_out = self.fan_in, self.fan_out
        found = [("fan-in", float(fan_in)), ("fan-out", float(fan_out)), ("mean", (fan_in + fan_out) / 2)]
        return (*found, *([("fan-out", fan_out / self.groups)] if self.groups > 1 else []))

    def std(self, rule: str) -> float:
        """sqrt(2/n)."""
        return math.sqrt(2 / dict(reversed(self.candidates))[rule])


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a layer's numbers are no such draws. `kind`: "scale", "mean", "shape", "dependence", "copies", "values"."""

    kind: str
    test: str
    bound: float  # natural logarithm of a bound on the p-value


@dataclass(frozen=True, slots=True)
class Reading:
    """A layer, the rules that give its std, and its faults: without any, the rules explain all its numbers."""

    layer: Layer
    rules: frozenset[str] = frozenset()
    faults: tuple[Fault, ...] = ()

    def has(self, kind: str) -> bool:
        """Whether it has a fault of that kind."""
        return any(fault.kind == kind for fault in self.faults)


@dataclass(frozen=True, slots=True)
class Draws:
    """All layers of a network.

    `rules` give the std of every layer whose std any rule gives (more than one: none can be told from the other);
    `twins` are pairs of layers whose numbers go together; `pooled` is the fault of all layers together where none has
    one alone.
    """

    readings: tuple[Reading, ...]
    rules: tuple[str, ...] = ()
    twins: tuple[tuple[Layer, Layer, float], ...] = ()
    pooled: Fault | None = None
    limit: float = field(default=0.0)

    @property
    def explained(self) -> tuple[Reading, ...]:
        """The layers whose std is that of a rule."""
        return tuple(r for r in self.readings if r.rules)

    @property
    def faulty(self) -> tuple[Reading, ...]:
        """The layers with a fault."""
        return tuple(r for r in self.readings if r.faults)


def read(layers: Sequence[Layer]) -> Draws:
    """Test all layers. If all of them are Gaussian draws of one admitted rule, a fault is found with probability below
    FALSE_ALARM: each of the tests alarms with probability below FALSE_ALARM divided by their number."""
    number = TESTS * len(layers) + POOLED + len(layers) * (len(layers) - 1) // 2
    limit = math.log(FALSE_ALARM / number)
    readings = tuple(read_layer(layer, limit) for layer in layers)
    telling = [r for r in readings if r.rules]
    rules = tuple(rule for rule in ("fan-in", "fan-out", "mean") if telling and all(rule in r.rules for r in telling))
    if rules != ("mean",):
        rules = tuple(rule for rule in rules if rule != "mean")
        readings = tuple(_without_mean(r, limit) for r in readings)
    pooled = None
    if rules and all(not r.faults for r in readings):
        faults = {rule: pool(layers, rule, limit) for rule in rules}
        rules = tuple(rule for rule in rules if faults[rule] is None) or rules
        pooled = faults[rules[0]]
    return Draws(readings, rules, tuple(_twins(readings, limit)), pooled, limit)


def read_layer(layer: Layer, limit: float) -> Reading:
    """The rules under which no test of a layer alarms; without any, the faults under the best of them."""
    m = layer.moments
    if not math.isfinite(m.largest) or not math.isfinite(m.scale) or m.scale == 0:
        return Reading(layer, faults=(Fault("values", "all 0" if m.largest == 0 else "not finite", -math.inf),))
    tried: dict[float, tuple[float, tuple[Fault, ...]]] = {}
    for rule, n in layer.candidates:
        if n not in tried:
            scale = scale_bound(m, math.sqrt(2 / n))
            if scale < limit:
                tried[n] = scale, (Fault("scale", rule, scale),)
            else:
                tried[n] = scale, _faults(layer, math.sqrt(2 / n), limit)
    sound = frozenset(rule for rule, n in layer.candidates if not tried[n][1])
    if sound:
        return Reading(layer, sound)
    near = frozenset(rule for rule, n in layer.candidates if tried[n][1][0].kind != "scale")
    _, faults = max(tried.values(), key=lambda one: one[0])
    return Reading(layer, near, faults if near else (*faults, *_faults(layer, None, limit)))


def _faults(layer: Layer, std: float | None, limit: float) -> tuple[Fault, ...]:
    """Faults but for the scale. Where no rule gives the std, the numbers' own takes its place, to say what they are."""
    m = layer.moments
    groups: dict[str, Mapping[str, float]] = {"mean": {"mean": mean_bound(m, std or m.std or m.scale)}}
    if groups["mean"]["mean"] >= limit:  # a mean spoils the other tests
        groups["shape"] = shape_bounds(m, std or m.scale)
        if min(groups["shape"].values()) >= limit:  # these too take a Gaussian for granted
            groups["dependence"] = dependence_bounds(m, std or m.scale)
    worst = {kind: min(bounds, key=lambda test: bounds[test]) for kind, bounds in groups.items() if bounds}
    found = [Fault(kind, test, groups[kind][test]) for kind, test in worst.items() if groups[kind][test] < limit]
    if layer.copied is not None:
        found.append(Fault("copies", "equal filters", -math.inf))
    return tuple(found)


def _without_mean(reading: Reading, limit: float) -> Reading:
    """The mean of fan-in and fan-out gives a layer's std only in a network whose every std it gives."""
    if reading.rules != {"mean"}:
        return Reading(reading.layer, reading.rules - {"mean"}, reading.faults)
    layer = reading.layer
    scales = {rule: scale_bound(layer.moments, layer.std(rule)) for rule in ("fan-in", "fan-out")}
    best = max(scales, key=lambda rule: scales[rule])
    return Reading(layer, frozenset(), (Fault("scale", best, min(scales[best], limit)), *reading.faults))


def pool(layers: Sequence[Layer], rule: str, limit: float) -> Fault | None:
    """The worst of the tests of all layers together under a rule, None where none alarms."""
    stds = [layer.std(rule) for layer in layers]
    pairs = list(zip((layer.moments for layer in layers), stds, strict=True))
    count = sum(m.count for m, _ in pairs)
    squares = sum(float(m.row_squares.sum()) / std**2 for m, std in pairs)
    total = sum(float(m.row_sums.sum()) / std for m, std in pairs)
    sample = torch.cat([m.sample.double() / std for m, std in pairs]).abs()
    bounds = {"scale": chi_square_bound(squares, count), "mean": normal_bound(total / math.sqrt(count))}
    for tail in TAILS:
        beyond = int((sample > tail).sum())
        bounds[f"beyond {tail:g} std"] = count_bound(beyond, len(sample), math.erfc(tail / math.sqrt(2)))
    test = min(bounds, key=lambda name: bounds[name])
    return Fault(test, f"{math.sqrt(squares / count):.4f} times", bounds[test]) if bounds[test] < limit else None


def _twins(readings: Sequence[Reading], limit: float) -> Iterator[tuple[Layer, Layer, float]]:
    """Pairs of layers whose first numbers go together; a layer that is wrong in another way has its own scale."""
    usable = [r for r in readings if not r.has("values") and not r.has("mean")]
    if len(usable) < 2:
        return
    length = min(LEAD, *(len(r.layer.lead) for r in usable))
    stds = [r.layer.std(min(r.rules)) if r.rules else r.layer.moments.scale for r in usable]
    bounds = correlation_bounds(torch.stack([r.layer.lead[:length] for r in usable]), stds)
    for first, second in torch.nonzero(bounds < limit).tolist():
        yield usable[first].layer, usable[second].layer, float(bounds[first, second])
