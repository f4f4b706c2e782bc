"""Functions of ``torch`` that take any number of tensors: given one by one, or as one sequence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from transpile.core.dtype import int64
from transpile.eager.creation import scalar_tensor, tensor
from transpile.eager.dispatch import active_mode
from transpile.eager.operator_function import invoke
from transpile.eager.size import Size
from transpile.eager.tensor import Tensor


def _list_first(tensors: tuple[Any, ...]) -> list[Any]:
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        return list(tensors[0])
    return list(tensors)


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that tensors of ``shapes`` broadcast to; a number is a shape of one dimension."""
    if active_mode() is not None:  # sizes may be tensors of the recording
        zero = scalar_tensor(0.0)
        grown = [zero.expand([s] if isinstance(s, (int, Tensor)) else s) for s in shapes]
        return cast(Size, broadcast_tensors(*grown)[0].shape)
    result = [1] * max((1 if isinstance(s, int) else len(s) for s in shapes), default=0)
    for number, given in enumerate(shapes):
        shape = (given,) if isinstance(given, int) else given
        for dim in range(-1, -1 - len(shape), -1):
            if shape[dim] == result[dim] or (shape[dim] == 1 and result[dim] != 1):
                continue
            if result[dim] != 1:
                raise RuntimeError(
                    f"Attempting to broadcast a dimension of length {shape[dim]} at {dim}! Mismatching argument at "
                    f"index {number} had {given}; but expected shape should be broadcastable to {result}"
                )
            if shape[dim] < 0:
                raise ValueError("Attempting to broadcast a dimension with negative length!")
            result[dim] = shape[dim]
    return Size(result)


def broadcast_tensors(*tensors: Any) -> Any:
    """Views of ``tensors`` with one common shape."""
    return tuple(invoke("aten::broadcast_tensors", (list(tensors),), {}))


def einsum(*args: Any) -> Any:
    """Sums of products in Einstein's notation: ``einsum("ij,jk", a, b)`` or ``einsum(a, [0, 1], b, [1, 2])``."""
    if len(args) < 2:
        raise ValueError(
            "einsum(): must specify the equation string and at least one operand, or at least one operand and its "
            "subscripts list"
        )
    if not isinstance(args[0], Tensor):
        return invoke("aten::einsum", (args[0], _list_first(args[1:])), {})
    equation = ",".join("".join(_subscript(s) for s in listed) for listed in args[1::2])
    operands = args[::2]
    if len(args) % 2 == 1:
        equation += "->" + "".join(_subscript(s) for s in args[-1])
        operands = args[:-1:2]
    return invoke("aten::einsum", (equation, list(operands)), {})


def _subscript(subscript: Any) -> str:
    """The letter of the numbered dimension of a list of subscripts."""
    if subscript is Ellipsis:
        return "..."
    if 0 <= subscript < 52:
        return chr(ord("A") + subscript) if subscript < 26 else chr(ord("a") + subscript - 26)
    raise ValueError("einsum(): subscript in subscript list is not within the valid range [0, 52)")


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """Coordinate grids; ``indexing`` is ``"ij"`` unless given."""
    given = {} if indexing is None else {"indexing": indexing}
    return tuple(invoke("aten::meshgrid", (_list_first(tensors),), given))


def chain_matmul(*matrices: Any, out: Any = None) -> Any:
    """The product of matrices, in the order that needs the fewest multiplications."""
    given = {} if out is None else {"out": out}
    return invoke("aten::chain_matmul", (list(matrices),), given)


def block_diag(*tensors: Any) -> Any:
    """The matrix with ``tensors`` along its diagonal."""
    return invoke("aten::block_diag", (list(tensors),), {})


def cartesian_prod(*tensors: Any) -> Any:
    """All combinations of the elements of vectors, one a row."""
    return invoke("aten::cartesian_prod", (list(tensors),), {})


def _at_least(name: str) -> Callable[..., Any]:
    def function(*tensors: Any) -> Any:
        if len(tensors) == 1 and isinstance(tensors[0], Tensor):
            return invoke(f"aten::{name}", (tensors[0],), {})
        return tuple(invoke(f"aten::{name}", (_list_first(tensors),), {}))

    function.__name__ = name
    return function


atleast_1d = _at_least("atleast_1d")
atleast_2d = _at_least("atleast_2d")
atleast_3d = _at_least("atleast_3d")


def split(tensor: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Pieces of one size (the last may be smaller), or of the listed sizes."""
    sections = isinstance(split_size_or_sections, (list, tuple))
    name = "aten::split_with_sizes" if sections else "aten::split"
    return tuple(invoke(name, (tensor, split_size_or_sections, dim), {}))


def unravel_index(indices: Tensor, shape: int | Sequence[int]) -> tuple[Tensor, ...]:
    """The coordinates of elements of a tensor of ``shape`` that are numbered row by row: a tensor for each dimension."""
    if indices.is_complex() or indices.is_floating_point() or str(indices.dtype) == "torch.bool":
        raise TypeError(f"expected 'indices' to be integer dtype, but got {indices.dtype}")
    if not isinstance(shape, (int, Sequence)):
        raise TypeError(f"expected 'shape' to be int or sequence of ints, but got {type(shape)}")
    sizes = [shape] if isinstance(shape, int) else list(shape)
    for size in sizes:
        if not isinstance(size, int):
            raise TypeError(f"expected 'shape' sequence to only contain ints, but got {type(size)}")
    if any(size < 0 for size in sizes):
        raise ValueError(f"'shape' cannot have negative values, but got {tuple(sizes)}")
    strides = np.cumprod([1, *sizes[:0:-1]], dtype=np.int64)[::-1].tolist() if sizes else []
    found = indices.unsqueeze(-1).floor_divide(tensor(strides, dtype=int64)) % tensor(sizes, dtype=int64)
    return tuple(invoke("aten::unbind", (found, -1), {}))
