"""Which calls are left in a program when nobody uses what they give."""

from __future__ import annotations

from collections import Counter

import transpile.torch as torch
from transpile.codegen.driver import final_program
from transpile.entry import compile_entry
from transpile.torch import Tensor, nn


class Model(nn.Module):
    count: int

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def pure(self, x: Tensor) -> Tensor:
        y = torch.zeros_like(x)
        for i in range(x.size(0)):
            y[i] = x[i] * 2.0
        return y

    def outer(self, x: Tensor) -> Tensor:
        self.pure(x)
        return self.pure(x) + 1.0

    def once(self, x: Tensor) -> Tensor:
        return x - 1.0

    def counts(self, x: Tensor) -> Tensor:
        self.count += 1
        return x

    def writes(self, x: Tensor) -> Tensor:
        x.add_(1.0)
        return x * 2.0

    def prints(self, x: Tensor) -> Tensor:
        print("seen")
        return x

    def draws(self, x: Tensor) -> Tensor:
        return torch.rand_like(x)

    def refuses(self, x: Tensor) -> Tensor:
        if x.dim() != 1:
            raise ValueError("expected one dimension")
        return x

    def forward(self, x: Tensor) -> Tensor:
        self.pure(x)
        self.outer(x)
        self.once(x)
        for _ in range(2):
            self.counts(x)
            self.writes(x)
            self.prints(x)
            self.draws(x)
            self.refuses(x)
        y = self.counts(self.writes(x)) + self.prints(x) + self.draws(x) + self.refuses(x)
        return self.outer(y)


def test_calls_that_only_give_what_nobody_uses_are_dropped() -> None:
    compiled = compile_entry(Model())
    program = final_program(compiled.root, compiled.exported)
    calls = {
        spec.function.name: Counter(
            str(n.attributes["name"]) for n in spec.graph.walk() if n.kind == "prim::CallMethod"
        )
        for spec in program.all_functions()
    }
    acting = dict.fromkeys(("counts", "writes", "prints", "draws", "refuses"), 2)
    assert calls["forward"] == {"outer": 1, "once": 1, **acting}
    assert calls["outer"] == {"pure": 1}
