"""Values written to a place among a candidate's tensors (a part, another shape or order of some) are read there."""

from __future__ import annotations

import pytest
import torch

from resnet_conformance.align import Place
from resnet_conformance.transplanting import move, read, write

WHOLE = Place("tensor", (4, 6), 0)
TURNED = Place("permute", (6, 4), attrs={"order": (1, 0)}, parts=(WHOLE,))
FLAT = Place("reshape", (24,), parts=(TURNED,))
UPPER = Place("slice", (2, 6), attrs={"start": (0, 0), "stop": (2, 6), "step": (1, 1)}, parts=(WHOLE,))
LOWER = Place("slice", (2, 6), attrs={"start": (2, 0), "stop": (4, 6), "step": (1, 1)}, parts=(WHOLE,))
JOINED = Place("concat", (4, 9), attrs={"axis": 1}, parts=(WHOLE, Place("tensor", (4, 3), 1)))


@pytest.mark.parametrize("places", [(WHOLE,), (TURNED,), (FLAT,), (UPPER, LOWER), (JOINED,)])
def test_what_is_written_at_a_place_is_read_there(places: tuple[Place, ...]) -> None:
    values = [torch.randn(place.shape, dtype=torch.float64) for place in places]
    written = write(zip(places, values, strict=True))
    for place, value in zip(places, values, strict=True):
        assert torch.equal(read(place, written), value)
    assert sum(t.numel() for t in written.values()) == sum(v.numel() for v in values)


def test_values_that_are_not_given_are_not_moved() -> None:
    other = Place("tensor", (4, 6), 7)
    assert move([(other, WHOLE)], {}) == {}


def test_a_value_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(2,\) does not fit a place of shape \(4, 6\)"):
        write([(WHOLE, torch.zeros(2))])
    with pytest.raises(ValueError, match="tensor 0 has shape"):
        read(TURNED, {0: torch.zeros(2)})
