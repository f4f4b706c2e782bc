"""The schema of a function: parameters, defaults and result, from annotations or type comments."""

from __future__ import annotations

import ast
import inspect
import re
from typing import TYPE_CHECKING, Any

from transpile.core import types as T
from transpile.core.dtype import DType
from transpile.core.errors import ScriptTypeError
from transpile.core.schema import Argument
from transpile.script.environment import shown
from transpile.script.frontend import FunctionSource
from transpile.script.resolver import Resolver, broadcasting_size

if TYPE_CHECKING:
    from transpile.script.unit import Unit

_BROADCAST = re.compile(r"(?:\w+\.)*BroadcastingList(\d)\[(\w+)\]")
INFERRED = T.TensorType(inferred=True)


class Signature:
    """Parameters of a function (``self`` included for a method) and the declared type of its result, if any."""

    def __init__(self, arguments: list[Argument], result: T.Type | None) -> None:
        self.arguments = arguments
        self.result = result


def signature_of(unit: Unit, function: FunctionSource, resolver: Resolver, owner: T.Type | None = None) -> Signature:
    """Read the signature; ``owner`` is the type of ``self`` for a method."""
    node = function.node
    parameters = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    keyword_only = {a.arg for a in node.args.kwonlyargs}
    comments = _comment_types(function, resolver, parameters, skip_self=owner is not None)
    defaults = _defaults(function)
    annotations = getattr(function.python, "__annotations__", None) or {}
    arguments: list[Argument] = []
    for index, parameter in enumerate(parameters):
        range = function.range(parameter)
        if index == 0 and owner is not None:
            arguments.append(Argument(parameter.arg, owner))
            continue
        size = None
        type: T.Type = INFERRED
        if parameter.arg in comments[0]:
            type = comments[0][parameter.arg]
        elif parameter.annotation is not None:
            given = annotations.get(parameter.arg, parameter.annotation)
            # PyTorch's own BroadcastingList2[int] is None for Python.
            broadcast = _BROADCAST.fullmatch(ast.unparse(parameter.annotation)) if given is None else None
            if broadcast is not None:
                type, size = T.ListType(resolver.text(broadcast[2], range)), int(broadcast[1])
            elif isinstance(given, str):
                type, size = resolver.text(given, range), resolver.broadcasting(given)
            elif isinstance(given, ast.expr):
                type = resolver.annotation(None, given, range)
            elif isinstance(parameter.annotation, ast.IfExp):
                type = resolver.annotation(None, parameter.annotation, range)
            else:
                type = resolver.type_of(given, range, _written(parameter.annotation))
                size = broadcasting_size(given)
        extra: dict[str, Any] = {}
        if parameter.arg in defaults:
            extra["default"] = _default(unit.library.canonical(defaults[parameter.arg]), type, parameter.arg, range)
        arguments.append(Argument(parameter.arg, type, kwarg_only=parameter.arg in keyword_only, size=size, **extra))
    return Signature(arguments, _result(function, resolver, comments[1], annotations))


def _written(node: ast.expr) -> str:
    return ast.unparse(node) if isinstance(node, (ast.Name, ast.Attribute)) else ""


def _result(
    function: FunctionSource, resolver: Resolver, comment: T.Type | None, annotations: dict[str, Any]
) -> T.Type | None:
    node = function.node
    if comment is not None:
        return comment
    if node.returns is None:
        return None
    given = annotations.get("return", node.returns)
    range = function.range(node.returns)
    if isinstance(given, str):
        return resolver.text(given, range)
    if isinstance(given, ast.expr):
        return resolver.annotation(None, given, range)
    return resolver.type_of(given, range, _written(node.returns))


def _comment_types(
    function: FunctionSource, resolver: Resolver, parameters: list[ast.arg], *, skip_self: bool
) -> tuple[dict[str, T.Type], T.Type | None]:
    """Types from ``# type: (int, Tensor) -> Tensor`` and from comments behind the parameters."""
    types: dict[str, T.Type] = {}
    signature = function.comments.get("signature")
    named = parameters[1:] if skip_self else parameters
    range = function.range(function.node)
    for parameter in named:
        comment = function.comments.get(f"line {parameter.lineno}")
        if comment is not None and signature is not None:
            types[parameter.arg] = resolver.text(comment, function.range(parameter))
    if signature is None:
        stray = [key for key in function.comments if key.startswith("line")]
        if stray:
            raise ScriptTypeError(
                "a type comment is only understood on a function",
                function.source.range(int(stray[0].split()[1]), 0),
                hint="annotate the variable instead: x: List[int] = []",
            )
        return types, None
    left, _, right = signature.partition("->")
    inside = left.strip()
    if inside != "(...)":
        listed = ast.parse(inside, mode="eval").body
        parts = list(listed.elts) if isinstance(listed, ast.Tuple) and inside != "()" else [listed]
        if inside == "()":
            parts = []
        if len(parts) == len(parameters) and skip_self:
            parts = parts[1:]
        if len(parts) != len(named):
            raise ScriptTypeError(
                f"Number of type annotations ({len(parts)}) did not match the number of function parameters "
                f"({len(named)})",
                range,
                hint="name one type for each parameter",
            )
        for parameter, part in zip(named, parts, strict=True):
            types[parameter.arg] = resolver.annotation(None, part, range)
    return types, resolver.text(right.split("#")[0], range)


def _defaults(function: FunctionSource) -> dict[str, Any]:
    node = function.node
    positional = [*node.args.posonlyargs, *node.args.args]
    if function.python is not None:
        values: tuple[Any, ...] = inspect.unwrap(function.python).__defaults__ or ()
    else:
        values = tuple(ast.literal_eval(d) for d in node.args.defaults)
    return {a.arg: v for a, v in zip(positional[len(positional) - len(values) :], values, strict=True)}


def _annotation(value: Any) -> str:
    """How a parameter with this default is annotated."""
    if isinstance(value, tuple):
        return f"Tuple[{', '.join(_annotation(item) for item in value)}]"
    return str(value.__class__.__name__)


def _default(value: Any, type: T.Type, name: str, range: Any) -> Any:
    if isinstance(value, DType):
        value = value.code
    if isinstance(value, (list, dict, set)):
        raise ScriptTypeError(
            "Mutable default parameters are not supported because Python binds them to the function and they "
            "persist across "
            "function calls.\n As a workaround, make the default None and instantiate the default parameter "
            "within the body "
            f"of the function. Found {value.__class__} on parameter {name}",
            range,
            hint=f"def ...({name}: Optional[...] = None), and 'if {name} is None: {name} = ...' in the body",
        )
    inner = type.element if isinstance(type, T.OptionalType) else type
    if value is None and (isinstance(type, (T.OptionalType, T.TensorType)) or type in (T.ANY, T.NONE)):
        return None
    if isinstance(inner, T.TensorType) and isinstance(value, (bool, int, float, complex, str, tuple)):
        reason = ""
        if inner.inferred:
            reason = f"Because \"{name}\" was not annotated with an explicit type it is assumed to be type 'Tensor'."
        raise ScriptTypeError(
            f'Expected a default value of type {shown(inner)} on parameter "{name}".{reason}',
            range,
            hint=f"annotate it, {name}: {_annotation(value)} = {value!r}",
        )
    if isinstance(type, T.UnionType) and (value is not None or T.NONE in type.members):
        return value
    if inner == T.FLOAT and value.__class__ in (int, float):
        return float(value)
    if isinstance(inner, T.ListType) and isinstance(value, (tuple, int, float)):
        return list(value) if isinstance(value, tuple) else value
    expected: dict[T.Type, Any] = {T.INT: (int,), T.BOOL: (bool,), T.STR: (str,), T.COMPLEX: (complex, float, int)}
    fits = expected.get(inner)
    if value is None or (
        fits is not None and not (isinstance(value, fits) and not (inner == T.INT and isinstance(value, bool)))
    ):
        raise ScriptTypeError(
            f'Expected a default value of type {type.annotation()} on parameter "{name}".',
            range,
            hint="give a default of that type, or annotate the parameter as Optional and let the default be None",
        )
    return value
