"""TorchScript's static types and their two spellings.

``type.schema()`` is what graphs and schemas print (``int[]``), ``type.annotation()`` what code prints (``List[int]``).
Types are values: two structurally equal types are equal, except classes, interfaces and enums, which are nominal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any as PyAny

from transpile.core.dtype import DType
from transpile.core.errors import ScriptTypeError

MAX_WEIGHT = 4096


class Type:
    """Base of all types."""

    def schema(self) -> str:
        """The spelling in graphs and schemas."""
        raise NotImplementedError

    def annotation(self) -> str:
        """The spelling in printed code and messages; the schema's unless a subclass says otherwise."""
        return self.schema()

    def contained(self) -> tuple[Type, ...]:
        """The types this one is built from."""
        return ()

    def weight(self) -> int:
        """How many types this one is written with."""
        return 1 + sum(part.weight() for part in self.contained())

    def with_contained(self, types: Sequence[Type]) -> Type:
        """The same type constructor over other ``types``."""
        return self

    def __str__(self) -> str:
        return self.schema()


@dataclass(frozen=True)
class SimpleType(Type):
    """A type without structure: int, float, str, Device..."""

    name: str
    annotation_name: str = ""

    def schema(self) -> str:
        return self.name

    def annotation(self) -> str:
        return self.annotation_name or self.name

    def __repr__(self) -> str:
        return self.name


INT = SimpleType("int")
FLOAT = SimpleType("float")
BOOL = SimpleType("bool")
STR = SimpleType("str")
COMPLEX = SimpleType("complex")
NONE = SimpleType("NoneType")
NUMBER = SimpleType("Scalar", "number")
DEVICE = SimpleType("Device")
GENERATOR = SimpleType("Generator")
STREAM = SimpleType("Stream")
ANY = SimpleType("Any")
FUNCTION = SimpleType("Function")
ANY_LIST = SimpleType("list")
ANY_TUPLE = SimpleType("tuple")
ANY_CLASS = SimpleType("AnyClassType")
ANY_ENUM = SimpleType("AnyEnumType")
STORAGE = SimpleType("Storage")
QSCHEME = SimpleType("QScheme")


@dataclass(frozen=True)
class TensorType(Type):
    """Tensor, with what is known of it.  ``sizes`` and ``strides`` may hold ``None`` for an unknown extent.

    ``inferred`` marks a parameter without annotation, which is taken for a tensor: messages say so.
    """

    dtype: DType | None = None
    sizes: tuple[int | None, ...] | None = None
    strides: tuple[int | None, ...] | None = None
    requires_grad: bool | None = None
    inferred: bool = False

    def schema(self) -> str:
        if self.dtype is None:
            return "Tensor"
        parts = []
        if self.sizes is not None:
            parts += ["*" if s is None else str(s) for s in self.sizes]
            if self.strides is not None and self.sizes and None not in self.strides:
                parts.append(f"strides=[{', '.join(map(str, self.strides))}]")
        if self.requires_grad is not None:
            parts.append(f"requires_grad={int(self.requires_grad)}")
        parts.append("device=cpu")
        return f"{self.dtype.graph_name}({', '.join(parts)})"

    def annotation(self) -> str:
        return "Tensor"

    def __eq__(self, other: object) -> bool:
        """All tensor types are one type to the type checker; what is known of a tensor is a hint."""
        return isinstance(other, TensorType)

    def __hash__(self) -> int:
        return hash("Tensor")


TENSOR = TensorType()


@dataclass(frozen=True)
class OptionalType(Type):
    element: Type

    def schema(self) -> str:
        return f"{self.element.schema()}?"

    def annotation(self) -> str:
        return f"Optional[{self.element.annotation()}]"

    def contained(self) -> tuple[Type, ...]:
        return (self.element,)

    def with_contained(self, types: Sequence[Type]) -> Type:
        return optional(types[0])


@dataclass(frozen=True)
class UnionType(Type):
    members: tuple[Type, ...]

    def schema(self) -> str:
        return f"Union({', '.join(m.schema() for m in self.members)})"

    def annotation(self) -> str:
        return f"Union[{', '.join(m.annotation() for m in self.members)}]"

    def contained(self) -> tuple[Type, ...]:
        return self.members

    def with_contained(self, types: Sequence[Type]) -> Type:
        return union(types)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UnionType) and set(self.members) == set(other.members)

    def __hash__(self) -> int:
        return hash(frozenset(self.members))


@dataclass(frozen=True)
class ListType(Type):
    element: Type

    def schema(self) -> str:
        return f"{self.element.schema()}[]"

    def annotation(self) -> str:
        return f"List[{self.element.annotation()}]"

    def contained(self) -> tuple[Type, ...]:
        return (self.element,)

    def with_contained(self, types: Sequence[Type]) -> Type:
        return ListType(types[0])


@dataclass(frozen=True)
class DictType(Type):
    key: Type
    value: Type

    def schema(self) -> str:
        return f"Dict({self.key.schema()}, {self.value.schema()})"

    def annotation(self) -> str:
        return f"Dict[{self.key.annotation()}, {self.value.annotation()}]"

    def contained(self) -> tuple[Type, ...]:
        return (self.key, self.value)

    def with_contained(self, types: Sequence[Type]) -> Type:
        return DictType(types[0], types[1])


@dataclass(frozen=True)
class FutureType(Type):
    element: Type

    def schema(self) -> str:
        return f"Future({self.element.schema()})"

    def annotation(self) -> str:
        return f"Future[{self.element.annotation()}]"

    def contained(self) -> tuple[Type, ...]:
        return (self.element,)

    def with_contained(self, types: Sequence[Type]) -> Type:
        return FutureType(types[0])


@dataclass(frozen=True)
class TupleType(Type):
    """A tuple; a NamedTuple when ``name`` (the qualified class name) and ``fields`` are given."""

    elements: tuple[Type, ...]
    name: str = ""
    fields: tuple[str, ...] = ()
    defaults: tuple[tuple[str, PyAny], ...] = field(default=(), compare=False)
    _weight: int = field(default=1, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        # A tuple of a tuple twice, of that twice... has few names and more parts than anyone could walk over.
        weight = super().weight()
        if weight > MAX_WEIGHT:
            raise ScriptTypeError(f"a tuple has more than {MAX_WEIGHT} types inside", hint="use a List, or a class")
        object.__setattr__(self, "_weight", weight)

    def weight(self) -> int:
        return self._weight

    def schema(self) -> str:
        if self.fields:
            defaults = dict(self.defaults)
            shown = (
                f"{f} : {t.schema()}" + (f" = {defaults[f]}" if f in defaults else "")
                for f, t in zip(self.fields, self.elements, strict=True)
            )
            return f"NamedTuple({', '.join(shown)})"
        return f"({', '.join(e.schema() for e in self.elements)})"

    def annotation(self) -> str:
        if self.name:
            return self.name
        if not self.elements:
            return "Tuple[()]"
        return f"Tuple[{', '.join(e.annotation() for e in self.elements)}]"

    def contained(self) -> tuple[Type, ...]:
        return self.elements

    def with_contained(self, types: Sequence[Type]) -> Type:
        return TupleType(tuple(types), self.name, self.fields, self.defaults)


@dataclass(frozen=True)
class VarType(Type):
    """A type variable of a generic schema: the ``t`` of ``aten::append.t(t[](a!) self, t el)``."""

    name: str

    def schema(self) -> str:
        return self.name


@dataclass(eq=False)
class EnumType(Type):
    """A Python Enum.  ``members`` are ``(name, value)`` in definition order, ``value_type`` the type of all values."""

    name: str
    value_type: Type
    members: tuple[tuple[str, PyAny], ...]
    python_class: PyAny = None

    def schema(self) -> str:
        return f"Enum<{self.name}>"

    def annotation(self) -> str:
        return self.name


@dataclass(eq=False)
class Attribute:
    """An attribute of a class or module type."""

    name: str
    type: Type
    is_parameter: bool = False
    is_buffer: bool = False


@dataclass(eq=False)
class ClassType(Type):
    """A user class or, with ``is_module``, the type of module instances that share code.

    ``methods`` maps names to compiled functions (``script`` fills it), ``constants`` names to Python values that were
    inlined at compile time.  ``name`` is qualified: ``__torch__.model.LeNet``.  The hooks are methods that run before and
    after ``forward`` where the module is called.
    """

    name: str
    is_module: bool = False
    attributes: dict[str, Attribute] = field(default_factory=dict)
    constants: dict[str, PyAny] = field(default_factory=dict)
    methods: dict[str, PyAny] = field(default_factory=dict)
    python_class: PyAny = None
    forward_pre_hooks: list[str] = field(default_factory=list)
    forward_hooks: list[str] = field(default_factory=list)

    def schema(self) -> str:
        return self.name

    def add_attribute(self, name: str, type: Type, *, parameter: bool = False, buffer: bool = False) -> Attribute:
        attribute = Attribute(name, type, parameter, buffer)
        self.attributes[name] = attribute
        return attribute


@dataclass(eq=False)
class InterfaceType(Type):
    """A structural interface: ``methods`` maps names to schemas (``self`` included)."""

    name: str
    methods: dict[str, PyAny] = field(default_factory=dict)
    is_module: bool = False

    def schema(self) -> str:
        return f"InterfaceType<{self.name.rpartition('.')[2]}>"

    def annotation(self) -> str:
        return self.name


def optional(element: Type) -> Type:
    """``Optional[element]``; an Optional, None or Any stays what it is."""
    if element in (NONE, ANY) or isinstance(element, OptionalType):
        return element
    if isinstance(element, UnionType):
        return element if NONE in element.members else union((*element.members, NONE))
    return OptionalType(element)


def union(members: Iterable[Type]) -> Type:
    """The union of ``members``, flattened, without duplicates; collapses to Optional, Scalar or the single member."""
    flat: list[Type] = []
    for member in members:
        if isinstance(member, UnionType):
            parts: tuple[Type, ...] = member.members
        elif isinstance(member, OptionalType):
            parts = (member.element, NONE)
        else:
            parts = (member,)
        flat += [p for p in parts if p not in flat]
    flat = [m for m in flat if not any(m is not o and m != o and is_subtype(m, o) for o in flat)]
    if len(flat) == 1:
        return flat[0]
    flat.sort(key=_union_rank)
    if set(flat) == {INT, FLOAT, COMPLEX}:
        return NUMBER
    if len(flat) == 2 and NONE in flat:
        return OptionalType(flat[0] if flat[1] == NONE else flat[1])
    return UnionType(tuple(flat))


# The order in which TorchScript lists the members of a union.
_UNION_ORDER: tuple[Type, ...] = (NUMBER, FLOAT, COMPLEX, INT, NONE, STR, GENERATOR, BOOL, DEVICE)


def _union_rank(member: Type) -> int:
    structured = (EnumType, TensorType, TupleType, ListType, DictType)
    for rank, kind in enumerate(structured):
        if isinstance(member, kind):
            return rank
    if member in _UNION_ORDER:
        return len(structured) + _UNION_ORDER.index(member)
    return len(structured) + len(_UNION_ORDER)


def is_subtype(a: Type, b: Type) -> bool:
    """Whether every value of ``a`` is one of ``b`` (spec: language 0.2)."""
    if a == b or b == ANY:
        return True
    if isinstance(a, UnionType):
        return all(is_subtype(m, b) for m in a.members)
    if isinstance(b, OptionalType):
        if a == NONE:
            return True
        return is_subtype(a.element if isinstance(a, OptionalType) else a, b.element)
    if isinstance(b, UnionType):
        if isinstance(a, OptionalType):
            return NONE in b.members and is_subtype(a.element, b)
        return any(is_subtype(a, m) for m in b.members)
    if b == NUMBER:
        return a in (INT, FLOAT, COMPLEX)
    if isinstance(a, TupleType):
        if b == ANY_TUPLE:
            return True
        if not isinstance(b, TupleType) or len(a.elements) != len(b.elements):
            return False
        if b.fields and (a.name != b.name or a.fields != b.fields):
            return False
        return all(is_subtype(x, y) for x, y in zip(a.elements, b.elements, strict=True))
    if isinstance(a, ListType):
        return b == ANY_LIST
    if isinstance(a, FutureType) and isinstance(b, FutureType):
        return is_subtype(a.element, b.element)
    if isinstance(a, ClassType):
        if b == ANY_CLASS:
            return True
        return isinstance(b, InterfaceType) and implements(a, b)
    if isinstance(a, InterfaceType):
        return isinstance(b, InterfaceType) and implements(a, b)
    return isinstance(a, EnumType) and b == ANY_ENUM


def implements(cls: ClassType | InterfaceType, interface: InterfaceType) -> bool:
    """Whether ``cls`` has every method of ``interface`` with a signature that fits."""
    return not interface_problem(cls, interface)


def interface_problem(cls: ClassType | InterfaceType, interface: InterfaceType) -> str:
    """Why ``cls`` is no ``interface``; empty if it is one."""
    for name, wanted in interface.methods.items():
        method = cls.methods.get(name)
        if method is None:
            return f"Class '{cls.name}' does not have method '{name}' but '{interface.name}' does."
        if not _may_stand_for(method, wanted):
            return (
                f"Method on class '{cls.name}' (1) is not compatible with interface '{interface.name}' (2)\n"
                f"  (1) {getattr(method, 'schema', method)}\n  (2) {wanted}"
            )
    return ""


def _may_stand_for(method: PyAny, wanted: PyAny) -> bool:
    """Whether a method (a function or a schema) can be called as the schema ``wanted`` says."""
    schema = getattr(method, "schema", method)
    given, asked = schema.arguments[1:], wanted.arguments[1:]
    return (
        [(a.name, a.kwarg_only) for a in given] == [(a.name, a.kwarg_only) for a in asked]
        and all(is_subtype(q.type, a.type) for a, q in zip(given, asked, strict=True))
        and is_subtype(schema.returns[0].type, wanted.returns[0].type)
    )


def unify(a: Type, b: Type, *, default_to_union: bool = False) -> Type | None:
    """The smallest common type of the two ends of an ``if``, or ``None`` when there is none."""
    if a == b:
        return TENSOR if isinstance(a, TensorType) else a
    if is_subtype(a, b):
        return b
    if is_subtype(b, a):
        return a
    if a == NONE and not isinstance(b, OptionalType):
        return optional(b)
    if b == NONE and not isinstance(a, OptionalType):
        return optional(a)
    if isinstance(a, TupleType) and isinstance(b, TupleType) and len(a.elements) == len(b.elements):
        parts = [unify(x, y) for x, y in zip(a.elements, b.elements, strict=True)]
        if all(p is not None for p in parts):
            return TupleType(tuple(p for p in parts if p is not None))
    if isinstance(a, OptionalType) or isinstance(b, OptionalType):
        inner = unify(a.element if isinstance(a, OptionalType) else a, b.element if isinstance(b, OptionalType) else b)
        if inner is not None:
            return optional(inner)
    return union((a, b)) if default_to_union else None


def contains_var(type: Type) -> bool:
    """Whether a type variable occurs in ``type``."""
    return isinstance(type, VarType) or any(contains_var(t) for t in type.contained())


def match_vars(formal: Type, actual: Type, bound: dict[str, Type]) -> bool:
    """Bind the variables of ``formal`` so that ``actual`` fits it; ``False`` if it cannot."""
    if isinstance(formal, VarType):
        if formal.name not in bound:
            bound[formal.name] = actual
            return True
        return is_subtype(actual, bound[formal.name])
    if not contains_var(formal):
        return is_subtype(actual, formal)
    if isinstance(formal, OptionalType):
        if actual == NONE:
            return True
        return match_vars(formal.element, actual.element if isinstance(actual, OptionalType) else actual, bound)
    pairs = {ListType: ListType, DictType: DictType, FutureType: FutureType, TupleType: TupleType}
    kind = pairs.get(type_of := type(formal))
    if kind is None or not isinstance(actual, type_of) or len(actual.contained()) != len(formal.contained()):
        return False
    return all(match_vars(f, a, bound) for f, a in zip(formal.contained(), actual.contained(), strict=True))


def substitute(type: Type, bound: dict[str, Type]) -> Type:
    """``type`` with its variables replaced."""
    if isinstance(type, VarType):
        return bound.get(type.name, type)
    if not type.contained() or not contains_var(type):
        return type
    return type.with_contained([substitute(t, bound) for t in type.contained()])
