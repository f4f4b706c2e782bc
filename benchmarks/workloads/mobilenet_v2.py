"""MobileNetV2 1.0, 224x224, batch 1."""

import torch
from torch import nn

from ._init import init_cnn


def conv_bn(cin: int, cout: int, k: int, stride: int, groups: int, act: bool):
    mods = [nn.Conv2d(cin, cout, k, stride, (k - 1) // 2, groups=groups, bias=False), nn.BatchNorm2d(cout)]
    if act:
        mods.append(nn.ReLU6(inplace=True))
    return nn.Sequential(*mods)


class InvertedResidual(nn.Module):
    def __init__(self, cin: int, cout: int, stride: int, expand: int):
        super().__init__()
        hidden = cin * expand
        self.use_res = stride == 1 and cin == cout
        mods = []
        if expand != 1:
            mods.append(conv_bn(cin, hidden, 1, 1, 1, True))
        mods.append(conv_bn(hidden, hidden, 3, stride, hidden, True))
        mods.append(conv_bn(hidden, cout, 1, 1, 1, False))
        self.conv = nn.Sequential(*mods)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.use_res:
            return x + self.conv(x)
        return self.conv(x)


class MobileNetV2(nn.Module):
    def __init__(self, num_classes: int = 1000):
        super().__init__()
        feats = [conv_bn(3, 32, 3, 2, 1, True)]
        cin = 32
        for t, c, n, s in (
            (1, 16, 1, 1),
            (6, 24, 2, 2),
            (6, 32, 3, 2),
            (6, 64, 4, 2),
            (6, 96, 3, 1),
            (6, 160, 3, 2),
            (6, 320, 1, 1),
        ):
            for i in range(n):
                feats.append(InvertedResidual(cin, c, s if i == 0 else 1, t))
                cin = c
        feats.append(conv_bn(cin, 1280, 1, 1, 1, True))
        self.features = nn.Sequential(*feats)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, num_classes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.features(x)
        x = x.mean([2, 3])
        return self.classifier(x)


def build():
    torch.manual_seed(0)
    return init_cnn(MobileNetV2()).eval()


def example_inputs():
    g = torch.Generator().manual_seed(1)
    return (torch.randn(1, 3, 224, 224, generator=g),)
