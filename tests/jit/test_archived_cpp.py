"""The C++ of an archive is that of the source: the same model exported from both, as text."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.build_tree import ROOT
from tests.bundled import load_bundled
from transpile import torch
from transpile.codegen.driver import final_program, write_cpp
from transpile.codegen.plan.held_constants import held_constants
from transpile.cpp.printer import print_definition, print_header
from transpile.entry import compile_entry
from transpile.jit.unit import forget_default_unit
from transpile.torch import nn

SCRIPTED = [
    "examples/bert_encoder.py", "examples/greedy_decode.py", "examples/gru_loop.py", "examples/lenet.py",
    "examples/lstm_tagger.py", "examples/unet.py", "examples/vit.py", "golden/batch_norm_folding/model.py",
    "golden/buffer_update/model.py", "golden/module_list_loop/model.py", "golden/shared_block_class/model.py",
    "golden/stateful_module/model.py",
]  # fmt: skip
# What traces and archives leave behind, and what only an archive calls so.
LEFTOVERS = re.compile(
    r"NumToTensor|\bInt\b|Constant_out|CONSTANTS|___torch_mangle|\)\.forward\(\w*, \)|code/__torch__"
)


def cpp(model: Any) -> list[str]:
    """The lines of C++ for a model, without the places of its classes, which archives do not hold."""
    compiled = compile_entry(model)
    with held_constants(compiled.root):
        written = write_cpp(final_program(compiled.root, compiled.exported), "model")
    text = "\n".join([print_header(written.header), *map(print_definition, written.source)])
    return re.sub(r"^(/// class [^,\n]*),.*$", r"\1", text, flags=re.MULTILINE).splitlines()


def archived(compiled: Any) -> Any:
    return torch.jit.load(io.BytesIO(compiled.save_to_buffer()))


@pytest.mark.parametrize("path", SCRIPTED)
def test_scripted(path: str) -> None:
    model = load_bundled(ROOT / path).entry.eval()
    wanted = cpp(model)
    forget_default_unit()
    assert cpp(archived(torch.jit.script(model))) == wanted


@pytest.mark.parametrize("name", ["fork_and_wait", "fused_pointwise", "lists_and_dicts", "loop_and_if", "script_class"])
def test_function(name: str) -> None:
    model = load_bundled(ROOT / "golden" / name / "model.py").entry
    wanted = cpp(model)
    content = io.BytesIO()
    torch.jit.save(torch.jit.script(model), content)
    forget_default_unit()
    assert cpp(torch.jit.load(io.BytesIO(content.getvalue()))) == wanted


# ---- traced
class Attention(nn.Module):
    """What attention layers of transformers do with sizes, masks and numbers."""

    def __init__(self, width: int, heads: int, causal: bool) -> None:
        super().__init__()
        self.heads, self.causal = heads, causal
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: Any) -> Any:
        batch, length, width = x.shape
        parts = self.qkv(x).view(batch, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = parts.unbind(0)
        scores = torch.matmul(q, k.transpose(-1, -2)) / (width / self.heads) ** 0.5
        if self.causal:
            hidden = torch.ones(length, length, dtype=torch.bool).triu(1)
            scores = scores.masked_fill(hidden, -10000.0)
        mixed = torch.matmul(torch.softmax(scores, dim=-1).to(v.dtype), v)
        return self.out(mixed.transpose(1, 2).reshape(batch, length, width))


class Block(nn.Module):
    def __init__(self, width: int, heads: int, causal: bool) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads, causal)
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, x: Any) -> Any:
        x = x + self.attention(self.norm1(x))
        hidden = self.up(self.norm2(x))
        return x + self.down(0.5 * hidden * (1.0 + torch.tanh(0.8 * (hidden + 0.04 * torch.pow(hidden, 3.0)))))


class Decoder(nn.Module):
    """A language model: positions by the length of the input."""

    def __init__(self, causal: bool) -> None:
        super().__init__()
        self.tokens, self.positions = nn.Embedding(11, 8), nn.Embedding(16, 8)
        self.blocks = nn.ModuleList([Block(8, 2, causal) for _ in range(3)])
        self.norm = nn.LayerNorm(8)

    def forward(self, ids: Any) -> Any:
        positions = torch.arange(0, ids.size(1)).unsqueeze(0)
        x = self.tokens(ids) + self.positions(positions)
        for block in self.blocks:
            x = block(x)
        return torch.matmul(self.norm(x), self.tokens.weight.t())


class Encoder(nn.Module):
    """A classifier with a padding mask and a first token of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.inputs, self.first = nn.Linear(5, 8), nn.Parameter(torch.zeros(1, 1, 8))
        self.block, self.out = Block(8, 2, False), nn.Linear(8, 3)

    def forward(self, x: Any, mask: Any) -> Any:
        kept = (1.0 - mask.to(torch.float32).unsqueeze(-1)) * -10000.0
        x = torch.cat([self.first.expand(x.size(0), -1, -1), self.inputs(x) * kept], dim=1)
        return torch.sigmoid(self.out(self.block(x)[:, 0]))


def _example(name: str) -> tuple[Any, Any, int]:
    loaded = load_bundled(ROOT / "examples" / f"{name}.py")
    return loaded.entry, loaded.inputs, _count((ROOT / "examples" / f"{name}.py").read_text())


def _here(make: Callable[[], nn.Module], *inputs: Any) -> tuple[Any, Any, int]:
    text = re.split(
        r"^# ---- traced\n|^def _example", (ROOT / "tests/jit/test_archived_cpp.py").read_text(), flags=re.M
    )
    return make(), inputs, _count(text[1])


def _count(python: str) -> int:
    return sum(1 for line in python.splitlines() if line.strip() and not line.strip().startswith("#"))


TRACED: dict[str, Callable[[], tuple[Any, Any, int]]] = {
    "bert_encoder": lambda: _example("bert_encoder"),
    "vit": lambda: _example("vit"),
    "decoder": lambda: _here(lambda: Decoder(True), torch.zeros(2, 6, dtype=torch.int64)),
    "plain decoder": lambda: _here(lambda: Decoder(False), torch.zeros(2, 6, dtype=torch.int64)),
    "encoder": lambda: _here(Encoder, torch.zeros(2, 6, 5), torch.ones(2, 6)),
}


@pytest.mark.parametrize("name", TRACED)
def test_traced(name: str) -> None:
    model, inputs, lines = TRACED[name]()
    text = cpp(archived(torch.jit.trace(model.eval(), inputs, check_trace=False)))
    assert [line for line in text if LEFTOVERS.search(line)] == []
    statements = [
        line for line in text if line.strip() and not line.strip().startswith(("//", "at(", "ts2cpp::Frame at("))
    ]
    assert len(statements) <= 1.5 * lines
