"""What a caller has to catch is imported from where the functions are."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable

import pytest

import resnet_conformance
from resnet_conformance import check, check_family, identify, transplant

NAMED = re.compile(r"\b[A-Z]\w+(?:Error|Problem|Differ)\b")


@pytest.mark.parametrize("function", [check, check_family, transplant], ids=lambda function: function.__name__)
def test_what_a_function_raises_is_a_name_of_the_package(function: Callable[..., object]) -> None:
    """By the names of its docstring: they are the package's own."""
    said = (function.__doc__ or "").partition("Raises ")[2]
    raised = set(NAMED.findall(said)) - {"ValueError"}
    assert raised
    assert raised <= set(resnet_conformance.__all__)
    assert all(issubclass(getattr(resnet_conformance, name), Exception) for name in raised)
    assert not re.search(r"\b[a-z]\w*\.[A-Z]", said)  # none is named from a module on


def test_the_errors_of_identify_are_those_of_check() -> None:
    assert "errors as in `check`" in (identify.__doc__ or "")


def test_every_public_name_is_there_and_none_needs_torch() -> None:
    code = "import sys; from resnet_conformance import *; import resnet_conformance as package;"
    code += "assert set(package.__all__) <= set(dir()); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
