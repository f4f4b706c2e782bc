"""Operators with an effect outside their arguments: printing, warnings, exceptions, enums."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np

from transpile.ops.cast import to_bool
from transpile.ops.display import text_of
from transpile.ops.families import Family
from transpile.ops.registry import NoCpp

FAMILY = Family("effect", header="")
op = FAMILY.op

_ADDRESS = NoCpp("an address in memory means nothing in another program", "give the objects numbers of their own")

_EFFECT = ("effect",)


@op("prim::Print(...) -> ()", cpp="ts2cpp::print_values({...})", tags=_EFFECT)
def print_values(*values: Any) -> None:
    """The values, separated by spaces, and a line feed on standard output."""
    sys.stdout.write(" ".join(map(text_of, values)) + "\n")


@op("aten::_print(str s) -> ()", cpp="ts2cpp::print({0})", tags=_EFFECT)
def print_text(s: str) -> None:
    sys.stdout.write(s + "\n")


@op("aten::warn(str message, int stacklevel=2) -> ()", cpp="ts2cpp::warn({0})", tags=_EFFECT)
def warn(message: str, stacklevel: int = 2) -> None:
    warnings.warn(message, UserWarning, stacklevel=stacklevel)


def _assert(self: Any, assert_msg: str = "Expected Tensor with single nonzero value, but got zero") -> None:
    if not (to_bool(self) if isinstance(self, np.ndarray) else bool(self)):
        raise RuntimeError(assert_msg)


op(
    "aten::_assert_scalar(Scalar self, str assert_msg) -> ()",
    cpp="ops::_assert_scalar({0}, {1})",
    tags=_EFFECT,
    header="cast",
)(_assert)
op("aten::_assert_async(Tensor self) -> ()", cpp="ops::_assert_async({0})", tags=_EFFECT, header="cast")(_assert)
op(
    "aten::_assert_async.msg(Tensor self, str assert_msg) -> ()",
    cpp="ops::_assert_async({0}, {1})",
    tags=_EFFECT,
    header="cast",
)(_assert)

op("aten::wait(Future(t) self) -> t", tags=("effect", "call"))(lambda future: future.wait())

# --- enums: values are the Python members ----------------------------------------------------------------------------

for _kind in ("int", "float", "str"):
    op(
        f"prim::EnumValue.{_kind}(AnyEnumType enum) -> {_kind}", cpp="ts2cpp::enum_value({0})", tags=("scalar", "total")
    )(lambda enum: enum.value)
op("prim::EnumName(AnyEnumType enum) -> str", cpp="ts2cpp::enum_name({0})", tags=("scalar", "total"))(
    lambda enum: enum.name
)
op("prim::unchecked_cast(t x) -> t", cpp="{0}", tags=("scalar",))(lambda x: x)
op("prim::id(AnyClassType? x) -> int", tags=("scalar", "nofold"), no_cpp=_ADDRESS)(id)
