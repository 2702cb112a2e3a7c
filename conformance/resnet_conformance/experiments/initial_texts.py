"""What the checks of initial weights say of layers that are no draws from N(0, 2/n): in words, and by a known name."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from .draws import Draws, Layer, Reading
from .moments import scale_bound

Variance = Callable[[Layer], float]

# Ways of drawing that people use: the numbers' form (None: uniform or Gaussian), the deviation's name, the variance.
KNOWN: Mapping[str, tuple[str | None, str, Variance]] = {
    "torch's default, kaiming_uniform with a = sqrt(5), std 1/sqrt(3 fan-in)": (
        "uniform",
        "init-default",
        lambda layer: 1 / (3 * layer.fan_in),
    ),
    "Xavier's std sqrt(2/(fan-in + fan-out))": (
        None,
        "init-xavier",
        lambda layer: 2 / (layer.fan_in + layer.fan_out),
    ),
    "Xavier's std with gain sqrt(2), sqrt(4/(fan-in + fan-out))": (
        None,
        "init-xavier",
        lambda layer: 4 / (layer.fan_in + layer.fan_out),
    ),
    "std 2/n with n fan-in, without the square root": (
        "Gaussian",
        "init-scale-bug",
        lambda layer: (2 / layer.fan_in) ** 2,
    ),
    "std 2/n with n fan-out, without the square root": (
        "Gaussian",
        "init-scale-bug",
        lambda layer: (2 / layer.fan_out) ** 2,
    ),
    "std sqrt(1/n) with n fan-in": ("Gaussian", "init-scale-bug", lambda layer: 1 / layer.fan_in),
    "std sqrt(1/n) with n fan-out": ("Gaussian", "init-scale-bug", lambda layer: 1 / layer.fan_out),
    "std sqrt(2/c), without the kernel's area": ("Gaussian", "init-scale-bug", lambda layer: 2 / layer.channels),
    "std sqrt(2/d), without the kernel's area": ("Gaussian", "init-scale-bug", lambda layer: 2 / layer.filters),
}


def looks(reading: Reading) -> str:
    """The form of a layer's numbers: "uniform", "truncated", "Gaussian", "other"."""
    m = reading.layer.moments
    if not reading.has("shape"):
        return "Gaussian"
    spread = m.std or m.scale
    if m.largest <= spread * math.sqrt(3) * (1 + 6 * math.sqrt(0.2 / m.count)):  # six standard errors of the std
        return "uniform"
    return "truncated" if m.largest <= spread * 2.6 else "other"


def known_rule(draws: Draws) -> str | None:
    """The name in KNOWN that explains all layers with a wrong std or shape, where at least one has a wrong std."""
    wrong = [r for r in draws.faulty if (r.has("scale") or r.has("shape")) and not r.has("values")]
    forms = {looks(r) for r in wrong}
    if not any(r.has("scale") for r in wrong):
        return None
    for name, (form, _, variance) in KNOWN.items():
        fits = all(scale_bound(r.layer.moments, math.sqrt(variance(r.layer))) >= draws.limit for r in wrong)
        if fits and (forms == {form} or (form is None and forms <= {"uniform", "Gaussian"})):
            return name
    return None


def deviation_of(draws: Draws) -> str | None:
    """The deviation's name, where all that is wrong is one known way of drawing."""
    name = known_rule(draws)
    if name is None or any(fault.kind not in ("scale", "shape") for r in draws.faulty for fault in r.faults):
        return None
    return KNOWN[name][1]


def describe(draws: Draws) -> str:
    """What is wrong with the faulty layers, in a few words."""
    words = dict.fromkeys(word for reading in draws.faulty for word in _words(reading))
    name = known_rule(draws)
    return ", ".join(words) + (f" ({name})" if name else "")


def _words(reading: Reading) -> list[str]:
    shapes = {"uniform": "uniform", "truncated": "a Gaussian that is cut off"}
    words = {
        "scale": "another std",
        "mean": "a mean that is not 0",
        "shape": shapes.get(looks(reading), "no Gaussian"),
        "dependence": "numbers that depend on each other",
        "copies": "equal filters",
    }
    return [words.get(fault.kind, fault.test) for fault in reading.faults]


def expectation(reading: Reading) -> str:
    """The std that the paper gives for a layer, both ways."""
    layer = reading.layer
    kernel = "*".join(map(str, layer.kernel))
    ways = [
        f"{rule} n = {kernel}*{size}, std {layer.std(rule):.4g}"
        for rule, size in (("fan-in", layer.channels), ("fan-out", layer.filters))
    ]
    return f"in {layer.where} N(0, 2/n): " + " or ".join(dict.fromkeys(ways))


def found_text(reading: Reading) -> str:
    """What a faulty layer's numbers are, with the p-value of each fault."""
    layer, m = reading.layer, reading.layer.moments
    parts = [f"std {m.std:.4g} over {m.count:,} numbers"]
    for fault in reading.faults:
        if fault.kind == "values":
            return f"{layer.where}: {fault.test}"
        if fault.kind == "scale":
            parts[0] += f" (p {chance(fault.bound)})"
        elif fault.kind == "mean":
            parts.append(f"mean {m.mean:.4g} (p {chance(fault.bound)})")
        elif fault.kind == "shape":
            limit = f", none beyond {m.largest / (m.std or 1):.3g} std" if looks(reading) != "other" else ""
            parts.append(
                f"{_words(reading)[reading.faults.index(fault)]}{limit} ({fault.test}: p {chance(fault.bound)})"
            )
        elif fault.kind == "dependence":
            parts.append(f"{fault.test} are not those of independent draws (p {chance(fault.bound)})")
        elif layer.copied is not None:
            parts.append(f"filters {layer.copied[0]} and {layer.copied[1]} are equal")
    return f"{layer.where}: {', '.join(parts)}"


def chance(bound: float) -> str:
    """A bound on a p-value, from its logarithm: < 1e-12."""
    return "= 0" if bound == -math.inf else f"< 1e{math.ceil(bound / math.log(10))}"


def rule_text(draws: Draws) -> tuple[str, str]:
    """Which n explains the layers, and the remark that goes with it."""
    telling = [r.layer for r in draws.explained if r.layer.fan_in != r.layer.fan_out]
    if draws.rules == ("fan-in", "fan-out"):
        why = "they are equal in every layer" if not telling else "no layer's numbers tell which"
        return "fan-in or fan-out", f"{why[0].upper()}{why[1:]}."
    if not draws.rules:
        sides = {rule: [r.layer for r in draws.explained if r.rules == {rule}] for rule in ("fan-in", "fan-out")}
        found = ", ".join(
            f"{rule} in {len(layers)} ({layers[0].where} ...)" for rule, layers in sides.items() if layers
        )
        return found, "The layers differ in it; either is admitted, and enough for a whole network."
    whose = "Caffe's default" if draws.rules == ("fan-in",) else "as fb.resnet.torch"
    first = " The first layer follows the same rule." if len(telling) > 1 else ""
    return f"{draws.rules[0]}, {whose}", f"Told from {len(telling)} layers in which the two differ.{first}"
