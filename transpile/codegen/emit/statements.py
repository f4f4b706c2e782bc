"""C++ statements of the steps of a plan: the body of one function.  What is written was decided in ``plan``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from transpile.codegen.emit import objects
from transpile.codegen.emit.building import Surroundings
from transpile.codegen.emit.constants import ZERO
from transpile.codegen.emit.conversions import converted, rebuilt
from transpile.codegen.emit.cpp_types import cpp_type, parameter_type
from transpile.codegen.emit.expressions import Expressions
from transpile.codegen.plan import steps as S
from transpile.codegen.plan.conversions import Rebuild
from transpile.codegen.plan.function import FunctionPlan, TaskPlan
from transpile.codegen.plan.program import is_object
from transpile.core import types as T
from transpile.core.errors import UnsupportedOperatorError
from transpile.cpp import tree as C
from transpile.cpp.literals import comment_text
from transpile.ir.graph import Node

_ROWS = C.ops("rows", header="ts2cpp/ops/view_windows.hpp")


@dataclass(frozen=True)
class Emitted:
    """The parts of a C++ function that come from its plan."""

    parameters: list[C.Parameter]
    body: list[C.Stmt]
    problems: list[UnsupportedOperatorError]


def write_function(plan: FunctionPlan, surroundings: Surroundings) -> Emitted:
    """The parameters and the body; problems are collected, so that all of a program are reported together."""
    writer = _Body(plan, surroundings)
    parameters = [
        C.Parameter(
            parameter_type(p.type, surroundings.class_namer, by_value=p.is_assigned), p.variable.name, used=p.is_used
        )
        for p in plan.parameters
    ]
    body = [*writer.frame(), *writer.steps(plan.body)]
    return Emitted(parameters, body, [*plan.problems, *writer.problems])


class _Body:
    """Writes the steps of one plan."""

    def __init__(self, plan: FunctionPlan, surroundings: Surroundings) -> None:
        self._plan = plan
        self._namer = surroundings.class_namer
        self._surroundings = surroundings
        self._build = Expressions(surroundings, plan, self._task)
        self.problems: list[UnsupportedOperatorError] = []

    def frame(self) -> list[C.Stmt]:
        """The declaration that says which function an error passes through, if one can."""
        place = self._plan.place
        if not self._plan.needs_frame:
            return []
        names = [C.string(PurePath(place.file).name), C.string(place.label)]
        return [C.Declare(C.runtime("Frame"), place.line_marker, C.Construct(names))]

    def _task(self, task: TaskPlan) -> list[C.Stmt]:
        """The body of the lambda that a ``prim::fork`` becomes."""
        writer = _Body(task.function, self._surroundings)
        body = writer.steps(task.body)
        problems = [*task.function.problems, *writer.problems]
        if problems:
            raise problems[0]
        return [*writer.frame(), *body] if task.has_frame else body

    def steps(self, steps: Iterable[S.Step]) -> list[C.Stmt]:
        """The statements of some steps."""
        out: list[C.Stmt] = []
        for step in steps:
            try:
                out += self._step(step)
            except UnsupportedOperatorError as error:
                if error.range is None and (node := _node(step)) is not None:
                    error.range = node.range
                self.problems.append(error)
        return out

    def _step(self, step: S.Step) -> list[C.Stmt]:
        build = self._build
        match step:
            case S.Mark(line, text):
                marker = C.Name(self._plan.place.line_marker)
                return [C.Evaluate(C.Call(marker, [C.Integer(line)]), comment_text(text))]
            case S.Remark(text):
                return [C.Comment(comment_text(text))]
            case S.Run(node):
                return [C.Evaluate(self._outputs(node))]
            case S.Define(value, variable, declares):
                expression = self._output(step)
                if declares:
                    const = not (variable.is_mutable or variable.is_changed)
                    return [self._declare(value.type, variable, expression, const=const)]
                return [_assign(C.Name(variable.name), expression, value.type)]
            case S.Bind(node, variables, all_used):
                return [C.Bind([v.name for v in variables], self._outputs(node), all_used)]
            case S.Declare(variable, type, None):
                return [C.Declare(cpp_type(type, self._namer), variable.name, self._zero(type))]
            case S.Declare(variable, type, S.Operand() as initial):
                return [self._declare(type, variable, self._operand(initial), const=False)]
            case S.Copy(variable, type, source):
                taken = C.Name(source.name) if isinstance(source, S.Variable) else self._operand(source)
                return [_assign(C.Name(variable.name), taken, type)]
            case S.Save(variable, source):
                spelled = C.Const(cpp_type(source.wanted, self._namer))
                return [C.Declare(spelled, variable.name, self._operand(source))]
            case S.SetAttribute(node, source):
                return [_assign(self._attribute(node), self._operand(source), source.wanted)]
            case S.Guard(node, name):
                return [objects.guard(build, node, name)]
            case S.EndGuard(name):
                return [C.Evaluate(C.Call(C.Member(C.Name(name), "exit")))]
            case S.Return(None):
                return [C.Return()]
            case S.Return(S.Operand() as source, spelled):
                return [C.Return(self._result(source, spelled))]
            case S.Break():
                return [C.Break()]
            case S.Continue():
                return [C.Continue()]
        return self._control_flow(step)

    def _control_flow(self, step: S.Step) -> list[C.Stmt]:
        build = self._build
        match step:
            case S.Branch(condition, negated, then, otherwise):
                test = C.negate(build.value(condition)) if negated else build.value(condition)
                return [C.If(test, self.steps(then), self.steps(otherwise))]
            case S.While(condition, (), body):
                return [C.While(build.value(condition), self.steps(body))]
            case S.While(condition, first, body):
                leave = C.If(C.negate(build.value(condition)), [C.Break()])
                return [C.While(C.Boolean(True), [*self.steps(first), leave, *self.steps(body)])]
            case S.CountRange(variable, start, stop, size, body):
                return [C.CountingFor(variable.name, build.value(start), build.value(stop), size, self.steps(body))]
            case S.CountTurns(variable, count, limit, body):
                name, turns = variable.name, build.value(count)
                before: list[C.Stmt] = []
                if limit is not None:
                    before.append(C.Declare(C.Const(C.INT64), limit.name, turns))
                    turns = C.Name(limit.name)
                return [*before, C.CountingFor(name, C.Integer(0), turns, 1, self.steps(body))]
            case S.CountModules(variable, container, body):
                length = C.Call(C.Member(build.value(container), "size"), [])
                return [C.CountingFor(variable.name, C.Integer(0), length, 1, self.steps(body), C.SIZE)]
            case S.ForEach(variables, source, by_value, is_used, body, changes):
                held = C.AUTO if changes else C.Const(C.AUTO)
                element = held if by_value else C.Reference(held)
                items = build.value(source)
                if isinstance(source.type, T.TensorType):
                    element, items = C.Const(C.TENSOR), C.Call(_ROWS, [items])
                return [C.RangeFor(element, [v.name for v in variables], items, self.steps(body), is_used)]
            case S.CallEach(node, variable, item, marks, counter):
                modules, method, changes = self._surroundings.each(node)
                arguments = build.operands(node, 1)
                arguments[int(node.attributes["position"]) - 1] = C.Name(variable.name)
                if counter is not None:
                    for index in node.attributes["counted"]:
                        arguments[index - 1] = C.Name(counter.name)
                is_run = "span" in node.attributes
                module: C.Expr = C.Unary("*", C.Name(item)) if is_run else C.Name(item)
                call = C.Call(C.Member(module, method), arguments)
                turn = [*self.steps(marks), C.Assign(C.Name(variable.name), call)]
                if counter is not None:
                    turn.append(C.Evaluate(C.Unary("++", C.Name(counter.name))))
                held = C.AUTO if changes else C.Const(C.AUTO)
                each = C.Pointer(held) if is_run else C.Reference(held)
                return [C.RangeFor(each, [item], modules, turn)]
        raise TypeError(f"{step} cannot be written")

    # ---- expressions
    def _outputs(self, node: Node) -> C.Expr:
        """All outputs of a node: the only one, or something that can be bound to several names."""
        if node.kind == "prim::ListUnpack":
            return C.Call(C.runtime("unpack", len(node.outputs)), [self._build.value(node.input())])
        return self._build.value(node.input()) if node.kind == "prim::TupleUnpack" else self._build.node(node)

    def _output(self, step: S.Define) -> C.Expr:
        """One output of a node."""
        node, given = step.node, self._outputs(step.node)
        if node.kind == "prim::TupleUnpack":
            type = node.input().type
            assert isinstance(type, T.TupleType)
            return self._build.element(given, type, node.outputs.index(step.value))
        return given if len(node.outputs) == 1 else C.Call(C.std("get", node.outputs.index(step.value)), [given])

    def _operand(self, operand: S.Operand) -> C.Expr:
        return converted(self._build, operand.value, operand.conversion)

    def _attribute(self, node: Node) -> C.Expr:
        """What a ``prim::SetAttr`` assigns to."""
        if is_object(node.input(0)):
            return objects.member(self._build, node.input(0), str(node.attributes["name"]))
        return self._surroundings.method(node)  # the member that the attribute became

    def _result(self, source: S.Operand, spelled: T.Type | None) -> C.Expr:
        """A returned expression; a tuple needs no type in front of its braces."""
        type = cpp_type(spelled, self._namer) if spelled is not None else None
        if isinstance(source.conversion, Rebuild) and isinstance(source.wanted, T.TupleType):
            return C.Braces(type, rebuilt(self._build, source.value, source.conversion))
        expression = self._operand(source)
        return C.Braces(type, [expression]) if type is not None else expression

    def _declare(self, type: T.Type, variable: S.Variable, value: C.Expr, *, const: bool) -> C.Stmt:
        return C.declare(cpp_type(type, self._namer), variable.name, value, const=const)

    def _zero(self, type: T.Type) -> C.Expr | None:
        """What a variable holds before its first assignment; most types are empty by default."""
        return C.Braces(cpp_type(type, self._namer)) if isinstance(type, T.EnumType) else ZERO.get(type)


def _node(step: S.Step) -> Node | None:
    """The node to blame for a step that cannot be written."""
    match step:
        case S.Run(node) | S.Bind(node) | S.SetAttribute(node) | S.Guard(node) | S.CallEach(node):
            return node
        case S.Define(value):
            return value.node
        case S.Copy(_, _, S.Operand(value)) | S.Save(_, S.Operand(value)) | S.Return(S.Operand(value)):
            return value.node
        case (
            S.Declare(_, _, S.Operand(value))
            | S.CountTurns(_, value)
            | S.ForEach(_, value)
            | S.CountRange(_, _, value)
            | S.CountModules(_, value)
        ):
            return value.node
        case S.Branch(condition) | S.While(condition):
            return condition.node
    return None


def _assign(target: C.Expr, value: C.Expr, type: T.Type) -> C.Stmt:
    """An assignment; ``n = n + 1`` as ``n += 1``."""
    match value:
        case C.Binary(operator, left, right) if left == target and (
            (operator in "+-*" and type in (T.INT, T.FLOAT)) or (operator == "+" and type == T.STR)
        ):
            return C.Assign(target, right, f"{operator}=")
    return C.Assign(target, value)
