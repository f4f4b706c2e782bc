"""C++ statements of a graph: the body of one function."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePath

from transpile.codegen.emit import objects
from transpile.codegen.emit.coercion import arguments_as, elements_as, value_as
from transpile.codegen.emit.cpp_types import cpp_type, parameter_type
from transpile.codegen.emit.dynamic_types import look_through_casts
from transpile.codegen.emit.expressions import Expressions, Place, Surroundings
from transpile.codegen.plan import loops
from transpile.codegen.plan.inlining import Inlining, has_effect, may_raise
from transpile.codegen.plan.program import attribute_path, called_function, is_object
from transpile.codegen.plan.variables import Variables, loop_carried, name_hint
from transpile.core import types as T
from transpile.core.errors import UnsupportedOperatorError
from transpile.core.source import SourceRange
from transpile.cpp import tree as C
from transpile.cpp.literals import comment_text
from transpile.ir.graph import EXITS, Block, Graph, Node, Value


@dataclass
class Emitted:
    """The parts of a C++ function that come from its graph."""

    parameters: list[C.Parameter]
    body: list[C.Stmt]
    needs_frame: bool
    problems: list[UnsupportedOperatorError] = field(default_factory=list)


class FunctionWriter:
    """Writes the body of one function or method.

    The scope of ``place`` already holds the names a local must not hide; ``result`` is the declared type of the result.
    ``has_self`` says that the first graph input is ``this``, ``is_task`` that the body is a lambda's and the inputs are what it
    captures.
    """

    def __init__(
        self,
        graph: Graph,
        surroundings: Surroundings,
        place: Place,
        result: T.Type,
        *,
        has_self: bool,
        takes_arguments: bool = True,
        is_task: bool = False,
        keeps_parameters: bool = False,
    ) -> None:
        self.graph = graph
        self.surroundings = surroundings
        self.scope = place.scope
        self.file = place.file
        self.line_marker = place.line_marker
        self.result = result
        self.is_task = is_task
        self.inputs = graph.inputs[1:] if has_self else graph.inputs
        if not takes_arguments:
            self.inputs = []
        look_through_casts(graph)
        paths = {v for n in graph.walk() for v in n.outputs if surroundings.path(v) is not None}
        if has_self:
            paths.add(graph.inputs[0])
        if is_task:
            paths |= set(graph.inputs)
        self.inlining = Inlining(graph, paths)
        self.extra: dict[Value, C.Expr] = {}
        self.patterns = loops.find_patterns(graph, self.inlining)
        pinned = self.patterns.pinned | {
            v for n in graph.walk() if len(n.outputs) > 1 and not n.blocks for v in n.outputs
        }
        if has_self and surroundings.is_this(graph.inputs[0]):
            pinned.add(graph.inputs[0])
            self.extra[graph.inputs[0]] = C.Call(C.runtime("self"), [C.Name("this")])
        pinned |= {
            n.output for n in graph.walk() if n.kind in ("prim::Loop",) and len(n.outputs) == 1 and not n.attributes
        }
        if is_task or keeps_parameters:
            pinned |= set(graph.inputs)  # what a lambda captures by value does not change
        self.variables = Variables(graph, self.inlining, pinned)
        self.build = Expressions(surroundings, self.inlining, self.variables, self.extra, place)
        self.problems: list[UnsupportedOperatorError] = []
        self.needs_frame = False
        self.members_hide = has_self
        self.guards: dict[Node, str] = {}  # the object that ends the block of a prim::Enter
        self._enter_of = objects.match_exits(graph.block)
        self._line: int | None = None
        self._loop_stack: list[Node] = []

    def write(self) -> Emitted:
        """The whole function; problems are collected, so that all of a program are reported together."""
        parameters = self._name_everything()
        body = self._block(self.graph.block, tail=[])
        if self.graph.block.exit is None and self.graph.outputs:
            result = self.graph.outputs[0]
            if self.result != T.NONE:
                if result.node in self.inlining.inlined:
                    body += self._marker(result.node)
                body += [C.Return(self._result(result))]
        return Emitted(parameters, body, self.needs_frame, self.problems)

    # ---- names
    def _name_everything(self) -> list[C.Parameter]:
        parameters = []
        for value in self.inputs if not self.is_task else ():
            variable = self.variables[value]
            hint = value.base_name or name_hint(variable, "x")
            if self.members_hide and hint in self.scope:
                hint += "_in"  # an attribute has this name
            variable.name = self.scope.unique(hint)
            variable.declared = True
            type = parameter_type(value.type, self.surroundings.class_namer, by_value=variable.is_mutable)
            used = variable.is_mutable or any(True for _ in self.inlining.uses(value))
            parameters.append(C.Parameter(type, variable.name, used=used))
        for variable in self.variables.all():
            if not variable.name and not (self.is_task and variable.values[0] in self.inputs):
                first = variable.values[0]
                variable.name = self.scope.unique(name_hint(variable, self._fallback_name(first)))
        return parameters

    def _fallback_name(self, value: Value) -> str:
        """A name for a value that Python did not name: after the layer it comes from, or its operator."""
        node = value.node
        if node.kind == "prim::Param":
            return "i" if value.type == T.INT else "carried"
        for operand in node.inputs:
            path = self.surroundings.path(operand)
            if path is not None and isinstance(operand.type, (T.TensorType, T.OptionalType)):
                words = path.text().replace("[", ".").replace("]", "").split(".")
                owner = [w for w in words[:-1] if w]
                if owner:
                    return (
                        f"{owner[-1].lstrip('_') if not owner[-1].lstrip('_').isdigit() else '_'.join(owner[-2:])}_out"
                    )
        if node.kind == "ts2cpp::FusionGroup":
            return "fused"
        if node.kind == "prim::CallFunction":
            return f"{called_function(node).name}_out"
        if node.kind == "ts2cpp::New":
            return snake_case(self.surroundings.class_namer(value.type).name)
        if node.kind == "prim::CallMethod" and is_object(node.input(0)):
            return f"{node.attributes['name']}_out".lstrip("_").replace("_getter_out", "")
        if node.kind == "ts2cpp::CallEach":
            return f"{str(node.attributes['path'][-1]).strip('_')}_out"
        if node.kind == "prim::CallMethod":
            receiver = attribute_path(node.input(0)) or ("result",)
            words = list(receiver[-2:] if receiver[-1].isdigit() else receiver[-1:])
            return "_".join(w.strip("_") for w in words) + "_out"
        if node.kind == "prim::TupleIndex" and isinstance(type := node.input(0).type, T.TupleType) and type.fields:
            return type.fields[int(node.input(1).node.attributes["value"])]
        word = node.kind.partition("::")[2].strip("_")
        if word == "getitem" and node.input(0).node.kind == "aten::size":
            return "size"
        if word in _SHORT_NAMES:
            return _SHORT_NAMES[word]
        return f"{word}_out" if isinstance(value.type, T.TensorType) else word

    # ---- blocks
    def _block(self, block: Block, tail: list[tuple[Value, Value]]) -> list[C.Stmt]:
        """The statements of a block; ``tail`` lists (target, source) pairs to assign at its normal end."""
        out: list[C.Stmt] = []
        for node in block.nodes:
            if node in self.inlining.dropped or node in self.inlining.inlined or node in self.patterns.skipped:
                continue
            try:
                out += self._node(node)
            except UnsupportedOperatorError as error:
                if error.range is None:
                    error.range = node.range
                self.problems.append(error)
            if node.is_exit:
                return out
        out += self._copies(tail)
        return out

    def _node(self, node: Node) -> list[C.Stmt]:
        marker = self._marker(node)
        if node.kind == "prim::If" and node not in self.inlining.expression_ifs:
            return self._if(node, marker)
        if node.kind == "prim::Loop":
            return self._loop(node, marker)
        if node.kind == "prim::Return":
            result = node.input() if node.inputs else None
            if result is None or self.result == T.NONE:
                return marker + [C.Return()]
            return marker + [C.Return(self._result(result))]
        if node.kind in ("prim::Break", "prim::Continue"):
            loop = self._loop_stack[-1]
            carried = loop_carried(loop)
            targets = [output if node.kind == "prim::Break" else param for _, param, output, _, _ in carried]
            end: C.Stmt = C.Break() if node.kind == "prim::Break" else C.Continue()
            return marker + self._copies(list(zip(targets, node.inputs, strict=True))) + [end]
        if node.kind in ("prim::TupleUnpack", "prim::ListUnpack"):
            return marker + self._unpack(node)
        if node.kind == "prim::SetAttr":
            return marker + self._set_attribute(node)
        if node.kind == "ts2cpp::CallEach":
            return self._call_each(node, marker)
        if node.kind == "prim::Enter":
            return marker + self._simple(node) + [objects.guard(self, node)]
        if node.kind == "prim::Exit":
            return marker + [C.Evaluate(C.Call(C.Member(C.Name(self.guards[self._enter_of[node]]), "exit")))]
        return marker + self._simple(node)

    def _result(self, value: Value) -> C.Expr:
        """A returned expression; a tuple needs no type in front of its braces."""
        wanted = self.result
        if value.node in self.inlining.inlined and value.node.kind == "prim::TupleConstruct":
            if isinstance(wanted, T.TupleType):
                type = cpp_type(wanted, self.surroundings.class_namer) if self.is_task else None
                return C.Braces(type, elements_as(self.build, value.node, wanted))
        expression = value_as(self.build, value, wanted)
        if self.is_task and (value.type != wanted or value.node.kind == "prim::Constant"):
            # A lambda's result has the type that is written there.
            return C.Braces(cpp_type(wanted, self.surroundings.class_namer), [expression])
        return expression

    def _simple(self, node: Node) -> list[C.Stmt]:
        used = [v for v in node.outputs if any(True for _ in self.inlining.uses(v))]
        expression = self.build.node(node)
        if len(node.outputs) <= 1:
            if not used or not node.outputs or node.output.type == T.NONE:
                return [C.Evaluate(expression)]
            return [self._define(node.output, expression)]
        if not used:
            return [C.Evaluate(expression)]
        if len(used) == 1:
            return [self._define(used[0], C.Call(C.std("get", node.outputs.index(used[0])), [expression]))]
        return self._bind(node.outputs, expression)

    def _bind(self, values: list[Value], expression: C.Expr) -> list[C.Stmt]:
        names = [self.variables[v].name for v in values]
        for value in values:
            self.variables[value].declared = True
        unused = any(not any(True for _ in self.inlining.uses(v)) for v in values)
        return [C.Bind(names, expression, partly=unused)]

    def _define(self, value: Value, expression: C.Expr) -> C.Stmt:
        variable = self.variables[value]
        if variable.declared:
            return self._assignment(value, variable.name, expression)
        variable.declared = True
        type = cpp_type(value.type, self.surroundings.class_namer)
        return C.declare(type, variable.name, expression, const=not variable.is_mutable)

    def _unpack(self, node: Node) -> list[C.Stmt]:
        source = self.build.value(node.input())
        used = [v for v in node.outputs if any(True for _ in self.inlining.uses(v))]
        if node.kind == "prim::ListUnpack":
            source = C.Call(C.runtime("unpack", len(node.outputs)), [source])
        elif len(used) == 1:
            return [self._define(used[0], self._element(node, source, node.outputs.index(used[0])))]
        if not used:
            return [C.Evaluate(source)] if node.kind == "prim::ListUnpack" else []
        return self._bind(node.outputs, source)

    def _element(self, node: Node, source: C.Expr, index: int) -> C.Expr:
        type = node.input().type
        assert isinstance(type, T.TupleType)
        return self.build.element(source, type, index)

    def _call_each(self, node: Node, marker: list[C.Stmt]) -> list[C.Stmt]:
        """A loop over the modules of a container, each taking what the one before it gave."""
        variable = self.variables[node.output]
        position = int(node.attributes["position"])
        container, method = self.surroundings.each(node)
        source = node.input(position)
        first: list[C.Stmt] = []
        if source not in self.variables or self.variables[source] is not variable:
            start = self.build.value(source)
            if variable.declared:
                first = [C.Assign(C.Name(variable.name), start)]
            else:
                type = cpp_type(node.output.type, self.surroundings.class_namer)
                first = [C.Declare(type, variable.name, start)]
        variable.declared = True
        word = str(node.attributes["path"][-1])
        struct = snake_case(self.surroundings.each_type(node))
        item = self.scope.unique(word[:-1] if word.endswith("s") and len(word) > 1 else struct, "item")
        arguments = arguments_as(self.build, node)
        arguments[position - 1] = C.Name(variable.name)
        call = C.Call(C.Member(C.Name(item), method), arguments)
        body: list[C.Stmt] = [*marker, C.Assign(C.Name(variable.name), call)]
        loop = C.RangeFor(C.Reference(C.Const(C.AUTO)), item, container, body)
        self._line = None
        return [*first, loop]

    def _set_attribute(self, node: Node) -> list[C.Stmt]:
        if is_object(node.input(0)):
            field = objects.member(self.build, node.input(0), str(node.attributes["name"]))
        else:
            field = self.surroundings.method(node)  # the member that the attribute became
        owner = node.input(0).type
        assert isinstance(owner, T.ClassType)
        wanted = owner.attributes[str(node.attributes["name"])].type
        return [_assign(field, value_as(self.build, node.input(1), wanted), wanted)]

    # ---- copies
    def _copies(self, pairs: list[tuple[Value, Value]]) -> list[C.Stmt]:
        """Assign all at once: a source that an earlier assignment overwrites is saved first."""
        todo: list[tuple[str, C.Expr, set[str], Value]] = []
        out: list[C.Stmt] = []
        for target, source in pairs:
            variable = self.variables[target]
            if source in self.variables and self.variables[source] is variable and source not in self.extra:
                continue
            if source.node.kind == "prim::Uninitialized":
                continue
            if target.type == T.NONE:
                continue
            expression = value_as(self.build, source, target.type)
            todo.append((variable.name, expression, self.build.reads(source), target))
            if source.node in self.inlining.inlined and self._statement_may_raise(source.node):
                out += self._marker(source.node)
        while todo:
            for position, (name, expression, _, target) in enumerate(todo):
                if not any(name in reads for other, (_, _, reads, _) in enumerate(todo) if other != position):
                    out.append(self._assignment(target, name, expression))
                    del todo[position]
                    break
            else:
                # A cycle: free the first source that still reads a variable.
                place = next(i for i, row in enumerate(todo) if row[2])
                name, expression, _, target = todo[place]
                saved = self.scope.unique(f"next_{name}")
                type = cpp_type(target.type, self.surroundings.class_namer)
                out.append(C.Declare(C.Const(type), saved, expression))
                todo[place] = (name, C.Name(saved), set(), target)
        return out

    def _assignment(self, target: Value, name: str, expression: C.Expr) -> C.Stmt:
        return _assign(C.Name(name), expression, target.type)

    def _declare_outputs(self, node: Node, initial: dict[Value, Value]) -> list[C.Stmt]:
        """Declarations of the variables a control-flow node writes, for those that do not exist yet."""
        out: list[C.Stmt] = []
        copies: list[tuple[Value, Value]] = []
        for output in node.outputs:
            variable = self.variables[output]
            if output.type == T.NONE:
                continue
            if not variable.declared:
                variable.declared = True
                type = cpp_type(output.type, self.surroundings.class_namer)
                if output in initial and initial[output].node.kind != "prim::Uninitialized":
                    value = value_as(self.build, initial[output], output.type)
                    out.append(C.declare(type, variable.name, value, const=False))
                else:
                    out.append(C.Declare(type, variable.name, self._zero(output.type)))
            elif output in initial:
                copies.append((output, initial[output]))
        return out + self._copies(copies)

    def _zero(self, type: T.Type) -> C.Expr | None:
        """What a variable holds before its first assignment; most types are empty by default."""
        if isinstance(type, T.EnumType):
            return C.Braces(cpp_type(type, self.surroundings.class_namer))
        return _ZERO.get(type)

    # ---- control flow
    def _if(self, node: Node, marker: list[C.Stmt]) -> list[C.Stmt]:
        fresh = {output for output in node.outputs if not self.variables[output].declared}
        out = self._declare_outputs(node, {}) + marker
        condition = self.build.value(node.input())
        branches = []
        line = self._line
        for block in node.blocks:
            tail = list(zip(node.outputs, block.returns, strict=False)) if block.exit is None else []
            tail = [(t, v) for t, v in tail if not (v.type == T.NONE and t in fresh and self._is_empty(t, block))]
            branches.append(self._block(block, tail))
            self._line = line
        then, otherwise = branches
        first, second = (block.exit is not None for block in node.blocks)
        # Where one branch leaves and the other is empty, what follows comes straight from here.
        self._line = line if (first and not otherwise) or (second and not then) else None
        if not then and not otherwise:
            return out
        if not then:
            return [*out, C.If(C.negate(condition), otherwise)]
        if otherwise and node.blocks[0].exit is not None and node.blocks[1].exit is None:
            # Nothing after the first branch: the second needs no braces.
            return [*out, C.If(condition, then), *otherwise]
        return [*out, C.If(condition, then, otherwise)]

    def _is_empty(self, output: Value, block: Block) -> bool:
        """Whether the optional that ``output`` is to be still holds nothing at the end of ``block``."""
        held = self.variables[output].values
        written = {v for inner in block.walk() for v in inner.outputs}
        return isinstance(output.type, T.OptionalType) and not any(v in written for v in held)

    def _loop(self, node: Node, marker: list[C.Stmt]) -> list[C.Stmt]:
        carried = loop_carried(node)
        out = self._declare_outputs(node, {row[2]: row[0] for row in carried}) + marker
        for _, param, output, _, extra in carried:
            assert self.variables[param] is self.variables[output]
            assert all(self.variables[e] is self.variables[output] for e in extra)
        self._loop_stack.append(node)
        tail = [(row[1], row[3]) for row in carried if row[3] is not None]
        head = loops.write_head(self, node)
        self._line = None
        body = self._block(node.blocks[0], tail)
        self._line = None
        self._loop_stack.pop()
        return out + head(body)

    # ---- comments
    def _marker(self, node: Node) -> list[C.Stmt]:
        """The comment with the Python line, and the line for tracebacks; once per line."""
        where = user_range(node)
        if where is None:
            inner = (user_range(v.node) for v in node.inputs if v.node in self.inlining.inlined)
            where = next((r for r in inner if r is not None), None)
        if where is None or where.line == self._line or where.filename != self.file:
            return []
        text = comment_text(f"{PurePath(where.filename).name}:{where.line}  {where.text}")
        if node.kind == "prim::Loop":
            return [C.Comment(text)]
        if not self._statement_may_raise(node):
            return []
        self._line = where.line
        self.needs_frame = True
        return [C.Evaluate(C.Call(C.Name(self.line_marker), [C.Integer(where.line)]), text)]

    def _statement_may_raise(self, node: Node) -> bool:
        """Whether the node, or anything that is written inside its statement, can raise."""
        if node.kind not in ("prim::If", "prim::Return") and node.kind not in EXITS:
            if may_raise(node) or has_effect(node):
                return True
        elif node in self.inlining.expression_ifs and may_raise(node):
            return True
        return any(self._statement_may_raise(v.node) for v in node.inputs if v.node in self.inlining.inlined)


def user_range(node: Node) -> SourceRange | None:
    """The user's line for a node, also when it was inlined from the library."""
    for _, where in node.stack:
        if where is not None:
            return where
    subgraph = node.attributes.get("Subgraph")
    if node.range is None and isinstance(subgraph, Graph):
        ranges = [user_range(n) for n in subgraph.nodes if n.kind != "prim::Constant"]
        return next((r for r in reversed(ranges) if r is not None), None)
    return node.range


def snake_case(name: str) -> str:
    """``MyClass`` as a variable: ``my_class``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


_SHORT_NAMES = {
    "ListConstruct": "items", "TupleConstruct": "pair", "DictConstruct": "table", "If": "chosen", "Loop": "carried",
    "ListUnpack": "part", "TupleUnpack": "part", "unchecked_cast": "given", "getitem": "item", "is": "is_none",
    "isnot": "has_value", "not": "negated", "EnumName": "name", "EnumValue": "value", "TupleIndex": "item",
    "TupleSlice": "part", "tolist": "items", "isinstance": "is_instance", "chunk": "chunks", "split": "parts", "unbind": "rows",
}  # fmt: skip

# What a variable holds before its first assignment; other types are empty by default.
_ZERO: dict[T.Type, C.Expr] = {T.INT: C.Integer(0), T.FLOAT: C.Floating(0.0), T.BOOL: C.Boolean(False)}


def _assign(target: C.Expr, value: C.Expr, type: T.Type) -> C.Stmt:
    """An assignment; ``n = n + 1`` as ``n += 1``."""
    match value:
        case C.Binary(operator, left, right) if left == target and operator in "+-*" and type in (T.INT, T.FLOAT):
            return C.Assign(target, right, f"{operator}=")
    return C.Assign(target, value)
