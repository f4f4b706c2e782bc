"""The compilation units of a process: where the front end is given the passes that make the graphs to run."""

from __future__ import annotations

from typing import Any

from transpile.core.errors import SourceError
from transpile.ir.function import Function, ScriptObject
from transpile.passes.pipelines import lower
from transpile.script.classes import is_module_class
from transpile.script.library import BUNDLED, Library
from transpile.script.unit import Unit

_default: list[Unit] = []


def new_unit(*, collect: bool = False, library: Library = BUNDLED) -> Unit:
    """An empty compilation unit; see ``Unit`` for its options."""
    return Unit(lower, collect=collect, library=library)


def default_unit() -> Unit:
    """The compilation unit of this process: everything scripted from Python lands in it."""
    if not _default:
        _default.append(new_unit())
    return _default[0]


def forget_default_unit() -> None:
    """Begin anew with an empty compilation unit, so that names are free again."""
    _default.clear()


def compile_all(obj: Any, unit: Unit | None = None, library: Library = BUNDLED) -> tuple[Unit, ScriptObject | Function]:
    """Compile a module instance or a function in a unit of its own, and report every problem of the program at once.

    ``library`` is what the program is written with.  ``CompileErrors`` (or the only error) if there are any; the unit and
    the compiled object otherwise.
    """
    unit = unit if unit is not None else new_unit(collect=True, library=library)
    result: ScriptObject | Function | None = None
    try:
        result = unit.modules.script(obj) if is_module_class(type(obj)) else unit.compile_function(obj)
    except SourceError as error:
        if unit.errors is None:
            raise
        unit.note(error)
    unit.finish()
    assert result is not None
    return unit, result
