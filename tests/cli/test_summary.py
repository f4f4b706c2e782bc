"""The table of modules that an export shows."""

from __future__ import annotations

import pytest

from transpile.cli.export import MODULES_SHOWN, show_model


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
    show_model(rows(layers))
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
