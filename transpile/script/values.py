"""What an expression may stand for while a function is compiled.

Most expressions are values of the graph (``SimpleValue``).  Others exist at compile time only: functions, modules,
classes, tuples being unpacked, iterables.  Each kind answers the same questions (attribute, call, item, iteration), and
refuses those that mean nothing for it.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from transpile.core import types as T
from transpile.core.errors import ScriptTypeError, SourceError
from transpile.core.source import SourceRange
from transpile.ir.graph import Value
from transpile.ops import registry
from transpile.script import hints
from transpile.script.environment import shown
from transpile.script.library import public_name

if TYPE_CHECKING:
    from transpile.script.emitter import Emitter


@dataclass
class Actual:
    """An actual argument of a call."""

    value: Value
    range: SourceRange | None
    name: str = ""


class Sugared:
    """Base of everything an expression may stand for."""

    kind = "value"
    call_hint = ""
    value_hint = ""

    def as_value(self, e: Emitter, range: SourceRange | None) -> Value:
        """The graph value; most kinds have none."""
        raise ScriptTypeError(f"{self.kind} cannot be used as a value", range, hint=self.value_hint)

    def attribute(self, e: Emitter, range: SourceRange | None, name: str) -> Sugared:
        raise ScriptTypeError(f"attribute lookup is not defined on {self.kind}", range)

    def has_attribute(self, e: Emitter, range: SourceRange | None, name: str) -> bool:
        try:
            self.attribute(e, range, name)
        except SourceError:
            return False
        return True

    def set_attribute(self, e: Emitter, range: SourceRange | None, name: str, value: Value) -> None:
        raise ScriptTypeError(f"attribute assignment is not defined on {self.kind}", range)

    def call_form(self, e: Emitter, node: ast.Call, range: SourceRange, hint: T.Type | None) -> Sugared:
        """A call as written; kinds that look at the unevaluated arguments override this one."""
        arguments, keywords = e.arguments(node)
        return self.call(e, range, arguments, keywords)

    def call(
        self, e: Emitter, range: SourceRange | None, arguments: Sequence[Actual], keywords: Sequence[Actual]
    ) -> Sugared:
        raise ScriptTypeError(f"cannot call a {self.kind}", range, hint=self.call_hint)

    def as_tuple(self, e: Emitter, range: SourceRange | None, size: int | None = None) -> list[Sugared]:
        """The elements, when their number is known at compile time (``size`` is what the context asks for)."""
        raise ScriptTypeError(f"{self.kind} cannot be used as a tuple", range)

    def item(self, e: Emitter, range: SourceRange | None, index: Value, hint: T.Type | None = None) -> Sugared:
        raise ScriptTypeError(f"'{self.kind}' object is not subscriptable", range)

    def iterate(self, e: Emitter, range: SourceRange | None) -> Sugared:
        """What a loop over this walks: has ``length`` and ``item``."""
        raise ScriptTypeError(f"'{self.kind}' object is not iterable", range)

    def length(self, e: Emitter, range: SourceRange | None) -> Value:
        raise ScriptTypeError(f"'{self.kind}' object has no length", range)

    def static_length(self) -> int | None:
        """The number of elements if it is known at compile time: loops over it are unrolled."""
        return None


class SimpleValue(Sugared):
    """A value of the graph."""

    def __init__(self, value: Value) -> None:
        self.value = value

    @property
    def kind(self) -> str:  # type: ignore[override]
        return shown(self.value.type)

    def as_value(self, e: Emitter, range: SourceRange | None) -> Value:
        return self.value

    def attribute(self, e: Emitter, range: SourceRange | None, name: str) -> Sugared:
        from transpile.script.attributes import value_attribute

        return value_attribute(e, self.value, range, name)

    def set_attribute(self, e: Emitter, range: SourceRange | None, name: str, value: Value) -> None:
        from transpile.script.attributes import set_value_attribute

        set_value_attribute(e, self.value, range, name, value)

    def call(
        self, e: Emitter, range: SourceRange | None, arguments: Sequence[Actual], keywords: Sequence[Actual]
    ) -> Sugared:
        if isinstance(self.value.type, (T.ClassType, T.InterfaceType)):
            is_module = isinstance(self.value.type, T.InterfaceType) and self.value.type.is_module
            method = self.attribute(e, range, "forward" if is_module else "__call__")
            return method.call(e, range, arguments, keywords)
        raise ScriptTypeError(
            f"cannot call a value of type '{self.value.type.annotation()}'",
            range,
            hint="functions and modules cannot be passed as arguments: call them by name or as attributes of a module",
        )

    def as_tuple(self, e: Emitter, range: SourceRange | None, size: int | None = None) -> list[Sugared]:
        type = self.value.type
        if isinstance(type, T.TupleType):
            return [SimpleValue(v) for v in e.unpack_tuple(self.value, range)]
        if isinstance(type, T.ListType):
            if size is None:
                raise ScriptTypeError(
                    "cannot statically infer the expected size of a list in this context",
                    range,
                    hint=hints.LIST_IN_TUPLE,
                )
            node = e.insert("prim::ListUnpack", [self.value], [type.element] * size, None)
            return [SimpleValue(v) for v in node.outputs]
        if type == T.ANY_TUPLE:
            raise ScriptTypeError("Provided tuple Any type cannot be unpacked", range)
        hint = "write x.unbind(0), or index it" if isinstance(type, T.TensorType) else ""
        raise ScriptTypeError(f"{self.kind} cannot be used as a tuple", range, hint=hint)

    def item(self, e: Emitter, range: SourceRange | None, index: Value, hint: T.Type | None = None) -> Sugared:
        from transpile.script.subscripts import value_item

        return value_item(e, self.value, range, index, hint)

    def iterate(self, e: Emitter, range: SourceRange | None) -> Sugared:
        type = self.value.type
        if isinstance(type, (T.ListType, T.TensorType)) or type == T.STR:
            return self
        if isinstance(type, T.DictType):
            return SimpleValue(e.operator("aten::keys", range, [self.value]))
        if isinstance(type, T.TupleType):
            return SugaredTuple(self.as_tuple(e, range))
        if isinstance(type, T.ClassType) and not type.is_module and "__iter__" in type.methods:
            return self.attribute(e, range, "__iter__").call(e, range, (), ()).iterate(e, range)
        raise ScriptTypeError(
            f"'{type.annotation()}' object is not iterable",
            range,
            hint="loop over a range: for i in range(len(p)): a = p[i]",
        )

    def length(self, e: Emitter, range: SourceRange | None) -> Value:
        type = self.value.type
        if isinstance(type, (T.ListType, T.TensorType, T.DictType)) or type == T.STR:
            return e.operator("aten::len", range, [self.value])
        hint = "write range(n)" if type == T.INT else ""
        raise ScriptTypeError(f"'{shown(type)}' object is not iterable", range, hint=hint)


class SugaredTuple(Sugared):
    """A tuple whose elements need not be values: unpacked module lists, results of zip."""

    kind = "Tuple"

    def __init__(self, elements: Sequence[Sugared]) -> None:
        self.elements = list(elements)

    def as_value(self, e: Emitter, range: SourceRange | None) -> Value:
        return e.make_tuple([v.as_value(e, range) for v in self.elements], None)

    def as_tuple(self, e: Emitter, range: SourceRange | None, size: int | None = None) -> list[Sugared]:
        return self.elements

    def iterate(self, e: Emitter, range: SourceRange | None) -> Sugared:
        return self

    def static_length(self) -> int | None:
        return len(self.elements)

    def length(self, e: Emitter, range: SourceRange | None) -> Value:
        return e.constant(len(self.elements), range)

    def item(self, e: Emitter, range: SourceRange | None, index: Value, hint: T.Type | None = None) -> Sugared:
        position = index.literal
        if not isinstance(position, int):
            raise ScriptTypeError(
                "Expected integer literal for index but got a variable or non-integer. ModuleList/Sequential "
                "indexing is "
                "only supported with integer literals. For example, 'i = 4; self.layers[i](x)' will fail because "
                "i is not "
                "a literal. Enumeration is supported, e.g. 'for index, v in enumerate(self): out = v(inp)'",
                range,
                hint="loop over the list: for m in self.layers; or annotate with an interface: m: I = self.layers[i]",
            )
        size = len(self.elements)
        if not -size <= position < size:
            raise ScriptTypeError(f"Index {position} out of range of length {size}", range)
        return self.elements[position]

    def attribute(self, e: Emitter, range: SourceRange | None, name: str) -> Sugared:
        return SimpleValue(self.as_value(e, range)).attribute(e, range, name)

    def call(
        self, e: Emitter, range: SourceRange | None, arguments: Sequence[Actual], keywords: Sequence[Actual]
    ) -> Sugared:
        return SimpleValue(self.as_value(e, range)).call(e, range, arguments, keywords)


class RangeValue(Sugared):
    """``range(...)``: the trip count, and how the index follows from the iteration."""

    kind = "range"

    def __init__(self, e: Emitter, range: SourceRange | None, inputs: Sequence[Value]) -> None:
        for position, value in enumerate(inputs):
            if value.type != T.INT:
                raise ScriptTypeError(
                    f"all inputs of range must be ints, found {shown(value.type)} in argument {position}",
                    range,
                    hint="write range(int(n))",
                )
        if not 1 <= len(inputs) <= 3:
            raise ScriptTypeError(f"range expected 1 to 3 arguments, got {len(inputs)}", range)
        self.inputs = list(inputs)
        self.simple = len(inputs) == 1
        if self.simple:
            self.start, self.end, self.step = None, inputs[0], None
        else:
            self.start, self.end = inputs[0], inputs[1]
            self.step = inputs[2] if len(inputs) == 3 else e.constant(1, range)

    def as_value(self, e: Emitter, range: SourceRange | None) -> Value:
        return e.operator("aten::range", range, self.inputs)

    def iterate(self, e: Emitter, range: SourceRange | None) -> Sugared:
        return self

    def length(self, e: Emitter, range: SourceRange | None) -> Value:
        if self.start is None or self.step is None:
            return self.end
        return e.operator("aten::__range_length", range, [self.start, self.end, self.step])

    def item(self, e: Emitter, range: SourceRange | None, index: Value, hint: T.Type | None = None) -> Sugared:
        if self.start is None or self.step is None:
            return SimpleValue(index)
        return SimpleValue(e.operator("aten::__derive_index", range, [index, self.start, self.step]))


class IterableTree(Sugared):
    """``zip`` and ``enumerate``: several iterables walked together."""

    kind = "iterabletree"

    def __init__(self, parts: Sequence[Sugared], range: SourceRange | None) -> None:
        self.parts = list(parts)
        lengths = {p.static_length() for p in parts if not isinstance(p, CountingValue)}
        if None in lengths and len(lengths) > 1:
            raise ScriptTypeError(
                "Can not iterate over a module list or tuple with a value that does not have a static length",
                range,
                hint="put both into tuples, or both into lists",
            )

    def iterate(self, e: Emitter, range: SourceRange | None) -> Sugared:
        return self

    def static_length(self) -> int | None:
        known = [n for n in (p.static_length() for p in self.parts) if n is not None]
        return min(known) if known else None

    def length(self, e: Emitter, range: SourceRange | None) -> Value:
        lengths = [leaf.length(e, range) for leaf in self.leaves()]
        if len(lengths) == 1:
            return lengths[0]
        found = e.make_list(lengths, T.INT, None)
        return e.operator("prim::min", range, [found])

    def leaves(self) -> list[Sugared]:
        out: list[Sugared] = []
        for part in self.parts:
            out += part.leaves() if isinstance(part, IterableTree) else [part]
        return out

    def item(self, e: Emitter, range: SourceRange | None, index: Value, hint: T.Type | None = None) -> Sugared:
        return SugaredTuple([p.item(e, range, index) for p in self.parts])


class CountingValue(Sugared):
    """The counter of ``enumerate``."""

    kind = "range"

    def __init__(self, limit: Value, start: Value | None) -> None:
        self.limit = limit
        self.start = start

    def iterate(self, e: Emitter, range: SourceRange | None) -> Sugared:
        return self

    def length(self, e: Emitter, range: SourceRange | None) -> Value:
        return self.limit

    def item(self, e: Emitter, range: SourceRange | None, index: Value, hint: T.Type | None = None) -> Sugared:
        if self.start is None:
            return SimpleValue(index)
        return SimpleValue(e.operator("aten::__derive_index", range, [index, self.start, e.literal(1, range)]))


class OperatorFunction(Sugared):
    """A registered operator: ``torch.relu``, or a method of a value with ``self`` bound."""

    kind = "builtin"
    value_hint = "builtins can be called, not passed: write a loop, or a class with __lt__ for an order of your own"

    def __init__(self, name: str, bound: Value | None = None) -> None:
        self.name = name
        self.bound = bound

    def call(
        self, e: Emitter, range: SourceRange | None, arguments: Sequence[Actual], keywords: Sequence[Actual]
    ) -> Sugared:
        bound = Actual(self.bound, range, "self") if self.bound is not None else None
        return SimpleValue(e.call_operator(self.name, range, arguments, keywords, bound))

    def attribute(self, e: Emitter, range: SourceRange | None, name: str) -> Sugared:
        named = self.bound is None and any(
            (o.schema.overload or "default") == name for o in registry.overloads(self.name)
        )
        raise ScriptTypeError(
            f"attribute lookup is not defined on {self.kind}",
            range,
            hint="leave the overload out: the arguments choose it" if named else "",
        )


class FunctionValue(Sugared):
    """A compiled function (or several, as overloads of one name)."""

    kind = "function"

    def __init__(self, candidates: Sequence[Any]) -> None:
        self.candidates = list(candidates)

    def call(
        self, e: Emitter, range: SourceRange | None, arguments: Sequence[Actual], keywords: Sequence[Actual]
    ) -> Sugared:
        from transpile.script.calls import call_functions

        return SimpleValue(call_functions(e, range, self.candidates, arguments, keywords))


class MethodValue(Sugared):
    """A compiled method of a value of the graph."""

    kind = "method"

    def __init__(self, owner: Value, names: Sequence[str]) -> None:
        self.owner = owner
        self.names = list(names)

    def call(
        self, e: Emitter, range: SourceRange | None, arguments: Sequence[Actual], keywords: Sequence[Actual]
    ) -> Sugared:
        from transpile.script.calls import call_methods

        return SimpleValue(call_methods(e, range, self.owner, self.names, arguments, keywords))


class PythonValue(Sugared):
    """A Python object without counterpart: it may be named, but not used."""

    kind = "python value"

    def __init__(self, value: Any) -> None:
        self.python = value

    def as_value(self, e: Emitter, range: SourceRange | None) -> Value:
        name = type(self.python).__name__
        raise ScriptTypeError(
            f"python value of type '{name}' cannot be used as a value. Perhaps it is a closed over global "
            "variable? If so, "
            "please consider passing it in as an argument or use a local variable instead.",
            range,
            hint=hints.for_python_value(self.python, range.covered if range is not None else ""),
        )

    def call_form(self, e: Emitter, node: ast.Call, range: SourceRange, hint: T.Type | None) -> Sugared:
        advice = hints.for_builtin(self.python)  # before the arguments, which may mean nothing by themselves
        if advice:
            raise self._not_supported(range, advice)
        return super().call_form(e, node, range, hint)

    def _not_supported(self, range: SourceRange | None, hint: str) -> ScriptTypeError:
        return ScriptTypeError(
            f"Python builtin {public_name(repr(self.python))} is currently not supported in Torchscript",
            range,
            hint=hint,
        )

    def call(
        self, e: Emitter, range: SourceRange | None, arguments: Sequence[Actual], keywords: Sequence[Actual]
    ) -> Sugared:
        from transpile.script.calls import IgnoredFunction, opaque_schema

        schema = opaque_schema(e.unit, self.python, len(arguments))
        if schema is not None:
            return IgnoredFunction(self.python, schema).call(e, range, arguments, keywords)
        raise self._not_supported(range, "write it with torch operators or the supported builtins")

    def attribute(self, e: Emitter, range: SourceRange | None, name: str) -> Sugared:
        raise ScriptTypeError(
            f"attribute lookup is not defined on python value of type '{type(self.python).__name__}'", range
        )
