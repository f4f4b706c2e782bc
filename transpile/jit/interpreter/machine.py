"""Running graphs on raw values.

Constants are shared by all runs but for tensors that nobody may write to, of which each run has its own.

Each graph is translated once into a list of Python closures over an array of registers; blocks are lists of their
own, so that loops cost no recursion.  Both the lowered and the structured form (``prim::Break``...) can be run.  A
graph must not change after its first run.

An exception that leaves a graph is the one that the operator or the ``raise`` gave, with a note that shows the Python
lines that were running (``tracebacks``).
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

from transpile.core import types as T
from transpile.core.errors import InternalError
from transpile.ir.evaluate import evaluator
from transpile.ir.function import Function, ScriptObject
from transpile.ir.graph import Block, Graph, Node, Value
from transpile.ir.loops import LoopView
from transpile.jit.interpreter.future import Future
from transpile.jit.interpreter.rebinding import holding, rebind
from transpile.jit.interpreter.tracebacks import blame, exception_class, leave
from transpile.ops.promotion import dtype_of
from transpile.ops.registry import Operator, find
from transpile.ops.text import format as format_text

Step = Callable[[list[Any]], Any]
PythonCall = Callable[[Callable[..., Any], Sequence[Any], T.Type], Any]

_BREAK, _CONTINUE, _RETURN = object(), object(), object()


def _with_raw_values(function: Callable[..., Any], args: Sequence[Any], result: T.Type) -> Any:
    return function(*args)


# How the run that goes on calls Python.
python_call: ContextVar[PythonCall] = ContextVar("python_call", default=_with_raw_values)


def run(function: Function, args: Sequence[Any]) -> Any:
    """Call a compiled function with raw values, one per parameter of its graph (a method's ``self`` first)."""
    try:
        return _program(function.graph)(args)
    except Exception as error:
        leave(error, function.qualified_name.removeprefix("__torch__."))
        raise


def run_graph(graph: Graph, args: Sequence[Any]) -> Any:
    """Run a graph on its own: the value of its output, a tuple if there are several."""
    try:
        return _Program(graph)(args)
    except Exception as error:
        leave(error, graph.name or "<graph>")
        raise


# ---- translation
_programs: weakref.WeakKeyDictionary[Graph, _Program] = weakref.WeakKeyDictionary()


def _program(graph: Graph) -> _Program:
    program = _programs.get(graph)
    if program is None:
        program = _programs[graph] = _Program(graph)
    return program


def _run(steps: list[Step], regs: list[Any]) -> Any:
    step: Step | None = None
    try:
        for step in steps:
            signal = step(regs)
            if signal is not None:
                return signal
    except Exception as error:
        blame(error, step)
        raise
    return None


class _Program:
    """A translated graph."""

    def __init__(self, graph: Graph) -> None:
        self.slots: dict[Value, int] = {}
        self.template: list[Any] = []
        self.name = graph.name
        self.result = self.temporary()
        self.inputs = [self.slot(v) for v in graph.inputs]
        self.loops: list[int] = []
        self.entered = self.temporary() if any(n.kind == "prim::Enter" for n in graph.walk()) else None
        self.steps = self.block(graph.block)
        self.outputs = [self.slot(v) for v in graph.outputs]

    def __call__(self, args: Sequence[Any]) -> Any:
        if len(args) != len(self.inputs):
            raise TypeError(f"{self.name or 'graph'} takes {len(self.inputs)} values, not {len(args)}")
        regs = self.template.copy()
        for index, value in zip(self.inputs, args, strict=True):
            regs[index] = value
        with holding(regs):
            signal = _run(self.steps, regs) if self.entered is None else self.run_entering(regs, self.entered)
        if signal is _RETURN:
            values = regs[self.result]
        else:
            values = [regs[i] for i in self.outputs]
        return values[0] if len(values) == 1 else tuple(values) if values else None

    def run_entering(self, regs: list[Any], entered: int) -> Any:
        """Run a graph with ``with`` statements: an exception leaves the objects that are entered."""
        managers = regs[entered] = []
        try:
            return _run(self.steps, regs)
        except Exception:
            for manager in reversed(managers):
                with contextlib.suppress(Exception):  # the first exception is the one that counts
                    run(manager.type.methods["__exit__"], [manager, None, None, None])
            raise

    def temporary(self) -> int:
        self.template.append(None)
        return len(self.template) - 1

    def slot(self, value: Value) -> int:
        if value not in self.slots:
            self.slots[value] = self.temporary()
        return self.slots[value]

    def block(self, block: Block) -> list[Step]:
        steps: list[Step] = []
        for node in block.nodes:
            if node.kind == "prim::Constant":
                value = node.output.constant
                if isinstance(value, np.ndarray) and not value.flags.writeable:
                    steps.append(_call(value.copy, [], [self.slot(node.output)]))
                    steps[-1].node = node  # type: ignore[attr-defined]
                else:
                    self.template[self.slot(node.output)] = value
                continue
            if node.kind == "prim::Uninitialized":
                self.slot(node.output)
                continue
            step = self.node(node)
            step.node = node  # type: ignore[attr-defined]
            steps.append(step)
        return steps

    def node(self, node: Node) -> Step:
        special = _SPECIAL.get(node.kind)
        if special is not None:
            return special(self, node)
        compute = evaluator(node)
        ins = [self.slot(v) for v in node.inputs]
        outs = [self.slot(v) for v in node.outputs]
        if compute is None:
            return _missing(node)
        if node.operator is not None and "resizes" in node.operator.tags:
            compute = _resizing(compute, node.operator)
        return _call(compute, ins, outs)

    # ---- control flow
    def if_(self, node: Node) -> Step:
        condition = self.slot(node.input())
        outs = [self.slot(v) for v in node.outputs]
        then, other = (
            (self.block(b), list(zip(outs, [self.slot(v) for v in b.returns], strict=False))) for b in node.blocks
        )

        def step(regs: list[Any]) -> Any:
            steps, moves = then if regs[condition] else other
            signal = _run(steps, regs)
            if signal is not None:
                return signal
            if len(moves) == 1:
                out, value = moves[0]
                regs[out] = regs[value]
            elif moves:
                values = [regs[value] for _, value in moves]
                for (out, _), moved in zip(moves, values, strict=True):
                    regs[out] = moved
            return None

        return step

    def loop(self, node: Node) -> Step:
        loop = LoopView(node)
        outs = [self.slot(v) for v in node.outputs]
        ins = [self.slot(v) for v in loop.inits]
        params = [self.slot(v) for v in loop.params]
        index = self.slot(loop.counter) if loop.counter is not None else self.temporary()
        carry = self.temporary()
        self.loops.append(carry)
        steps = self.block(loop.body)
        self.loops.pop()
        returns = [self.slot(v) for v in loop.results]
        trip = self.slot(loop.trip_count) if loop.trip_count is not None else None
        start = self.slot(loop.start) if loop.start is not None else None
        condition = loop.condition
        again = self.slot(loop.again) if condition is None and loop.again is not None else None
        test: list[Step] = []
        test_params: list[int] = []
        test_result = 0
        if condition is not None:
            test_params = [self.slot(v) for v in condition.params]
            test = self.block(condition)
            test_result = self.slot(condition.returns[0])

        def step(regs: list[Any]) -> Any:
            carried = [regs[i] for i in ins]
            limit = regs[trip] if trip is not None else None
            go = regs[start] if start is not None else True
            iteration = 0
            while go and (limit is None or iteration < limit):
                if condition is not None:
                    for param, value in zip(test_params, carried, strict=True):
                        regs[param] = value
                    _run(test, regs)
                    if not regs[test_result]:
                        break
                regs[index] = iteration
                for param, value in zip(params, carried, strict=True):
                    regs[param] = value
                signal = _run(steps, regs)
                if signal is _RETURN:
                    return signal
                if signal is None:
                    carried = [regs[i] for i in returns]
                else:
                    carried = regs[carry]
                    if signal is _BREAK:
                        break
                if start is not None:
                    go = again is None or regs[again]
                iteration += 1
            for out, value in zip(outs, carried, strict=True):
                regs[out] = value
            return None

        return step

    def leave(self, node: Node) -> Step:
        ins = [self.slot(v) for v in node.inputs]
        if node.kind == "prim::Return":
            target, signal = self.result, _RETURN
        else:
            target, signal = self.loops[-1], _BREAK if node.kind == "prim::Break" else _CONTINUE

        def step(regs: list[Any]) -> Any:
            regs[target] = [regs[i] for i in ins]
            return signal

        return step

    def raise_(self, node: Node) -> Step:
        message = self.slot(node.input(0))
        cls = self.slot(node.input(1)) if len(node.inputs) > 1 else None

        def step(regs: list[Any]) -> Any:
            name = regs[cls] if cls is not None else None
            kind, text = exception_class(name, str(regs[message]))
            error = kind(text)
            error.__dict__["script_raised"] = (name, regs[message])
            raise error

        return step

    def require(self, node: Node) -> Step:
        condition, cls, template, *values = map(self.slot, node.inputs)
        holds = bool(node.attributes["holds"])

        def step(regs: list[Any]) -> Any:
            if regs[condition] is not holds:
                text = regs[template]
                text = format_text(text, *(regs[v] for v in values)) if values else text
                kind, text = exception_class(regs[cls], text)
                raise kind(text)

        return step

    def assign(self, node: Node) -> Step:
        part, number = map(self.slot, node.inputs)
        tensor, copy = find("aten::tensor.float"), find("aten::copy_")
        assert tensor is not None and tensor.kernel is not None and copy is not None and copy.kernel is not None
        make, fill = tensor.kernel, copy.kernel

        def step(regs: list[Any]) -> None:
            fill(regs[part], make(regs[number], dtype=dtype_of(regs[part])))

        return step

    # ---- objects and calls
    def get_attribute(self, node: Node) -> Step:
        target, out, name = self.slot(node.input()), self.slot(node.output), node.attributes["name"]

        def step(regs: list[Any]) -> None:
            regs[out] = regs[target].slots[name]

        return step

    def set_attribute(self, node: Node) -> Step:
        target, value, name = self.slot(node.input(0)), self.slot(node.input(1)), node.attributes["name"]

        def step(regs: list[Any]) -> None:
            regs[target].slots[name] = regs[value]

        return step

    def container_item(self, node: Node) -> Step:
        target, key, out = self.slot(node.input(0)), self.slot(node.input(1)), self.slot(node.output)

        def step(regs: list[Any]) -> None:
            children = regs[target].slots
            if isinstance(regs[key], str):
                if regs[key] not in children:
                    raise RuntimeError(f"Key Error, {regs[key]}")
                regs[out] = children[regs[key]]
                return
            items = [c for c in children.values() if isinstance(c, ScriptObject)]
            if not -len(items) <= regs[key] < len(items):
                raise IndexError("list index out of range")
            regs[out] = items[regs[key]]

        return step

    def create_object(self, node: Node) -> Step:
        type, out = node.output.type, self.slot(node.output)
        assert isinstance(type, T.ClassType)

        def step(regs: list[Any]) -> None:
            regs[out] = ScriptObject(type)

        return step

    def new(self, node: Node) -> Step:
        type, out = node.output.type, self.slot(node.output)
        ins = [self.slot(v) for v in node.inputs]
        assert isinstance(type, T.ClassType)

        def step(regs: list[Any]) -> None:
            made = ScriptObject(type)
            run(type.methods["__init__"], [made, *(regs[i] for i in ins)])
            regs[out] = made

        return step

    def call_function(self, node: Node) -> Step:
        function, *ins = (self.slot(v) for v in node.inputs)
        outs = [self.slot(v) for v in node.outputs]

        def step(regs: list[Any]) -> None:
            _store(regs, outs, run(regs[function], [regs[i] for i in ins]))

        return step

    def provided(self, node: Node) -> Step:
        """What the runtime has whole is the function of the library that the node was a call of."""
        function: Function = node.attributes["callee"]
        names = [a.name for a in function.schema.arguments]
        given = {"embed_dim_to_check": node.named_input("embed_dim")} if "embed_dim_to_check" in names else {}
        assert node.operator is not None
        given |= {a.name: node.input(i) for i, a in enumerate(node.operator.schema.arguments) if a.name in names}
        known = [given[name] for name in names if name in given]
        ins = [self.slot(v) for v in known]
        rest = {"bias_k": None, "bias_v": None, "add_zero_attn": False, "dropout_p": 0.0, "training": False}
        defaults = {a.name: a.default for a in function.schema.arguments if a.has_default} | rest
        outs = [self.slot(v) for v in node.outputs]

        def step(regs: list[Any]) -> None:
            found = dict(zip((n for n in names if n in given), (regs[i] for i in ins), strict=True))
            _store(regs, outs, run(function, [found[n] if n in found else defaults[n] for n in names]))

        return step

    def call_method(self, node: Node) -> Step:
        name = node.attributes["name"]
        ins = [self.slot(v) for v in node.inputs]
        outs = [self.slot(v) for v in node.outputs]

        def step(regs: list[Any]) -> None:
            values = [regs[i] for i in ins]
            method = values[0].type.methods.get(name)
            if method is None:
                raise RuntimeError(f"Method '{name}' is not defined on {values[0].type.name}.")
            _store(regs, outs, run(method, values))

        return step

    def with_(self, node: Node) -> Step:
        target = self.slot(node.input())
        enter = node.kind == "prim::Enter"
        name = "__enter__" if enter else "__exit__"
        outs = [self.slot(v) for v in node.outputs]
        entered = self.entered

        def step(regs: list[Any]) -> None:
            manager = regs[target]
            values = [manager] if enter else [manager, None, None, None]
            managers = regs[entered] if entered is not None else []
            if not enter and managers:
                managers.pop()
            _store(regs, outs, run(manager.type.methods[name], values))
            if enter:
                managers.append(manager)

        return step

    def fork(self, node: Node) -> Step:
        ins = [self.slot(v) for v in node.inputs]
        out = self.slot(node.output)
        graphs = [g for g in node.attributes.values() if isinstance(g, Graph)]
        if graphs:
            program = _Program(graphs[0])

            def step(regs: list[Any]) -> None:
                values = [regs[i] for i in ins]
                regs[out] = Future(lambda: program(values))
        else:

            def step(regs: list[Any]) -> None:
                function, *values = (regs[i] for i in ins)
                regs[out] = Future(lambda: run(function, values))

        return step

    def wait(self, node: Node) -> Step:
        return _call(lambda future: future.wait(), [self.slot(node.input())], [self.slot(v) for v in node.outputs])

    def print_(self, node: Node) -> Step:
        operator = node.operator or find("prim::Print")
        compute = operator if operator is not None and operator.kernel is not None else print
        return _call(compute, [self.slot(v) for v in node.inputs], [])

    def python(self, node: Node) -> Step:
        functions = [f for f in node.attributes.values() if callable(f)]
        if not functions:
            return _missing(node)
        ins = [self.slot(v) for v in node.inputs]
        outs = [self.slot(v) for v in node.outputs]
        result = node.output.type
        return _call(lambda *values: python_call.get()(functions[0], values, result), ins, outs)

    def group(self, node: Node) -> Step:
        program = _Program(node.attributes["Subgraph"])
        ins = [self.slot(v) for v in node.inputs]
        return _call(lambda *values: program(values), ins, [self.slot(v) for v in node.outputs])


def _resizing(compute: Callable[..., Any], operator: Operator) -> Callable[..., Any]:
    """An operator whose results, which may be other arrays, take the place of the tensors that it writes to."""
    written = [i for i, a in enumerate(operator.schema.arguments) if a.writes]

    def run(*values: Any) -> Any:
        result = compute(*values)
        rebind([values[i] for i in written], result if isinstance(result, tuple) else (result,))
        return result

    return run


def _missing(node: Node) -> Step:
    kind = node.kind if node.operator is None else node.operator.schema.qualified_name

    def step(regs: list[Any]) -> None:
        raise InternalError(f"the interpreter cannot run {kind}")

    return step


def _store(regs: list[Any], outs: list[int], result: Any) -> None:
    if len(outs) == 1:
        regs[outs[0]] = result
    elif outs:
        for out, value in zip(outs, result, strict=True):
            regs[out] = value


def _call(compute: Callable[..., Any], ins: list[int], outs: list[int]) -> Step:
    """A step for ``compute``, without loops in the common cases."""
    if len(outs) != 1:

        def several(regs: list[Any]) -> None:
            _store(regs, outs, compute(*[regs[i] for i in ins]))

        return several
    (out,) = outs
    if len(ins) == 1:
        (a,) = ins

        def one(regs: list[Any]) -> None:
            regs[out] = compute(regs[a])

        return one
    if len(ins) == 2:
        a, b = ins

        def two(regs: list[Any]) -> None:
            regs[out] = compute(regs[a], regs[b])

        return two

    def many(regs: list[Any]) -> None:
        regs[out] = compute(*[regs[i] for i in ins])

    return many


_SPECIAL: dict[str, Callable[[_Program, Node], Step]] = {
    "prim::If": _Program.if_,
    "prim::Loop": _Program.loop,
    "prim::Break": _Program.leave,
    "prim::Continue": _Program.leave,
    "prim::Return": _Program.leave,
    "prim::RaiseException": _Program.raise_,
    "ts2cpp::Require": _Program.require,
    "ts2cpp::Assign": _Program.assign,
    "ts2cpp::canonical_mask": _Program.provided,
    "ts2cpp::multi_head_attention": _Program.provided,
    "prim::GetAttr": _Program.get_attribute,
    "prim::SetAttr": _Program.set_attribute,
    "prim::ModuleContainerIndex": _Program.container_item,
    "prim::CreateObject": _Program.create_object,
    "prim::CallFunction": _Program.call_function,
    "prim::CallMethod": _Program.call_method,
    "prim::Enter": _Program.with_,
    "prim::Exit": _Program.with_,
    "prim::fork": _Program.fork,
    "aten::wait": _Program.wait,
    "prim::Print": _Program.print_,
    "prim::PythonOp": _Program.python,
    "ts2cpp::FusionGroup": _Program.group,
    "ts2cpp::New": _Program.new,
}
