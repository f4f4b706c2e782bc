"""What is compiled: forward, exported methods, and what these call; nothing else."""
import torch
from torch import nn


class Ledger(nn.Module):
    def shared(self, amounts):
        return amounts.cumsum(0)

    def forward(self, amounts):
        return amounts.sum()

    @torch.jit.export
    def history(self, amounts):
        return self.shared(amounts) / 2

    def never(self, amounts):
        return {a for a in amounts}


m = torch.jit.script(Ledger())
x = torch.tensor([2.0, 4.0, 6.0])
print(m(x).item(), m.history(x).tolist(), m.shared(x).tolist(), hasattr(m, "never"))
