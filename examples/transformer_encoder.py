"""A small text classifier: embedding, positions, two transformer encoder layers, mean over the tokens."""

import math
from typing import Optional

import torch
from torch import nn


class Encoder(nn.Module):
    def __init__(self, words: int = 1000, width: int = 128, heads: int = 4, longest: int = 64) -> None:
        super().__init__()
        self.width = width
        self.embedding = nn.Embedding(words, width)
        self.position = nn.Parameter(torch.randn(longest, width) * 0.02)
        self.layers = nn.ModuleList(
            [nn.TransformerEncoderLayer(width, heads, 4 * width, dropout=0.1, batch_first=True) for _ in range(2)]
        )
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, 5)

    def forward(self, tokens: torch.Tensor, padding: Optional[torch.Tensor] = None) -> torch.Tensor:
        x = self.embedding(tokens) * math.sqrt(self.width)
        x = x + self.position[: tokens.size(1)]
        for layer in self.layers:
            x = layer(x, src_key_padding_mask=padding)
        x = self.norm(x)
        if padding is not None:
            keep = (~padding).unsqueeze(-1)
            x = (x * keep).sum(1) / keep.sum(1)
        else:
            x = x.mean(1)
        return torch.softmax(self.head(x), -1)


torch.manual_seed(0)
model = Encoder().eval()


def example_inputs():
    torch.manual_seed(1)
    tokens = torch.randint(0, 1000, (2, 16))
    padding = torch.zeros(2, 16, dtype=torch.bool)
    padding[1, 11:] = True
    return tokens, padding
