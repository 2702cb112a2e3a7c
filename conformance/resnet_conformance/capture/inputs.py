"""What a network wants to be given: one image, by position or by name, or something that is not judged here."""

from __future__ import annotations

import inspect

from torch import nn

from .problems import CaptureError

IMAGE = "pixel_values"  # the name that the transformers library gives an image


def input_name(module: nn.Module) -> str | None:
    """The name to pass the input under; None: by position. Raises CaptureError where one image is not enough."""
    try:
        parameters = inspect.signature(module.forward).parameters.values()
    except (TypeError, ValueError):  # TorchScript's have none
        return None
    required = [p for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if len(required) > 1:
        raise CaptureError(
            f"the network's forward requires {len(required)} arguments ({', '.join(p.name for p in required)}), and"
            " networks of one image input are judged: wrap it in a module whose forward takes the image alone"
        )
    if required:
        return required[0].name if required[0].kind is inspect.Parameter.KEYWORD_ONLY else None
    takes_position = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.VAR_POSITIONAL)]
    named = any(p.name == IMAGE and p.kind is not p.POSITIONAL_ONLY for p in parameters)
    first = takes_position[0].name if takes_position else None
    return IMAGE if named and first != IMAGE else None


def parameters_of(module: nn.Module) -> list[nn.Parameter]:
    """Those that torch registered and that have a shape, whatever the network's own `parameters` gives."""
    return [p for _, p in nn.Module.named_parameters(module) if not nn.parameter.is_lazy(p)]


def describe_dimensions(module: nn.Module) -> str:
    """Why a network of another kind does not run on an image: "" where its convolutions are over two dimensions."""
    ranks = {p.dim() - 2 for p in parameters_of(module) if p.dim() > 2}
    if len(ranks) != 1 or ranks == {2}:
        return ""
    rank = ranks.pop()
    kind = {1: "signals or texts", 3: "videos or volumes"}.get(rank, "something else")
    return (
        f"its convolutions are over {rank} dimension{'s' if rank != 1 else ''}, as for {kind}, so it wants an input of"
        f" {rank + 2} dimensions; networks of one image input (N, C, H, W) are judged"
    )
