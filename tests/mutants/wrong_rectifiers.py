"""Wrong networks whose activation is almost a ReLU, put together from the same parts."""

from __future__ import annotations

from .corpus import RESNET20, wrong
from .faithful import nn
from .right import activated
from .right_rectifiers import larger_than


@wrong(RESNET20, {"BLK-02": "batch_norm -> aten.abs -> add -> scale"}, also="BLK-03 BLK-05 BLK-09 ACT-03")
def third_of_x_and_modulus() -> nn.Module:
    return activated(lambda x: (x + x.abs()) / 3)()


@wrong(RESNET20, {"BLK-02": "batch_norm -> aten.clamp -> sub"}, also="BLK-03 BLK-05 BLK-09 ACT-03")
def x_without_part_below_a_tenth() -> nn.Module:
    return activated(lambda x: x - x.clamp(max=0.1))()


@wrong(RESNET20, {"BLK-02": "batch_norm -> maximum"}, also="BLK-03 BLK-09 ACT-03")
def maximum_with_kept_tenth() -> nn.Module:
    return larger_than(0.1)()
