"""The members of a module's C++ struct.

The paths of the tensors and submodules that a class uses (``conv1.weight``, ``layers.0.attention``) become a tree; a node of
the tree becomes a member: the runtime's ``Affine`` for weight and bias, an array for a container of equal modules, a nested
struct for anything else.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from transpile.codegen.plan.representation import representation
from transpile.core import types as T
from transpile.core.names import NameScope, readable
from transpile.core.source import SourceRange

Path = tuple[str, ...]
# Parameter groups that many layers share; the runtime declares them in ts2cpp/layers.hpp.
_GROUPS = (
    ("Weight", ("weight",)),
    ("Affine", ("weight", "bias")),
    ("Norm", ("weight", "bias", "running_mean", "running_var")),
)


@dataclass(frozen=True)
class Holds:
    """A member that holds a value."""

    type: T.Type


@dataclass(frozen=True)
class Group:
    """A member that is one of the runtime's groups of parameters."""

    name: str


@dataclass(frozen=True)
class Nested:
    """A member with a struct of its own, which is declared inside the one that holds it."""

    name: str


@dataclass(frozen=True)
class Submodule:
    """A member that is a module with a struct."""

    name: str


@dataclass(frozen=True)
class Array:
    """A container of equal members."""

    element: Form
    count: int


Form = Holds | Group | Nested | Submodule | Array


@dataclass(eq=False)
class Member:
    """One member: a leaf that holds a value, a group of ``children``, or a module of the struct whose members are ``inner``.

    ``held`` is the type in Python of what a leaf holds, ``range`` a line that reads it; ``form`` and ``name`` are C++'s, once the
    struct is laid out.
    """

    attribute: str
    form: Form | None = None
    children: dict[str, Member] = field(default_factory=dict)
    name: str = ""
    inner: Member | None = None
    held: T.Type | None = None
    range: SourceRange | None = None

    def at(self, path: Path) -> Member:
        """The member at ``path``, which may lead through modules of other structs; ``KeyError`` if there is none."""
        member = self
        for part in path:
            member = (member.inner or member).children[part]
        return member

    def leaves(self) -> Iterator[Member]:
        """The members below this one that hold values."""
        for child in self.children.values():
            yield from child.leaves() if child.children else [child]

    def grow(self, path: Path) -> Member:
        """The member at ``path``, with all groups on the way to it."""
        member = self
        for part in path:
            member = member.children.setdefault(part, Member(part))
        return member


def copies(roots: Iterable[Member]) -> list[Member]:
    """Trees of members like ``roots``, which lead to one another as those do."""
    made: dict[Member, Member] = {}

    def copy(member: Member) -> Member:
        if member not in made:
            made[member] = new = replace(member, children={})
            new.children |= {attribute: copy(child) for attribute, child in member.children.items()}
            new.inner = copy(member.inner) if member.inner is not None else None
        return made[member]

    return list(map(copy, roots))


def lay_out(root: Member, scope: NameScope) -> None:
    """Give all members below ``root`` their names and forms; those of submodules are known."""
    names = scope.unique_all(root.children, "member")
    for attribute, member in root.children.items():
        member.name = names[attribute]
        member.form = member.form or _form(member, scope)
    _share(root, scope)


def _form(member: Member, scope: NameScope) -> Form:
    if not member.children:
        return Holds(member.held if member.held is not None else T.NONE)
    group = _group(member)
    if group is not None:
        for part, child in member.children.items():
            child.name, child.form = part, Holds(T.TENSOR)
        return Group(group)
    lay_out_below(member)
    forms = [c.form for c in member.children.values() if c.form is not None]
    count = array_length(member)
    if count and isinstance(forms[0], Nested):
        element = _nested(item_of(member.attribute), member.children["0"], scope)
        for child in member.children.values():
            child.form = element
        return Array(element, count)
    return Array(forms[0], count) if count else _nested(member.attribute, member, scope)


def _nested(attribute: str, member: Member, scope: NameScope) -> Nested:
    """A struct for what is below ``member``, named after an attribute: not as one that it holds, of lists in lists."""
    inner = {c.form.name for c in member.children.values() if isinstance(c.form, Nested)}
    name = scope.unique(f"{_camel(attribute)}Members")
    while name in inner:
        name = scope.unique(f"{_camel(attribute)}Members")
    return Nested(name)


def item_of(container: str) -> str:
    """What one of the things in a container is called: ``layers`` holds a ``layer``; else as the container, as for ``bias``."""
    is_plural = container.endswith("s") and not container.endswith(("as", "is", "ss", "us"))
    return container[:-1] if is_plural and len(container) > 1 else container


def _group(member: Member) -> str | None:
    """The runtime's group of parameters that a member is, if its children are those of one."""
    wanted = set(member.children)
    if not all(
        not c.children and c.inner is None and isinstance(c.held, T.TensorType) for c in member.children.values()
    ):
        return None
    for group, parts in _GROUPS:
        if wanted <= set(parts) and "weight" in wanted and (len(parts) < 4 or "running_mean" in wanted):
            return group
    return None


def array_length(member: Member) -> int:
    """How many elements a member has if it is an array in C++, of modules, values or groups of one type; else 0."""
    count = len(member.children)
    if count < 2 or list(member.children) != [str(i) for i in range(count)]:
        return 0
    return count if len(set(map(_kind, member.children.values()))) == 1 else 0


def _kind(member: Member) -> Hashable:
    """Equal for members that are one type in C++."""
    if isinstance(member.form, Submodule):
        return member.form
    if member.inner is not None:
        return id(member.inner)
    if not member.children:
        return representation(member.held if member.held is not None else T.NONE)
    count = array_length(member)
    if count:
        return _kind(member.children["0"]), count
    return _group(member) or tuple((attribute, _kind(child)) for attribute, child in member.children.items())


def lay_out_below(member: Member) -> None:
    """The same for the members of a nested struct or an array."""
    names = NameScope().unique_all(member.children, "layer")
    for attribute, child in member.children.items():
        child.name = names[attribute]
        child.form = child.form or _form(child, NameScope())
    _share(member, NameScope())


def _share(root: Member, scope: NameScope) -> None:
    """Let members of one structure have one nested struct, which is named for what their names begin with."""
    alike: dict[Hashable, list[Member]] = {}
    for child in root.children.values():
        if isinstance(child.form, Nested):
            alike.setdefault(_structure(child), []).append(child)
    for members in alike.values():
        if len(members) > 1:
            stem = _stem([_camel(m.attribute) for m in members])
            inner = {c.form.name for m in members for c in m.children.values() if isinstance(c.form, Nested)}
            name = scope.unique(f"{stem}Members")
            while name in inner:
                name = scope.unique(f"{stem}Members")
            for member in members:
                member.form = Nested(name)


def _stem(words: list[str]) -> str:
    """What all words begin with, without the digits at its end."""
    first, last = min(words), max(words)
    length = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[:length].rstrip("0123456789")


def _structure(member: Member) -> Hashable:
    """Equal for nested structs with the same members."""
    return tuple(
        (c.name, _structure(c) if isinstance(c.form, Nested) else _alike(c.form))
        for c in member.children.values() if c.form is not None
    )  # fmt: skip


def _alike(form: Form) -> Hashable:
    """Equal for forms that are one type in C++."""
    match form:
        case Holds(type):
            return representation(type)
        case Array(element, count):
            return (_alike(element), count)
    return form


def _camel(attribute: str) -> str:
    return "".join(w[:1].upper() + w[1:] for w in readable(attribute).split("_"))


def member_names(root: Member, path: Path) -> Path:
    """The C++ names on the way to the member at ``path``; positions in arrays are digits."""
    names: list[str] = []
    member = root
    for part in path:
        child = (member.inner or member).children[part]
        names.append(part if isinstance(member.form, Array) else child.name)
        member = child
    return tuple(names)
