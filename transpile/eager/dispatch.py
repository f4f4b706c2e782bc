"""Running an operator on tensors.

``call`` is the one door: it hands the operator to the innermost active mode (the tracer is one) or runs its kernel.
Arguments are one value per argument of the schema, with tensors as ``Tensor``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from transpile.core import types as T
from transpile.core.schema import Argument, Schema
from transpile.core.script_markers import active_modes
from transpile.eager import grad_mode
from transpile.eager.size import Size
from transpile.ops.registry import Operator

if TYPE_CHECKING:
    from transpile.eager.tensor import Tensor

_Mode = TypeVar("_Mode", bound="DispatchMode")


class DispatchMode:
    """Sees every operator call made while it is active (``with mode:``), innermost mode first.

    While ``dispatch`` runs, the mode itself is off, so it may call operators.  The other methods answer for Python
    values that are read off tensors, which a tracer wants to see too; the defaults give the plain values.
    """

    def __enter__(self: _Mode) -> _Mode:
        active_modes.stack.append(self)
        return self

    def __exit__(self, *exception: object) -> None:
        active_modes.stack.pop()

    def dispatch(self, operator: Operator, arguments: Sequence[Any]) -> Any:
        """Handle one call; ``execute(operator, arguments)`` runs it."""
        return execute(operator, arguments)

    def enter_module(self, module: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """The ``forward`` of a module is about to be called."""

    def exit_module(self, module: Any) -> None:
        """The call of ``forward`` has ended."""

    def shape(self, tensor: Tensor) -> Size:
        """``tensor.shape`` and ``tensor.size()``."""
        return Size(tensor._array.shape)

    def size(self, tensor: Tensor, dim: int) -> Any:
        """``tensor.size(dim)``."""
        return tensor._array.shape[dim]

    def numel(self, tensor: Tensor) -> Any:
        """``tensor.numel()``."""
        return tensor._array.size

    def leaves(self, tensor: Tensor, what: str) -> None:
        """Values of ``tensor`` are about to become Python's: ``what`` is ``a Python boolean``, ``a Python list``..."""

    def length(self, tensor: Tensor) -> Any:
        """``len(tensor)``."""
        return tensor._array.shape[0]

    def iterates(self, tensor: Tensor) -> None:
        """``tensor`` is about to be walked over or unpacked."""

    def created(self, tensor: Tensor, how: str) -> Tensor:
        """``tensor`` was made from Python data by ``how``: ``tensor``, ``as_tensor``, ``from_numpy`` or ``index``."""
        return tensor

    def created_from_tensor(self, tensor: Tensor, dtype: Any, how: str) -> Tensor | None:
        """``torch.tensor(tensor)`` and the like; ``None`` leaves it to eager mode."""
        return None

    def resized(self, tensor: Tensor, how: str) -> None:
        """``tensor`` has been resized in place by ``how``: ``resize_`` or ``resize_as_``."""

    def convert(self, tensor: Tensor, dtype: Any, device: Any, non_blocking: bool, copy: bool) -> Tensor | None:
        """``tensor.to(...)`` and its relatives; ``None`` leaves it to eager mode."""
        return None


def active_mode() -> DispatchMode | None:
    """The innermost active mode of this thread."""
    return active_modes.stack[-1] if active_modes.stack else None


def call(operator: Operator, arguments: Sequence[Any]) -> Any:
    """Run ``operator`` through the active modes."""
    stack = active_modes.stack
    if not stack:
        return execute(operator, arguments)
    mode = stack.pop()
    try:
        return mode.dispatch(operator, arguments)
    finally:
        stack.append(mode)


@dataclass(frozen=True)
class _Plan:
    """What is known of an operator's results before it runs.

    ``kinds`` says for each return what becomes of the raw value: ``tensor``, ``tensors`` (a list) or ``value``.
    ``same_as`` is the index of the argument that an in-place return is, or -1.
    """

    kinds: tuple[str, ...]
    same_as: tuple[int, ...]
    written: tuple[int, ...]
    names: tuple[str, ...]
    differentiable: bool


_plans: dict[int, _Plan] = {}


def _kind(type: T.Type) -> str:
    if isinstance(type, T.OptionalType):
        return _kind(type.element)
    if type == T.TENSOR:
        return "tensor"
    if isinstance(type, T.ListType) and _kind(type.element) == "tensor":
        return "tensors"
    if isinstance(type, (T.ListType, T.TupleType, T.DictType, T.VarType)) or type == T.ANY:
        return "nested"
    return "value"


def _written_argument(schema: Schema, returned: Argument) -> int:
    if not returned.writes or returned.alias is None:
        return -1
    for index, argument in enumerate(schema.arguments):
        if argument.writes and argument.alias is not None and argument.alias.before & returned.alias.before:
            return index
    return -1


def _plan_of(operator: Operator) -> _Plan:
    plan = _plans.get(id(operator))
    if plan is None:
        schema = operator.schema
        names = tuple(r.name for r in schema.returns)
        plan = _Plan(
            kinds=tuple(_kind(r.type) for r in schema.returns),
            same_as=tuple(_written_argument(schema, r) for r in schema.returns),
            written=tuple(i for i, a in enumerate(schema.arguments) if a.writes and a.type == T.TENSOR),
            names=names if len(names) > 1 and all(names) else (),
            differentiable=not operator.tags & {"factory", "nograd"},
        )
        _plans[id(operator)] = plan
        _keep.append(operator)
    return plan


_keep: list[Operator] = []  # keeps the ids in _plans alive


def unwrap(value: Any) -> Any:
    """The raw value that kernels work on."""
    if isinstance(value, (int, float, str)) or value is None:
        return value
    if isinstance(value, (list, tuple)):
        return [unwrap(v) for v in value]
    array = getattr(value, "_array", None)
    if array is not None:
        return array
    engine = getattr(value, "_engine", None)
    return value if engine is None else engine


def execute(operator: Operator, arguments: Sequence[Any]) -> Any:
    """Run the kernel of ``operator`` and wrap its results."""
    from transpile.eager.tensor import Tensor

    plan = _plan_of(operator)
    tracks = grad_mode.is_grad_enabled() and plan.differentiable and _any_requires_grad(arguments)
    if operator.is_out and grad_mode.is_grad_enabled() and _any_requires_grad(arguments):
        raise RuntimeError(
            f"{operator.name.partition('::')[2]}(): functions with out=... arguments don't support automatic "
            "differentiation, but one of the arguments requires grad."
        )
    if plan.written and grad_mode.is_grad_enabled():
        for index in plan.written:
            target = arguments[index]
            if isinstance(target, Tensor) and target.requires_grad and target._grad_name is None:
                raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")
    raw = [unwrap(a) for a in arguments]
    result = operator(*raw)
    if len(plan.kinds) == 1:
        return _wrap(operator, plan, 0, result, arguments, raw, tracks)
    if not plan.kinds:
        return None
    wrapped = [_wrap(operator, plan, i, r, arguments, raw, tracks) for i, r in enumerate(result)]
    return return_type(operator.name, plan.names)(wrapped) if plan.names else tuple(wrapped)


def _any_requires_grad(arguments: Sequence[Any]) -> bool:
    for argument in arguments:
        if isinstance(argument, (list, tuple)):
            if argument and not isinstance(argument[0], (int, float)) and _any_requires_grad(argument):
                return True
        elif getattr(argument, "_requires_grad", False):
            return True
    return False


def _wrap(
    operator: Operator, plan: _Plan, index: int, value: Any, arguments: Sequence[Any], raw: list[Any], tracks: bool
) -> Any:
    from transpile.eager.tensor import Tensor

    same = plan.same_as[index]
    if same >= 0:
        target = arguments[same]
        if isinstance(target, Tensor):
            if isinstance(value, np.ndarray) and value is not target._array:
                target._array = value
            if tracks:
                target._track(operator.schema.qualified_name)
            return target
    kind = plan.kinds[index]
    if kind == "tensor":
        if value is None:
            return None
        # A view is a new tensor object even when its kernel hands the array back unchanged.
        if "view" not in operator.tags or "itself" in operator.tags:
            for given, array in zip(arguments, raw, strict=True):
                if array is value and isinstance(given, Tensor):
                    return given
        return _new(operator, value, tracks)
    if kind == "tensors":
        return [None if v is None else _new(operator, v, tracks) for v in value]
    return _wrap_nested(value) if kind == "nested" else value


def _new(operator: Operator, array: Any, tracks: bool) -> Tensor:
    from transpile.eager.tensor import Tensor

    tensor: Tensor = Tensor._from_array(array)
    if tracks:
        tensor._track(operator.schema.qualified_name)
    return tensor


def _wrap_nested(value: Any) -> Any:
    from transpile.eager.tensor import Tensor

    if isinstance(value, np.ndarray):
        return Tensor._from_array(value)
    if isinstance(value, (list, tuple)):
        return type(value)(_wrap_nested(v) for v in value)
    if isinstance(value, dict):
        return {k: _wrap_nested(v) for k, v in value.items()}
    return value


class NamedResult(tuple[Any, ...]):
    """Several results with names: ``values, indices = x.max(0)`` or ``x.max(0).values``."""

    _fields: tuple[str, ...] = ()

    def __getattr__(self, name: str) -> Any:
        if name in self._fields:
            return self[self._fields.index(name)]
        raise AttributeError(f"'{type(self).__qualname__}' object has no attribute '{name}'")

    def __repr__(self) -> str:
        shown = ",\n".join(f"{n}={v!r}" for n, v in zip(self._fields, self, strict=True))
        return f"torch.return_types.{type(self).__name__}(\n{shown})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild_result, (type(self).__name__, self._fields, tuple(self)))


def _rebuild_result(name: str, fields: tuple[str, ...], values: tuple[Any, ...]) -> NamedResult:
    return return_type(f"aten::{name}", fields)(values)


_return_types: dict[tuple[str, tuple[str, ...]], Callable[[Sequence[Any]], NamedResult]] = {}


def return_type(name: str, fields: tuple[str, ...]) -> Callable[[Sequence[Any]], NamedResult]:
    """The class of an operator's named results."""
    short = name.rpartition("::")[2]
    key = (short, fields)
    if key not in _return_types:
        _return_types[key] = type(short, (NamedResult,), {"_fields": fields, "__module__": "torch.return_types"})
    return _return_types[key]
