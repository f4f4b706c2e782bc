"""Lists and dicts have reference semantics, as in Python."""

from typing import Dict, List, Tuple

import torch


def fill(words: List[str], counts: Dict[str, int]) -> None:
    for word in words:
        if word in counts:
            counts[word] = counts[word] + 1
        else:
            counts[word] = 1


def model(words: List[str], xs: List[torch.Tensor]) -> Tuple[Dict[str, int], List[int], torch.Tensor]:
    counts: Dict[str, int] = {}
    fill(words, counts)
    same = xs
    same.append(torch.ones(2))
    sizes = [x.numel() for x in xs]
    sizes.sort()
    return counts, sizes, torch.cat(xs)


def example_inputs():
    return ["a", "b", "a"], [torch.zeros(3), torch.full((1,), 2.0)]
