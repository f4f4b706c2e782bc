"""What nodes without effects and blocks mean on raw values: for the interpreter and for constant folding.

``evaluator(node)`` gives a function of the inputs' raw values (see ``ops.registry``) that returns the only output, or a
tuple when there are several.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import NoneType
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.core import types as T
from transpile.ir.function import ScriptObject
from transpile.ir.graph import Node
from transpile.ops.fusion import epilogues
from transpile.ops.mapping import make_dict
from transpile.ops.registry import find, get

Evaluator = Callable[..., Any]


# Of these the kernel of the overload knows more than the plain function, which serves nodes without an operator.
_OVERLOADED = frozenset(("prim::min", "prim::max", "prim::abs"))


def evaluator(node: Node) -> Evaluator | None:
    """How to compute ``node`` from its inputs, or ``None`` if that takes more than its inputs."""
    special = _SPECIAL.get(node.kind)
    if special is not None:
        return special(node)
    plain = _PLAIN.get(node.kind)
    operator = node.operator
    if plain is not None and (operator is None or operator.kernel is None or node.kind not in _OVERLOADED):
        return plain
    if operator is None or operator.kernel is None:
        return None
    simple = all(not keyword and not convert for _, keyword, convert in operator.call_plan)
    if "scalar" in operator.tags and simple and len(operator.call_plan) == len(operator.schema.arguments):
        return operator.kernel  # Python values in, Python values out: nothing to convert, no NumPy warnings to silence
    return operator


def constant_settings(node: Node) -> dict[str, Any]:
    """The arguments of an operator that are constants, tensors aside, by name."""
    assert node.operator is not None
    return {
        argument.name: value.constant
        for argument, value in zip(node.operator.schema.arguments, node.inputs, strict=False)
        if value.is_constant and not isinstance(value.type, T.TensorType)
    }


def is_instance(value: Any, type: T.Type) -> bool:
    """Whether a raw value is of a static type."""
    if isinstance(type, T.TensorType):
        return isinstance(value, np.ndarray)
    if isinstance(type, T.OptionalType):
        return value is None or is_instance(value, type.element)
    if isinstance(type, T.UnionType):
        return any(is_instance(value, m) for m in type.members)
    if isinstance(type, T.ListType):
        return isinstance(value, list) and all(is_instance(v, type.element) for v in value)
    if isinstance(type, T.DictType):
        return isinstance(value, dict) and all(
            is_instance(k, type.key) and is_instance(v, type.value) for k, v in value.items()
        )
    if isinstance(type, T.TupleType):
        return (
            isinstance(value, tuple)
            and len(value) == len(type.elements)
            and all(is_instance(v, t) for v, t in zip(value, type.elements, strict=True))
        )
    if isinstance(type, T.EnumType):
        return type.python_class is not None and isinstance(value, type.python_class)
    if isinstance(type, (T.ClassType, T.InterfaceType)):
        return isinstance(value, ScriptObject) and T.is_subtype(value.type, type)
    if type == T.BOOL:
        return isinstance(value, bool)
    if type == T.INT:
        return isinstance(value, int) and not isinstance(value, bool)
    if type == T.NUMBER:
        return isinstance(value, (int, float, complex)) and not isinstance(value, bool)
    plain: dict[T.Type, Any] = {
        T.FLOAT: float, T.STR: str, T.COMPLEX: complex, T.NONE: NoneType, T.ANY_LIST: list, T.ANY_TUPLE: tuple,
    }  # fmt: skip
    return type == T.ANY or (type in plain and isinstance(value, plain[type]))


def _isinstance(node: Node) -> Evaluator:
    types = list(node.attributes["types"])
    return lambda value: any(is_instance(value, t) for t in types)


def _list_unpack(node: Node) -> Evaluator:
    count = len(node.outputs)

    def run(items: list[Any]) -> Any:
        if len(items) != count:
            raise RuntimeError(f"Expected {count} elements in a list but found {len(items)}")
        return tuple(items) if count != 1 else items[0]

    return run


def _tuple_unpack(node: Node) -> Evaluator:
    if len(node.outputs) == 1:
        return lambda items: items[0]
    return lambda items: tuple(items)


def _tuple_slice(node: Node) -> Evaluator:
    begin, end = node.attributes["beg"], node.attributes["end"]
    return lambda items: tuple(items[begin:end])


def _tensor_of_list(node: Node) -> Evaluator:
    """``torch.tensor``: of an empty list the static type tells the dtype."""
    operator, type = node.operator, node.input(0).type
    assert operator is not None
    while isinstance(type, T.ListType):
        type = type.element
    dtype = {T.INT: D.int64, T.BOOL: D.bool_}.get(type) if isinstance(type, T.SimpleType) else None
    if dtype is None or not isinstance(node.input(0).type, T.ListType):
        return operator

    def run(data: list[Any], wanted: Any = None, *rest: Any) -> Any:
        result = operator(data, wanted, *rest)
        return result.astype(dtype.numpy) if not result.size and wanted is None else result

    return run


def _layer(node: Node) -> Evaluator:
    """A convolution or linear layer with what is fused into it, unfused."""
    layer = find(node.kind.replace("ts2cpp::", "aten::"))
    assert layer is not None
    count = len(layer.schema.arguments)
    name = node.attributes.get("epilogue", "none")
    settings = node.attributes
    in_place = "_" if settings.get("residual_in_place") else ""
    activation = epilogues().get(name.removeprefix("add").removeprefix("_"))

    def run(*values: Any) -> Any:
        result = layer(*values[:count])
        if name.startswith("add"):
            result = get(f"aten::add{in_place}.Tensor")(result, values[count], 1)
        return activation(result, settings) if activation is not None else result

    return run


def _number_to_tensor(value: Any) -> np.ndarray[Any, Any]:
    if isinstance(value, bool):
        return np.asarray(value, np.bool_)
    if isinstance(value, complex):
        return np.asarray(value, np.complex128)
    return np.asarray(value, np.int64 if isinstance(value, int) else np.float64)


def _tolist(node: Node) -> Evaluator:
    type = node.output.type
    rank = 0
    while isinstance(type, T.ListType):
        type, rank = type.element, rank + 1

    def run(value: np.ndarray[Any, Any], *unused: Any) -> Any:
        if value.ndim != rank:
            raise RuntimeError("Output annotation list dimension and runtime tensor dimension must match for tolist()")
        dtype = D.from_numpy(value.dtype)
        expected: dict[T.Type, tuple[str, bool]] = {
            T.INT: ("Long", dtype is D.int64), T.FLOAT: ("Float", dtype.is_floating_point),
            T.BOOL: ("Bool", dtype is D.bool_), T.COMPLEX: ("ComplexDouble", dtype.is_complex),
        }  # fmt: skip
        wanted, matches = expected[type]
        if not matches:
            raise RuntimeError(
                "Output annotation element type and runtime tensor element type must match for tolist(): "
                f"{wanted} vs {dtype.graph_name}"
            )
        return value.tolist()

    return run


def _extreme(choose: Callable[..., Any]) -> Evaluator:
    def run(*values: Any) -> Any:
        if len(values) == 1 and not values[0]:
            raise ValueError(f"{choose.__name__}() arg is an empty sequence")
        result = choose(*values)
        if len(values) == 2 and any(isinstance(v, float) for v in values):
            return float(result)
        return result

    return run


def _string_index(text: str, index: int) -> str:
    if not -len(text) <= index < len(text):
        raise IndexError("string index out of range")
    return text[index]


def _tuple_index(items: tuple[Any, ...], index: int) -> Any:
    if not -len(items) <= index < len(items):
        raise IndexError("Tuple list index out of range")
    return items[index]


def _absolute(value: Any) -> Any:
    return np.asarray(np.abs(value)) if isinstance(value, np.ndarray) else abs(value)


def _identity(value: Any, *unused: Any) -> Any:
    return value


def _unwrap(value: Any) -> Any:
    if value is None:
        raise RuntimeError("Unwrapping null optional")
    return value


def _false(value: Any) -> bool:
    return False


_SPECIAL: dict[str, Callable[[Node], Evaluator]] = {
    "prim::isinstance": _isinstance,
    "prim::ListUnpack": _list_unpack,
    "prim::TupleUnpack": _tuple_unpack,
    "prim::TupleSlice": _tuple_slice,
    "prim::tolist": _tolist,
    "aten::tensor": _tensor_of_list,
    "aten::as_tensor": _tensor_of_list,
    "ts2cpp::conv1d": _layer,
    "ts2cpp::conv2d": _layer,
    "ts2cpp::linear": _layer,
}

_PLAIN: dict[str, Evaluator] = {
    "prim::ListConstruct": lambda *items: list(items),
    "prim::TupleConstruct": lambda *items: tuple(items),
    "prim::DictConstruct": lambda *items: make_dict(items),
    "prim::TupleIndex": _tuple_index,
    "prim::unchecked_cast": _identity,
    "prim::unchecked_unwrap_optional": _unwrap,
    "prim::NumToTensor": _number_to_tensor,
    "prim::min": _extreme(min),
    "prim::max": _extreme(max),
    "prim::abs": _absolute,
    "prim::dtype": lambda value: D.from_numpy(value.dtype).code,
    "prim::device": lambda value: "cpu",
    "prim::layout": lambda value: 0,
    "prim::requires_grad": _false,
    "prim::is_cuda": _false,
    "prim::is_sparse": _false,
    "prim::is_quantized": _false,
    "prim::is_nested": _false,
    "prim::is_mkldnn": _false,
    "prim::is_cpu": lambda value: True,
    "prim::data": _identity,
    "prim::grad": lambda value: None,
    "prim::name": lambda value: None,
    "prim::itemsize": lambda value: int(value.itemsize),
    "prim::nbytes": lambda value: int(value.nbytes),
    "prim::id": lambda value: id(value),
    "prim::rangelist": lambda stop: list(range(stop)),
    "prim::StringIndex": _string_index,
    "prim::EnumName": lambda member: member.name,
    "prim::EnumValue": lambda member: member.value,
    "prim::type": lambda device: str(device).partition(":")[0],
}


def outputs_of(node: Node, result: Any) -> Sequence[Any]:
    """What an evaluator returned, as one value per output."""
    if len(node.outputs) == 1:
        return (result,)
    return tuple(result) if node.outputs else ()
