"""Keyword spotting: a log-mel spectrogram and a small convolutional network, from samples to a word."""

import math
from typing import List, Tuple

import torch
import torch.nn.functional as F
from torch import nn


def mel_filters(bands: int, bins: int, rate: int) -> torch.Tensor:
    """Triangles of equal width on the mel scale, [bins, bands]."""
    top = 2595.0 * math.log10(1.0 + rate / 2 / 700.0)
    edges = 700.0 * (10.0 ** (torch.linspace(0.0, top, bands + 2) / 2595.0) - 1.0)
    frequencies = torch.linspace(0.0, rate / 2, bins).unsqueeze(1)
    rising = (frequencies - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequencies) / (edges[2:] - edges[1:-1])
    return torch.minimum(rising, falling).clamp(min=0.0)


class LogMel(nn.Module):
    def __init__(self, rate: int = 16_000, window: int = 400, hop: int = 160, bands: int = 40) -> None:
        super().__init__()
        self.size = 512
        self.hop = hop
        self.width = window
        self.register_buffer("window", torch.hann_window(window))
        self.register_buffer("filters", mel_filters(bands, self.size // 2 + 1, rate))

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        spectrum = torch.stft(samples, self.size, self.hop, self.width, self.window, return_complex=True)
        power = spectrum.abs().square()
        return torch.log(torch.matmul(power.transpose(1, 2), self.filters) + 1e-6)


class KeywordSpotter(nn.Module):
    words: List[str]

    def __init__(self, words: List[str], width: int = 16) -> None:
        super().__init__()
        self.words = words
        self.features = LogMel()
        self.first = nn.Conv2d(1, width, (3, 3), stride=2, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.depthwise = nn.Conv2d(width, width, 3, padding=1, groups=width)
        self.pointwise = nn.Conv2d(width, width, 1)
        self.classify = nn.Linear(width, len(words))

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        """The probability of each word, [batch, words]."""
        x = self.features(samples).unsqueeze(1)
        x = F.relu(self.norm(self.first(x)))
        x = F.relu(self.pointwise(self.depthwise(x))).mean((2, 3))
        return F.softmax(self.classify(x), 1)

    @torch.jit.export
    def spot(self, samples: torch.Tensor, threshold: float = 0.05) -> List[Tuple[str, float]]:
        """The word of each recording and its probability; an empty one where none is likely."""
        found: List[Tuple[str, float]] = []
        for row in self.forward(samples):
            best = int(row.argmax())
            likely = float(row[best])
            found.append((self.words[best] if likely >= threshold else "", likely))
        return found


torch.manual_seed(0)
model = KeywordSpotter(["yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go"]).eval()


def example_inputs():
    """A fifth of a second of a rising tone, and of noise."""
    time = torch.arange(3200) / 16_000
    tone = torch.sin(2 * math.pi * (300.0 + 2000.0 * time) * time)
    noise = torch.randn(3200, generator=torch.Generator().manual_seed(1)) * 0.1
    recordings = torch.stack([tone, noise])
    return {"forward": (recordings,), "spot": (recordings,)}


if __name__ == "__main__":
    with torch.no_grad():
        print(model.spot(*example_inputs()["spot"]))
