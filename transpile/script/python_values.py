"""What a Python object stands for inside a script."""

from __future__ import annotations

import enum
import inspect
import math
import warnings
from collections import OrderedDict
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from transpile.core import types as T
from transpile.core.dtype import DType
from transpile.core.errors import ScriptTypeError
from transpile.core.source import SourceRange
from transpile.ir.function import Function
from transpile.ops import registry
from transpile.script.builtins import GLOBALS, ExceptionClass, SpecialForm
from transpile.script.calls import IgnoredFunction, UnusedFunction
from transpile.script.library import public_name
from transpile.script.values import Actual, FunctionValue, OperatorFunction, PythonValue, SimpleValue, Sugared

if TYPE_CHECKING:
    from transpile.script.emitter import Emitter
    from transpile.script.unit import Unit

# Functions of torch.jit by name, and the form each one is.
_JIT_HOMES = ("transpile.core.script_markers", "transpile.jit", "transpile.torch", "torch.jit", "torch._jit")
_JIT_FORMS = {"annotate": "annotate", "fork": "fork", "is_scripting": "is_scripting", "isinstance": "isinstance"}
_LAYOUT_CODES = {
    "torch.strided": 0, "torch.contiguous_format": 0, "torch.preserve_format": 1, "torch.channels_last": 2,
    "torch.channels_last_3d": 3,
}  # fmt: skip
# Objects of these modules are asked for their attributes as modules are.
_NAMESPACES = ("transpile.eager.backends", "transpile.eager.operator_namespaces")
_JIT_OPERATORS = {"wait": "aten::wait", "_unwrap_optional": "aten::_unwrap_optional"}
# Builtins of Python by identity: the same whatever name they are bound to.
_BUILTINS = {getattr(__import__("builtins"), name): name for name in GLOBALS if hasattr(__import__("builtins"), name)}


class PythonModule(Sugared):
    """A Python module: its attributes are looked up while compiling."""

    kind = "python module"

    def __init__(self, module: Any) -> None:
        self.module = module

    def attribute(self, e: Emitter, range: SourceRange | None, name: str) -> Sugared:
        found = getattr(self.module, name, None)
        if found is None and not hasattr(self.module, name):
            raise ScriptTypeError(
                f"object has no attribute {name}",
                range,
                hint=f"'{public_name(getattr(self.module, '__name__', ''))}.{name}' does not exist here",
                fails_in_python=True,
            )
        return sugared(e.unit, e, e.unit.library.canonical(found), range, constant=True)


class NamedTupleClass(Sugared):
    kind = "NamedTuple constructor"

    def __init__(self, type: T.TupleType) -> None:
        self.type = type

    def call(
        self, e: Emitter, range: SourceRange | None, arguments: Sequence[Actual], keywords: Sequence[Actual]
    ) -> Sugared:
        from transpile.core.schema import Argument, Schema
        from transpile.script import matching

        defaults = dict(self.type.defaults)
        formals = tuple(
            Argument(f, t, **({"default": defaults[f]} if f in defaults else {}))
            for f, t in zip(self.type.fields, self.type.elements, strict=True)
        )
        schema = Schema(self.type.name, "", formals, (Argument("", self.type),))
        _, found = matching.match_any([schema], range, arguments, keywords)
        return SimpleValue(e.make_tuple(found.inputs(e), range, self.type))


class EnumClass(Sugared):
    kind = "EnumClass"
    call_hint = "members cannot be looked up by value: compare with each, 'if n == 1: c = Color.RED'"

    def __init__(self, type: T.EnumType) -> None:
        self.type = type

    def attribute(self, e: Emitter, range: SourceRange | None, name: str) -> Sugared:
        if all(name != member for member, _ in self.type.members):
            raise ScriptTypeError(f"{self.type.name}' has no attribute '{name}'", range)
        return SimpleValue(e.constant(self.type.python_class[name], range, self.type))

    def iterate(self, e: Emitter, range: SourceRange | None) -> Sugared:
        members = [self.type.python_class[name] for name, _ in self.type.members]
        return SimpleValue(e.constant(members, range, T.ListType(self.type)))


def sugared(unit: Unit, e: Emitter, value: Any, range: SourceRange | None, *, constant: bool = False) -> Sugared:
    """What ``value`` stands for; ``constant`` allows numbers, strings and the like to become constants."""
    if constant:
        found = constant_value(e, value, range)
        if found is not None:
            return found
    if isinstance(value, Sugared):
        return value
    is_namespace = value.__class__.__module__ in _NAMESPACES and not hasattr(value, "__operator__")
    if isinstance(value, ModuleType) or is_namespace:
        return PythonModule(value)
    if isinstance(value, Function):
        return FunctionValue([value])
    compiled = getattr(value, "_function", None)
    if isinstance(compiled, Function):
        return FunctionValue([compiled])
    form = _form(value)
    if form is not None:
        return form
    if getattr(value, "__module__", None) == "transpile.torch.autograd" and inspect.isfunction(value):
        raise ScriptTypeError(
            f"torch.autograd.{value.__name__} is not available: compiled programs compute no gradients",
            range,
            hint="write the derivative out, or compute it outside of the model",
            fails_in_python=True,
        )
    scripted = unit.library.python_function(value)
    if scripted is not None:
        return function_value(unit, e, scripted, range)
    if inspect.isclass(value):
        return _class_value(unit, e, value, range)
    if callable(value) and (inspect.isfunction(inspect.unwrap(value)) or inspect.ismethod(value)):
        return function_value(unit, e, value, range)
    return PythonValue(value)


def constant_value(e: Emitter, value: Any, range: SourceRange | None) -> Sugared | None:
    """A Python value as a constant of the graph, or ``None`` if it is not of a kind that can be one."""
    value = e.unit.library.canonical(value)
    if isinstance(value, DType):
        return SimpleValue(e.constant(value.code, range))
    if isinstance(value, enum.Enum):
        return SimpleValue(e.constant(value, range, e.unit.enum(value.__class__, range)))
    if value is None or isinstance(value, (bool, int, float, complex, str)):
        return SimpleValue(e.constant(value, range))
    if isinstance(value, (tuple, list)) and type(value) in (tuple, list):
        parts = [constant_value(e, v, range) for v in value]
        if any(p is None for p in parts):
            return None
        return SimpleValue(e.make_tuple([p.as_value(e, range) for p in parts if p is not None], None))
    if type(value).__name__ == "device":
        return SimpleValue(e.constant(str(value), range, T.DEVICE))
    if type(value).__name__ in ("layout", "memory_format"):
        code = getattr(value, "code", _LAYOUT_CODES.get(str(value)))
        return SimpleValue(e.constant(code, range)) if code is not None else None
    return None


def operator_name(value: Any) -> str:
    """The name of the operator that a Python function is a door to, or the empty string."""
    name = getattr(value, "__operator__", "")
    if isinstance(name, str) and name:
        return name
    home = getattr(value, "__module__", None) or ""
    if home.startswith("transpile.eager") and registry.overloads(f"aten::{getattr(value, '__name__', '')}"):
        return f"aten::{value.__name__}"
    if value is warnings.warn:
        return "aten::warn"
    if getattr(value, "__module__", None) == "math" and callable(value):
        # math.remainder rounds to nearest; aten::remainder has the sign of the divisor.
        candidate = "aten::mathremainder" if value is math.remainder else f"aten::{value.__name__}"
        if registry.overloads(candidate):
            return candidate
    return ""


def _form(value: Any) -> Sugared | None:
    try:
        builtin = _BUILTINS.get(value)
    except TypeError:
        builtin = None
    if builtin is not None:
        return GLOBALS[builtin]
    if value is OrderedDict:
        return GLOBALS["dict"]
    name = operator_name(value)
    if name:
        return OperatorFunction(name)
    home = getattr(value, "__module__", None) or ""
    if home.startswith(_JIT_HOMES):
        short = getattr(value, "__name__", "")
        if short in _JIT_FORMS:
            return SpecialForm(_JIT_FORMS[short])
        if short in _JIT_OPERATORS:
            return OperatorFunction(_JIT_OPERATORS[short])
    return None


def _class_value(unit: Unit, e: Emitter, value: type, range: SourceRange | None) -> Sugared:
    if issubclass(value, BaseException):
        return ExceptionClass(value.__name__, exception_name(value))
    if issubclass(value, tuple) and hasattr(value, "_fields"):
        return NamedTupleClass(unit.named_tuple(value, e.resolver, range))
    if issubclass(value, enum.Enum):
        return EnumClass(unit.enum(value, range))
    return unit.class_value(e, value, range)


def exception_name(value: type[BaseException]) -> str:
    """How TorchScript calls an exception class."""
    return f"{value.__module__}.{value.__qualname__}"


def function_value(unit: Unit, e: Emitter, value: Any, range: SourceRange | None) -> Sugared:
    """A Python function: compiled, dispatched on a constant argument, left to Python, or refused at run time."""
    choice = getattr(value, "__boolean_dispatch__", None)
    if choice is not None:
        from transpile.script.dispatch import BooleanDispatch

        return BooleanDispatch(choice)
    modifier = modifier_of(value)
    if modifier in ("ignore", "unused"):
        schema = unit.python_schema(value)
        return IgnoredFunction(value, schema) if modifier == "ignore" else UnusedFunction(schema)
    overloads = unit.overloads_of(value)
    if overloads:
        return FunctionValue(overloads)
    return FunctionValue([unit.compile_function(value, range, e)])


def modifier_of(value: Any) -> str:
    """``"export"``, ``"ignore"``, ``"unused"`` or nothing, as the decorators of torch.jit left it on a function."""
    text = getattr(value, "_torchscript_modifier", None)
    if text is None and hasattr(value, "__func__"):
        text = getattr(value.__func__, "_torchscript_modifier", None)
    text = getattr(text, "value", text)
    if not isinstance(text, str):
        return ""
    word = text.split()[0]
    return {"_drop": "unused", "default": ""}.get(word, word)
