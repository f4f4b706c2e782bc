"""``torch.autocast``: autocasting for devices that are not there is off, as in a CPU build of PyTorch."""

from __future__ import annotations

import contextlib
import warnings
from typing import Any


class autocast(contextlib.ContextDecorator):
    """A context without effect for ``cuda``; ``NotImplementedError`` for ``cpu``, which would change results."""

    def __init__(self, device_type: str, dtype: Any = None, enabled: bool = True, cache_enabled: Any = None) -> None:
        if enabled and device_type == "cpu":
            raise NotImplementedError("torch.autocast is not available: convert the model with .to(torch.bfloat16)")
        if enabled:
            warnings.warn(
                f"User provided device_type of '{device_type}', but {device_type.upper()} is not available. Disabling",
                stacklevel=2,
            )

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *exception: object) -> None:
        """Nothing was changed."""
