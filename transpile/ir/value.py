"""Value: what a node gives or a block is given, its uses, and the constant behind it."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from transpile.core import types as T
from transpile.core.dtype import DType
from transpile.ops.promotion import WrappedNumber

if TYPE_CHECKING:
    from transpile.ir.graph import Graph, Node

_Kind = TypeVar("_Kind")


class _NoConstant(enum.Enum):
    NO_CONSTANT = "no constant"


# What ``Value.constant`` is where no constant is behind a value; ``None`` is a constant.
NO_CONSTANT: Final = _NoConstant.NO_CONSTANT


class Use:
    """One use of a value: input ``index`` of ``node``, or of a block's returns when ``node`` is ``block.return_node``."""

    __slots__ = ("index", "node")

    def __init__(self, node: Node, index: int) -> None:
        self.node = node
        self.index = index


class Value:
    """An SSA value: the output of a node or the parameter of a block (then ``node`` is the block's ``param_node``)."""

    __slots__ = ("_name", "id", "node", "program_name", "type", "uses")

    def __init__(self, node: Node, type: T.Type, id: int) -> None:
        self.node = node
        self.type = type
        self.id = id
        self.uses: list[Use] = []
        self._name = ""
        # What the traced program calls it, where the name is that of a parameter of the library.
        self.program_name: str | None = None

    @property
    def graph(self) -> Graph:
        return self.node.graph

    @property
    def name(self) -> str:
        """The given name (unique in the graph), or the empty string."""
        return self._name

    @property
    def unique_name(self) -> str:
        """The given name, or the number: what the graph prints after ``%``."""
        return self._name or str(self.id)

    @property
    def base_name(self) -> str:
        """The given name without the number that made it unique."""
        base, dot, suffix = self._name.rpartition(".")
        return base if dot and suffix.isdigit() else self._name

    def set_name(self, name: str) -> Value:
        """Name the value; another value of that name is renamed, as TorchScript does."""
        self.graph.rename(self, name)
        return self

    def set_type(self, type: T.Type) -> Value:
        self.type = type
        return self

    def copy_metadata(self, other: Value) -> Value:
        """Take the type and the name of ``other``, which is renamed."""
        self.type = other.type
        if other.name:
            self.set_name(other.name)
        return self

    def replace_all_uses_with(self, other: Value) -> None:
        for use in self.uses:
            use.node._inputs[use.index] = other
        other.uses += self.uses
        self.uses = []

    def replace_uses_if(self, other: Value, condition: Callable[[Use], bool]) -> None:
        """Replace the uses for which ``condition`` holds."""
        keep: list[Use] = []
        for use in self.uses:
            if condition(use):
                use.node._inputs[use.index] = other
                other.uses.append(use)
            else:
                keep.append(use)
        self.uses = keep

    @property
    def is_block_param(self) -> bool:
        return self.node.kind == "prim::Param"

    # ---- constants
    @property
    def is_constant(self) -> bool:
        return self.node.kind == "prim::Constant"

    @property
    def literal(self) -> Any:
        """What the ``prim::Constant`` behind the value holds, as it holds it; ``NO_CONSTANT`` if there is none."""
        if self.node.kind != "prim::Constant":
            return NO_CONSTANT
        attributes = self.node.attributes
        return (
            attributes.get("function")
            if self.type == T.FUNCTION and "value" not in attributes
            else attributes.get("value")
        )

    @property
    def constant(self) -> Any:
        """The constant behind the value as kernels take it, a dtype as its number; ``NO_CONSTANT`` if there is none."""
        held = self.literal
        if isinstance(held, WrappedNumber):
            return held.item()
        return held.code if isinstance(held, DType) else held

    def constant_as(self, kind: type[_Kind]) -> _Kind | None:
        """The constant behind the value if it is a ``kind``, else ``None``; a bool is no int."""
        held = self.constant
        if isinstance(held, kind) and not (isinstance(held, bool) and kind is not bool):
            return held
        return None

    @property
    def is_none(self) -> bool:
        """Whether the value is the constant ``None``."""
        return self.is_constant and self.constant is None

    def __repr__(self) -> str:
        return f"%{self.unique_name} : {self.type}"


def constant_type(value: Any) -> T.Type:
    """The type of a Python constant; ``TypeError`` for what cannot be one."""
    import numpy as np

    if value is None:
        return T.NONE
    for kind, found in ((bool, T.BOOL), (int, T.INT), (float, T.FLOAT), (complex, T.COMPLEX), (str, T.STR)):
        if isinstance(value, kind):
            return found
    if isinstance(value, np.ndarray):
        return T.TENSOR
    if isinstance(value, tuple):
        return T.TupleType(tuple(constant_type(v) for v in value))
    if isinstance(value, list) and value:
        return T.ListType(constant_type(value[0]))
    raise TypeError(f"{type(value).__name__} cannot be a constant of a graph")
