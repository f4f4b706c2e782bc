"""Forward hooks: functions compiled as methods of the module, and called around ``forward``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from transpile.core import types as T
from transpile.core.errors import ScriptTypeError
from transpile.core.source import SourceRange
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
    layout = module.concrete.layout
    if not layout.hooks and not layout.pre_hooks:
        return forward.call(e, range, arguments, keywords)
    given = list(arguments)
    for hook in layout.pre_hooks:
        packed = e.make_tuple([a.value for a in given], range)
        result = _call(e, module, hook, range, [packed])
        if result.value.type == T.NONE:
            continue
        if isinstance(result.value.type, T.TupleType):
            given = [Actual(v, range) for v in e.unpack_tuple(result.value, range)]
        else:
            given = [Actual(result.value, range)]
    output = forward.call(e, range, given, keywords)
    for hook in layout.hooks:
        packed = e.make_tuple([a.value for a in given], range)
        result = _call(e, module, hook, range, [packed, output.as_value(e, range)])
        if result.value.type != T.NONE:
            output = result
    return output


def _call(e: Emitter, module: ModuleValue, hook: Any, range: SourceRange | None, values: Sequence[Any]) -> SimpleValue:
    name = compile_hook(e.unit, module.concrete, hook, range)
    result = MethodValue(module.value, [name]).call(e, range, [Actual(v, range) for v in values], ())
    return SimpleValue(result.as_value(e, range))


def compile_hook(unit: Unit, concrete: ConcreteType, hook: Any, range: SourceRange | None) -> str:
    """Compile a hook as a method of its module's type, and give the method's name."""
    name: str = hook.__name__
    owner = concrete.type
    if name not in owner.methods:
        compiled = unit.compile_method(hook, owner, range, name)
        taken = compiled.schema.arguments[1].type if len(compiled.schema.arguments) > 1 else T.NONE
        if not isinstance(taken, T.TupleType):
            raise ScriptTypeError(
                f"Hook '{name}' on module '{owner.name.rpartition('.')[2]}' expected the input argument to be "
                "typed as a "
                f"Tuple but found type: '{taken.annotation()}' instead.",
                range,
                hint=f"annotate it: def {name}(self, input: Tuple[Tensor], ...)",
            )
        owner.methods[name] = compiled
    return name
