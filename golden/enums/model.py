"""Enums: an ``enum class``, members compared and walked over, their names and values, a parameter with a default."""

from enum import Enum
from typing import Dict, List, Tuple

import torch


class Reduction(Enum):
    NONE = 0
    MEAN = 1
    SUM = 2


class Unit(Enum):
    METRE = "m"
    SECOND = "s"


def reduce(x: torch.Tensor, how: Reduction) -> torch.Tensor:
    if how == Reduction.MEAN:
        return x.mean()
    elif how == Reduction.SUM:
        return x.sum()
    return x


def model(x: torch.Tensor, unit: Unit = Unit.METRE) -> Tuple[Dict[str, torch.Tensor], List[str], Reduction]:
    results: Dict[str, torch.Tensor] = {}
    last = Reduction.NONE
    for how in Reduction:
        results[how.name] = reduce(x, how) * how.value
        last = how
    texts = [unit.value, unit.name, last.name]
    print(unit, last)
    return results, texts, last


def example_inputs():
    return (torch.tensor([1.0, 2.5, -4.0]),)
