"""Annotations in the class body say what empty containers hold; other types are inferred."""
from typing import Dict, List, Optional

import torch
from torch import nn


class Notebook(nn.Module):
    pages: Dict[int, str]
    marks: List[float]
    owner: Optional[str]

    def __init__(self):
        super().__init__()
        self.pages = {}
        self.marks = []
        self.owner = None
        self.size = 3

    def forward(self, text: str, mark: float) -> int:
        if len(self.pages) < self.size:
            self.pages[len(self.pages)] = text
        self.marks.append(mark)
        if self.owner is None:
            self.owner = text.upper()
        return len(self.marks)


m = torch.jit.script(Notebook())
print([m(t, 0.5) for t in ("a", "b", "c", "d")], m.pages, m.marks, m.owner)
