"""What a program does in training mode: dropout, and normalisation with the statistics of each batch."""

from __future__ import annotations

from pathlib import Path, PurePath

from transpile.codegen.plan.program import FunctionSpec, Program
from transpile.ir.graph import Node

_PACKAGE = str(Path(__file__).parents[2])
_FLAGS = ("train", "training")


class TrainingModeWarning(UserWarning):
    """A model is exported in training mode, which is seldom meant."""


def training_lines(program: Program) -> list[str]:
    """The Python lines that do something else in evaluation mode, each with its operators."""
    lines: dict[tuple[str, int, str], list[str]] = {}
    for spec in program.all_functions():
        for node in spec.graph.walk_with_forks():
            if not _is_training(node):
                continue
            operators = lines.setdefault(_place(node, spec), [])
            name = node.kind.partition("::")[2].rstrip("_")
            if name not in operators:
                operators.append(name)
    return [
        f"{f'{file}:{line}  ' if file else ''}{text}  [{', '.join(found)}]"
        for (file, line, text), found in sorted(lines.items())
    ]


def _place(node: Node, spec: FunctionSpec) -> tuple[str, int, str]:
    """File, line and text; the method alone if the line is the library's."""
    where = node.user_range
    if where is None or where.filename.startswith(_PACKAGE) or "torch/nn/" in where.filename:
        return "", 0, f"{spec.function.shown_name} of the library"
    return PurePath(where.filename).name, where.line, where.text


def training_text(lines: list[str], remedy: str) -> str:
    """The warning for these lines; ``remedy`` is how to say that it is meant."""
    shown = "\n".join(f"  {line}" for line in lines[:20]) + (
        f"\n  and {len(lines) - 20} more" if len(lines) > 20 else ""
    )
    return (
        f"the model is exported in training mode, which changes what these lines compute:\n{shown}\n"
        f"Call model.eval() before (and hand `training=self.training` to functions), or say that it is meant: {remedy}"
    )


def _is_training(node: Node) -> bool:
    """Whether a flag of the operator is on, and makes a difference."""
    if node.operator is None:
        return False
    names = {argument.name for argument in node.operator.schema.arguments}
    flag = next((name for name in _FLAGS if name in names), None)
    if flag is None or node.named_input(flag).constant is not True:
        return False
    if "running_mean" in names:
        running = node.named_input("running_mean")
        return running.node.kind != "prim::Constant"  # without any, there is no other way
    chance = next((name for name in ("p", "dropout") if name in names), None)
    return chance is None or node.named_input(chance).constant != 0
