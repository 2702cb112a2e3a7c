"""IN: what training starts from (He et al. 2015, section 3.4, "We initialize the weights as in [13]": *Delving Deep
into Rectifiers*, section 2.2).

The network is constructed with fresh seeds, and its numbers are tested. If they are drawn as the paper says, any test
of a run alarms with probability below 1e-6 (see `moments` and `draws`). What is equal in two constructions was not
drawn and is not examined.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch

from ..clauses.case import Case, Check, Result, examines, failed, not_applicable, not_examined, passed
from ..enumerating import listed
from ..graph import Node
from .draws import FALSE_ALARM, Draws, Reading
from .initial_texts import chance, describe, deviation_of, expectation, found_text, rule_text
from .moments import mean_bound, measure, scale_bound, shape_bounds
from .starting import Start, start_of

GAUSSIAN_FC = 0.01


def on_start(check: Callable[[Case, Start], Result]) -> Check:
    """A check of how the network starts; not examined, with the reason, where this cannot be found out."""

    def examine(case: Case) -> Result:
        start = start_of(case)
        return not_examined(start) if isinstance(start, str) else check(case, start)

    examine.__name__, examine.__doc__ = check.__name__, check.__doc__
    return examine


def _partly(start: Start, others: str = "") -> Result | None:
    """Some convolutions could not be looked at: the others alone do not show that the clause holds."""
    if start.fixed:
        places, why = start.fixed, "have the same weights in two constructions: loaded, or seeded by the factory"
    elif start.computed:
        places, why = start.computed, "compute their weights from others"
    else:
        return None
    rest = f"; {others}" if others and start.draws.readings else ""
    return not_examined(f"{len(places)} convolutions ({listed(places)}) {why}{rest}.")


@examines("IN-01", by="statistics")
@on_start
def gaussian(case: Case, start: Start) -> Result:
    """Weights of convolutions start as a zero-mean Gaussian with std sqrt(2/n)."""
    draws = start.draws
    total, faulty = len(draws.readings), draws.faulty
    if faulty:
        return failed(
            f"{len(faulty)} of {total} convolutions do not start as independent draws of a zero-mean Gaussian with std"
            f" sqrt(2/n): {describe(draws)}.",
            expectation(faulty[0]),
            "; ".join(found_text(r) for r in _kinds(faulty)),
            [r.layer.where for r in faulty],
            deviation_of(draws),
        )
    if draws.twins:
        first, second, bound = draws.twins[0]
        places = dict.fromkeys(layer.where for one, two, _ in draws.twins for layer in (one, two))
        return failed(
            f"{len(places)} convolutions do not start independently: each repeats numbers of another.",
            "each layer has draws of its own",
            f"the first numbers of {first.where} and {second.where} go together (p {chance(bound)})",
            places,
        )
    if draws.pooled is not None:
        fault = draws.pooled
        return failed(
            f"All {total} convolutions together do not start as a zero-mean Gaussian with std sqrt(2/n): {fault.kind}.",
            "numbers divided by sqrt(2/n) have std 1 and mean 0",
            f"std {fault.test} sqrt(2/n) over all (p {chance(fault.bound)})",
        )
    partly = _partly(start, "the others start as the paper says")
    if partly is not None:
        return partly
    numbers = sum(r.layer.moments.count for r in draws.readings)
    return passed(
        f"{total} convolutions, {numbers:,} numbers",
        f"Tested for mean, std, shape and independence; a false alarm has probability below {FALSE_ALARM:g}.",
    )


def _kinds(faulty: Sequence[Reading]) -> list[Reading]:
    """The first layer with each set of faults."""
    seen: dict[tuple[str, ...], Reading] = {}
    for reading in faulty:
        seen.setdefault(tuple(f.kind for f in reading.faults), reading)
    return list(seen.values())[:3]


@examines("IN-02", by="statistics")
@on_start
def fan(case: Case, start: Start) -> Result:
    """n is fan-in or fan-out: which, is said."""
    draws = start.draws
    sound = draws.explained
    if not draws.readings:
        return _partly(start) or not_examined("There is no convolution whose weights are parameters.")
    if 2 * len(sound) <= len(draws.readings):  # a small layer's std fits a rule by chance, whatever the others do
        fit = f"{len(sound) or 'None'} of {len(draws.readings)} convolutions"
        return not_examined(f"{fit} {'has' if len(sound) < 2 else 'have'} std sqrt(2/n) (see IN-01): n cannot be read.")
    if draws.rules == ("mean",):
        layer = next(r.layer for r in sound if r.rules == {"mean"})
        return failed(
            "n is the mean of fan-in and fan-out.",
            "n = k^2 c (fan-in) or n = k^2 d (fan-out)",
            f"n = {(layer.fan_in + layer.fan_out) / 2:g} in {layer.where}, with fan-in {layer.fan_in} and fan-out"
            f" {layer.fan_out}",
            [r.layer.where for r in sound if r.rules == {"mean"}],
        )
    partly = _partly(start)
    if partly is not None:
        return partly
    return passed(*rule_text(draws))


@examines("IN-03", by="statistics")
@on_start
def zero_biases(case: Case, start: Start) -> Result:
    """Biases of convolutions start at 0."""
    biased = [(n, index) for n in case.nodes("conv") if (index := n.operand("bias")) is not None]
    if not biased:
        return not_applicable("No convolution has a bias.")
    if start.fixed:
        return _partly(start) or not_examined("")
    known = [(n, start.values[i]) for n, i in biased if i in start.values]
    wrong = [(n, v) for n, v in known if bool((v != 0).any())]
    if not wrong:
        if len(known) < len(biased):
            return not_examined(f"{len(biased) - len(known)} biases are computed, and no parameters.")
        return passed(f"{len(known)} biases, all 0")
    node, value = wrong[0]
    fan_ins = {r.layer.where: r.layer.fan_in for r in start.draws.readings}
    by_default = all(
        float(v.abs().max()) <= 1.0001 * fan_ins.get(n.where, math.inf) ** -0.5 and float(v.max()) > float(v.min())
        for n, v in wrong
    )
    text = f"in {node.where} from {float(value.min()):.4g} to {float(value.max()):.4g}"
    return failed(
        f"{len(wrong)} of {len(biased)} convolutions' biases do not start at 0"
        + (": torch's default, uniform within 1/sqrt(fan-in)." if by_default else "."),
        "0",
        text,
        [n.where for n, _ in wrong],
        "init-default" if by_default else None,
    )


@examines("IN-04", by="statistics")
@on_start
def identity_norms(case: Case, start: Start) -> Result:
    """BN starts with gamma 1 and beta 0."""
    if start.fixed:
        return _partly(start) or not_examined("")
    wrong: dict[str, list[str]] = {"gamma": [], "beta": []}
    computed = [n.where for n in case.nodes("batch_norm") if _is_computed(case, start, n)]
    seen, found, zeroed = 0, [], set(_zeroed(case, start))
    for node in case.nodes("batch_norm"):
        for role, wanted in (("gamma", 1.0), ("beta", 0.0)):
            value = _value(start, node, role)
            seen += value is not None
            if value is not None and bool((value != wanted).any()):
                wrong[role].append(node.where)
                low, high = float(value.min()), float(value.max())
                found.append(f"{role} {low:.4g}" + (f" to {high:.4g}" if high > low else ""))
    if not seen:
        return not_applicable("No BN has a gamma or beta that is a parameter.")
    if not found and computed:
        return not_examined(f"{len(computed)} BN layers have a gamma or beta that is computed.")
    if not found:
        return passed("gamma 1, beta 0")
    last = {case.graph[i].where for i in zeroed}
    only_last = not wrong["beta"] and set(wrong["gamma"]) <= last
    counts = ", ".join(f"{role} in {len(places)}" for role, places in wrong.items() if places)
    message = (
        f"The last gamma of {len(zeroed)} of {len(case.found.blocks)} blocks starts at 0 (Goyal et al. 2017), not at 1."
        if only_last
        else f"BN does not start as the identity: {counts} of {len(case.nodes('batch_norm'))} layers."
    )
    places = [*wrong["gamma"], *wrong["beta"]]
    return failed(
        message,
        "gamma 1, beta 0",
        listed(list(dict.fromkeys(found)), between="; "),
        places,
        "zero-gamma" if only_last else None,
    )


def _is_computed(case: Case, start: Start, node: Node) -> bool:
    """Whether a gamma or beta is a function of parameters whose first value was not read."""
    operands = [i for role in ("gamma", "beta") if (i := node.operand(role)) is not None]
    return any(i not in start.values and case.graph[i].op not in ("constant", "parameter", "buffer") for i in operands)


def _value(start: Start, node: Node, role: str) -> torch.Tensor | None:
    index = node.operand(role)
    return None if index is None else start.values.get(index)


def _zeroed(case: Case, start: Start) -> list[int]:
    """The last BN of each block, where its gamma starts at 0."""
    found = []
    for block in case.found.blocks:
        norms = [i for i in block.residual.chain if case.graph[i].op == "batch_norm"]
        if norms:
            value = _value(start, case.graph[norms[-1]], "gamma")
            if value is not None and not bool(value.any()):
                found.append(norms[-1])
    return found


@examines("IN-06", by="statistics")
@on_start
def zero_last_gamma(case: Case, start: Start) -> Result:
    """The last gamma of each block may start at 0: it is said, and is not the paper's."""
    if start.fixed:
        return _partly(start) or not_examined("")
    zeroed = _zeroed(case, start)
    if not zeroed:
        return not_applicable("No block's last gamma starts at 0.")
    return passed(
        f"in {len(zeroed)} of {len(case.found.blocks)} blocks",
        "The last gamma starts at 0 (Goyal et al. 2017, section 5.1), so that a block starts as its shortcut.",
    )


@examines("IN-07", by="statistics")
@on_start
def classifier(case: Case, start: Start) -> Result:
    """The fully connected layer may start from N(0, 0.01): what was found is said."""
    read = [_value(start, case.graph[i], "weight") for i in case.found.linears]
    weights = [value for value in read if value is not None]
    if not weights:
        return not_applicable("There is no fully connected layer whose weights are parameters.")
    return passed(*fc_text(weights[-1].flatten(1), start.draws))


def fc_text(weight: torch.Tensor, draws: Draws) -> tuple[str, str]:
    """What an fc's weights look like, and a remark where they are those that are admitted by name."""
    m = measure(weight)
    if not math.isfinite(m.scale) or m.scale == 0:
        return "all 0" if m.scale == 0 else "values that are not finite", ""
    gaussian = min(shape_bounds(m, m.scale).values()) >= draws.limit
    if gaussian and min(scale_bound(m, GAUSSIAN_FC), mean_bound(m, GAUSSIAN_FC)) >= draws.limit:
        return "N(0, 0.01)", "As Goyal et al. 2017, section 5.1: std 0.01; the paper gives no fc initialization."
    kind = "Gaussian" if gaussian else "uniform" if m.largest <= m.scale * math.sqrt(3) * 1.02 else "not Gaussian"
    return f"std {m.scale:.4g}, {kind}", ""
