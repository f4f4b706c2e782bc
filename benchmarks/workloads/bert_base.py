"""BERT-base-like encoder: 12 layers, dim 768, 12 heads, sequence 128, batch 1."""

import torch
import torch.nn.functional as F
from torch import nn

from ._init import init_tf


class Layer(nn.Module):
    def __init__(self, dim: int, heads: int):
        super().__init__()
        self.heads = heads
        self.hd = dim // heads
        self.q = nn.Linear(dim, dim)
        self.k = nn.Linear(dim, dim)
        self.v = nn.Linear(dim, dim)
        self.o = nn.Linear(dim, dim)
        self.ln1 = nn.LayerNorm(dim, eps=1e-12)
        self.fc1 = nn.Linear(dim, 4 * dim)
        self.fc2 = nn.Linear(4 * dim, dim)
        self.ln2 = nn.LayerNorm(dim, eps=1e-12)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        b, n, c = x.shape
        q = self.q(x).view(b, n, self.heads, self.hd).transpose(1, 2)
        k = self.k(x).view(b, n, self.heads, self.hd).transpose(1, 2)
        v = self.v(x).view(b, n, self.heads, self.hd).transpose(1, 2)
        a = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = self.ln1(x + self.o(a.transpose(1, 2).reshape(b, n, c)))
        return self.ln2(x + self.fc2(F.gelu(self.fc1(x))))


class Bert(nn.Module):
    def __init__(self, vocab: int = 30522, dim: int = 768, depth: int = 12, heads: int = 12):
        super().__init__()
        self.word = nn.Embedding(vocab, dim)
        self.pos = nn.Embedding(512, dim)
        self.typ = nn.Embedding(2, dim)
        self.ln = nn.LayerNorm(dim, eps=1e-12)
        self.layers = nn.ModuleList([Layer(dim, heads) for _ in range(depth)])
        self.pooler = nn.Linear(dim, dim)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor):
        n = ids.shape[1]
        p = torch.arange(n, device=ids.device).unsqueeze(0)
        x = self.ln(self.word(ids) + self.pos(p) + self.typ(torch.zeros_like(ids)))
        add = (1.0 - mask.to(x.dtype)).unsqueeze(1).unsqueeze(1) * -10000.0
        for layer in self.layers:
            x = layer(x, add)
        return x, torch.tanh(self.pooler(x[:, 0]))


def build():
    torch.manual_seed(0)
    return init_tf(Bert()).eval()


def example_inputs():
    g = torch.Generator().manual_seed(1)
    ids = torch.randint(0, 30522, (1, 128), generator=g)
    mask = torch.ones(1, 128, dtype=torch.int64)
    mask[:, 120:] = 0
    return (ids, mask)
