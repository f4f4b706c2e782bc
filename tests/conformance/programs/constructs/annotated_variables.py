"""Variables that begin empty or as None are annotated."""
from typing import Dict, List, Optional, Tuple

import torch


@torch.jit.script
def summarise(words: List[str], stop: bool) -> Tuple[Dict[str, int], Optional[str], List[List[int]]]:
    counts: Dict[str, int] = {}
    longest: Optional[str] = None
    table: List[List[int]] = []
    for word in words:
        counts[word] = counts.get(word, 0) + 1
        if longest is None or len(word) > len(longest):
            longest = word
        table.append([len(word)])
    if stop:
        longest = None
    return counts, longest, table


print(summarise(["oak", "elder", "oak"], False))
print(summarise([], True))
