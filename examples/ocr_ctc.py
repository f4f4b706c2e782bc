"""Reading a line of text: convolutions, a bidirectional LSTM, and CTC decoding to strings."""

from typing import List, Tuple

import torch
import torch.nn.functional as F
from torch import nn


class Reader(nn.Module):
    def __init__(self, alphabet: str = "abcdefghijklmnopqrstuvwxyz 0123456789", width: int = 16) -> None:
        super().__init__()
        self.alphabet = alphabet
        self.convolutions = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d((2, 1)),
        )  # fmt: skip
        self.lstm = nn.LSTM(width * 4, width, bidirectional=True, batch_first=True)
        self.letters = nn.Linear(2 * width, len(alphabet) + 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logarithms of the probabilities of blank and letters, [batch, columns, 1 + letters]."""
        x = self.convolutions(image)
        columns = x.permute(0, 3, 1, 2).flatten(2)
        states, _ = self.lstm(columns)
        return F.log_softmax(self.letters(states), -1)

    @torch.jit.export
    def read(self, image: torch.Tensor) -> List[str]:
        """The best letter of each column; repeated ones are one, blanks part them."""
        texts: List[str] = []
        best: List[List[int]] = self.forward(image).argmax(-1).tolist()
        for columns in best:
            text = ""
            last = 0
            for letter in columns:
                if letter != last and letter != 0:
                    text += self.alphabet[letter - 1]
                last = letter
            texts.append(text)
        return texts

    @torch.jit.export
    def beam_search(self, image: torch.Tensor, beams: int = 4) -> List[Tuple[str, float]]:
        """The likeliest text of each image over all its alignments, by prefix beam search, with its log probability."""
        return [self._search(columns, beams) for columns in self.forward(image)]

    def _search(self, columns: torch.Tensor, beams: int) -> Tuple[str, float]:
        # Of each prefix: the probabilities that it ends in a blank, and that it ends in its last letter.
        prefixes = {"": (1.0, 0.0)}
        for column in columns.exp():
            grown: dict[str, Tuple[float, float]] = {}
            values, letters = column.topk(beams)
            for text, (blank, letter) in prefixes.items():
                for i in range(beams):
                    p, index = float(values[i]), int(letters[i])
                    if index == 0:
                        old = grown.get(text, (0.0, 0.0))
                        grown[text] = (old[0] + (blank + letter) * p, old[1])
                        continue
                    added = self.alphabet[index - 1]
                    longer = text + added
                    old = grown.get(longer, (0.0, 0.0))
                    if len(text) > 0 and text[-1] == added:
                        same = grown.get(text, (0.0, 0.0))
                        grown[text] = (same[0], same[1] + letter * p)
                        grown[longer] = (old[0], old[1] + blank * p)
                    else:
                        grown[longer] = (old[0], old[1] + (blank + letter) * p)
            ranked = sorted([(-(pair[0] + pair[1]), text) for text, pair in grown.items()])
            prefixes = {text: grown[text] for _, text in ranked[:beams]}
        best, likelihood = "", -1.0
        for text, pair in prefixes.items():
            if pair[0] + pair[1] > likelihood:
                best, likelihood = text, pair[0] + pair[1]
        return best, likelihood


torch.manual_seed(0)
model = Reader().eval()


def example_inputs():
    """Two grey images of 16 rows and 24 columns."""
    images = torch.rand(2, 1, 16, 24, generator=torch.Generator().manual_seed(1))
    return {"forward": (images,), "read": (images,), "beam_search": (images, 3)}


if __name__ == "__main__":
    with torch.no_grad():
        print(model.read(*example_inputs()["read"]))
