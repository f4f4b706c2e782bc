"""``torch.storage``: the memory of tensors."""

from __future__ import annotations

from transpile.eager.storage import TypedStorage, UntypedStorage

__all__ = ["TypedStorage", "UntypedStorage"]
