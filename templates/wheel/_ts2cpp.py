"""Calls a compiled model through its C interface (`ts2cpp/c_api.h`) with ctypes and NumPy."""

from __future__ import annotations

import builtins
import collections
import ctypes
import inspect
import os
import pathlib
import weakref

import numpy as np

_ABI_VERSION = 1
_P, _S, _I32, _I64, _SIZE = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int32, ctypes.c_int64, ctypes.c_size_t


class _Tensor(ctypes.Structure):
    _fields_ = [
        ("data", _P), ("device_type", _I32), ("device_id", _I32), ("ndim", _I32), ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16), ("shape", ctypes.POINTER(_I64)),
        ("strides", ctypes.POINTER(_I64)), ("byte_offset", ctypes.c_uint64),
    ]  # fmt: skip


class _Managed(ctypes.Structure):
    _fields_ = [("tensor", _Tensor), ("manager", _P), ("deleter", ctypes.CFUNCTYPE(None, _P))]


_FUNCTIONS = {
    "last_error": (_S,), "last_error_kind": (_S,), "method_count": (_SIZE, _P), "method": (_P, _P, _SIZE),
    "load": (_I32, _P, _P), "load_file": (_I32, _P, _S, _P), "load_memory": (_I32, _P, _P, _SIZE, _P),
    "copy_model": (_I32, _P, _P), "free_model": (None, _P), "num_threads": (_I32,), "set_num_threads": (_I32, _I32),
    "manual_seed": (_I32, _I64), "create_values": (_I32, _P), "free_values": (None, _P),
    "put_tensor": (_I32, _P, _S, _P), "put_managed": (_I32, _P, _S, _P), "put_bool": (_I32, _P, _S, _I32),
    "put_int": (_I32, _P, _S, _I64), "put_float": (_I32, _P, _S, ctypes.c_double), "put_text": (_I32, _P, _S, _S, _SIZE),
    "call": (_I32, _P, _S, _P, _P), "count": (_SIZE, _P), "name_at": (_S, _P, _SIZE), "is_text": (_I32, _P, _S),
    "get_tensor": (_I32, _P, _S, _P), "get_managed": (_I32, _P, _S, _P), "get_bool": (_I32, _P, _S, _P),
    "get_int": (_I32, _P, _S, _P), "get_float": (_I32, _P, _S, _P), "get_text": (_I32, _P, _S, _P, _P),
}  # fmt: skip


class _Api(ctypes.Structure):
    _fields_ = [
        ("struct_size", _SIZE), ("version", ctypes.c_uint32), ("name", _S), ("exports", _P),
        *((name, ctypes.CFUNCTYPE(*types)) for name, types in _FUNCTIONS.items()),
    ]  # fmt: skip


_CODES = {"i": 0, "u": 1, "f": 2, "c": 5, "b": 6}
_KINDS = {code: kind for kind, code in _CODES.items()}


def _numpy_dtype(code, bits):
    if code == 4:
        try:
            import ml_dtypes
        except ImportError:
            raise TypeError("a result is bfloat16: `pip install ml_dtypes`") from None
        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(bool) if code == 6 else np.dtype(f"{_KINDS[code]}{bits // 8}")


def _as_array(value, name):
    if isinstance(value, np.ndarray):
        array = value
    elif hasattr(value, "__dlpack__"):
        array = np.from_dlpack(value)
    else:
        array = np.asarray(value)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype.kind not in _CODES and array.dtype.name != "bfloat16":
        raise TypeError(f"{name}: an array of {array.dtype} is no tensor")
    return array


def _expect(name, value, kind, fits):
    if not fits:
        raise TypeError(f"{name}: a value of type {kind} was expected, not {type(value).__name__}")


class _Library:
    """The shared library of one model."""

    def __init__(self, path, symbol):
        self._library = ctypes.CDLL(str(path))
        entry = getattr(self._library, symbol)
        entry.restype, entry.argtypes = ctypes.POINTER(_Api), [ctypes.c_uint32]
        found = entry(_ABI_VERSION)
        if not found:
            raise ImportError(f"{path} has no interface of version {_ABI_VERSION}")
        self.api = found.contents
        self.address = ctypes.cast(found, _P)

    def check(self, code):
        if code == 0:
            return
        text = self.api.last_error().decode("utf-8", "replace")
        kind = self.api.last_error_kind().decode("utf-8", "replace")
        known = getattr(builtins, kind, None)
        known = known if isinstance(known, type) and issubclass(known, Exception) else RuntimeError
        raise known(text.removeprefix(f"{kind}: ") if known.__name__ == kind else text)

    def handle(self, function, *arguments):
        made = _P()
        self.check(function(*arguments, ctypes.byref(made)))
        return made


class _Values:
    """Arguments or results of one call."""

    def __init__(self, library, handle=None):
        self.library, self.api = library, library.api
        self.handle = library.handle(self.api.create_values) if handle is None else handle
        self._finalizer = weakref.finalize(self, self.api.free_values, self.handle)

    # ---- arguments
    def put(self, name, type, value):
        kind = type if isinstance(type, str) else type[0]
        if kind == "optional":
            if value is not None:
                self.put(name, type[1], value)
        elif kind == "list":
            _expect(name, value, "list", hasattr(value, "__iter__") and not isinstance(value, (str, bytes, dict)))
            for position, item in enumerate(value):
                self.put(f"{name}.{position}", type[1], item)
        elif kind in ("tuple", "named"):
            types = type[1:] if kind == "tuple" else [t for _, t in type[2:]]
            _expect(name, value, "tuple", isinstance(value, (tuple, list)))
            if len(value) != len(types):
                raise ValueError(f"{name}: {len(types)} items were expected, not {len(value)}")
            for position, (inner, item) in enumerate(zip(types, value)):  # noqa: B905
                self.put(f"{name}.{position}", inner, item)
        elif kind == "dict":
            _expect(name, value, "dict", hasattr(value, "items"))
            for key, item in value.items():
                self.put(f"{name}.{key}", type[2], item)
        elif kind == "enum":
            self._put_leaf(name, "str", getattr(value, "name", value))
        elif kind == "object":
            raise TypeError(f"{name}: an object cannot be passed to the compiled model")
        elif kind in ("any", "number"):
            self._put_any(name, value)
        elif kind != "None":
            self._put_leaf(name, kind, value)

    def _put_any(self, name, value):
        if value is None:
            return
        if isinstance(value, dict):
            for key, item in value.items():
                self._put_any(f"{name}.{key}", item)
        elif isinstance(value, (list, tuple)):
            for position, item in enumerate(value):
                self._put_any(f"{name}.{position}", item)
        else:
            kinds = {bool: "bool", int: "int", float: "float", complex: "complex", str: "str"}
            self._put_leaf(name, kinds.get(type(value), "tensor"), value)

    def _put_leaf(self, name, kind, value):
        key = name.encode()
        if kind == "str":
            _expect(name, value, "str", isinstance(value, str))
            text = value.encode()
            code = self.api.put_text(self.handle, key, text, len(text))
        elif kind == "bool":
            code = self.api.put_bool(self.handle, key, bool(value))
        elif kind == "int":
            _expect(name, value, "int", hasattr(value, "__index__"))
            number = value.__index__()
            if not -(2**63) <= number < 2**63:
                raise OverflowError(f"{name}: {number} does not fit into 64 bits")
            code = self.api.put_int(self.handle, key, number)
        elif kind == "float":
            _expect(name, value, "float", hasattr(value, "__float__") or hasattr(value, "__index__"))
            code = self.api.put_float(self.handle, key, float(value))
        else:
            array = np.asarray(value, np.complex128) if kind == "complex" else _as_array(value, name)
            code = self._put_array(key, array)
        self.library.check(code)

    def _put_array(self, key, array):
        sizes = (_I64 * max(array.ndim, 1))(*array.shape)
        if any(step % array.itemsize for step in array.strides):
            array = np.ascontiguousarray(array)
        strides = (_I64 * max(array.ndim, 1))(*(step // array.itemsize for step in array.strides))
        code = 4 if array.dtype.name == "bfloat16" else _CODES[array.dtype.kind]
        tensor = _Tensor(
            array.ctypes.data, 1, 0, array.ndim, code, 8 * array.itemsize, 1,
            ctypes.cast(sizes, ctypes.POINTER(_I64)), ctypes.cast(strides, ctypes.POINTER(_I64)), 0,
        )  # fmt: skip
        return self.api.put_tensor(self.handle, key, ctypes.byref(tensor))

    # ---- results
    def names(self):
        return [self.api.name_at(self.handle, i).decode() for i in range(self.api.count(self.handle))]

    def leaf(self, name, kind):
        key = name.encode()
        if self.api.is_text(self.handle, key):
            text, length = _S(), _SIZE()
            self.library.check(self.api.get_text(self.handle, key, ctypes.byref(text), ctypes.byref(length)))
            return ctypes.string_at(text, length.value).decode("utf-8", "replace")
        array = self._array(key)
        return array if kind == "tensor" or array.ndim else array.item()

    def _array(self, key):
        """The tensor where it is: the array keeps the memory."""
        managed = ctypes.POINTER(_Managed)()
        self.library.check(self.api.get_managed(self.handle, key, ctypes.byref(managed)))
        tensor = managed.contents.tensor
        release = managed.contents.deleter
        address = ctypes.cast(managed, _P).value
        shape = tuple(tensor.shape[d] for d in range(tensor.ndim))
        try:
            dtype = _numpy_dtype(tensor.code, tensor.bits)
        except TypeError:
            release(address)
            raise
        if 0 in shape:
            release(address)
            return np.empty(shape, dtype)
        strides = tuple(tensor.strides[d] for d in range(tensor.ndim))
        extent = 1 + sum((size - 1) * step for size, step in zip(shape, strides))  # noqa: B905
        memory = (ctypes.c_char * (extent * dtype.itemsize)).from_address(tensor.data + tensor.byte_offset)
        weakref.finalize(memory, release, address)
        return np.ndarray(shape, dtype, memory, 0, tuple(step * dtype.itemsize for step in strides))


class _Tree:
    """Results put together again."""

    def __init__(self, values):
        self._values = values
        self._names = values.names()

    def _below(self, name):
        prefix = f"{name}."
        return [n[len(prefix) :] for n in self._names if n.startswith(prefix)]

    def get(self, name, type):
        kind = type if isinstance(type, str) else type[0]
        rest = self._below(name)
        if kind == "optional":
            return self.get(name, type[1]) if rest or name in self._names else None
        if kind == "list":
            count = 1 + max((int(r.partition(".")[0]) for r in rest), default=-1)
            return [self.get(f"{name}.{i}", type[1]) for i in range(count)]
        if kind == "tuple":
            return tuple(self.get(f"{name}.{i}", t) for i, t in enumerate(type[1:]))
        if kind == "named":
            items = [self.get(f"{name}.{i}", t) for i, (_, t) in enumerate(type[2:])]
            return collections.namedtuple(type[1], [field for field, _ in type[2:]])(*items)
        if kind == "dict":
            leaf = isinstance(type[2], str)
            keys = dict.fromkeys(r if leaf else r.partition(".")[0] for r in rest)
            return {_key(k, type[1]): self.get(f"{name}.{k}", type[2]) for k in keys}
        if kind == "any" and name not in self._names:
            return {r: self._values.leaf(f"{name}.{r}", "any") for r in rest} or None
        return self._values.leaf(name, kind) if name in self._names else None


def _key(text, type):
    return {"int": int, "float": float, "bool": "True".__eq__}.get(type, str)(text)


def make_model(module, file, name, methods, has_weights):
    """The class of a model, with one Python method for each of its methods."""
    folder = pathlib.Path(file).parent
    library = _Library(next(p for p in sorted(folder.iterdir()) if p.name.startswith("libmodel.")), f"{name}_api")
    api = library.api

    class Model:
        """A compiled model with its state.  Methods may be called by several threads; pickles hold the file of the weights."""

        def __init__(self, weights=None, *, threads=None):
            self._weights = None if weights is None else os.fspath(weights)
            self._threads = threads
            path = self._weights or (folder / "weights.safetensors" if has_weights else None)
            if path is None:
                self._adopt(library.handle(api.load, library.address))
            else:
                self._adopt(library.handle(api.load_file, library.address, os.fsencode(path)))
            if threads is not None:
                library.check(api.set_num_threads(threads))

        def _adopt(self, handle):
            self._handle = handle
            self._finalizer = weakref.finalize(self, api.free_model, handle)

        @staticmethod
        def manual_seed(seed):
            """Start the stream of random numbers anew, as `torch.manual_seed` does."""
            library.check(api.manual_seed(seed))

        def copy(self):
            """A model that shares nothing that calls change."""
            made = Model.__new__(Model)
            made._weights, made._threads = self._weights, self._threads
            made._adopt(library.handle(api.copy_model, self._handle))
            return made

        def __reduce__(self):
            return _restore, (module, self._weights, self._threads)

    def method(key, interface):
        parameters = [
            inspect.Parameter(p["name"], inspect.Parameter.POSITIONAL_OR_KEYWORD) for p in interface["parameters"]
        ]
        required = sum(1 for p in interface["parameters"] if not p["default"])
        signature = inspect.Signature(parameters)

        def call(self, *args, **kwargs):
            bound = signature.bind_partial(*args, **kwargs).arguments
            missing = [p["name"] for p in interface["parameters"] if not p["default"] and p["name"] not in bound]
            if missing:
                raise TypeError(f"{key}() misses {len(missing)} of {required} required arguments: {', '.join(missing)}")
            arguments = _Values(library)
            for parameter in interface["parameters"]:
                if parameter["name"] in bound:
                    arguments.put(parameter["name"], parameter["type"], bound[parameter["name"]])
            handle = library.handle(api.call, self._handle, key.encode(), arguments.handle)
            return _Tree(_Values(library, handle)).get("output", interface["returns"])

        call.__name__, call.__qualname__ = key, f"Model.{key}"
        call.__signature__ = inspect.Signature(
            [inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY), *parameters]
        )
        return call

    for key, interface in methods.items():
        setattr(Model, key, method(key, interface))
    Model.__call__ = getattr(Model, "forward" if "forward" in methods else next(iter(methods)))
    Model.__module__, Model.__qualname__ = module, "Model"
    return Model


def _restore(module, weights, threads):
    import importlib

    return importlib.import_module(module).Model(weights, threads=threads)
