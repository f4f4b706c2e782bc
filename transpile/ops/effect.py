"""Operators that are seen from outside: printing and warnings."""

from __future__ import annotations

import sys
import warnings
from typing import Any

from transpile.ops.dump import to_text
from transpile.ops.registry import op


@op("prim::Print(...) -> ()", cpp="", tags=("effect",))
def print_values(*values: Any) -> None:
    """Print to stdout, separated by spaces, as TorchScript prints."""
    sys.stdout.write(" ".join(to_text(v) for v in values) + "\n")


@op("aten::warn(str message, int stacklevel=2) -> ()", cpp="ts2cpp::warn({0})", tags=("effect",))
def warn(message: str, stacklevel: int = 2) -> None:
    """A ``UserWarning``."""
    warnings.warn(message, UserWarning, stacklevel=stacklevel + 2)
