"""A sequence tagger: embedding, two bidirectional LSTM layers, a tag for every token."""

import torch
from torch import nn


class LSTMTagger(nn.Module):
    def __init__(self, words: int = 5000, width: int = 128, hidden: int = 192, tags: int = 17) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, width)
        self.dropout = nn.Dropout(0.2)
        self.lstm = nn.LSTM(width, hidden, num_layers=2, batch_first=True, bidirectional=True, dropout=0.2)
        self.norm = nn.LayerNorm(2 * hidden)
        self.out = nn.Linear(2 * hidden, tags)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.dropout(self.embedding(tokens))
        states, (last, _) = self.lstm(x)
        # What both directions know in the end helps every token.
        summary = torch.cat([last[-2], last[-1]], dim=1).unsqueeze(1)
        return torch.log_softmax(self.out(self.norm(states + summary)), dim=-1)


torch.manual_seed(0)
model = LSTMTagger().eval()


def example_inputs():
    torch.manual_seed(1)
    return (torch.randint(0, 5000, (1, 20)),)
