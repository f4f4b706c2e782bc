"""Annotations inside a constructor are no declarations: a warning where the type would be lost."""

from __future__ import annotations

import ast
import inspect
import textwrap
import warnings
from typing import Any

_CONTAINERS = {"List": ast.List, "Dict": ast.Dict, "Optional": ast.Constant, "list": ast.List, "dict": ast.Dict}


def warn_of_lost_annotations(module: Any) -> None:
    """Warn of each ``self.x: List[int] = []`` in the constructor of a module's class: nothing else says what ``x`` holds."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(type(module).__init__)))
    except (OSError, TypeError, SyntaxError):
        return
    declared = getattr(type(module), "__annotations__", {})
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Attribute):
            owner = node.target.value
            if (
                isinstance(owner, ast.Name)
                and owner.id == "self"
                and node.target.attr not in declared
                and _is_lost(node)
            ):
                warnings.warn(
                    "The TorchScript type system doesn't support instance-level annotations on empty non-base types in "
                    "`__init__`. Instead, either 1) use a type annotation in the class body, or 2) wrap the type in "
                    "`torch.jit.Attribute`.",
                    stacklevel=2,
                )


def _is_lost(node: ast.AnnAssign) -> bool:
    """Whether the value is an empty container or ``None``, from which no type can be inferred."""
    annotation = node.annotation.value if isinstance(node.annotation, ast.Subscript) else None
    name = getattr(annotation, "id", getattr(annotation, "attr", ""))
    value = node.value
    if name not in _CONTAINERS or not isinstance(value, _CONTAINERS[name]):
        return False
    return (
        not getattr(value, "elts", None) and not getattr(value, "keys", None) and getattr(value, "value", None) is None
    )
