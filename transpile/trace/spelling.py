"""How calls of eager mode are spelled in a trace: as the operators that PyTorch's dispatcher sees.

Eager mode takes shortcuts that its kernels like (``add.Scalar``, ``conv2d``).  A trace records what PyTorch's Python
bindings pass on: numbers as 0-d tensors, devices made explicit, convolutions as ``aten::_convolution``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from transpile.core import types as T
from transpile.core.schema import Schema
from transpile.eager.matching import NUMBERS_AS_TENSORS
from transpile.eager.size import CPU
from transpile.ops import registry
from transpile.ops.out_overloads import functional_call, written
from transpile.ops.promotion import WrappedNumber
from transpile.ops.registry import Operator

Call = tuple[Operator, list[Any]]
Run = Callable[..., Any]  # run("aten::name.overload", arguments...) records and runs one more operator

_NUMBERS_AS_TENSORS = frozenset(f"aten::{name}" for name in NUMBERS_AS_TENSORS)
_CONVOLUTIONS = {f"aten::conv{rank}d": rank for rank in (1, 2, 3)}
_TRANSPOSED = {f"aten::conv_transpose{rank}d": rank for rank in (1, 2, 3)}
# Without arguments these are called with a correction rather than ``unbiased``.
_DEVIATIONS = frozenset(("aten::std", "aten::var", "aten::std_mean", "aten::var_mean"))
# Flags of PyTorch's cuDNN: benchmark, deterministic, enabled, allow_tf32.
_CUDNN = (False, False, True, True)


def recorded_call(operator: Operator, arguments: Sequence[Any]) -> Call:
    """The operator and arguments that stand in the graph for a call of eager mode."""
    name = operator.name
    values = list(arguments)
    if operator.is_out:
        return _with_out(operator, values)
    if name in _NUMBERS_AS_TENSORS:
        return _with_tensors(operator, values)
    if name == "aten::norm":
        return _norm(values, operator.schema)
    if operator.schema.qualified_name in _DEVIATIONS and values[1] is True:
        return registry.get(f"{name}.correction"), [values[0], None, None, False]
    if "upsample" in name and not operator.schema.overload and all(v is None for v in values[_first_scale(operator) :]):
        return registry.get(f"{name}.vec"), [*values[: _first_scale(operator)], None]
    if any(a.name == "pin_memory" for a in operator.schema.arguments) and name != "aten::to":
        _make_factory_explicit(operator.schema, values)
    return operator, values


def _with_out(operator: Operator, values: list[Any]) -> Call:
    """As the functional call is spelled, with the tensors that are written at the end."""
    names = [a.name for a in operator.schema.arguments]
    given = dict(zip(names, values, strict=True))
    shown, spelled = recorded_call(*functional_call(operator, values))
    twin = next((o for o in registry.overloads(shown.name) if o.out_of is shown), None)
    if twin is None:
        return operator, values
    given |= dict(zip((a.name for a in shown.schema.arguments), spelled, strict=True))
    outs = dict(zip(written(twin), (given[n] for n in written(operator)), strict=True))
    return twin, [outs[a.name] if a.name in outs else given[a.name] for a in twin.schema.arguments]


def _with_tensors(operator: Operator, values: list[Any]) -> Call:
    wrapped = [
        WrappedNumber.of(v) if isinstance(v, (bool, int, float, complex)) and index < 2 else v
        for index, v in enumerate(values)
    ]
    overload = operator.schema.overload
    if not overload.startswith("Scalar"):
        return operator, wrapped
    tensors = registry.find(f"{operator.name}.{overload.replace('Scalar', 'Tensor')}") or registry.find(operator.name)
    if tensors is None:
        return operator, values
    return tensors, wrapped[: len(tensors.schema.arguments)]


def _norm(values: list[Any], schema: Schema) -> Call:
    given = dict(zip((a.name for a in schema.arguments), values, strict=True))
    order = 2 if given.get("p") is None else given["p"]
    return registry.get("aten::linalg_vector_norm"), [
        given["self"], order, given.get("dim"), given.get("keepdim", False), given.get("dtype"),
    ]  # fmt: skip


def _first_scale(operator: Operator) -> int:
    """The position of the first scale among the arguments of an ``upsample`` operator."""
    return next(i for i, a in enumerate(operator.schema.arguments) if a.name.startswith("scale"))


def _make_factory_explicit(schema: Schema, values: list[Any]) -> None:
    """The bindings fill in ``pin_memory``, and the device unless a tensor says it."""
    takes_tensor = any(a.type == T.TENSOR for a in schema.arguments)
    for index, argument in enumerate(schema.arguments):
        if argument.name == "pin_memory" and values[index] is None:
            values[index] = False
        elif argument.name == "device" and values[index] is None and not takes_tensor:
            values[index] = CPU


def takes_numbers_as_tensors(kind: str) -> bool:
    """Whether the Python bindings of an operator make tensors of numbers."""
    return kind in _NUMBERS_AS_TENSORS


def composite(operator: Operator) -> Callable[[Run, Operator, Sequence[Any]], Any] | None:
    """How an operator that leaves no trace itself is recorded: by what it is made of."""
    if operator.name in _CONVOLUTIONS or operator.name in _TRANSPOSED:
        return _convolution
    return None


def _convolution(run: Run, operator: Operator, arguments: Sequence[Any]) -> Any:
    given = dict(zip((a.name for a in operator.schema.arguments), arguments, strict=True))
    name = operator.name
    rank = _CONVOLUTIONS.get(name) or _TRANSPOSED[name]
    input = given["input"]
    single = input._array.ndim == rank + 1
    if single:
        input = run("aten::unsqueeze", input, 0)
    operands = (input, given["weight"], given["bias"], given["stride"], given["padding"], given["dilation"])
    if isinstance(given["padding"], str):
        result = run("aten::_convolution_mode", *operands, given["groups"])
    else:
        extra = given.get("output_padding", [0] * rank)
        result = run("aten::_convolution", *operands, name in _TRANSPOSED, extra, given["groups"], *_CUDNN)
    return run("aten::squeeze.dim", result, 0) if single else result
