"""``torch.cuda`` where there is no device."""

from __future__ import annotations

from typing import Any


def is_available() -> bool:
    return False


def is_initialized() -> bool:
    return False


def device_count() -> int:
    return 0


def manual_seed(seed: int) -> None:
    """Accepted: there is no device to seed."""


manual_seed_all = manual_seed


def synchronize(device: Any = None) -> None:
    raise AssertionError("Torch not compiled with CUDA enabled")


def empty_cache() -> None:
    """Accepted: there is no cache."""


def current_device() -> int:
    raise AssertionError("Torch not compiled with CUDA enabled")
