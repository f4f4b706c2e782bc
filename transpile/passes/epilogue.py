"""What follows a convolution or a linear layer is applied while its result is written.

Before::

    %y : Tensor = aten::conv2d(%x, %w, %b, %stride, %padding, %dilation, %groups)
    %s : Tensor = aten::add(%y, %identity, %one)
    %z : Tensor = aten::relu(%s)

After::

    %z : Tensor = ts2cpp::conv2d[epilogue="add_relu"](%x, %w, %b, %stride, %padding, %dilation, %groups, %identity)

``ts2cpp::conv1d``, ``ts2cpp::conv2d`` and ``ts2cpp::linear`` have the inputs of the ``aten`` operator; then, for ``add``
and ``add_relu``, the tensor that is added.  Attributes: ``epilogue`` is ``none``, ``add``, ``add_relu`` or the name of an
activation (``ops/fusion.py: epilogues``), whose parameters are attributes too: ``min`` and ``max`` for ``clamp``,
``negative_slope`` for ``leaky_relu``; ``residual_in_place`` is set if the program said ``y += identity``, which keeps the
dtype and shape of ``y`` instead of promoting.  The runtime computes the unfused operators where dtype or shape of the two
differ.

Each intermediate must have exactly one use, in the same block.  An activation of a private value rises to its layer:
it neither fails nor is seen.  A residual must be there: if it is computed after the layer, the layer sinks to it, and
nothing in between may have an effect or write to what is involved.
"""

from __future__ import annotations

from typing import Any

from transpile.core import types as T
from transpile.ir.alias import AliasAnalysis
from transpile.ir.evaluate import constant_settings
from transpile.ir.facts import has_effect
from transpile.ir.graph import Graph, Node, Value
from transpile.ops.fusion import epilogues, function_name, scalar_spelling
from transpile.passes.motion import is_private, may_sink

LAYERS = {f"aten::{name}": f"ts2cpp::{name}" for name in ("conv1d", "conv2d", "linear")}
_LARGEST_INT = 2**53  # the runtime keeps parameters as doubles


def epilogue(graph: Graph, context: object = None) -> bool:
    """Merge activations and residual additions into the layers before them."""
    changed = False
    aliases = AliasAnalysis(graph)
    for node in graph.walk():
        plain = node.kind in LAYERS and node.operator is not None and node.operator.schema.overload == ""
        if plain and _absorb(graph, node, aliases):
            aliases = AliasAnalysis(graph)
            changed = True
    return changed


def _absorb(graph: Graph, layer: Node, aliases: AliasAnalysis) -> bool:
    attributes: dict[str, Any] = {}
    residual: Value | None = None
    absorbed: list[Node] = []
    place = layer
    user = _only_user(layer, aliases)
    if user is not None and (residual := _residual(user, layer.output)) is not None:
        found_place = _place(layer, user, residual, aliases)
        if found_place is None:
            return False
        place = found_place
        attributes["epilogue"] = "add"
        if user.kind == "aten::add_":
            attributes["residual_in_place"] = 1
        absorbed.append(user)
        user = _only_user(user, aliases)
    found = _activation(user, (absorbed or [layer])[-1].output) if user is not None else None
    if user is not None and found is not None and (residual is None or found["epilogue"] == "relu"):
        attributes |= found
        if residual is not None:
            attributes["epilogue"] = "add_relu"
        absorbed.append(user)
    if not absorbed:
        return False
    last = absorbed[-1]
    inputs = [*layer.inputs, *([residual] if residual is not None else [])]
    fused = graph.create(LAYERS[layer.kind], inputs, [last.output.type], range=layer.range)
    fused.attributes, fused.scope, fused.stack = attributes, layer.scope, layer.stack
    fused.insert_after(place)
    name = last.output.name or layer.output.name
    last.output.replace_all_uses_with(fused.output)
    for node in reversed(absorbed):
        node.destroy()
    layer.destroy()
    if name:
        fused.output.set_name(name)
    return True


def _place(layer: Node, add: Node, residual: Value, aliases: AliasAnalysis) -> Node | None:
    """The node after which layer and addition can be done together, or ``None``.

    That is the layer itself or, if it comes later, what computes the residual; the layer sinks to there, the addition
    rises to there.
    """
    place = layer
    if residual.node.block is layer.block and layer.is_before(residual.node):
        place = residual.node
        following = place.next
        if following is None or not may_sink(layer, following, aliases, [add]):
            return None
    current = place.next
    while current is not None and current is not add:
        if has_effect(current) or aliases.writes_to(current, [residual]):
            return None
        current = current.next
    return place if current is add else None


def _only_user(node: Node, aliases: AliasAnalysis) -> Node | None:
    value = node.output
    return value.uses[0].node if is_private(value, aliases) else None


def _residual(node: Node, value: Value) -> Value | None:
    """The other operand of ``value + other`` with a factor of one."""
    if (
        node.kind not in ("aten::add", "aten::add_")
        or node.operator is None
        or node.operator.schema.overload != "Tensor"
    ):
        return None
    factor = node.input(2)
    if factor.constant != 1:
        return None
    if node.input(0) is value and node.input(1) is not value:
        other = node.input(1)
    elif node.kind == "aten::add" and node.input(1) is value:
        other = node.input(0)
    else:
        return None
    return other if isinstance(other.type, T.TensorType) else None


def _activation(node: Node, value: Value) -> dict[str, Any] | None:
    """The attributes for an activation of ``value``, if ``node`` is one whose settings are constants."""
    operator = node.operator
    if operator is None or "epilogue" not in operator.tags or node.input(0) is not value:
        return None
    settings = constant_settings(node)
    if len(settings) != len(node.inputs) - 1:
        return None
    spelling = scalar_spelling(operator, settings)
    if spelling is None:
        return None
    name = function_name(spelling)
    given = {p: settings[p] for p in epilogues()[name].parameters}
    for setting in given.values():
        if type(setting) not in (int, float) or (isinstance(setting, int) and abs(setting) > _LARGEST_INT):
            return None
    return {"epilogue": name, **given}
