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

NEEDS = {  # by the first letters of a factory: the package that it imports
    "hf_": "transformers",
    "labml_": "labml_nn",
    "lightly_": "lightly",
    "monai_": "monai",
    "pycls_": "pycls",
    "smp_": "segmentation_models_pytorch",
    "timm_": "timm",
    "tv_": "torchvision",
}


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


def hf_resnet50_backbone() -> nn.Module:
    """transformers' backbone of the default configuration: the maps of its last stage, no head."""
    transformers = import_module("transformers")
    net: nn.Module = transformers.ResNetBackbone(transformers.ResNetConfig())
    return net


def tv_fpn_body() -> nn.Module:
    """The ResNet-50 inside torchvision's feature pyramid, with frozen BN and every convolution trainable."""
    utilities = import_module("torchvision.models.detection.backbone_utils")
    net: nn.Module = utilities.resnet_fpn_backbone(backbone_name="resnet50", weights=None, trainable_layers=5).body
    return net


def timm_features_resnet50() -> nn.Module:
    """timm's resnet50 as a feature extractor: a list of five maps."""
    net: nn.Module = import_module("timm").create_model("resnet50", features_only=True)
    return net


def monai_resnet50() -> nn.Module:
    """monai's resnet50 for images; all else by default, conv1 of stride 1 and biased projections among it."""
    return _monai("resnet50", n_input_channels=3, num_classes=1000)


def monai_resnet50_v15() -> nn.Module:
    """As `monai_resnet50`, with the stem's stride of 2 and without biases."""
    return _monai("resnet50", n_input_channels=3, num_classes=1000, conv1_t_stride=2, bias_downsample=False)


def monai_features_resnet50() -> nn.Module:
    """monai's backbone of 50 layers: option B, a list of five maps."""
    return _monai("ResNetFeatures", model_name="resnet50", pretrained=False, in_channels=3)


def monai_features_resnet18() -> nn.Module:
    """monai's backbone of 18 layers: option A."""
    return _monai("ResNetFeatures", model_name="resnet18", pretrained=False, in_channels=3)


def smp_resnet50() -> nn.Module:
    """segmentation-models-pytorch's encoder: torchvision's resnet50 that returns the image and five maps."""
    return _smp("resnet50")


def smp_resnet50_stride16() -> nn.Module:
    """As `smp_resnet50`, with dilations for the stride of the last stage."""
    return _smp("resnet50", output_stride=16)


def smp_resnet18() -> nn.Module:
    """As `smp_resnet50`, of 18 layers."""
    return _smp("resnet18")


def smp_resnext50() -> nn.Module:
    """As `smp_resnet50`, with 32 groups of 4."""
    return _smp("resnext50_32x4d")


def lightly_resnet50() -> nn.Module:
    """lightly's 50-layer net for small images."""
    net: nn.Module = import_module("lightly.models.resnet").ResNetGenerator("resnet-50")
    return net


def pycls_resnet50() -> nn.Module:
    """pycls's ResNet-50 with its default place of the stride."""
    return _pycls("imagenet", 50, 1000, "RESNET.TRANS_FUN", "bottleneck_transform")


def pycls_resnet101() -> nn.Module:
    """pycls's ResNet-101 with its default place of the stride."""
    return _pycls("imagenet", 101, 1000, "RESNET.TRANS_FUN", "bottleneck_transform")


def pycls_resnet152() -> nn.Module:
    """pycls's ResNet-152 with its default place of the stride."""
    return _pycls("imagenet", 152, 1000, "RESNET.TRANS_FUN", "bottleneck_transform")


def pycls_resnext50() -> nn.Module:
    """pycls's ResNeXt-50 of 32 groups of 4, the stride on the 3x3."""
    groups = ("RESNET.NUM_GROUPS", 32, "RESNET.WIDTH_PER_GROUP", 4, "RESNET.STRIDE_1X1", False)
    return _pycls("imagenet", 50, 1000, "RESNET.TRANS_FUN", "bottleneck_transform", *groups)


def pycls_resnet20() -> nn.Module:
    """pycls's 20-layer net for CIFAR-10."""
    return _pycls("cifar10", 20, 10)


def hf_resnet34() -> nn.Module:
    """transformers' 34-layer net."""
    return _transformers_resnet(layer_type="basic", hidden_sizes=[64, 128, 256, 512], depths=[3, 4, 6, 3])


def hf_resnet101() -> nn.Module:
    """transformers' 101-layer net."""
    return _transformers_resnet(depths=[3, 4, 23, 3])


def hf_resnet152() -> nn.Module:
    """transformers' 152-layer net."""
    return _transformers_resnet(depths=[3, 8, 36, 3])


def _monai(name: str, **options: object) -> nn.Module:
    net: nn.Module = getattr(import_module("monai.networks.nets.resnet"), name)(spatial_dims=2, **options)
    return net


def _smp(name: str, **options: object) -> nn.Module:
    net: nn.Module = import_module("segmentation_models_pytorch.encoders").get_encoder(name, weights=None, **options)
    return net


def _pycls(dataset: str, depth: int, classes: int, *settings: object) -> nn.Module:
    """pycls constructs from a global configuration, which starts from its defaults each time."""
    config = import_module("pycls.core.config")
    config.reset_cfg()
    data = ("TRAIN.DATASET", dataset, "TEST.DATASET", dataset)
    config.cfg.merge_from_list([*data, "MODEL.DEPTH", depth, "MODEL.NUM_CLASSES", classes, *settings])
    net: nn.Module = import_module("pycls.models.resnet").ResNet()
    return net


def _transformers_resnet(**configuration: object) -> nn.Module:
    transformers = import_module("transformers")
    config = transformers.ResNetConfig(num_labels=1000, **configuration)
    net: nn.Module = transformers.ResNetForImageClassification(config)
    return net
