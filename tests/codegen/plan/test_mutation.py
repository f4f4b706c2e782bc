"""What a method changes, on small graphs: ``mutation.txt`` says ``attributes``, ``arguments``, both or ``nothing``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.passes.models import method
from tests.text_cases import Case, check, read
from transpile.codegen.plan.mutation import mark_mutation
from transpile.codegen.plan.program import FunctionSpec, ModuleSpec
from transpile.codegen.plan.regions import Regions
from transpile.core import types as T
from transpile.ir.function import ScriptObject
from transpile.ir.verifier import verify

DATA = Path(__file__).with_name("mutation.txt")


@pytest.mark.parametrize("case", [pytest.param(c, id=c.name) for c in read(DATA)])
def test_case(case: Case, update_golden: bool) -> None:
    module = T.ClassType("__torch__.Model", is_module=True)
    forward = method(module, "forward", case.before, {module.name: module})
    verify(forward.structured)
    spec = FunctionSpec(forward, forward.structured, ModuleSpec(module, ScriptObject(module), ""))
    mark_mutation([spec], Regions([spec]))
    changed = [
        name for name, is_changed in (("attributes", spec.mutates), ("arguments", spec.writes_arguments)) if is_changed
    ]
    got = " ".join(changed or ["nothing"]) + "\n"
    check(case, got, update_golden)
