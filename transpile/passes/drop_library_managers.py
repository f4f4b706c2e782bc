"""Context managers of ``torch`` that change nothing in inference disappear: ``no_grad``, ``record_function``.

Before::

    %m : no_grad = prim::CreateObject()
    %none : NoneType = prim::Enter(%m)
    %y : Tensor = aten::relu(%x)
    %t : Tensor = prim::Exit(%m)

After::

    %y : Tensor = aten::relu(%x)
"""

from __future__ import annotations

from transpile.core import types as T
from transpile.ir.graph import Graph, Node
from transpile.passes.context import LIBRARY


def drop_library_managers(graph: Graph, context: object = None) -> bool:
    """Remove the library's managers whose objects are used for nothing else; their constructors are inlined already."""
    changed = False
    for node in list(graph.walk()):
        if node.kind == "prim::CreateObject" and _is_library(node.output.type):
            users = [u.node for u in node.output.uses]
            if all(_belongs(user, node) for user in users):
                for user in dict.fromkeys(users):
                    user.destroy()
                node.destroy()
                changed = True
    return changed


def _is_library(type: T.Type) -> bool:
    # Only autocast would change what is computed.
    library = isinstance(type, T.ClassType) and not type.is_module and type.name.startswith(LIBRARY)
    return library and not type.annotation().endswith(".autocast")


def _belongs(user: Node, made: Node) -> bool:
    """Whether a use only enters, leaves or fills the object."""
    if user.kind == "prim::SetAttr":
        return user.input(0) is made.output and user.input(1) is not made.output
    return user.kind in ("prim::Enter", "prim::Exit") and not any(v.uses for v in user.outputs)
