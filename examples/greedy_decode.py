"""Greedy decoding around a small recurrent language model: scripted control flow with an early exit."""

from typing import List, Tuple

import torch
from torch import nn


@torch.jit.script
def pick(logits: torch.Tensor, banned: List[int]) -> int:
    """The best token that is not banned."""
    scores = logits.clone()
    for token in banned:
        scores[token] = -1e9
    return int(torch.argmax(scores).item())


class Step(nn.Module):
    def __init__(self, words: int, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, width)
        self.cell = nn.GRUCell(width, width)
        self.out = nn.Linear(width, words)

    def forward(self, token: int, state: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        x = self.embedding(torch.tensor([token]))
        state = self.cell(x, state)
        return self.out(state)[0], state


class GreedyDecoder(nn.Module):
    def __init__(self, words: int = 50, width: int = 32, end: int = 19) -> None:
        super().__init__()
        self.step = Step(words, width)
        self.width = width
        self.end = end

    def forward(self, start: int, limit: int, banned: List[int]) -> Tuple[List[int], torch.Tensor]:
        state = torch.zeros(1, self.width)
        tokens = [start]
        total = torch.zeros(())
        while len(tokens) < limit:
            logits, state = self.step(tokens[-1], state)
            token = pick(logits, banned)
            total = total + torch.log_softmax(logits, 0)[token]
            if token == self.end:
                break
            tokens.append(token)
            if len(tokens) > 3 and tokens[-1] == tokens[-2] and tokens[-2] == tokens[-3]:
                return tokens, total
        return tokens, total


torch.manual_seed(0)
model = GreedyDecoder().eval()


def example_inputs():
    return 3, 20, [11, 12]


if __name__ == "__main__":
    found, score = model(*example_inputs())
    print(found, float(score))
