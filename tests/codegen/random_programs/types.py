"""The types that random programs are made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Type:
    """A type with its annotation in Python."""

    annotation: str

    def __str__(self) -> str:
        return self.annotation


INT = Type("int")
FLOAT = Type("float")
BOOL = Type("bool")
STR = Type("str")
NONE = Type("None")
SCALARS = (INT, FLOAT, BOOL, STR)


@dataclass(frozen=True)
class TensorType(Type):
    """A tensor whose dtype and shape the generator knows, so that what it writes about it is valid."""

    dtype: str = "float32"
    shape: tuple[int, ...] = ()


@dataclass(frozen=True)
class ListType(Type):
    element: Type = INT


@dataclass(frozen=True)
class DictType(Type):
    key: Type = STR
    value: Type = INT


@dataclass(frozen=True)
class TupleType(Type):
    elements: tuple[Type, ...] = ()


@dataclass(frozen=True)
class OptionalType(Type):
    element: Type = INT


@dataclass(frozen=True)
class UnionType(Type):
    members: tuple[Type, ...] = ()


@dataclass(frozen=True)
class EnumType(Type):
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class NamedTupleType(Type):
    fields: tuple[tuple[str, Type], ...] = ()


@dataclass(frozen=True)
class Signature:
    """A function or method that may be called; ``changes`` are the types of arguments it may change in place."""

    name: str
    parameters: tuple[Type, ...]
    result: Type
    changes: tuple[Type, ...] = ()
    raises: bool = False


@dataclass(frozen=True)
class ClassType(Type):
    """A user's class: its constructor takes ``parameters``."""

    parameters: tuple[Type, ...] = ()
    attributes: tuple[tuple[str, Type], ...] = ()
    methods: tuple[Signature, ...] = ()


def list_of(element: Type) -> ListType:
    return ListType(f"List[{element}]", element)


def dict_of(key: Type, value: Type) -> DictType:
    return DictType(f"Dict[{key}, {value}]", key, value)


def tuple_of(*elements: Type) -> TupleType:
    return TupleType(f"Tuple[{', '.join(map(str, elements))}]", elements)


def optional(element: Type) -> OptionalType:
    return OptionalType(f"Optional[{element}]", element)


def union_of(*members: Type) -> UnionType:
    return UnionType(f"Union[{', '.join(map(str, members))}]", members)


def tensor(dtype: str, *shape: int) -> TensorType:
    return TensorType("torch.Tensor", dtype, shape)


SCALAR = tensor("float32")
VECTOR = tensor("float32", 3)
MATRIX = tensor("float32", 2, 3)
TALL = tensor("float32", 3, 2)
COUNTS = tensor("int64", 4)
TENSORS = (SCALAR, VECTOR, MATRIX, TALL, COUNTS)
LISTS = (
    list_of(INT),
    list_of(FLOAT),
    list_of(STR),
    list_of(list_of(INT)),
    list_of(tuple_of(INT, STR)),
    list_of(VECTOR),
)
DICTS = (dict_of(STR, INT), dict_of(INT, STR), dict_of(INT, list_of(INT)), dict_of(STR, FLOAT))
TUPLES = (tuple_of(INT, STR), tuple_of(INT, INT), tuple_of(FLOAT, list_of(INT), BOOL))
OPTIONALS = (optional(INT), optional(STR), optional(list_of(INT)), optional(VECTOR))
UNIONS = (union_of(INT, STR), union_of(FLOAT, list_of(INT)))


def is_mutable(type: Type) -> bool:
    """Whether a value of the type can change in place."""
    return isinstance(type, (ListType, DictType, TensorType, ClassType))


def members(type: Type) -> tuple[Type, ...]:
    """The types that a value of an optional or a union may have."""
    if isinstance(type, OptionalType):
        return (NONE, type.element)
    return type.members if isinstance(type, UnionType) else (type,)


def accepts(target: Type, source: Type) -> bool:
    """Whether a value of type ``source`` may be assigned to a name seen with type ``target``."""
    return source == target or (isinstance(target, (OptionalType, UnionType)) and source in members(target))
