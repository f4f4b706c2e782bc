"""The statements of a function, step by step in the order of writing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from transpile.codegen.plan import names
from transpile.codegen.plan.conversions import conversion
from transpile.codegen.plan.copies import Assignment, in_order
from transpile.codegen.plan.function import Surroundings, TaskPlan
from transpile.codegen.plan.lines import Lines
from transpile.codegen.plan.loops import LoopForms, counts_modules
from transpile.codegen.plan.managers import match_exits
from transpile.codegen.plan.nesting import Nesting
from transpile.codegen.plan.program import formals
from transpile.codegen.plan.steps import (
    Bind,
    Branch,
    Break,
    CallEach,
    Continue,
    Copy,
    CountModules,
    CountRange,
    CountTurns,
    Declare,
    Define,
    EndGuard,
    ForEach,
    Guard,
    Mark,
    Operand,
    Return,
    Run,
    SetAttribute,
    Step,
    Variable,
    While,
)
from transpile.core import types as T
from transpile.core.errors import UnsupportedOperatorError
from transpile.core.names import NameScope
from transpile.ir.graph import Block, Graph, Node, Value
from transpile.ir.loops import LoopView


@dataclass(frozen=True)
class Decided:
    """What the earlier steps of planning have decided about a graph."""

    graph: Graph
    result: T.Type
    nesting: Nesting
    loops: LoopForms
    variables: Mapping[Value, Variable]
    this: Value | None = None
    is_task: bool = False


class BodyPlanner:
    """Plans the body of one function.

    What is in ``declared`` has begun already; ``plan_task`` plans the body of a ``prim::fork``.
    """

    def __init__(
        self,
        decided: Decided,
        surroundings: Surroundings,
        scope: NameScope,
        lines: Lines,
        declared: Iterable[Variable],
        plan_task: Callable[[Node], TaskPlan],
    ) -> None:
        self._decided = decided
        self._nesting = decided.nesting
        self._variables = decided.variables
        self._surroundings = surroundings
        self._scope = scope
        self._lines = lines
        self._declared = set(declared)
        self._plan_task = plan_task
        self._guards: dict[Node, str] = {}
        self._enter_of = match_exits(decided.graph.block)
        self._loops: list[Node] = []
        self.tasks: dict[Node, TaskPlan] = {}
        self.problems: list[UnsupportedOperatorError] = []

    def plan(self) -> list[Step]:
        """All steps; problems are collected, so that all of a program are reported together."""
        graph, wanted = self._decided.graph, self._decided.result
        body = self._block(graph.block, tail=[])
        if graph.block.exit is None and graph.outputs and wanted != T.NONE:
            result = graph.outputs[0]
            if result.node in self._nesting.nested:
                body += self._lines.before(result.node)
            body.append(self._return(result))
        return body

    # ---- blocks
    def _block(self, block: Block, tail: list[tuple[Value, Value]]) -> list[Step]:
        """The steps of a block; ``tail`` lists (target, source) pairs to assign at its normal end."""
        out: list[Step] = []
        for node in block.nodes:
            if node in self._nesting.dropped or node in self._nesting.nested or node in self._decided.loops.skipped:
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

    def _node(self, node: Node) -> list[Step]:
        mark = self._lines.before(node)
        if node.kind == "prim::If" and node not in self._nesting.expression_ifs:
            return self._if(node, mark)
        if node.kind == "prim::Loop":
            return self._loop(node, mark)
        if node.kind == "prim::Return":
            result = node.input() if node.inputs else None
            return [*mark, Return() if result is None or self._decided.result == T.NONE else self._return(result)]
        if node.kind in ("prim::Break", "prim::Continue"):
            carried = zip(LoopView(self._loops[-1]).carried, node.inputs, strict=True)
            if node.kind == "prim::Continue":
                return [*mark, *self._copies([(row.param, value) for row, value in carried]), Continue()]
            # What nothing reads after the loop need not be up to date there.
            return [*mark, *self._copies([(row.output, value) for row, value in carried if row.output.uses]), Break()]
        if node.kind in ("prim::TupleUnpack", "prim::ListUnpack"):
            return [*mark, *self._outputs(node)]
        if node.kind == "prim::SetAttr":
            owner = node.input(0).type
            assert isinstance(owner, T.ClassType)
            wanted = owner.attributes[str(node.attributes["name"])].type
            return [*mark, SetAttribute(node, self._operand(node.input(1), wanted))]
        if node.kind == "ts2cpp::CallEach":
            return self._call_each(node, mark)
        if node.kind == "prim::Enter":
            entered = self._outputs(node)
            name = self._guards[node] = self._scope.unique("with_block")
            return [*mark, *entered, Guard(node, name)]
        if node.kind == "prim::Exit":
            return [*mark, EndGuard(self._guards[self._enter_of[node]])]
        if node.kind == "prim::fork":
            self.tasks[node] = self._plan_task(node)
        return [*mark, *self._outputs(node)]

    def _return(self, value: Value) -> Return:
        """A lambda's result has the type that is written there; that of a function is known."""
        wanted = self._decided.result
        spelled: T.Type | None = None
        if self._decided.is_task:
            builds = value.node in self._nesting.nested and value.node.kind == "prim::TupleConstruct"
            if value.type != wanted or value.node.kind == "prim::Constant" or builds:
                spelled = wanted
        return Return(self._operand(value, wanted), spelled)

    # ---- what a node gives
    def _outputs(self, node: Node) -> list[Step]:
        """The node's statement: run for its effect, or with its outputs in variables."""
        used = [v for v in node.outputs if self._nesting.is_used(v)]
        if node.kind == "prim::TupleUnpack" and not used:
            return []
        if node.kind == "prim::ListUnpack":
            return [self._bind(node)] if used else [Run(node)]
        if not used or (len(node.outputs) == 1 and node.output.type == T.NONE):
            return [Run(node)]
        return [self._define(used[0])] if len(used) == 1 else [self._bind(node)]

    def _bind(self, node: Node) -> Bind:
        variables = tuple(self._variables[v] for v in node.outputs)
        self._declared.update(variables)
        return Bind(node, variables, all(self._nesting.is_used(v) for v in node.outputs))

    def _define(self, value: Value) -> Define:
        variable = self._variables[value]
        return Define(value, variable, self._begin(variable))

    def _begin(self, variable: Variable) -> bool:
        """Whether the variable has not been declared yet; from now on it has."""
        is_new = variable not in self._declared
        self._declared.add(variable)
        return is_new

    def _call_each(self, node: Node, mark: list[Step]) -> list[Step]:
        """A loop over the modules of a container, each taking what the one before it gave."""
        variable = self._variables[node.output]
        source = node.input(int(node.attributes["position"]))
        first: list[Step] = []
        if self._variables.get(source) is not variable:
            start, type = self._operand(source, source.type), node.output.type
            first = [Declare(variable, type, start) if self._begin(variable) else Copy(variable, type, start)]
        self._declared.add(variable)
        item = names.item_name(str(node.attributes["path"][-1]), self._surroundings.each_type(node))
        counter: Variable | None = None
        for index in node.attributes.get("counted", [])[:1]:
            number = node.input(index)
            # The code of an archive has the number alone.
            hint = number.base_name or formals(node)[index - 1].name
            counter = Variable(self._scope.unique(hint, "index"), is_mutable=True)
            first.append(Declare(counter, T.INT, self._operand(number, T.INT)))
        step = CallEach(node, variable, self._scope.unique(item, "item"), tuple(mark), counter)
        self._lines.current = None
        return [*first, step]

    # ---- copies
    def _operand(self, value: Value, wanted: T.Type) -> Operand:
        return Operand(value, wanted, conversion(value, wanted, self._nesting))

    def _copies(self, pairs: list[tuple[Value, Value]]) -> list[Step]:
        """Assign all at once."""
        todo: list[Assignment] = []
        out: list[Step] = []
        for target, source in pairs:
            variable = self._variables[target]
            if self._variables.get(source) is variable or source.node.kind == "prim::Uninitialized":
                continue
            if target.type == T.NONE:
                continue
            todo.append(Assignment(variable, target.type, self._operand(source, target.type), self._reads(source)))
            if source.node in self._nesting.nested and self._lines.may_raise(source.node):
                out += self._lines.before(source.node)
        return out + in_order(todo, self._scope.unique)

    def _reads(self, value: Value) -> frozenset[str]:
        """The names of the variables that the value's expression reads."""
        if self._surroundings.member_names(value) is not None:
            return frozenset()
        if value.node in self._nesting.nested:
            found: set[str] = set()
            for inner in (value.node, *(n for b in value.node.blocks for n in b.walk())):
                for operand in (*inner.inputs, *(v for b in inner.blocks for v in b.returns)):
                    found |= self._reads(operand)
            return frozenset(found)
        return frozenset((self._variables[value].name,)) if value in self._variables else frozenset()

    def _declare_outputs(self, node: Node, initial: Mapping[Value, Value]) -> list[Step]:
        """Declarations of the variables a control-flow node writes, for those that do not exist yet."""
        out: list[Step] = []
        copies: list[tuple[Value, Value]] = []
        for output in node.outputs:
            variable = self._variables[output]
            if output.type == T.NONE:
                continue
            first = initial.get(output)
            if self._begin(variable):
                known = first is not None and first.node.kind != "prim::Uninitialized"
                operand = self._operand(first, output.type) if first is not None and known else None
                out.append(Declare(variable, output.type, operand))
            elif first is not None:
                copies.append((output, first))
        return out + self._copies(copies)

    # ---- control flow
    def _if(self, node: Node, mark: list[Step]) -> list[Step]:
        fresh = {output for output in node.outputs if self._variables[output] not in self._declared}
        out = [*self._declare_outputs(node, {}), *mark]
        branches = []
        line = self._lines.current
        for block in node.blocks:
            tail = list(zip(node.outputs, block.returns, strict=False)) if block.exit is None else []
            tail = [(t, v) for t, v in tail if not (v.type == T.NONE and t in fresh and self._is_empty(t, block))]
            branches.append(tuple(self._block(block, tail)))
            self._lines.current = line
        then, otherwise = branches
        first, second = (block.exit is not None for block in node.blocks)
        # Where one branch leaves and the other is empty, what follows comes straight from here.
        self._lines.current = line if (first and not otherwise) or (second and not then) else None
        condition = node.input()
        if not then and not otherwise:
            return out
        if not then:
            return [*out, Branch(condition, True, otherwise)]
        if otherwise and first:
            # Nothing comes after the first branch: the second needs no braces.
            return [*out, Branch(condition, False, then), *otherwise]
        return [*out, Branch(condition, False, then, otherwise)]

    def _is_empty(self, output: Value, block: Block) -> bool:
        """Whether the optional that ``output`` is to be still holds nothing at the end of ``block``."""
        variable = self._variables[output]
        written = {v for inner in block.walk() for v in inner.outputs}
        return isinstance(output.type, T.OptionalType) and not any(self._variables.get(v) is variable for v in written)

    def _loop(self, node: Node, mark: list[Step]) -> list[Step]:
        loop = LoopView(node)
        out = self._declare_outputs(node, {row.output: row.init for row in loop.carried})
        out += self._head(loop) or mark
        for row in loop.carried:
            assert all(self._variables[p] is self._variables[row.output] for p in row.params)
        self._loops.append(node)
        tail = [(row.param, row.result) for row in loop.carried if row.result is not None]
        head = self._while(loop.condition) if loop.condition is not None else self._for(loop)
        self._lines.current = None
        body = self._block(loop.body, tail)
        self._lines.current = None
        self._loops.pop()
        return [*out, *head(tuple(body))]

    def _head(self, loop: LoopView) -> list[Step]:
        """The marker of what is computed once, in the head of a loop."""
        if loop.node not in self._decided.loops.elements:
            return []
        source = self._decided.loops.elements[loop.node][0].node
        return self._lines.before(source) if source in self._decided.loops.heads else []

    def _while(self, block: Block) -> Callable[[tuple[Step, ...]], list[Step]]:
        line = self._lines.current
        first = self._block(block, [])
        condition = block.returns[0]
        if condition.node in self._nesting.nested and self._lines.may_fail(condition.node):
            # Its line is told anew in every turn.
            first += self._lines.before(condition.node)
            self._lines.current = line
            return lambda body: [While(condition, tuple(first), body)]
        self._lines.current = line
        if all(isinstance(step, Mark) for step in first):
            return lambda body: [*first, While(condition, (), body)]
        return lambda body: [While(condition, tuple(first), body)]

    def _for(self, loop: LoopView) -> Callable[[tuple[Step, ...]], list[Step]]:
        node, loops = loop.node, self._decided.loops
        if node in loops.elements:
            source, element = loops.elements[node]
            taker = loops.unpacked.get(node)
            values = taker.outputs if taker is not None else [element]
            by_value = element.type in (T.BOOL, T.INT, T.FLOAT) or isinstance(element.type, T.EnumType)
            by_value = by_value or isinstance(source.type, T.TensorType)
            is_used = all(self._nesting.is_used(v) for v in values)
            variables = tuple(self._variables[v] for v in values)
            self._declared.update(variables)
            is_module = element.node.kind == "ts2cpp::Element"
            changes = is_module and any(map(self._surroundings.changes_module, loop.body.walk()))
            return lambda body: [ForEach(variables, source, by_value, is_used, body, changes)]
        if node in loops.ranges:
            start, stop, size, counter = loops.ranges[node]
            variable = self._variables[counter]
            self._declared.add(variable)
            return lambda body: [CountRange(variable, start, stop, size, body)]
        count, counter_value = loop.trip_count, loop.counter
        assert count is not None and counter_value is not None
        variable = self._variables[counter_value]
        self._declared.add(variable)
        if counts_modules(counter_value):
            container = counter_value.uses[0].node.input(0)
            return lambda body: [CountModules(variable, container, body)]
        limit: Variable | None = None
        if not self._is_name(count) and count.node not in loops.heads:
            limit = Variable(self._scope.unique(f"{variable.name}_count"), is_mutable=False)
        return lambda body: [CountTurns(variable, count, limit, body)]

    def _is_name(self, value: Value) -> bool:
        """Whether the value is one word in C++, which costs nothing to evaluate again."""
        members = self._surroundings.member_names(value)
        if members is not None:
            return len(members) == 1
        return value.node not in self._nesting.nested or value.node.kind == "prim::Constant"
