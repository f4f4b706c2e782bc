"""Layers of the library that go through archives, scripted, traced and frozen."""
from typing import List, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.conformance.round_trips import collector

PROGRAMS = {}
program = collector(PROGRAMS, torch)
X = torch.arange(6.0).reshape(2, 3) - 2
IMAGE = torch.arange(32.0).reshape(1, 2, 4, 4).sin()
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.out = nn.Linear(4, 3)

    def forward(self, x):
        x = F.relu(self.norm(self.conv(x)))
        return F.log_softmax(self.out(x.mean([2, 3])), dim=1) + torch.tensor([0.5, -0.5, 1.0])


@program(IMAGE)
class Scripted(Net):
    pass


@program(IMAGE, how="trace")
class Traced(Net):
    pass


@program(IMAGE, how="freeze")
class Frozen(Net):
    pass


@program(IMAGE)
class Images(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(
            nn.Conv2d(2, 4, 3, stride=2), nn.GroupNorm(2, 4), nn.Hardswish(), nn.AdaptiveAvgPool2d(2)
        )
        self.up = nn.Sequential(
            nn.ConvTranspose2d(4, 4, 2, stride=2), nn.PixelShuffle(2), nn.Upsample(scale_factor=0.5)
        )

    def forward(self, x):
        return self.up(self.down(x))


@program(IMAGE, how="trace")
class SamePadding(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 2, (3, 4), padding="same").requires_grad_(False)

    def forward(self, x):
        out = torch.zeros(1, 2, 4, 4)
        return torch.div(self.conv(x), 2, out=out) + x.view(x.size(0), 2, -1).mean(2)[..., None, None]


@program(X[None])
class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 2, batch_first=True)
        self.gru = nn.GRU(2, 2, num_layers=2, batch_first=True)

    def forward(self, x: Tensor, state: Optional[List[List[Tensor]]] = None) -> Tuple[Tensor, List[List[Tensor]]]:
        y, (h, c) = self.lstm(x)
        z, g = self.gru(y)
        return z, [[h, c], [g]] if state is None else state


@program(torch.tensor([[1, 2], [0, 3]]))
class Embeddings(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(4, 3, padding_idx=0)
        self.bag = nn.EmbeddingBag(4, 3, mode="mean")

    def forward(self, x: Tensor) -> Tensor:
        return self.table(x).sum(1) + self.bag(x)


@program(X[None])
class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(3, 1, batch_first=True)

    def forward(self, x: Tensor) -> Tuple[Tensor, Optional[Tensor]]:
        return self.attention(x, x, x)


@program(X[None])
class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(3, 1, 4, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)


@program(X, torch.tensor([0, 2]))
def losses(x: Tensor, y: Tensor) -> Tensor:
    loss = F.cross_entropy(x, y, label_smoothing=0.1) + F.mse_loss(x, x + 1) + F.smooth_l1_loss(x, x * 2)
    return loss + F.binary_cross_entropy_with_logits(x, torch.sigmoid(x)) + F.kl_div(x, x.exp(), reduction="batchmean")


@program({"a": X, "b": X + 1}, how="trace")
def dict_of_tensors(given):
    return given["a"] * 2 + given["b"], given["a"]


@program(X, how="trace")
def traced_sizes(x):
    y = x.reshape(x.shape[0] * x.shape[1]).unsqueeze(0).expand(2, -1)
    return y / x.shape[1], int(y.shape[1]) * torch.ones(2)


@torch.jit.script
def at_least(x: Tensor, low: float = 0.5) -> Tensor:
    if x.sum() > 0:
        return x.clamp(min=low)
    return x * 0


@program(X + 5, how="trace")
def scripted_in_trace(x):
    return at_least(x, 6.0) + at_least(-x)


@program(X)
class TracedInScript(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = torch.jit.trace(nn.Linear(3, 2), X)

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x) if x.size(0) > 1 else x


class Adds(nn.Module):
    def forward(self, x: Tensor, more: Optional[List[Tensor]] = None) -> Tensor:
        if more is not None:
            for m in more:
                x = x + m
        return x


@program(X)
class OptionalLists(nn.Module):
    def __init__(self):
        super().__init__()
        self.adds = Adds()

    def forward(self, x: Tensor) -> Tensor:
        return self.adds(x, None) + self.adds(x, [x, x]) + self.adds(x)


@program(X)
class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 3)
        self.b = nn.Linear(3, 3)
        self.b.weight = self.a.weight
        self.blocks = nn.ModuleList([nn.Linear(3, 3, bias=False) for _ in range(3)])

    def forward(self, x: Tensor) -> Tensor:
        for i, block in enumerate(self.blocks):
            x = block(x) * (i + 1)
        return self.a(x) + self.b(x)


@program(X)
class Fold(nn.Module):
    def forward(self, x: Tensor) -> Tuple[Tensor, List[Tensor], Tensor]:
        a, b, c = x.unbind(1)
        parts = torch.split(x, 2, dim=1)
        return a + b - c, [p.contiguous() for p in parts], torch.where(x > 0, x, torch.zeros_like(x)).cumsum(0)
