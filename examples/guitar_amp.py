"""A guitar amplifier: an LSTM over samples whose state lives from block to block, as an audio plug-in calls it."""

import math

import torch
from torch import nn


class Amp(nn.Module):
    """One channel, sample by sample; ``forward`` goes on where the last block ended, ``reset`` begins anew."""

    hidden: torch.Tensor
    cell: torch.Tensor

    def __init__(self, width: int = 20) -> None:
        super().__init__()
        self.lstm = nn.LSTM(1, width, batch_first=True)
        self.mix = nn.Linear(width, 1)
        self.register_buffer("hidden", torch.zeros(1, 1, width))
        self.register_buffer("cell", torch.zeros(1, 1, width))

    def forward(self, block: torch.Tensor) -> torch.Tensor:
        dry = block.reshape(1, -1, 1)
        wet, (self.hidden, self.cell) = self.lstm(dry, (self.hidden, self.cell))
        return (self.mix(wet) + dry).reshape(-1)

    @torch.jit.export
    def reset(self) -> None:
        self.hidden.zero_()
        self.cell.zero_()


torch.manual_seed(0)
model = Amp().eval()


def example_inputs():
    """64 samples of the low E string at 48 kHz."""
    return (torch.sin(torch.arange(64) * (2 * math.pi * 82.4 / 48_000)),)


if __name__ == "__main__":
    with torch.no_grad():
        print(model(*example_inputs()))
