"""Right networks that take a batch in pieces in eval mode, to save memory."""

from __future__ import annotations

from collections.abc import Callable

from .faithful import Tensor, nn, resnet18, resnet20, torch
from .right import CIFAR, R18, add


def in_pieces(run: Callable[[nn.Module, Tensor], Tensor]) -> type:
    """A network whose eval mode is that function of (the network on a whole batch, x)."""

    class Pieces:
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x) if self.training else run(super().forward, x)  # type: ignore[misc,attr-defined]

    return Pieces


for _name, _run in {
    "sample-by-sample": lambda net, x: torch.cat([net(one) for one in x.split(1)]),
    "stacked": lambda net, x: torch.stack([net(one[None])[0] for one in x]),
    "chunk-by-chunk": lambda net, x: torch.cat([net(piece) for piece in x.chunk(2)]),
}.items():
    add(CIFAR, f"batch-{_name}", lambda f=_run: resnet20(net=in_pieces(f)))
add(
    R18, "batch-sample-by-sample-18", lambda: resnet18(net=in_pieces(lambda net, x: torch.cat([*map(net, x.split(1))])))
)
