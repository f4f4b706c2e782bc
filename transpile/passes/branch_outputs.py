"""What branches hand on twice they hand on once, and a tuple that is taken apart afterwards as its elements.

Before::

    %k : Tensor, %t : (Tensor, int) = prim::If(%c)
      block0():
        %1 : (Tensor, int) = prim::TupleConstruct(%a, %n)
        -> (%a, %1)
      block1():
        %2 : (Tensor, int) = prim::TupleConstruct(%b, %m)
        -> (%b, %2)
    %first : Tensor = prim::TupleIndex(%t, %zero)

After, ``%first`` is ``%k``::

    %k : Tensor, %n.1 : int = prim::If(%c)
      block0():
        -> (%a, %n)
      block1():
        -> (%b, %m)
"""

from __future__ import annotations

from transpile.core import types as T
from transpile.ir.graph import Block, Graph, Node, Value


def branch_outputs(graph: Graph, context: object = None) -> bool:
    """Change the outputs of every ``If``."""
    changed = False
    for node in reversed(list(graph.walk())):
        if node.kind == "prim::If":
            for index in range(len(node.outputs) - 1, -1, -1):
                changed |= _take_apart(node, index)
            changed |= _share(node)
    return changed


def _reaching(node: Node) -> list[Block]:
    """The blocks whose end control reaches."""
    return [block for block in node.blocks if block.returns]


def _take_apart(node: Node, index: int) -> bool:
    output = node.outputs[index]
    made = [block.returns[index].node for block in _reaching(node)]
    if not isinstance(output.type, T.TupleType) or output.type.fields or not output.uses:
        return False
    if any(n.kind != "prim::TupleConstruct" for n in made) or not all(_takes(use.node) for use in output.uses):
        return False
    if any(v.type != e for n in made for v, e in zip(n.inputs, output.type.elements, strict=True)):
        return False
    elements: list[Value] = []
    for position, element in enumerate(output.type.elements):
        elements.append(node.add_output(element))
        for block, construct in zip(_reaching(node), made, strict=True):
            block.add_return(construct.input(position))
    for user in [use.node for use in output.uses]:
        if user.kind == "prim::TupleIndex":
            user.output.replace_all_uses_with(elements[int(user.input(1).constant)])
        else:
            for old, new in zip(user.outputs, elements, strict=True):
                name = old.base_name
                old.replace_all_uses_with(new)
                if name:
                    new.set_name(name)
        user.destroy()
    _remove(node, index)
    return True


def _takes(user: Node) -> bool:
    return user.kind == "prim::TupleUnpack" or (
        user.kind == "prim::TupleIndex" and isinstance(user.input(1).constant, int)
    )


def _share(node: Node) -> bool:
    """Outputs that are equal, whichever branch is taken, become one."""
    changed = False
    rows = [tuple(block.returns[i] for block in _reaching(node)) for i in range(len(node.outputs))]
    for index in range(len(node.outputs) - 1, 0, -1):
        first = rows.index(rows[index])
        output, kept = node.outputs[index], node.outputs[first]
        if first < index and rows[index] and output.type == kept.type:
            output.replace_all_uses_with(kept)
            _remove(node, index)
            changed = True
    return changed


def _remove(node: Node, index: int) -> None:
    node.remove_output(index)
    for block in _reaching(node):
        block.remove_return(index)
