"""From the final graph of a function to its plan, in named steps."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass, replace

from transpile.codegen.plan.body import BodyPlanner, Decided
from transpile.codegen.plan.conversions import Conversion, conversions_inside
from transpile.codegen.plan.function import Capture, FunctionPlan, Parameter, Place, Surroundings, TaskPlan
from transpile.codegen.plan.fused_loops import plan_fused_loops
from transpile.codegen.plan.lines import Lines
from transpile.codegen.plan.loops import find_loop_forms
from transpile.codegen.plan.names import Names
from transpile.codegen.plan.nesting import Nesting, decide_nesting
from transpile.codegen.plan.ordering import check_ordered
from transpile.codegen.plan.steps import Return, Run
from transpile.codegen.plan.variables import shared_variables
from transpile.core import types as T
from transpile.core.errors import UnsupportedOperatorError
from transpile.core.names import NameScope
from transpile.ir.graph import Graph, Node, Value

_CALLS = ("prim::CallFunction", "prim::CallMethod")


def plan_function(
    graph: Graph,
    surroundings: Surroundings,
    scope: NameScope,
    result: T.Type,
    *,
    place: Place,
    has_self: bool = False,
    takes_arguments: bool = True,
    keeps_parameters: bool = False,
) -> FunctionPlan:
    """The plan of a function or method whose result is declared as ``result``.

    ``scope`` already holds the names a local must not hide; only lines of the file of ``place`` are marked.  ``has_self`` says
    that the first graph input is ``this``, ``keeps_parameters`` that parameters are declared as their types say, not by value.
    """
    given = graph.inputs[0] if has_self else None
    this = given if given is not None and surroundings.is_this(given) else None
    planner = _Planner(
        _Context(surroundings, scope, place), graph, result,
        paths=[given] if given is not None else [],
        pinned=graph.inputs if keeps_parameters else [this] if this is not None else [],
        this=this,
    )  # fmt: skip
    inputs = (graph.inputs[1:] if has_self else graph.inputs) if takes_arguments else []
    nesting = planner.decided.nesting
    return planner.plan(planner.names.parameters(inputs, nesting, in_struct=has_self, keeps_types=keeps_parameters))


@dataclass(frozen=True)
class _Context:
    surroundings: Surroundings
    scope: NameScope
    place: Place


class _Planner:
    """Runs the steps on one graph: ``decided`` has the results of all but the last."""

    def __init__(
        self,
        context: _Context,
        graph: Graph,
        result: T.Type,
        *,
        paths: Collection[Value],
        pinned: Collection[Value],
        this: Value | None = None,
        is_task: bool = False,
    ) -> None:
        self._context = context
        surroundings = context.surroundings
        known = {v for n in graph.walk() for v in n.outputs if surroundings.member_names(v) is not None}
        nesting = decide_nesting(graph, known.union(paths))
        loops = find_loop_forms(graph, nesting, known)
        nesting = nesting.without(loops.skipped).including(loops.heads)
        groups = shared_variables(graph, nesting, {*loops.pinned, *pinned, *_bound_together(graph, nesting)})
        self.names = Names(surroundings, context.scope, groups, loops.pinned)
        for value in loops.unnamed:
            self.names.leave_out(value)
        self.decided = Decided(graph, result, nesting, loops, self.names.variables, this, is_task)

    def plan(self, parameters: list[Parameter], constants: dict[Value, Value] | None = None) -> FunctionPlan:
        """The last step: names for everything else, then the body."""
        decided, context = self.decided, self._context
        self.names.others()
        lines = Lines(context.place.file, decided.nesting, decided.loops.safe)
        begun = [self.names.variables[v] for v in decided.graph.inputs if v in self.names.variables]
        body = BodyPlanner(decided, context.surroundings, context.scope, lines, begun, self._task)
        steps = tuple(body.plan())
        conversions, problems = self._conversions()
        fusions = plan_fused_loops(decided.graph, decided.nesting, self.names.variables, context.surroundings)
        return FunctionPlan(
            decided.graph, decided.result, context.place, tuple(parameters), steps, lines.any, decided.nesting,
            dict(self.names.variables), conversions, decided.this, constants or {}, body.tasks, fusions,
            (*problems, *body.problems),
        )  # fmt: skip

    def _conversions(self) -> tuple[dict[tuple[Node, int], Conversion], list[UnsupportedOperatorError]]:
        """What becomes of the operands inside expressions, and the nodes that have no C++ counterpart for their types."""
        decided = self.decided
        found: dict[tuple[Node, int], Conversion] = {}
        problems = []
        for node in decided.graph.walk():
            if node not in decided.nesting.dropped and node not in decided.loops.skipped:
                try:
                    check_ordered(node)
                    found |= conversions_inside(node, decided.nesting)
                except UnsupportedOperatorError as error:
                    error.range = error.range or node.range
                    problems.append(error)
        return found, problems

    def _task(self, node: Node) -> TaskPlan:
        """The plan of a ``prim::fork``.

        What the task uses is captured by value: it may run after its caller has gone on.  Modules are reached through ``this``
        (the pass ``fork_captures`` sees to it).
        """
        graph: Graph = node.attributes["Subgraph"]
        result = node.output.type
        assert isinstance(result, T.FutureType)
        scope = NameScope(parent=self._context.scope)
        place = replace(self._context.place, line_marker=scope.unique("task_at"))
        context = _Context(self._context.surroundings, scope, place)
        task = _Planner(context, graph, result.element, paths=graph.inputs, pinned=graph.inputs, is_task=True)
        captures_this = False
        captures: list[Capture] = []
        constants: dict[Value, Value] = {}
        given: dict[Hashable, str] = {}
        for inner, outer in zip(graph.inputs, node.inputs, strict=True):
            if isinstance(inner.type, T.ClassType) and inner.type.is_module:
                captures_this = True
                task.names.leave_out(inner)
            elif outer.node.kind == "prim::Constant" and outer.node in self.decided.nesting.nested:
                constants[inner] = outer
                task.names.leave_out(inner)
            else:
                key = self._identity(outer)
                if key not in given:
                    # The task's own name for it: that of the variable, which its lambda hides.
                    given[key] = (
                        key if isinstance(key, str) else scope.unique(inner.base_name or "argument", "argument")
                    )
                    captures.append(Capture(given[key], outer))
                task.names.give(inner, given[key])
        plan = task.plan([], constants)
        calls = [n for n in graph.nodes if n.kind in _CALLS]
        if len(calls) == 1 and len(plan.body) == 2 and isinstance(plan.body[1], (Return, Run)):
            # The callee has a frame of its own.
            return TaskPlan(captures_this, tuple(captures), plan.body[1:], plan, has_frame=False)
        return TaskPlan(captures_this, tuple(captures), plan.body, plan, has_frame=plan.needs_frame)

    def _identity(self, value: Value) -> Hashable:
        """Equal for values that are written alike; the name itself, where that is all that is written."""
        members = self._context.surroundings.member_names(value)
        if members is not None:
            return members[0] if len(members) == 1 else members
        if value.node in self.decided.nesting.nested:
            node = value.node
            if node.blocks:
                return value
            return (node.kind, repr(sorted(node.attributes.items())), tuple(map(self._identity, node.inputs)))
        return value if value is self.decided.this else self.names.variables[value].name


def _bound_together(graph: Graph, nesting: Nesting) -> set[Value]:
    """Values that one declaration binds, which cannot assign to what exists."""
    found: set[Value] = set()
    for node in graph.walk():
        if node.blocks or not (len(node.outputs) > 1 or node.kind == "prim::ListUnpack"):
            continue
        if node.kind == "prim::ListUnpack" or sum(map(nesting.is_used, node.outputs)) > 1:
            found.update(node.outputs)
    return found
