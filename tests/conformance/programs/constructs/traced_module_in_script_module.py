"""A traced module is a submodule of a scripted one, which normalises its input by a parameter of another shape."""
import torch
from torch import nn


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.mix = nn.Conv1d(2, 3, 2, bias=False)
        nn.init.constant_(self.mix.weight, 0.5)

    def forward(self, x):
        return torch.tanh(self.mix(x)).sum(2)


class Centered(nn.Module):
    def __init__(self):
        super().__init__()
        self.middle = nn.Parameter(torch.tensor([1.0, 2.0]).resize_(1, 2, 1))
        self.head = torch.jit.trace(Head(), torch.zeros(1, 2, 4))

    def forward(self, batch):
        return self.head(batch - self.middle)


plain = Centered()
scripted = torch.jit.script(plain)
x = torch.arange(16.0).reshape(2, 2, 4) / 8
print([round(v, 4) for v in scripted(x).flatten().tolist()])
print(torch.equal(scripted(x), plain(x)), sorted(scripted.state_dict()))
