"""One architecture stage by stage, as in Table 1 of He et al. 2015, with exact beside printed figures.

The figures are measured on the blueprint, the network that the spec describes. Nothing here imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from .architecture import Architecture, Printed, Stage
from .blueprint import draw
from .figures import agrees
from .graph import Graph, Node
from .measure import measure, multiply_adds, parameters_of
from .reports.page import Page

HEAD = ("layer", "output", "channels", "kernels", "count", "parameters", "multiply-adds")


def show(architecture: Architecture, console: Console) -> None:
    """Print the architecture with its first shortcut option, then every option's and the printed figures."""
    page = Page(console)
    kind = "as in the paper"
    if architecture.variant:
        source = f"of {architecture.paper}" if architecture.paper else "in no paper's table"
        kind = f"variant of {architecture.base}, {source}"
    page.paragraph(f"{architecture.title}: {kind}", label=architecture.name)
    option = "no shortcuts" if not architecture.residual else f"shortcut option {architecture.option}"
    size = f"{architecture.channels}x{architecture.size}x{architecture.size}"
    layers = f"{architecture.block} blocks, {architecture.depth} weighted layers"
    page.paragraph(f"{layers}, {option}, input {size}, {architecture.classes} classes")
    page.gap()
    page.table(HEAD, stage_rows(architecture), right=(4, 5, 6))
    page.paragraph("count: of blocks; kernels: of one block in order; /2: stride 2, in a stage's first block only")
    page.gap()
    _print_options(page, architecture)
    _print_printed(page, architecture)
    _print_errors(page, architecture)
    page.gap()
    page.paragraph("; ".join(architecture.cite), label="Cited:")


def stage_rows(architecture: Architecture) -> list[tuple[str, ...]]:
    """Rows under HEAD: stem, pool, stages, head and total, measured on the blueprint."""
    graph = draw(architecture)
    stem = architecture.stem
    rows = [_row(graph, "conv1", f"{stem.filters}", _kernel(stem.kernel, stem.stride), "")]
    if stem.pool is not None:
        pool = f"{_kernel(stem.pool.kernel, stem.pool.stride)} max"
        rows.append(_row(graph, "pool1", f"{stem.filters}", pool, ""))
    for stage in architecture.stages:
        channels = "-".join(map(str, stage.widths))
        row = _row(graph, stage.name, channels, _kernels(architecture, stage), str(stage.blocks))
        rows.append(row)
    rows.append(_row(graph, "head", str(architecture.classes), "avg pool, fc", ""))
    measures = measure(graph)
    rows.append(("total", "", "", "", "", f"{measures.parameters:,}", f"{measures.multiply_adds:,}"))
    return rows


def _row(graph: Graph, layer: str, channels: str, kernels: str, blocks: str) -> tuple[str, ...]:
    """Figures of the blueprint's nodes that its own paths put into this layer."""
    nodes = tuple(node for node in graph if node.inputs and _layer(node) == layer.removesuffix("_x"))
    output = "x".join(map(str, nodes[-1].shape[2:])) or "1x1"
    total = sum(multiply_adds(graph, node) for node in nodes)
    return (layer, output, channels, kernels, blocks, f"{parameters_of(graph, nodes):,}", f"{total:,}")


def _layer(node: Node) -> str:
    """The blueprint's path "conv3_1.bn2" stands in layer "conv3", "conv1.relu" in "conv1"."""
    return node.where.split(".")[0].split("_")[0]


def _kernel(kernel: int, stride: int) -> str:
    return f"{kernel}x{kernel}" + (f"/{stride}" if stride > 1 else "")


def _kernels(architecture: Architecture, stage: Stage) -> str:
    places = enumerate(architecture.kernels, start=1)
    return " ".join(_kernel(kernel, stage.stride if place == architecture.strided else 1) for place, kernel in places)


def _print_options(page: Page, architecture: Architecture) -> None:
    rows = []
    for option in architecture.options:
        figures = architecture.derived[option]
        numbers = (figures.projections, figures.parameters, figures.batch_norm_affine, figures.multiply_adds)
        rows.append((option, *(f"{number:,}" for number in numbers)))
    page.table(("option", "projections", "parameters", "of them BN", "multiply-adds"), rows, right=(1, 2, 3, 4))


def _print_printed(page: Page, architecture: Architecture) -> None:
    """Printed figures beside the derived ones; the loader has refused any that contradict."""
    for printed in architecture.printed:
        for option in printed.options:
            if option in architecture.options:
                page.paragraph(_comparison(architecture, printed, option), label="Printed:")


def _comparison(architecture: Architecture, printed: Printed, option: str) -> str:
    derived = int(getattr(architecture.derived[option], printed.quantity))
    unit = {1e6: "million", 1e9: "billion"}.get(printed.unit, f"x {printed.unit:g}")
    what = printed.quantity.replace("_", "-")
    step = f"{10.0**-printed.digits:.{printed.digits}f} {unit}"
    rule = "rounds to the print" if printed.rule == "rounds" else f"is less than {step} from the print"
    agreement = rule if agrees(printed, derived) else "does NOT agree with the print"
    figure = f"{printed.value:.{printed.digits}f} {unit} {what}"
    with_option = f", option {option}" if architecture.residual else ""
    return f"{figure} ({'; '.join(printed.cite)}); derived{with_option}: {derived:,}, which {agreement}"


def _print_errors(page: Page, architecture: Architecture) -> None:
    for error in architecture.errors:
        option = "" if error["option"] == "none" else f", option {error['option']}"
        page.paragraph(
            f"{_error_text(error)} ({error['setting']}{option}; {'; '.join(error['cite'])})",
            label="Printed error:",
        )


def _error_text(error: Mapping[str, Any]) -> str:
    """ "top-1 22.85 %, top-5 6.71 %", with mean and deviation of several runs where they are printed."""
    names = {"top1": "top-1", "top5": "top-5", "above": "above"}
    digits = max(
        len(str(float(error[key])).partition(".")[2].removesuffix("0")) for key in names if key in error
    )  # 7.40 beside 24.19
    parts = [f"{name} {error[key]:.{digits}f} %" for key, name in names.items() if key in error]
    if "mean" in error:
        parts.append(f"mean of {error.get('runs', 'several')} runs {error['mean']} +- {error.get('std', '?')}")
    return ", ".join(parts)
