"""Which methods of interfaces are ``const``, from what stands behind them."""

from __future__ import annotations

import pytest

from transpile.codegen.plan.interfaces import is_const
from transpile.codegen.plan.program import ClassSpec, ModuleSpec, Program
from transpile.core import types as T
from transpile.ir.function import ScriptObject


@pytest.mark.parametrize(
    ("declared_as_module", "modules", "objects", "expected"),
    [
        (True, True, False, True),
        (True, False, False, True),
        (False, True, False, True),
        (False, False, True, False),
        (False, True, True, False),
        (False, False, False, False),
    ],
)
def test_methods_are_const_if_modules_alone_stand_behind(
    declared_as_module: bool, modules: bool, objects: bool, expected: bool
) -> None:
    interface = T.InterfaceType("__torch__.Stage", is_module=declared_as_module)
    layer = T.ClassType("__torch__.Layer", is_module=True)
    behind = [ModuleSpec(layer, ScriptObject(layer), None, interfaces=[interface])] if modules else []
    classes = [ClassSpec(T.ClassType("__torch__.Counter"), interfaces=[interface])] if objects else []
    program = Program(None, [], behind, [], classes, {interface: ["apply"]}, [])
    assert is_const(program, interface) is expected
