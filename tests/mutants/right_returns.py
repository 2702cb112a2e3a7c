"""Right networks that return more than their logits, look at what they return, or keep an optimizer's habits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .faithful import Tensor, nn, resnet18, resnet20, torch
from .right import CIFAR, R18, add


def returning(what: Callable[[Tensor, Tensor], Any]) -> type:
    """A network that returns that function of (logits, pooled features)."""

    class Returning:
        def forward(self, x: Tensor) -> Any:
            features = self.pool(self.features(x))  # type: ignore[attr-defined]
            return what(self.fc(features), features)  # type: ignore[attr-defined]

    return Returning


for _name, _what in {
    "logits-and-features": lambda logits, features: (logits, features),
    "features-and-logits": lambda logits, features: (features, logits),
    "output-and-embedding": lambda logits, features: {"output": logits, "embedding": features},
    "logits-and-probabilities": lambda logits, features: (logits, logits.softmax(1)),
    "prediction-and-probabilities": lambda logits, features: {"prob": logits.softmax(1), "pred": logits},
}.items():
    add(CIFAR, f"returns-{_name}", lambda f=_what: resnet20(net=returning(f)))
add(R18, "returns-logits-and-features-18", lambda: resnet18(net=returning(lambda logits, features: (logits, features))))


class Guarded:
    """It refuses to go on with what is no number."""

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = super().forward(x)  # type: ignore[misc]
        assert not torch.isnan(y).any(), "NaN in the logits"
        return y


class Grouped:
    """`parameters()` gives an optimizer's groups."""

    def parameters(self, recurse: bool = True) -> list[dict[str, Any]]:  # type: ignore[override]
        return [{"params": list(nn.Module.parameters(self)), "lr": 0.1}]  # type: ignore[arg-type]


add(CIFAR, "guarded-against-nan", lambda: resnet20(net=Guarded))
add(CIFAR, "parameters-in-groups", lambda: resnet20(net=Grouped))
