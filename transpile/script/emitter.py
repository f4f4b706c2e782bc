"""The compiler of one function: its graph, its names, and the small steps every form is made of."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from transpile.core import types as T
from transpile.core.errors import (
    MissingOperatorError,
    NoMatchingOverloadError,
    ScriptNameError,
    ScriptTypeError,
    SourceError,
)
from transpile.core.source import SourceRange
from transpile.ir.graph import Block, Graph, Node, Value
from transpile.ops import registry
from transpile.script import environment as env
from transpile.script import hints, matching, snippets
from transpile.script.environment import Frame, shown
from transpile.script.frontend import FunctionSource, unsupported_name
from transpile.script.values import Actual, SimpleValue, Sugared

if TYPE_CHECKING:
    from transpile.script.resolver import Resolver
    from transpile.script.unit import Unit
    from transpile.script.upgraders import Upgrader


class PoisonedError(SourceError):
    """A follow-up of an error that was reported already: never shown."""


class Emitter:
    """Compiles the body of one function into ``graph``.

    ``loops`` holds, innermost last, ``"loop"`` or ``"unrolled"``.  ``exits`` are the blocks that never reach their end,
    ``left`` those of them that leave the function: only they may do without a variable that is used after an ``if``.
    ``refused`` are the nodes whose syntax was reported before the body is compiled.
    """

    def __init__(
        self,
        unit: Unit,
        function: FunctionSource,
        resolver: Resolver,
        graph: Graph,
        refused: frozenset[ast.AST] = frozenset(),
    ) -> None:
        self.unit = unit
        self.function = function
        self.resolver = resolver
        self.graph = graph
        self.refused = refused
        self.frame = Frame(graph.block, None)
        self.exits: set[Block] = set()
        self.left: set[Block] = set()
        self.loops: list[str] = []
        self.entered: list[Value] = []  # the objects of the `with` statements around
        self.entered_before_loop: list[int] = []  # how many of them lie outside each loop around
        self.declared: T.Type | None = None
        self.merged: T.Type | None = None
        self._literals: dict[tuple[type, str], Value] = {}
        self._in_upgrader = False

    # ---- ranges and forms
    def range(self, node: ast.AST) -> SourceRange:
        return self.function.range(node)

    def keyword_range(self, node: ast.AST, length: int) -> SourceRange:
        return self.function.keyword_range(node, length)

    def expression(self, node: ast.expr, hint: T.Type | None = None) -> Value:
        """Compile an expression to a value."""
        return self.sugared(node, hint).as_value(self, self.range(node))

    def sugared(self, node: ast.expr, hint: T.Type | None = None) -> Sugared:
        """Compile an expression to whatever it stands for."""
        from transpile.script.expressions import EXPRESSIONS

        form = EXPRESSIONS.get(type(node))
        if form is None:
            raise self.error(node, f"{unsupported_name(node)} aren't supported")
        if node in self.refused:
            raise PoisonedError("the syntax was reported already", self.range(node))
        return form(self, node, hint)

    def statements(self, body: Sequence[ast.stmt]) -> None:
        """Compile statements up to the first that leaves the block."""
        for statement in body:
            if self.unit.errors is not None:
                self._guarded(statement)
            elif self.resolver.may_lack_operators:
                self._postponing(statement)
            else:
                self._statement(statement)
            if self.frame.block in self.exits:
                return

    def _statement(self, statement: ast.stmt) -> None:
        from transpile.script.statements import STATEMENTS

        form = STATEMENTS.get(type(statement))
        if form is None:
            raise self.error(statement, f"{unsupported_name(statement)} aren't supported")
        if statement in self.refused and not isinstance(statement, (ast.For, ast.While)):
            raise PoisonedError("the syntax was reported already", self.range(statement))
        form(self, statement)

    def _guarded(self, statement: ast.stmt) -> None:
        """Compile a statement; on an error note it, and poison what the statement would have assigned."""
        frame, point, loops = self.frame, self.graph.insert_point, list(self.loops)
        try:
            self._statement(statement)
        except SourceError as error:
            self.unit.note(error)
            self.frame, self.loops = frame, loops
            self.graph.set_insert_point(point)
            for name in assigned_names(statement):
                frame.poisoned.add(name)
            if isinstance(statement, ast.Return):
                self.leave(frame.block)

    def _postponing(self, statement: ast.stmt) -> None:
        """Compile a statement; in a branch, one that calls what this release does not have raises when it is reached."""
        from transpile.script.statements import throw

        frame, loops, entered, last = self.frame, list(self.loops), list(self.entered), self.frame.block.last
        try:
            self._statement(statement)
        except NoMatchingOverloadError as error:
            owner = frame.block.owner
            if owner is None or owner.kind != "prim::If":
                raise
            self.frame, self.loops, self.entered = frame, loops, entered
            self.graph.set_insert_point(frame.block)
            while frame.block.last is not None and frame.block.last is not last:
                frame.block.last.destroy()
            where = error.range or self.range(statement)
            missing = isinstance(error, MissingOperatorError)
            reason = error.message if missing else "no overload of this release accepts the arguments"
            text = f"{reason} ({where.filename}, line {where.line}: {where.text})"
            throw(self, self.constant(text, where), None, where)

    def error(self, node: ast.AST, message: str, hint: str = "") -> ScriptTypeError:
        return ScriptTypeError(message, self.range(node), hint=hint)

    # ---- blocks and frames
    @contextmanager
    def block(self, block: Block) -> Iterator[Frame]:
        """Compile into ``block`` with a frame of its own."""
        frame = Frame(block, self.frame)
        self.frame = frame
        point = self.graph.set_insert_point(block)
        try:
            yield frame
        finally:
            assert frame.parent is not None
            self.frame = frame.parent
            self.graph.set_insert_point(point)

    def leave(self, block: Block) -> None:
        """Note that ``block`` ends by leaving the function."""
        self.exits.add(block)
        self.left.add(block)

    # ---- names
    def read(self, name: str, range: SourceRange | None) -> Sugared:
        """What ``name`` stands for here."""
        if self.frame.is_poisoned(name):
            raise PoisonedError(f"{name} could not be compiled", range)
        found = self.find(name, range)
        if found is None:
            found = self.resolver.name(self, name, range)
        if found is None:
            reason = self.frame.error(name)
            if reason is not None:
                raise ScriptNameError(reason, range, hint=f"give '{name}' a value before the 'if'")
            hint = hints.for_name(name, self.function.node, self.visible_names())
            raise ScriptNameError(f"undefined value {name}", range, hint=hint)
        return found

    def visible_names(self) -> set[str]:
        """The names of local variables and of globals that can be read here."""
        names = {name for scope in self.resolver.scopes for name in scope}
        frame: Frame | None = self.frame
        while frame is not None:
            names |= frame.types.keys() | frame.values.keys()
            frame = frame.parent
        return names

    def find(self, name: str, range: SourceRange | None = None) -> Sugared | None:
        """The local variable called ``name``."""
        owner = self.frame.owner(name)
        if owner is None:
            return None
        if name in owner.values:
            return owner.values[name]
        return SimpleValue(env.load(self.graph, name, owner.types[name], range))

    def assign(self, name: str, value: Sugared, range: SourceRange | None, annotated: T.Type | None = None) -> None:
        """Bind a local name."""
        frame = self.frame
        frame.poisoned.discard(name)
        simple = value.value if isinstance(value, SimpleValue) else None
        if simple is not None and not simple.name and env.meaningful(name) and simple.node.block is frame.block:
            simple.set_name(name)
        owner = frame.parent.owner(name) if frame.parent is not None else None
        if owner is not None:
            simple = self._reassign(name, owner, value, range, annotated)
        if simple is None:
            frame.types.pop(name, None)
            frame.values[name] = value
            return
        if annotated is not None and not T.is_subtype(simple.type, annotated):
            raise ScriptTypeError(
                f"Variable '{name}' is annotated with type {shown(annotated)} but is being assigned to a value of "
                "type "
                f"{shown(simple.type)}",
                range,
            )
        env.store(self.graph, name, simple, range)
        frame.values.pop(name, None)
        frame.types[name] = annotated if annotated is not None else simple.type

    def _reassign(
        self, name: str, owner: Frame, value: Sugared, range: SourceRange | None, annotated: T.Type | None
    ) -> Value:
        if annotated is not None:
            raise ScriptTypeError(
                f"Attempting to declare and annotate the type of variable '{name}' that is already defined in an "
                "outer block",
                range,
            )
        if not isinstance(value, SimpleValue):
            raise ScriptTypeError(
                f"Cannot re-assign '{name}' to a value of type {value.kind} because {name} is not a first-class "
                "value.  "
                "Only reassignments to first-class values are allowed",
                range,
            )
        parent = owner.types.get(name)
        if parent is None:
            raise ScriptTypeError(
                f"Cannot re-assign '{name}' because it has type {owner.values[name].kind} and {name} is not a "
                "first-class "
                "value.  Only reassignments to first-class values are allowed",
                range,
            )
        simple = matching.convert(self, value.value, parent, range)
        if not T.is_subtype(simple.type, parent):
            raise env.reassignment_error(name, parent, simple.type, range)
        return simple

    # ---- nodes
    def insert(
        self,
        kind: str,
        inputs: Sequence[Value],
        outputs: Sequence[T.Type],
        range: SourceRange | None,
        /,
        **attributes: Any,
    ) -> Node:
        """Insert a node at the insert point."""
        node = self.graph.insert_node(kind, inputs, outputs, range=range)
        node.attributes.update(attributes)
        return node

    def constant(self, value: Any, range: SourceRange | None, type: T.Type | None = None) -> Value:
        """A constant where it is used."""
        return self.graph.insert_constant(value, type, range)

    def literal(self, value: int | float | complex, range: SourceRange | None) -> Value:
        """A number from the source: one constant for equal numbers, at the front of the graph."""
        key = (type(value), repr(value))
        if key not in self._literals:
            node = self.graph.create_constant(value, None, range)
            node.insert_after(self.graph.block.param_node)
            self._literals[key] = node.output
        return self._literals[key]

    def make_list(self, values: Sequence[Value], element: T.Type, range: SourceRange | None) -> Value:
        return self.insert("prim::ListConstruct", values, [T.ListType(element)], range).output

    def make_tuple(self, values: Sequence[Value], range: SourceRange | None, type: T.TupleType | None = None) -> Value:
        made = type if type is not None else T.TupleType(tuple(plain(v.type) for v in values))
        return self.insert("prim::TupleConstruct", values, [made], range).output

    def unpack_tuple(self, value: Value, range: SourceRange | None) -> list[Value]:
        """The elements of a tuple."""
        assert isinstance(value.type, T.TupleType)
        if value.node.kind == "prim::TupleConstruct":
            return list(value.node.inputs)
        return list(self.insert("prim::TupleUnpack", [value], value.type.elements, None).outputs)

    def operator(self, name: str, range: SourceRange | None, values: Sequence[Value], **keywords: Value) -> Value:
        """Apply a registered operator to values."""
        return self.call_operator(
            name,
            range,
            [Actual(v, range) for v in values],
            [Actual(v, range, k) for k, v in keywords.items()],
        )

    def call_operator(
        self,
        name: str,
        range: SourceRange | None,
        arguments: Sequence[Actual],
        keywords: Sequence[Actual],
        bound: Actual | None = None,
    ) -> Value:
        """Choose the overload that accepts the arguments and insert the node; several results become a tuple."""
        operators = registry.overloads(name)
        extra = snippets.SNIPPETS.get(name, ())
        schemas = [o.schema for o in operators] + [s.schema for s in extra]
        if not schemas:
            raise MissingOperatorError(
                f"Unknown builtin op: {name}", range, hint="the operator is not part of this release"
            )
        old = {} if self._in_upgrader else self.resolver.upgraders(name)
        schemas = [old[s.qualified_name].schema if s.qualified_name in old else s for s in schemas]
        index, found = matching.match_any(schemas, range, arguments, keywords, bound)
        inputs = found.inputs(self)
        if index >= len(operators):
            return extra[index - len(operators)].expand(self, *inputs)
        operator = operators[index]
        upgrader = old.get(operator.schema.qualified_name)
        if upgrader is not None:
            return self._upgraded(upgrader, range, inputs)
        node = self.graph.insert_node(name, inputs, found.returns, operator=operator, range=range)
        return self.pack(node, [r.name for r in operator.schema.returns], name)

    def _upgraded(self, upgrader: Upgrader, range: SourceRange | None, inputs: Sequence[Value]) -> Value:
        """What an operator of earlier days computed, with the operators of today."""
        self._in_upgrader = True
        try:
            return upgrader.expand(self, range, *inputs)
        finally:
            self._in_upgrader = False

    def pack(self, node: Node, fields: Sequence[str], name: str) -> Value:
        """The result of a node as one value."""
        if len(node.outputs) == 1:
            return node.output
        type = T.TupleType(tuple(v.type for v in node.outputs))
        if node.outputs and all(fields):
            type = T.TupleType(type.elements, "", tuple(fields))
        return self.make_tuple(node.outputs, None, type)

    # ---- calls
    def arguments(self, node: ast.Call) -> tuple[list[Actual], list[Actual]]:
        """Compile the arguments of a call, left to right, keywords last."""
        return self.positional(node.args), [
            Actual(self.expression(k.value), self.range(k.value), k.arg or "") for k in node.keywords
        ]

    def positional(self, nodes: Sequence[ast.expr]) -> list[Actual]:
        out: list[Actual] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                range = self.range(node.value)
                parts = self.sugared(node.value).as_tuple(self, range)
                out += [Actual(p.as_value(self, range), range) for p in parts]
            else:
                out.append(Actual(self.expression(node), self.range(node)))
        return out


def plain(type: T.Type) -> T.Type:
    """``type`` without the mark of an inferred tensor."""
    return T.TENSOR if isinstance(type, T.TensorType) and type.inferred else type


def assigned_names(statement: ast.stmt) -> set[str]:
    """The variables a statement may assign."""
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
