"""C++ expressions of nodes and values."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from transpile.codegen.emit.building import Build, Surroundings
from transpile.codegen.emit.constants import constant, dtype_expr, is_default, literal, typed_literal
from transpile.codegen.emit.conversions import converted
from transpile.codegen.emit.cpp_types import cpp_type
from transpile.codegen.emit.node_kinds import BY_KIND
from transpile.codegen.plan.conversions import KEEP
from transpile.codegen.plan.function import FunctionPlan, TaskPlan
from transpile.codegen.plan.nesting import is_ignored_use
from transpile.core import dtype as D
from transpile.core import types as T
from transpile.core.errors import UnsupportedOperatorError
from transpile.core.schema import Argument
from transpile.cpp import tree as C
from transpile.cpp.spelling import Argument as Place
from transpile.cpp.spelling import Spelling
from transpile.ir.facts import answer_to_itself, compared_with_itself
from transpile.ir.graph import Node, Value
from transpile.ops.registry import Operator


def require_cpp(operator: Operator, node: Node) -> None:
    """Raise if C++ has no counterpart of an operator; the error says why and what to write instead."""
    lacks = operator.no_cpp
    if lacks is not None:
        text = f"{operator.schema.qualified_name} has no C++ counterpart: {lacks.reason}"
        raise UnsupportedOperatorError(text, node.range, hint=lacks.instead)


class Expressions:
    """Builds the expressions of one function."""

    def __init__(
        self, surroundings: Surroundings, plan: FunctionPlan, write_task: Callable[[TaskPlan], list[C.Stmt]]
    ) -> None:
        """``write_task`` gives the body of a task that the function starts."""
        self.surroundings = surroundings
        self.plan = plan
        self.task = write_task

    # ---- values
    def value(self, value: Value) -> C.Expr:
        """How code refers to a value: its variable, member, literal, or the expression that computes it."""
        if value is self.plan.this:
            return C.Call(C.runtime("self"), [C.Name("this")])
        if value.type == T.NONE:
            return C.NULLOPT
        if value in self.plan.constants:
            return self.constant(self.plan.constants[value].node)
        path = self.surroundings.path(value)
        if path is not None:
            return path
        if value.node in self.plan.nesting.nested:
            return self.node(value.node)
        return C.Name(self.plan.variables[value].name)

    def operand(self, node: Node, index: int) -> C.Expr:
        """An input of a node as what the node expects there."""
        value = node.input(index)
        return converted(self, value, self.plan.conversions.get((node, index), KEEP))

    def operands(self, node: Node, first: int = 0) -> list[C.Expr]:
        """All inputs of a node, from the ``first`` on, as what the node expects."""
        return [self.operand(node, index) for index in range(first, len(node.inputs))]

    def constant(self, node: Node) -> C.Expr:
        """A ``prim::Constant``."""
        value = node.output.literal
        if isinstance(value, np.ndarray):
            return self.surroundings.tensor_constant(value, node)
        return constant(value, node.output.type, self.surroundings)

    # ---- nodes
    def node(self, node: Node) -> C.Expr:
        """The expression that computes a node; for several outputs, their tuple."""
        special = BY_KIND.get(node.kind)
        if special is not None:
            return special(self, node)
        if node.kind == "prim::PythonOp":
            name = node.attributes.get("name") or "a Python object"
            raise UnsupportedOperatorError(
                f"'{name}' stays Python code (torch.jit.ignore), which C++ cannot call",
                node.range,
                hint="let it be scripted, or mark it @torch.jit.unused if the exported model never calls it",
            )
        if node.operator is None:
            raise UnsupportedOperatorError(f"{node.kind} has no C++ counterpart", node.range)
        return self.operator(node)

    def operator(self, node: Node) -> C.Expr:
        """A call of a registered operator; what it draws comes from the generator that is given, if one is."""
        assert node.operator is not None
        call = self._operator(node)
        for argument, value in zip(node.operator.schema.arguments, node.inputs, strict=False):
            if argument.type in _GENERATORS and value.type != T.NONE:
                return C.Call(C.Member(C.Call(C.runtime("WithGenerator"), [self.value(value)]), "result"), [call])
        return call

    def _operator(self, node: Node) -> C.Expr:
        """A call of a registered operator by its C++ spelling."""
        operator = node.operator
        assert operator is not None
        self.surroundings.use_operator(operator, node)
        spelling = operator.spelling
        if operator.out_of is not None:
            return self._into_given(node, operator.out_of)
        if spelling is not None and spelling.plain_call is not None:
            # Only the name differs from the default spelling: trailing defaults may be left out all the same.
            return C.Call(spelling.plain_call, self._noted(node, self.arguments(node, trim=True)))
        if (known := compared_with_itself(node)) is not None:
            return literal(known)
        arguments = self.arguments(node, trim=spelling is None)
        if node.kind in ("aten::eq", "aten::ne") and any(v.node.kind == "prim::dtype" for v in node.inputs):
            sides = [_as_dtype(self, v) for v in node.inputs]
            if sides[0] is not None and sides[1] is not None:
                return C.Binary("==" if node.kind == "aten::eq" else "!=", sides[0], sides[1])
        if operator.schema.qualified_name == "aten::__getitem__.t" and node.input(0).node.kind == "aten::size":
            sizes = node.input(0).node
            if sizes in self.plan.nesting.nested and len(sizes.inputs) == 1:
                return C.Call(C.Member(self.value(sizes.input()), "size"), [self.value(node.input(1))])
        if operator.schema.qualified_name in _CONVERSIONS and node.input(0).type in (T.INT, T.FLOAT):
            return _convert(self.value(node.input(0)), node.input(0).type, node.output.type)
        if operator.schema.qualified_name == "aten::__not__":
            return C.negate(arguments[0])
        if operator.schema.qualified_name == "aten::__contains__.int_list":
            among = _is_one_of(arguments[1], node.input(0).constant_as(list))
            if among is not None:
                return among
        if spelling is not None:
            answer = answer_to_itself(node)
            if answer is not None and _same_member(node, arguments):
                return literal(answer)
            return C.literal_last(spelling.fill(self._typed(node, spelling, arguments)))
        name = operator.name.partition("::")[2]
        function = C.ops(name, header=operator.header)
        symbol = _ARITHMETIC.get(operator.schema.qualified_name)
        if symbol is not None and len(arguments) == 2 and (node, 1) not in self.plan.conversions:
            return C.Overloaded(symbol, arguments[0], arguments[1], function)
        return C.Call(function, self._noted(node, arguments))

    def _into_given(self, node: Node, functional: Operator) -> C.Expr:
        """A call of ``functional`` whose results are written into the tensors that are the last inputs."""
        assert node.operator is not None and node.operator.spelling is not None
        spelling = node.operator.spelling
        rows = self._rows(node, functional)
        assert isinstance(spelling.expression, C.Call)
        call, *outs = spelling.expression.arguments
        plain = rows[: -len(outs)]
        if isinstance(call, C.Call) and call.arguments == [Place(i) for i in range(len(plain))]:
            while plain and plain[-1][1]:
                plain.pop()
            written = [e for e, _ in rows[-len(outs) :]]
            return C.Call(spelling.expression.function, [C.Call(call.function, [e for e, _ in plain]), *written])
        return spelling.fill(self._typed(node, spelling, [e for e, _ in rows]))

    def _typed(self, node: Node, spelling: Spelling, arguments: list[C.Expr]) -> list[C.Expr]:
        """Literals with their exact type where C++ would deduce another: in std:: templates, and strings in infix form."""
        infix = not spelling.calls
        function = spelling.function
        deduces = function is not None and function.scope == C.STD
        texts = [isinstance(v.literal, str) or v.node.kind == "prim::If" for v in node.inputs]
        result: list[C.Expr] = []
        formals = [a for a in node.operator.schema.arguments if not a.ignored] if node.operator is not None else []
        for position, (value, argument) in enumerate(zip(node.inputs, arguments, strict=False)):
            if (
                position < len(formals)
                and formals[position].type == T.NUMBER != value.type
                and not isinstance(value.type, T.UnionType)
                and spelling.has_members_of(position)
            ):
                result.append(C.Call(C.SCALAR, [argument]))
                continue
            known = value.literal
            if (infix and isinstance(known, str) and all(texts)) or (deduces and type(known) is int):
                argument = typed_literal(known)
            elif infix and position == 0 and all(map(_is_pointer, arguments)):
                argument = C.Call(C.STRING, [argument])
            elif deduces and value.type == T.INT and isinstance(argument, C.Ternary):
                argument = C.Braces(C.INT64, [argument])
            result.append(argument)
        return result if len(result) == len(arguments) else arguments

    def arguments(self, node: Node, *, trim: bool) -> list[C.Expr]:
        """The arguments of an operator call: those that C++ ignores left out, trailing defaults too if ``trim``."""
        operator = node.operator
        assert operator is not None
        rows = self._rows(node, operator)
        if trim:
            if operator.spelling is not None:
                del rows[len(operator.spelling.arguments) :]
            while rows and rows[-1][1]:
                rows.pop()
        return [expr for expr, _ in rows]

    def _rows(self, node: Node, operator: Operator) -> list[tuple[C.Expr, bool]]:
        """The arguments of a call of ``operator`` by ``node``, and whether each is the default."""
        assert node.operator is not None
        schema = node.operator.schema
        rows: list[tuple[C.Expr, bool]] = []
        called = operator.spelling.function if operator.spelling is not None else None
        spans = operator.spelling is None or (called is not None and called.scope == C.OPS)
        for position, argument in enumerate(schema.arguments):
            if argument.ignored or argument.type in _GENERATORS:
                continue
            value = node.input(position)
            if is_ignored_use(node, position):
                rows.append((C.Omitted(), False))  # keeps the place; the spelling does not mention it
                continue
            if (node, position) in self.plan.conversions:
                rows.append((self.operand(node, position), False))
                continue
            expression = self.argument(value, argument, spans=spans)
            rows.append((expression, is_default(value, argument)))
        for value in node.inputs[len(schema.arguments) :]:
            rows.append((self.value(value), False))
        return rows

    def _noted(self, node: Node, arguments: list[C.Expr]) -> list[C.Expr]:
        """The arguments of an operator's function, with the names of parameters where they help."""
        assert node.operator is not None
        formals = [a for a in node.operator.schema.arguments if not a.ignored and a.type not in _GENERATORS]
        names = [a.name for a in formals[: len(arguments)]]
        return C.noted(names, arguments) if len(names) == len(arguments) else arguments

    def argument(self, value: Value, formal: Argument, *, spans: bool = True) -> C.Expr:
        """One argument, converted to the C++ type that the schema's type maps to.

        ``spans`` says that the callee takes views of lists, so that a list literal may be bare braces.
        """
        node = value.node
        if formal.special == "ScalarType":
            code = value.constant_as(int)
            if code is not None:
                return dtype_expr(D.from_code(code))
            if node.kind == "prim::dtype":
                return C.Call(C.Member(self.value(node.input()), "dtype"))
            if value.type in (T.INT, T.OptionalType(T.INT)):
                return C.Call(C.runtime("dtype_from_int"), [self.value(value)])
        if value.type == T.NONE:
            return C.NULLOPT
        inner = formal.type.element if isinstance(formal.type, T.OptionalType) else formal.type
        if spans and isinstance(inner, T.ListType) and isinstance(value.type, T.ListType):
            return self.list_argument(value, inner, optional=isinstance(formal.type, T.OptionalType))
        return self.value(value)

    def list_argument(self, value: Value, formal: T.ListType, *, optional: bool) -> C.Expr:
        """A list literal is passed in braces; the callee takes a view."""
        node = value.node
        assert isinstance(value.type, T.ListType)
        element = value.type.element
        known = value.constant_as(list)
        if known is not None:
            items = [constant(v, element, self.surroundings) for v in known]
        elif node.kind == "prim::ListConstruct" and node in self.plan.nesting.nested:
            items = self.operands(node)
        else:
            return self.value(value)
        if T.contains_var(formal.element):
            return C.Braces(cpp_type(T.ListType(element), self.surroundings.class_namer), items)
        if formal.element == T.INT:
            return C.Braces(C.runtime("IntSpan") if optional or len(items) < 2 else None, items)
        if formal.element == T.TENSOR:
            return C.Braces(C.runtime("TensorSpan") if len(items) < 2 else None, items)
        if isinstance(formal.element, T.OptionalType):
            return C.Braces(None, items)
        return C.Braces(C.runtime("List", cpp_type(formal.element, self.surroundings.class_namer)), items)

    def deduced(self, values: list[Value], *, strings: bool = False) -> list[C.Expr]:
        """Arguments of a C++ template: literals have their exact type, with ``strings`` those of text too."""
        out: list[C.Expr] = []
        for value in values:
            given = value.literal
            plain = value.type in (T.INT, T.FLOAT, T.BOOL) or (strings and value.type == T.STR)
            plain = plain and type(given) in (int, float, bool, str)
            out.append(typed_literal(given) if plain else self.value(value))
        return out

    def element(self, value: C.Expr, type: T.TupleType, index: int) -> C.Expr:
        """An element of a tuple; that of a named tuple by its name."""
        if type.fields:
            return C.Member(value, self.surroundings.member_name(type, type.fields[index]))
        return C.Call(C.std("get", index), [value])


def _is_pointer(expr: C.Expr) -> bool:
    """Whether an expression is a literal text or a choice of such: C++ would compare where they lie, not what they say."""
    if isinstance(expr, C.Ternary):
        return _is_pointer(expr.then) and _is_pointer(expr.otherwise)
    return isinstance(expr, C.String)


_GENERATORS = (T.GENERATOR, T.OptionalType(T.GENERATOR))
# Operators that tensors have in C++ too, if nothing but the two operands is given.
_ARITHMETIC = {
    f"aten::{name}.{overload}": symbol
    for name, symbol in {"add": "+", "sub": "-", "mul": "*", "div": "/"}.items()
    for overload in ("Tensor", "Scalar")
}
_CONVERSIONS = ("aten::Float.Scalar", "aten::Int.Scalar", "aten::Float.int")


def _is_one_of(item: C.Expr, known: list[Any] | None) -> C.Expr | None:
    """``x.dim() == 2 || x.dim() == 3``: whether a value that costs nothing is among a few numbers; ``None`` for others."""
    match item:
        case C.Name() | C.Call(C.Member(C.Name(), "dim")) if known and len(known) <= 3:
            rows: list[C.Expr] = [C.Binary("==", item, C.integer(number)) for number in known]
            return functools.reduce(lambda a, b: C.Binary("||", a, b), rows)
    return None


def _as_dtype(build: Build, value: Value) -> C.Expr | None:
    """A dtype, which TorchScript holds as an int, as a ``DType``; ``None`` if it is any int."""
    if value.node.kind == "prim::dtype":
        return C.Call(C.Member(build.value(value.node.input()), "dtype"))
    code = value.constant_as(int)
    try:
        return dtype_expr(D.from_code(code)) if code is not None else None
    except ValueError:
        return None


def _same_member(node: Node, arguments: list[C.Expr]) -> bool:
    """``thing.n < thing.n``, read twice in one expression: compilers warn of it."""
    reads = all(v.node.kind == "prim::GetAttr" for v in node.inputs[:2])
    return reads and arguments[0] == arguments[1]


def _convert(value: C.Expr, given: T.Type, wanted: T.Type) -> C.Expr:
    """A number of known kind as the other kind."""
    if given == wanted:
        return value
    if wanted == T.FLOAT:
        return C.static_cast(C.DOUBLE, value)
    return C.Call(C.runtime("to_int"), [value])
