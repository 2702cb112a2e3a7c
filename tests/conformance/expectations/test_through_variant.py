"""A declared difference hides no other: what is wrong with a variant is wrong, too, where the variant is declared."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from resnet_conformance import check
from resnet_impl import cifar_resnet20, resnet50

pytestmark = pytest.mark.slow


class ByHand(nn.BatchNorm2d):
    """BN in single operations; `bessel` corrects the variance that is stored, `cut` keeps gradients from statistics."""

    bessel, cut = True, False

    def forward(self, x: Tensor) -> Tensor:
        mean, var = self.running_mean, self.running_var
        if self.training:
            mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
            with torch.no_grad():
                count = x.numel() / x.shape[1]
                stored = var * count / (count - 1) if self.bessel else var
                self.num_batches_tracked += 1
                self.running_mean.lerp_(mean, self.momentum)
                self.running_var.lerp_(stored, self.momentum)
            mean, var = (mean.detach(), var.detach()) if self.cut else (mean, var)
        scale = self.weight[:, None, None] / (var + self.eps).sqrt()[:, None, None]
        return (x - mean[:, None, None]) * scale + self.bias[:, None, None]


class Biased(ByHand):
    bessel = False


class Cut(ByHand):
    cut = True


def with_norms(net: nn.Module, norm: type[nn.BatchNorm2d]) -> nn.Module:
    """The network with another BN."""
    for module in net.modules():
        if type(module) is nn.BatchNorm2d:
            module.__class__ = norm
    return net


OPTION_B = {"shortcut-B-on-cifar": "ours"}


@pytest.mark.parametrize(
    ("norm", "failing"), [(nn.BatchNorm2d, set()), (ByHand, set()), (Biased, {"EQ-03"}), (Cut, {"BLK-01"})]
)
def test_a_declared_option_hides_no_wrong_norm(norm: type[nn.BatchNorm2d], failing: set[str]) -> None:
    net = with_norms(cifar_resnet20("B"), norm)
    report = check(net, "cifar10/resnet20", expected=OPTION_B, seed=1)
    failed = {f.clause: f for f in report.failed("MUST")}
    assert set(failed) == failing
    assert report.verdict == ("violates" if failing else "deviates")
    for finding in failed.values():
        assert finding.message.startswith("Seen against cifar10/resnet20-B, whose structure it has: ")
        assert finding.level == "MUST"


def test_with_level_must_too() -> None:
    net = with_norms(cifar_resnet20("B"), Biased)
    assert check(net, "cifar10/resnet20", expected=OPTION_B, level="must", seed=1).verdict == "violates"


def test_another_declared_stride_hides_no_wrong_norm() -> None:
    net = with_norms(resnet50(stride_on="3x3"), Biased)
    report = check(net, "imagenet/resnet50", expected={"stride-3x3": "v1.5"}, seed=1)
    assert [f.clause for f in report.failed("MUST")] == ["EQ-03"]


def test_what_is_a_variants_alone_is_not_blamed() -> None:
    """torchvision's is exactly v1.5: nothing but the stride fails."""
    report = check(resnet50(stride_on="3x3"), "imagenet/resnet50", seed=1)
    assert {f.clause for f in report.failed("MUST")} == {"BTN-04", "BTN-05", "CT-05"}
