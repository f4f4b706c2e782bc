"""The members of a module's C++ struct.

The paths of the tensors and submodules that a class uses (``conv1.weight``, ``layers.0.attention``) become a tree; a node of
the tree becomes a member: the runtime's ``Affine`` for weight and bias, an array for a container of equal modules, a nested
struct for anything else.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from transpile.core import types as T
from transpile.core.names import NameScope, readable
from transpile.core.source import SourceRange
from transpile.cpp import tree as C

Path = tuple[str, ...]
# Parameter groups that many layers share; the runtime declares them in ts2cpp/layers.hpp.
_GROUPS = (
    (C.runtime("Weight"), ("weight",)),
    (C.runtime("Affine"), ("weight", "bias")),
    (C.runtime("Norm"), ("weight", "bias", "running_mean", "running_var")),
)


@dataclass(eq=False)
class Member:
    """One member: a leaf that holds a value, a group of ``children``, or a module of the struct whose members are ``inner``.

    ``held`` is the type in Python of what a leaf holds, ``range`` a line that reads it; ``type``, ``name`` and ``array`` are
    C++'s, once the struct is laid out.
    """

    attribute: str
    type: C.Named = C.VOID  # until it is known
    children: dict[str, Member] = field(default_factory=dict)
    name: str = ""
    struct: C.Struct | None = None
    array: bool = False
    inner: Member | None = None
    held: T.Type | None = None
    range: SourceRange | None = None
    comment: str = ""

    def at(self, path: Path) -> Member:
        """The member at ``path`` below this one; ``KeyError`` if there is none."""
        member = self
        for part in path:
            member = member.children[part]
        return member

    def grow(self, path: Path) -> Member:
        """The member at ``path``, with all groups on the way to it."""
        member = self
        for part in path:
            member = member.children.setdefault(part, Member(part))
        return member


def layout(root: Member, scope: NameScope) -> C.Struct:
    """Name and type all members below ``root``; gives the struct that holds them, without its methods."""
    struct = C.Struct("")
    names = scope.unique_all(root.children, "member")
    for attribute, member in root.children.items():
        member.name = names[attribute]
        _type(member, struct, scope)
        struct.fields.append(C.Field(member.type, member.name, comment=member.comment))
    return struct


def _type(member: Member, outer: C.Struct, scope: NameScope) -> None:
    if not member.children:
        return
    wanted = tuple(member.children)
    for group, parts in _GROUPS:
        if set(wanted) <= set(parts) and "weight" in wanted and (len(parts) < 4 or "running_mean" in wanted):
            if all(not c.children and c.type == C.TENSOR for c in member.children.values()):
                for part, child in member.children.items():
                    child.name = part
                member.type = group
                return
    inner = C.Struct("")
    names = NameScope().unique_all(member.children, "layer")
    for attribute, child in member.children.items():
        child.name = names[attribute]
        _type(child, inner, NameScope())
    types = {c.type for c in member.children.values()}
    if all(a.isdigit() for a in wanted) and len(types) == 1 and not inner.structs and len(wanted) > 1:
        if [int(a) for a in wanted] == list(range(len(wanted))):
            member.type = C.std("array", types.pop(), len(wanted))
            member.array = True
            return
    inner.name = scope.unique("".join(w[:1].upper() + w[1:] for w in readable(member.attribute).split("_")) + "Members")
    inner.fields = [C.Field(c.type, c.name, comment=c.comment) for c in member.children.values()]
    outer.structs.append(inner)
    member.type = C.Named(inner.name)
    member.struct = inner


def access(root: Member, path: Path, base: C.Expr | None = None) -> C.Expr:
    """The expression that reads the member at ``path`` from inside a method, or from ``base``."""
    expression = base
    member = root
    for part in path:
        child = (member.inner or member).children[part]
        if member.array:
            assert expression is not None
            expression = C.Index(expression, C.Integer(int(part)))
        elif expression is None:
            expression = C.Name(child.name)
        else:
            expression = C.Member(expression, child.name)
        member = child
    assert expression is not None
    return expression


def member_names(root: Member, path: Path) -> Path:
    """The C++ names on the way to the member at ``path``; positions in arrays are digits."""
    names: list[str] = []
    member = root
    for part in path:
        child = (member.inner or member).children[part]
        names.append(part if member.array else child.name)
        member = child
    return tuple(names)
