"""fork and wait, in Python and in scripts."""
from typing import List

import torch
from torch import nn


class Column(nn.Module):
    def __init__(self, k: int):
        super().__init__()
        self.k = k

    def forward(self, x):
        return x**self.k


class Table(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = Column(1)
        self.two = Column(2)

    def forward(self, x):
        futures: List[torch.jit.Future[torch.Tensor]] = []
        futures.append(torch.jit.fork(self.one, x))
        futures.append(torch.jit.fork(self.two, x))
        columns: List[torch.Tensor] = []
        for future in futures:
            columns.append(torch.jit.wait(future))
        return torch.stack(columns, 1)


x = torch.tensor([1.0, 3.0])
print(torch.jit.script(Table())(x).tolist(), Table()(x).tolist())
