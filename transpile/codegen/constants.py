"""Tensor constants as C++ literals."""

from __future__ import annotations

from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.core.errors import UnsupportedOperatorError
from transpile.cpp import tree as C
from transpile.cpp.literals import float_literal, int_literal
from transpile.ir.graph import Node

_LARGEST = 256


def tensor_literal(value: np.ndarray[Any, Any], node: Node) -> C.Expr:
    """``Tensor::from_data<float>({...}, {2, 3})``; large constants belong into the weights file instead."""
    dtype = D.from_numpy(value.dtype)
    types = {D.float32: "float", D.float64: "double", D.int64: "std::int64_t", D.int32: "std::int32_t", D.bool_: "bool"}
    if value.size > _LARGEST or dtype not in types:
        raise UnsupportedOperatorError(
            f"a constant tensor of {value.size} elements of {dtype} has no C++ counterpart",
            node.range,
            hint="make it a buffer of the module (register_buffer)",
        )
    items = []
    for item in value.reshape(-1).tolist():
        if isinstance(item, bool):
            items.append("true" if item else "false")
        elif isinstance(item, int):
            items.append(int_literal(item))
        else:
            text = float_literal(item)
            items.append(
                f"static_cast<float>({text})"
                if "std::" in text and dtype is D.float32
                else f"{text}F"
                if dtype is D.float32
                else text
            )
    shape = ", ".join(str(s) for s in value.shape)
    return C.Name(f"Tensor::from_data<{types[dtype]}>({{{', '.join(items)}}}, {{{shape}}})")
