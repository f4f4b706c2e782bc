"""Small local simplifications, each a function with its before and after.

None of them makes two values the same memory that were not so before, except where the operator itself gives back its
argument (dropout outside of training).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from transpile.core import types as T
from transpile.ir.alias import AliasAnalysis, is_mutable_type
from transpile.ir.facts import answer_to_itself, compared_with_itself
from transpile.ir.graph import Graph, Node, Use, Value
from transpile.ops.registry import find
from transpile.passes.ranks import known_rank, may_be_resized, rank_where, source_of_rank

Rule = Callable[[Node, AliasAnalysis], Value | None]


def peephole(graph: Graph, context: object = None) -> bool:
    """Apply the rules until none fits."""
    changed = False
    again = True
    while again:
        again = False
        aliases = AliasAnalysis(graph)
        for node in graph.walk():
            if node.kind == "prim::ListUnpack":
                again |= _unpack_list(node, aliases)
                continue
            if node.kind == "prim::If":
                again |= _flag(node)
                continue
            if node.kind == "aten::append":
                if _join_append(node):
                    again, aliases = True, AliasAnalysis(graph)  # the new list has the writers of the old one
                continue
            if node.kind == "aten::slice":
                again |= _whole(node)
            rule = _RULES.get(node.kind, _answer)
            if len(node.outputs) != 1:
                continue
            replacement = rule(node, aliases)
            if replacement is not None and replacement is not node.output:
                node.output.replace_all_uses_with(replacement)
                node.destroy()
                again = True
        changed |= again
    return changed


def _flag(node: Node) -> bool:
    """``True if c else False`` -> ``c``, ``False if c else True`` -> ``not c``."""
    changed = False
    for index in range(len(node.outputs) - 1, -1, -1):
        answers = [b.returns[index].constant if b.returns else None for b in node.blocks]
        if not all(isinstance(a, bool) for a in answers) or answers[0] == answers[1]:
            continue
        condition = node.input()
        if answers[1]:
            negation = node.graph.create("aten::__not__", [condition], [T.BOOL], range=node.range)
            negation.operator = find("aten::__not__")
            negation.scope, negation.stack = node.scope, node.stack
            condition = negation.insert_before(node).output
        node.outputs[index].replace_all_uses_with(condition)
        node.remove_output(index)
        for block in node.blocks:
            block.remove_return(index)
        changed = True
    return changed


def _unpack_list(node: Node, aliases: AliasAnalysis) -> bool:
    """``a, b = [x, y]`` for a list that nobody writes to."""
    source = node.input().node
    if source.kind != "prim::ListConstruct" or len(source.inputs) != len(node.outputs):
        return False
    if _list_changes(source.output, aliases):
        return False
    for output, value in zip(node.outputs, list(source.inputs), strict=True):
        output.replace_all_uses_with(value)
    node.destroy()
    return True


def _join_append(node: Node) -> bool:
    """``xs = [1]``, ``xs.append(2)`` -> ``xs = [1, 2]`` for constants, if the list is used for nothing else before."""
    made, item = node.input(0).node, node.input(1)
    if made.kind != "prim::ListConstruct" or made.block is not node.block or any(v.uses for v in node.outputs):
        return False
    if not item.is_constant or not all(v.is_constant for v in made.inputs):
        return False
    users = {use.node for use in made.output.uses}
    between = made.next
    while between is not None and between is not node:
        if between in users or any(inner in users for block in between.blocks for inner in block.walk()):
            return False
        between = between.next
    longer = node.graph.create(made.kind, [*made.inputs, item], [made.output.type], range=made.range)
    longer.scope, longer.stack = made.scope, made.stack
    name = made.output.base_name
    made.output.replace_all_uses_with(longer.insert_before(node).output)
    node.destroy()
    made.destroy()
    if name:
        longer.output.set_name(name)
    return True


_NO_END = 2**63 - 1  # where PyTorch says that a slice has no end


def _whole(node: Node) -> bool:
    """``x[0:9223372036854775807]`` -> ``x[:]``; rewrites the node itself."""
    if node.operator is None or node.operator.schema.overload != "Tensor":
        return False
    changed = False
    for name, trivial in (("start", 0), ("end", _NO_END)):
        value = node.named_input(name)
        if value.constant == trivial:
            node.replace_input(node.operator.schema.index_of(name), _new_constant(node, None))
            changed = True
    return changed


def _new_constant(node: Node, value: Any) -> Value:
    constant = node.graph.create_constant(value)
    constant.range = None
    return constant.insert_before(node).output


def _neutral(node: Node, value: Value, number: int) -> bool:
    """Whether ``value`` is the constant ``number`` and the other operand keeps its type."""
    known = value.constant
    return not isinstance(known, bool) and isinstance(known, (int, float)) and known == number


def _sum(node: Node, aliases: AliasAnalysis) -> Value | None:
    """``n + 0``, ``n - 0`` -> ``n`` for ints (for floats -0.0 + 0 is 0.0)."""
    a, b = node.input(0), node.input(1)
    if node.output.type != T.INT or a.type != T.INT or b.type != T.INT:
        return None
    if _neutral(node, b, 0):
        return a
    return b if node.kind == "aten::add" and _neutral(node, a, 0) else None


def _product(node: Node, aliases: AliasAnalysis) -> Value | None:
    """``n * 1`` -> ``n`` for numbers; ``x * 1`` -> ``x`` for a tensor of known float type that nobody else sees."""
    a, b = node.input(0), node.input(1)
    if _neutral(node, b, 1):
        if node.output.type in (T.INT, T.FLOAT) and a.type == node.output.type:
            return a
        if isinstance(a.type, T.TensorType) and a.type.dtype is not None and a.type.dtype.is_floating_point:
            return a if _may_merge(a, node.output, aliases) else None
    if node.kind == "aten::mul" and _neutral(node, a, 1) and b.type == node.output.type in (T.INT, T.FLOAT):
        return b
    return None


def _may_merge(a: Value, b: Value, aliases: AliasAnalysis) -> bool:
    """Whether ``b``, a copy of ``a``, may be ``a`` itself: nobody writes to either and at most one leaves the graph."""
    if aliases.has_writers(a) or aliases.has_writers(b):
        return False
    return not leaves(a, aliases) or not leaves(b, aliases)


def leaves(value: Value, aliases: AliasAnalysis) -> bool:
    """Whether the memory of ``value`` may be seen after the graph has run."""
    if aliases.is_outside(value):
        return True
    graph = value.graph
    if any(aliases.may_contain_alias(value, output) for output in graph.outputs):
        return True
    return any(aliases.may_contain_alias(value, v) for n in graph.walk() if n.kind == "prim::Return" for v in n.inputs)


def _equal(node: Node, aliases: AliasAnalysis) -> Value | None:
    """``x.size() == x.size()``, ``torch.zeros(n).size() == [n]`` -> ``True``, unless sizes may change; else see ``_bits``."""
    sides = [_sizes(v, aliases) for v in node.inputs[:2]]
    lists = [v.node for v in node.inputs[:2]]
    resized = (n.input(0) for n in lists if n.kind == "aten::size")
    if sides[0] is not None and sides[0] == sides[1] and not any(map(may_be_resized, resized)):
        return _new_constant(node, node.kind == "aten::eq")
    return _bits(node, aliases) or _answer(node, aliases)


def _sizes(value: Value, aliases: AliasAnalysis) -> Hashable:
    """Equal for lists of equal ints: the sizes of one tensor, what a new tensor is made with; ``None`` for any other list."""
    node = value.node
    if value.type != T.ListType(T.INT) or aliases.has_writers(value):
        return None  # tensors in lists are compared element by element, which may raise
    if node.kind == "prim::ListConstruct":
        return tuple(v if v.constant_as(int) is None else v.constant_as(int) for v in node.inputs)
    if node.kind != "aten::size" or len(node.inputs) != 1:
        return None
    made = node.input().node
    if (
        made.kind in ("aten::zeros", "aten::ones", "aten::full", "aten::empty")
        and made.input(0).node.kind == "prim::ListConstruct"
    ):
        return _sizes(made.input(0), aliases)
    return node.input()


def _bits(node: Node, aliases: AliasAnalysis) -> Value | None:
    """``(n | 3) == 4`` -> ``False``, ``(n & 3) != 4`` -> ``True``: bits that decide whatever the int is."""
    for side, other in ((0, 1), (1, 0)):
        combined, wanted = node.input(side).node, node.input(other).constant_as(int)
        masks = [v.constant_as(int) for v in combined.inputs] if combined.kind in _MASKS else []
        mask = next((m for m in masks if m is not None), None)
        if wanted is None or mask is None or node.input(side).type != T.INT:
            continue
        impossible = mask & ~wanted if combined.kind == "aten::__or__" else wanted & ~mask
        if impossible:
            return _new_constant(node, node.kind == "aten::ne")
    return None


_MASKS = ("aten::__or__", "aten::__and__")


def _cast(node: Node, aliases: AliasAnalysis) -> Value | None:
    """``unchecked_cast`` to the type that the value has anyway."""
    value = node.input()
    return value if T.is_subtype(value.type, node.output.type) else None


def _is(node: Node, aliases: AliasAnalysis) -> Value | None:
    """``x is None`` where the type of ``x`` decides, ``x is x``."""
    a, b = node.input(0), node.input(1)
    if a is b:
        return _new_constant(node, node.kind == "aten::__is__")
    if a.type == T.NONE and b.type != T.NONE:
        a, b = b, a
    if b.type != T.NONE:
        return None
    if a.type == T.NONE:
        answer = True
    elif T.is_subtype(T.NONE, a.type):
        return None
    else:
        answer = False
    return _new_constant(node, answer if node.kind == "aten::__is__" else not answer)


def _isinstance(node: Node, aliases: AliasAnalysis) -> Value | None:
    """``isinstance`` of a value whose static type is one of those asked for."""
    type = node.input().type
    if any(T.is_subtype(type, t) for t in node.attributes["types"]):
        return _new_constant(node, True)
    return None


def _unwrap(node: Node, aliases: AliasAnalysis) -> Value | None:
    """Unwrapping what is no Optional."""
    value = node.input()
    return value if not isinstance(value.type, T.OptionalType) and value.type != T.NONE else None


def _getitem(node: Node, aliases: AliasAnalysis) -> Value | None:
    """``[a, b][1]`` -> ``b`` for a list that nobody writes to."""
    source = node.input(0).node
    index = node.input(1).constant
    if source.kind != "prim::ListConstruct" or isinstance(index, bool) or not isinstance(index, int):
        return None
    if not -len(source.inputs) <= index < len(source.inputs) or _list_changes(source.output, aliases):
        return None
    return source.inputs[index]


def _length(node: Node, aliases: AliasAnalysis) -> Value | None:
    """``len([a, b])`` -> ``2``, ``len({})`` -> ``0`` for a list or dict that nobody writes to."""
    source = node.input(0).node
    known = source.kind == "prim::ListConstruct" or (source.kind == "prim::DictConstruct" and not source.inputs)
    if not known or _list_changes(source.output, aliases):
        return None
    return _new_constant(node, len(source.inputs))


def _smallest(node: Node, aliases: AliasAnalysis) -> Value | None:
    """``min([largest int, n, n])`` -> ``n``, ``min([n, m])`` -> ``min(n, m)``: the lengths of ``enumerate`` and ``zip``."""
    if node.operator is None or node.operator.schema.overload != "self_int":
        return None
    source = node.input().node
    if source.kind != "prim::ListConstruct" or not source.inputs or _list_changes(source.output, aliases):
        return None
    values = [v for v in dict.fromkeys(source.inputs) if v.constant != 2**63 - 1] or [source.inputs[0]]
    result = values[0]
    for value in values[1:]:
        smaller = node.graph.create(
            "prim::min", [result, value], [T.INT], operator=find("prim::min.int"), range=node.range
        )
        smaller.scope, smaller.stack = node.scope, node.stack
        result = smaller.insert_before(node).output
    return result


def _extend(node: Node, aliases: AliasAnalysis) -> Value | None:
    """``xs += ys`` -> ``xs.extend(ys)`` for lists: it gives the same list back."""
    target, other = node.inputs[:2]
    if not isinstance(target.type, T.ListType):
        return None
    change = node.graph.create("aten::extend", [target, other], [], operator=find("aten::extend.t"), range=node.range)
    change.scope, change.stack = node.scope, node.stack
    change.insert_before(node)
    return target


def _list_changes(value: Value, aliases: AliasAnalysis) -> bool:
    return aliases.has_writers(value)


def _dropout(node: Node, aliases: AliasAnalysis) -> Value | None:
    """``dropout(x, p, False)`` -> ``x``; the operator gives back its argument, too."""
    return node.input(0) if node.input(2).constant is False else None


def _to(node: Node, aliases: AliasAnalysis) -> Value | None:
    """``x.to(dtype)`` -> ``x`` where ``x`` is known to have that type; the operator gives back its argument, too."""
    if node.operator is None or node.operator.schema.overload != "dtype":
        return None
    value = node.input(0)
    if not isinstance(value.type, T.TensorType) or value.type.dtype is None:
        return None
    copies = node.named_input("copy").constant
    return value if copies is False and node.named_input("dtype").constant == value.type.dtype.code else None


def _slice(node: Node, aliases: AliasAnalysis) -> Value | None:
    """``x[:, 0]`` -> ``x.select(1, 0)``: a slice of everything, where what follows asks for as many axes anyway."""
    if not isinstance(node.input(0).type, T.TensorType):
        return None
    dim, *bounds = (v.constant for v in list(node.inputs)[1:])
    if bounds != [None, None, 1] or not isinstance(dim, int) or dim < 0:
        return None
    return node.input(0) if all(_needs_axis(use, dim) for use in node.output.uses) else None


def _needs_axis(use: Use, dim: int) -> bool:
    """Whether an operator refuses a tensor without the axis ``dim``."""
    if use.index != 0 or use.node.kind not in ("aten::select", "aten::slice", "aten::unsqueeze"):
        return False
    other = use.node.input(1).constant
    return isinstance(other, int) and other > dim


def _not(node: Node, aliases: AliasAnalysis) -> Value | None:
    """``not not b`` -> ``b``."""
    source = node.input().node
    if source.kind == "aten::__not__" and not is_mutable_type(source.input().type):
        return source.input()
    return None


def _rank(node: Node, aliases: AliasAnalysis) -> Value | None:
    """``conv2d(x).dim()`` -> ``x.dim()``, ``flatten(x, 1).dim()`` -> ``2``: the operator has run by then."""
    value = source_of_rank(node, aliases)
    rank = known_rank(value)
    if rank is None:
        rank = rank_where(node.input(), node)
    if rank is not None:
        return _new_constant(node, rank)
    if value is node.input():
        return None
    same = node.graph.create(node.kind, [value], [T.INT], operator=node.operator, range=node.range)
    same.scope, same.stack = node.scope, node.stack
    return same.insert_before(node).output


def _answer(node: Node, aliases: AliasAnalysis) -> Value | None:
    """``x.is_nested`` -> ``False``, ``x.device`` -> ``"cpu"``: what the runtime says of every tensor; ``n < n`` -> ``False``."""
    spelling = node.operator.cpp if node.operator is not None else ""
    answer = _ANSWERS.get(spelling, answer_to_itself(node) if _is_mirrored(node) else compared_with_itself(node))
    if answer is None:
        return None
    constant = node.graph.create_constant(answer, node.output.type)
    constant.range = None
    return constant.insert_before(node).output


def _is_mirrored(node: Node) -> bool:
    """Whether a node has ``a + b`` and ``b + a``, of ints, as its operands."""
    if len(node.inputs) != 2:
        return False
    left, right = (v.node for v in node.inputs)
    if left.kind != right.kind or left.kind not in ("aten::add", "aten::mul") or left.output.type != T.INT:
        return False
    return left.output.type == right.output.type and list(left.inputs) == list(reversed(right.inputs))


_ANSWERS: dict[str, Any] = {"true": True, "false": False, "ts2cpp::Device()": "cpu"}

_RULES: dict[str, Rule] = {
    "aten::add": _sum,
    "aten::sub": _sum,
    "aten::mul": _product,
    "aten::div": _product,
    "aten::eq": _equal,
    "aten::ne": _equal,
    "prim::unchecked_cast": _cast,
    "aten::__is__": _is,
    "aten::__isnot__": _is,
    "prim::isinstance": _isinstance,
    "prim::unchecked_unwrap_optional": _unwrap,
    "aten::_unwrap_optional": _unwrap,
    "aten::__getitem__": _getitem,
    "aten::len": _length,
    "aten::dim": _rank,
    "aten::slice": _slice,
    "aten::dropout": _dropout,
    "aten::feature_dropout": _dropout,
    "aten::alpha_dropout": _dropout,
    "aten::feature_alpha_dropout": _dropout,
    "aten::dropout_": _dropout,
    "aten::to": _to,
    "aten::__not__": _not,
    "prim::min": _smallest,
    "aten::add_": _extend,
}
