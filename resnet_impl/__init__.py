"""The networks of *Deep Residual Learning for Image Recognition* and of its successor in plain PyTorch.

One reading of He et al. 2015 (arXiv:1512.03385), written by hand to be read beside the paper: Eqn (1)
and (2) in `shortcuts`, Fig. 5 in `blocks`, Table 1 in `stems`, `resnet` and `presets`, section 3.4 in
`initialization`. `lowlevel` is the same once more without modules. The pre-activation nets of He et al. 2016
(arXiv:1603.05027) are in `preactivation`. `fast` makes any of them fast, see `acceleration`.
"""

from resnet_impl.acceleration import fast, fast_training
from resnet_impl.blocks import BasicBlockV1, BottleneckV1
from resnet_impl.initialization import initialize
from resnet_impl.lowlevel import LowLevelResNet
from resnet_impl.lowlevel_names import rename_to_lowlevel
from resnet_impl.lowlevel_presets import (
    lowlevel_cifar_resnet,
    lowlevel_cifar_resnet20,
    lowlevel_cifar_resnet32,
    lowlevel_cifar_resnet44,
    lowlevel_cifar_resnet56,
    lowlevel_cifar_resnet110,
    lowlevel_resnet18,
    lowlevel_resnet34,
    lowlevel_resnet50,
    lowlevel_resnet101,
    lowlevel_resnet152,
)
from resnet_impl.preactivation import BasicBlockV2, BottleneckV2, ResNetV2
from resnet_impl.preactivation_presets import (
    cifar_preresnet,
    cifar_preresnet110,
    cifar_preresnet164,
    cifar_preresnet1001,
    cifar_preresnet_bottleneck,
    preresnet152,
    preresnet200,
)
from resnet_impl.presets import (
    cifar_plain,
    cifar_plain20,
    cifar_plain32,
    cifar_plain44,
    cifar_plain56,
    cifar_plain110,
    cifar_resnet,
    cifar_resnet20,
    cifar_resnet32,
    cifar_resnet44,
    cifar_resnet56,
    cifar_resnet110,
    cifar_resnet1202,
    plain18,
    plain34,
    resnet18,
    resnet18_cifar_stem,
    resnet34,
    resnet34_cifar_stem,
    resnet50,
    resnet50_cifar_stem,
    resnet101,
    resnet101_cifar_stem,
    resnet152,
    resnet152_cifar_stem,
)
from resnet_impl.resnet import ResNetV1, Stage
from resnet_impl.shortcuts import ShortcutProjection, ShortcutZeroPad
from resnet_impl.stems import StemCIFAR, StemImageNetV1
from resnet_impl.torchvision_names import rename_torchvision

__all__ = [
    "BasicBlockV1",
    "BasicBlockV2",
    "BottleneckV1",
    "BottleneckV2",
    "LowLevelResNet",
    "ResNetV1",
    "ResNetV2",
    "ShortcutProjection",
    "ShortcutZeroPad",
    "Stage",
    "StemCIFAR",
    "StemImageNetV1",
    "cifar_plain",
    "cifar_plain20",
    "cifar_plain32",
    "cifar_plain44",
    "cifar_plain56",
    "cifar_plain110",
    "cifar_preresnet",
    "cifar_preresnet110",
    "cifar_preresnet164",
    "cifar_preresnet1001",
    "cifar_preresnet_bottleneck",
    "cifar_resnet",
    "cifar_resnet20",
    "cifar_resnet32",
    "cifar_resnet44",
    "cifar_resnet56",
    "cifar_resnet110",
    "cifar_resnet1202",
    "fast",
    "fast_training",
    "initialize",
    "lowlevel_cifar_resnet",
    "lowlevel_cifar_resnet20",
    "lowlevel_cifar_resnet32",
    "lowlevel_cifar_resnet44",
    "lowlevel_cifar_resnet56",
    "lowlevel_cifar_resnet110",
    "lowlevel_resnet18",
    "lowlevel_resnet34",
    "lowlevel_resnet50",
    "lowlevel_resnet101",
    "lowlevel_resnet152",
    "plain18",
    "plain34",
    "preresnet152",
    "preresnet200",
    "rename_to_lowlevel",
    "rename_torchvision",
    "resnet18",
    "resnet18_cifar_stem",
    "resnet34",
    "resnet34_cifar_stem",
    "resnet50",
    "resnet50_cifar_stem",
    "resnet101",
    "resnet101_cifar_stem",
    "resnet152",
    "resnet152_cifar_stem",
]
