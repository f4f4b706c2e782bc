"""Graph and code text of scripted programs equal PyTorch's recorded ones, values renumbered."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.graph_text import PROGRAM_FILES, RECORDED, read, report
from transpile.ir.function import Function, ScriptObject
from transpile.jit.unit import new_unit
from transpile.pytorch.library import PYTORCH
from transpile.pytorch.ownership import is_installed
from transpile.script.library import BUNDLED
from transpile.script.unit import Unit


def script(program: Any, unit: Unit) -> Any:
    """Compile and give the object that users see."""
    from transpile.jit.module.script_function import ScriptFunction
    from transpile.jit.module.script_module import wrap_module
    from transpile.jit.unit import compile_all

    compiled: ScriptObject | Function = compile_all(program, unit)[1]
    return wrap_module(compiled) if isinstance(compiled, ScriptObject) else ScriptFunction(compiled)


def _let_torch_be_found() -> None:
    if "torch" not in sys.modules and importlib.util.find_spec("torch") is None:
        from transpile.torch_import import install_torch

        install_torch()


@pytest.mark.reference
@pytest.mark.parametrize("path", PROGRAM_FILES, ids=lambda p: p.stem)
def test_text_equals_pytorch(path: Path) -> None:
    _let_torch_be_found()
    recorded = read(RECORDED / f"{path.stem}.txt")
    unit = new_unit(collect=True, library=PYTORCH if is_installed() else BUNDLED)
    found = report(path, lambda program: script(program, unit))
    assert found.keys() == recorded.keys()
    for title, text in recorded.items():
        assert found[title] == text, title
