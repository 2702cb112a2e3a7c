"""In-place writes: later readers see the new value, through every alias, or the capture is refused
(DESIGN.md section 3).
"""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everyone gives it
import torch.utils.checkpoint
from torch import nn

from resnet_conformance.capture import CaptureError


def operands(graph, op, place=-1):
    """The operations that the last node of this kind reads, in the order of its roles."""
    node = [n for n in graph if n.op == op][place]
    return [graph[i].op for i in node.inputs]


def test_a_relu_in_place_is_what_the_shortcut_reads_afterwards(graph_of):
    def forward(x):
        x = torch.sigmoid(x)
        y = F.relu(x, inplace=True)
        return torch.tanh(y) + x

    assert operands(graph_of(forward), "add") == ["tanh", "relu"]


def test_a_relu_that_copies_leaves_the_shortcut_alone(graph_of):
    def forward(x):
        x = torch.sigmoid(x)
        return torch.tanh(F.relu(x)) + x

    assert operands(graph_of(forward), "add") == ["tanh", "sigmoid"]


def test_a_module_relu_in_place_on_the_input_itself(graph_of):
    graph = graph_of(lambda self, x: self.conv(self.relu(x)) + x, conv=nn.Conv2d(4, 4, 1), relu=nn.ReLU(inplace=True))
    assert operands(graph, "add") == ["conv", "relu"]


def test_an_addition_in_place_changes_what_was_computed_from_it_no_more(graph_of):
    def forward(x):
        y = torch.sigmoid(x)
        z = torch.tanh(y)
        y += x
        return z * y

    graph = graph_of(forward)
    assert operands(graph, "mul") == ["tanh", "add"]
    assert operands(graph, "tanh") == ["sigmoid"]


def test_an_alias_of_the_same_geometry_reads_the_write(graph_of):
    def forward(x):
        y = torch.sigmoid(x)
        same = y.view(2, 4, 8, 8)
        y.relu_()
        return torch.tanh(same)

    assert operands(graph_of(forward), "tanh") == ["relu"]


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_a_view_is_taken_again_from_the_written_base(graph_of, mode):
    def forward(x):
        y = torch.sigmoid(x)
        part = y[:, 1:3]
        y.relu_()
        return torch.tanh(part)

    graph = graph_of(forward, mode=mode)
    assert operands(graph, "tanh") == ["slice"]
    assert operands(graph, "slice") == ["relu"]


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_a_write_through_a_reshape_reaches_the_base(graph_of, mode, ops):
    def forward(x):
        y = torch.sigmoid(x)
        y.view(2, -1).tanh_()
        return torch.tanh(y)

    assert ops(graph_of(forward, mode=mode)) == ["sigmoid", "reshape", "tanh", "reshape", "tanh"]


def test_a_write_through_a_permutation_reaches_the_base(graph_of, ops):
    def forward(x):
        y = torch.sigmoid(x)
        y.permute(0, 2, 3, 1).tanh_()
        return torch.tanh(y)

    graph = graph_of(forward)
    assert ops(graph) == ["sigmoid", "permute", "tanh", "permute", "tanh"]
    assert [n.attrs["order"] for n in graph if n.op == "permute"] == [(0, 2, 3, 1), (0, 3, 1, 2)]
    assert graph[graph.output].shape == (2, 4, 8, 8)


def test_a_write_through_a_slice_becomes_a_scatter_on_the_base(graph_of, ops):
    def forward(x):
        y = torch.sigmoid(x)
        y[:, 1:3].relu_()
        return torch.tanh(y)

    graph = graph_of(forward)
    assert ops(graph) == ["sigmoid", "slice", "relu", "scatter", "tanh"]
    scatter = next(n for n in graph if n.op == "scatter")
    assert scatter.attrs["start"] == (0, 1, 0, 0)
    assert scatter.attrs["stop"] == (2, 3, 8, 8)
    assert operands(graph, "scatter") == ["sigmoid", "relu"]


def test_two_overlapping_views_see_each_other(graph_of):
    def forward(x):
        y = torch.sigmoid(x)
        left, right = y[:, :3], y[:, 1:]
        left.relu_()
        return torch.tanh(right)

    graph = graph_of(forward)
    assert operands(graph, "tanh") == ["slice"]
    assert graph[graph[graph.output].inputs[0]].inputs == (next(n.index for n in graph if n.op == "scatter"),)


def test_a_sample_written_by_index_is_a_scatter(graph_of, ops):
    def forward(x):
        y = torch.sigmoid(x)
        y[0] = 0
        return y

    graph = graph_of(forward)
    assert graph[graph.output].op == "scatter"
    assert graph[graph.output].attrs["stop"] == (1, 4, 8, 8)


def test_the_halves_of_a_chunk_are_slices(graph_of):
    def forward(x):
        a, b = torch.sigmoid(x).chunk(2, dim=1)
        return a - b

    graph = graph_of(forward)
    assert operands(graph, "sub") == ["slice", "slice"]
    assert [n.attrs["start"][1] for n in graph if n.op == "slice"] == [0, 2]


def test_a_clone_is_memory_of_its_own(graph_of):
    def forward(x):
        y = torch.sigmoid(x)
        z = y.clone()
        y.relu_()
        return torch.tanh(z)

    assert operands(graph_of(forward), "tanh") == ["sigmoid"]


def test_squeezing_in_place_changes_the_shape_and_no_value(graph_of, ops):
    def forward(x):
        y = x.mean((2, 3), keepdim=True)
        y.squeeze_(-1).squeeze_(-1)
        return torch.tanh(y)

    graph = graph_of(forward)
    assert ops(graph) == ["global_avg_pool", "reshape", "tanh"]
    assert graph[graph.output].shape == (2, 4)


def test_an_out_argument_is_a_write(graph_of):
    def forward(x):
        y = torch.empty_like(x)
        torch.add(x, torch.sigmoid(x), out=y)
        return torch.tanh(y)

    assert operands(graph_of(forward), "tanh") == ["add"]


@pytest.mark.parametrize(
    "write",
    [
        lambda y: y.unfold(2, 2, 2).relu_(),
        lambda y: y.diagonal(dim1=2, dim2=3).relu_(),
        lambda y: y.as_strided((2, 2), (1, 2)).zero_(),
    ],
)
def test_a_write_that_cannot_be_followed_is_refused(graph_of, write):
    def forward(x):
        y = torch.sigmoid(x)
        write(y)
        return y

    with pytest.raises(CaptureError, match="cannot be followed"):
        graph_of(forward)


def test_a_detached_shortcut_is_visible_in_training(graph_of):
    graph = graph_of(lambda x: torch.sigmoid(x) + torch.tanh(x).detach(), mode="train")
    assert operands(graph, "add") == ["sigmoid", "detach"]


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_an_explicit_detach_is_kept_in_both_modes(graph_of, mode):
    graph = graph_of(lambda x: torch.sigmoid(x) + x.detach().view(2, 4, 8, 8), mode=mode)
    assert operands(graph, "add") == ["sigmoid", "detach"]


def test_a_shortcut_without_gradients_is_a_detached_one(graph_of):
    def forward(x):
        with torch.no_grad():
            y = torch.tanh(torch.cos(x))
        return torch.sigmoid(x) + y

    graph = graph_of(forward, mode="train")
    assert operands(graph, "add")[0] == "sigmoid"
    assert [n.op for n in graph].count("detach") == 1
    data = graph_of(lambda x: torch.sigmoid(x) + torch.tanh(x).data, mode="train")
    assert operands(data, "add") == ["sigmoid", "detach"]


def test_saving_for_the_backward_pass_detaches_nothing(graph_of, ops):
    # autograd calls aten.detach itself when it saves the output of an in-place relu
    graph = graph_of(lambda x: torch.sigmoid(F.relu(torch.tanh(x), inplace=True)) + x, mode="train")
    assert ops(graph) == ["tanh", "relu", "sigmoid", "add"]


def test_a_custom_autograd_function_detaches_nothing(graph_of, ops):
    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return torch.tanh(torch.sigmoid(x))

        @staticmethod
        def backward(ctx, grad):
            return grad

    assert ops(graph_of(lambda x: torch.cos(Twice.apply(x)), mode="train")) == ["sigmoid", "tanh", "aten.cos"]


def test_inference_mode_changes_no_operation(graph_of, form):
    def parts():
        return {
            "conv": nn.Conv2d(4, 4, 1),
            "bn": nn.BatchNorm2d(4),
            "fc": nn.Linear(4, 3),
            "drop": nn.Dropout(),
        }

    def forward(self, x):
        return self.fc(self.drop(F.adaptive_avg_pool2d(F.relu(self.bn(self.conv(x))), 1).flatten(1)))

    def without(self, x):
        with torch.inference_mode():
            return forward(self, x)

    assert form(graph_of(without, **parts())) == form(graph_of(forward, **parts()))


@pytest.mark.parametrize("reentrant", [True, False])
def test_checkpointing_detaches_nothing(graph_of, ops, reentrant):
    def forward(x):
        y = torch.utils.checkpoint.checkpoint(lambda x: torch.tanh(torch.sigmoid(x)), x, use_reentrant=reentrant)
        return y + x

    assert ops(graph_of(forward, mode="train")) == ["sigmoid", "tanh", "add"]


def test_running_statistics_leave_no_nodes_of_their_own(graph_of, ops):
    graph = graph_of(lambda self, x: self.bn(x), mode="train", bn=nn.BatchNorm2d(4))
    assert sorted(n.op for n in graph) == [
        "batch_norm",
        "buffer",
        "buffer",
        "input",
        "parameter",
        "parameter",
    ]


def test_a_layer_that_is_computed_and_dropped_stays(graph_of):
    def forward(self, x):
        self.conv(x)
        return torch.tanh(x)

    graph = graph_of(forward, conv=nn.Conv2d(4, 4, 3))
    dead = next(n for n in graph if n.op == "conv")
    assert dead.index not in graph.live
