"""Option A (He et al. 2015, section 3.3): sub-sampling and zeros for the new channels, in all its clothes."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everyone gives it


def by_assignment(x):
    out = x.new_zeros(2, 8, 4, 4)
    out[:, 2:6] = x[:, :, ::2, ::2]
    return out


def by_copy_into_empty(x):
    y = x[:, :, ::2, ::2]
    out = torch.empty(2, 8, 4, 4, device=x.device)
    out[:, :4].copy_(y)
    out[:, 4:].zero_()
    return out


def by_assigning_zeros_to_empty(x):
    out = torch.empty((2, 8, 4, 4), device=x.device)
    out[:, 4:] = 0
    out[:, :4, :, :] = F.avg_pool2d(x, 1, 2)
    return out


def by_cat_with_itself(x):
    y = F.avg_pool2d(x, kernel_size=1, stride=2)
    return torch.cat([y, y.mul(0)], 1)


def by_expanded_zeros(x):
    y = x[:, :, ::2, ::2]
    return torch.cat((y, torch.zeros(1, 1, 1, 1, device=x.device).expand(2, 4, 4, 4)), 1)


def by_cpu_zeros(x):
    y = x[:, :, ::2, ::2]
    return torch.cat((y, torch.zeros(2, 4, 4, 4)), 1)


def by_fill(x):
    y = F.max_pool2d(x, 1, 2)
    return torch.cat((y, torch.empty_like(y).fill_(0)), 1)


def by_unshuffling(x):
    return F.pad(F.pixel_unshuffle(x, 2)[:, ::4], (0, 0, 0, 0, 0, 4))


BOTH_SIDES = [lambda x: F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 2, 2), "constant", 0), by_assignment]
BEHIND = [
    lambda x: F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, 4)),
    by_copy_into_empty,
    by_assigning_zeros_to_empty,
    by_cat_with_itself,
    by_expanded_zeros,
    by_cpu_zeros,
    by_fill,
    by_unshuffling,
]


def by_assigning_every_other(x):
    out = x.new_zeros(2, 8, 4, 4)
    out[:, ::2] = x[:, :, ::2, ::2]
    return out


def by_stacking_with_zeros(x):
    y = x[:, :, ::2, ::2]
    return torch.stack((y, torch.zeros_like(y)), 2).flatten(1, 2)


def by_stacking_before_sampling(x):
    return torch.stack((x, torch.zeros_like(x)), 2).flatten(1, 2)[:, :, ::2, ::2]


def by_joining_channel_by_channel(x):
    y = x[:, :, ::2, ::2]
    return torch.cat([part for channel in y.split(1, 1) for part in (channel, torch.zeros_like(channel))], 1)


BETWEEN = [by_assigning_every_other, by_stacking_with_zeros, by_stacking_before_sampling, by_joining_channel_by_channel]


def last_two(graph):
    """What adds channels, with its attributes, and what it reads."""
    end = graph[graph.output]
    return [(n.op, n.attrs, n.shape) for n in (graph[end.inputs[0]], end)]


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_every_form_with_zeros_between_is_a_slice_and_a_spread(graph_of, mode):
    first = last_two(graph_of(BETWEEN[0], mode=mode))
    assert [op for op, _, _ in first] == ["slice", "spread"]
    assert first[1][1] == {"places": (0, 2, 4, 6)}
    for function in BETWEEN:
        assert last_two(graph_of(function, mode=mode)) == first, function.__name__


def test_other_channels_than_those_of_x_in_order_are_no_spread(graph_of, ops):
    def reverse(x):
        return torch.cat([part for y in x.split(1, 1)[::-1] for part in (y, torch.zeros_like(y))], 1)

    def double(x):
        return torch.stack((x, x), 2).flatten(1, 2)

    for function in (reverse, double):
        assert "spread" not in ops(graph_of(function))


def test_what_stands_between_blocks_for_others_stays(graph_of):
    """A value that is read elsewhere is no part of the piece, so the piece begins there."""

    def shared(x):
        y = x[:, :, ::2, ::2]
        return torch.stack((y, torch.zeros_like(y)), 2).flatten(1, 2), torch.tanh(y)

    def summed(x):
        wide, other = shared(x)
        return wide + torch.cat([other, other], 1)

    graph = graph_of(summed)
    (spread,) = [n for n in graph if n.op == "spread"]
    (tanh,) = [n for n in graph if n.op == "tanh"]
    assert spread.inputs == tanh.inputs
    assert graph[spread.inputs[0]].op == "slice"


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("forms", [BOTH_SIDES, BEHIND], ids=["both sides", "behind"])
def test_every_form_is_a_slice_and_a_pad(graph_of, form, ops, mode, forms):
    first = graph_of(forms[0], mode=mode)
    assert ops(first) == ["slice", "pad"]
    for function in forms:
        assert form(graph_of(function, mode=mode)) == form(first), function.__name__


def test_the_place_of_the_zeros_is_kept(graph_of):
    both, behind = graph_of(BOTH_SIDES[0]), graph_of(BEHIND[0])
    assert (both[both.output].attrs["before"], both[both.output].attrs["after"]) == (
        (0, 2, 0, 0),
        (0, 2, 0, 0),
    )
    assert (behind[behind.output].attrs["before"], behind[behind.output].attrs["after"]) == (
        (0, 0, 0, 0),
        (0, 4, 0, 0),
    )


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_adding_into_the_first_channels_is_the_same_addition(graph_of, form, mode):
    def in_place(x):
        y = torch.cat([torch.sigmoid(x), torch.tanh(x)], 1)
        y[:, :4] += x
        return y

    def padded(x):
        return torch.cat([torch.sigmoid(x), torch.tanh(x)], 1) + F.pad(x, (0, 0, 0, 0, 0, 4))

    assert form(graph_of(in_place, mode=mode)) == form(graph_of(padded, mode=mode))


def test_a_repeated_channel_is_no_option_a(graph_of, ops):
    graph = graph_of(lambda x: torch.cat([x, x], 1))
    assert ops(graph) == ["concat"]


def test_constants_that_are_not_zero_are_no_padding(graph_of, ops):
    graph = graph_of(lambda x: torch.cat([x, torch.ones_like(x)], 1))
    assert ops(graph) == ["constant", "concat"]
    assert [n.attrs["zero"] for n in graph if n.op == "constant"] == [False]
