"""``.code``: a graph as the Python-like text that TorchScript prints and archives hold.

An expression is written inside its user if it has one use, no name of its own, and moving it there keeps the order of
evaluation; everything else gets a line and a name.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable
from typing import Any

import numpy as np

from transpile.core import types as T
from transpile.core.schema import Argument, format_default, format_float
from transpile.core.source import SourceRange
from transpile.ir.function import Function, ScriptObject
from transpile.ir.graph import Block, Graph, Node, Value
from transpile.ir.loops import LoopView
from transpile.ir.printer import quote
from transpile.jit.code.expressions import expression_of, hook_of
from transpile.jit.code.marks import Marks, length

_LONG = 40
_RESERVED = frozenset(keyword.kwlist) | frozenset(
    ("_", "as", "aten", "attribute", "CONSTANTS", "fork", "getattr", "inf", "nan", "infj", "nanj", "ops", "__torch__",
     "uninitialized", "unchecked_cast", "print")
) - {"print"}  # fmt: skip
_NEVER_INLINE = frozenset(
    ("prim::If", "prim::Loop", "prim::isinstance", "prim::Enter", "prim::Exit", "prim::tolist", "prim::TupleUnpack",
     "prim::ListUnpack")
)  # fmt: skip


def print_code(function: Function) -> str:
    """The code of a function or method."""
    return print_with_constants(function)[0]


def print_with_constants(function: Function) -> tuple[str, dict[str, Any]]:
    """The code, and the constants that it names ``CONSTANTS.c0``..."""
    printer = CodePrinter(function)
    return printer.print(), {f"c{i}": value for i, value in enumerate(printer.constants)}


class CodePrinter:
    """Prints one function; ``constants`` collects what has no text form.

    With ``typed_self`` a method's first parameter has its type, as in archives.  With ``marks`` the text tells what it stands
    for.
    """

    def __init__(
        self,
        function: Function,
        constants: list[Any] | None = None,
        *,
        typed_self: bool = False,
        marks: Marks | None = None,
    ) -> None:
        self.function = function
        self.typed_self = typed_self
        self.marks = marks
        self.where: SourceRange | None = None  # what the line that is written stands for
        self.constants: list[Any] = constants if constants is not None else []
        self.lines: list[str] = []
        self.level = 1
        self.used: set[str] = set()
        self.next: dict[str, int] = {}
        self.text: dict[Value, str] = {}
        self.inline: set[Node] = set()
        self.entered: list[tuple[int, int]] = []  # open ``with`` blocks: their level, and the number of lines before
        self.left_inside = False
        self.pending: list[Value] = []
        self.annotated: set[Value] = set()
        self.hooks: dict[str, str] = {}

    # ---- the function
    def print(self) -> str:
        graph = self.function.graph
        header = self._header(graph)
        self._inline_block(graph.block)
        self._constants(graph)
        self._block(graph.block)
        self._return(graph)
        return header + "".join(self.lines)

    def _header(self, graph: Graph) -> str:
        schema = self.function.schema
        shown = []
        for index, (argument, value) in enumerate(zip(schema.arguments, graph.inputs, strict=True)):
            self.text[value] = name = self.fresh(value.base_name or argument.name)
            if index == 0 and self.function.owner is not None:
                shown.append(f"{name}: {argument.type.annotation()}" if self.typed_self else name)
                continue
            text = f"{name}: {argument.type.annotation()}"
            if argument.has_default:
                text += f"={self._default(argument)}"
            shown.append(text)
        result = schema.returns[0].type.annotation()
        return f"def {self.function.name}({(',' + chr(10) + '    ').join(shown)}) -> {result}:\n"

    def _default(self, argument: Argument) -> str:
        value, type = argument.default, argument.type
        inner = type.element if isinstance(type, T.OptionalType) else type
        if isinstance(inner, T.ListType) and isinstance(value, (int, float)):
            value = [value] * (argument.size or 1)
        if inner == T.FLOAT and value is not None:
            return format_float(float(value))
        return format_default(value)

    def _return(self, graph: Graph) -> None:
        values = list(graph.outputs)
        if not values:
            return
        self.split(values, graph.block.return_node)
        shown = ", ".join(self.use(v) for v in values)
        self._consume(values)
        self.line(f"return {shown}")

    # ---- names and lines
    def fresh(self, base: str) -> str:
        """A name that is not taken: ``base``, or ``base`` with a number."""
        name = _identifier(base)
        if name not in self.used and name not in _RESERVED:
            self.used.add(name)
            return name
        while True:
            number = self.next.get(name, 0)
            self.next[name] = number + 1
            candidate = f"{name}{number}"
            if candidate not in self.used and candidate not in _RESERVED:
                self.used.add(candidate)
                return candidate

    def name(self, value: Value) -> str:
        """Give ``value`` a name of its own."""
        if value not in self.text:
            self.text[value] = self.fresh(value.base_name if value.name else "_")
        return self.text[value]

    def line(self, text: str) -> None:
        marked = self.marks.around(text, self.where) if self.marks is not None else text
        self.lines.append("  " * self.level + marked + "\n")

    def expression(self, node: Node) -> str:
        """The text of a node's value."""
        text = expression_of(self, node)
        return self.marks.around(text, node.user_range) if self.marks is not None else text

    def use(self, value: Value) -> str:
        """The text that stands for ``value``."""
        if value in self.text:
            return self.text[value]
        node = value.node
        if node.kind == "prim::Constant":
            return self.constant(node)
        self.text[value] = text = self.expression(node)
        return text

    # ---- which expressions are written inside their user
    def _inline_block(self, block: Block) -> None:
        """Mark from the last statement backwards what can move into its user."""
        self._mark(block.return_node, block)
        node = block.return_node.prev
        while node is not None and node is not block.param_node:
            for inner in node.blocks:
                self._inline_block(inner)
            if node.kind != "prim::Constant" and node not in self.inline:
                self._mark(node, block)
            node = node.prev

    def _mark(self, node: Node, block: Block) -> None:
        self._scan(node, self._before(node))

    def _before(self, node: Node) -> Node | None:
        previous = node.prev
        while previous is not None and previous.kind == "prim::Constant":
            previous = previous.prev
        return previous

    def _scan(self, node: Node, reverse: Node | None) -> Node | None:
        """Match the inputs from right to left with the nodes before ``node``."""
        for value in reversed(list(node.inputs)):
            reverse = self._scan_value(reverse, value)
        return reverse

    def _scan_value(self, position: Node | None, value: Value) -> Node | None:
        node = value.node
        if node.kind == "prim::Constant":
            return position
        if position is not node or not self._can_inline(value):
            return position
        self.inline.add(node)
        return self._scan(node, self._before(node))

    def _can_inline(self, value: Value) -> bool:
        node = value.node
        if node.kind == "prim::Param" or len(node.outputs) != 1 or len(value.uses) != 1 or node.blocks:
            return False
        if node.kind in _NEVER_INLINE or any(isinstance(a, Graph) for a in node.attributes.values()):
            return False
        use = value.uses[0].node
        if value.name and use.kind not in ("prim::ReturnBlock", "prim::Yield"):
            return False
        if use.block is not node.block:
            return False
        if use.kind == "prim::Loop" and value.uses[0].index >= LoopView(use).first_input:
            return False
        return use.kind != "prim::fork"

    # ---- statements
    def _constants(self, graph: Graph) -> None:
        """Long constants are bound at the top, in order of use; the others stand where they are used."""
        seen: set[Value] = set()
        for node in graph.walk():
            hook = hook_of(node)
            if hook and hook not in self.hooks:
                self.hooks[hook] = hook
                if len(hook) + 2 * self.level >= _LONG:
                    self.hooks[hook] = self.fresh("_")
                    self.line(f"{self.hooks[hook]} = {hook}")
            returned = [v for block in node.blocks for v in block.returns]
            for value in (*node.inputs, *returned):
                if value.node.kind != "prim::Constant" or value in seen:
                    continue
                seen.add(value)
                text = self.constant(value.node)
                if len(text) + 2 * self.level >= _LONG:
                    self.line(f"{self.name(value)} = {text}")
                else:
                    self.text[value] = text

    def _block(self, block: Block) -> None:
        from transpile.jit.code.statements import close_with

        for node in block.nodes:
            if node.kind == "prim::Constant":
                continue
            if node in self.inline:
                self._expression(node)
            else:
                self._statement(node)
            if self.left_inside and node.blocks and self.entered[-1][0] == self.level:
                close_with(self)

    def _expression(self, node: Node) -> None:
        """An expression that waits for its user."""
        self.split(list(node.inputs), node)
        self.text[node.output] = self.expression(node)
        self._consume(node.inputs)
        self.pending.append(node.output)

    def _statement(self, node: Node) -> None:
        around, self.where = self.where, node.user_range
        self._statement_lines(node)
        self.where = around

    def _statement_lines(self, node: Node) -> None:
        from transpile.jit.code.statements import STATEMENTS

        form = STATEMENTS.get(node.kind)
        if form is not None:
            form(self, node)
            return
        self.split(list(node.inputs), node)
        text = self.expression(node)
        self._consume(node.inputs)
        if node.kind == "prim::ModuleContainerIndex":
            self.line(f"{self.name(node.output)} : {node.output.type.annotation()} = {text}")
        elif node.outputs:
            names = [self.name(v) for v in node.outputs]
            self.line(f"{', '.join(names)} = {text}")
        else:
            self.line(text)

    def split(self, values: list[Value], node: Node) -> None:
        """Give names to waiting expressions that are too long to stay inside ``node``, and to all that precede them."""
        last = -1
        for value in values:
            if value in self.pending and length(self.text[value]) + 2 * self.level >= _LONG:
                last = max(last, self.pending.index(value))
        due, self.pending = self.pending[: last + 1], self.pending[last + 1 :]
        around = self.where
        for value in due:
            text = self.text.pop(value)
            self.where = value.node.user_range
            self.line(f"{self.name(value)} = {text}")
        self.where = around

    def _consume(self, values: Iterable[Value]) -> None:
        """The expressions now stand inside their user."""
        for value in values:
            if value in self.pending:
                self.pending.remove(value)

    # ---- constants
    def constant(self, node: Node) -> str:
        """A constant as an expression."""
        held = node.output.literal
        return held.qualified_name if isinstance(held, Function) else self.constant_text(held, node.output.type)

    def constant_text(self, value: Any, type: T.Type) -> str:
        """A constant value as an expression."""
        from transpile.core.dtype import DType

        if isinstance(type, T.EnumType):
            return f"{type.name}.{value.name}"
        if value is None or isinstance(value, bool):
            return str(value)
        if isinstance(value, DType):
            return str(value.code)
        if isinstance(value, int):
            return str(value)
        if isinstance(value, float):
            return format_float(value)
        if isinstance(value, complex):
            return f"{format_float(value.real)}+{format_float(value.imag)}j"
        if type == T.DEVICE:
            return f"torch.device({quote(str(value))})"
        if isinstance(value, str) and value.isascii():
            return quote(value)
        if isinstance(value, (list, tuple)) and _printable(value):
            return self._container(value, type)
        return self.constant_name(value)

    def _container(self, value: list[Any] | tuple[Any, ...], type: T.Type) -> str:
        if isinstance(value, tuple):
            types = type.elements if isinstance(type, T.TupleType) else [T.ANY] * len(value)
            parts = [self.constant_text(v, t) for v, t in zip(value, types, strict=True)]
            if isinstance(type, T.TupleType) and type.name:
                return f"{type.name}({', '.join(parts)})"
            return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"
        element = type.element if isinstance(type, T.ListType) else T.ANY
        if not value and isinstance(type, T.ListType):
            return f"annotate({type.annotation()}, [])"
        return "[" + ", ".join(self.constant_text(v, element) for v in value) + "]"

    def constant_name(self, value: Any) -> str:
        """The name of a constant that has no text: tensors, objects, text beyond ASCII."""
        for index, known in enumerate(self.constants):
            if known is value or (isinstance(known, np.ndarray) and isinstance(value, np.ndarray)
                                  and known.dtype == value.dtype and np.array_equal(known, value)):  # fmt: skip
                return f"CONSTANTS.c{index}"
        self.constants.append(value)
        return f"CONSTANTS.c{len(self.constants) - 1}"


def _printable(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_printable(v) for v in value)
    return not isinstance(value, (np.ndarray, ScriptObject)) and (not isinstance(value, str) or value.isascii())


def _identifier(base: str) -> str:
    text = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in base)
    return f"_{text}" if not text or text[0].isdigit() else text
