"""torchvision: classification, segmentation, detection, video, optical flow and layers.  All of them are scripted."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

from tests.zoo.entry import Entry

# Size of the images and of the batch; many networks take any size.
_CLASSIFICATION = {
    "alexnet": 80,
    "vgg11_bn": 64,
    "resnet18": 64,
    "resnet34": 64,
    "resnet50": 64,
    "resnext50_32x4d": 64,
    "wide_resnet50_2": 64,
    "squeezenet1_0": 64,
    "squeezenet1_1": 64,
    "densenet121": 64,
    "googlenet": 64,
    "inception_v3": 96,
    "shufflenet_v2_x0_5": 64,
    "shufflenet_v2_x1_0": 64,
    "mobilenet_v2": 64,
    "mobilenet_v3_small": 64,
    "mobilenet_v3_large": 64,
    "mnasnet0_5": 64,
    "mnasnet1_0": 64,
    "efficientnet_b0": 64,
    "efficientnet_v2_s": 64,
    "regnet_x_400mf": 64,
    "regnet_y_400mf": 64,
    "convnext_tiny": 64,
    "swin_t": 64,
    "swin_v2_t": 64,
}
_SEGMENTATION = (
    "fcn_resnet50", "deeplabv3_resnet50", "deeplabv3_mobilenet_v3_large", "lraspp_mobilenet_v3_large",
)  # fmt: skip
_DETECTION = (
    "fasterrcnn_resnet50_fpn", "fasterrcnn_resnet50_fpn_v2", "fasterrcnn_mobilenet_v3_large_320_fpn",
    "maskrcnn_resnet50_fpn", "keypointrcnn_resnet50_fpn", "retinanet_resnet50_fpn", "retinanet_resnet50_fpn_v2",
    "fcos_resnet50_fpn", "ssd300_vgg16", "ssdlite320_mobilenet_v3_large",
)  # fmt: skip
_VIDEO = {"r3d_18": 32, "mc3_18": 32, "r2plus1d_18": 32, "s3d": 64, "swin3d_t": 32}


def _get(path: str, name: str, *arguments: Any, **options: Any) -> Any:
    return getattr(import_module(f"torchvision.{path}"), name)(*arguments, **options)


def _images(*shape: int) -> tuple[Any, ...]:
    import torch

    return (torch.rand(*shape),)


def _image_list(*sizes: tuple[int, int]) -> tuple[Any, ...]:
    import torch

    return ([torch.rand(3, *size) for size in sizes],)


def _detector(name: str) -> Any:
    options: dict[str, Any] = {"weights": None, "weights_backbone": None, "num_classes": 5}
    if "ssd" not in name and "320" not in name:
        options |= {"min_size": 96, "max_size": 160}
    return _get("models.detection", name, **options)


def _vit() -> Any:
    return _get(
        "models", "VisionTransformer",
        image_size=32, patch_size=8, num_layers=4, num_heads=4, hidden_dim=64, mlp_dim=128, num_classes=10,
    )  # fmt: skip


def _maxvit() -> Any:
    return _get(
        "models.maxvit", "MaxVit",
        input_size=(64, 64), stem_channels=16, block_channels=[16, 32], block_layers=[1, 2], head_dim=16,
        stochastic_depth_prob=0.2, partition_size=4, num_classes=10,
    )  # fmt: skip


def _raft() -> tuple[Any, ...]:
    import torch

    return torch.rand(1, 3, 128, 128) * 2 - 1, torch.rand(1, 3, 128, 128) * 2 - 1


def _deformable_inputs() -> tuple[Any, ...]:
    import torch

    return torch.randn(2, 4, 12, 10), torch.randn(2, 18, 12, 10), torch.rand(2, 9, 12, 10)


def _regions() -> tuple[Any, ...]:
    import torch

    boxes = torch.tensor([[0.0, 1.0, 2.0, 11.0, 9.0], [1.0, 0.5, 3.5, 8.0, 12.0]])
    return torch.randn(2, 4, 16, 14), boxes


def _pyramid_inputs() -> tuple[Any, ...]:
    import torch

    return ({"a": torch.randn(1, 8, 16, 16), "b": torch.randn(1, 16, 8, 8)},)


def entries() -> list[Entry]:
    result = []

    def add(name: str, make: Any, inputs: Any, **options: Any) -> None:
        result.append(Entry("torchvision", name, make, inputs, **options))

    for name, size in _CLASSIFICATION.items():
        extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        make = partial(_get, "models", name, weights=None, num_classes=10, **extra)
        add(name, make, partial(_images, 2, 3, size, size))
    add("vision_transformer", _vit, partial(_images, 2, 3, 32, 32))
    add("maxvit", _maxvit, partial(_images, 2, 3, 64, 64))
    for name in _SEGMENTATION:
        make = partial(_get, "models.segmentation", name, weights=None, weights_backbone=None, num_classes=5)
        add(name, make, partial(_images, 1, 3, 64, 80))
    for name in _DETECTION:
        add(name, partial(_detector, name), partial(_image_list, (96, 120), (100, 90)))
    for name, size in _VIDEO.items():
        frames = 16 if name == "s3d" else 8
        make = partial(_get, "models.video", name, weights=None, num_classes=10)
        add(name, make, partial(_images, 1, 3, frames, size, size))
    add("raft_small", partial(_get, "models.optical_flow", "raft_small", weights=None), _raft)
    add("deform_conv", partial(_get, "ops", "DeformConv2d", 4, 6, 3, padding=1), _deformable_inputs)
    add("roi_align", partial(_get, "ops", "RoIAlign", (3, 3), 0.5, 2), _regions)
    add("ps_roi_pool", partial(_get, "ops", "PSRoIPool", 2, 0.5), _regions)
    add("roi_pool", partial(_get, "ops", "RoIPool", (3, 3), 0.5), _regions)
    add("feature_pyramid", partial(_get, "ops", "FeaturePyramidNetwork", [8, 16], 8), _pyramid_inputs)
    return result
