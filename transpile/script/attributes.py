"""Attributes of values: fields and methods of tensors, containers, strings, NamedTuples, objects and enums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from transpile.core import dtype as D
from transpile.core import types as T
from transpile.core.errors import ScriptTypeError
from transpile.core.source import SourceRange
from transpile.eager.tensor import Tensor
from transpile.ir.graph import Value
from transpile.ops import registry
from transpile.script import hints, matching, snippets
from transpile.script.environment import shown
from transpile.script.values import Actual, MethodValue, OperatorFunction, SimpleValue, Sugared

if TYPE_CHECKING:
    from transpile.script.emitter import Emitter

_TENSOR_FIELDS = {
    "dtype": "prim", "device": "prim", "grad": "prim", "data": "prim", "is_cpu": "prim", "is_cuda": "prim",
    "is_xpu": "prim", "is_ipu": "prim", "is_xla": "prim", "is_maia": "prim", "is_mtia": "prim",
    "is_sparse": "prim", "is_sparse_csr": "prim", "is_mkldnn": "prim", "is_quantized": "prim", "is_vulkan": "prim",
    "is_meta": "prim", "is_mps": "prim", "requires_grad": "prim", "layout": "prim", "name": "prim", "itemsize": "prim",
    "nbytes": "prim", "is_nested": "prim", "mT": "aten", "mH": "aten", "is_leaf": "aten", "real": "aten",
    "imag": "aten", "retains_grad": "aten",
}  # fmt: skip
_DEVICE_FIELDS = {"type": "prim", "index": "prim"}
_DTYPE_METHODS = {
    "byte": D.uint8, "char": D.int8, "short": D.int16, "int": D.int32, "long": D.int64, "half": D.float16,
    "float": D.float32, "double": D.float64, "cfloat": D.complex64, "cdouble": D.complex128, "bool": D.bool_,
    "bfloat16": D.bfloat16,
}  # fmt: skip


class TensorCast(Sugared):
    """``x.float()``: a conversion to a fixed dtype."""

    kind = "builtin"

    def __init__(self, value: Value, dtype: D.DType) -> None:
        self.value = value
        self.dtype = dtype

    def call(
        self, e: Emitter, range: SourceRange | None, arguments: Sequence[Actual], keywords: Sequence[Actual]
    ) -> Sugared:
        if arguments or keywords:
            raise ScriptTypeError("a cast of a tensor takes no arguments", range)
        code = Actual(e.constant(self.dtype.code, range), range)
        return SimpleValue(e.call_operator("aten::to", range, [Actual(self.value, range), code], ()))


class ToList(Sugared):
    """``x.tolist()``: the type of the result must be told by an annotation."""

    kind = "builtin"

    def __init__(self, value: Value) -> None:
        self.value = value

    def call_form(self, e: Emitter, node: object, range: SourceRange, hint: T.Type | None) -> Sugared:
        if hint is None:
            raise ScriptTypeError(
                "Expected type hint for result of tolist()", range, hint="annotate: v: List[float] = x.tolist()"
            )
        depth, element = 0, hint
        while isinstance(element, T.ListType):
            depth, element = depth + 1, element.element
        codes = {T.INT: 0, T.FLOAT: 1, T.COMPLEX: 2, T.BOOL: 3}
        if element not in codes:
            kinds = "int, float, complex, bool"
            raise ScriptTypeError(
                f"{element.annotation()} is not one of the supported element types for tolist: {kinds}", range
            )
        dim, code = e.constant(depth, None), e.constant(codes[element], None)
        return SimpleValue(e.insert("prim::tolist", [self.value, dim, code], [hint], None).output)


def value_attribute(e: Emitter, value: Value, range: SourceRange | None, name: str) -> Sugared:
    """``value.name``."""
    type = value.type
    if isinstance(type, T.TensorType):
        found = _tensor_attribute(e, value, range, name)
        if found is not None:
            return found
    elif type == T.DEVICE and name in _DEVICE_FIELDS:
        return SimpleValue(e.operator(f"prim::{name}", None, [value]))
    elif isinstance(type, T.TupleType) and name in type.fields:
        index = e.constant(type.fields.index(name), None)
        kind = type.elements[type.fields.index(name)]
        return SimpleValue(e.insert("prim::TupleIndex", [value, index], [kind], None).output)
    elif isinstance(type, T.ClassType):
        return _object_attribute(e, value, type, range, name)
    elif isinstance(type, T.InterfaceType) and name in type.methods:
        return MethodValue(value, [name])
    elif isinstance(type, T.EnumType) and name in ("name", "value"):
        if name == "name":
            return SimpleValue(e.operator("prim::EnumName", None, [value]))
        operator = registry.find(f"prim::EnumValue.{type.value_type.schema()}")
        node = e.insert("prim::EnumValue", [value], [type.value_type], None)
        node.operator = operator
        return SimpleValue(node.output)
    if has_method(type, name):
        return OperatorFunction(f"aten::{name}", value)
    raise ScriptTypeError(
        f"'{shown(type)}' object has no attribute or method '{name}'.",
        range,
        hint=hints.for_attribute(type, name),
        fails_in_python=isinstance(type, T.TensorType) and (name in hints.GRADIENTS or not hasattr(Tensor, name)),
    )


def _tensor_attribute(e: Emitter, value: Value, range: SourceRange | None, name: str) -> Sugared | None:
    if name in snippets.PROPERTIES:
        operator, where = snippets.PROPERTIES[name]
        return SimpleValue(e.operator(operator, where, [value]))
    if name in _TENSOR_FIELDS:
        return SimpleValue(e.operator(f"{_TENSOR_FIELDS[name]}::{name}", None, [value]))
    if name in _DTYPE_METHODS:
        return TensorCast(value, _DTYPE_METHODS[name])
    if name == "type":
        return OperatorFunction("aten::to", value)
    if name == "tolist":
        return ToList(value)
    return None


def has_method(type: T.Type, name: str) -> bool:
    """Whether an operator ``aten::name`` takes a ``self`` of this type."""
    schemas = [o.schema for o in registry.overloads(f"aten::{name}")]
    schemas += [s.schema for s in snippets.SNIPPETS.get(f"aten::{name}", ())]
    for schema in schemas:
        for argument in schema.arguments:
            if argument.name == "self" and T.match_vars(argument.type, type, {}):
                return True
    return False


def _object_attribute(e: Emitter, value: Value, type: T.ClassType, range: SourceRange | None, name: str) -> Sugared:
    if name in type.attributes:
        node = e.insert("prim::GetAttr", [value], [type.attributes[name].type], None, name=name)
        identifier = name if name.isidentifier() else f"_{name}"
        return SimpleValue(node.output.set_name(identifier))
    if name in type.methods:
        return MethodValue(value, [name])
    if f"__{name}_getter" in type.methods:
        return MethodValue(value, [f"__{name}_getter"]).call(e, range, (), ())
    found = e.unit.class_attribute(e, value, type, range, name)
    if found is not None:
        return found
    raise ScriptTypeError(
        f"'{type.annotation()}' object has no attribute or method '{name}'. Did you forget to initialize an "
        "attribute in "
        "__init__()?",
        range,
    )


# What to write instead of an assignment to an attribute of a tensor.
_SETTERS = {
    "data": "write x.copy_(y), or use another variable",
    "requires_grad": "write x.requires_grad_()",
    "grad": "there are no gradients in scripts",
}


def set_value_attribute(e: Emitter, owner: Value, range: SourceRange | None, name: str, value: Value) -> None:
    """``owner.name = value``."""
    type = owner.type
    if not isinstance(type, T.ClassType):
        raise ScriptTypeError(
            f"Tried to set an attribute: {name} on a non-class: {shown(type)}", range, hint=_SETTERS.get(name, "")
        )
    if name not in type.attributes:
        if f"__{name}_setter" in type.methods:
            MethodValue(owner, [f"__{name}_setter"]).call(e, range, [Actual(value, range)], ())
            return
        if e.unit.adds_attributes(e, type, name, value, range):
            type.add_attribute(name, T.TENSOR if isinstance(value.type, T.TensorType) else value.type)
        else:
            raise ScriptTypeError(
                f"Tried to set nonexistent attribute: {name}. Did you forget to initialize it in __init__()?",
                range,
                hint=f"set self.{name} in __init__ (not as Final: constants cannot change)",
            )
    expected = type.attributes[name].type
    if not matching.is_empty_literal(value):
        value = matching.convert(e, value, expected, range)
    if not T.is_subtype(value.type, expected):
        raise ScriptTypeError(
            f"Wrong type for attribute assignment. Expected {expected.annotation()} but got {shown(value.type)}",
            range,
            hint=hints.for_attribute_value(name, value.type, expected),
        )
    e.insert("prim::SetAttr", [owner, value], (), None, name=name)
