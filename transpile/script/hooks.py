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
    from transpile.script.modules import ModuleValue


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
    name = hook.__name__
    owner = module.concrete.type
    if name not in owner.methods:
        compiled = e.unit.compile_method(hook, owner, range, name)
        if not isinstance(compiled.schema.arguments[1].type, T.TupleType):
            found = compiled.schema.arguments[1].type.annotation()
            raise ScriptTypeError(
                f"Hook '{name}' on module '{owner.name.rpartition('.')[2]}' expected the input argument to be typed as a "
                f"Tuple but found type: '{found}' instead.",
                range,
            )
        owner.methods[name] = compiled
    result = MethodValue(module.value, [name]).call(e, range, [Actual(v, range) for v in values], ())
    return SimpleValue(result.as_value(e, range))
