"""Code of archives that is known to be the library's: what is changed is not, whatever it is called."""

from __future__ import annotations

import ast
import functools
import io
import zipfile
from collections.abc import Callable, Mapping

import pytest

from tests.jit.record_library_code import calling
from tests.jit.test_archived_cpp import cpp
from transpile import torch
from transpile.jit.archive.library_code import LibraryCode
from transpile.jit.unit import forget_default_unit
from transpile.script.archive_source import definitions
from transpile.torch import nn

LSTM = "__torch__.torch.nn.modules.rnn.LSTM.forward__0"
RNN = "__torch__.torch.nn.modules.rnn.RNN.forward__0"
FILE = "archive/code/__torch__/torch/nn/modules/rnn.py"


@functools.cache
def members(kind: str) -> Mapping[str, bytes]:
    """The members of an archive with a recurrent layer."""
    forget_default_unit()
    layer = nn.RNN(3, 4) if kind == "RNN" else nn.LSTM(13, 14, 2, dropout=0.5, bidirectional=True)
    content = io.BytesIO()
    torch.jit.save(torch.jit.script(calling(torch, layer)), content)
    with zipfile.ZipFile(content) as archive:
        return {f"archive/{name.partition('/')[2]}": archive.read(name) for name in archive.namelist()}


def known(text: str, version: int = 3) -> set[str]:
    """What is known in the archive if the file of recurrent layers holds ``text``."""
    files = {name.removeprefix("archive/code/"): held for name, held in members("LSTM").items() if name.endswith(".py")}
    files[FILE.removeprefix("archive/code/")] = text.encode()
    return LibraryCode(definitions(files, {}, 1 << 20)).known(version)


def text(kind: str = "LSTM") -> str:
    return members(kind)[FILE].decode()


def test_the_library_is_known() -> None:
    assert known(text()) == {LSTM}
    assert known(text("RNN")) == {RNN}
    assert known(text().replace("is_batched", "flag").replace("_5", "_77")) == {LSTM}
    assert known(text().replace("bidirectional", "both")) == set()


def test_an_archive_of_an_older_format_might_mean_something_else() -> None:
    assert known(text(), version=2) == set()


CHANGED: Mapping[str, Callable[[str], str]] = {
    "a setting that the class says otherwise": lambda s: s.replace("size : Final[int] = 14", "size : Final[int] = 15"),
    "a setting of another type": lambda s: s.replace("bias : Final[bool] = True", "bias : Final[int] = 1"),
    "a setting that is missing": lambda s: s.replace("  dropout : Final[float] = 0.5\n", ""),
    "another function": lambda s: s.replace('mode : Final[str] = "LSTM"', 'mode : Final[str] = "GRU"'),
    "an argument": lambda s: s.replace("_flat_weights, True, 2,", "_flat_weights, False, 2,"),
    "another operator": lambda s: s.replace("torch.unsqueeze(", "torch.squeeze("),
    "the text of an error": lambda s: s.replace("Expected hidden[0] size", "expected hidden[0] size"),
    "the type of an attribute": lambda s: s.replace("_flat_weights : List[Tensor]", "_flat_weights : List[int]"),
    "a default": lambda s: s.replace("hx: Optional[Tuple[Tensor, Tensor]]=None", "hx: Optional[Tuple[Tensor, Tensor]]"),
    "two values changed": lambda s: s.replace("hx1 = (h_zeros, c_zeros)", "hx1 = (c_zeros, h_zeros)"),
    "what a called method does": lambda s: s.replace("expected_input_dim = 3", "expected_input_dim = 2"),
    "an effect": lambda s: s.replace("    max_batch_size", "    _x = torch.add_(input, 1)\n    max_batch_size", 1),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGED)
def test_changed_code_is_not(change: str) -> None:
    changed = CHANGED[change](text())
    assert changed != text()
    assert known(changed) == set()


def test_code_without_one_of_its_statements_is_not() -> None:
    tree = ast.parse(text().partition("  def permute_hidden")[0])  # which calls of this method do not reach
    cut = 0
    for outer in ast.walk(tree):
        for name in ("body", "orelse"):
            body = getattr(outer, name, None)
            if not isinstance(body, list) or isinstance(outer, (ast.Module, ast.ClassDef)):
                continue
            for position, line in enumerate(body):
                if isinstance(line, ast.Pass):
                    continue
                body[position] = ast.Pass()
                try:
                    assert known(ast.unparse(tree)) == set() or _binds_what_nobody_reads(line), ast.unparse(line)
                finally:
                    body[position] = line
                cut += 1
    assert cut > 60


def _binds_what_nobody_reads(line: ast.stmt) -> bool:
    return isinstance(line, ast.Assign) and isinstance(line.value, (ast.Constant, ast.Name))


def test_what_is_not_known_is_written_out() -> None:
    def written(change: Callable[[str], str]) -> str:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            for name, held in members("RNN").items():
                archive.writestr(name, change(held.decode()) if name == FILE else held)
        forget_default_unit()
        return "\n".join(cpp(torch.jit.load(io.BytesIO(content.getvalue()))))

    assert "ops::rnn_tanh_layer(" in written(lambda s: s)
    other = written(lambda s: s.replace("torch.rnn_tanh(", "torch.rnn_relu("))
    assert "ops::rnn_relu(" in other
    assert "_layer(" not in other
