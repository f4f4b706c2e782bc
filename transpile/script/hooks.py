"""Forward hooks: functions compiled as methods of the module, and called around ``forward``."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from transpile.core import types as T
from transpile.core.errors import ScriptTypeError
from transpile.core.source import SourceRange
from transpile.ir.function import Function
from transpile.script.frontend import source_of_function
from transpile.script.library import is_torch
from transpile.script.values import Actual, MethodValue, SimpleValue, Sugared

if TYPE_CHECKING:
    from transpile.script.emitter import Emitter
    from transpile.script.modules import ConcreteType, ModuleValue
    from transpile.script.unit import Unit


def call_with_hooks(
    e: Emitter,
    module: ModuleValue,
    forward: Sugared,
    range: SourceRange | None,
    arguments: Sequence[Actual],
    keywords: Sequence[Actual],
) -> Sugared:
    """Call ``forward`` with the module's pre-hooks before it and its hooks after it."""
    compile_hooks(e.unit, module.concrete, range)
    type = module.concrete.type
    if not type.forward_hooks and not type.forward_pre_hooks:
        return forward.call(e, range, arguments, keywords)
    packed = e.make_tuple([a.value for a in arguments], range)
    for name in type.forward_pre_hooks:
        result = _call(e, module, name, range, [packed]).value
        if isinstance(result.type, T.TupleType):
            packed = result
        elif result.type != T.NONE:
            packed = e.make_tuple([result], range)
    given = [Actual(v, range) for v in e.unpack_tuple(packed, range)]
    output = forward.call(e, range, given, keywords)
    for name in type.forward_hooks:
        changed = _call(e, module, name, range, [packed, output.as_value(e, range)])
        output = changed if changed.value.type != T.NONE else output
    return output


def _call(e: Emitter, module: ModuleValue, name: str, range: SourceRange | None, values: Sequence[Any]) -> SimpleValue:
    result = MethodValue(module.value, [name]).call(e, range, [Actual(v, range) for v in values], ())
    return SimpleValue(result.as_value(e, range))


def refuse_own_call(cls: type, range: SourceRange | None) -> None:
    """A ``__call__`` that does more than to call ``forward`` is what Python runs, and no script does."""
    owner = next((c for c in cls.__mro__ if "__call__" in vars(c) or is_torch(c.__module__)), cls)
    function = vars(owner).get("__call__")
    if is_torch(owner.__module__) or not inspect.isfunction(function) or is_torch(function.__module__):
        return
    body = [s for s in source_of_function(function).node.body if not isinstance(getattr(s, "value", s), ast.Constant)]
    last = body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None
    if not isinstance(last, ast.Call) or ast.unparse(last.func) not in ("super().__call__", "self.forward"):
        raise ScriptTypeError(
            f"'{cls.__name__}' has a __call__ of its own, which scripts do not run",
            range,
            hint="let forward do what it does",
        )


_REMOVERS = {"WeightNorm": "remove_weight_norm", "SpectralNorm": "remove_spectral_norm"}


def compile_hooks(unit: Unit, concrete: ConcreteType, range: SourceRange | None) -> None:
    """Compile the hooks of a module that comes from Python, and note their names in its type."""
    layout, type = concrete.layout, concrete.type
    if layout.pre_hooks or layout.hooks:
        type.forward_pre_hooks = [_compile_hook(unit, concrete, hook, range) for hook in layout.pre_hooks]
        type.forward_hooks = [_compile_hook(unit, concrete, hook, range) for hook in layout.hooks]


def _compile_hook(unit: Unit, concrete: ConcreteType, hook: Any, range: SourceRange | None) -> str:
    """Compile a hook as a method of its module's type, and give the method's name."""
    name: str = getattr(hook, "__name__", "")
    owner = concrete.type
    if not name:
        kind, remedy = type(hook).__name__, _REMOVERS.get(type(hook).__name__)
        raise ScriptTypeError(
            f"a hook of {_short(owner)} is an object of {kind}, not a function, and cannot be compiled",
            range,
            hint=f"take it out first, which keeps the values: torch.nn.utils.{remedy}(module)" if remedy else "",
        )
    known = owner.methods.get(name)
    if known is None:
        owner.methods[name] = compiled = unit.compile_method(hook, owner, range, name)
        try:
            _check_signature(owner, hook, compiled)
        except ScriptTypeError:
            del owner.methods[name]
            raise
    elif known.python is not hook:
        raise ScriptTypeError(
            f"Hook '{name}' on {_short(owner)} has at least two different python definitions. Please use unique names "
            "for all hooks.",
            known.range,
        )
    return name


def _short(owner: T.ClassType) -> str:
    return owner.name.rpartition(".")[2]


def _check_signature(owner: T.ClassType, hook: Any, compiled: Function) -> None:
    """A hook takes the module and the tuple of its arguments (a hook behind the call the result as well), and says what
    it returns."""
    name, where = compiled.name, f"on module '{_short(owner)}'"
    arguments = compiled.schema.arguments
    taken = arguments[1].type if len(arguments) > 1 else T.NONE
    hint = f"annotate it: def {name}(self, input: Tuple[Tensor], ...)"
    if not isinstance(taken, T.TupleType):
        raise ScriptTypeError(
            f"Hook '{name}' {where} expected the input argument to be typed as a Tuple but found type: "
            f"'{taken.annotation()}' instead.",
            compiled.range,
            hint=hint,
        )
    forward = owner.methods.get("forward")
    if isinstance(forward, Function):
        expected = [a.type for a in forward.schema.arguments[1:]]
        if len(expected) != len(taken.elements):
            raise ScriptTypeError(
                f"Hook '{name}' {where} has the wrong number of contained types for the input argument's Tuple. "
                f"Received type: '{taken.annotation()}'.",
                compiled.range,
                hint=f"forward takes {T.TupleType(tuple(expected)).annotation()}",
            )
    if "return" not in getattr(hook, "__annotations__", {}) and "# type:" not in compiled.source_text:
        raise ScriptTypeError(
            f"Hook '{name}' {where} is missing a return annotation",
            compiled.range,
            hint="say what it returns: '-> None' if the value passes unchanged, else the type of the new value",
        )
