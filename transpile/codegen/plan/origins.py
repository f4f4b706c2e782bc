"""Where the classes of a program come from, as the comments of the C++ say it."""

from __future__ import annotations

import inspect
from pathlib import PurePath

from transpile.codegen.plan.user_types import UserType, short_name
from transpile.core import types as T
from transpile.ir.function import Function

_BASES = {T.EnumType: "(Enum)", T.TupleType: "(NamedTuple)"}


def origin(type: UserType) -> str:
    """``class Color(Enum), model.py:8``; without the line for a class of which an archive tells the methods only."""
    if isinstance(type, T.InterfaceType):
        return f"interface {short_name(type)}"
    text = f"class {short_name(type)}{_BASES.get(type.__class__, '')}"
    cls = None if isinstance(type, T.TupleType) else type.python_class
    try:
        file = inspect.getsourcefile(cls) if cls is not None else None
        if file is not None and cls is not None:
            text += f", {PurePath(file).name}:{inspect.getsourcelines(cls)[1]}"
    except (OSError, TypeError):
        pass
    if cls is None and isinstance(type, T.ClassType):
        files = [m.range.filename for m in type.methods.values() if isinstance(m, Function) and m.range is not None]
        if files and not files[0].startswith(("code/", "<")):
            text += f", {PurePath(files[0]).name}"
    return text
