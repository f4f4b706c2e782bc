"""An object detector: boxes on a grid, and non-maximum suppression in Python, from an image to named things."""

from typing import List, NamedTuple

import torch
import torch.nn.functional as F
from torch import nn


class Detection(NamedTuple):
    label: str
    score: float
    box: torch.Tensor  # left, top, right, bottom


def overlaps(box: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Intersection over union of one box [4] with others [n, 4]."""
    corner = torch.maximum(box[:2], others[:, :2])
    size = (torch.minimum(box[2:], others[:, 2:]) - corner).clamp(min=0.0)
    shared = size[:, 0] * size[:, 1]
    areas = (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1])
    return shared / ((box[2] - box[0]) * (box[3] - box[1]) + areas - shared)


def suppress(boxes: torch.Tensor, scores: torch.Tensor, threshold: float) -> List[int]:
    """Positions of the boxes that overlap no better one by more than the threshold, best first."""
    order = scores.argsort(descending=True)
    kept: List[int] = []
    while order.numel() > 0:
        best = int(order[0])
        kept.append(best)
        rest = order[1:]
        order = rest[overlaps(boxes[best], boxes[rest]) <= threshold]
    return kept


class Detector(nn.Module):
    labels: List[str]

    def __init__(self, labels: List[str], width: int = 16) -> None:
        super().__init__()
        self.labels = labels
        self.stride = 8
        self.backbone = nn.Sequential(
            nn.Conv2d(3, width, 3, stride=2, padding=1), nn.BatchNorm2d(width), nn.SiLU(),
            nn.Conv2d(width, width, 3, stride=2, padding=1), nn.BatchNorm2d(width), nn.SiLU(),
            nn.Conv2d(width, width, 3, stride=2, padding=1), nn.BatchNorm2d(width), nn.SiLU(),
        )  # fmt: skip
        self.head = nn.Conv2d(width, 4 + len(labels), 1)

    def candidates(self, image: torch.Tensor) -> torch.Tensor:
        """Boxes and class scores of every cell, [batch, cells, 4 + classes]."""
        grid = self.head(self.backbone(image))
        rows, columns = grid.shape[2], grid.shape[3]
        y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
        centres = (torch.stack([x, y]) + 0.5 + torch.tanh(grid[:, :2])) * self.stride
        halves = torch.exp(grid[:, 2:4].clamp(max=4.0)) * self.stride
        boxes = torch.cat([centres - halves, centres + halves], 1)
        return torch.cat([boxes, torch.sigmoid(grid[:, 4:])], 1).flatten(2).transpose(1, 2)

    def forward(self, image: torch.Tensor, least: float = 0.5, overlap: float = 0.45) -> List[Detection]:
        """What is seen in one image [3, height, width]."""
        scale = image.shape[1] / 64.0
        found = self.candidates(F.interpolate(image[None], size=[64, 64], mode="bilinear", align_corners=False))[0]
        boxes, (scores, classes) = found[:, :4], found[:, 4:].max(1)
        sure = scores >= least
        boxes, scores, classes = boxes[sure], scores[sure], classes[sure]
        seen: List[Detection] = []
        for c, label in enumerate(self.labels):
            mine = torch.nonzero(classes == c).flatten()
            for position in suppress(boxes[mine], scores[mine], overlap):
                index = int(mine[position])
                seen.append(Detection(label, float(scores[index]), boxes[index] * scale))
        return seen


torch.manual_seed(0)
model = Detector(["person", "bicycle", "car"]).eval()


def example_inputs():
    return torch.rand(3, 48, 48, generator=torch.Generator().manual_seed(1)), 0.55


if __name__ == "__main__":
    with torch.no_grad():
        for thing in model(*example_inputs()):
            print(thing)
