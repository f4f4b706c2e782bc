"""Alias analysis: which values may share memory, and which nodes write to it.

Every mutable value points to a set of *locations*.  An operator's schema says whether a result is new memory, shares
an argument's memory (``Tensor(a)``) or may be anything of its type (``*``); containers have contents.  What comes
from outside the graph (parameters, attributes, results of calls) is the *unknown* location of its kind, and what is
handed out (stored in attributes or containers of unknown origin, passed to calls) joins it.  The analysis ignores
control flow and is made for a whole graph, never for a part of one; it is out of date once the graph changes.
"""

from __future__ import annotations

from collections.abc import Iterable

from transpile.core import types as T
from transpile.core.schema import AliasInfo
from transpile.ir.facts import facts_of, written_inputs
from transpile.ir.graph import Block, Graph, Node, Value
from transpile.ir.kinds import Memory
from transpile.ir.loops import LoopView, enclosing_loop


def kind_of(type: T.Type) -> str:
    """The kind of memory that values of ``type`` refer to: empty for immutable ones, ``any`` if it may be several."""
    if isinstance(type, T.OptionalType):
        return kind_of(type.element)
    if isinstance(type, T.TensorType):
        return "tensor"
    if isinstance(type, T.ListType) or type == T.ANY_LIST:
        return "list"
    if isinstance(type, T.DictType):
        return "dict"
    if isinstance(type, T.TupleType):
        return "tuple" if any(kind_of(e) for e in type.elements) else ""
    if isinstance(type, (T.ClassType, T.InterfaceType)) or type == T.ANY_CLASS:
        return "object"
    if isinstance(type, T.FutureType):
        return "future"
    if isinstance(type, T.UnionType):
        kinds = {kind_of(m) for m in type.members} - {""}
        return kinds.pop() if len(kinds) == 1 else "any" if kinds else ""
    return "any" if type in (T.ANY, T.ANY_TUPLE) or isinstance(type, T.VarType) else ""


def is_mutable_type(type: T.Type) -> bool:
    """Whether a value of ``type`` is, or contains, memory that may be written to."""
    return bool(kind_of(type))


class Location:
    """A piece of memory.  ``outside`` is set when code that the graph does not show may know it."""

    __slots__ = ("contents", "kind", "outside")

    def __init__(self, kind: str, outside: bool = False) -> None:
        self.kind = kind
        self.outside = outside
        self.contents: set[Location] = set()


class AliasAnalysis:
    """The alias relation of one graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._points: dict[Value, set[Location]] = {}
        self._fresh: dict[Value, Location] = {}
        self._unknown: dict[str, Location] = {}
        self._writes: dict[Node, set[Location] | None] = {}
        self._changed = True
        for value in graph.inputs:
            self._add(value, {self._outside(kind_of(value.type))})
        while self._changed:
            self._changed = False
            self._block(graph.block)

    # ---- questions
    def may_alias(self, a: Value, b: Value) -> bool:
        """Whether ``a`` and ``b`` themselves (not what they contain) may be the same memory."""
        return _overlap(self._locations(a), self._locations(b))

    def may_contain_alias(self, a: Value, b: Value) -> bool:
        """Whether something reachable from ``a`` may be something reachable from ``b``."""
        return _overlap(_reachable(self._locations(a)), _reachable(self._locations(b)))

    def writes_to(self, node: Node, values: Iterable[Value]) -> bool:
        """Whether ``node`` (its blocks included) may write to memory reachable from one of ``values``."""
        written = self.written_by(node)
        if written is not None and not written:
            return False
        return self.writes_into(node, self.memory_of(values))

    def memory_of(self, values: Iterable[Value]) -> set[Location]:
        """All memory reachable from ``values``, for ``writes_into``."""
        return _reachable(location for value in values for location in self._locations(value))

    def writes_into(self, node: Node, memory: set[Location]) -> bool:
        """Whether ``node`` (its blocks included) may write to ``memory``."""
        written = self.written_by(node)
        if written is None:
            return any(location.outside for location in memory)
        return bool(written) and _overlap(written, memory)

    def has_writers(self, value: Value) -> bool:
        return is_mutable_type(value.type) and any(self.writes_to(n, (value,)) for n in self._writes)

    def writes_outside(self, node: Node) -> bool:
        """Whether ``node`` may write to memory that the caller, an attribute or another function can see."""
        written = self.written_by(node)
        return written is None or any(location.outside for location in written)

    def written_by(self, node: Node) -> set[Location] | None:
        """The locations that ``node`` and its blocks write to; ``None`` when it may write to everything outside."""
        if not node.blocks:
            return self._writes.get(node, set())
        result: set[Location] = set()
        for block in node.blocks:
            for inner in block.nodes:
                written = self.written_by(inner)
                if written is None:
                    return None
                result |= written
        return result

    def is_outside(self, value: Value) -> bool:
        """Whether memory reachable from ``value`` may be known outside the graph (returning it does not count)."""
        return any(location.outside for location in _reachable(self._locations(value)))

    # ---- construction
    def _locations(self, value: Value) -> set[Location]:
        return self._points.get(value, set())

    def _outside(self, kind: str) -> Location:
        if kind not in self._unknown:
            location = self._unknown[kind] = Location(kind, True)
            if kind != "tensor":
                location.contents.add(location)
                if kind != "any":
                    location.contents.add(self._outside("any"))
        return self._unknown[kind]

    def _add(self, value: Value, locations: Iterable[Location]) -> None:
        if not is_mutable_type(value.type):
            return
        points = self._points.setdefault(value, set())
        before = len(points)
        points.update(locations)
        self._changed |= len(points) != before

    def _new(self, value: Value, contents: Iterable[Location] = ()) -> None:
        if not is_mutable_type(value.type):
            return
        if value not in self._fresh:
            self._fresh[value] = Location(kind_of(value.type))
        location = self._fresh[value]
        self._fill(location, contents)
        self._add(value, (location,))

    def _fill(self, location: Location, contents: Iterable[Location]) -> None:
        before = len(location.contents)
        location.contents.update(contents)
        self._changed |= len(location.contents) != before

    def _hand_out(self, locations: Iterable[Location]) -> None:
        for location in _reachable(locations):
            if not location.outside:
                location.outside = self._changed = True

    def _block(self, block: Block) -> None:
        for node in block.nodes:
            self._node(node)

    def _node(self, node: Node) -> None:
        match facts_of(node).memory:
            case Memory.NEW | Memory.CONSTANT:
                for output in node.outputs:
                    self._new(output)
            case Memory.INPUT:
                self._add(node.outputs[0], self._locations(node.input()))
            case Memory.ELEMENT:
                for output in node.outputs:
                    self._take_out(output, self._locations(node.input()))
            case Memory.CONTAINER:
                contents: set[Location] = set()
                for value in node.inputs:
                    contents |= self._locations(value)
                self._new(node.outputs[0], contents)
            case Memory.ATTRIBUTE:
                self._get_attribute(node)
            case Memory.STORED:
                self._hand_out(self._locations(node.input(1)))
                self._writes[node] = set(self._locations(node.input(0)))
            case Memory.FLOW:
                self._flow(node)
            case Memory.SCHEMA:
                self._operator(node)
            case Memory.UNKNOWN:
                self._call(node)

    def _flow(self, node: Node) -> None:
        if node.kind == "prim::If":
            for block in node.blocks:
                self._block(block)
                for output, value in zip(node.outputs, block.returns, strict=False):
                    self._add(output, self._locations(value))
        elif node.kind == "prim::Loop":
            self._loop(node)
        elif node.kind in ("prim::Break", "prim::Continue"):
            loop = enclosing_loop(node)
            if loop is not None:
                for row, value in zip(loop.carried, node.inputs, strict=False):
                    for target in (row.output, *row.params):
                        self._add(target, self._locations(value))

    def _get_attribute(self, node: Node) -> None:
        output = node.outputs[0]
        self._add(output, {self._outside(kind_of(output.type))})

    def _loop(self, node: Node) -> None:
        loop = LoopView(node)
        for row in loop.carried:
            for param in row.params:
                self._add(param, self._locations(row.init))
        for block in node.blocks:
            self._block(block)
        for row in loop.carried:
            self._add(row.output, self._locations(row.init))
            if row.result is not None:
                for target in (row.output, *row.params):
                    self._add(target, self._locations(row.result))

    def _call(self, node: Node) -> None:
        for value in node.inputs:
            self._hand_out(self._locations(value))
        for output in node.outputs:
            kind = kind_of(output.type)
            if kind:
                self._add(output, {self._outside(kind)})
        self._writes[node] = None

    def _take_out(self, output: Value, containers: Iterable[Location]) -> None:
        kind = kind_of(output.type)
        found: set[Location] = set()
        for container in containers:
            if container.outside:
                found.add(self._outside(kind or "any"))
            found |= {c for c in container.contents if kind in ("any", c.kind) or c.kind == "any"}
        self._add(output, found)

    def _operator(self, node: Node) -> None:
        assert node.operator is not None
        schema = node.operator.schema
        sets: dict[str, set[Location]] = {}
        elements: dict[str, set[Location]] = {}
        written: set[Location] = set()
        for argument, value in zip(schema.arguments, node.inputs, strict=False):
            locations = self._locations(value)
            if argument.alias is not None:
                for name in argument.alias.before:
                    sets.setdefault(name, set()).update(locations)
                if argument.alias.write:
                    written |= locations
                if "*" in argument.alias.after:
                    self._hand_out(locations)
            if argument.element_alias is not None:
                inside: set[Location] = set()
                for location in locations:
                    inside |= location.contents
                for name in argument.element_alias.before:
                    sets.setdefault(name, set()).update(inside)
                    elements.setdefault(name, set()).update(inside)
                if argument.element_alias.write:
                    written |= inside
        if written:
            self._put_elements(node, written)
        for value in written_inputs(node):
            written |= self._locations(value)
        if written or schema.is_mutable:
            self._writes[node] = written
        for result, output in zip(schema.returns, node.outputs, strict=False):
            self._result(node, output, result.alias, result.element_alias, sets)
            if "lends" in node.operator.tags:
                self._given_back(node, output)
        for output in node.outputs[len(schema.returns) :]:
            self._call(node)
            self._add(output, {self._outside(kind_of(output.type))})

    def _given_back(self, node: Node, output: Value) -> None:
        """``output`` may be, or hold, an argument."""
        reachable: set[Location] = set()
        for value in node.inputs:
            reachable |= _reachable(self._locations(value))
        tensors = {location for location in reachable if location.kind in ("tensor", "any")}
        if isinstance(output.type, T.TensorType):
            self._add(output, tensors)
        else:
            for location in self._locations(output):
                self._fill(location, tensors)
            for value in node.inputs:
                if value.type == output.type:
                    self._add(output, self._locations(value))

    def _put_elements(self, node: Node, written: set[Location]) -> None:
        """A container that is written to may from now on hold the other arguments."""
        containers = {w for w in written if w.kind in ("list", "dict", "any")}
        if not containers:
            return
        for value in node.inputs:
            locations = self._locations(value)
            inside = set().union(*(c.contents for c in locations)) if locations else set()
            for container in containers:
                self._fill(container, {c for c in locations | inside if c is not container})
                if container.outside:
                    self._hand_out(locations)

    def _result(
        self,
        node: Node,
        output: Value,
        alias: AliasInfo | None,
        element: AliasInfo | None,
        sets: dict[str, set[Location]],
    ) -> None:
        kind = kind_of(output.type)
        if not kind:
            return
        if alias is not None:
            for name in alias.before:
                if name == "*":
                    self._add(output, {self._outside(kind)})
                    for value in node.inputs:
                        self._take_out(output, self._locations(value))
                else:
                    self._add(output, sets.get(name, ()))
        elif element is not None:
            contents: set[Location] = set()
            for name in element.before:
                contents |= sets.get(name, set()) if name != "*" else {self._outside("tensor")}
            self._new(output, contents)
        elif kind in ("list", "dict", "tuple", "any") and any(is_mutable_type(t) for t in output.type.contained()):
            # A new container of old elements (a copied or concatenated list) unless the schema says otherwise.
            contents = set()
            for value in node.inputs:
                for location in self._locations(value):
                    if location.kind not in ("tensor",):
                        contents |= location.contents
            self._new(output, contents)
        else:
            self._new(output)


def _reachable(locations: Iterable[Location]) -> set[Location]:
    found: set[Location] = set()
    pending = list(locations)
    while pending:
        location = pending.pop()
        if location not in found:
            found.add(location)
            pending += location.contents
    return found


def _overlap(a: set[Location], b: set[Location]) -> bool:
    if a & b:
        return True
    kinds = {location.kind for location in a if location.outside}
    if not kinds:
        return False
    others = {location.kind for location in b if location.outside}
    return bool(kinds & others) or ("any" in kinds and bool(others)) or ("any" in others)
