"""``torch.distributed`` where there is no other process."""

from __future__ import annotations


def is_available() -> bool:
    return False


def is_initialized() -> bool:
    return False
