"""C++ expressions of nodes and values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from transpile.codegen.emit import containers, dynamic_types, forks, objects, texts
from transpile.codegen.emit.coercion import (
    arguments_as,
    bound_types,
    value_as,
)
from transpile.codegen.emit.constants import constant, dtype_expr, literal, typed_literal
from transpile.codegen.emit.cpp_types import cpp_type
from transpile.codegen.plan.function import FunctionPlan, TaskPlan
from transpile.codegen.plan.nesting import constant_bool, is_ignored_use, is_logical
from transpile.codegen.plan.program import is_object
from transpile.core import dtype as D
from transpile.core import types as T
from transpile.core.errors import UnsupportedOperatorError
from transpile.core.schema import Argument
from transpile.cpp import tree as C
from transpile.cpp.spelling import Spelling
from transpile.ir.facts import compared_with_itself
from transpile.ir.graph import Node, Value
from transpile.ops.registry import Operator


class Surroundings(Protocol):
    """What an expression needs to know of the program around its function."""

    def class_namer(self, type: T.Type) -> C.Named:
        """The C++ name of a class."""

    def borrowed(self, value: Value, interface: T.InterfaceType) -> C.Expr:
        """A module as a value of an interface; it stays where it is."""

    def modules_of(self, container: Value) -> list[tuple[str, C.Expr]]:
        """The names and members of the modules in a container."""

    def member_name(self, type: T.TupleType | T.EnumType | T.ClassType | T.InterfaceType, name: str) -> str:
        """The C++ name of a named tuple's field, an enum's member, or a class's attribute or method."""

    def path(self, value: Value) -> C.Expr | None:
        """The member access that an attribute of ``self`` becomes, or ``None`` for other values."""

    def member(self, value: Value) -> C.Expr | None:
        """The member access that a ``prim::GetAttr`` becomes, also of an attribute that changes."""

    def is_this(self, value: Value) -> bool:
        """Whether the value is the object whose method is being written."""

    def function(self, node: Node) -> C.Expr:
        """The C++ name of the function that a ``prim::CallFunction`` or ``prim::fork`` node calls."""

    def method(self, node: Node) -> C.Expr:
        """The callee of a ``prim::CallMethod`` node: ``features.forward``."""

    def each(self, node: Node) -> tuple[C.Expr, str]:
        """The container and the method of a ``ts2cpp::CallEach`` node."""

    def each_type(self, node: Node) -> str:
        """The class of the modules that a ``ts2cpp::CallEach`` node calls."""

    def tensor_constant(self, value: np.ndarray[Any, Any], node: Node) -> C.Expr:
        """A constant tensor."""

    def use_operator(self, operator: Operator, node: Node) -> None:
        """Called for every operator that ``node`` needs; raises if C++ has no counterpart of it."""


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
        self.write_task = write_task

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

    def constant(self, node: Node) -> C.Expr:
        """A ``prim::Constant``."""
        value = node.attributes.get("value")
        if isinstance(value, np.ndarray):
            return self.surroundings.tensor_constant(value, node)
        return constant(value, node.output.type, self.surroundings)

    # ---- nodes
    def node(self, node: Node) -> C.Expr:
        """The expression that computes a node; for several outputs, their tuple."""
        special = _SPECIAL.get(node.kind)
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
        if spelling is not None and spelling.plain_call is not None:
            # Only the name differs from the default spelling: trailing defaults may be left out all the same.
            return C.Call(spelling.plain_call, self.arguments(node, trim=True))
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
        if spelling is not None:
            if _same_member(node, arguments):
                return literal(node.kind in ("aten::eq", "aten::le", "aten::ge"))
            return spelling.fill(self._typed(node, spelling, arguments))
        name = operator.name.partition("::")[2]
        return C.Call(C.ops(name, header=operator.header), arguments)

    def _typed(self, node: Node, spelling: Spelling, arguments: list[C.Expr]) -> list[C.Expr]:
        """Literals with their exact type where C++ would deduce another: in std:: templates, and strings in infix form."""
        infix = not spelling.calls
        function = spelling.function
        deduces = function is not None and function.scope == C.STD
        texts = [isinstance(v.node.attributes.get("value"), str) or v.node.kind == "prim::If" for v in node.inputs]
        result = []
        formals = [a for a in node.operator.schema.arguments if not a.ignored] if node.operator is not None else []
        for position, (value, argument) in enumerate(zip(node.inputs, arguments, strict=False)):
            if (
                position < len(formals)
                and formals[position].type == T.NUMBER != value.type
                and not isinstance(value.type, T.UnionType)
                and spelling.has_members_of(position)
            ):
                argument = C.Call(C.SCALAR, [argument])
            constant = value.node.attributes.get("value") if value.node.kind == "prim::Constant" else None
            if (infix and isinstance(constant, str) and all(texts)) or (deduces and type(constant) is int):
                argument = typed_literal(constant)
            elif deduces and value.type == T.INT and isinstance(argument, C.Ternary):
                argument = C.Braces(C.INT64, [argument])
            result.append(argument)
        return result if len(result) == len(arguments) else arguments

    def arguments(self, node: Node, *, trim: bool) -> list[C.Expr]:
        """The arguments of an operator call: those that C++ ignores left out, trailing defaults too if ``trim``."""
        operator = node.operator
        assert operator is not None
        schema = operator.schema
        rows: list[tuple[C.Expr, bool]] = []
        wanted = bound_types(node)
        called = operator.spelling.function if operator.spelling is not None else None
        spans = operator.spelling is None or (called is not None and called.scope == C.OPS)
        for position, argument in enumerate(schema.arguments):
            if argument.ignored or argument.type in _GENERATORS:
                continue
            value = node.input(position)
            if is_ignored_use(node, position):
                rows.append((C.Omitted(), False))  # keeps the place; the spelling does not mention it
                continue
            widened = T.contains_var(argument.type) or isinstance(value.type, T.UnionType)
            if widened and wanted[position] != value.type:
                rows.append((value_as(self, value, wanted[position]), False))
                continue
            expression = self.argument(value, argument, spans=spans)
            rows.append((expression, _is_default(value, argument)))
        for value in node.inputs[len(schema.arguments) :]:
            rows.append((self.value(value), False))
        if trim:
            while rows and rows[-1][1]:
                rows.pop()
        return [expr for expr, _ in rows]

    def argument(self, value: Value, formal: Argument, *, spans: bool = True) -> C.Expr:
        """One argument, converted to the C++ type that the schema's type maps to.

        ``spans`` says that the callee takes views of lists, so that a list literal may be bare braces.
        """
        node = value.node
        constant = node.attributes.get("value") if node.kind == "prim::Constant" else None
        if formal.special == "ScalarType":
            if isinstance(constant, int):
                return dtype_expr(D.from_code(constant))
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
        if node.kind == "prim::Constant" and isinstance(node.attributes.get("value"), list):
            items = [constant(v, element, self.surroundings) for v in node.attributes["value"]]
        elif node.kind == "prim::ListConstruct" and node in self.plan.nesting.nested:
            items = [value_as(self, v, element) for v in node.inputs]
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
            given = value.node.attributes.get("value") if value.node.kind == "prim::Constant" else None
            plain = value.type in (T.INT, T.FLOAT, T.BOOL) or (strings and value.type == T.STR)
            plain = plain and type(given) in (int, float, bool, str)
            out.append(typed_literal(given) if plain else self.value(value))
        return out

    def element(self, value: C.Expr, type: T.TupleType, index: int) -> C.Expr:
        """An element of a tuple; that of a named tuple by its name."""
        if type.fields:
            return C.Member(value, self.surroundings.member_name(type, type.fields[index]))
        return C.Call(C.std("get", index), [value])


_GENERATORS = (T.GENERATOR, T.OptionalType(T.GENERATOR))
_COMPARISONS = ("aten::eq", "aten::ne", "aten::lt", "aten::le", "aten::gt", "aten::ge")
_CONVERSIONS = ("aten::Float.Scalar", "aten::Int.Scalar", "aten::Float.int")


def _as_dtype(build: Expressions, value: Value) -> C.Expr | None:
    """A dtype, which TorchScript holds as an int, as a ``DType``; ``None`` if it is any int."""
    if value.node.kind == "prim::dtype":
        return C.Call(C.Member(build.value(value.node.input()), "dtype"))
    code = value.node.attributes.get("value")
    try:
        return dtype_expr(D.from_code(code)) if type(code) is int else None
    except ValueError:
        return None


def _same_member(node: Node, arguments: list[C.Expr]) -> bool:
    """``thing.n < thing.n``, read twice in one expression: compilers warn of it."""
    if node.kind not in _COMPARISONS or node.input(0).type not in (T.INT, T.BOOL, T.STR):
        return False
    reads = all(v.node.kind == "prim::GetAttr" for v in node.inputs[:2])
    return reads and arguments[0] == arguments[1]


def _convert(value: C.Expr, given: T.Type, wanted: T.Type) -> C.Expr:
    """A number of known kind as the other kind."""
    if given == wanted:
        return value
    if wanted == T.FLOAT:
        return C.static_cast(C.DOUBLE, value)
    return C.Call(C.runtime("to_int"), [value])


def _is_default(value: Value, argument: Argument) -> bool:
    if not argument.has_default or value.node.kind not in ("prim::Constant", "prim::ListConstruct"):
        return False
    if value.node.kind == "prim::ListConstruct":
        if not isinstance(argument.default, (list, int)) or isinstance(argument.default, bool):
            return False
        given = [v.node.attributes.get("value") for v in value.node.inputs if v.node.kind == "prim::Constant"]
        if len(given) != len(value.node.inputs):
            return False
        wanted = argument.default if isinstance(argument.default, list) else [argument.default] * len(given)
        return given == wanted
    actual = value.node.attributes.get("value")
    if isinstance(actual, (list, tuple)) and isinstance(argument.default, int) and argument.size:
        return list(actual) == [argument.default] * len(actual)
    if isinstance(actual, np.ndarray) or isinstance(argument.default, bool) != isinstance(actual, bool):
        return False
    return bool(actual == argument.default)


# ---- prim:: nodes


def _get_attribute(build: Expressions, node: Node) -> C.Expr:
    if is_object(node.input()):
        return objects.member(build, node.input(), str(node.attributes["name"]))
    member = build.surroundings.member(node.output)
    if member is None:
        raise UnsupportedOperatorError("an attribute of a module that is not known has no C++ counterpart", node.range)
    return member


def _logical(build: Expressions, node: Node) -> C.Expr:
    condition = build.value(node.input())
    then, otherwise = (b.returns[0] for b in node.blocks)
    if is_logical(node):
        if constant_bool(otherwise) is False:
            return C.Binary("&&", condition, build.value(then))
        return C.Binary("||", condition, build.value(otherwise))
    type = node.output.type
    return C.Ternary(condition, value_as(build, then, type), value_as(build, otherwise, type))


def _call_function(build: Expressions, node: Node) -> C.Expr:
    return C.Call(build.surroundings.function(node), arguments_as(build, node))


def _call_method(build: Expressions, node: Node) -> C.Expr:
    if is_object(node.input(0)):
        callee = objects.member(build, node.input(0), str(node.attributes["name"]))
    else:
        callee = build.surroundings.method(node)
    return C.Call(callee, arguments_as(build, node))


def _module_of_container(build: Expressions, node: Node) -> C.Expr:
    """``ts2cpp::choose<Layer>({&layers[0], &layers[1]}, i)``: a module by position or name."""
    interface = build.surroundings.class_namer(node.output.type)
    rows: list[C.Expr] = []
    for name, member in build.surroundings.modules_of(node.input(0)):
        address = C.Unary("&", member)
        rows.append(address if node.input(1).type == T.INT else C.Braces(None, [literal(name), address]))
    chosen = C.Call(C.runtime("choose", interface), [C.Braces(None, rows), build.value(node.input(1))])
    type = node.output.type
    return chosen if isinstance(type, T.InterfaceType) and type.is_module else C.Call(C.runtime("lend"), [chosen])


def _dtype(build: Expressions, node: Node) -> C.Expr:
    return C.static_cast(C.INT64, C.Call(C.Member(build.value(node.input()), "dtype")))


def _uninitialized(build: Expressions, node: Node) -> C.Expr:
    return C.Braces(cpp_type(node.output.type, build.surroundings.class_namer))


def _wait(build: Expressions, node: Node) -> C.Expr:
    return C.Call(C.Member(build.value(node.input()), "wait"))


def _tensor(build: Expressions, node: Node) -> C.Expr:
    type = node.input(0).type
    while isinstance(type, T.ListType):
        type = type.element
    if isinstance(node.input(0).type, T.ListType) and isinstance(type, T.TensorType):
        raise UnsupportedOperatorError(
            "torch.tensor of a list of tensors has no C++ counterpart", node.range, hint="use torch.stack"
        )
    return build.operator(node)


def _power(build: Expressions, node: Node) -> C.Expr:
    if node.output.type == T.FLOAT and any(v.type == T.COMPLEX for v in node.inputs):
        raise UnsupportedOperatorError(
            "a complex number to the power of an int has no C++ counterpart",
            node.range,
            hint="write the exponent as a float",
        )
    return build.operator(node)


def _hash(build: Expressions, node: Node) -> C.Expr:
    type = node.input().type
    if type not in (T.INT, T.FLOAT, T.BOOL, T.STR):
        raise UnsupportedOperatorError(f"hash() of {type.annotation()} has no C++ counterpart", node.range)
    return build.operator(node)


def _fusion_group(build: Expressions, node: Node) -> C.Expr:
    from transpile.codegen.emit.fusion import fused_loop

    return fused_loop(build, node)


def _with_epilogue(build: Expressions, node: Node) -> C.Expr:
    from transpile.codegen.emit.fusion import operator_with_epilogue

    return operator_with_epilogue(build, node)


_SPECIAL: dict[str, Callable[[Expressions, Node], C.Expr]] = {
    "prim::Constant": Expressions.constant,
    "prim::GetAttr": _get_attribute,
    "prim::ListConstruct": containers.list_construct,
    "prim::TupleConstruct": containers.tuple_construct,
    "prim::DictConstruct": containers.dict_construct,
    "prim::TupleIndex": containers.tuple_index,
    "prim::TupleSlice": containers.tuple_slice,
    "prim::unchecked_cast": dynamic_types.unchecked_cast,
    "prim::isinstance": dynamic_types.is_instance,
    "aten::__is__": dynamic_types.is_same,
    "aten::__isnot__": dynamic_types.is_same,
    "aten::get": containers.dict_get,
    "prim::If": _logical,
    "prim::CallFunction": _call_function,
    "prim::CallMethod": _call_method,
    "prim::CreateObject": objects.create,
    "prim::ModuleContainerIndex": _module_of_container,
    "prim::Enter": objects.enter,
    "ts2cpp::New": objects.new,
    "prim::dtype": _dtype,
    "prim::tolist": containers.to_list,
    "prim::Uninitialized": _uninitialized,
    "prim::Print": texts.print_,
    "aten::format": texts.format,
    "aten::percentFormat": texts.percent_format,
    "prim::fork": forks.fork,
    "aten::wait": _wait,
    "aten::hash": _hash,
    "aten::tensor": _tensor,
    "aten::as_tensor": _tensor,
    "aten::pow": _power,
    "prim::RaiseException": texts.raise_,
    "ts2cpp::FusionGroup": _fusion_group,
    "ts2cpp::conv2d": _with_epilogue,
    "ts2cpp::conv1d": _with_epilogue,
    "ts2cpp::linear": _with_epilogue,
}
