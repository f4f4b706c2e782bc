"""Containers, subscripts, numbers, text and operators."""

from typing import Dict, List, Tuple

import torch
from torch import Tensor


def lists(values: List[int]):
    squares = [v * v for v in values]
    squares.append(len(values))
    squares[0] += 5
    return squares, squares[1:], sum(squares)


def dicts(words: List[str]) -> Dict[str, int]:
    counts: Dict[str, int] = {}
    for word in words:
        if word in counts:
            counts[word] += 1
        else:
            counts[word] = 1
    return counts


def tuples(pair: Tuple[int, str], n: int):
    number, text = pair
    first, *rest = (number, n, 3)
    return text, first, rest, pair[0]


def indexing(x: Tensor, i: int, mask: Tensor):
    return x[i], x[1:, None], x[..., 0], x[:, i], x[mask], x[0, 1:3]


def index_assignment(x: Tensor, mask: Tensor):
    x[0] = 1.0
    x[:, 1] += 2
    x[mask] = 0
    return x


def arithmetic(a: int, b: float, x: Tensor):
    return a // 2, a % 3, a / 4, a**2, -b, b * a, 1 - x, 2 / x, x // 2, x @ x, ~(x > 1), not a


def in_place(x: Tensor, y: Tensor):
    x += y
    x *= 2
    z = x.view(-1)
    z.add_(1)
    return x


def several_results(x: Tensor):
    values, indices = torch.max(x, 1)
    best = torch.topk(x, 2)
    return values + best.values[:, 0], indices


def shapes(x: Tensor):
    b, c = x.shape
    return x.view(b * c), x.reshape(-1, c), x.permute(1, 0), torch.zeros(b, 2, dtype=torch.long), x.size(0), x.dim()


def conversions(x: Tensor, n: int):
    return float(n), int(2.7), str(n), x.float(), x.to(torch.int64), float(x.sum()), bool(n), x.item() if n > 2 else 0


def text(name: str, n: int) -> str:
    parts = name.split(",")
    if name.startswith("a") or n > len(parts):
        return ",".join(parts).upper() + name[1:] + str(n)
    return "{}-{}".format(name, n)


PROGRAMS = [
    lists, dicts, tuples, indexing, index_assignment, arithmetic, in_place, several_results, shapes, conversions, text,
]
