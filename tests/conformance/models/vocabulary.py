"""Names of torch in every place where a script may use one: modules, functions, dtypes, classes, annotations, constants."""

import math
from typing import Dict, List, Optional, Tuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.nn import functional, init
from torch.nn.functional import relu
from torch.nn.modules.utils import _pair


class MyLinear(nn.Linear):
    """A library layer with a method of its own."""

    gain: torch.jit.Final[float]

    def __init__(self, size: int) -> None:
        super().__init__(size, size)
        self.gain = 1.5

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, self.weight, self.bias) * self.gain


class Mixed(nn.Module):
    __constants__ = ["sizes"]
    cache: Dict[str, Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.sizes = _pair(2)
        self.kind = torch.float32
        self.where = torch.device("cpu")
        self.cache = {}
        self.activation = F.gelu
        self.linear = nn.Linear(6, 6)
        init.xavier_uniform_(self.linear.weight)
        self.mine = MyLinear(6)
        self.blocks = nn.ModuleDict({"one": nn.Sequential(nn.LayerNorm(6), nn.SiLU()), "two": nn.Identity()})
        self.scales = nn.ParameterList([nn.Parameter(torch.full((6,), 0.5 + i)) for i in range(2)])
        self.maybe: Optional[nn.Module] = None
        self.norm = nn.BatchNorm1d(6)
        self.drop = nn.Dropout(0.25)
        self.attention = nn.MultiheadAttention(6, 2, batch_first=True)
        self.cell = nn.GRUCell(6, 6)

    def forward(self, x: torch.Tensor, mask: Optional[torch.BoolTensor] = None) -> Tuple[Tensor, List[Tensor]]:
        outputs: List[Tensor] = torch.jit.annotate(List[Tensor], [])
        y = self.activation(relu(x)) + functional.softplus(x, beta=2)
        y = y.to(torch.float64).to(torch.float).to(self.kind)
        y = self.drop(self.norm(self.linear(y))) + self.mine(y) * math.pi
        for name, block in self.blocks.items():
            y = block(y)
            outputs.append(y * len(name))
        for scale in self.scales:
            y = y * scale
        y = y.reshape(self.sizes[0], -1, 6)
        z, weights = self.attention(y, y, y)
        assert weights is not None
        outputs.append(weights)
        out = torch.stack([self.cell(z[i]) for i in range(2)])
        if mask is not None:
            out = torch.masked_fill(out, mask, -torch.inf)
        if torch.jit.is_scripting():
            outputs.append(torch.ones(1, dtype=torch.int8, device=self.where))
        else:
            outputs.append(torch.ones(1, dtype=torch.int8))
        total = torch.linalg.vector_norm(out) + torch.special.expit(out).sum() + torch.tensor(math.inf).isinf()
        outputs.append(total)
        outputs.append(F.max_pool1d(out, 2) + F.adaptive_max_pool1d(out, 3) + F.logsigmoid(total))
        return F.log_softmax(out, dim=-1, dtype=torch.double), outputs


torch.manual_seed(5)
model = Mixed().eval()


def example_inputs():
    torch.manual_seed(6)
    return (torch.randn(4, 6),)
