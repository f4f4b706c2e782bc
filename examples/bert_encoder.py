"""A four-layer text encoder like BERT (Devlin et al., 2018, https://arxiv.org/abs/1810.04805), with a padding mask."""

import math
from typing import Tuple

import torch
from torch import nn


class Embeddings(nn.Module):
    def __init__(self, words: int, width: int, longest: int) -> None:
        super().__init__()
        self.word = nn.Embedding(words, width, padding_idx=0)
        self.position = nn.Embedding(longest, width)
        self.kind = nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.dropout = nn.Dropout(0.1)

    def forward(self, tokens: torch.Tensor, kinds: torch.Tensor) -> torch.Tensor:
        places = torch.arange(tokens.size(1)).unsqueeze(0)
        x = self.word(tokens) + self.position(places) + self.kind(kinds)
        return self.dropout(self.norm(x))


class SelfAttention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.head_width = width // heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)
        self.dropout = nn.Dropout(0.1)

    def split(self, x: torch.Tensor) -> torch.Tensor:
        return x.view(x.size(0), x.size(1), self.heads, self.head_width).transpose(1, 2)

    def forward(self, x: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        q, k, v = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        scores = q @ k.transpose(-1, -2) / math.sqrt(self.head_width) + bias
        weights = self.dropout(torch.softmax(scores, dim=-1))
        mixed = (weights @ v).transpose(1, 2).contiguous()
        return self.out(mixed.view(x.size(0), x.size(1), self.heads * self.head_width))


class Layer(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention = SelfAttention(width, heads)
        self.attention_norm = nn.LayerNorm(width, eps=1e-12)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)
        self.output_norm = nn.LayerNorm(width, eps=1e-12)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        x = self.attention_norm(x + self.dropout(self.attention(x, bias)))
        inner = nn.functional.gelu(self.up(x))
        return self.output_norm(x + self.dropout(self.down(inner)))


class BertEncoder(nn.Module):
    def __init__(self, words: int = 8000, width: int = 256, depth: int = 4, heads: int = 4, longest: int = 128) -> None:
        super().__init__()
        self.embeddings = Embeddings(words, width, longest)
        self.layers = nn.ModuleList([Layer(width, heads) for _ in range(depth)])
        self.pooler = nn.Linear(width, width)

    def forward(
        self, tokens: torch.Tensor, kinds: torch.Tensor, mask: torch.Tensor
    ) -> Tuple[torch.Tensor, torch.Tensor]:
        bias = (1.0 - mask[:, None, None, :].to(torch.float32)) * -10000.0
        x = self.embeddings(tokens, kinds)
        for layer in self.layers:
            x = layer(x, bias)
        return x, torch.tanh(self.pooler(x[:, 0]))


torch.manual_seed(0)
model = BertEncoder().eval()


def example_inputs():
    torch.manual_seed(1)
    tokens = torch.randint(1, 8000, (2, 24))
    kinds = torch.zeros(2, 24, dtype=torch.int64)
    kinds[:, 12:] = 1
    mask = torch.ones(2, 24, dtype=torch.int64)
    mask[1, 17:] = 0
    return tokens, kinds, mask
