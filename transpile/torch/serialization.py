"""``torch.save`` and ``torch.load``: not part of the bundled torch."""

from __future__ import annotations

from typing import Any


def save(*args: Any, **kwargs: Any) -> None:
    """Not available: raises ``NotImplementedError``."""
    raise NotImplementedError("torch.save is not available: state dicts can be kept with safetensors or numpy.savez")


def load(*args: Any, **kwargs: Any) -> Any:
    """Not available: raises ``NotImplementedError``."""
    raise NotImplementedError("torch.load is not available; TorchScript archives are read with torch.jit.load")
