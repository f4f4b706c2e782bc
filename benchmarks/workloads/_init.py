"""Shared random initialisation: keeps activations in a sane range and makes batch norm non-trivial."""

from torch import nn


def init_cnn(m: nn.Module, last_gamma=None):
    for mod in m.modules():
        if isinstance(mod, (nn.Conv2d, nn.Conv1d)):
            nn.init.kaiming_normal_(mod.weight, mode="fan_in", nonlinearity="relu")
        elif isinstance(mod, (nn.BatchNorm2d, nn.BatchNorm1d)):
            nn.init.uniform_(mod.weight, 0.8, 1.2)
            nn.init.normal_(mod.bias, std=0.1)
            nn.init.normal_(mod.running_mean, std=0.1)
            nn.init.uniform_(mod.running_var, 0.8, 1.2)
    if last_gamma is not None:
        for mod in m.modules():
            bn = last_gamma(mod)
            if bn is not None:
                nn.init.uniform_(bn.weight, 0.15, 0.3)
    return m


def init_tf(m: nn.Module):
    for mod in m.modules():
        if isinstance(mod, nn.Linear):
            nn.init.normal_(mod.weight, std=0.02)
            if mod.bias is not None:
                nn.init.normal_(mod.bias, std=0.01)
        elif isinstance(mod, nn.Embedding):
            nn.init.normal_(mod.weight, std=0.02)
        elif isinstance(mod, nn.LayerNorm):
            nn.init.normal_(mod.weight, mean=1.0, std=0.05)
            nn.init.normal_(mod.bias, std=0.02)
    return m
