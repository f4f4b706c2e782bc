"""Functions of the library that the runtime has whole: their calls become one node, and are not inlined.

Before::

    %f : Function = prim::Constant[name="_canonical_mask"]()
    %m : Tensor? = prim::CallFunction(%f, %mask, %name, %other, %other_name, %dtype, %check)

After::

    %m : Tensor? = ts2cpp::canonical_mask(%mask, %name, %other, %other_name, %dtype, %check)

What the runtime's function leaves out (dropout in training, weights of their own for key and value) must be known to be absent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from transpile.core import types as T
from transpile.core.names import without_numbers
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


_LAYER = (
    "Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional, bool batch_first, "
    "int input_size, int hidden_size"
)
_RECURRENT = {
    name: Operator(
        parse_schema(f"ts2cpp::{name}_layer(Tensor input, {state}? hx, {_LAYER}{more}) -> ({results})"),
        tags=frozenset({"nofold", "dropout"}),
        header="ts2cpp/ops/recurrent_layer.hpp",
    )
    for name, state, more, results in (
        ("lstm", "(Tensor, Tensor)", ", int proj_size=0", "Tensor, Tensor, Tensor"),
        ("gru", "Tensor", "", "Tensor, Tensor"),
        ("rnn_tanh", "Tensor", "", "Tensor, Tensor"),
        ("rnn_relu", "Tensor", "", "Tensor, Tensor"),
    )
}


def provide(call: Node, callee: Function) -> bool:
    """Let a call be one of the runtime's function, if there is one that does all that such a call may need."""
    if callee.python is None and not callee.is_library:
        return False  # what an archive holds under that name is another version
    if call.kind == "prim::CallMethod":
        return without_numbers(callee.qualified_name) in _RECURRENT_METHODS and _recurrent(call, callee)
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
    _take_names(call.output, values)
    call.output.replace_all_uses_with(_tuple(call, values, call.output.type))
    call.destroy()
    return True


_RECURRENT_METHODS = frozenset(f"__torch__.torch.nn.modules.rnn.{name}.forward__0" for name in ("LSTM", "GRU", "RNN"))


def _recurrent(call: Node, callee: Function) -> bool:
    """A recurrent layer with its weights and settings; packed sequences go another way."""
    layer, graph = call.input(0), call.graph
    assert isinstance(layer.type, T.ClassType)
    settings = {**layer.type.constants, "has_biases": layer.type.constants["bias"]}
    operator = _RECURRENT[str(settings["mode"]).lower()]

    def given(name: str, type: T.Type) -> Value:
        if name in ("params", "train"):
            attribute = "_flat_weights" if name == "params" else "training"
            read = graph.create("prim::GetAttr", [layer], [type], range=call.range, name=attribute)
            read.stack, read.scope = call.stack, call.scope
            return read.insert_before(call).output
        return graph.create_constant(settings[name]).insert_before(call).output

    values = [*call.inputs[1:], *(given(a.name, a.type) for a in operator.schema.arguments[2:])]
    node = graph.create(operator.name, values, [r.type for r in operator.schema.returns], operator=operator)
    node.range, node.scope, node.stack = call.range, call.scope, call.stack
    node.insert_before(call)
    output, *state = node.outputs
    _take_names(call.output, [output, state if len(state) > 1 else state[0]])
    assert isinstance(call.output.type, T.TupleType)
    held = state[0]
    if len(state) > 1:
        held = _tuple(call, list(state), call.output.type.elements[1])
    call.output.replace_all_uses_with(_tuple(call, [output, held], call.output.type))
    call.destroy()
    return True


def _take_names(given: Value, values: Sequence[Value | Sequence[Value]]) -> None:
    """Call the parts of a result what the program calls them where it takes them apart."""
    for use in given.uses:
        if use.node.kind != "prim::TupleUnpack":
            continue
        for part, value in zip(use.node.outputs, values, strict=True):
            name = part.base_name
            if not isinstance(value, Value):
                _take_names(part, value)
            elif name and not value.name:
                part.graph.forget_name(part)
                value.set_name(name)


def _tuple(call: Node, values: list[Value], type: T.Type) -> Value:
    node = call.graph.create("prim::TupleConstruct", values, [type], range=call.range)
    node.scope, node.stack = call.scope, call.stack
    return node.insert_before(call).output


_RULES: dict[str, Callable[[Node, Function, dict[str, Value]], bool]] = {
    f"{_FUNCTIONAL}_canonical_mask": _canonical_mask,
    f"{_FUNCTIONAL}multi_head_attention_forward": _multi_head_attention,
}


def _node(call: Node, callee: Function, operator: Operator, given: dict[str, Value]) -> Node:
    values = [given[a.name] for a in operator.schema.arguments]
    node = call.graph.create(operator.name, values, [], operator=operator, range=call.range, callee=callee)
    node.scope, node.stack = call.scope, call.stack
    return node.insert_before(call)
