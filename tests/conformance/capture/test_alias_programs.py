"""Random programs of views and in-place writes: the graph, run on its own, gives what the program gives.

A program that cannot be followed may be refused; it may never be recorded as something else (DESIGN.md
section 3).
"""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_conformance.capture import CaptureError, capture
from resnet_conformance.graph import Graph, Node

SHAPE = (2, 4, 4, 4)


def region(node: Node) -> tuple[slice, ...]:
    return tuple(
        slice(a, b, s) for a, b, s in zip(node.attrs["start"], node.attrs["stop"], node.attrs["step"], strict=True)
    )


def scattered(base: torch.Tensor, src: torch.Tensor, node: Node) -> torch.Tensor:
    out = base.clone()
    out[region(node)] = src
    return out


def padded(x: torch.Tensor, node: Node) -> torch.Tensor:
    out = torch.full(node.shape, float(node.attrs["value"]))
    inner = tuple(slice(b, b + n) for b, n in zip(node.attrs["before"], x.shape, strict=True))
    out[inner] = x
    return out


MEANING = {
    "relu": lambda node, x: x.clamp(min=0),
    "tanh": lambda node, x: x.tanh(),
    "add": lambda node, a, b: a + node.attrs["alpha"] * b,
    "mul": lambda node, a, b: a * b,
    "scale": lambda node, x: x * node.attrs["factor"],
    "add_scalar": lambda node, x: x + node.attrs["value"],
    "reshape": lambda node, x: x.reshape(node.shape),
    "permute": lambda node, x: x.permute(node.attrs["order"]),
    "slice": lambda node, x: x[region(node)],
    "scatter": lambda node, base, src: scattered(base, src, node),
    "pad": lambda node, x: padded(x, node),
    "concat": lambda node, *parts: torch.cat(parts, node.attrs["axis"]),
    "detach": lambda node, x: x,
}


def evaluate(graph: Graph, x: torch.Tensor) -> torch.Tensor:
    """The graph's value; every constant of these programs is zero."""
    values: dict[int, torch.Tensor] = {}
    for node in graph:
        if node.op == "input":
            values[node.index] = x
        elif node.op == "constant":
            assert node.attrs["zero"]
            values[node.index] = torch.zeros(node.shape)
        else:
            values[node.index] = MEANING[node.op](node, *(values[i] for i in node.inputs))
        assert tuple(values[node.index].shape) == node.shape
    return values[graph.output]


def halves(t: torch.Tensor, axis: int, first: bool) -> torch.Tensor:
    n = t.shape[axis] // 2
    return t.narrow(axis, 0 if first else t.shape[axis] - n, n)


def view(t: torch.Tensor, kind: int, axis: int) -> torch.Tensor:
    """One of the views that networks take; the tensor itself where it does not apply."""
    axis %= max(1, t.dim())
    if not t.dim() or t.numel() < 4:
        return t
    if kind < 2 and t.shape[axis] > 1:
        return halves(t, axis, kind == 0)
    if kind == 2:
        return t[(slice(None),) * axis + (slice(None, None, 2),)]
    if kind == 3:
        return t.transpose(0, axis)
    if kind == 4 and t.is_contiguous():
        return t.view(t.shape[0], -1)
    if kind == 5:
        return t.unsqueeze(axis)
    if kind == 6:
        return t.select(axis, 0)
    return t.squeeze(axis)


def write(t: torch.Tensor, kind: int, other: torch.Tensor) -> None:
    """One of the writes that networks make."""
    if kind == 0:
        t.relu_()
    elif kind == 1:
        t.mul_(1.5)
    elif kind == 2:
        t.zero_()
    elif kind == 3 and other.shape == t.shape:
        t += other.clone()
    elif kind == 4 and other.shape == t.shape:
        t.copy_(other.clone())
    else:
        t.mul_(0.5)


steps = st.lists(
    st.tuples(st.sampled_from("vvwcm"), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 3)),
    min_size=2,
    max_size=10,
)


class Program(torch.nn.Module):
    """Runs the steps on a growing list of tensors, and returns all their values as one."""

    def __init__(self, program: list[tuple[str, int, int, int, int]]) -> None:
        super().__init__()
        self.program = program

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        tensors = [x.tanh(), x.new_zeros(SHAPE)]
        for what, i, j, kind, axis in self.program:
            t, other = tensors[i % len(tensors)], tensors[j % len(tensors)]
            if what == "v":
                tensors.append(view(t, kind % 8, axis))
            elif what == "w":
                write(t, kind % 6, other)
            elif what == "c":
                tensors.append(t.clone())
            else:
                tensors.append(t * 2)
        return torch.cat([t.reshape(-1) for t in tensors]).view(1, -1)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(program=steps, mode=st.sampled_from(["eval", "train"]), device=st.sampled_from(["meta", "cpu"]))
def test_a_graph_means_what_the_program_does(program, mode, device):
    module = Program(program)
    x = torch.linspace(-2, 2, 128).view(SHAPE)
    try:
        graph = capture(module, SHAPE, mode, device)
    except CaptureError as error:
        torch_refuses = "is being used in an in-place operation" in str(error)
        assert torch_refuses or "cannot be followed" in str(error), error  # noqa: PT017 - a refusal is fine
        return
    torch.testing.assert_close(evaluate(graph, x), module(x.clone()), rtol=1e-5, atol=1e-6)
