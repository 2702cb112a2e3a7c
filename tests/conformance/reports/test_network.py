"""The sentence that says what network was found, whatever was found."""

from __future__ import annotations

from resnet_conformance.reports.network import describe_network


def test_a_stage_whose_first_block_has_no_convolution_has_no_width() -> None:
    assert describe_network({"widths": [[16], [], [32, 64]]}) == "widths 16-none-64"
