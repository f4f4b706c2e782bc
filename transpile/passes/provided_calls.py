"""Functions of the library that the runtime has whole: their calls become one node, and are not inlined.

Before::

    %f : Function = prim::Constant[name="_canonical_mask"]()
    %m : Tensor? = prim::CallFunction(%f, %mask, %name, %other, %other_name, %dtype, %check)

After::

    %m : Tensor? = ts2cpp::canonical_mask(%mask, %name, %other, %other_name, %dtype, %check)

What the runtime's function leaves out (dropout in training, weights of their own for key and value) must be known to be absent.
"""

from __future__ import annotations

from collections.abc import Callable

from transpile.core import types as T
from transpile.core.schema import parse_schema
from transpile.ir.function import Function
from transpile.ir.graph import Node, Value
from transpile.ops.registry import Operator

_FUNCTIONAL = "__torch__.torch.nn.functional."
_HEADER = "ts2cpp/ops/multi_head_attention.hpp"

CANONICAL_MASK = Operator(
    parse_schema(
        "ts2cpp::canonical_mask(Tensor(a)? mask, str mask_name, ScalarType? other_type, str other_name, "
        "ScalarType target_type, bool check_other=True) -> Tensor(a)?"
    ),
    tags=frozenset({"effect", "nofold"}),  # it may warn
    header=_HEADER,
)
MULTI_HEAD_ATTENTION = Operator(
    parse_schema(
        "ts2cpp::multi_head_attention(Tensor query, Tensor key, Tensor value, int embed_dim, int num_heads, "
        "Tensor in_proj_weight, Tensor? in_proj_bias, Tensor out_proj_weight, Tensor? out_proj_bias, "
        "Tensor? key_padding_mask=None, bool need_weights=True, Tensor? attn_mask=None, bool average_attn_weights=True, "
        "bool is_causal=False) -> (Tensor, Tensor?)"
    ),
    tags=frozenset({"nofold"}),
    header=_HEADER,
)


def provide(call: Node, callee: Function) -> bool:
    """Let a call be one of the runtime's function, if there is one that does all that such a call may need."""
    if call.kind != "prim::CallFunction" or callee.python is None:
        return False  # what an archive holds is another version
    rule = _RULES.get(callee.qualified_name)
    given = dict(zip((a.name for a in callee.schema.arguments), call.inputs[1:], strict=True))
    return rule is not None and rule(call, callee, given)


def _canonical_mask(call: Node, callee: Function, given: dict[str, Value]) -> bool:
    if given["mask"].is_none:
        return False  # nothing is left of it
    node = _node(call, callee, CANONICAL_MASK, given)
    call.output.replace_all_uses_with(node.add_output(call.output.type))
    call.destroy()
    return True


_ABSENT = ("bias_k", "bias_v", "static_k", "static_v")
_OFF = ("add_zero_attn", "training", "use_separate_proj_weight")


def _multi_head_attention(call: Node, callee: Function, given: dict[str, Value]) -> bool:
    if not all(given[name].is_none for name in _ABSENT) or any(given[name].constant is not False for name in _OFF):
        return False
    if given["in_proj_weight"].type != T.TENSOR:
        return False
    node = _node(call, callee, MULTI_HEAD_ATTENTION, {**given, "embed_dim": given["embed_dim_to_check"]})
    values = [node.add_output(T.TENSOR), node.add_output(T.OptionalType(T.TENSOR))]
    for use in call.output.uses:
        if use.node.kind == "prim::TupleUnpack":
            for value, part in zip(values, use.node.outputs, strict=True):
                name = part.base_name
                if name:
                    call.graph.forget_name(part)
                    value.set_name(name)
    joined = call.graph.create("prim::TupleConstruct", values, [call.output.type], range=call.range)
    joined.scope, joined.stack = call.scope, call.stack
    joined.insert_before(call)
    call.output.replace_all_uses_with(joined.output)
    call.destroy()
    return True


_RULES: dict[str, Callable[[Node, Function, dict[str, Value]], bool]] = {
    f"{_FUNCTIONAL}_canonical_mask": _canonical_mask,
    f"{_FUNCTIONAL}multi_head_attention_forward": _multi_head_attention,
}


def _node(call: Node, callee: Function, operator: Operator, given: dict[str, Value]) -> Node:
    values = [given[a.name] for a in operator.schema.arguments]
    node = call.graph.create(operator.name, values, [], operator=operator, range=call.range, callee=callee)
    node.scope, node.stack = call.scope, call.stack
    return node.insert_before(call)
