"""A record with methods, used as a type of its own; one method stays in Python."""
from typing import List

import torch


@torch.jit.script
class Span:
    def __init__(self, start: int, stop: int):
        self.start = start
        self.stop = stop

    def length(self) -> int:
        return self.stop - self.start

    def joined(self, other: "Span") -> "Span":
        return Span(min(self.start, other.start), max(self.stop, other.stop))


@torch.jit.script
def cover(spans: List[Span]) -> int:
    total = spans[0]
    for span in spans[1:]:
        total = total.joined(span)
    return total.length()


print(cover([Span(3, 5), Span(1, 2), Span(4, 9)]), Span(2, 6).length())
