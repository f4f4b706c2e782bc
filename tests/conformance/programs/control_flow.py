"""Loops and branches."""

from typing import List, Optional

import torch
from torch import Tensor


def foo(len):
    # type: (int) -> torch.Tensor
    rv = torch.zeros(3, 4)
    for i in range(len):
        if i < 10:
            rv = rv - 1.0
        else:
            rv = rv + 1.0
    return rv


def while_loop(x: Tensor, limit: int):
    steps = 0
    while bool(x.sum() < limit) and steps < 100:
        x = x * 2 + 1
        steps += 1
    return x, steps


def break_and_continue(n: int):
    total = 0
    for i in range(n):
        if i == 1:
            continue
        if total > 20:
            break
        total += i
    return total


def early_return(values: List[int], wanted: int) -> int:
    for index, value in enumerate(values):
        if value == wanted:
            return index
    return -1


def nested_loops(n: int, m: int):
    count = 0
    for i in range(n):
        for j in range(i, m, 2):
            if i * j % 3 == 0:
                count += 1
    return count


def endless_with_break(a: int):
    while True:
        a += 3
        if a > 50:
            break
    return a


def branches(x: Tensor, kind: str):
    if kind == "double":
        y = x * 2
    elif kind == "half":
        y = x / 2
    else:
        y = x.neg()
    return y


def refined(x: Optional[Tensor], scale: Optional[float] = None) -> Tensor:
    if x is None:
        x = torch.ones(2)
    if scale is not None:
        x = x * scale
    return x


def short_circuit(a: int, b: Optional[int]) -> bool:
    return b is not None and b > a or a > 10


def over_tensor(x):
    total = 0.0
    for row in x:
        total += float(row.max())
    return total


def over_zip(names: List[str], counts: List[int]) -> str:
    text = ""
    for name, count in zip(names, counts):
        text += f"{name}={count};"
    return text


def asserted(a: int, b: int):
    assert b != 0, "b must not be zero"
    if a < 0:
        raise ValueError("negative: {}".format(a))
    return a // b


PROGRAMS = [
    foo, while_loop, break_and_continue, early_return, nested_loops, endless_with_break, branches, refined, short_circuit,
    over_tensor, over_zip, asserted,
]
