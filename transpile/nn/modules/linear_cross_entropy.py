"""Cross entropy of the results of a linear layer that belongs to the loss."""

from dataclasses import dataclass
from typing import Any, Optional

from transpile.eager.tensor import Tensor
from transpile.nn.functional.losses import _cross_entropy_of_logits
from transpile.nn.modules.linear import Linear
from transpile.nn.modules.loss import _WeightedLoss


@dataclass(frozen=True)
class LinearCrossEntropyOptions:
    """How PyTorch computes the loss in chunks; no result depends on it."""

    allow_retain_graph: bool = False
    batch_chunk_size: Optional[int] = None
    chunking_method: Optional[str] = "auto"
    acc_policy: str = "auto"
    acc_dtype: Any = None


class LinearCrossEntropyLoss(_WeightedLoss):
    """``F.linear_cross_entropy`` with a layer ``linear`` of ``num_classes`` times ``out_features`` outputs."""

    __constants__ = ["num_classes", "out_features", "reduction", "ignore_index", "label_smoothing"]
    num_classes: int
    ignore_index: Optional[int]
    label_smoothing: float

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        out_features: tuple[int, ...] = (),
        bias: bool = False,
        device: Any = None,
        dtype: Any = None,
        reduction: str = "mean",
        weight: Optional[Tensor] = None,
        ignore_index: Optional[int] = None,
        label_smoothing: float = 0.0,
        options: Optional[LinearCrossEntropyOptions] = None,
    ) -> None:
        super().__init__(weight, None, None, reduction)
        if not 0.0 <= label_smoothing <= 1.0:
            raise RuntimeError(f"expected label_smoothing to be in range [0, 1], got {label_smoothing}")
        self.num_classes = num_classes
        self.out_features = out_features
        self.classes = (num_classes, *out_features)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing
        self.options = options
        outputs = num_classes
        for extent in out_features:
            outputs *= extent
        self.linear = Linear(in_features, outputs, bias=bias, device=device, dtype=dtype)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        logits = self.linear(input)
        if len(self.classes) > 1:
            logits = logits.unflatten(-1, self.classes)
        return _cross_entropy_of_logits(
            logits, target, self.weight, self.reduction, self.ignore_index, self.label_smoothing
        )

    def extra_repr(self) -> str:
        return (
            f"in_features={self.linear.in_features}, num_classes={self.num_classes}, "
            f"out_features={self.out_features}, bias={self.linear.bias is not None}, reduction={self.reduction}, "
            f"ignore_index={self.ignore_index}, label_smoothing={self.label_smoothing}, options={self.options}"
        )
