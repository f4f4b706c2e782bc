"""What passes know beyond the graph: the object that ``%self`` is, and who else uses its attributes.

``AttributeUse`` looks at all graphs that will be exported, ``ExportContext`` at one of them.  Paths are relative to the
graph's ``self``: ``layer1.0.conv1.weight``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from transpile.core import types as T
from transpile.ir.function import ScriptObject
from transpile.ir.graph import Graph, Node, Value

# What the qualified names of PyTorch's own functions and classes begin with.
LIBRARY = "__torch__.torch."
SCALARS = (bool, int, float, complex, str)


@dataclass(frozen=True)
class Fold:
    """Fold the batch norm at ``bn_path`` into the convolution or linear layer at ``conv_path`` (see ``fold_weights``).

    Paths are relative to the ``self`` of the method whose graph was rewritten.  An empty name for one of the batch
    norm's tensors means that it has none.  The layer's bias exists after folding, whether it did before or not.
    """

    conv_path: str
    bn_path: str
    eps: float
    transposed: bool = False
    groups: int = 1
    mean: str = "running_mean"
    var: str = "running_var"
    gamma: str = "weight"
    beta: str = "bias"


@dataclass
class AttributeUse:
    """The attributes that the exported graphs write, and how often they read each one.

    Attributes are known by the identity of their object; ``written_names`` and ``read_names`` are those of objects that
    the graphs do not identify, and stand for every object.  ``owners`` counts the attributes that hold an object,
    ``tensors`` lists all tensors that are attributes.
    """

    written: set[tuple[int, str]] = field(default_factory=set)
    written_names: set[str] = field(default_factory=set)
    reads: dict[tuple[int, str], int] = field(default_factory=dict)
    read_names: set[str] = field(default_factory=set)
    owners: dict[int, int] = field(default_factory=dict)
    tensors: list[tuple[int, str, np.ndarray[Any, Any]]] = field(default_factory=list)

    @classmethod
    def of(
        cls, graphs: Iterable[tuple[ScriptObject | None, Graph]], roots: Iterable[ScriptObject] = ()
    ) -> AttributeUse:
        """Look at ``graphs``, each with the object its first parameter is; library calls must be inlined already.

        ``roots`` are the objects whose tensors are saved (all objects of ``graphs`` if empty).
        """
        use = cls()
        pairs = list(graphs)
        seen: set[int] = set()
        for root in list(roots) or [o for o, _ in pairs if o is not None]:
            use._tensors_of(root, seen)
        for self_object, graph in [(o, g) for o, outer in pairs for g in (outer, *forked_graphs(outer))]:
            context = ExportContext(use, self_object)
            for node in graph.walk():
                if node.kind not in ("prim::GetAttr", "prim::SetAttr") or not _is_module(node.input(0).type):
                    continue
                name = node.attributes["name"]
                owner = context.value_of(graph, node.input(0))
                key = (id(owner), name)
                known = isinstance(owner, ScriptObject)
                if node.kind == "prim::SetAttr":
                    if known:
                        use.written.add(key)
                    else:
                        use.written_names.add(name)
                elif known:
                    use.reads[key] = use.reads.get(key, 0) + 1
                else:
                    use.read_names.add(name)
        return use

    def _tensors_of(self, owner: ScriptObject, seen: set[int]) -> None:
        if id(owner) in seen:
            return
        seen.add(id(owner))
        for name, value in owner.slots.items():
            for item in _flatten(value):
                if isinstance(item, np.ndarray):
                    self.tensors.append((id(owner), name, item))
                elif isinstance(item, ScriptObject):
                    self.owners[id(item)] = self.owners.get(id(item), 0) + 1
                    self._tensors_of(item, seen)

    def is_written(self, owner: ScriptObject, name: str) -> bool:
        """Whether some exported code may assign this attribute."""
        return (id(owner), name) in self.written or name in self.written_names

    def is_exclusive(self, owner: ScriptObject, name: str) -> bool:
        """Whether one place in the program reads the attribute, nothing writes it and it shares no other's memory."""
        if self.owners.get(id(owner), 0) > 1 or self.reads.get((id(owner), name), 0) > 1:
            return False
        if self.is_written(owner, name) or name in self.read_names:
            return False
        value = owner.slots.get(name)
        if not isinstance(value, np.ndarray):
            return value is None
        same = [t for o, n, t in self.tensors if (o, n) != (id(owner), name) and np.may_share_memory(t, value)]
        return not same


def _flatten(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return [item for v in value for item in _flatten(v)]
    if isinstance(value, dict):
        return [item for v in value.values() for item in _flatten(v)]
    return [value]


@dataclass
class ExportContext:
    """What the passes of the export pipeline may know of, and note about, one graph.

    ``self_object`` is what the graph's first parameter is, ``None`` for a function; ``frozen`` allows to read the
    values of attributes that nothing writes.  ``folds`` collects what the weights need, ``present`` the paths of
    biases that exist once that is done, whatever the object holds now.  ``arrays`` are the containers of modules that are
    arrays in C++, with their lengths, ``runs`` the first ones of neighbours in other containers that share a struct, with
    their numbers; both are known once the whole program is.  ``uniform`` are all containers that are arrays in C++, also those of
    library layers, which are groups of parameters there.
    """

    attribute_use: AttributeUse = field(default_factory=AttributeUse)
    self_object: ScriptObject | None = None
    frozen: bool = True
    folds: list[Fold] = field(default_factory=list)
    present: set[str] = field(default_factory=set)
    arrays: Mapping[str, int] = field(default_factory=dict)
    runs: Mapping[str, int] = field(default_factory=dict)
    uniform: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_library(self) -> bool:
        """Whether the graph is a method of a layer that PyTorch brings."""
        return self.self_object is not None and self.self_object.type.name.startswith(LIBRARY)

    def path_of(self, graph: Graph, value: Value) -> str | None:
        """The path of an attribute read through a chain of ``prim::GetAttr`` from ``%self``; ``""`` for ``%self``."""
        names: list[str] = []
        while value.node.kind == "prim::GetAttr":
            names.append(value.node.attributes["name"])
            value = value.node.input(0)
        if self.self_object is None or not graph.inputs or value is not graph.inputs[0]:
            return None
        if value.type is not self.self_object.type:
            return None  # a forked graph that has no use for self
        return ".".join(reversed(names))

    def value_of(self, graph: Graph, value: Value) -> Any:
        """The present raw value behind a ``prim::GetAttr`` chain, or ``None`` if it is not one."""
        path = self.path_of(graph, value)
        return None if path is None else self.value_at(path)

    def value_at(self, path: str) -> Any:
        """The present raw value at a path, ``None`` if there is nothing."""
        current: Any = self.self_object
        for name in path.split(".") if path else ():
            # Other objects than modules may change at any time, whoever holds them.
            current = current.slots.get(name) if isinstance(current, ScriptObject) and current.type.is_module else None
        return current

    def is_exclusive(self, path: str) -> bool:
        """Whether one place of the whole program uses the attribute at ``path`` and nothing shares its memory."""
        parent, _, name = path.rpartition(".")
        owner = self.value_at(parent)
        return isinstance(owner, ScriptObject) and self.attribute_use.is_exclusive(owner, name)

    def is_fixed(self, graph: Graph, node: Node) -> bool:
        """Whether a ``prim::GetAttr`` reads what no exported code assigns."""
        owner = self.value_of(graph, node.input())
        return (
            self.frozen
            and isinstance(owner, ScriptObject)
            and owner.type.is_module
            and not self.attribute_use.is_written(owner, node.attributes["name"])
        )

    def attribute_constant(self, graph: Graph, value: Value, name: str) -> Value | None:
        """A constant for the attribute ``name`` of the object ``value``; ``None`` if it varies.

        Numbers, strings, ``None`` and tuples of them qualify, as long as nothing assigns the attribute.
        """
        owner = self.value_of(graph, value)
        if (
            not self.frozen
            or not isinstance(owner, ScriptObject)
            or name not in owner.slots
            or not owner.type.is_module
        ):
            return None
        path = self.path_of(graph, value)
        if self.attribute_use.is_written(owner, name) or (f"{path}.{name}" if path else name) in self.present:
            return None
        held = owner.slots[name]
        if not _is_scalar(held):
            return None
        attribute = owner.type.attributes.get(name)
        declared = attribute.type if attribute is not None else None
        if held is None and declared is not None and T.is_subtype(T.TENSOR, declared):
            declared = T.NONE
        node = graph.create_constant(held, declared if isinstance(held, tuple) or declared == T.DEVICE else None)
        node.range = None
        first = graph.block.param_node.next
        assert first is not None
        return node.insert_before(first).output


def forked_graphs(graph: Graph) -> list[Graph]:
    """The graphs of the tasks that ``graph`` forks, theirs included."""
    found: list[Graph] = []
    for node in graph.walk():
        inner = node.attributes.get("Subgraph") if node.kind == "prim::fork" else None
        if isinstance(inner, Graph):
            found += [inner, *forked_graphs(inner)]
    return found


def _is_module(type: T.Type) -> bool:
    return not isinstance(type, T.ClassType) or type.is_module


def _is_scalar(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(_is_scalar(v) for v in value)
    return value is None or isinstance(value, SCALARS)
