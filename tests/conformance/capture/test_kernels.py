"""What a kernel of ours says of a shape is what torch says, and it spares the import of the compiler."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import nn

from resnet_conformance.capture import capture
from resnet_conformance.capture.kernels import kernels

CAT = torch.ops.aten.cat.default
MAP = torch.empty(2, 4, 6, 6, device="meta")
SAMPLED = torch.empty(2, 4, 12, 12, device="meta")[:, :, ::2, ::2]
COVERED = [((MAP, MAP), 1), ((SAMPLED, MAP), 1), ((MAP,), 1), ((MAP, SAMPLED, MAP[:, :2]), -3), ((MAP, MAP), 0)]
COVERED += [((MAP, torch.empty(2, 0, 6, 6, device="meta")), 1)]  # as many channels as before: nothing to pad
OTHERS = [
    ((MAP.contiguous(memory_format=torch.channels_last),) * 2, 1),
    ((MAP, MAP.double()), 1),
    ((MAP[:1], MAP[:1]), 1),
    ((MAP, MAP[:, :, :5]), 1),
    ((MAP, MAP), 4),
    ((MAP[0], MAP[0]), 0),
    ((), 0),
]
COLD = """
import sys
import torch
from torch import nn
from resnet_conformance.capture import capture

class Shortcut(nn.Module):
    def forward(self, x):
        x = x[:, :, ::2, ::2]
        n, c, h, w = x.shape
        return torch.cat([x, x.new_zeros(n, c, h, w)], dim=1)

graph = capture(Shortcut(), (2, 16, 32, 32))
assert graph[graph.output].shape == (2, 32, 16, 16), graph[graph.output].shape
print([name for name in ("torch._dynamo", "torch._inductor") if name in sys.modules])
"""


@pytest.mark.parametrize("given", COVERED, ids=str)
def test_concatenated_maps_are_laid_out_as_torch_does(given: tuple[tuple[torch.Tensor, ...], int]) -> None:
    found, wanted = kernels()[CAT](*given), torch.cat(*given)
    assert (found.shape, found.stride(), found.dtype, found.device) == (
        wanted.shape,
        wanted.stride(),
        wanted.dtype,
        wanted.device,
    )


@pytest.mark.parametrize("given", OTHERS, ids=str)
def test_what_is_not_covered_is_left_to_torch(given: tuple[tuple[torch.Tensor, ...], int]) -> None:
    assert kernels()[CAT](*given) is None


def test_zeros_that_are_concatenated_do_not_import_the_compiler() -> None:
    done = subprocess.run([sys.executable, "-c", COLD], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


def test_no_padding_at_all_is_left_to_torch() -> None:
    class Nothing(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.constant_pad_nd(x, ()) + 1

    graph = capture(Nothing(), (2, 4, 6, 6))
    assert graph[graph.output].shape == (2, 4, 6, 6)
