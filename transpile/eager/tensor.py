"""The ``Tensor`` class: an array with torch's meaning.

Operators with a first argument ``self`` become methods through ``methods.install``; what is written here is what
Python's protocols need (operators, ``len``, iteration, conversion), plus what has a Python-only form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from transpile.core import dtype as D
from transpile.eager import dispatch
from transpile.eager.matching import match
from transpile.eager.size import CPU, Size, device, require_cpu, require_rank, strided
from transpile.eager.size import layout as Layout
from transpile.eager.storage import TypedStorage, UntypedStorage, memory_of
from transpile.ops.promotion import get_default_dtype
from transpile.ops.resizing import resized

Array = np.ndarray[Any, Any]
_NO_GRAPH = (
    "this implementation does not compute gradients: requires_grad is kept as a flag only. "
    "Run the training part under PyTorch"
)


_T = TypeVar("_T", bound="Tensor")


def call_method(name: str, args: tuple[Any, ...], kwargs: dict[str, Any] | None = None) -> Any:
    """Call ``aten::name`` with ``args[0]`` as ``self``."""
    operator, values = match(name, args, kwargs or {}, method=True)
    return dispatch.call(operator, values)


def _binary(name: str) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        if not isinstance(other, (Tensor, int, float, complex, np.generic)):
            return NotImplemented
        return call_method(name, (self, other))

    return method


def _reflected(name: str) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        if not isinstance(other, (Tensor, int, float, complex, np.generic)):
            return NotImplemented
        return call_method(name, (other, self))

    return method


def _unary(name: str) -> Callable[[Any], Any]:
    return lambda self: call_method(name, (self,))


class Tensor:
    """A multi-dimensional array.  ``Tensor(2, 3)`` is uninitialised and of floats, ``Tensor([..])`` holds the data."""

    _array: Array
    _requires_grad: bool
    _grad_name: str | None
    grad: Tensor | None
    __array_priority__ = 1000  # so that NumPy leaves ``array + tensor`` to us

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Stands for the methods that come from the registry."""

    def __new__(cls, *data: Any, **kwargs: Any) -> Any:
        if not data:
            return cls._from_array(np.empty(0, get_default_dtype().numpy))
        first = data[0]
        if len(data) == 1 and not isinstance(first, int):
            if isinstance(first, Size):
                return cls._from_array(np.zeros(first, get_default_dtype().numpy))
            from transpile.eager.creation import from_data

            return cls._from_array(from_data(first, get_default_dtype())._array)
        return cls._from_array(np.zeros(data, get_default_dtype().numpy))

    @classmethod
    def _from_array(cls: type[_T], array: Any, requires_grad: bool = False) -> _T:
        """A tensor over ``array`` itself."""
        self = object.__new__(cls)
        self._array = array if isinstance(array, np.ndarray) else np.asarray(array)
        self._requires_grad = requires_grad
        self._grad_name = None
        self.grad = None
        return self

    # -- what is known without looking at elements -------------------------------------------------------------------

    @property
    def dtype(self) -> D.DType:
        return D.from_numpy(self._array.dtype)

    @property
    def device(self) -> device:
        return CPU

    @property
    def layout(self) -> Layout:
        return strided

    @property
    def shape(self) -> Size:
        mode = dispatch.active_mode()
        return mode.shape(self) if mode is not None else Size(self._array.shape)

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the extent of one dimension."""
        if dim is None:
            return self.shape
        rank = max(self._array.ndim, 1)
        if not -rank <= dim < rank:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-rank}, {rank - 1}], but got {dim})"
            )
        if self._array.ndim == 0:
            raise IndexError("Dimension specified as 0 but tensor has no dimensions")
        mode = dispatch.active_mode()
        return mode.size(self, dim) if mode is not None else self._array.shape[dim]

    def stride(self, dim: int | None = None) -> Any:
        """How many elements apart neighbours along each dimension are."""
        item = self._array.itemsize
        strides = tuple(s // item for s in self._array.strides)
        return strides if dim is None else strides[dim]

    def dim(self) -> int:
        return self._array.ndim

    ndimension = dim

    @property
    def ndim(self) -> int:
        return self._array.ndim

    def numel(self) -> Any:
        """The number of elements."""
        mode = dispatch.active_mode()
        return mode.numel(self) if mode is not None else self._array.size

    nelement = numel

    def element_size(self) -> int:
        return self._array.itemsize

    @property
    def itemsize(self) -> int:
        return self._array.itemsize

    @property
    def nbytes(self) -> int:
        return self._array.nbytes

    def data_ptr(self) -> int:
        return int(self._array.__array_interface__["data"][0])

    def storage_offset(self) -> int:
        """The distance in elements from the start of the memory that this view is part of."""
        base: Any = self._array
        while isinstance(base.base, np.ndarray):
            base = base.base
        return (self.data_ptr() - int(base.__array_interface__["data"][0])) // max(self._array.itemsize, 1)

    def untyped_storage(self) -> UntypedStorage:
        """The memory that this tensor is a view of."""
        return UntypedStorage._over(memory_of(self._array))

    def storage(self) -> TypedStorage:
        """The same as elements of this tensor's type."""
        return TypedStorage(wrap_storage=self.untyped_storage(), dtype=self.dtype)

    def is_contiguous(self, memory_format: Any = None) -> bool:
        array = self._array
        if memory_format is not None and memory_format.name.startswith("channels_last") and array.ndim >= 3:
            return bool(np.moveaxis(array, 1, -1).flags.c_contiguous)
        return bool(array.flags.c_contiguous)

    def is_floating_point(self) -> bool:
        return self.dtype.is_floating_point

    def is_complex(self) -> bool:
        return self.dtype.is_complex

    def is_signed(self) -> bool:
        return self.dtype.is_signed

    def is_inference(self) -> bool:
        return False

    def is_shared(self) -> bool:
        return False

    def is_pinned(self) -> bool:
        return False

    def is_set_to(self, other: Tensor) -> bool:
        return bool(self.data_ptr() == other.data_ptr() and self._array.shape == other._array.shape)

    def is_same_size(self, other: Tensor) -> bool:
        return bool(self._array.shape == other._array.shape)

    def get_device(self) -> int:
        return -1

    is_cuda = is_sparse = is_quantized = is_meta = is_nested = is_mkldnn = is_mps = is_xpu = False
    is_cpu = True
    grad_fn: Any = None
    names: Any = None
    _version = 0

    # -- gradients: flags only ---------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    @property
    def is_leaf(self) -> bool:
        return self._grad_name is None

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Set the flag; only floating point and complex tensors may have it."""
        if requires_grad and self.dtype.category < D.FLOATING:
            raise RuntimeError("only Tensors of floating point and complex dtype can require gradients")
        if not requires_grad and not self.is_leaf:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in "
                "a subgraph that doesn't require differentiation use var_no_grad = var.detach()."
            )
        self._requires_grad = bool(requires_grad)
        return self

    def _track(self, operator: str) -> None:
        """Mark as the result of an operator on tensors that require grad."""
        if self._array.dtype.kind in "biu":
            return
        self._requires_grad = True
        self._grad_name = gradient_name(operator)

    def backward(self, gradient: Any = None, retain_graph: Any = None, create_graph: bool = False, **_: Any) -> None:
        """Not available: raises ``NotImplementedError``."""
        raise NotImplementedError(f"backward(): {_NO_GRAPH}")

    def register_hook(self, hook: Any) -> Any:
        """Not available: raises ``NotImplementedError``."""
        raise NotImplementedError(f"register_hook(): {_NO_GRAPH}")

    def retain_grad(self) -> None:
        """Accepted: there is no gradient to keep."""

    def detach_(self) -> Tensor:
        self._requires_grad, self._grad_name = False, None
        return self

    @property
    def data(self) -> Tensor:
        return Tensor._from_array(self._array)

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        self._array = value._array

    # -- Python numbers and arrays -----------------------------------------------------------------------------------

    def item(self) -> Any:
        """The only element as a Python number; ``RuntimeError`` if there are more or none."""
        self._require_single()
        return self._number("a Python number")

    def _number(self, what: str) -> Any:
        """The only element, which leaves the tensors as ``what``."""
        _leaves(self, what)
        return _python(self._array.reshape(()).item())

    def tolist(self) -> Any:
        """Nested lists of Python numbers; a number for a 0-d tensor."""
        _leaves(self, "a Python list")
        array = self._array
        return (array.astype(np.float32) if array.dtype == D.bfloat16.numpy else array).tolist()

    def numpy(self, *, force: bool = False) -> Array:
        """The memory as an array, shared both ways."""
        if self._requires_grad and not force:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        if self.dtype is D.bfloat16:
            raise TypeError("Got unsupported ScalarType BFloat16")
        _leaves(self, "a NumPy array")
        return self._array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        array = self.numpy()
        return array if dtype is None else array.astype(dtype, copy=False)

    def __bool__(self) -> bool:
        if self._array.size != 1:
            what = "no values" if self._array.size == 0 else "more than one value"
            raise RuntimeError(f"Boolean value of Tensor with {what} is ambiguous")
        return bool(self._number("a Python boolean"))

    def __int__(self) -> int:
        self._require_single()
        return int(self._number("a Python integer"))

    def __float__(self) -> float:
        self._require_single()
        return float(self._number("a Python float"))

    def __complex__(self) -> complex:
        return complex(self.item())

    def _require_single(self) -> None:
        if self._array.size != 1:
            raise RuntimeError(f"a Tensor with {self._array.size} elements cannot be converted to Scalar")

    def __index__(self) -> int:
        if self._array.size != 1 or self.dtype.category > D.INTEGRAL:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self._array.reshape(()))

    def __len__(self) -> int:
        if self._array.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        mode = dispatch.active_mode()
        return int(self._array.shape[0]) if mode is None else mode.length(self)

    def __iter__(self) -> Iterator[Any]:
        if self._array.ndim == 0:
            raise TypeError("iteration over a 0-d tensor")
        mode = dispatch.active_mode()
        if mode is not None:
            mode.iterates(self)
        return iter(call_method("aten::unbind", (self, 0)))

    def __reversed__(self) -> Any:
        return self if self._array.ndim == 0 else call_method("aten::flip", (self, [0]))

    def __contains__(self, item: Any) -> bool:
        if isinstance(item, (Tensor, int, float, complex, bool)):
            return bool(np.any(self._array == dispatch.unwrap(item)))
        raise RuntimeError(f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(item)}.")

    def __format__(self, spec: str) -> str:
        if self._array.ndim == 0 and type(self) is Tensor:
            return format(_python(self._array.item()), spec)
        return object.__format__(self, spec)

    def __repr__(self) -> str:
        from transpile.eager.printing import tensor_text

        return tensor_text(self)

    def __hash__(self) -> int:
        return id(self)

    # -- indexing ----------------------------------------------------------------------------------------------------

    def __getitem__(self, index: Any) -> Any:
        from transpile.eager.indexing import get_item

        return get_item(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        from transpile.eager.indexing import set_item

        set_item(self, index, value)

    # -- copies ------------------------------------------------------------------------------------------------------

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol "
                "at the moment."
            )
        if id(self) not in memo:
            copied = type(self)._from_array(self._array.copy(order="K"), self._requires_grad)
            copied.grad = self.grad
            memo[id(self)] = copied
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self._array, self.dtype.name, self._requires_grad))

    # -- conversion --------------------------------------------------------------------------------------------------

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """``to(dtype)``, ``to(device[, dtype])`` or ``to(other)``; ``self`` if nothing changes, unless ``copy``."""
        dtype = kwargs.get("dtype")
        place = kwargs.get("device")
        given: list[bool] = []  # non_blocking and copy by position
        for position, value in enumerate((*args, kwargs.get("other"), kwargs.get("device"))):
            if isinstance(value, Tensor):
                dtype, place = value.dtype, "cpu"
            elif isinstance(value, D.DType) or (isinstance(value, type) and value in (float, int, bool, complex)):
                dtype = value
            elif isinstance(value, (str, device)):
                place = require_cpu(value)
            elif isinstance(value, bool) and position < len(args):
                given.append(value)
            elif value is not None:
                raise TypeError(f"to() received an invalid combination of arguments - got ({type(value).__name__})")
        require_rank(kwargs.get("memory_format"), self._array.ndim)
        non_blocking = bool(given[0] if given else kwargs.get("non_blocking", False))
        copy = bool(given[1] if len(given) > 1 else kwargs.get("copy", False))
        mode = dispatch.active_mode()
        if mode is not None:
            converted = mode.convert(self, dtype, place, non_blocking, copy)
            if converted is not None:
                return converted
        if dtype is None:
            if not copy:
                return self
            dtype = self.dtype
        return call_method("aten::to", (self, dtype, False, copy))

    def resize_(self, *sizes: Any, memory_format: Any = None) -> Tensor:
        """Change the shape in place; see ``ops.resizing.resized``."""
        return self._resize(sizes[0] if len(sizes) == 1 and isinstance(sizes[0], (list, tuple)) else sizes, "resize_")

    def resize_as_(self, the_template: Tensor, memory_format: Any = None) -> Tensor:
        """Take the shape of ``the_template`` in place."""
        return self._resize(the_template._array.shape, "resize_as_")

    def _resize(self, sizes: Sequence[Any], how: str) -> Tensor:
        if self._requires_grad:
            raise RuntimeError("cannot resize variables that require grad")
        self._array = resized(self._array, tuple(int(dispatch.unwrap(s)) for s in sizes))
        mode = dispatch.active_mode()
        if mode is not None:
            mode.resized(self, how)
        return self

    def cpu(self, memory_format: Any = None) -> Any:
        return self.to("cpu")

    def cuda(self, device: Any = None, **_: Any) -> Any:
        require_cpu("cuda")

    def type(self, dtype: Any = None, non_blocking: bool = False) -> Any:
        """The legacy type name (``torch.FloatTensor``), or the tensor converted to ``dtype``."""
        if dtype is None:
            return f"torch.{LEGACY_NAMES[self.dtype]}"
        if isinstance(dtype, str):
            by_name = {f"torch.{n}": d for d, n in LEGACY_NAMES.items()}
            dtype = by_name[dtype]
        return self.to(getattr(dtype, "dtype", dtype))

    def new(self, *args: Any) -> Any:
        """A tensor of the same type from a shape or data."""
        return Tensor(*args).to(self.dtype)

    def new_tensor(self, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
        from transpile.eager.creation import created, from_data

        made = created(from_data(data, dtype or self.dtype), "new_tensor")
        return made.requires_grad_() if requires_grad else made

    # -- operators ---------------------------------------------------------------------------------------------------

    __add__ = __radd__ = _binary("aten::add")
    __sub__ = _binary("aten::sub")
    __rsub__ = _binary("aten::rsub")
    __mul__ = __rmul__ = _binary("aten::mul")
    __truediv__ = _binary("aten::div")
    __floordiv__ = _binary("aten::floor_divide")
    __rfloordiv__ = _reflected("aten::floor_divide")
    __mod__ = _binary("aten::remainder")
    __rmod__ = _reflected("aten::remainder")
    __pow__ = _binary("aten::pow")
    __rpow__ = _reflected("aten::pow")
    __matmul__ = _binary("aten::matmul")
    __rmatmul__ = _reflected("aten::matmul")
    __and__ = __rand__ = _binary("aten::__and__")
    __or__ = __ror__ = _binary("aten::__or__")
    __xor__ = __rxor__ = _binary("aten::__xor__")
    __lshift__ = _binary("aten::__lshift__")
    __rshift__ = _binary("aten::__rshift__")
    __rlshift__ = _reflected("aten::__lshift__")
    __rrshift__ = _reflected("aten::__rshift__")
    __lt__ = _binary("aten::lt")
    __le__ = _binary("aten::le")
    __gt__ = _binary("aten::gt")
    __ge__ = _binary("aten::ge")
    __iadd__ = _binary("aten::add_")
    __isub__ = _binary("aten::sub_")
    __imul__ = _binary("aten::mul_")
    __itruediv__ = _binary("aten::div_")
    __ifloordiv__ = _binary("aten::floor_divide_")
    __imod__ = _binary("aten::remainder_")
    __ipow__ = _binary("aten::pow_")
    __iand__ = _binary("aten::__iand__")
    __ior__ = _binary("aten::__ior__")
    __ixor__ = _binary("aten::__ixor__")
    __ilshift__ = _binary("aten::__ilshift__")
    __irshift__ = _binary("aten::__irshift__")
    __neg__ = _unary("aten::neg")
    __abs__ = _unary("aten::abs")
    __invert__ = _unary("aten::bitwise_not")

    def __eq__(self, other: object) -> Any:
        return _EQ(self, other)

    def __ne__(self, other: object) -> Any:
        return _NE(self, other)

    def __rdiv__(self, other: Any) -> Any:
        return call_method("aten::mul", (call_method("aten::reciprocal", (self,)), other))

    def __rtruediv__(self, other: Any) -> Any:
        if not isinstance(other, (int, float, complex, np.generic)):
            return NotImplemented
        return call_method("aten::mul", (call_method("aten::reciprocal", (self,)), other))

    def __pos__(self) -> Any:
        if self.dtype is D.bool_:
            raise RuntimeError("positive does not support bool tensors.")
        return self


_EQ = _binary("aten::eq")
_NE = _binary("aten::ne")

LEGACY_NAMES = {
    D.float32: "FloatTensor", D.float64: "DoubleTensor", D.float16: "HalfTensor", D.bfloat16: "BFloat16Tensor",
    D.uint8: "ByteTensor", D.int8: "CharTensor", D.int16: "ShortTensor", D.int32: "IntTensor", D.int64: "LongTensor",
    D.bool_: "BoolTensor", D.complex64: "ComplexFloatTensor", D.complex128: "ComplexDoubleTensor",
}  # fmt: skip

# Where the name of torch's backward function is not the operator's in camel case; overloads with a name of their own
# come first.
_GRADIENT_NAMES = {
    "sum.dim_IntList": "SumBackward1", "mean.dim": "MeanBackward1", "max": "MaxBackward1", "min": "MinBackward1",
    "clamp": "ClampBackward1", "rsub.Scalar": "RsubBackward1", "pow.Scalar": "PowBackward2",
    "pow.Tensor_Tensor": "PowBackward1", "linear": "Addmm", "conv1d": "Convolution", "conv2d": "Convolution",
    "conv3d": "Convolution", "conv_transpose1d": "Convolution", "conv_transpose2d": "Convolution",
    "batch_norm": "NativeBatchNorm", "layer_norm": "NativeLayerNorm", "group_norm": "NativeGroupNorm",
    "flatten": "View", "reshape": "View", "matmul": "Mm", "max_pool2d": "MaxPool2DWithIndices",
    "cross_entropy_loss": "NllLoss", "nll_loss_nd": "NllLoss", "to": "ToCopy", "type_as": "ToCopy", "dropout": "Mul",
    "norm": "LinalgVectorNorm", "chunk": "Split", "tile": "Repeat", "pad": "ConstantPadNd", "relu6": "Hardtanh",
    "outer": "Mul", "numpy_T": "Permute", "mT": "Transpose", "narrow": "Slice", "square": "Pow",
}  # fmt: skip


def gradient_name(operator: str) -> str:
    """The name that torch shows as ``grad_fn`` for the result of an operator (``aten::sum.dim_IntList``)."""
    qualified = operator.rpartition("::")[2]
    short, _, overload = qualified.partition(".")
    short = short.strip("_")
    known = _GRADIENT_NAMES.get(f"{short}.{overload}" if overload else short) or _GRADIENT_NAMES.get(short, "")
    if known and not known.endswith(("0", "1", "2")):
        return f"{known}Backward0"
    if known and not (overload and known == _GRADIENT_NAMES.get(short)):
        return known
    camel = "".join(part.capitalize() for part in short.split("_"))
    return re.sub(r"(?<=\d)[a-z]", lambda m: m.group().upper(), camel) + "Backward0"


def _leaves(tensor: Tensor, what: str) -> None:
    mode = dispatch.active_mode()
    if mode is not None:
        mode.leaves(tensor, what)


def _python(value: Any) -> Any:
    """A Python number for what ``ndarray.item`` gives (bfloat16 arrays give a type of their own)."""
    return value if isinstance(value, (bool, int, float, complex)) else float(value)


def _rebuild(kind: type[Tensor], array: Array, dtype: str, requires_grad: bool) -> Any:
    return kind._from_array(np.asarray(array).astype(D.from_name(dtype).numpy, copy=False), requires_grad)
