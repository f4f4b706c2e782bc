"""Library calls dissolve: the body of a ``torch.nn`` layer or function takes the place of the call.

Before::

    %relu : Function = prim::Constant[name="relu"]()
    %y : Tensor = prim::CallFunction(%relu, %x, %false)

After::

    %result : Tensor = prim::If(%false)
      block0():
        %a : Tensor = aten::relu_(%x)
        -> (%a)
      block1():
        %b : Tensor = aten::relu(%x)
        -> (%b)

What PyTorch itself brings is inlined (qualified names that begin with ``__torch__.torch.``), and methods that are handed a
module, as a trace writes them for a module that two others share: the place of the module is known to the caller only.  So
are functions with constants that belong into the weights file, which only a method can read.  All other functions and classes
of the user stay calls.  Inlined nodes keep their own range; ``node.stack`` says through which calls they came.
"""

from __future__ import annotations

from transpile.core import types as T
from transpile.core.names import without_numbers
from transpile.core.source import SourceRange
from transpile.ir.facts import terminates
from transpile.ir.function import Function
from transpile.ir.graph import Block, Graph, Node, Value
from transpile.passes.constant_propagation import remove_after
from transpile.passes.context import LIBRARY, ExportContext
from transpile.passes.dead_code import dead_code
from transpile.passes.lower_exits import lower_returns
from transpile.passes.provided_calls import provide
from transpile.passes.read_held_constants import needs_weights

# Layers that are programs of their own: dissolved, their code would stand wherever they are used.
KEPT = ("__torch__.torch.nn.modules.transformer.", "__torch__.torch.nn.modules.activation.MultiheadAttention.",
        "__torch__.torch.nn.modules.multihead_attention.")  # fmt: skip


def dissolves(function: Function) -> bool:
    """Whether calls of ``function`` are replaced by its body in export."""
    name = without_numbers(function.qualified_name)
    if (name.startswith(LIBRARY) and not name.startswith(KEPT)) or _is_handed_module(function):
        return True
    return function.owner is None and needs_weights(function)


def _is_handed_module(function: Function) -> bool:
    given = [value.type for value in function.structured.inputs[1:]]
    return any(isinstance(type, T.ClassType) and type.is_module for type in given)


def inline(graph: Graph, context: ExportContext | None = None) -> bool:
    """Inline all library calls of ``graph``, and those inside of them."""
    return _Inlining(dissolves, keeps_names=context is not None and context.is_library, provides=True).graph(graph)


def inline_all(graph: Graph, context: object = None) -> bool:
    """Inline every call whose callee is known."""
    return _Inlining(lambda f: True).graph(graph)


def callee_of(node: Node) -> Function | None:
    """The function that a call node calls, if that is known from its operands."""
    if node.kind == "prim::CallFunction":
        function = node.input(0).constant
        return function if isinstance(function, Function) else None
    if node.kind == "prim::CallMethod":
        type = node.input(0).type
        given = node.attributes.get("callee")  # a copy that is written for such calls
        if isinstance(given, Function):
            return given
        method = type.methods.get(node.attributes["name"]) if isinstance(type, T.ClassType) else None
        return method if isinstance(method, Function) else None
    return None


class _Inlining:
    def __init__(self, wanted: object, *, keeps_names: bool = False, provides: bool = False) -> None:
        """``provides`` leaves what the runtime has whole as calls of that."""
        assert callable(wanted)
        self.keeps_names = keeps_names
        self.provides = provides
        self.wanted = wanted
        self.bodies: dict[Function, Graph] = {}
        self.active: list[Function] = []

    def graph(self, graph: Graph) -> bool:
        changed = False
        for node in list(graph.walk()):
            if node.block is None:  # it stood behind a call that always raises
                continue
            for inner in [g for g in node.attributes.values() if isinstance(g, Graph)]:
                changed |= self.graph(inner)
            callee = callee_of(node)
            if callee is not None and callee not in self.active and self.wanted(callee):
                if not (self.provides and provide(node, callee)):
                    self.splice(node, callee)
                changed = True
        return changed

    def body(self, callee: Function) -> Graph:
        """The callee's graph, itself inlined, yielding its result at the end of the top block."""
        if callee not in self.bodies:
            graph = yielding(callee)
            self.active.append(callee)
            self.graph(graph)
            self.active.pop()
            self.bodies[callee] = graph
        return self.bodies[callee]

    def splice(self, call: Node, callee: Function) -> None:
        body = self.body(callee)
        graph = call.graph
        values = call.inputs[1:] if call.kind == "prim::CallFunction" else call.inputs
        mapping: dict[Value, Value] = dict(zip(body.inputs, values, strict=True))
        frame = (callee.qualified_name.removeprefix("__torch__."), call.range)
        for node in body.nodes:
            copy = graph.clone_node(node, mapping)
            copy.insert_before(call)
            _mark(copy, (*call.stack, frame), call.scope)
            if not self.keeps_names:
                _forget_names(copy)
        for output, value in zip(call.outputs, body.outputs, strict=False):
            result = mapping.get(value, value)
            name = output.name
            output.replace_all_uses_with(result)
            if name and result not in values and result.node.kind != "prim::Constant":
                graph.forget_name(output)
                result.set_name(name)
        source = call.input(0).node if call.kind == "prim::CallFunction" else None
        if terminates(body.block):
            remove_after(call, including=True)
        else:
            call.destroy()
        if source is not None and not source.outputs[0].uses:
            source.destroy()


def _forget_names(node: Node) -> None:
    """The names of the callee's locals mean nothing to the caller."""
    for value in node.outputs:
        value.graph.forget_name(value)
    for block in node.blocks:
        for value in block.params:
            value.graph.forget_name(value)
        for inner in block.nodes:
            _forget_names(inner)


def _mark(node: Node, stack: tuple[tuple[str, SourceRange | None], ...], scope: str) -> None:
    node.stack = (*stack, *node.stack)
    if not node.scope:
        node.scope = scope
    for block in node.blocks:
        for inner in block.nodes:
            _mark(inner, stack, scope)


def yielding(function: Function) -> Graph:
    """A copy of a function's graph without returns: structured if returns are outside loops, else the lowered one."""
    structured = function.structured
    returns = [n for n in structured.walk() if n.kind == "prim::Return"]
    if any(_in_loop(node) for node in returns):
        return function.graph.copy()
    graph = structured.copy()
    last = graph.block.last
    if len(returns) == 1 and last is not None and last.kind == "prim::Return":
        values = list(last.inputs)
        last.destroy()
        graph.block.return_node.remove_all_inputs()
        for value in values:
            graph.block.add_return(value)
    elif returns:
        lower_returns(graph)
        drop_unreachable_returns(graph.block)
        dead_code(graph)  # the flags that tell who has returned, where nobody asks
    return graph


def _in_loop(node: Node) -> bool:
    owner = node.owner
    while owner is not None:
        if owner.kind == "prim::Loop":
            return True
        owner = owner.owner
    return False


def drop_unreachable_returns(block: Block) -> None:
    """Blocks that end in an exit yield nothing in the structured form; remove what lowering made them yield."""
    for node in block.nodes:
        for inner in node.blocks:
            drop_unreachable_returns(inner)
            if node.kind == "prim::If" and terminates(inner):
                inner.return_node.remove_all_inputs()
