"""Where the names come from that generated code uses: headers of the standard library and of the runtime.

The headers and short names of a file follow from the nodes of its tree; text, such as comments, has no say in it.
A test compares the table of the runtime's names with its headers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from transpile.core.errors import InternalError
from transpile.cpp.names import MACRO, MATH, OPS, RUNTIME, SHORT_NAMES, STD, TENSOR, Named, Type
from transpile.cpp.walk import rewrite, walk

N = TypeVar("N")

_BY_STANDARD_HEADER = {
    "algorithm": "max min",
    "array": "array",
    "cmath": """
        abs acos acosh asin asinh atan atan2 atanh copysign cos cosh erf erfc exp expm1 fabs fmod isfinite isinf isnan log
        log10 log1p pow remainder sin sinh sqrt tan tanh tgamma
    """,
    "complex": "arg complex polar",
    "cstddef": "byte size_t",
    "cstdint": "int8_t int16_t int32_t int64_t uint8_t",
    "limits": "numeric_limits",
    "optional": "nullopt optional",
    "string": "string",
    "tuple": "tie tuple",
    "utility": "as_const",
    "variant": "holds_alternative variant",
}
_BY_RUNTIME_HEADER = {
    "ts2cpp/copies.hpp": "Copies",
    "ts2cpp/device.hpp": "Device Stream device device_index device_type",
    "ts2cpp/dict.hpp": "Dict make_dict",
    "ts2cpp/dtype.hpp": "DType can_cast dtype_from_int dtype_to_int is_complex is_floating_point promote_types",
    "ts2cpp/dynamic.hpp": "Any AnyList AnyTuple as is_instance",
    "ts2cpp/enum.hpp": "EnumTable enum_members enum_name enum_value",
    "ts2cpp/error.hpp": "Error Frame print raise warn",
    "ts2cpp/exports.hpp": "Call Exports",
    "ts2cpp/format.hpp": "format percent_format require",
    "ts2cpp/future.hpp": "Future fork",
    "ts2cpp/layers.hpp": "Affine Norm Weight",
    "ts2cpp/list.hpp": "List",
    "ts2cpp/none.hpp": "None",
    "ts2cpp/number.hpp": """
        abs acos acosh add asin asinh atan atan2 atanh ceil copysign cos cosh div eq erf erfc exp expm1 fabs floor
        floordiv fmod gamma ge gt int_pow isfinite isinf isnan ldexp le lgamma log log10 log1p lt mathremainder max
        min mul ne neg pow remainder round sin sinh sqrt sub tan tanh trunc_div
    """,
    "ts2cpp/out.hpp": "assign_any_out assign_found_out assign_out assign_same_out out_dtype",
    "ts2cpp/pointwise.hpp": "pointwise",
    "ts2cpp/print.hpp": "index_of print_values str",
    "ts2cpp/promotion.hpp": "broadcast_sizes result_type",
    "ts2cpp/python.hpp": """
        all any degrees derive_index divmod factorial floor_div floor_mod frexp gcd hash is_same lshift modf
        parse_float parse_int power radians range_length range_list rshift sorted sum to_int tuple_at tuple_slice
        unpack unwrap
    """,
    "ts2cpp/random.hpp": "Generator WithGenerator",
    "ts2cpp/ref.hpp": "Object Ref With blank borrow choose lend make self",
    "ts2cpp/scalar.hpp": "Scalar float_to_int",
    "ts2cpp/span.hpp": "IntSpan Span",
    "ts2cpp/tensor.hpp": "Tensor TensorSpan",
}
_STANDARD = {name: header for header, names in _BY_STANDARD_HEADER.items() for name in names.split()}
# The header of every name in namespace ts2cpp that generated code uses.
RUNTIME_HEADERS = {name: header for header, names in _BY_RUNTIME_HEADER.items() for name in names.split()}
_MATH_HEADERS = dict.fromkeys(
    "eq ge gt le logical_and logical_not logical_or logical_xor lt masked_fill ne where".split(),
    "ts2cpp/conditions.hpp",
)
_SCOPE_HEADERS = {
    MATH: "ts2cpp/math.hpp",
    "ts2cpp::io": "ts2cpp/io/weights.hpp",
    "ts2cpp::text": "ts2cpp/text.hpp",
}


def names(part: object) -> Iterator[Named]:
    """The qualified names in a tree."""
    return (node for node in walk(part) if isinstance(node, Named))


@dataclass(frozen=True)
class Headers:
    """The headers that a file includes, each list sorted."""

    standard: list[str]
    runtime: list[str]

    def without(self, others: Headers) -> Headers:
        """Those that are not among ``others``, which the file includes through its own header."""
        return Headers(
            [h for h in self.standard if h not in others.standard], [h for h in self.runtime if h not in others.runtime]
        )


def headers(part: object) -> Headers:
    """The headers that a tree needs."""
    standard: set[str] = set()
    runtime: set[str] = set()
    for name in names(part):
        if name.scope in (STD, MACRO):
            standard.add(_standard_header(name))
        elif name.scope in (RUNTIME, OPS):
            runtime.add(_known(name.header or RUNTIME_HEADERS.get(name.name), name))
            if name.name == "Dict" and name.arguments is not None and name.arguments[0] == TENSOR:
                runtime.add("ts2cpp/print.hpp")  # the text of a missing key
        elif name.scope in _SCOPE_HEADERS:
            runtime.add(_SCOPE_HEADERS[name.scope])
            if name.scope == MATH and name.name in _MATH_HEADERS:
                runtime.add(_MATH_HEADERS[name.name])
    return Headers(sorted(standard), sorted(runtime))


def _standard_header(name: Named) -> str:
    if name.name == "get":  # of a tuple by number, of a variant by type
        return "variant" if any(isinstance(a, Type) for a in name.arguments or ()) else "tuple"
    return "cstdint" if name.scope == MACRO else _known(_STANDARD.get(name.name), name)


def _known(header: str | None, name: Named) -> str:
    if header is None:
        raise InternalError(f"no header is known for {name.text()}")
    return header


def short_names(part: object, header: object = ()) -> list[str]:
    """The declarations that a file needs for the short names in it; those of ``header``, which it includes, are there."""
    used = {n.scope if n.scope in (OPS, MATH) else n.name for n in names(part) if n.is_short}
    known = {n.name for n in names(header) if n.is_short}
    lines = [f"namespace {s.rpartition('::')[2]} = {s};" for s in (OPS, MATH) if s in used]
    return [*lines, *(f"using {RUNTIME}::{n};" for n in SHORT_NAMES if n in used and n not in known)]


def outside(part: N) -> N:
    """A tree as it is written outside the namespace of the program: every name of the runtime with its whole scope."""

    def change(node: object) -> object:
        if isinstance(node, Named) and node.is_short:
            return replace(node, arguments=rewrite(node.arguments, change), full=True)
        return None

    return rewrite(part, change)
