"""Names for annotations, as ``torch.types`` has them."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Union

from transpile.eager.size import Size as _TorchSize
from transpile.eager.size import device as _device
from transpile.eager.tensor import Tensor

_TensorOrTensors = Union[Tensor, Sequence[Tensor]]
_int = builtins.int
_float = builtins.float
_bool = builtins.bool
_size = Union[_TorchSize, list[int], tuple[int, ...]]
Number = Union[int, float, bool]
Device = Union[_device, str, int, None]
