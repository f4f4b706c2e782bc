"""Tensors in pickles: a storage, which is a record of raw bytes, and how the tensor lies in it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from transpile.archive.pickle_data import Call, Global, Persistent
from transpile.core import dtype as D
from transpile.core.errors import ArchiveError

Array = np.ndarray[Any, Any]
STORAGES = {
    "FloatStorage": D.float32, "DoubleStorage": D.float64, "HalfStorage": D.float16, "BFloat16Storage": D.bfloat16,
    "LongStorage": D.int64, "IntStorage": D.int32, "ShortStorage": D.int16, "CharStorage": D.int8, "ByteStorage": D.uint8,
    "BoolStorage": D.bool_, "ComplexFloatStorage": D.complex64, "ComplexDoubleStorage": D.complex128,
}  # fmt: skip
NAMES = {np.dtype(d.numpy): name for name, d in STORAGES.items()}
SAFETENSORS = {  # the names of types in such files, in the order in which their tensors lie there: wide elements first
    "I64": D.int64, "F64": D.float64, "C64": D.complex64, "F32": D.float32, "I32": D.int32, "BF16": D.bfloat16,
    "F16": D.float16, "I16": D.int16, "I8": D.int8, "U8": D.uint8, "BOOL": D.bool_,
}  # fmt: skip
REBUILD = Global("torch._utils", "_rebuild_tensor_v2")
_MAX_EXPANDED = 1 << 22  # elements of a tensor that repeats its storage
_ORDERED = Global("collections", "OrderedDict")


class StorageWriter:
    """Gives numbers to the memory of arrays; views of the same memory share a record."""

    def __init__(self) -> None:
        self.records: list[bytes] = []
        self._storages: dict[tuple[int, np.dtype[Any]], tuple[Array, Persistent]] = {}

    def tensor(self, array: Array, requires_grad: bool = False) -> Call:
        """The pickled form of a tensor."""
        memory = array
        while isinstance(memory.base, np.ndarray):
            memory = memory.base
        item = array.itemsize
        offset = _address(array) - _address(memory)
        if memory.nbytes % item or offset % item or not (memory.flags.c_contiguous or memory.flags.f_contiguous):
            memory = array = np.ascontiguousarray(array).reshape(array.shape)
            offset = 0
        strides = tuple(s // item for s in array.strides)
        arguments = (
            self._storage(memory, array.dtype), offset // item, tuple(array.shape), strides, requires_grad, Call(_ORDERED, ())
        )  # fmt: skip
        return Call(REBUILD, arguments)

    def _storage(self, memory: Array, dtype: np.dtype[Any]) -> Persistent:
        known = self._storages.get((id(memory), dtype))
        if known is None:
            name = NAMES.get(dtype)
            if name is None:
                raise ArchiveError(f"tensors of {dtype} cannot be saved")
            number = str(len(self.records))
            self.records.append(memory.ravel(order="K").view(np.uint8).tobytes())
            made = Persistent(("storage", Global("torch", name), number, "cpu", memory.nbytes // dtype.itemsize))
            known = self._storages[id(memory), dtype] = (memory, made)
        return known[1]


def _address(array: Array) -> int:
    return int(array.__array_interface__["data"][0])


class StorageReader:
    """Makes arrays of pickled tensors; ``record`` gives the bytes of a record."""

    def __init__(self, record: Any, entry: str) -> None:
        self._record = record
        self._entry = entry
        self._memory: dict[str, tuple[str, Array]] = {}

    def tensor(self, call: Call) -> tuple[Array, bool]:
        """The array, and whether the tensor requires a gradient; everything is checked."""
        arguments = call.arguments
        if not isinstance(arguments, tuple) or len(arguments) not in (6, 7):
            raise ArchiveError("a tensor is not described as expected", self._entry)
        storage, offset, size, stride, requires_grad, _ = arguments[:6]
        memory = self._storage(storage)
        if not isinstance(requires_grad, bool):
            raise ArchiveError("a tensor is not described as expected", self._entry)
        view = view_of(memory, offset, size, stride, self._entry)
        return self._with_bits(view, arguments[6:]), requires_grad

    def _with_bits(self, view: Array, given: tuple[Any, ...]) -> Array:
        """The tensor conjugated and negated, if it is marked so."""
        tagged = given[0].arguments if given and isinstance(given[0], Call) else given
        bits = tagged[0] if isinstance(tagged, tuple) and tagged else {}
        if not isinstance(bits, dict) or not bits.keys() <= {"conj", "neg"}:
            raise ArchiveError("a tensor is not described as expected", self._entry)
        if bits and (view.dtype.kind not in "fc" or 0 in view.strides):
            raise ArchiveError("such a tensor cannot be a conjugated or negated view", self._entry)
        view = np.conj(view) if bits.get("conj") is True else view
        return np.negative(view) if bits.get("neg") is True else view

    def _storage(self, node: Any) -> Array:
        value = node.value if isinstance(node, Persistent) else None
        if not isinstance(value, tuple) or len(value) not in (5, 6) or value[0] != "storage":
            raise ArchiveError("a tensor has no storage", self._entry)
        _, kind, key, _device, count = value[:5]  # PyTorch 1.5 and earlier say besides that it is no view
        if not isinstance(kind, Global) or kind.module != "torch" or not isinstance(key, str) or not is_size(count):
            raise ArchiveError("a storage is not described as expected", self._entry)
        dtype = STORAGES.get(kind.name)
        if dtype is None:
            raise ArchiveError(f"storages of {kind} are not supported", self._entry)
        known = self._memory.get(key)
        if known is not None and known[0] == kind.name and known[1].size == count:
            return known[1]
        raw = self._record(key)
        wanted = np.dtype(dtype.numpy)
        if known is not None or len(raw) != count * wanted.itemsize:
            raise ArchiveError(f"storage {key!r} has {len(raw)} bytes, expected {count} of {wanted}", self._entry)
        memory: Array = np.empty(count, wanted)
        memory.view(np.uint8)[:] = np.frombuffer(raw, np.uint8)
        self._memory[key] = (kind.name, memory)
        return memory


def view_of(memory: Array, offset: Any, size: Any, stride: Any, entry: str) -> Array:
    """The tensor that lies in a storage in this way; ``ArchiveError`` if that is not possible.  ``entry`` is named in errors."""
    for part in (size, stride):
        if not isinstance(part, tuple) or len(part) > 64 or not all(is_size(n) for n in part):
            raise ArchiveError("the sizes or strides of a tensor are no numbers", entry)
    if len(size) != len(stride) or not is_size(offset):
        raise ArchiveError("a tensor is not described as expected", entry)
    reach = offset + sum((n - 1) * s for n, s in zip(size, stride, strict=True)) + 1
    count = math.prod(size)
    if (count and reach > memory.size) or count > max(memory.size, _MAX_EXPANDED):
        raise ArchiveError(f"a tensor of size {list(size)} reaches beyond its storage", entry)
    item = memory.itemsize
    if math.prod(n for n in size if n) * item >= 1 << 62:
        raise ArchiveError(f"a tensor of size {list(size)} is larger than memory", entry)
    if not count:
        return np.zeros(size, memory.dtype)
    strides = tuple(s * item for s in stride)
    buffer = memory if memory.dtype.isbuiltin == 1 else memory.view(np.uint8)  # what others have is no buffer
    view: Array = np.ndarray(size, memory.dtype, buffer, offset * item, strides)
    return view


def is_size(value: Any) -> bool:
    """Whether a value from a file can be a size, an offset or a count."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62
