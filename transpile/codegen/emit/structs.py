"""C++ of the members of a module's struct: their declarations, and the expressions that reach them."""

from __future__ import annotations

from transpile.codegen.emit.constants import ZERO
from transpile.codegen.emit.cpp_types import ClassNamer, cpp_type
from transpile.codegen.plan.fields import Array, Form, Group, Holds, Member, Nested, Path, Submodule
from transpile.core import types as T
from transpile.core.errors import ExportError, UnsupportedOperatorError
from transpile.cpp import tree as C


def struct_of(members: Member, name: str, namer: ClassNamer, problems: list[UnsupportedOperatorError]) -> C.Struct:
    """The struct with the given members; types that C++ has not are added to ``problems``."""
    struct = C.Struct(name)
    for child in members.children.values():
        assert child.form is not None
        nested = child
        while isinstance(nested.form, Array):
            nested = nested.children["0"]
        if isinstance(nested.form, Nested) and all(s.name != nested.form.name for s in struct.structs):
            struct.structs.append(struct_of(nested, nested.form.name, namer, problems))
        try:
            initial = zero(child.form.type) if isinstance(child.form, Holds) else None
            struct.fields.append(C.Field(_type(child.form, namer), child.name, initial))
        except ExportError as error:
            problems.append(UnsupportedOperatorError(str(error), child.range))
    return struct


def zero(type: T.Type) -> list[C.Expr] | None:
    """The initialiser of a field: nothing in a struct is indeterminate."""
    if isinstance(type, T.EnumType):
        return []
    return [ZERO[type]] if type in ZERO else None


def _type(form: Form, namer: ClassNamer) -> C.Named:
    match form:
        case Holds(type):
            return cpp_type(type, namer)
        case Group(name):
            return C.runtime(name)
        case Nested(name) | Submodule(name):
            return C.Named(name)
        case Array(element, count):
            return C.std("array", _type(element, namer), count)


def access(root: Member, path: Path, base: C.Expr | None = None) -> C.Expr:
    """The expression that reads the member at ``path`` from inside a method, or from ``base``."""
    expression = base
    member = root
    for part in path:
        child = (member.inner or member).children[part]
        if isinstance(member.form, Array):
            assert expression is not None
            expression = C.Index(expression, C.Integer(int(part)))
        elif expression is None:
            expression = C.Name(child.name)
        else:
            expression = C.Member(expression, child.name)
        member = child
    assert expression is not None
    return expression
