"""Reading the text form of graphs.

``parse_graph`` understands what the printer writes (``spec`` in the printer's docstring), the structured nodes included
(``prim::Loop[kind="for"]``, ``prim::Break``...).  Indentation means nothing: blocks are recognised by their heads.
Operators are looked up by name and input types.  Tests of passes are written in this form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.core import types as T
from transpile.core.errors import InvalidGraphError
from transpile.core.source import Source, SourceRange
from transpile.ir.graph import Block, Graph, Node, Value
from transpile.ops.registry import Operator, overloads

_SIMPLE: dict[str, T.Type] = {
    "int": T.INT, "float": T.FLOAT, "bool": T.BOOL, "str": T.STR, "complex": T.COMPLEX, "NoneType": T.NONE,
    "Scalar": T.NUMBER, "number": T.NUMBER, "Device": T.DEVICE, "Generator": T.GENERATOR, "Stream": T.STREAM,
    "Any": T.ANY, "Function": T.FUNCTION, "list": T.ANY_LIST, "tuple": T.ANY_TUPLE, "AnyClassType": T.ANY_CLASS,
    "AnyEnumType": T.ANY_ENUM, "Storage": T.STORAGE, "QScheme": T.QSCHEME, "Tensor": T.TENSOR,
}  # fmt: skip
_DTYPE_NAMES = {d.graph_name for d in D.ALL_DTYPES}
_ESCAPES = {"n": "\n", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "r": "\r", "v": "\v"}
_KIND = re.compile(r"\^?[\w:.]+")
_VALUE = re.compile(r"%([^\s,:()\[\]]+)")
_NAME = re.compile(r"[A-Za-z_][\w.]*")
_NUMBER = re.compile(r"[-+]?(?:inf|nan|\d+(?:\.\d*)?(?:e[-+]?\d+)?)")
_STRING = re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL)
_BLOCK = re.compile(r"block\d+\(")
_TENSOR_CELLS = re.compile(r"[^\[]*\[ CPU(\w+)Type\{([\d,]*)\} \]")


def parse_graph(text: str, classes: Mapping[str, T.Type] | None = None) -> Graph:
    """The graph written in ``text``; ``InvalidGraphError`` names the line that cannot be read.

    ``classes`` gives the class, enum and NamedTuple types by qualified name; an unknown name becomes an empty class.
    """
    return _Parser(text, dict(classes or {})).parse()


def parse_type_text(text: str, classes: Mapping[str, T.Type] | None = None) -> T.Type:
    """A type in graph or annotation spelling."""
    return _Parser(text, dict(classes or {})).type()


def resolve_operator(kind: str, inputs: Sequence[T.Type]) -> Operator | None:
    """The first overload of ``kind`` that takes values of exactly these types, or ``None``."""
    for operator in overloads(kind):
        arguments = operator.schema.arguments
        if len(arguments) != len(inputs) and not (operator.schema.is_vararg and len(inputs) >= len(arguments)):
            continue
        bound: dict[str, T.Type] = {}
        if all(T.match_vars(a.type, t, bound) for a, t in zip(arguments, inputs, strict=False)):
            return operator
    return None


class _Parser:
    def __init__(self, text: str, classes: dict[str, T.Type]) -> None:
        self.text = text
        self.at = 0
        self.classes = classes
        self.sources: dict[str, Source] = {}
        self.values: dict[str, Value] = {}
        self.graph = Graph()
        self.forks: dict[str, Node] = {}

    # ---- characters
    def fail(self, message: str) -> InvalidGraphError:
        line = self.text.count("\n", 0, self.at) + 1
        shown = self.text.splitlines()[line - 1].strip() if line <= len(self.text.splitlines()) else "end of text"
        return InvalidGraphError(f"line {line}: {message}: {shown}")

    def space(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def accept(self, token: str) -> bool:
        self.space()
        if self.text.startswith(token, self.at):
            self.at += len(token)
            return True
        return False

    def expect(self, token: str) -> None:
        if not self.accept(token):
            raise self.fail(f"expected {token!r} but found {self.text[self.at : self.at + 12]!r}")

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        self.space()
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def need(self, pattern: re.Pattern[str], what: str) -> re.Match[str]:
        found = self.match(pattern)
        if found is None:
            raise self.fail(f"expected {what}")
        return found

    def looking_at(self, token: str) -> bool:
        self.space()
        return self.text.startswith(token, self.at)

    # ---- graphs
    def parse(self) -> Graph:
        graph = self.one_graph()
        while self.accept("with "):
            name = self.need(_KIND, "the name of a subgraph").group()
            self.expect("=")
            node = self.forks.pop(name, None)
            if node is None:
                raise self.fail(f"no node called {name}")
            outer = self.graph, self.values
            self.graph, self.values = Graph(), {}
            node.attributes["Subgraph"] = self.one_graph()
            self.graph, self.values = outer
        self.space()
        if self.at != len(self.text):
            raise self.fail("unexpected text after the graph")
        return graph

    def one_graph(self) -> Graph:
        self.expect("graph(")
        self.params(self.graph.block)
        self.expect(":")
        self.nodes(self.graph.block)
        self.expect("return")
        self.returns(self.graph.block)
        return self.graph

    def params(self, block: Block) -> None:
        while not self.accept(")"):
            self.typed_value(block.param_node)
            self.accept(",")

    def typed_value(self, node: Node) -> None:
        name = self.need(_VALUE, "a value").group(1)
        self.expect(":")
        value = node.add_output(self.type())
        if name in self.values:
            raise self.fail(f"%{name} is defined twice")
        self.values[name] = value
        if name.isdigit():
            value.id = int(name)
            self.graph._next_id = max(self.graph._next_id, value.id + 1)
        else:
            self.graph.rename(value, name)

    def value(self) -> Value:
        name = self.need(_VALUE, "a value").group(1)
        if name not in self.values:
            raise self.fail(f"%{name} is not defined before this use")
        return self.values[name]

    def returns(self, block: Block) -> None:
        self.expect("(")
        while not self.accept(")"):
            block.add_return(self.value())
            self.accept(",")

    def nodes(self, block: Block) -> None:
        while not (self.looking_at("->") or self.looking_at("return") or self.looking_at("with ")):
            self.node(block)

    def node(self, block: Block) -> None:
        node = Node(self.graph, "")
        while not self.accept("="):
            self.typed_value(node)
            self.accept(",")
        node.kind = self.need(_KIND, "the kind of the node").group()
        if node.kind.startswith("^"):
            node.attributes["name"], node.kind = node.kind[1:], "prim::PythonOp"
            self.expect("[]()")
        if re.fullmatch(r"(prim::fork|ts2cpp::FusionGroup)_\d+", node.kind):
            self.forks[node.kind] = node
            node.kind = node.kind.rpartition("_")[0]
        if self.text.startswith("[", self.at):
            self.at += 1
            while not self.accept("]"):
                name = self.need(_NAME, "the name of an attribute").group()
                self.expect("=")
                node.attributes[name] = self.attribute(node, name)
                self.accept(",")
        self.expect("(")
        while not self.accept(")"):
            node.add_input(self.value())
            self.accept(",")
        self.tail(node)
        block.append(node)
        if node.kind.startswith("prim::") and node.kind in ("prim::Constant", "prim::If", "prim::Loop"):
            node.operator = None
        else:
            node.operator = resolve_operator(node.kind, [v.type for v in node.inputs])
        while self.match(_BLOCK) is not None:
            inner = node.add_block()
            self.params(inner)
            self.expect(":")
            self.nodes(inner)
            self.expect("->")
            self.returns(inner)

    def tail(self, node: Node) -> None:
        """The scope and the location at the end of the node's line."""
        end = self.text.find("\n", self.at)
        rest = self.text[self.at : end if end >= 0 else len(self.text)]
        self.at += len(rest)
        rest, hash_mark, location = rest.partition(" # ")
        if hash_mark:
            node.range = self.location(location.strip())
        if rest.startswith(", scope: "):
            node.scope = rest.removeprefix(", scope: ").strip()
        elif rest.strip():
            raise self.fail(f"unexpected {rest.strip()!r}")

    def location(self, text: str) -> SourceRange | None:
        parts = text.rsplit(":", 2)
        if len(parts) != 3 or not (parts[1].isdigit() and parts[2].isdigit()):
            return None
        source = self.sources.setdefault(parts[0], Source("", parts[0]))
        line, col = int(parts[1]), int(parts[2])
        return SourceRange(source, line, col, line, col + 1)

    # ---- attributes
    def attribute(self, node: Node, name: str) -> Any:
        if node.kind == "prim::Constant" and name == "value":
            return self.constant(node.outputs[0].type)
        if name == "types":
            self.expect("[")
            types = []
            while not self.accept("]"):
                types.append(self.type())
                self.accept(",")
            return types
        return self.literal(None)

    def constant(self, type: T.Type) -> Any:
        if isinstance(type, T.TensorType):
            return self.tensor()
        if isinstance(type, T.EnumType):
            member = self.need(_NAME, "an enum member").group().rpartition(".")[2]
            if type.python_class is None:
                raise self.fail(f"{type.name} has no Python class")
            return type.python_class[member]
        value = self.literal(type)
        if type == T.BOOL:
            return bool(value)
        return float(value) if type == T.FLOAT else value

    def tensor(self) -> np.ndarray[Any, Any]:
        if self.accept("{"):
            item = self.literal(None)
            self.expect("}")
            if isinstance(item, tuple):
                return np.asarray(complex(*item), np.complex64)
            return np.asarray(item, np.float32 if isinstance(item, float) else np.int64)
        start = self.at
        found = self.match(_TENSOR_CELLS)
        if found is None:
            raise self.fail("the elements of the tensor are not in the text")
        cells = self.text[start : self.text.index("[ CPU", start)].split()
        dtype = D.from_graph_name(found.group(1))
        sizes = [int(s) for s in found.group(2).split(",") if s]
        return np.array([float(c) for c in cells]).astype(dtype.numpy).reshape(sizes)

    def literal(self, type: T.Type | None) -> Any:
        found = self.match(_STRING)
        if found is not None:
            return unescape(found.group(1))
        for opening, closing in (("[", "]"), ("(", ")")):
            if self.accept(opening):
                items: list[Any] = []
                types = list(type.contained()) if type is not None else []
                while not self.accept(closing):
                    inner = types[min(len(items), len(types) - 1)] if types else None
                    items.append(self.literal(inner))
                    self.accept(",")
                return items if opening == "[" else tuple(items)
        for word, value in (("True", True), ("False", False), ("None", None)):
            if self.accept(word):
                return value
        if self.accept("annotate("):
            self.type()
            self.expect(",")
            empty = self.literal(None)
            self.expect(")")
            return empty
        text = self.need(_NUMBER, "a value").group()
        if self.text.startswith("+", self.at):
            self.at += 1
            imaginary = self.need(_NUMBER, "an imaginary part")
            self.expect("j")
            return complex(float(text), float(imaginary.group()))
        return float(text) if re.search(r"[.en]", text) or type == T.FLOAT else int(text)

    # ---- types
    def type(self) -> T.Type:
        result = self.base_type()
        while self.at < len(self.text):
            if self.text.startswith("?", self.at):
                self.at += 1
                result = T.OptionalType(result)
            elif self.text.startswith("[]", self.at):
                self.at += 2
                result = T.ListType(result)
            else:
                break
        return result

    def types(self, closing: str) -> list[T.Type]:
        out = []
        while not self.accept(closing):
            out.append(self.type())
            self.accept(",")
        return out

    def base_type(self) -> T.Type:
        if self.accept("("):
            return T.TupleType(tuple(self.types(")")))
        name = self.need(_NAME, "a type").group()
        following = self.text[self.at : self.at + 1]
        if name in _DTYPE_NAMES and following == "(":
            return self.tensor_type(name)
        if name in ("Dict", "Future", "Union", "List", "Optional", "Tuple") and following in ("(", "["):
            if self.text.startswith("[]", self.at):
                return self.classes.setdefault(name, T.ClassType(name))
            self.at += 1
            inner = self.types(")" if following == "(" else "]")
            match name:
                case "Dict":
                    return T.DictType(inner[0], inner[1])
                case "Future":
                    return T.FutureType(inner[0])
                case "List":
                    return T.ListType(inner[0])
                case "Optional":
                    return T.optional(inner[0])
                case "Tuple":
                    return T.TupleType(tuple(inner))
            return T.UnionType(tuple(inner))
        if name == "NamedTuple":
            return self.named_tuple()
        if name in ("Enum", "InterfaceType") and self.accept("<"):
            inner_name = self.need(_NAME, "a name").group()
            self.expect(">")
            if inner_name not in self.classes:
                self.classes[inner_name] = (
                    T.EnumType(inner_name, T.INT, ()) if name == "Enum" else T.InterfaceType(inner_name)
                )
            return self.classes[inner_name]
        if name in _SIMPLE:
            return _SIMPLE[name]
        return self.classes.setdefault(name, T.ClassType(name))

    def tensor_type(self, name: str) -> T.Type:
        self.expect("(")
        sizes: list[int | None] = []
        strides: list[int | None] | None = None
        requires_grad: bool | None = None
        while not self.accept(")"):
            if self.accept("strides="):
                strides = list(self.literal(None))
            elif self.accept("requires_grad="):
                requires_grad = bool(self.literal(None))
            elif self.accept("device="):
                self.need(_NAME, "a device")
            elif self.accept("*"):
                sizes.append(None)
            else:
                sizes.append(int(self.literal(None)))
            self.accept(",")
        return T.TensorType(
            D.from_graph_name(name), tuple(sizes), tuple(strides) if strides is not None else None, requires_grad
        )

    def named_tuple(self) -> T.Type:
        self.expect("(")
        fields, types, defaults = [], [], []
        while not self.accept(")"):
            fields.append(self.need(_NAME, "a field").group())
            self.expect(":")
            types.append(self.type())
            if self.accept("="):
                defaults.append((fields[-1], self.literal(None)))
            self.accept(",")
        return T.TupleType(tuple(types), "", tuple(fields), tuple(defaults))


def unescape(text: str) -> str:
    """The string behind a printed literal (without its quotes)."""

    def replace(found: re.Match[str]) -> str:
        escape = found.group(1)
        return chr(int(escape, 8)) if escape[0].isdigit() else _ESCAPES.get(escape, escape)

    return re.sub(r"\\([0-7]{3}|.)", replace, text, flags=re.DOTALL)
