"""The first few names, and how many there are besides."""

from __future__ import annotations

import pytest

from resnet_conformance.enumerating import listed


@pytest.mark.parametrize(
    ("names", "options", "text"),
    [
        ([], {}, ""),
        (["a"], {}, "a"),
        (["a", "b", "c"], {}, "a, b, c"),
        (["a", "b", "c", "d"], {}, "a, b, c and 1 more"),
        (("a", "b", "c", "d", "e"), {"most": 1}, "a and 4 more"),
        (["a, 1", "b, 2"], {"most": 1, "between": "; "}, "a, 1; and 1 more"),
    ],
)
def test_the_first_names_are_listed(names, options, text):
    assert listed(names, **options) == text
