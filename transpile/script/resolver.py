"""Names and annotations of a function, looked up in its closure, its globals and the builtins.

An annotation is read from its syntax tree: names are looked up, attributes and subscripts applied to what was found.
"""

from __future__ import annotations

import ast
import builtins
import enum
import types
import typing
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from transpile.core import types as T
from transpile.core.errors import ScriptTypeError
from transpile.core.script_markers import BroadcastingList
from transpile.core.source import SourceRange
from transpile.script import hints
from transpile.script.library import is_torch

if TYPE_CHECKING:
    from transpile.script.emitter import Emitter
    from transpile.script.unit import Unit
    from transpile.script.upgraders import Upgrader
    from transpile.script.values import Sugared

MISSING: Any = object()
_TENSOR_NAMES = frozenset(
    ("Tensor", "Parameter", "FloatTensor", "DoubleTensor", "LongTensor", "IntTensor", "HalfTensor", "BoolTensor",
     "ByteTensor", "CharTensor", "ShortTensor")
)  # fmt: skip
_TORCH_TYPES: dict[str, T.Type] = {
    "device": T.DEVICE, "dtype": T.INT, "DType": T.INT, "Generator": T.GENERATOR, "Stream": T.STREAM,
    **dict.fromkeys(_TENSOR_NAMES, T.TENSOR),
}  # fmt: skip
_PYTHON_TYPES: dict[Any, T.Type] = {
    int: T.INT, float: T.FLOAT, bool: T.BOOL, str: T.STR, complex: T.COMPLEX, type(None): T.NONE, None: T.NONE,
    Any: T.ANY, list: T.ANY_LIST, tuple: T.ANY_TUPLE,
}  # fmt: skip


class Resolver:
    """Looks names up as the Python function would, and turns annotations into types.

    ``may_lack_operators`` says that the text was written for PyTorch: what a branch of it calls may be missing here.
    """

    may_lack_operators = False

    def __init__(self, unit: Unit, function: Callable[..., Any] | None, extra: Mapping[str, Any] | None = None) -> None:
        self.unit = unit
        self.scopes: list[Mapping[str, Any]] = []
        if extra is not None:
            self.scopes.append(extra)
        if function is not None:
            code = getattr(function, "__code__", None)
            closure = getattr(function, "__closure__", None) or ()
            if code is not None:
                cells = zip(code.co_freevars, closure, strict=False)
                self.scopes.append({name: cell.cell_contents for name, cell in cells if _filled(cell)})
            self.scopes.append(getattr(function, "__globals__", {}))
        self.scopes.append(vars(builtins))

    def upgraders(self, operator: str) -> Mapping[str, Upgrader]:
        """The overloads of an operator that mean something else in this text than today; none in Python's."""
        return {}

    def lookup(self, name: str) -> Any:
        """The Python object called ``name``, or ``MISSING``."""
        for scope in self.scopes:
            if name in scope:
                return self.unit.library.canonical(scope[name])
        return MISSING

    def name(self, e: Emitter, name: str, range: SourceRange | None) -> Sugared | None:
        """What a global name stands for in a script, or ``None`` if it is undefined."""
        from transpile.script.builtins import GLOBALS
        from transpile.script.python_values import sugared

        if name in GLOBALS:
            return GLOBALS[name]
        found = self.lookup(name)
        return None if found is MISSING else sugared(e.unit, e, found, range)

    # ---- annotations
    def annotation(self, e: Emitter | None, node: ast.expr, range: SourceRange | None = None) -> T.Type:
        """The type that an annotation means."""
        where = range if range is not None or e is None else e.range(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return self.text(node.value, where)
        return self.type_of(self.value_of(node, where), where, spelled=_spelling(node))

    def text(self, text: str, range: SourceRange | None) -> T.Type:
        """The type that the text of an annotation means (a forward reference or a type comment)."""
        try:
            node = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError) as error:
            raise ScriptTypeError(f"cannot parse the type {text!r}", range) from error
        return self.annotation(None, node, range)

    def broadcasting(self, text: str) -> int | None:
        """The N of a ``BroadcastingListN[...]`` in the text of an annotation."""
        at = text.find("BroadcastingList")
        digit = text[at + len("BroadcastingList") :][:1] if at >= 0 else ""
        return int(digit) if digit.isdigit() else None

    def value_of(self, node: ast.expr, range: SourceRange | None) -> Any:
        """The Python object that a type expression denotes."""
        if isinstance(node, ast.Name):
            found = self.lookup(node.id)
            if found is MISSING:
                found = getattr(typing, node.id, MISSING) if node.id in _TYPING else MISSING
            if found is MISSING and node.id == "Tensor":
                return T.TENSOR
            if found is MISSING:
                raise ScriptTypeError(f"Unknown type name '{node.id}'", range)
            return found
        if isinstance(node, ast.Attribute):
            owner = self.value_of(node.value, range)
            found = getattr(owner, node.attr, MISSING)
            if found is MISSING:
                raise ScriptTypeError(f"Unknown type name '{_spelling(node)}'", range)
            return self.unit.library.canonical(found)
        if isinstance(node, ast.Constant):
            return self.text(node.value, range) if isinstance(node.value, str) else node.value
        if isinstance(node, ast.Tuple):
            return tuple(self.value_of(part, range) for part in node.elts)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            left = self.type_of(self.value_of(node.left, range), range, spelled=_spelling(node.left))
            return T.union([left, self.type_of(self.value_of(node.right, range), range, spelled=_spelling(node.right))])
        if isinstance(node, ast.Subscript):
            return _Applied(self.value_of(node.value, range), _parameters(self.value_of(node.slice, range)))
        kind = "if" if isinstance(node, ast.IfExp) else type(node).__name__
        raise ScriptTypeError(
            f"Expression of type {kind} cannot be used in a type expression",
            range,
            hint="give the type a name and use it",
        )

    def type_of(self, value: Any, range: SourceRange | None, spelled: str = "") -> T.Type:
        """The type that a Python object means as an annotation."""
        if isinstance(value, T.Type):
            return value
        if isinstance(value, str):
            return self.text(value, range)
        if isinstance(value, typing.ForwardRef):
            return self.text(value.__forward_arg__, range)
        if isinstance(value, _Applied):
            return self._applied(value.constructor, value.parameters, range)
        value = self.unit.library.canonical(value)
        if isinstance(value, BroadcastingList):
            return T.ListType(self.type_of(value.element, range))
        try:
            simple = _PYTHON_TYPES.get(value)
        except TypeError:
            simple = None
        if simple is not None:
            return simple
        if value is dict or value in (_LIST[1], _DICT[1], _TUPLE[1], typing.Optional):
            kind = str(value).rpartition(".")[2].removeprefix("<class '").removesuffix("'>")
            raise ScriptTypeError(
                f"Attempted to use {kind} without a contained type. Please add a contained type, e.g. {kind}[int]",
                range,
                hint="Dict takes two types: Dict[str, int]" if "ict" in kind else f"write {kind}[int] or what it holds",
            )
        origin = typing.get_origin(value)
        if origin is not None:
            return self._applied(origin, typing.get_args(value), range)
        if value is Ellipsis:
            raise ScriptTypeError(
                "Expression of type dots cannot be used in a type expression",
                range,
                hint="a tuple has a fixed number of elements: use List[...]",
            )
        if isinstance(value, type):
            found = self._class(value, range)
            if found is not None:
                return found
        name = spelled or getattr(value, "__qualname__", None) or str(value).removeprefix("typing.")
        raise ScriptTypeError(f"Unknown type name '{name}'", range, hint=hints.for_type(value))

    def _class(self, cls: type, range: SourceRange | None) -> T.Type | None:
        if is_torch(cls.__module__) and cls.__name__ in _TORCH_TYPES:
            if cls.__name__ in _TENSOR_NAMES - {"Tensor", "Parameter"}:
                warnings.warn(
                    "TorchScript will treat type annotations of Tensor dtype-specific subtypes as if they are normal "
                    "Tensors. dtype constraints are not enforced in compilation either.",
                    stacklevel=2,
                )
            return _TORCH_TYPES[cls.__name__]
        if issubclass(cls, tuple) and hasattr(cls, "_fields"):
            return self.unit.named_tuple(cls, self, range)
        if issubclass(cls, enum.Enum):
            return self.unit.enum(cls, range)
        return self.unit.class_type(cls, range)

    def _applied(self, constructor: Any, parameters: tuple[Any, ...], range: SourceRange | None) -> T.Type:
        def one(value: Any) -> T.Type:
            return self.type_of(value, range)

        wanted = 2 if constructor in _DICT else 1 if constructor in (*_LIST, typing.Optional) else len(parameters)
        if len(parameters) != wanted:
            raise ScriptTypeError(
                f"{getattr(constructor, '__name__', constructor)} takes {wanted} types, found {len(parameters)}", range
            )
        if constructor in _LIST:
            return T.ListType(one(parameters[0]))
        if constructor in _DICT:
            key, value = one(parameters[0]), one(parameters[1])
            if key not in (T.INT, T.FLOAT, T.COMPLEX, T.STR, T.BOOL, T.DEVICE, T.TENSOR):
                raise ScriptTypeError(
                    f"Cannot create dict for key type '{key.schema()}', only int, float, complex, Tensor, device "
                    "and string "
                    "keys are supported",
                    range,
                    hint="make the key a string: str(key)",
                )
            return T.DictType(key, value)
        if constructor in _TUPLE:
            if parameters == ((),):
                parameters = ()
            return T.TupleType(tuple(one(p) for p in parameters))
        if constructor is typing.Optional:
            return T.optional(one(parameters[0]))
        if constructor in (typing.Union, types.UnionType):
            return T.union([one(p) for p in parameters])
        name = getattr(constructor, "__name__", None) or str(constructor).removeprefix("typing.")
        if name == "Future":
            return T.FutureType(one(parameters[0]))
        if name == "Annotated":
            return one(parameters[0])
        if name.startswith("BroadcastingList"):
            return T.ListType(one(parameters[0]))
        raise ScriptTypeError(f"Unknown type constructor {name}", range, hint=hints.for_type(constructor))


class _Applied:
    """A subscripted type expression: the constructor and its parameters."""

    def __init__(self, constructor: Any, parameters: tuple[Any, ...]) -> None:
        self.constructor = constructor
        self.parameters = parameters


# The builtin containers and their names in typing, which differ as objects.
_LIST = (list, vars(typing)["List"])
_DICT = (dict, vars(typing)["Dict"])
_TUPLE = (tuple, vars(typing)["Tuple"])
_TYPING = frozenset(("List", "Dict", "Tuple", "Optional", "Union", "Any"))


def _filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not MISSING
    except ValueError:
        return False


def _parameters(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) and value != () else (value,)


def _spelling(node: ast.expr) -> str:
    if isinstance(node, (ast.Name, ast.Attribute)):
        return ast.unparse(node)
    return ""


def broadcasting_size(value: Any) -> int | None:
    """The N of a ``BroadcastingListN[...]`` annotation, also inside Optional, which accepts a single number."""
    for part in (value, *typing.get_args(value)):
        if isinstance(part, BroadcastingList):
            return part.length
    return None
