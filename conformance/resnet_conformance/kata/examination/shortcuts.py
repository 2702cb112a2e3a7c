"""Steps 1, 2, 3 and 5: what a block adds to F (He et al. 2015, section 3.3, options A and B)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .looking import Learner, Look, convolutions_of, is_pointwise, numbers, run, same, shape_of

ON_SHORTCUTS = {"SC-14": "missing-bn", "BN-01": "missing-bn", "SC-15": "relu-on-shortcut", "CB-01": "bias"}


def subsampling(learner: Learner, look: Look) -> None:
    """x[:, :, ::s, ::s], at even and odd sizes."""
    look.symbol = "subsample"
    for stride, size in ((2, 8), (2, 7), (1, 8)):
        x = numbers(2, 4, size, size)
        wanted, found = x[:, :, ::stride, ::stride], learner.subsample(x.clone(), stride)
        if same(found, wanted):
            continue
        averages = functional.avg_pool2d(x, stride, ceil_mode=True, count_include_pad=False)
        known = {
            "stride-forgotten": x,
            "sampling-averages": averages,
            "sampling-phase": x[:, :, 1::stride, 1::stride],
            "sampling-axis": x[:, ::stride, ::stride],
            "sampling-crop": x[:, :, : wanted.shape[2], : wanted.shape[3]],
        }
        if stride == 1:  # the others are x itself there
            known = {"stride-fixed": x[:, :, ::2, ::2]}
        trap = next((name for name, values in known.items() if same(found, values)), "")
        if not trap and shape_of(found) != tuple(wanted.shape):
            trap = _misshapen(found, x, stride)
        look.fault(
            trap,
            "SC-16" if trap in ("", "sampling-averages", "sampling-phase") else "SC-06",
            look.say("sampled", given=tuple(x.shape), stride=stride, wanted=tuple(wanted.shape), twice=2 * stride),
            look.answer(found, wanted),
        )
        return
    look.clauses += ["SC-06", "SC-16"]


def _misshapen(found: object, x: Tensor, stride: int) -> str:
    """The trap of a shape that sampling does not give."""
    shape = shape_of(found)
    if shape is None:
        return "returns-nothing"
    if len(shape) < 4:
        return "sampling-index"
    return "sampling-rounds" if shape == (*x.shape[:2], *(n // stride for n in x.shape[2:])) else "sampling-axis"


def zero_padding(learner: Learner, look: Look) -> None:
    """x, then zeros, along the channels; the shortcut that it makes with step 1, as a part."""
    look.symbol = "pad_channels"
    x = numbers(2, 4, 6, 6)
    zeros = torch.zeros(2, 4, 6, 6)
    found = learner.pad_channels(x.clone(), 8)
    both = torch.cat((zeros[:, :2], x, zeros[:, 2:]), dim=1)
    wanted = torch.cat((x, zeros), dim=1)
    if not (same(found, wanted) or same(found, both)):
        trap, clause = "padding-no-zeros", "SC-03"
        if same(found, torch.cat((zeros, x), dim=1)):
            trap, clause = "padding-side", "SC-17"
        elif shape_of(found) == tuple(x.shape):
            trap = "padding-nothing"
        elif (shape := shape_of(found)) is not None and shape[:1] + shape[2:] == (2, 6, 6) and shape[1] != 8:
            trap = "padding-count"
        elif shape_of(found) != tuple(wanted.shape):
            trap = "padding-axis" if isinstance(found, Tensor) else "returns-nothing"
        look.fault(
            trap,
            clause,
            look.say("padded", given=tuple(x.shape), wanted=tuple(wanted.shape)),
            look.answer(found, wanted),
        )
        return
    kept = learner.pad_channels(x.clone(), 4)
    if not same(kept, x):
        trap = "padding-fixed" if isinstance(kept, Tensor) and kept.shape[1:2] > x.shape[1:2] else ""
        look.fault(trap, "SC-03", look.say("kept"), look.answer(kept, x))
        return
    half = learner.pad_channels(x.bfloat16(), 8)
    if half.dtype != torch.bfloat16:
        look.fault("padding-type", "SC-03", "torch.bfloat16 -> torch.bfloat16", str(half.dtype))
        return
    look.judge(
        lambda: learner.ZeroPadShortcut(16, 32, 2),
        {},
        "shortcut-A",
        figures={"in_channels": 16, "out_channels": 32, "stride": 2},
    )


def projection(learner: Learner, look: Look) -> None:
    """1x1 with the stride, BN, nothing else."""
    look.symbol = "Projection"
    made = learner.Projection(16, 32, 2)
    if not _fits(look, made, (2, 16, 8, 8), (2, 32, 4, 4)) or not look.keeps_layers(made, numbers(2, 16, 8, 8)):
        return
    for stride in (2, 1):
        figures = {"in_channels": 16, "out_channels": 32, "stride": stride}
        look.judge(lambda s=stride: learner.Projection(16, 32, s), ON_SHORTCUTS, "shortcut-B", figures=figures)
        if look.faults:
            return


def _fits(look: Look, module: nn.Module, given: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Does a shortcut give the shape that it must? What is wrong else is told."""
    found = run(module, numbers(*given))
    if shape_of(found) == wanted:
        return True
    trap = "returns-nothing"
    if shape := shape_of(found):
        trap = "stride-forgotten" if shape[2:] == given[2:] and wanted[2:] != given[2:] else "shape"
        if shape[:2] == wanted[:2] and not all(map(is_pointwise, convolutions_of(module))):
            trap = "kernel"
    look.fault(trap, "SC-06" if trap == "stride-forgotten" else "SC-04", f"{given} -> {wanted}", look.answer(found))
    return False


def branching(learner: Learner, look: Look) -> None:
    """The identity where dimensions agree, else what the option says; by channels and by stride."""
    look.symbol = "make_shortcut"
    for option in ("A", "B"):
        for channels, out, stride in ((16, 16, 1), (16, 64, 1), (16, 16, 2), (16, 32, 2)):
            _branch(learner, look, option, channels, out, stride)
            if look.faults:
                return
    cases = [(wrong, figures) for wrong in ("C", "b", None) for figures in ((16, 32, 2), (16, 16, 1))]
    for wrong, figures in cases:
        try:
            made = learner.make_shortcut(wrong, *figures)
            instead = (
                look.say("returned") if isinstance(made, ValueError) or made is ValueError else type(made).__name__
            )
        except ValueError:
            continue
        except (LookupError, TypeError, UnboundLocalError) as error:  # what a table, or an `if` without else, raises
            instead = f"{type(error).__name__}: {error}"
        case = f"make_shortcut({wrong!r}, {', '.join(map(str, figures))}): ValueError"
        look.fault("option-unknown", "", case, instead)
        return
    look.clauses += ["SC-01", "SC-02", "SC-03", "SC-04", "SC-11"]


def _branch(learner: Learner, look: Look, option: str, channels: int, out: int, stride: int) -> None:
    case = f"make_shortcut({option!r}, {channels}, {out}, {stride})"
    made = learner.make_shortcut(option, channels, out, stride)
    if not isinstance(made, nn.Module):
        instead = look.say("class-itself", name=made.__name__) if isinstance(made, type) else type(made).__name__
        look.fault("returns-nothing" if made is None else "", "", look.say("a-module", case=case), instead)
        return
    weights = sum(p.numel() for p in made.parameters())
    x, alike = numbers(2, channels, 8, 8), channels == out and stride == 1
    if alike:
        if weights:
            look.fault("projection-everywhere", "SC-01", look.say("the-identity", case=case), f"{type(made).__name__}")
        elif not same(run(made, x), x):
            look.fault("", "SC-01", look.say("as-it-is", case=case), f"{type(made).__name__}")
        return
    found = run(made, x)
    if shape_of(found) != (2, out, 8 // stride, 8 // stride):
        if same(found, x):
            trap = "choice-by-stride" if stride == 1 else "choice-by-channels"
            look.fault(
                trap, "SC-11" if stride == 1 else "SC-06", look.say("no-identity", case=case), f"{type(made).__name__}"
            )
        elif stride == 1 and shape_of(found) == (2, out, 4, 4):
            look.fault("stride-fixed", "", f"{case}: (2, {out}, 8, 8)", look.answer(found))
        else:
            look.fault("shape", "SC-06", f"{case}: (2, {out}, {8 // stride}, {8 // stride})", look.answer(found))
    elif option == "A" and (weights or not same(found, run(learner.ZeroPadShortcut(channels, out, stride), x))):
        look.fault("option-ignored", "SC-03", f"{case}: ZeroPadShortcut", f"{type(made).__name__}")
    elif option == "B" and not weights:
        look.fault("option-ignored", "SC-04", f"{case}: Projection", f"{type(made).__name__}")
