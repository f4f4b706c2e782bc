"""The plan of a whole program: planning reads the program and leaves it as it is."""

from __future__ import annotations

import transpile.torch as torch
from transpile.codegen.driver import final_program
from transpile.codegen.plan.program import Program
from transpile.codegen.plan.program_plan import ProgramPlan, plan_program
from transpile.codegen.plan.text import plan_text
from transpile.entry import compile_entry
from transpile.torch import nn


class Scaled(nn.Module):
    def __init__(self, scale: float) -> None:
        super().__init__()
        self.fc = nn.Linear(2, 2)
        self.scale = scale

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.fc(x) * self.scale) + double(x)


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(Scaled(1.0), Scaled(2.0))
        self.head = Scaled(3.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.layers(x))


def double(x: torch.Tensor) -> torch.Tensor:
    return torch.sigmoid(x) * 2.0


def program() -> Program:
    return final_program(compile_entry(Model()).root, ["forward"])


def shown(plan: ProgramPlan) -> list[str]:
    texts = [f"{plan.names[spec]}\n{plan_text(function)}" for spec, function in plan.functions.items()]
    return [
        *texts,
        *(f"{plan.names[m]}: {[c.name for c in members.children.values()]}" for m, members in plan.layouts.items()),
    ]


def test_planning_twice_gives_the_same() -> None:
    model = program()
    assert shown(plan_program(model)) == shown(plan_program(model))


def test_planning_leaves_the_program_as_it_is() -> None:
    model = program()
    plan_program(model)
    members = [child for module in model.modules for child in module.members.children.values()]
    assert members
    assert all(not m.name and m.form is None for m in members)
