"""timm: one or two networks of each family.  They are scripted unless timm says otherwise."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.zoo.entry import Entry

# Name in timm: size of the images.
_NETWORKS = {
    "test_resnet": 64,
    "test_vit": 160,
    "test_vit2": 160,
    "test_byobnet": 96,
    "test_efficientnet": 96,
    "test_convnext": 96,
    "test_nfnet": 96,
    "test_mambaout": 96,
    "resnet10t": 64,
    "resnet26d": 64,
    "seresnet18": 64,
    "ecaresnet26t": 64,
    "skresnet18": 64,
    "resnest14d": 64,
    "res2net50_48w_2s": 64,
    "resnetv2_50": 64,
    "resnetblur18": 64,
    "gernet_s": 64,
    "mobilenetv3_small_050": 64,
    "mobilenetv4_conv_small_035": 64,
    "efficientnet_lite0": 64,
    "tf_efficientnet_b0": 64,
    "ghostnet_050": 64,
    "hardcorenas_a": 64,
    "mnasnet_small": 64,
    "lcnet_035": 64,
    "tinynet_e": 64,
    "regnety_002": 64,
    "rexnet_100": 64,
    "dla46_c": 64,
    "dpn48b": 64,
    "hrnet_w18_small": 64,
    "selecsls42b": 64,
    "cspresnext50": 64,
    "ese_vovnet19b_dw": 64,
    "xception41": 64,
    "repvgg_a0": 64,
    "mobileone_s0": 64,
    "fastvit_t8": 64,
    "levit_128s": 224,
    "vit_tiny_patch16_224": 224,
    "deit_tiny_distilled_patch16_224": 224,
    "cait_xxs24_224": 224,
    "xcit_nano_12_p16_224": 224,
    "swin_tiny_patch4_window7_224": 224,
    "twins_pcpvt_small": 224,
    "pit_ti_224": 224,
    "coat_lite_tiny": 224,
    "convit_tiny": 224,
    "mixer_s32_224": 224,
    "resmlp_12_224": 224,
    "poolformer_s12": 64,
    "edgenext_xx_small": 64,
    "mobilevit_xxs": 64,
    "efficientformer_l1": 224,
    "efficientvit_b0": 64,
    "convnextv2_atto": 64,
    "inception_next_atto": 64,
    "starnet_s1": 64,
    "repghostnet_050": 64,
    "visformer_tiny": 224,
    "densenet121": 64,
    "sequencer2d_s": 224,
}


def _make(name: str) -> Any:
    import timm

    return timm.create_model(name, pretrained=False, num_classes=10, scriptable=True, exportable=True)


def _images(size: int) -> tuple[Any, ...]:
    import torch

    return (torch.randn(1, 3, size, size),)


def entries() -> list[Entry]:
    return [Entry("timm", name, partial(_make, name), partial(_images, size)) for name, size in _NETWORKS.items()]
