"""Methods are written for what their callers pass, one copy for each distinct set; what is exported stays as it is."""

from __future__ import annotations

import transpile.torch as torch
from transpile.codegen.driver import final_program
from transpile.codegen.plan.program import FunctionSpec
from transpile.entry import compile_entry
from transpile.ir.function import ScriptObject
from transpile.torch import nn


class Masked(nn.Module):
    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None, scale: float = 2.0) -> torch.Tensor:
        if mask is not None:
            x = x * mask
        return x * scale


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.masked = Masked()
        self.attention = nn.MultiheadAttention(8, 2)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        y = self.masked(x) + self.masked(x, None) + self.masked(x, mask)
        return y + self.attend(x, None) + self.attention(x, x, x, need_weights=False)[0]

    @torch.jit.export
    def attend(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        return self.attention(x, x * 2, x, mask)[0]


def methods_of(owner: str, exported: list[str]) -> list[FunctionSpec]:
    """The methods of a struct of the model."""
    program = final_program(compile_entry(Model().eval()).root, exported)
    return [s for s in program.all_functions() if s.owner is not None and s.owner.type.name.endswith(f".{owner}")]


def names(spec: FunctionSpec) -> list[str]:
    assert [v.type for v in spec.graph.inputs] == [a.type for a in spec.function.schema.arguments]
    return [a.name for a in spec.function.schema.arguments]


def test_one_copy_for_each_distinct_set() -> None:
    assert [names(m) for m in methods_of("Masked", ["forward"])] == [
        ["self", "x", "scale"],
        ["self", "x", "mask", "scale"],
    ]


def test_what_is_exported_keeps_its_parameters() -> None:
    (forward, attend) = methods_of("Model", ["forward", "attend"])
    assert names(forward) == ["self", "x", "mask"]
    assert names(attend) == ["self", "x", "mask"]


def test_a_library_layer_takes_what_varies() -> None:
    once, twice = methods_of("MultiheadAttention", ["forward", "attend"])
    assert [names(twice), names(once)] == [["self", "query"], ["self", "query", "key", "key_padding_mask"]]
    assert not any(node.kind == "aten::softmax" for node in twice.graph.walk()), "weights that nobody asks for"


def test_compiled_code_stays_as_it_was() -> None:
    root = compile_entry(Model().eval()).root
    assert isinstance(root, ScriptObject)
    before = [str(f.structured) for f in root.type.methods.values()]
    final_program(root, ["forward"])
    assert [str(f.structured) for f in root.type.methods.values()] == before
