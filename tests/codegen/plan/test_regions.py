"""Which attributes have memory that a copy of the model must not share."""

from __future__ import annotations

import pytest

import transpile.torch as torch
from transpile.codegen.driver import final_program
from transpile.entry import compile_entry
from transpile.torch import Tensor, nn


class Buffers(nn.Module):
    """Tensors ``a`` to ``d``, and ``weight``, which nothing writes."""

    a: Tensor
    b: Tensor

    def __init__(self) -> None:
        super().__init__()
        for name in "abcd":
            self.register_buffer(name, torch.zeros(3))
        self.weight = nn.Parameter(torch.ones(3))


class Unchanged(Buffers):
    def forward(self, x: Tensor) -> Tensor:
        sizes = self.weight.size()
        sizes.append(1)
        y = x * self.weight
        y.add_(self.a)
        return y.view(sizes)


class Written(Buffers):
    def forward(self, x: Tensor) -> Tensor:
        self.a[0] = 1.0
        self.b.view(1, 3).add_(x)
        return x * self.weight


class WrittenAsResult(Buffers):
    def get(self) -> Tensor:
        return self.a

    def given(self, x: Tensor) -> Tensor:
        return x

    def forward(self, x: Tensor) -> Tensor:
        self.get().add_(x)
        self.given(self.b).add_(x)
        return x * self.weight


class WrittenAfterAssignment(Buffers):
    def put(self, x: Tensor) -> None:
        self.a = x

    def forward(self, x: Tensor) -> Tensor:
        self.put(self.b)
        self.a.add_(x)
        return x * self.weight


class WrittenInContainers(Buffers):
    def __init__(self) -> None:
        super().__init__()
        self.kept: list[Tensor] = [torch.zeros(3)]
        self.counts: dict[str, int] = {"a": 0}

    def forward(self, x: Tensor) -> Tensor:
        self.kept.append(self.a)
        self.counts["a"] += 1
        pair: tuple[Tensor, Tensor] = (self.b, x)
        for _ in range(2):
            pair[0].add_(pair[1])
        return x * self.weight


class Assigned(Buffers):
    """What is assigned and never written is separate only if it is seen outside."""

    def forward(self, x: Tensor) -> Tensor:
        self.a = self.a * 2.0
        self.b = x + self.weight
        return self.b


class Tied(Buffers):
    """One tensor under two names, of which one is written."""

    def __init__(self) -> None:
        super().__init__()
        self.b = self.a

    def forward(self, x: Tensor) -> Tensor:
        self.a.add_(x)
        return self.b + self.weight


class Outer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = Written()
        self.norm = nn.BatchNorm1d(3)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.inner(x))


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        (Unchanged, ""),
        (Written, "a b"),
        (WrittenAsResult, "a b"),
        (WrittenAfterAssignment, "a b"),
        (WrittenInContainers, "a b counts kept"),
        (Assigned, "b"),
        (Tied, "a b"),
        (Outer, "a b num_batches_tracked running_mean running_var"),
    ],
)
def test_separate_attributes(module: type[nn.Module], expected: str) -> None:
    program = final_program(compile_entry(module()).root, ["forward"])
    assert " ".join(sorted(name for _, name in program.separate)) == expected


@pytest.mark.parametrize(("module", "changes"), [(Unchanged, False), (WrittenAsResult, True), (Tied, True)])
def test_a_method_that_writes_what_a_call_gives_changes_the_model(module: type[nn.Module], changes: bool) -> None:
    program = final_program(compile_entry(module()).root, ["forward"])
    assert program.entries[0].mutates == changes
