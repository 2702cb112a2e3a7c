"""The sentence that says what network was found, whatever was found."""

from __future__ import annotations

from resnet_conformance.reports.network import describe_network


def test_a_stage_whose_first_block_has_no_convolution_has_no_width() -> None:
    assert describe_network({"widths": [[16], [], [32, 64]]}) == "widths 16-none-64"


def test_the_depth_of_a_backbone_is_told_with_the_classifier_that_it_lacks() -> None:
    """Nobody knows a ResNet-17: what is not counted is the classifier, whether the rest of the head is there or not."""
    for lacks in ("head", "classifier"):
        assert describe_network({"depth": 17, "lacks": lacks}) == "depth 17 (18 with the missing classifier)"
    for whole in ({"lacks": ""}, {}):  # a report of an older version does not say
        assert describe_network({"depth": 18} | whole) == "depth 18"
