"""Every kind of input and output that travels through .npz files."""

from typing import Dict, List, Optional, Tuple

import torch


def model(
    xs: List[torch.Tensor],
    named: Dict[str, torch.Tensor],
    pair: Tuple[int, Tuple[float, bool]],
    word: str,
    sizes: List[int],
    scale: Optional[float] = None,
) -> Tuple[Dict[str, torch.Tensor], List[int], Optional[torch.Tensor], str, bool, int, float]:
    if word == "fail":
        raise ValueError("the word is fail")
    assert pair[0] >= 0, "negative"
    total = torch.zeros(2)
    for x in xs:
        total = total + x
    result: Dict[str, torch.Tensor] = {"total": total}
    for key, value in named.items():
        result[key] = value * 2
    extra: Optional[torch.Tensor] = None
    if scale is not None:
        extra = total * scale
    return result, [s + pair[0] for s in sizes], extra, word + "!", pair[1][1], pair[0], pair[1][0]


def example_inputs():
    return (
        [torch.ones(2), torch.arange(2.0)],
        {"a": torch.ones(1), "b": torch.zeros(2)},
        (3, (0.5, True)),
        "héllo",
        [1, 2],
        2.0,
    )
