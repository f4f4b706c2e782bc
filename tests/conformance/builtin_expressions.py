"""Expressions over builtins, and what PyTorch 2.13 makes of them.

``tests/data/builtins.json`` is a list of ``{section, expression, verdict, type, result}``: whether ``return <expression>``
compiles (``refused`` if not), fails when run (``failed``), or gives a result, with the result's type as schemas spell it.

    python -m tests.conformance.builtin_expressions

run where PyTorch is installed, writes verdicts, types and results of all expressions in the file anew.
"""

from __future__ import annotations

import ast
import json
import os
import pickle
import sys
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

DATA = Path(__file__).parents[1] / "data" / "builtins.json"
PRELUDE = """\
import torch, math
from typing import *
from torch import Tensor
def arguments():
    return dict(i=3, f=2.5, b=True, s='ab', c=1+2j, x=torch.tensor([1., 2.]), li=[3, 1, 2], lf=[1.5, 0.5], ls=['b', 'a'],
                lt=[torch.tensor([1.]), torch.tensor([2.])], lb=[True, False], d={'k': 1}, t=(1, 'z'), o=None)
"""
PARAMETERS = {
    "i": "int", "f": "float", "b": "bool", "s": "str", "c": "complex", "x": "Tensor", "li": "List[int]", "lf": "List[float]",
    "ls": "List[str]", "lt": "List[Tensor]", "lb": "List[bool]", "d": "Dict[str, int]", "t": "Tuple[int, str]",
    "o": "Optional[int]",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """An expression and what became of it."""

    section: str
    expression: str
    verdict: str = ""
    type: str = ""
    result: str = ""


def load_rows() -> list[Row]:
    """All rows in the order of the file."""
    return [Row(**row) for row in json.loads(DATA.read_text(encoding="utf-8"))]


def load_programs(rows: Sequence[Row], path: Path) -> ModuleType:
    """A module with one function per row, ``p0``, ``p1``..., of the parameters that its expression names.

    ``import torch`` decides whose torch they use.
    """
    programs = [f"def p{n}({_named(row.expression)}): return {row.expression}\n" for n, row in enumerate(rows)]
    path.write_text(PRELUDE + "".join(programs), encoding="utf-8")
    module = ModuleType(path.stem)
    sys.modules[path.stem] = module
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about comparisons that Python itself finds odd
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec", dont_inherit=True), module.__dict__)
    return module


def _named(expression: str) -> str:
    names = {node.id for node in ast.walk(ast.parse(expression, mode="eval")) if isinstance(node, ast.Name)}
    return ", ".join(f"{name}: {annotation}" for name, annotation in PARAMETERS.items() if name in names)


def evaluate(row: Row, module: ModuleType, number: int) -> Row:
    """Compile and run the program of a row."""
    script: Any = module.__dict__["torch"].jit.script
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compiled = script(module.__dict__[f"p{number}"])
        except Exception:
            return replace(row, verdict="refused", type="", result="")
        type_ = str(compiled.schema).rpartition(" -> ")[2]
        try:
            taken = {argument.name for argument in compiled.schema.arguments}
            result = compiled(**{k: v for k, v in module.__dict__["arguments"]().items() if k in taken})
        except Exception:
            return replace(row, verdict="failed", type=type_, result="")
    return replace(row, verdict="accepted", type=type_, result=repr(result))


def _in_a_child(row: Row, module: ModuleType, number: int) -> Row:
    """As ``evaluate``; an expression that kills the process counts as failed."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        with os.fdopen(write, "wb") as out:
            pickle.dump(evaluate(row, module, number), out)
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as given:
        text = given.read()
    os.waitpid(child, 0)
    return pickle.loads(text) if text else replace(row, verdict="failed", type="", result="")


def main() -> None:
    """Record what PyTorch does."""
    import tempfile

    import torch

    rows = load_rows()
    with tempfile.TemporaryDirectory() as folder, torch.jit.optimized_execution(False):
        module = load_programs(rows, Path(folder) / "expressions.py")
        found = [_in_a_child(row, module, number) for number, row in enumerate(rows)]
    lines = ",\n".join(json.dumps(asdict(row), ensure_ascii=False) for row in found)
    DATA.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
