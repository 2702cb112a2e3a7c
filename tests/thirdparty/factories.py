"""Third-party ResNets that need more than a call without arguments: `expected.yaml` names these factories.

Each takes no required argument, builds from a configuration and never downloads. The library is imported
inside the factory, so that a missing one spoils its own rows only, and by name, so that the types of a
library that has none (or wrong ones) are not ours to answer for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn


def hf_resnet50() -> nn.Module:
    """transformers' default configuration (depths 3-4-6-3, bottlenecks) with 1000 labels."""
    return _transformers_resnet()


def hf_resnet50_downsample_in_bottleneck() -> nn.Module:
    """As `hf_resnet50`, the stride on the first 1x1 convolution instead of the 3x3."""
    return _transformers_resnet(downsample_in_bottleneck=True)


def hf_resnet18() -> nn.Module:
    """transformers' 18-layer net: basic layers, widths 64-128-256-512, depths 2-2-2-2."""
    return _transformers_resnet(layer_type="basic", hidden_sizes=[64, 128, 256, 512], depths=[2, 2, 2, 2])


def labml_resnet50() -> nn.Module:
    """labml_nn's `ResNetBase` with the counts and widths of a 50-layer net; it has no classifier.

    Of labml_nn only `labml_nn.resnet` is imported, which needs torch alone.
    """
    labml = import_module("labml_nn.resnet")
    net: nn.Module = labml.ResNetBase(
        n_blocks=[3, 4, 6, 3], n_channels=[256, 512, 1024, 2048], bottlenecks=[64, 128, 256, 512]
    )
    return net


def _transformers_resnet(**configuration: object) -> nn.Module:
    transformers = import_module("transformers")
    config = transformers.ResNetConfig(num_labels=1000, **configuration)
    net: nn.Module = transformers.ResNetForImageClassification(config)
    return net


def hf_resnet34() -> nn.Module:
    """transformers' 34-layer net."""
    return _transformers_resnet(layer_type="basic", hidden_sizes=[64, 128, 256, 512], depths=[3, 4, 6, 3])


def hf_resnet101() -> nn.Module:
    """transformers' 101-layer net."""
    return _transformers_resnet(depths=[3, 4, 23, 3])


def hf_resnet152() -> nn.Module:
    """transformers' 152-layer net."""
    return _transformers_resnet(depths=[3, 8, 36, 3])


def pycls_resnet50() -> nn.Module:
    """pycls' ResNet-50 as its configuration stands by default: the stride on the first 1x1 convolution."""
    return _pycls_resnet(50)


def pycls_resnet101() -> nn.Module:
    """pycls' ResNet-101, as `pycls_resnet50`."""
    return _pycls_resnet(101)


def pycls_resnet152() -> nn.Module:
    """pycls' ResNet-152, as `pycls_resnet50`."""
    return _pycls_resnet(152)


def _pycls_resnet(depth: int) -> nn.Module:
    config = import_module("pycls.core.config").cfg
    config.MODEL.DEPTH, config.MODEL.NUM_CLASSES = depth, 1000
    config.TRAIN.DATASET = config.TEST.DATASET = "imagenet"
    config.RESNET.TRANS_FUN = "bottleneck_transform"
    net: nn.Module = import_module("pycls.models.resnet").ResNet()
    return net
