"""Which entries of the database are judged, and why others are not."""

from __future__ import annotations

import fnmatch
from typing import Any

from torch.testing._internal.common_methods_invocations import op_db

_SPARSE = "its arguments or results are sparse"
_CUDA = "it exists for CUDA only"
_TRAINING = "it belongs to the backward pass"

EXCLUDED = {
    "sparse_sampled_addmm": _SPARSE,
    "sparse_mm_reduce": _SPARSE,
    "to_sparse": _SPARSE,
    "jiterator_*": _CUDA,
    "bmm_triton_optimized": _CUDA,
    "torch__scaled_mm*": "its arguments are float8",
    "torch_ops_aten__flash_attention_forward": _CUDA,
    "torch_ops_aten__efficient_attention_forward": _CUDA,
    "nn_functional_batch_norm_without_cudnn": _CUDA,
    "_softmax_backward_data": _TRAINING,
    "native_dropout_backward": _TRAINING,
    "max_pool2d_with_indices_backward": _TRAINING,
}


def reason(entry: Any) -> str | None:
    """Why an entry is not judged."""
    return next((why for name, why in EXCLUDED.items() if fnmatch.fnmatchcase(entry.formatted_name, name)), None)


def eligible(only: str = "") -> list[Any]:
    """The entries that are judged; ``only`` holds patterns of names (``fft.*,linalg.svd``), separated by commas."""
    patterns = [p.strip() for p in only.split(",") if p.strip()]
    return [e for e in op_db if reason(e) is None and (not patterns or _named(e, patterns))]


def _named(entry: Any, patterns: list[str]) -> bool:
    names = (entry.name, entry.formatted_name, entry.name.replace("nn.functional.", "F."))
    return any(fnmatch.fnmatchcase(n, p) for n in names for p in patterns)
