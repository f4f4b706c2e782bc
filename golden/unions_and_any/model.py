"""Unions and ``Any``: variants tested with ``isinstance``, narrowed and widened; containers of both."""

from typing import Any, Dict, List, Optional, Tuple, Union

import torch


def scaled(x: torch.Tensor, by: Union[int, float, List[float], None]) -> torch.Tensor:
    if by is None:
        return x
    elif isinstance(by, int):
        return x * (by + 1)
    elif isinstance(by, float):
        return x / by
    return x * torch.tensor(by)


def describe(value: Any) -> str:
    if isinstance(value, str):
        return "text " + value
    if torch.jit.isinstance(value, List[int]):
        return "ints, the last of them " + str(value[-1])
    if value is None:
        return "nothing"
    return "something else: {}".format(value)


def first_number(items: List[Union[int, str]]) -> Optional[int]:
    for item in items:
        if isinstance(item, int):
            return item
    return None


def model(x: torch.Tensor, n: int) -> Tuple[torch.Tensor, List[str], Union[int, str, None]]:
    y = scaled(scaled(scaled(x, n), 0.5), [1.0, 2.0, 3.0])
    items: List[Union[int, str]] = ["a", n]
    items.append("b")
    settings: Dict[str, Any] = {"items": [n, 7], "name": "n"}
    texts = [describe(settings["items"]), describe(settings["name"]), describe(None), describe(n * 1.25)]
    answer: Union[int, str, None] = first_number(items)
    if n > 2:
        answer = "many"
    return scaled(y, None), texts, answer


def example_inputs():
    return torch.tensor([1.0, -2.0, 0.25]), 2
