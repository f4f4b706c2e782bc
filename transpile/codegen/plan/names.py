"""The names of parameters and variables: those of the Python program, or words for where a value comes from."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from transpile.codegen.plan.fields import item_of
from transpile.codegen.plan.function import Parameter, Surroundings
from transpile.codegen.plan.nesting import Nesting
from transpile.codegen.plan.program import attribute_path, called_function, is_object
from transpile.codegen.plan.steps import Variable
from transpile.codegen.plan.variables import is_inside, place_of
from transpile.core import types as T
from transpile.core.names import NameScope
from transpile.ir.facts import written_inputs
from transpile.ir.graph import Block, Node, Value

Group = tuple[Value, ...]


class Names:
    """Names the variables of one function, unlike what ``scope`` holds."""

    def __init__(
        self, surroundings: Surroundings, scope: NameScope, groups: Iterable[Group], of_loops: Collection[Value] = ()
    ) -> None:
        """``of_loops`` are the values that loops declare in their heads."""
        self._surroundings = surroundings
        self._scope = scope
        self._of_loops = of_loops
        self._places: dict[str, dict[str, list[Block]]] = {}
        self._groups = list(groups)
        self._of: dict[Value, Group] = {v: group for group in self._groups for v in group}
        self._left_out: set[Value] = set()
        self.variables: dict[Value, Variable] = {}

    def leave_out(self, value: Value) -> None:
        """Let a value, which is written as something else, have no variable."""
        self._left_out.add(value)

    def give(self, value: Value, name: str) -> Variable:
        """Give the variable of a value a name that is known to be free."""
        group = self._of.get(value, (value,))
        variable = Variable(name, is_mutable=len(group) > 1, is_changed=any(map(self._is_changed, group)))
        self.variables.update(dict.fromkeys(group, variable))
        return variable

    def _is_changed(self, value: Value) -> bool:
        """Whether a list or dict gets other elements, in this function or in one that it is handed to."""
        if not isinstance(value.type, (T.ListType, T.DictType)):
            return False
        return any(value in written_inputs(u.node) or self._surroundings.changes(u.node, u.index) for u in value.uses)

    def parameters(
        self, inputs: Sequence[Value], nesting: Nesting, *, in_struct: bool, keeps_types: bool = False
    ) -> list[Parameter]:
        """Name the inputs; in the methods of a struct, none is called like a member.

        With ``keeps_types`` they are declared as their types say, not by value.
        """
        found = []
        for value in inputs:
            hint = value.base_name or python_name(self._of[value], "x")
            if in_struct and hint in self._scope:
                hint += "_in"  # an attribute has this name
            variable = self.give(value, self._scope.unique(hint))
            is_used = variable.is_mutable or nesting.is_used(value)
            is_assigned = variable.is_mutable or (variable.is_changed and not keeps_types)
            found.append(Parameter(variable, value.type, is_assigned, is_used))
        return found

    def others(self) -> None:
        """Name everything that has no name yet."""
        for group in self._groups:
            first = group[0]
            if first not in self.variables and first not in self._left_out:
                hint = python_name(group, fallback(first, self._surroundings))
                self.give(first, self._local(hint, place_of(group, self._of_loops)))

    def _local(self, hint: str, place: Block) -> str:
        """A name for a variable that begins in ``place``: one that no other has there, outside of it or inside."""
        known = self._places.setdefault(hint, {})
        for name, places in known.items():
            if not any(is_inside(place, other) or is_inside(other, place) for other in places):
                places.append(place)
                return name
        name = self._scope.unique(hint)
        known[name] = [place]
        return name


def free_names(hints: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Names of the variables of code that no graph stands behind: unlike one another and what is ``taken``."""
    scope = NameScope(taken=taken)
    return [scope.unique(hint) for hint in hints]


def python_name(group: Group, otherwise: str) -> str:
    """The Python name of a variable, if any of its values has one."""
    for value in group:
        if value.base_name and not value.base_name.isdigit():
            return value.base_name
    return otherwise


def fallback(value: Value, surroundings: Surroundings) -> str:
    """A name for a value that Python did not name: after the layer it comes from, or its operator."""
    node = value.node
    if node.kind == "prim::Param":
        return "i" if value.type == T.INT else "carried"
    if node.kind in _PARTS:
        return _PARTS[node.kind][node.outputs.index(value)]
    for operand in node.inputs:
        words = surroundings.member_names(operand)
        if words is not None and isinstance(operand.type, (T.TensorType, T.OptionalType)):
            owner = words[:-1]
            if owner:
                last = owner[-1].lstrip("_")
                return f"{last if not last.isdigit() else '_'.join(owner[-2:])}_out"
    if node.kind == "ts2cpp::FusionGroup":
        return "fused"
    if node.kind == "prim::If" and isinstance(value.type, T.TensorType):
        for block in node.blocks:
            kept = block.returns[node.outputs.index(value)] if block.returns else None
            if kept is not None and kept.node.block is not block and kept.node.kind != "prim::Constant":
                return kept.base_name or fallback(kept, surroundings)
    if node.kind == "prim::GetAttr":
        return str(node.attributes["name"]).strip("_")
    if node.kind == "prim::CallFunction":
        return f"{called_function(node).name}_out"
    if node.kind == "ts2cpp::New":
        return snake_case(surroundings.class_name(value.type))
    if node.kind == "prim::CallMethod" and is_object(node.input(0)):
        return f"{node.attributes['name']}_out".lstrip("_").replace("_getter_out", "")
    if node.kind == "ts2cpp::CallEach":
        return f"{str(node.attributes['path'][-1]).strip('_')}_out"
    if node.kind == "ts2cpp::Element":
        return _element_name(node)
    if node.kind == "prim::CallMethod":
        return "_".join(w.strip("_") for w in _words(node.input(0))) + "_out"
    if node.kind == "prim::TupleIndex" and isinstance(type := node.input(0).type, T.TupleType) and type.fields:
        return type.fields[int(node.input(1).constant)]
    word = node.kind.partition("::")[2].strip("_")
    if word == "getitem" and node.input(0).node.kind == "aten::size":
        return "size"
    if word in _SHORT_NAMES:
        return _SHORT_NAMES[word]
    return f"{word}_out" if isinstance(value.type, T.TensorType) else word


def _words(module: Value) -> list[str]:
    """A module by its own name, or by that of its container and its place there."""
    words: list[str] = []
    while module.node.kind == "prim::GetAttr":
        words.insert(0, str(module.node.attributes["name"]))
        if not words[0].isdigit():
            return words
        module = module.node.input(0)
    return [_element_name(module.node), *words] if module.node.kind == "ts2cpp::Element" else words or ["result"]


def _element_name(node: Node) -> str:
    container = attribute_path(node.input(0)) or ("",)
    type = node.output.type
    return item_name(
        container[-1].lstrip("_"), type.name.rpartition(".")[2] if isinstance(type, T.ClassType) else "Item"
    )


def item_name(container: str, struct: str) -> str:
    """A name for one of the things in a container: ``layers`` holds a ``layer``; else after what it is."""
    item = item_of(container)
    return item if item != container else snake_case(struct)


def snake_case(name: str) -> str:
    """``MyClass`` as a variable: ``my_class``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


# What the results of functions of the runtime are called.
_PARTS = {
    "ts2cpp::lstm_layer": ("output", "hidden", "cell"), "ts2cpp::gru_layer": ("output", "hidden"),
    "ts2cpp::rnn_tanh_layer": ("output", "hidden"), "ts2cpp::rnn_relu_layer": ("output", "hidden"),
    "ts2cpp::multi_head_attention": ("attn_output", "attn_weights"),
}  # fmt: skip
_SHORT_NAMES = {
    "Constant": "constant", "NumToTensor": "size", "Int": "count", "ScalarImplicit": "number", "IntImplicit": "count",
    "ListConstruct": "items", "TupleConstruct": "pair", "DictConstruct": "table", "If": "chosen", "Loop": "carried",
    "ListUnpack": "part", "TupleUnpack": "part", "unchecked_cast": "given", "getitem": "item", "is": "is_none",
    "isnot": "has_value", "not": "negated", "EnumName": "name", "EnumValue": "value", "TupleIndex": "item",
    "TupleSlice": "part", "tolist": "items", "isinstance": "is_instance", "chunk": "chunks", "split": "parts", "unbind": "rows",
}  # fmt: skip
