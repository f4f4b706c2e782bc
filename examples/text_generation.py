"""Text generation with a cache of keys and values: a small decoder-only transformer that samples from its best tokens."""

from typing import List, Tuple

import torch
import torch.nn.functional as F
from torch import nn

Cache = Tuple[torch.Tensor, torch.Tensor]


class Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: torch.Tensor, past: Cache) -> Tuple[torch.Tensor, Cache]:
        batch, steps, width = x.shape
        q, k, v = self.qkv(x).view(batch, steps, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4).unbind()
        k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        # Step i of the new ones sees all that is cached and the new ones up to itself.
        seen = torch.ones(steps, k.size(2), dtype=torch.bool).tril(k.size(2) - steps)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=seen)
        return self.out(y.transpose(1, 2).reshape(batch, steps, width)), (k, v)


class Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: torch.Tensor, past: Cache) -> Tuple[torch.Tensor, Cache]:
        attended, past = self.attention(self.norm1(x), past)
        x = x + attended
        return x + self.mlp(self.norm2(x)), past


class Writer(nn.Module):
    def __init__(self, words: int = 64, width: int = 32, heads: int = 4, layers: int = 2, longest: int = 64) -> None:
        super().__init__()
        self.heads, self.width, self.longest = heads, width, longest
        self.words = nn.Embedding(words, width)
        self.places = nn.Embedding(longest, width)
        self.blocks = nn.ModuleList([Block(width, heads) for _ in range(layers)])
        self.norm = nn.LayerNorm(width)
        self.scores = nn.Linear(width, words)

    def step(self, tokens: torch.Tensor, cache: List[Cache]) -> Tuple[torch.Tensor, List[Cache]]:
        """The scores of the next word after new tokens [batch, steps], and the cache with them."""
        start = cache[0][0].size(2)
        x = self.words(tokens) + self.places(torch.arange(start, start + tokens.size(1)))
        grown: List[Cache] = []
        for i, block in enumerate(self.blocks):
            x, past = block(x, cache[i])
            grown.append(past)
        return self.scores(self.norm(x[:, -1])), grown

    def forward(
        self, prompt: List[int], count: int, temperature: float = 0.0, best: int = 8, seed: int = 0
    ) -> List[int]:
        """Continue the prompt: the best word each time, or with a temperature one of the best ones by chance."""
        torch.manual_seed(seed)
        if len(prompt) + count > self.longest:
            raise ValueError(f"at most {self.longest} tokens, not {len(prompt) + count}")
        empty = torch.zeros(1, self.heads, 0, self.width // self.heads)
        cache = [(empty, empty) for _ in range(len(self.blocks))]
        tokens = prompt
        new = torch.tensor([prompt])
        for _ in range(count):
            scores, cache = self.step(new, cache)
            if temperature > 0.0:
                likeliest, words = scores[0].topk(best)
                chosen = words[torch.multinomial(F.softmax(likeliest / temperature, 0), 1)]
            else:
                chosen = scores[0].argmax(keepdim=True)
            tokens = tokens + [int(chosen)]
            new = chosen.unsqueeze(0)
        return tokens


torch.manual_seed(0)
model = Writer().eval()


def example_inputs():
    return [3, 14, 15, 9, 2], 12, 0.8


if __name__ == "__main__":
    with torch.no_grad():
        print(model(*example_inputs()))
