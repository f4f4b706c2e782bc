"""Generators as arguments of compiled functions: they draw from the one they are given, and so does the C++."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from transpile import torch
from transpile.codegen.project.exporter import ExportRequest, generate
from transpile.entry import compile_entry


def draw(n: int, g: Optional[torch.Generator]) -> torch.Tensor:  # noqa: UP045
    return torch.rand(n, generator=g)


def twice(n: int, g: torch.Generator) -> torch.Tensor:
    return draw(n, g) + torch.randn(n, generator=g)


def test_compiled_functions_draw_from_the_given_generator() -> None:
    own = torch.Generator()
    own.manual_seed(3)
    expected = [twice(4, own), twice(4, own)]
    own.manual_seed(3)
    torch.manual_seed(0)
    compiled = torch.jit.script(twice)
    assert [c.tolist() for c in (compiled(4, own), compiled(4, own))] == [e.tolist() for e in expected]
    after = torch.rand(2)
    torch.manual_seed(0)
    assert torch.rand(2).tolist() == after.tolist()


def test_a_generator_is_passed_on_in_cpp() -> None:
    generated = generate(ExportRequest(compile_entry(twice).root, "twice", Path(__file__).name))
    source = generated.files["src/twice.cpp"].decode()
    assert "Tensor draw(std::int64_t n, const std::optional<ts2cpp::Ref<ts2cpp::Generator>>& g)" in source
    assert "ts2cpp::WithGenerator(g).result(ops::randn(IntSpan{n}))" in source
