"""A frozen module has no parameters left."""
import torch
from torch import nn


class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor([3.0, 4.0]))
        self.drop = nn.Dropout(0.9)

    def forward(self, x):
        return self.drop(x) * self.scale


frozen = torch.jit.freeze(torch.jit.script(Affine()).eval())
print(frozen(torch.ones(2)).tolist(), len(list(frozen.parameters())), "dropout" in frozen.code)
print(frozen.code)
