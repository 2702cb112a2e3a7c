"""Architecture -> blueprint -> anatomy -> architecture is the identity, by way of modules too."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from torch import nn

from resnet_conformance.anatomy import Anatomy, dissect
from resnet_conformance.architecture import Architecture
from resnet_conformance.blueprint import draw
from resnet_conformance.capture import capture_candidate
from resnet_conformance.simplify import simplify

from ..mutants import faithful
from .drawn import architectures, fields_of, read_back
from .graph_net import GraphNet

calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def captured(network: nn.Module, architecture: Architecture) -> Anatomy:
    shape = (2, architecture.channels, architecture.size, architecture.size)
    return dissect(simplify(capture_candidate(network, shapes=(shape,)).graph))


@calm
@given(architectures())
def test_a_blueprint_is_read_as_what_was_drawn(architecture: Architecture) -> None:
    assert read_back(dissect(draw(architecture))) == fields_of(architecture)


@settings(calm, max_examples=25)
@given(architectures())
def test_a_module_of_a_blueprint_is_captured_as_what_was_drawn(architecture: Architecture) -> None:
    assert read_back(captured(GraphNet(draw(architecture)), architecture)) == fields_of(architecture)


@settings(calm, max_examples=25)
@given(architectures(by_hand=True))
def test_a_module_that_was_written_by_hand_is_captured_as_what_was_drawn(architecture: Architecture) -> None:
    assert read_back(captured(by_hand(architecture), architecture)) == fields_of(architecture)


def by_hand(architecture: Architecture) -> nn.Module:
    """The network in plain torch, written without the blueprint."""
    stem, pool = architecture.stem, architecture.stem.pool

    class Stem:
        kernel, stride = stem.kernel, stem.stride

        def pool(self, x: faithful.Tensor) -> faithful.Tensor:
            if pool is None:
                return x
            padding, ceil = pool.choices[0]
            return faithful.F.max_pool2d(x, pool.kernel, pool.stride, padding, ceil_mode=ceil)

    changes = {"stem": Stem, "stem_filters": stem.filters}

    def build(*, block: type | None = None, **more: object) -> nn.Module:
        return faithful.build(
            faithful.Block if architecture.block == "basic" else faithful.Bottleneck,
            faithful.ImageNetStem,
            [stage.blocks for stage in architecture.stages],
            [stage.widths[0] for stage in architecture.stages],
            [stage.stride for stage in architecture.stages],
            "B" if architecture.option == "none" else architecture.option,
            architecture.classes,
            block=block,
            **{**changes, **more},  # type: ignore[arg-type]
        )

    return build() if architecture.residual else faithful.plain(build)
