"""Strings, formatting and print."""

from typing import List

import torch


def model(names: List[str], width: int) -> str:
    line = ""
    for i, name in enumerate(names):
        if i > 0:
            line = line + ", "
        line = line + f"{i}:{name.upper()}"
    print("line", line, width, 0.5, True)
    return line if width > 0 else ""


def example_inputs():
    return ["ann", "bob"], 3
