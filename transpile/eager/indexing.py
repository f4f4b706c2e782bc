"""``tensor[...]`` and ``tensor[...] = value``: basic, advanced, mask, ellipsis and ``None`` indices.

An index is worked off from left to right with views (select, slice, unsqueeze); tensors, lists and masks are put aside
and applied together at the end by ``aten::index`` or ``aten::index_put_``.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from transpile.core import dtype as D
from transpile.eager.dispatch import active_mode, call
from transpile.ops import registry

if TYPE_CHECKING:
    from transpile.eager.tensor import Tensor

_END = 9223372036854775807


def _run(name: str, *arguments: Any) -> Any:
    return call(registry.get(name), arguments)


def get_item(tensor: Tensor, index: Any) -> Any:
    """``tensor[index]``."""
    viewed, indices = _apply_views(tensor, _as_tuple(index))
    if indices:
        return _run("aten::index.Tensor", viewed, indices)
    return _run("aten::alias", tensor) if viewed is tensor and registry.find("aten::alias") else viewed


def set_item(tensor: Tensor, index: Any, value: Any) -> None:
    """``tensor[index] = value``; the value is cast and broadcast."""
    from transpile.eager.creation import from_data
    from transpile.eager.tensor import Tensor

    if index is False:
        return
    if not isinstance(value, Tensor):
        value = from_data(value, tensor.dtype)
    viewed, indices = _apply_views(tensor, _as_tuple(None if index is True else index))
    if indices:
        _run("aten::index_put_", viewed, indices, _without_leading_ones(value), False)
    elif value._array.shape == viewed._array.shape:
        _run("aten::copy_", viewed, value, False)
    elif value._array.ndim == 0:
        _run("aten::fill_.Tensor", viewed, value)
    else:
        value = _run("aten::view", value, _sizes_without_leading_ones(value))
        if value._array.shape != viewed._array.shape:
            value = _run("aten::expand", value, list(viewed._array.shape), False)
        _run("aten::copy_", viewed, value, False)


def _sizes_without_leading_ones(value: Tensor) -> list[int]:
    return list(itertools.dropwhile(lambda size: size == 1, value._array.shape))


def _without_leading_ones(value: Tensor) -> Tensor:
    sizes = _sizes_without_leading_ones(value)
    return value if len(sizes) == value._array.ndim else _run("aten::view", value, sizes)


def _as_tuple(index: Any) -> tuple[Any, ...]:
    """The index as a tuple; a short list counts as one if it holds anything but numbers."""
    if isinstance(index, tuple):
        return tuple(index)
    if isinstance(index, list) and len(index) < 32 and any(_stands_alone(i) for i in index):
        return tuple(index)
    return (index,)


def _stands_alone(item: Any) -> bool:
    from transpile.eager.tensor import Tensor

    return item is None or item is Ellipsis or isinstance(item, (slice, list, tuple, Tensor, np.ndarray))


def _dims_taken(item: Any) -> int:
    from transpile.eager.tensor import Tensor

    if item is None or item is Ellipsis or isinstance(item, bool):
        return 0
    if isinstance(item, Tensor) and item.dtype in (D.bool_, D.uint8):
        return item._array.ndim
    if isinstance(item, np.ndarray) and item.dtype == np.bool_:
        return item.ndim
    return 1


def _apply_views(tensor: Tensor, index: Sequence[Any]) -> tuple[Any, list[Any]]:
    """The view that the basic parts give, and what ``aten::index`` has to do with it (``None`` for untouched dims)."""
    specified = sum(_dims_taken(i) for i in index)
    rank = tensor._array.ndim
    if rank == 0 and any(not (i is None or i is Ellipsis or isinstance(i, bool) or _dims_taken(i) == 0) for i in index):
        raise IndexError(
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a "
            "0-dim tensor to a number"
        )
    if specified > rank:
        raise IndexError(f"too many indices for tensor of dimension {rank}")
    viewed: Any = tensor
    pending: list[tuple[int, Any]] = []
    dim = 0
    for item in index:
        if item is Ellipsis:
            dim += rank - specified
        elif item is None:
            viewed = _run("aten::unsqueeze", viewed, dim)
            dim += 1
        elif isinstance(item, slice):
            viewed = _slice(viewed, dim, item)
            dim += 1
        elif isinstance(item, bool):
            viewed = _run("aten::unsqueeze", viewed, dim)
            pending.append((dim, _boolean_index(item)))
            dim += 1
        elif (number := _as_index(item)) is not None:
            viewed = _select(viewed, dim, number)
        else:
            key = _as_index_tensor(item)
            if key._array.ndim == 0 and key.dtype in (D.bool_, D.uint8):
                viewed = _run("aten::unsqueeze", viewed, dim)
                key = _boolean_index(bool(key._array))
            pending.append((dim, key))
            dim += 1
    indices: list[Any] = []
    for at, key in pending:
        indices += [None] * (at - len(indices)) + [key]
    return viewed, indices


def _boolean_index(value: bool) -> Tensor:
    from transpile.eager.creation import from_data

    return from_data([0] if value else [], D.int64)


def _as_index(item: Any) -> Any:
    """The position an integer-like index names; ``None`` for other indices."""
    from transpile.eager.tensor import Tensor

    if isinstance(item, (int, np.integer)) and not isinstance(item, np.bool_):
        return int(item)
    if isinstance(item, Tensor):
        if item._array.ndim == 0 and item.dtype.category == D.INTEGRAL and item.dtype is not D.uint8:
            return item if active_mode() is not None else int(item._array)
        return None
    return None


def _as_index_tensor(item: Any) -> Tensor:
    from transpile.eager.creation import created, from_data
    from transpile.eager.tensor import Tensor

    if isinstance(item, (list, tuple, range)):
        made = from_data(list(item))
        item = created(made if made._array.size else from_data(list(item), D.int64), "index")
    elif isinstance(item, (np.ndarray, np.bool_)):
        item = created(from_data(item), "index")
    if not isinstance(item, Tensor):
        if isinstance(item, str):
            raise TypeError("new(): invalid data type 'str'")
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
            f"(got {type(item).__name__})"
        )
    if item.dtype.category not in (D.INTEGRAL, D.BOOL):
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    return item


def _select(viewed: Any, dim: int, index: Any) -> Any:
    if isinstance(index, int):
        extent = viewed._array.shape[dim]
        if not -extent <= index < extent:
            raise IndexError(f"index {index} is out of bounds for dimension {dim} with size {extent}")
    return _run("aten::select.int", viewed, dim, index)


def _bound(value: Any, default: int) -> Any:
    from transpile.eager.tensor import Tensor

    if value is None:
        return default
    return value if isinstance(value, Tensor) and active_mode() is not None else value.__index__()


def _slice(viewed: Any, dim: int, item: slice) -> Any:
    start, stop, step = _bound(item.start, 0), _bound(item.stop, _END), _bound(item.step, 1)
    if isinstance(step, int) and step <= 0:
        raise ValueError("step must be greater than zero")
    # Under a tracer even a slice that takes everything counts: the program may run on other shapes.
    if active_mode() is None and start == 0 and step == 1 and stop >= viewed._array.shape[dim]:
        return viewed
    return _run("aten::slice.Tensor", viewed, dim, start, stop, step)
