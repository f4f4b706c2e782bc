"""Tensors from Python data and from NumPy arrays."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.eager.dispatch import active_mode, call
from transpile.eager.size import device, require_cpu
from transpile.eager.storage import UntypedStorage
from transpile.eager.tensor import Tensor
from transpile.ops import registry
from transpile.ops.promotion import default_complex_dtype, get_default_dtype

_INT64 = range(-(2**63), 2**63)


def tensor(
    data: Any,
    *,
    dtype: D.DType | None = None,
    device: str | device | None = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """A new tensor that copies ``data``: numbers, nested sequences, arrays or tensors.

    Python floats give the default floating type, ints int64, bools bool; ``ValueError`` for ragged sequences.
    """
    if device is not None:
        require_cpu(device)
    copied = created_from_tensor(data, _dtype(dtype), "tensor")
    if isinstance(data, Tensor):
        warnings.warn(
            "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() "
            "or sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor).",
            UserWarning,
            stacklevel=2,
        )
    result = created(from_data(data, dtype), "tensor") if copied is None else copied
    return result.requires_grad_() if requires_grad else result


def from_data(data: Any, dtype: D.DType | None = None) -> Tensor:
    """A tensor that copies ``data``, unseen by the active mode."""
    return Tensor._from_array(_to_array(data, _dtype(dtype), copy=True))


def created_from_tensor(data: Any, dtype: D.DType | None, how: str) -> Tensor | None:
    """What the active mode makes of a tensor that is made from another; ``None`` leaves it to eager mode."""
    mode = active_mode()
    if mode is None or not isinstance(data, Tensor):
        return None
    return mode.created_from_tensor(data, dtype or data.dtype, how)


def created(tensor: Tensor, how: str) -> Tensor:
    """What becomes of a ``tensor`` made from Python data: a tracer wants to know of it (``DispatchMode.created``)."""
    mode = active_mode()
    return tensor if mode is None else mode.created(tensor, how)


def as_tensor(data: Any, dtype: D.DType | None = None, device: str | device | None = None) -> Tensor:
    """``data`` as a tensor, sharing memory with an array or tensor of the wanted type."""
    if device is not None:
        require_cpu(device)
    seen = created_from_tensor(data, _dtype(dtype), "as_tensor")
    if seen is not None:
        return seen
    if isinstance(data, Tensor):
        return data if dtype is None or data.dtype is dtype else data.to(dtype)
    return created(Tensor._from_array(_to_array(data, _dtype(dtype), copy=False)), "as_tensor")


def from_numpy(array: Any) -> Tensor:
    """A tensor over the memory of ``array``; writes are seen on both sides."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(array).__name__})")
    if any(s < 0 for s in array.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are not "
            "currently supported. (You can probably work around this by making a copy of your array  "
            "with array.copy().) "
        )
    D.from_numpy(array.dtype)
    if not array.flags.writeable:
        warnings.warn(
            "The given NumPy array is not writable, and PyTorch does not support non-writable tensors. Writing to the "
            "tensor changes memory that NumPy expects to stay as it is.",
            UserWarning,
            stacklevel=2,
        )
    return created(Tensor._from_array(array), "from_numpy")


def frombuffer(buffer: Any, *, dtype: D.DType, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Tensor:
    """A 1-d tensor over the memory of an object that has Python's buffer protocol, from ``offset`` bytes on."""
    try:
        memory = np.frombuffer(buffer, np.uint8) if memoryview(buffer).nbytes else np.empty(0, np.uint8)
    except TypeError:
        raise ValueError("object does not implement Python buffer protocol.") from None
    length, item = memory.size, dtype.itemsize
    if not length or not count:
        raise ValueError(f"both buffer length ({length}) and count ({count}) must not be 0")
    if not 0 <= offset < length:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length ({length} bytes) minus 1"
        )
    if count < 0:
        if (length - offset) % item:
            raise ValueError(
                f"buffer length ({length - offset} bytes) after offset ({offset} bytes) must be a multiple of element size "
                f"({item})"
            )
        count = (length - offset) // item
    if offset + count * item > length:
        raise ValueError(
            f"requested buffer length ({count} * {item} bytes) after offset ({offset} bytes) must not be greater than "
            f"actual buffer length ({length} bytes)"
        )
    if not memory.flags.writeable:
        memory = memory.copy()
    result = created(Tensor._from_array(memory[offset : offset + count * item].view(dtype.numpy)), "from_numpy")
    return result.requires_grad_() if requires_grad else result


def asarray(
    obj: Any,
    *,
    dtype: D.DType | None = None,
    device: str | device | None = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """``obj`` (a tensor, an array, a storage, a buffer, numbers) as a tensor, over its memory where that is possible.

    ``copy=False`` raises ``ValueError`` where it is not.
    """
    if isinstance(obj, (bytes, bytearray, memoryview)):
        made = frombuffer(obj, dtype=dtype or get_default_dtype())
    elif isinstance(obj, UntypedStorage):
        made = Tensor._from_array(obj._bytes)
        made = made if dtype in (None, D.uint8) else Tensor._from_array(obj._bytes.view(dtype.numpy))
    else:
        made = as_tensor(obj, dtype, device)
    known = obj.dtype if isinstance(obj, Tensor) else made.dtype
    if copy is False and known is not made.dtype:
        raise ValueError(f"can't alias tensor with dtype '{known.graph_name}' into dtype '{made.dtype.graph_name}'.")
    if copy and (made is obj or not isinstance(obj, Tensor)):
        made = made.clone()
    return made.requires_grad_() if requires_grad else made


def scalar_tensor(value: Any, *, dtype: D.DType | None = None, **_: Any) -> Tensor:
    """A 0-d tensor of the default floating type, or of ``dtype``."""
    return call(registry.get("aten::scalar_tensor"), [value, dtype, None, None, None])  # type: ignore[no-any-return]


_PYTHON_DTYPES = {float: D.float64, int: D.int64, bool: D.bool_, complex: D.complex128}


def _dtype(value: Any) -> D.DType | None:
    return _PYTHON_DTYPES[value] if isinstance(value, type) and value in _PYTHON_DTYPES else value


def _to_array(data: Any, dtype: D.DType | None, *, copy: bool) -> np.ndarray[Any, Any]:
    if isinstance(data, Tensor):
        data = data._array
    if isinstance(data, (np.ndarray, np.generic)):
        array = np.asarray(data)
        wanted = dtype or D.from_numpy(array.dtype)
        converted = array.astype(wanted.numpy, order="C", copy=copy or not array.flags.writeable)
        return np.asarray(converted)
    if hasattr(data, "__array__") and not isinstance(data, (list, tuple)):
        return _to_array(np.asarray(data), dtype, copy=copy)
    leaves: list[Any] = []
    shape = _collect(data, leaves, 0, [])
    chosen = dtype or _infer(leaves)
    _check_range(leaves, chosen)
    with np.errstate(all="ignore"):
        return _fill(leaves, chosen).reshape(shape)


def _fill(leaves: list[Any], dtype: D.DType) -> np.ndarray[Any, Any]:
    if dtype.category == D.INTEGRAL:
        return np.array([int(v) for v in leaves], dtype=np.int64).astype(dtype.numpy)
    if dtype is D.bool_:
        return np.array([bool(v) for v in leaves], dtype=np.bool_)
    if dtype in (D.float16, D.bfloat16):
        return np.array(leaves, dtype=np.float64).astype(np.float32).astype(dtype.numpy)
    return np.array(leaves, dtype=dtype.numpy)


def _collect(data: Any, leaves: list[Any], depth: int, shape: list[int]) -> tuple[int, ...]:
    """Append the numbers in ``data`` to ``leaves`` and return its shape; all siblings must agree in length."""
    if isinstance(data, (bool, int, float, complex)):
        leaves.append(data)
        return ()
    if isinstance(data, (np.generic, Tensor, np.ndarray)):
        array = data._array if isinstance(data, Tensor) else np.asarray(data)
        if isinstance(data, Tensor) and array.ndim and depth:
            if array.size != 1:
                raise ValueError("only one element tensors can be converted to Python scalars")
            array = array.reshape(())
        leaves.extend(array.reshape(-1).tolist() if array.ndim else [_Typed.of(array)])
        return tuple(array.shape)
    if isinstance(data, str) or not (hasattr(data, "__len__") and hasattr(data, "__getitem__")):
        if isinstance(data, str) and depth == 0:
            raise TypeError("new(): invalid data type 'str'")
        raise RuntimeError(f"Could not infer dtype of {type(data).__name__}")
    if len(shape) == depth:
        shape.append(len(data))
    elif shape[depth] != len(data):
        raise ValueError(f"expected sequence of length {shape[depth]} at dim {depth} (got {len(data)})")
    inner: tuple[int, ...] | None = None
    for position in range(len(data)):
        item = data[position]
        found = _collect(item, leaves, depth + 1, shape)
        if inner is None:
            inner = found
        elif found != inner:
            if not found or not inner:
                raise TypeError(f"not a sequence: {type(item).__name__}")
            raise ValueError(f"expected sequence of length {inner[0]} at dim {depth + 1} (got {found[0]})")
    return (len(data), *(inner or ()))


class _Typed(float):
    """A number taken from a 0-d tensor or NumPy scalar, which keeps its type when the result's is inferred."""

    @staticmethod
    def of(array: np.ndarray[Any, Any]) -> Any:
        value = array.item()
        if isinstance(value, float) and array.dtype.kind == "f":
            made = _Typed(value)
            made.kind = D.from_numpy(array.dtype)
            return made
        return value

    kind: D.DType = D.float64


def _infer(leaves: list[Any]) -> D.DType:
    dtype: D.DType | None = None
    for kind in dict.fromkeys(v.kind if isinstance(v, _Typed) else type(v) for v in leaves):
        if isinstance(kind, D.DType):
            one = kind
        elif kind is bool:
            one = D.bool_
        elif issubclass(kind, int):
            one = D.int64
        elif issubclass(kind, float):
            one = get_default_dtype()
        else:
            one = default_complex_dtype()
        dtype = one if dtype is None else D.promote_types(dtype, one)
    return dtype or get_default_dtype()


def _check_range(leaves: list[Any], dtype: D.DType) -> None:
    if dtype.category != D.INTEGRAL:
        return
    info: Any = np.iinfo(dtype.numpy)
    for value in leaves:
        if isinstance(value, int) and not info.min <= value <= info.max:
            if value not in _INT64:
                raise ValueError("Overflow when unpacking long long")
            if dtype is not D.uint8 or not -128 <= value < 0:
                raise RuntimeError(f"value cannot be converted to type {dtype.stored_name} without overflow")


for _name in ("tensor", "as_tensor", "scalar_tensor"):
    globals()[_name].__operator__ = f"aten::{_name}"
