"""What the names in a checkpoint mean: tensors and what they are made of, plain values, and what a program allows besides."""

from __future__ import annotations

import argparse
import re
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from transpile.archive.pickle_data import Global
from transpile.archive.tensors import STORAGES, view_of
from transpile.checkpoint import allowed
from transpile.checkpoint.machine import Foreign, NotAllowedError
from transpile.core import dtype as D
from transpile.core.errors import ArchiveError, Ts2cppError
from transpile.eager import size as places
from transpile.eager.storage import TypedStorage
from transpile.eager.tensor import LEGACY_NAMES, Tensor
from transpile.nn.parameter import Parameter

_ENTRY = "the checkpoint"
_UNSUPPORTED = re.compile(r"u?int\d+|float8\w*|float4\w*|q?u?int\d+x?\d*|\w+Storage|bits\w+|complex32")


@dataclass(frozen=True)
class _Maker:
    """A function of PyTorch's that describes a value, and what makes that value here."""

    name: str
    make: Callable[..., Any]


@dataclass(frozen=True)
class StorageKind:
    """A class of storages, whose elements are of one type; ``None`` for bytes."""

    dtype: D.DType | None


class CheckpointNames:
    """The names of one checkpoint.  ``storage`` gives what a persistent identity stands for.

    With ``weights_only`` the names are those that PyTorch allows; else also those of numbers and arrays of NumPy.  With
    ``foreign`` what is not known stays data, otherwise it is a ``NotAllowedError``.
    """

    def __init__(
        self, storage: Callable[[Any], Any], *, weights_only: bool = True, foreign: bool = False, budget: int = 1 << 40
    ) -> None:
        self._storage = storage
        self._budget = budget
        self._foreign = foreign
        self._weights_only = weights_only
        self._users = allowed.by_name()

    def find(self, name: Global) -> Any:
        text = str(name)
        known = _KNOWN.get(text)
        if known is None:
            known = self._users.get(text)
        if known is None and not self._weights_only:
            known = _BESIDES.get(text.replace("numpy._core.", "numpy.core."))
        if known is not None:
            return known
        if name.module in ("torch", "torch.storage") and _UNSUPPORTED.fullmatch(name.name):
            raise ArchiveError(f"tensors of {text} are not supported", _ENTRY)
        if self._foreign:
            return Foreign(name)
        shown = text.removeprefix("builtins.")
        if self._weights_only:
            raise NotAllowedError(
                f"Weights only load failed. WeightsUnpickler error: Unsupported global: GLOBAL {shown} was not an allowed "
                f"global by default. Please use `torch.serialization.add_safe_globals([{shown}])` or the "
                f"`torch.serialization.safe_globals([{shown}])` context manager to allowlist this global if you trust this "
                "class/function."
            )
        raise NotAllowedError(
            f"the checkpoint holds {shown}, and no code is looked up or run for a file. Save a state dict "
            f"(model.state_dict()) instead of whole objects, or allow the class by "
            f"torch.serialization.add_safe_globals([{shown}])"
        )

    def persistent(self, identity: Any) -> Any:
        return self._storage(identity)

    def call(self, function: Any, arguments: tuple[Any, ...]) -> Any:
        if isinstance(function, Foreign):
            return Foreign(function.name, arguments)
        if isinstance(function, _Maker):
            try:
                return self._counted(function.make(*arguments))
            except Ts2cppError:
                raise
            except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RuntimeError) as error:
                raise ArchiveError(f"{function.name} is given what it cannot be made of: {error}", _ENTRY) from None
        if any(function is f for f in self._users.values()):
            return function(*arguments)
        raise NotAllowedError(f"Trying to call reduce for unrecognized function {type(function).__name__}")

    def new(self, kind: Any, arguments: tuple[Any, ...]) -> Any:
        if isinstance(kind, type) and any(kind is f for f in self._users.values()):
            return kind.__new__(kind, *arguments)
        return self.call(kind, arguments)

    def _counted(self, made: Any) -> Any:
        if isinstance(made, Tensor) and made._array.base is None:
            self._budget -= made._array.nbytes
            if self._budget < 0:
                raise ArchiveError("the tensors are larger than the file", _ENTRY)
        return made

    def build(self, made: Any, state: Any) -> None:
        if isinstance(made, Foreign):
            made.state = state
        elif isinstance(made, Tensor):
            _restore(made, state)
        elif isinstance(made, np.ndarray) and not self._weights_only:
            _fill_array(made, state)
        elif isinstance(made, np.dtype):
            if not isinstance(state, tuple) or len(state) < 2 or state[1] not in ("<", "|", "="):
                raise ArchiveError("an array of NumPy is not in little-endian order", _ENTRY)
        elif (
            isinstance(made, argparse.Namespace) and isinstance(state, dict) and all(isinstance(k, str) for k in state)
        ):
            vars(made).update(state)
        elif type(made) in self._users.values():
            allowed.build(made, state)
        else:
            raise NotAllowedError(
                "Can only build Tensor, Parameter, OrderedDict or types allowlisted via `add_safe_globals`, but got "
                f"{type(made)}"
            )


# ---- tensors
def _tensor(
    storage: Any,
    offset: Any,
    size: Any,
    stride: Any,
    requires_grad: Any = False,
    _hooks: Any = None,
    metadata: Any = None,
) -> Tensor:
    if not isinstance(storage, TypedStorage) or not isinstance(requires_grad, bool):
        raise ArchiveError("a tensor has no storage", _ENTRY)
    memory = storage._elements
    array = view_of(memory, offset, tuple(size), tuple(stride), _ENTRY)
    if metadata:
        array = _resolved(array, memory, metadata)
    made = Tensor._from_array(array)
    return made.requires_grad_() if requires_grad else made


def _resolved(array: Any, memory: Any, metadata: Any) -> Any:
    """A conjugated or negated view, computed."""
    if not isinstance(metadata, dict) or array.size > memory.size:
        raise ArchiveError("a tensor is not described as expected", _ENTRY)
    if metadata.get("conj"):
        array = np.conj(array)
    return np.negative(array) if metadata.get("neg") else array


def _empty(dtype: D.DType) -> Tensor:
    """What old files give a state afterwards."""
    return Tensor._from_array(np.empty(0, dtype.numpy))


def _tensor_of_type(
    storage: Any, offset: Any, size: Any, stride: Any, requires_grad: Any, hooks: Any, dtype: Any, metadata: Any = None
) -> Tensor:
    if not isinstance(storage, TypedStorage) or not isinstance(dtype, D.DType):
        raise ArchiveError(f"tensors of {dtype} are not supported", _ENTRY)
    typed = TypedStorage(wrap_storage=storage.untyped(), dtype=dtype)
    return _tensor(typed, offset, size, stride, requires_grad, hooks, metadata)


def _parameter(data: Any, requires_grad: Any, _hooks: Any, _state: Any = None) -> Parameter:
    if not isinstance(data, Tensor) or not isinstance(requires_grad, bool):
        raise ArchiveError("a parameter is not described as expected", _ENTRY)
    return Parameter(data, requires_grad)  # type: ignore[no-any-return]


def _of_type(make: Any, kind: Any, arguments: Any, _state: Any) -> Any:
    """A tensor with attributes of its own, or of a subclass; these are left out."""
    if not isinstance(make, _Maker) or make not in _TENSOR_MAKERS or not isinstance(kind, (_Maker, Foreign)):
        raise ArchiveError("a tensor is not described as expected", _ENTRY)
    return make.make(*arguments)


def _restore(made: Tensor, state: Any) -> None:
    """The state of tensors and parameters that old versions of PyTorch saved."""
    if isinstance(state, tuple) and len(state) == 4:
        made._array = _tensor(*state)._array
    elif isinstance(state, tuple) and len(state) in (3, 5):
        if len(state) == 5 and isinstance(state[0], Tensor):
            made._array = state[0]._array
        made.requires_grad_(bool(state[3] if len(state) == 5 else state[0]))
    else:
        raise ArchiveError("the state of a tensor is not described as expected", _ENTRY)


def _from_numpy(array: Any, dtype: Any, _device: Any, requires_grad: Any) -> Tensor:
    made = Tensor._from_array(np.asarray(array).astype(dtype.numpy))
    return made.requires_grad_() if requires_grad else made


def _no_such(what: str) -> Callable[..., Any]:
    def refuse(*_: Any) -> Any:
        raise ArchiveError(f"{what} are not supported", _ENTRY)

    return refuse


# ---- arrays of NumPy
def _numpy_dtype(code: Any, *_: Any) -> np.dtype[Any]:
    made = np.dtype(code if isinstance(code, str) else "O")
    if made.kind not in "biufcSU" or made.itemsize > 1 << 16:
        raise ArchiveError(f"arrays of NumPy's type {code!r} are not supported", _ENTRY)
    return made


def _numpy_scalar(dtype: Any, raw: Any) -> Any:
    if not isinstance(dtype, np.dtype) or not isinstance(raw, (bytes, bytearray)) or len(raw) != dtype.itemsize:
        raise ArchiveError("a number of NumPy is not described as expected", _ENTRY)
    return np.frombuffer(bytes(raw), dtype)[0] if raw else dtype.type()


def _fill_array(made: Any, state: Any) -> None:
    fits = isinstance(state, tuple) and len(state) == 5 and isinstance(state[2], np.dtype)
    shape = state[1] if fits else None
    if not isinstance(shape, tuple) or not all(type(n) is int and 0 <= n < 1 << 40 for n in shape) or len(shape) > 32:
        raise ArchiveError("an array of NumPy is not described as expected", _ENTRY)
    count = 1
    for extent in shape:
        count *= extent
    if not isinstance(state[4], (bytes, bytearray)) or len(state[4]) != count * state[2].itemsize:
        raise ArchiveError("an array of NumPy does not have the bytes that its shape needs", _ENTRY)
    made.__setstate__((1, shape, state[2], bool(state[3]), bytes(state[4])))


# ---- plain values
def _encoded(text: Any, encoding: Any = "utf-8") -> bytes:
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1", "utf-8", "utf8", "ascii"):
        raise ArchiveError("bytes are not described as expected", _ENTRY)
    return text.encode(encoding)


def _byte_array(value: Any = b"", encoding: Any = "latin-1") -> bytearray:
    if isinstance(value, str):
        return bytearray(_encoded(value, encoding))
    if not isinstance(value, (bytes, bytearray, list)):
        raise ArchiveError("a bytearray is not described as expected", _ENTRY)
    return bytearray(value)


def _complex(real: Any = 0, imaginary: Any = 0) -> complex:
    if not isinstance(real, (int, float)) or not isinstance(imaginary, (int, float)):
        raise ArchiveError("a complex number is not described as expected", _ENTRY)
    return complex(real, imaginary)


def _size(values: Iterable[Any] = ()) -> places.Size:
    if not isinstance(values, (tuple, list)) or not all(type(v) is int for v in values):
        raise ArchiveError("a torch.Size is not described as expected", _ENTRY)
    return places.Size(values)


def _layout(name: Any) -> places.layout:
    if name != "torch.strided":
        raise ArchiveError(f"the layout {str(name)[:40]!r} is not supported", _ENTRY)
    return places.strided


def _named_object(make: Callable[..., Any]) -> Callable[..., Any]:
    def made(*arguments: Any) -> Any:
        if not all(isinstance(a, (str, int)) for a in arguments):
            raise ArchiveError("a value is not described as expected", _ENTRY)
        return make(*arguments)

    return made


_MAKERS: dict[str, Callable[..., Any]] = {
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _tensor_of_type,
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_parameter_with_state": _parameter,
    "torch._utils._rebuild_device_tensor_from_numpy": _from_numpy,
    "torch._utils._rebuild_qtensor": _no_such("quantized tensors"),
    "torch._utils._rebuild_sparse_tensor": _no_such("sparse tensors"),
    "torch._utils._rebuild_meta_tensor_no_storage": _no_such("tensors without data (device meta)"),
    "torch._utils._rebuild_nested_tensor": _no_such("nested tensors"),
    "torch._utils._rebuild_wrapper_subclass": _no_such("subclasses of tensors"),
    "torch._tensor._rebuild_from_type_v2": _of_type,
    "torch.nn.parameter.Parameter": lambda data=None, requires_grad=True: Parameter(data, bool(requires_grad)),
    "torch.Tensor": partial(_empty, D.float32),
    "torch.Size": _size,
    "torch.device": _named_object(places.device),
    "torch.serialization._get_layout": _layout,
    "_codecs.encode": _encoded,
    "builtins.bytearray": _byte_array,
    "builtins.complex": _complex,
}
_KNOWN: dict[str, Any] = {
    **{name: _Maker(name, make) for name, make in _MAKERS.items()},
    "collections.OrderedDict": OrderedDict,
    "collections.Counter": Counter,
    "builtins.set": set,
    **{f"torch.{d.name}": d for d in D.ALL_DTYPES},
    **{f"torch.{name}": StorageKind(dtype) for name, dtype in STORAGES.items()},
    **{f"torch.{name}": StorageKind(None) for name in ("UntypedStorage", "storage.UntypedStorage")},
    **{f"torch.{name}": _Maker(name, partial(_empty, dtype)) for dtype, name in LEGACY_NAMES.items()},
}
_TENSOR_MAKERS = [_KNOWN[name] for name in _MAKERS if name.startswith("torch._utils.")]
_BESIDES: dict[str, Any] = {
    "numpy.dtype": _Maker("numpy.dtype", _numpy_dtype),
    "numpy.core.multiarray.scalar": _Maker("a number of NumPy", _numpy_scalar),
    "numpy.core.multiarray._reconstruct": _Maker("an array of NumPy", lambda *_: np.ndarray((0,), np.uint8)),
    "argparse.Namespace": _Maker("argparse.Namespace", argparse.Namespace),
    "builtins.frozenset": frozenset,
    "numpy.ndarray": _Maker("numpy.ndarray", _no_such("arrays of NumPy that are made in this way")),
    **{f"torch.{f.name}": f for f in (places.contiguous_format, places.channels_last, places.channels_last_3d)},
    "torch.preserve_format": places.preserve_format,
}
