"""SC: identity, zero-padding and projection shortcuts (He et al. 2015, section 3.3, options A, B, C; section 4.1 and 4.2)."""

from __future__ import annotations

from ..blocks import ACTIVATIONS, NORMS, Block, Branch
from .case import Case, Result, examines, failed, holds_for_all, not_applicable, not_examined, passed
from .stages import widths_deviation


def same(case: Case) -> list[Block]:
    return [b for b in case.found.blocks if b.shortcut is not None and not b.increases]


def grown(case: Case) -> list[Block]:
    return [b for b in case.found.blocks if b.shortcut is not None and b.increases]


def _projections(case: Case) -> list[tuple[Block, Branch]]:
    return [(b, s) for b, s in case.shortcuts if b.shortcut_kind == "projection"]


def shortcut_text(block: Block) -> str:
    """A shortcut in one line."""
    if block.shortcut is None:
        return "no shortcut"
    texts = {c.index: f"{'x'.join(map(str, c.kernel))} conv" + (f", stride {c.stride[0]}" if set(c.stride) != {1} else "")
             for c in block.shortcut.convolutions}
    texts |= {i: f"pad with {value:g}" for i in block.shortcut.of("pad") if (value := block.graph[i].attrs["value"])}
    return " -> ".join(texts.get(i, block.graph[i].op) for i in block.shortcut.nodes) or "identity"


@examines("SC-01")
def identity_where_dimensions_agree(case: Case) -> Result:
    """Shortcuts are the identity where dimensions agree."""
    blocks = same(case)
    wrong = [b for b in blocks if b.shortcut_kind != "identity"]
    return holds_for_all(case, wrong, len(blocks), "A shortcut between equal dimensions is not the identity", "identity", shortcut_text,
                         _needless_projection(case))


def _needless_projection(case: Case) -> str | None:
    """The name for projections between equal dimensions, where all that differs there are projections."""
    wrong = [b for b in same(case) if b.shortcut_kind != "identity"]
    if not wrong or any(b.shortcut_kind != "projection" for b in wrong):
        return None
    first = case.found.stages[0][0]
    return "proj-stage1-basic" if wrong == [first] and first.kind == "basic" else "proj-where-identity"


@examines("SC-02")
def identity_has_no_parameters(case: Case) -> Result:
    """Identity shortcuts have no parameters."""
    blocks = same(case)
    wrong = [b for b in blocks if b.shortcut is not None and b.shortcut_kind != "projection" and case.parameters(b.shortcut)]
    return holds_for_all(case, wrong, len(blocks), "An identity shortcut has parameters", "no parameters", shortcut_text)


def _is_projection(block: Block) -> bool:
    """One 1x1 convolution that carries the block's stride, a normalization or nothing behind it (whether it is BN: SC-14, BN-01)."""
    if block.shortcut is None or block.shortcut.ops[:1] != ("conv",) or any(op not in NORMS for op in block.shortcut.ops[1:]):
        return False
    conv = block.shortcut.convolutions[0]
    return len(block.shortcut.ops) <= 2 and conv.kernel == (1, 1) and conv.groups == 1 and set(conv.stride) == {block.stride}


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
    wrong = [b for b in grown(case) if not _is_projection(b)] + [b for b in same(case) if b.shortcut_kind == "projection"]
    expected = "one strided 1x1 conv -> batch_norm where dimensions increase, identity elsewhere"
    deviation = _projection_deviation(wrong) or (_needless_projection(case) if not any(b.increases for b in wrong) else None)
    if wrong and deviation is None and all(b.shortcut_kind == "zero-pad" for b in wrong):
        deviation = "shortcut-A-on-imagenet" if case.architecture.dataset == "imagenet" else None
    return holds_for_all(case, wrong, len(case.shortcuts), "Projections are not those of option B", expected,
                         lambda b: f"{case.labels[b.end]}: {shortcut_text(b)}", deviation)


@examines("SC-05")
def option_c(case: Case) -> Result:
    """Option C: every shortcut is a projection."""
    wrong = [b for b, _ in case.shortcuts if not _is_projection(b)]
    return holds_for_all(case, wrong, len(case.shortcuts), "Not every shortcut is a projection", "1x1 conv -> batch_norm everywhere",
                         lambda b: f"{case.labels[b.end]}: {shortcut_text(b)}")


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
    blocks = [b for b in grown(case) if b.input_shape[2:] != b.output_shape[2:]]
    if not blocks:
        return not_examined("No shortcut crosses two map sizes.")
    wrong = [b for b in blocks if _shortcut_stride(b) != 2]
    return holds_for_all(case, wrong, len(blocks), "A shortcut across map sizes has another stride", "stride 2",
                         lambda b: f"{shortcut_text(b)} (total stride {_shortcut_stride(b)})")


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


def _first_block(case: Case) -> Block | None:
    return case.found.stages[0][0] if case.found.stages else None


@examines("SC-11")
def first_bottleneck_projects(case: Case) -> Result:
    """The first bottleneck (64 -> 256) has a projection with stride 1."""
    block = _first_block(case)
    if block is not None and block.shortcut is not None and block.shortcut_kind == "projection" and _shortcut_stride(block) == 1:
        return passed(shortcut_text(block))
    found = shortcut_text(block) if block else "no block"
    return failed("conv2_1 has no stride-1 projection.", "1x1 conv with stride 1 -> batch_norm", found,
                  [case.name(block)] if block else ())


@examines("SC-12")
def first_basic_is_identity(case: Case) -> Result:
    """The first basic block has an identity shortcut."""
    block = _first_block(case)
    if block is not None and block.shortcut_kind == "identity":
        return passed("identity")
    widens = block is not None and block.increases
    message = "conv2_1 has no identity shortcut" + ("; its dimensions differ." if widens else ", though its dimensions agree.")
    return failed(message, "identity", shortcut_text(block) if block else "no block", [case.name(block)] if block else (),
                  widths_deviation(case) if widens else _needless_projection(case))


@examines("SC-13")
def projection_count(case: Case) -> Result:
    """The number of projections is 3 (basic, B), 4 (bottleneck, B) or 16 (ResNet-34, C)."""
    wanted = sum(b.shortcut_kind == "projection" for b in case.paper.blocks)
    projections = _projections(case)
    if len(projections) == wanted:
        return passed(str(wanted))
    extra = [case.name(b) for b, _ in projections if not b.increases]
    return failed("The number of projections differs.", str(wanted), str(len(projections)), extra)


@examines("SC-14")
def projection_has_bn(case: Case) -> Result:
    """A projection convolution is followed by BN."""
    projections = _projections(case)
    if not projections:
        return not_applicable("There is no projection.")
    wrong = [b for b, s in projections if "batch_norm" not in s.ops[s.ops.index("conv") :]]
    return holds_for_all(case, wrong, len(projections), "A projection has no BN", "conv -> batch_norm", shortcut_text,
                         "preact" if case.found.preactivation else "proj-no-bn")


@examines("SC-15")
def no_activation_on_shortcut(case: Case) -> Result:
    """No ReLU stands on the shortcut before the addition."""
    wrong = [b for b, s in case.shortcuts if any(op in ACTIVATIONS for op in s.ops)]
    return holds_for_all(case, wrong, len(case.shortcuts), "An activation stands on the shortcut", "none", shortcut_text)


@examines("SC-18")
def no_option_c(case: Case) -> Result:
    """Option C is not used in ResNet-50/101/152."""
    if case.found.option != "C":
        return passed(_option_text(case.found.option))
    return failed("Every shortcut is a projection.", "not option C", "option C", deviation="proj-where-identity")
