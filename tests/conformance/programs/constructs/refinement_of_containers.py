"""torch.jit.isinstance looks into containers."""
from typing import Any, Dict, List

import torch


@torch.jit.script
def describe(value: Any) -> str:
    if torch.jit.isinstance(value, List[str]):
        return "texts " + ",".join(value)
    if torch.jit.isinstance(value, Dict[str, float]):
        return "rates " + str(value["a"])
    return "other"


print(describe(["x", "y"]), "|", describe({"a": 0.5}), "|", describe([1]), "|", describe(3))
