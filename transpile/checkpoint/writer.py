"""``torch.save``: what Python pickles, tensors as PyTorch's, in the formats that PyTorch reads."""

from __future__ import annotations

import io
import pickle
import struct
from collections import OrderedDict
from typing import Any

import numpy as np

from transpile.archive.pickle_data import Global
from transpile.archive.tensors import NAMES, REBUILD
from transpile.archive.zip_writer import ZipWriter
from transpile.checkpoint.reader import MAGIC, PROTOCOL
from transpile.core import dtype as D
from transpile.eager.size import Size, device, layout, memory_format
from transpile.eager.storage import TypedStorage, UntypedStorage, memory_of
from transpile.eager.tensor import Tensor
from transpile.nn.parameter import Buffer, Parameter

_OWN = frozenset(("_array", "_requires_grad", "_grad_name", "grad"))  # what every tensor has


def zip_checkpoint(value: Any, root: str, protocol: int) -> bytes:
    """The file of a value as PyTorch writes it since 1.6; ``root`` names the folder of all members."""
    pickler = _Pickler(protocol)
    pickled = pickler.pickled(value)
    out = ZipWriter(root or "archive")
    out.add("data.pkl", pickled)
    out.add(".format_version", b"1")
    out.add(".storage_alignment", b"64")
    out.add("byteorder", b"little")
    for number, memory in enumerate(pickler.memories):
        out.add(f"data/{number}", memory.tobytes())
    out.add("version", b"3\n")
    return out.finish()


def stream_checkpoint(value: Any, protocol: int) -> bytes:
    """The file of a value as PyTorch wrote it before: pickles, and the storages behind them."""
    sizes = {"short": 2, "int": 4, "long": 4}
    system = {"protocol_version": PROTOCOL, "little_endian": True, "type_sizes": sizes}
    pickler = _Pickler(protocol, with_views=True)
    parts = [pickle.dumps(part, protocol) for part in (MAGIC, PROTOCOL, system)]
    parts.append(pickler.pickled(value))
    order = sorted(range(len(pickler.memories)), key=str)
    parts.append(pickle.dumps([str(number) for number in order], protocol))
    for number in order:
        memory = pickler.memories[number]
        parts += [struct.pack("<q", memory.size // pickler.dtypes[number].itemsize), memory.tobytes()]
    return b"".join(parts)


class _Name:
    """A name of PyTorch's, which is written as it is and not looked up."""

    def __init__(self, name: Global) -> None:
        self.name = name

    def __call__(self) -> None:
        """Pickles call only what can be called."""


class _Storage:
    """A storage that is to be written outside of the pickle."""

    def __init__(self, memory: Any, dtype: D.DType | None) -> None:
        self.memory = memory
        self.dtype = dtype


_PythonPickler: Any = pickle._Pickler  # the one that is written in Python: how it writes a name can be overridden


class _Pickler(_PythonPickler):  # type: ignore[misc]
    """Python's pickler, with storages outside and names of PyTorch's for what is ours."""

    def __init__(self, protocol: int, with_views: bool = False) -> None:
        self._buffer = io.BytesIO()
        super().__init__(self._buffer, protocol)
        self.memories: list[Any] = []
        self.dtypes: list[D.DType] = []
        self._keys: list[str] = []  # pickles recall a text if it is the same object
        self._with_views = with_views
        self._numbers: dict[int, int] = {}
        self._names: dict[Global, _Name] = {}

    def pickled(self, value: Any) -> bytes:
        self.dump(value)
        return self._buffer.getvalue()

    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, UntypedStorage):
            obj = _Storage(obj._bytes, None)
        elif isinstance(obj, TypedStorage):
            obj = _Storage(obj.untyped()._bytes, obj.dtype)
        if not isinstance(obj, _Storage):
            return None
        dtype = obj.dtype or D.uint8
        kind = Global("torch", NAMES[dtype.numpy]) if obj.dtype else Global("torch.storage", "UntypedStorage")
        number = self._number(obj.memory, dtype)
        identity = ("storage", self._name(kind), self._keys[number], "cpu", obj.memory.size // dtype.itemsize)
        return (*identity, None) if self._with_views else identity

    def _number(self, memory: Any, dtype: D.DType) -> int:
        """The number of a storage; tensors over the same memory share it."""
        address = int(memory.__array_interface__["data"][0])
        known = self._numbers.get(address) if memory.size else None
        if known is None:
            known = len(self.memories)
            self.memories.append(memory)
            self.dtypes.append(dtype)
            self._keys.append(str(known))
            if memory.size:
                self._numbers[address] = known
        elif self.dtypes[known] is not dtype:
            raise RuntimeError("Cannot save multiple tensors or storages that view the same data as different types")
        return known

    def _name(self, name: Global) -> _Name:
        return self._names.setdefault(name, _Name(name))

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, Tensor):
            return self._tensor(obj)
        if isinstance(obj, Size):
            return self._name(Global("torch", "Size")), (tuple(obj),)
        if isinstance(obj, D.DType):
            return self._global(obj, Global("torch", obj.name))
        if isinstance(obj, device):
            arguments = (obj.type,) if obj.index is None else (obj.type, obj.index)
            return self._name(Global("torch", "device")), arguments
        if isinstance(obj, memory_format):
            return self._global(obj, Global("torch", obj.name))
        if isinstance(obj, layout):
            return self._name(Global("torch.serialization", "_get_layout")), (f"torch.{obj.name}",)
        if isinstance(obj, _Name):
            return self._global(obj, obj.name)
        home = getattr(obj if isinstance(obj, type) else type(obj), "__module__", "")
        if isinstance(home, str) and home.partition(".")[0] == "transpile":
            raise NotImplementedError(
                f"torch.save of a whole {obj.__name__ if isinstance(obj, type) else type(obj).__name__} is not available on "
                "the bundled torch: save model.state_dict(), or torch.jit.script(model).save(path)"
            )
        return NotImplemented

    def _global(self, obj: Any, name: Global) -> str:
        self._names[name] = obj
        return f"{name.module}\n{name.name}"

    def save_global(self, obj: Any, name: str | None = None) -> None:
        """Write a name; those of PyTorch come as two lines, and need not be found here."""
        module, line, rest = (name or "").partition("\n")
        if not line:
            super().save_global(obj, name)
            return
        if self.proto >= 4:
            self.save(module)
            self.save(rest)
            self.write(pickle.STACK_GLOBAL)
        else:
            self.write(pickle.GLOBAL + f"{module}\n{rest}\n".encode())
        self.memoize(obj)

    # ---- tensors
    def _tensor(self, value: Tensor) -> Any:
        attributes = {k: v for k, v in vars(value).items() if k not in _OWN and k != "persistent"}
        if isinstance(value, Parameter) and not attributes:
            data = Tensor._from_array(value._array)
            return self._name(_PARAMETER), (data, value.requires_grad, OrderedDict())
        if isinstance(value, Buffer):
            attributes |= {"persistent": getattr(value, "persistent", True), "_is_buffer": True}
        arguments = self._described(value)
        if not attributes:
            return self._name(REBUILD), arguments
        kind = _PARAMETER_CLASS if isinstance(value, Parameter) else Global("torch", "Tensor")
        return self._name(_FROM_TYPE), (self._name(REBUILD), self._name(kind), arguments, attributes)

    def _described(self, value: Tensor) -> tuple[Any, ...]:
        array = value._array
        memory = memory_of(array)
        item = array.itemsize
        offset = value.data_ptr() - int(memory.__array_interface__["data"][0])
        if not 0 <= offset <= memory.size or offset % item or memory.size % item or min(array.strides, default=0) < 0:
            array = np.array(array, order="C")  # its memory is not in one piece, or is walked backwards
            memory, offset = memory_of(array), 0
        strides = tuple(s // item for s in array.strides)
        storage = _Storage(memory, value.dtype)
        return storage, offset // item, tuple(array.shape), strides, value.requires_grad, OrderedDict()


_PARAMETER = Global("torch._utils", "_rebuild_parameter")
_PARAMETER_CLASS = Global("torch.nn.parameter", "Parameter")
_FROM_TYPE = Global("torch._tensor", "_rebuild_from_type_v2")
