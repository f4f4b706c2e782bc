"""The table of modules that an export shows, and messages, at terminals of some width."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from transpile.cli import report
from transpile.cli.explain import fitted
from transpile.cli.explanations import EXPLANATIONS
from transpile.cli.export import show_differences
from transpile.cli.module_table import MODULES_SHOWN, show_modules
from transpile.codegen.project.compare import Difference


def rows(layers: int) -> list[tuple[str, ...]]:
    """A model of a convolution and of ``layers`` layers in a container that has no output of its own."""
    inside = [(f"net.layers.{i}", "Linear", "float32[2]", "6", "24") for i in range(layers)]
    return [
        ("(model)", "Net", "float32[2]", "0", "0"),
        ("head", "Conv2d", "float32[2]", "1000", "4000"),
        ("net", "Body", "", "0", "0"),
        ("net.layers", "ModuleList", "", "0", "0"),
        *inside,
    ]


def table(capsys: pytest.CaptureFixture[str], layers: int) -> tuple[str, dict[str, list[str]]]:
    show_modules(rows(layers))
    title, *lines = capsys.readouterr().err.splitlines()
    return title, {words[0]: words[1:] for words in map(str.split, lines) if words}


def test_a_small_model_shows_every_layer_and_no_empty_container(capsys: pytest.CaptureFixture[str]) -> None:
    title, shown = table(capsys, 2)
    assert title == "model"
    assert list(shown) == ["module", "(model)", "head", "net.layers.0", "net.layers.1", "total"]
    assert shown["total"] == ["1,012", "4,048"]


def test_a_large_model_counts_layers_with_the_module_around_them(capsys: pytest.CaptureFixture[str]) -> None:
    """Also with one that has no tensors of its own and whose output is no tensor."""
    title, shown = table(capsys, MODULES_SHOWN)
    assert title == f"model ({MODULES_SHOWN} modules inside these are counted with them)"
    assert list(shown) == ["module", "(model)", "head", "net.layers", "total"]
    assert shown["net.layers"] == ["ModuleList", "180", "720"]
    assert shown["total"] == ["1,180", "4,720"]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_terminal_shows_every_number_whole(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """Names become a tree where they have no room, then classes and names end in an ellipsis; numbers and lines stay whole."""
    layer = "text_encoder_model.layers.0"
    given = [
        ("(model)", "Net", "float32[16, 128, 768]", "0", "0"),
        (layer, "TransformerEncoderBlockWithLongName", "float32[16, 128, 768]", "0", "0"),
        (f"{layer}.self_attention", "Attention", "float32[16, 128, 768]", "0", "0"),
        (f"{layer}.self_attention.output_projection", "Linear", "float32[16, 128, 768]", "2048000", "8192000"),
        ("head", "Linear", "float32[16, 2]", "1538", "6152"),
    ]
    terminal = Console(file=io.StringIO(), force_terminal=True, width=width, highlight=False)
    monkeypatch.setattr(report, "console", terminal)
    show_modules(given)
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in terminal.file.getvalue().splitlines()]  # type: ignore[attr-defined]
    assert len(lines) == 2 + len(given) + 1, "a row takes more than a line"
    assert max(map(len, lines)) <= width
    numbers = [line.split()[-2:] for line in lines[-3:]]
    assert numbers == [["2,048,000", "8,192,000"], ["1,538", "6,152"], ["2,049,538", "8,198,152"]]
    assert [len(line) - len(line.lstrip()) for line in lines[2:]] == [0, 0, 2, 4, 0, 0]


def test_a_file_gets_full_names(capsys: pytest.CaptureFixture[str]) -> None:
    name = "a_module_of_some_name" * 4
    show_modules([("(model)", "Net", "float32[2]", "0", "0"), (name, "C" * 60, "float32[2]", "6", "24")])
    assert f"{name}  {'C' * 60}  float32[2]  " in capsys.readouterr().err


def test_a_terminal_breaks_prose_between_words_and_source_lines_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Console(
        file=io.StringIO(), force_terminal=True, width=40, soft_wrap=True, highlight=False, no_color=True
    )
    monkeypatch.setattr(report, "_urgent", terminal)
    source = '  File "net.py", line 3\n    y = torch.some_function(of_this, and_of_that)\n        ~~~~~ <--- HERE'
    report.error(
        f"something that takes a whole sentence to say:\n{source}\nHint: write something that takes another one"
    )
    shown = re.sub(r"\x1b\[[0-9;]*m", "", terminal.file.getvalue())  # type: ignore[attr-defined]
    assert shown.splitlines() == [
        "error: something that takes a whole",
        "sentence to say:",
        *source.splitlines(),
        "Hint: write something that takes another",
        "      one",
    ]


@pytest.mark.parametrize("code", sorted(EXPLANATIONS))
def test_explanations_fit_a_terminal(code: str) -> None:
    text = EXPLANATIONS[code].text
    shown = fitted(text, 80)
    assert max(map(len, shown.splitlines())) <= 80
    assert shown.split() == text.split()
    assert shown.count("\n  - ") == text.count("\n  - ")
    assert fitted(text, 200) == text


def test_of_many_outputs_those_that_differ_most_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    differences = [Difference(f"output.{i}", i != 3, absolute=i * 1e-7) for i in range(20)]
    assert show_differences(differences) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0].strip() for line in lines[:8]] == [f"output.{i}" for i in (3, *range(13, 20))]
    assert lines[8] == "  12 more outputs differ no more than these"
    assert lines[0] == "  output.3: greatest absolute difference 3e-07, relative 0"
