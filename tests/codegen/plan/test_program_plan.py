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


class Stage(nn.Module):
    def __init__(self, dilation: int, *, shortcut: bool) -> None:
        super().__init__()
        self.conv = nn.Conv1d(2, 2, 3, dilation=dilation)
        self.shortcut = nn.Conv1d(2, 2, 1) if shortcut else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x).sum() + self.shortcut(x)


class Stages(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        stages = [(1, False), (2, False), (2, True), (4, False)]
        self.stages = nn.ModuleList([Stage(dilation, shortcut=shortcut) for dilation, shortcut in stages])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for stage in self.stages:
            x = stage(x)
        return x


def test_structs_of_one_class_say_how_they_differ() -> None:
    plan = plan_program(final_program(compile_entry(Stages()).root, ["forward"]))
    names = [plan.names[m] for m in plan.program.modules]
    assert names == ["Stage", "StageDilation2", "StageWithShortcut", "StageDilation4", "Stages"]


def handed_round(a: float | list[int], xs: list[int]) -> list[int]:
    either: float | list[int] = torch.jit.annotate(list[int], [])
    for x in xs:
        k = 0
        while k < 2:
            k += 1
            if isinstance(either, float):
                continue
            if isinstance(a, float):
                if isinstance(either, float):
                    v = x
                else:
                    v = k  # noqa: F841
            elif k > 6:
                pass
    return xs


def test_what_loops_only_hand_round_is_unused() -> None:
    plan = plan_program(final_program(compile_entry(handed_round).root))
    (function,) = plan.functions.values()
    assert "(a: Union[List[int], float] (unused), " in plan_text(function)
