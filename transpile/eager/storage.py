"""Storages: the memory that tensors lie in, as bytes or as elements of one type."""

from __future__ import annotations

import mmap
import os
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.eager.size import CPU, device, require_cpu

Array = np.ndarray[Any, Any]


def memory_of(array: Array) -> Array:
    """All the memory that an array is a view of, as bytes; what does not lie in one piece is copied."""
    memory = array
    while isinstance(memory.base, np.ndarray):
        memory = memory.base
    flat: Array = np.asarray(memory).ravel(order="K")
    return flat.view(np.uint8)


class UntypedStorage:
    """Memory as bytes.  Slices share it."""

    is_cuda = is_sparse = is_hpu = False

    def __init__(self, size: int = 0, *, device: str | device | None = None) -> None:
        if device is not None:
            require_cpu(device)
        self._bytes: Array = np.empty(size, np.uint8)

    @classmethod
    def _over(cls, memory: Array) -> UntypedStorage:
        made = cls()
        made._bytes = memory
        return made

    @classmethod
    def from_file(cls, filename: str | os.PathLike[str], shared: bool = False, nbytes: int = 0) -> UntypedStorage:
        """The first bytes of a file, mapped; what is written to a ``shared`` one is written to the file."""
        if not nbytes:
            return cls()
        mode = os.O_RDWR | os.O_CREAT if shared else os.O_RDONLY
        file = os.open(filename, mode)
        try:
            if shared and os.fstat(file).st_size < nbytes:
                os.truncate(file, nbytes)
            access = mmap.ACCESS_WRITE if shared else mmap.ACCESS_COPY
            try:
                mapped = mmap.mmap(file, nbytes, access=access)
            except ValueError as error:
                raise RuntimeError(f"unable to map {nbytes} bytes from file <{os.fspath(filename)}>: {error}") from None
        finally:
            os.close(file)
        return cls._over(np.frombuffer(mapped, np.uint8))

    @property
    def device(self) -> device:
        return CPU

    def nbytes(self) -> int:
        return self._bytes.size

    size = nbytes
    __len__ = nbytes

    def element_size(self) -> int:
        return 1

    def data_ptr(self) -> int:
        """The address of the memory; 0 if there is none."""
        return int(self._bytes.__array_interface__["data"][0]) if self._bytes.size else 0

    _cdata = property(data_ptr)

    def untyped(self) -> UntypedStorage:
        return self

    def cpu(self) -> UntypedStorage:
        return self

    def clone(self) -> UntypedStorage:
        """A copy of the memory."""
        return self._over(self._bytes.copy())

    def copy_(self, source: UntypedStorage, non_blocking: bool = False) -> UntypedStorage:
        self._bytes[:] = source._bytes
        return self

    def fill_(self, value: int) -> UntypedStorage:
        self._bytes[:] = value
        return self

    def tolist(self) -> list[int]:
        return list(self._bytes.tolist())

    def is_shared(self) -> bool:
        return False

    def is_pinned(self, device: object = "cuda") -> bool:
        return False

    def cuda(self, *_: Any, **__: Any) -> UntypedStorage:
        """Not available: raises what PyTorch without CUDA raises."""
        require_cpu("cuda")
        return self

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            if index.step not in (None, 1):
                raise RuntimeError(f"Trying to slice with a step of {index.step}, but only a step of 1 is supported")
            return self._over(self._bytes[index])
        return int(self._bytes[index])

    def __setitem__(self, index: int | slice, value: Any) -> None:
        self._bytes[index] = value

    def __deepcopy__(self, memo: dict[int, Any]) -> UntypedStorage:
        return self.clone()

    def __repr__(self) -> str:
        values = "".join(f" {v}\n" for v in self._bytes.tolist())
        return f"{values}[torch.storage.UntypedStorage(device=cpu) of size {self._bytes.size}]"


class TypedStorage:
    """Memory as elements of one type, as older programs see it."""

    is_cuda = is_sparse = False

    def __init__(self, *, wrap_storage: UntypedStorage, dtype: D.DType, _internal: bool = False) -> None:
        self._untyped_storage = wrap_storage
        self.dtype = dtype

    @property
    def _elements(self) -> Array:
        count = self._untyped_storage.nbytes() // self.dtype.itemsize
        return self._untyped_storage._bytes[: count * self.dtype.itemsize].view(self.dtype.numpy)

    @property
    def device(self) -> device:
        return CPU

    def untyped(self) -> UntypedStorage:
        return self._untyped_storage

    def size(self) -> int:
        return self._elements.size

    __len__ = size

    def nbytes(self) -> int:
        return self._untyped_storage.nbytes()

    def element_size(self) -> int:
        return self.dtype.itemsize

    def data_ptr(self) -> int:
        return self._untyped_storage.data_ptr()

    def tolist(self) -> list[Any]:
        return list(self._elements.tolist())

    def cpu(self) -> TypedStorage:
        return self

    def clone(self) -> TypedStorage:
        return TypedStorage(wrap_storage=self._untyped_storage.clone(), dtype=self.dtype)

    def __getitem__(self, index: int) -> Any:
        if isinstance(index, slice):
            raise RuntimeError("slices are only supported in UntypedStorage.__getitem__")
        return self._elements[index].item()

    def __repr__(self) -> str:
        values = "".join(f" {v}\n" for v in self.tolist())
        return f"{values}[torch.storage.TypedStorage(dtype={self.dtype}, device=cpu) of size {self.size()}]"
