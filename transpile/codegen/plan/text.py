"""A plan as text, for whoever reads or tests decisions: one line per step, the values of shared variables, what is dropped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from transpile.codegen.plan import conversions as P
from transpile.codegen.plan import steps as S
from transpile.codegen.plan.function import FunctionPlan, FusionPlan, Parameter, TaskPlan
from transpile.codegen.plan.fused_loops import passed_inputs
from transpile.codegen.plan.program import attribute_path
from transpile.cpp import tree as C
from transpile.ir.graph import Block, Node, Value
from transpile.ir.printer import attribute_text


def plan_text(plan: FunctionPlan) -> str:
    """The whole plan; ends with a newline."""
    return "".join(f"{line}\n" for line in _Printer(plan).lines())


class _Printer:
    def __init__(self, plan: FunctionPlan) -> None:
        self._plan = plan

    def lines(self) -> Iterator[str]:
        plan = self._plan
        yield f"({', '.join(map(_parameter, plan.parameters))}) -> {plan.result.annotation()}"
        if plan.needs_frame:
            yield "  frame"
        yield from self._steps(plan.body, 1)
        shared: dict[S.Variable, list[str]] = {}
        for value, variable in plan.variables.items():
            shared.setdefault(variable, []).append(f"%{value.unique_name}")
        for variable, values in shared.items():
            if len(values) > 1:
                yield f"{variable.name} holds {', '.join(values)}"
        yield from self._loops(0)
        dropped = [n for n in self._nodes(plan.graph.block) if n in plan.nesting.dropped and n.kind != "prim::Constant"]
        for node in dropped:
            outputs = ", ".join(f"%{v.unique_name}" for v in node.outputs)
            yield f"dropped {outputs} = {node.kind}" if outputs else f"dropped {node.kind}"

    def _nodes(self, block: Block) -> Iterator[Node]:
        for node in block.nodes:
            yield node
            if node not in self._plan.nesting.dropped:
                for inner in node.blocks:
                    yield from self._nodes(inner)

    # ---- steps
    def _steps(self, steps: Iterable[S.Step], level: int) -> Iterator[str]:
        for step in steps:
            head, *inner = self._step(step, level)
            yield "  " * level + head
            yield from inner

    def _step(self, step: S.Step, level: int) -> Iterator[str]:
        match step:
            case S.Mark(line):
                yield f"at {line}"
            case S.Remark(text):
                yield f"# {text.strip()}"
            case S.Run(node):
                yield self._node(node)
            case S.Define(value, variable, declares):
                index = f"[{value.node.outputs.index(value)}]" if len(value.node.outputs) > 1 else ""
                yield f"{_target(variable, declares)} = {self._node(value.node)}{index}"
            case S.Bind(node, variables, all_used):
                names = ", ".join(v.name for v in variables)
                yield f"const [{names}] = {self._node(node)}{'' if all_used else ' (some unused)'}"
            case S.Declare(variable, type, initial):
                start = f" = {self._operand(initial)}" if initial is not None else ""
                yield f"var {variable.name}: {type.annotation()}{start}"
            case S.Copy(variable, _, source):
                yield f"{variable.name} = {source.name if isinstance(source, S.Variable) else self._operand(source)}"
            case S.Save(variable, source):
                yield f"const {variable.name} = {self._operand(source)}"
            case S.SetAttribute(node, source):
                yield f"{self._value(node.input(0))}.{node.attributes['name']} = {self._operand(source)}"
            case S.Guard(node, name):
                yield f"guard {name} of {self._value(node.input())}"
            case S.EndGuard(name):
                yield f"end {name}"
            case S.Return(source, spelled):
                shown = f" {self._operand(source)}" if source is not None else ""
                yield f"return{shown}{f' spelled {spelled.annotation()}' if spelled is not None else ''}"
            case S.Break():
                yield "break"
            case S.Continue():
                yield "continue"
            case _:
                yield from self._control_flow(step, level)
        if isinstance(step, (S.Run, S.Define)):
            node = step.node
            if node in self._plan.tasks:
                yield from self._task(self._plan.tasks[node], level + 1)

    def _control_flow(self, step: S.Step, level: int) -> Iterator[str]:
        match step:
            case S.Branch(condition, negated, then, otherwise):
                yield f"if {'not ' if negated else ''}{self._value(condition)}:"
                yield from self._steps(then, level + 1)
                if otherwise:
                    yield "  " * level + "else:"
                    yield from self._steps(otherwise, level + 1)
            case S.While(condition, first, body):
                yield f"while {'true' if first else self._value(condition)}:"
                if first:
                    yield from self._steps(first, level + 1)
                    yield "  " * (level + 1) + f"leave unless {self._value(condition)}"
                yield from self._steps(body, level + 1)
            case S.CountRange(variable, start, stop, size, body):
                yield f"for {variable.name} from {self._value(start)} to {self._value(stop)} by {size}:"
                yield from self._steps(body, level + 1)
            case S.CountTurns(variable, count, limit, body):
                named = f" called {limit.name}" if limit is not None else ""
                yield f"for {variable.name} below {self._value(count)}{named}:"
                yield from self._steps(body, level + 1)
            case S.CountModules(variable, container, body):
                yield f"for {variable.name} below the length of {self._value(container)}:"
                yield from self._steps(body, level + 1)
            case S.ForEach(variables, source, by_value, is_used, body, changes):
                shown = ", ".join(v.name for v in variables)
                how = "value" if by_value else "reference to change" if changes else "reference"
                unused = "" if is_used else " (unused)"
                yield f"for {shown} in {self._value(source)} by {how}{unused}:"
                yield from self._steps(body, level + 1)
            case S.CallEach(node, variable, item, marks, counter):
                path = ".".join(node.attributes["path"])
                counted = f", counted by {counter.name}" if counter is not None else ""
                yield f"for {item} in self.{path}{counted}: {variable.name} = {item}.{node.attributes['name']}"
                yield from self._steps(marks, level + 1)

    def _task(self, task: TaskPlan, level: int) -> Iterator[str]:
        captured = ["self"] if task.captures_this else []
        captured += [f"{c.name} = {self._value(c.value)}" for c in task.captures]
        inner = _Printer(task.function)
        yield "  " * level + f"task [{', '.join(captured)}]{' with a frame' if task.has_frame else ''}"
        yield from inner._steps(task.body, level + 1)
        yield from inner._loops(level + 1)

    def _loops(self, level: int) -> Iterator[str]:
        """The insides of fused loops, with operators as they are written in C++ for one element."""
        for node, fusion in self._plan.fusions.items():
            elements = ", ".join(f"{e.name} of {self._value(e.value)}" for e in fusion.elements)
            captures = ", ".join(f"{c.name} = {self._value(c.value)}" for c in fusion.captures)
            taking = f" taking {captures}" if captures else ""
            yield "  " * level + f"loop %{node.output.unique_name} over {elements}{taking}"
            for value in fusion.constants:
                computed = self._element(value.node, fusion)
                yield "  " * (level + 1) + f"const {fusion.names[value]} = {computed.text()}"
            result = fusion.result
            named = C.Name(fusion.names[result]) if result in fusion.names else self._element(result.node, fusion)
            yield "  " * (level + 1) + f"return {named.text()}"

    def _element(self, node: Node, fusion: FusionPlan) -> C.Expr:
        if node not in fusion.spellings:
            return C.Name(self._node(node))
        inputs = passed_inputs(node)
        names = fusion.names
        return fusion.spellings[node].fill(
            [C.Name(names[v]) if v in names else self._element(v.node, fusion) for v in inputs]
        )

    # ---- expressions
    def _operand(self, operand: S.Operand) -> str:
        return self._converted(operand.value, operand.conversion)

    def _converted(self, value: Value, how: P.Conversion) -> str:
        match how:
            case P.Empty(wanted):
                return f"None as {wanted.annotation()}"
            case P.Borrow(interface):
                return f"borrowed {self._value(value)} as {interface.annotation()}"
            case P.Respell(wanted) | P.Cast(wanted):
                return f"{self._value(value)} as {wanted.annotation()}"
            case P.Rebuild(_, elements):
                parts = zip(value.node.inputs, elements, strict=True)
                return f"({', '.join(self._converted(v, c) for v, c in parts)})"
            case P.Exact():
                return f"exactly {self._value(value)}"
            case P.Fields():
                return f"fields of {self._value(value)}"
        return self._value(value)

    def _input(self, node: Node, index: int) -> str:
        return self._converted(node.input(index), self._plan.conversions.get((node, index), P.KEEP))

    def _value(self, value: Value) -> str:
        plan = self._plan
        if value is plan.this:
            return "self"
        if value in plan.constants:
            return self._node(plan.constants[value].node)
        if value.node in plan.nesting.nested:
            return self._node(value.node)
        path = attribute_path(value)
        if path is not None and value.node.kind != "ts2cpp::Element":
            return f"{self._value(value.node.input())}.{path[-1]}" if path else "self"
        return plan.variables[value].name if value in plan.variables else f"%{value.unique_name}"

    def _node(self, node: Node) -> str:
        """``add(x, mul(y, 2))``."""
        if node.kind == "prim::Constant":
            value = node.output.literal
            return "None" if value is None else attribute_text(value, node) or "<object>"
        if node.kind == "prim::GetAttr":
            return f"{self._value(node.input())}.{node.attributes['name']}"
        if node.kind == "ts2cpp::Element":
            return f"{self._value(node.input(0))}[{self._value(node.input(1))}]"
        if node.kind == "prim::If":
            then, otherwise = (self._input(b.return_node, 0) for b in node.blocks)
            return f"({self._value(node.input())} ? {then} : {otherwise})"
        inputs = [self._input(node, i) for i in range(len(node.inputs)) if (node, i) in self._reaching(node)]
        name = str(node.attributes["name"]) if node.kind == "prim::CallMethod" else node.kind.partition("::")[2]
        return f"{name}({', '.join(inputs)})"

    def _reaching(self, node: Node) -> set[tuple[Node, int]]:
        return {use for value in node.inputs for use in self._plan.nesting.uses(value)}


def _parameter(parameter: Parameter) -> str:
    note = " (assigned)" if parameter.is_assigned else "" if parameter.is_used else " (unused)"
    return f"{parameter.variable.name}: {parameter.type.annotation()}{note}"


def _target(variable: S.Variable, declares: bool) -> str:
    if not declares:
        return variable.name
    return f"{'var' if variable.is_mutable else 'const'} {variable.name}"
