"""SC: identity, zero-padding and projection shortcuts (He et al. 2015, section 3.3, options A, B, C; section 4.1 and 4.2)."""

from __future__ import annotations

from math import prod

from ..blocks import ACTIVATIONS, SUBSAMPLING, Block, Branch
from .case import Case, Result, examines, failed, holds_for_all, not_applicable, not_examined, passed


def _same(case: Case) -> list[Block]:
    return [b for b in case.found.blocks if b.shortcut is not None and not b.increases]


def _grown(case: Case) -> list[Block]:
    return [b for b in case.found.blocks if b.shortcut is not None and b.increases]


def _projections(case: Case) -> list[tuple[Block, Branch]]:
    return [(b, s) for b, s in case.shortcuts if b.shortcut_kind == "projection"]


def _text(block: Block) -> str:
    """A shortcut in one line."""
    if block.shortcut is None:
        return "no shortcut"
    convolutions = {c.index: f"{'x'.join(map(str, c.kernel))} conv" + (f", stride {c.stride[0]}" if set(c.stride) != {1} else "")
                    for c in block.shortcut.convolutions}
    return " -> ".join(convolutions.get(i, block.graph[i].op) for i in block.shortcut.nodes) or "identity"


@examines("SC-01")
def identity_where_dimensions_agree(case: Case) -> Result:
    """Shortcuts are the identity where dimensions agree."""
    blocks = _same(case)
    wrong = [b for b in blocks if b.shortcut_kind != "identity"]
    first = case.found.stages[0][0] if case.found.stages else None
    deviation = None
    if wrong and all(b.shortcut_kind == "projection" for b in wrong):
        deviation = "proj-stage1-basic" if wrong == [first] and first is not None and first.kind == "basic" else "proj-where-identity"
    return holds_for_all(case, wrong, len(blocks), "A shortcut between equal dimensions is not the identity", "identity", _text,
                         deviation)


@examines("SC-02")
def identity_has_no_parameters(case: Case) -> Result:
    """Identity shortcuts have no parameters."""
    blocks = _same(case)
    wrong = [b for b in blocks if b.shortcut is not None and b.shortcut_kind != "projection" and case.parameters(b.shortcut)]
    return holds_for_all(case, wrong, len(blocks), "An identity shortcut has parameters", "no parameters", _text)


def _pads_with_zeros(block: Block) -> bool:
    pads = block.shortcut.of("pad") if block.shortcut else ()
    return block.shortcut_kind == "zero-pad" and all(
        block.graph[i].attrs["value"] == 0 and not any(block.graph[i].attrs["before"][2:]) for i in pads)


def _option_deviation(case: Case, wrong: list[Block]) -> str | None:
    cifar = case.architecture.dataset == "cifar10"
    if wrong and cifar and all(b.shortcut_kind == "projection" for b in wrong):
        return "shortcut-B-on-cifar"
    return None


@examines("SC-03")
def option_a(case: Case) -> Result:
    """Option A: identity with zero entries for the new dimensions, no parameters."""
    blocks = _grown(case)
    if not blocks:
        return not_examined("No shortcut crosses different dimensions.")
    wrong = [b for b in blocks if not _pads_with_zeros(b)]
    return holds_for_all(case, wrong, len(blocks), "A shortcut of option A is something else",
                         "identity, sub-sampled, with zero channels", _text, _option_deviation(case, wrong))


def _is_projection(block: Block) -> bool:
    """One 1x1 convolution that carries the block's stride, BN or nothing behind it (a missing BN is SC-14's matter)."""
    if block.shortcut is None or block.shortcut.ops not in (("conv",), ("conv", "batch_norm")):
        return False
    conv = block.shortcut.convolutions[0]
    stride = prod(c.stride[0] for c in block.residual.convolutions)
    return conv.kernel == (1, 1) and conv.groups == 1 and set(conv.stride) == {stride}


def _projection_deviation(wrong: list[Block]) -> str | None:
    branches = [b.shortcut for b in wrong if b.shortcut is not None]
    if branches and any("avg_pool" in s.ops and "conv" in s.ops for s in branches):
        return "proj-avgpool"
    if branches and any("max_pool" in s.ops for s in branches):
        return "proj-maxpool"
    if branches and any(c.kernel != (1, 1) for s in branches for c in s.convolutions):
        return "proj-3x3"
    return None


@examines("SC-04")
def option_b(case: Case) -> Result:
    """Option B: a 1x1 projection, with the stride, exactly where dimensions increase."""
    wrong = [b for b in _grown(case) if not _is_projection(b)] + [b for b in _same(case) if b.shortcut_kind == "projection"]
    expected = "one strided 1x1 conv -> batch_norm where dimensions increase, identity elsewhere"
    deviation = _projection_deviation(wrong)
    if wrong and deviation is None and all(b.shortcut_kind == "zero-pad" for b in wrong):
        deviation = "shortcut-A-on-imagenet" if case.architecture.dataset == "imagenet" else None
    return holds_for_all(case, wrong, len(case.shortcuts), "Projections are not those of option B", expected,
                         lambda b: f"{case.labels[b.end]}: {_text(b)}", deviation)


@examines("SC-05")
def option_c(case: Case) -> Result:
    """Option C: every shortcut is a projection."""
    wrong = [b for b, _ in case.shortcuts if not _is_projection(b)]
    return holds_for_all(case, wrong, len(case.shortcuts), "Not every shortcut is a projection", "1x1 conv -> batch_norm everywhere",
                         lambda b: f"{case.labels[b.end]}: {_text(b)}")


def _shortcut_stride(block: Block) -> int:
    graph, total = block.graph, 1
    for i in block.shortcut.nodes if block.shortcut else ():
        node = graph[i]
        if node.op in ("conv", "avg_pool", "max_pool"):
            total *= node.attrs["stride"][0]
        elif node.op == "slice" and len(node.attrs["step"]) == 4:
            total *= node.attrs["step"][2]
    return total


@examines("SC-06")
def stride_two(case: Case) -> Result:
    """Shortcuts across two map sizes have stride 2."""
    blocks = [b for b in _grown(case) if b.input_shape[2:] != b.output_shape[2:]]
    if not blocks:
        return not_examined("No shortcut crosses two map sizes.")
    wrong = [b for b in blocks if _shortcut_stride(b) != 2]
    return holds_for_all(case, wrong, len(blocks), "A shortcut across map sizes has another stride", "stride 2",
                         lambda b: f"{_text(b)} (total stride {_shortcut_stride(b)})")


def _demand_option(case: Case, option: str, deviation: str | None = None) -> Result:
    found = case.found.option
    if found == option:
        return passed(f"option {option}")
    return failed(f"The shortcuts are not of option {option}.", f"option {option}", _option_text(found), deviation=deviation)


def _option_text(option: str) -> str:
    return {"none": "no shortcuts", "mixed": "shortcuts of no single option"}.get(option, f"option {option}")


@examines("SC-07")
def bottlenecks_use_b(case: Case) -> Result:
    """ResNet-50/101/152 use option B."""
    return _demand_option(case, "B", "shortcut-A-on-imagenet" if case.found.option == "A" else None)


@examines("SC-08")
def table_2_uses_a(case: Case) -> Result:
    """The ResNet-18/34 of Table 2 use option A."""
    return _demand_option(case, "A")


@examines("SC-08a")
def other_options(case: Case) -> Result:
    """Under the plain name ResNet-18 may use B, ResNet-34 B or C."""
    option = case.found.option
    if case.architecture.base is not None:
        return not_applicable(f"The name {case.architecture.name} fixes the option.")
    if option in ("B", "C"):
        return passed(f"option {option}", f"The shortcuts are of option {option}; those of Table 2 and Fig. 4 are of option A.")
    return not_applicable(f"{_option_text(option).capitalize()} found.")


@examines("SC-09")
def cifar_uses_a(case: Case) -> Result:
    """Every shortcut of a CIFAR network is of option A."""
    wrong = [b for b in _grown(case) if b.shortcut_kind != "zero-pad"]
    wrong += [b for b in _same(case) if b.shortcut_kind == "projection"]
    return holds_for_all(case, wrong, len(case.shortcuts), "A shortcut has parameters or is no identity",
                         "identity with zero-padding (option A) in all cases", lambda b: f"{case.labels[b.end]}: {_text(b)}",
                         _option_deviation(case, wrong))


@examines("SC-10")
def cifar_count(case: Case) -> Result:
    """There are 3n shortcuts, one per pair of 3x3 layers."""
    wanted, found = len(case.paper.blocks), len(case.shortcuts)
    if wanted == found:
        return passed(f"{found} shortcuts")
    return failed("The number of shortcuts is another.", f"{wanted} = 3 x {wanted // 3}", str(found),
                  [case.name(b) for b in case.found.blocks if b.shortcut is None])


def _first_block(case: Case) -> Block | None:
    return case.found.stages[0][0] if case.found.stages else None


@examines("SC-11")
def first_bottleneck_projects(case: Case) -> Result:
    """The first bottleneck (64 -> 256) has a projection with stride 1."""
    block = _first_block(case)
    if block is not None and block.shortcut is not None and block.shortcut_kind == "projection" and _shortcut_stride(block) == 1:
        return passed(_text(block))
    found = _text(block) if block else "no block"
    return failed("conv2_1 has no stride-1 projection.", "1x1 conv with stride 1 -> batch_norm", found,
                  [case.name(block)] if block else ())


@examines("SC-12")
def first_basic_is_identity(case: Case) -> Result:
    """The first basic block has an identity shortcut."""
    block = _first_block(case)
    if block is not None and block.shortcut_kind == "identity":
        return passed("identity")
    projects = block is not None and block.shortcut_kind == "projection"
    return failed("conv2_1 has no identity shortcut, though its dimensions agree.", "identity", _text(block) if block else "no block",
                  [case.name(block)] if block else (), "proj-stage1-basic" if projects else None)


@examines("SC-13")
def projection_count(case: Case) -> Result:
    """The number of projections is 3 (basic, B), 4 (bottleneck, B) or 16 (ResNet-34, C)."""
    wanted = sum(b.shortcut_kind == "projection" for b in case.paper.blocks)
    projections = _projections(case)
    if len(projections) == wanted:
        return passed(str(wanted))
    extra = [case.name(b) for b, _ in projections if not b.increases]
    return failed("The number of projections is another.", str(wanted), str(len(projections)), extra)


@examines("SC-14")
def projection_has_bn(case: Case) -> Result:
    """A projection convolution is followed by BN."""
    projections = _projections(case)
    if not projections:
        return not_applicable("There is no projection.")
    wrong = [b for b, s in projections if "batch_norm" not in s.ops[s.ops.index("conv") :]]
    return holds_for_all(case, wrong, len(projections), "A projection has no BN", "conv -> batch_norm", _text,
                         "preact" if case.found.preactivation else "proj-no-bn")


@examines("SC-15")
def no_activation_on_shortcut(case: Case) -> Result:
    """No ReLU stands on the shortcut before the addition."""
    wrong = [b for b, s in case.shortcuts if any(op in ACTIVATIONS for op in s.ops)]
    return holds_for_all(case, wrong, len(case.shortcuts), "An activation stands on the shortcut", "none", _text)


def _sampling(block: Block) -> str | None:
    """None where option A samples x[::s, ::s]; else what it does."""
    graph = block.graph
    for i in block.shortcut.nodes if block.shortcut else ():
        node = graph[i]
        if node.op in SUBSAMPLING - {"slice"}:
            return f"{node.op} {node.attrs['kernel'][0]}x{node.attrs['kernel'][1]}"
        if node.op == "slice" and any(node.attrs["start"][2:]):
            return f"slice from pixel {node.attrs['start'][2:]}"
    return None


@examines("SC-16")
def samples_every_other_pixel(case: Case) -> Result:
    """Option A samples x[::2, ::2], not an average."""
    blocks = [b for b, _ in case.shortcuts if b.shortcut_kind == "zero-pad"]
    if not blocks:
        return not_applicable("There is no zero-padding shortcut.")
    wrong = [b for b in blocks if _sampling(b)]
    averages = bool(wrong) and all("avg_pool" in (_sampling(b) or "") for b in wrong)
    return holds_for_all(case, wrong, len(blocks), "The shortcut samples otherwise", "x[:, :, ::2, ::2]", lambda b: _sampling(b) or "",
                         "optA-avgpool2" if averages else "optA-offset")


@examines("SC-17")
def place_of_zeros(case: Case) -> Result:
    """Option A's zeros may stand after the input channels or on both sides."""
    places = set()
    for block, shortcut in case.shortcuts:
        for i in shortcut.of("pad") if block.shortcut_kind == "zero-pad" else ():
            before, after = (case.graph[i].attrs[side][1] for side in ("before", "after"))
            places.add("on both sides of" if before and after else "before" if before else "after")
    if not places:
        return not_applicable("There is no zero-padding shortcut.")
    text = " and ".join(sorted(places)) + " the input channels"
    return passed(f"zeros {text}", f"Option A's zero channels stand {text}; the paper does not say where.")


@examines("SC-18")
def no_option_c(case: Case) -> Result:
    """Option C is not used in ResNet-50/101/152."""
    if case.found.option != "C":
        return passed(_option_text(case.found.option))
    return failed("Every shortcut is a projection.", "not option C", "option C", deviation="proj-where-identity")
