"""Values of PyTorch as the bundled torch's, and back."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import torch

import transpile.torch as bundled
from transpile.core import dtype as D
from transpile.eager.tensor import Tensor
from transpile.ops.layout import as_strided

_BFLOAT16 = np.dtype(ml_dtypes.bfloat16)


def same_layout(tensor: Any) -> Any:
    """A tensor over a copy of the whole memory, so that strides and gaps stay."""
    storage = tensor.untyped_storage().clone()
    return torch.empty(0, dtype=tensor.dtype).set_(storage, tensor.storage_offset(), tensor.shape, tensor.stride())


def array_of(tensor: Any) -> Any:
    """The memory of a tensor as an array; all of it is behind the array."""
    plain = tensor.detach().resolve_conj().resolve_neg()
    storage = plain.untyped_storage()
    memory = torch.empty(0, dtype=plain.dtype).set_(storage, 0, (storage.nbytes() // plain.itemsize,), (1,))
    whole = memory.view(torch.int16).numpy().view(_BFLOAT16) if plain.dtype == torch.bfloat16 else memory.numpy()
    return as_strided(whole, plain.shape, plain.stride(), plain.storage_offset())


def tensor_of(array: Any) -> Any:
    """An array as a tensor of PyTorch, over a copy of the elements."""
    array = np.array(array)
    if array.dtype == _BFLOAT16:
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def mapped(value: Any, leaf: Any) -> Any:
    """The value with ``leaf`` applied to what is in its tuples, lists, dicts and slices."""
    if isinstance(value, slice):
        return slice(*(mapped(v, leaf) for v in (value.start, value.stop, value.step)))
    if type(value) in (list, tuple):
        return type(value)(mapped(v, leaf) for v in value)
    if isinstance(value, dict):
        return {k: mapped(v, leaf) for k, v in value.items()}
    return leaf(value)


def copied(value: Any) -> Any:
    """The value over memory of its own; a tensor that is there twice still is."""
    known: dict[int, Any] = {}

    def leaf(item: Any) -> Any:
        if isinstance(item, torch.Tensor):
            return known.setdefault(id(item), same_layout(item.detach()) if item.layout == torch.strided else item)
        return item

    return mapped(value, leaf)


def ours(value: Any) -> Any:
    """The counterpart in the bundled torch; tensors share the memory."""
    known: dict[int, Any] = {}

    def leaf(item: Any) -> Any:
        if isinstance(item, torch.Tensor):
            return known.setdefault(id(item), Tensor._from_array(array_of(item)))
        if isinstance(item, torch.Size):
            return bundled.Size(item)
        if isinstance(item, (torch.dtype, torch.memory_format, torch.layout)):
            return getattr(bundled, str(item).removeprefix("torch."), item)  # the bundled torch lacks some
        if isinstance(item, torch.device):
            return bundled.device(str(item))
        return item

    return mapped(value, leaf)


def theirs(value: Any) -> Any:
    """A result of the bundled torch with PyTorch's tensors, sizes and dtypes in it; its tuples and lists stay what they are."""
    if isinstance(value, Tensor):
        return tensor_of(value._array)
    if isinstance(value, D.DType):
        return getattr(torch, value.name)
    if isinstance(value, bundled.Size):
        return torch.Size(value)
    if isinstance(value, tuple):
        return tuple(theirs(v) for v in value)
    if isinstance(value, list):
        return [theirs(v) for v in value]
    if isinstance(value, dict):
        return {k: theirs(v) for k, v in value.items()}
    return value


def tensors_in(value: Any) -> list[Any]:
    """PyTorch's tensors in nested tuples, lists and dicts."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [t for v in value for t in tensors_in(v)] if isinstance(value, (list, tuple)) else []
