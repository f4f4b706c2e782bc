"""``torch.utils.data``: data sets; loading them in batches is for training and not part of this implementation."""

from __future__ import annotations

from typing import Any


class Dataset:
    """Something with ``__getitem__`` and usually ``__len__``."""

    def __class_getitem__(cls, item: Any) -> Any:
        return cls

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")


class IterableDataset(Dataset):
    """Something with ``__iter__``."""


class TensorDataset(Dataset):
    """Rows of several tensors of equal length."""

    def __init__(self, *tensors: Any) -> None:
        if any(t.size(0) != tensors[0].size(0) for t in tensors):
            raise AssertionError("Size mismatch between tensors")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> Any:
        return tuple(t[index] for t in self.tensors)

    def __len__(self) -> int:
        return int(self.tensors[0].size(0))


class DataLoader:
    """Not available: raises ``NotImplementedError``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError("torch.utils.data.DataLoader is not available: slice the tensors instead")
