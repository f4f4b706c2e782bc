"""Named tuples: structs with the fields of the Python class, taken apart, put into a list, passed as plain tuples."""

from typing import List, NamedTuple, Optional, Tuple

import torch


class Detection(NamedTuple):
    box: torch.Tensor
    score: float
    label: Optional[str] = None


def area(corners: Tuple[torch.Tensor, float]) -> float:
    box, scale = corners
    return float((box[2] - box[0]) * (box[3] - box[1])) * scale


def model(boxes: torch.Tensor, scores: List[float], threshold: float) -> Tuple[Detection, List[Detection], float]:
    best = Detection(boxes[0], scores[0], "first")
    kept: List[Detection] = []
    total = 0.0
    for i in range(len(scores)):
        found = Detection(boxes[i], scores[i])
        if found.score > best.score:
            best = found
        if found.score >= threshold:
            kept.append(found)
            total += area(found[:2])
    print(len(kept), best.label)
    return best, kept, total


def example_inputs():
    return torch.arange(12.0).reshape(3, 4).pow(1.5), [0.25, 0.75, 0.5], 0.5
