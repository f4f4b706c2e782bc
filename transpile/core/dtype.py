"""Element types of tensors, with PyTorch's numeric codes and its promotion lattice."""

from __future__ import annotations

from dataclasses import dataclass

import ml_dtypes
import numpy as np
import numpy.typing as npt

BOOL, INTEGRAL, FLOATING, COMPLEX = range(4)


@dataclass(frozen=True, eq=False)
class DType:
    """One element type.

    ``code`` is the integer by which TorchScript knows the type, ``graph_name`` its spelling inside tensor types
    (``Float``), ``category`` one of ``BOOL < INTEGRAL < FLOATING < COMPLEX``, ``cpp_name`` what PyTorch's messages call its C++
    type.  Instances are singletons: compare with ``is``.
    """

    name: str
    code: int
    numpy: np.dtype[np.generic]
    category: int
    graph_name: str
    cpp_name: str

    @property
    def itemsize(self) -> int:
        return self.numpy.itemsize

    @property
    def is_floating_point(self) -> bool:
        return self.category == FLOATING

    @property
    def is_complex(self) -> bool:
        return self.category == COMPLEX

    @property
    def stored_name(self) -> str:
        """What PyTorch's messages call the C++ type of an element that is stored: integers by their width."""
        return self.cpp_name if self.category != INTEGRAL or self.name == "int32" else f"{self.name}_t"

    @property
    def is_signed(self) -> bool:
        return self.name not in ("uint8", "bool")

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str | tuple[object, ...]:
        return (from_code, (self.code,))

    def __deepcopy__(self, memo: object) -> DType:
        return self

    def __copy__(self) -> DType:
        return self


uint8 = DType("uint8", 0, np.dtype(np.uint8), INTEGRAL, "Byte", "unsigned char")
int8 = DType("int8", 1, np.dtype(np.int8), INTEGRAL, "Char", "signed char")
int16 = DType("int16", 2, np.dtype(np.int16), INTEGRAL, "Short", "short int")
int32 = DType("int32", 3, np.dtype(np.int32), INTEGRAL, "Int", "int")
int64 = DType("int64", 4, np.dtype(np.int64), INTEGRAL, "Long", "long int")
float16 = DType("float16", 5, np.dtype(np.float16), FLOATING, "Half", "c10::Half")
float32 = DType("float32", 6, np.dtype(np.float32), FLOATING, "Float", "float")
float64 = DType("float64", 7, np.dtype(np.float64), FLOATING, "Double", "double")
complex64 = DType("complex64", 9, np.dtype(np.complex64), COMPLEX, "ComplexFloat", "c10::complex<float>")
complex128 = DType("complex128", 10, np.dtype(np.complex128), COMPLEX, "ComplexDouble", "c10::complex<double>")
bool_ = DType("bool", 11, np.dtype(np.bool_), BOOL, "Bool", "bool")
bfloat16 = DType("bfloat16", 15, np.dtype(ml_dtypes.bfloat16), FLOATING, "BFloat16", "c10::BFloat16")

ALL_DTYPES: tuple[DType, ...] = (
    uint8, int8, int16, int32, int64, float16, float32, float64, complex64, complex128, bool_, bfloat16,
)  # fmt: skip
_BY_CODE = {d.code: d for d in ALL_DTYPES}
_BY_NUMPY = {d.numpy: d for d in ALL_DTYPES}
_BY_NAME = {d.name: d for d in ALL_DTYPES}
_BY_GRAPH_NAME = {d.graph_name: d for d in ALL_DTYPES}


def from_code(code: int) -> DType:
    """The type with TorchScript's integer ``code``; ``ValueError`` if there is none."""
    try:
        return _BY_CODE[code]
    except KeyError:
        raise ValueError(f"{code} is not the code of a supported dtype") from None


def from_numpy(dtype: npt.DTypeLike) -> DType:
    """The type of a NumPy dtype; ``TypeError`` for what torch has no counterpart of (strings, objects, uint32...)."""
    try:
        return _BY_NUMPY[np.dtype(dtype)]
    except KeyError:
        raise TypeError(f"can't convert np.ndarray of type {np.dtype(dtype)} to a tensor") from None


def from_name(name: str) -> DType:
    """The type called ``name`` ("float32"); ``KeyError`` if unknown."""
    return _BY_NAME[name]


def from_graph_name(name: str) -> DType:
    """The type called ``name`` inside graph text ("Float"); ``KeyError`` if unknown."""
    return _BY_GRAPH_NAME[name]


_FLOAT_RANK = {float16: 0, bfloat16: 0, float32: 1, float64: 2}
_TO_COMPLEX = {float16: complex64, bfloat16: complex64, float32: complex64, float64: complex128}


def promote_types(a: DType, b: DType) -> DType:
    """The smallest type both convert to, by torch's table (not NumPy's: int64 with float32 gives float32)."""
    if a is b:
        return a
    if a.category < b.category:
        a, b = b, a
    if a.category == COMPLEX:
        if b.category == FLOATING:
            b = _TO_COMPLEX[b]
        return complex128 if complex128 in (a, b) else complex64
    if a.category != b.category:
        return a
    if a.category == FLOATING:
        if _FLOAT_RANK[a] == _FLOAT_RANK[b]:
            return float32  # float16 with bfloat16
        return a if _FLOAT_RANK[a] > _FLOAT_RANK[b] else b
    if uint8 in (a, b):
        other = b if a is uint8 else a
        return int16 if other is int8 else other
    return a if a.itemsize > b.itemsize else b
