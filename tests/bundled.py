"""Model files on the bundled torch, whatever ``import torch`` means elsewhere in the test process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from transpile import install_torch
from transpile.cli.model_file import LoadedModel, load_model
from transpile.jit.unit import forget_default_unit


def _torch_modules() -> dict[str, object]:
    return {name: module for name, module in sys.modules.items() if name == "torch" or name.startswith("torch.")}


@contextmanager
def bundled_torch() -> Iterator[None]:
    """``import torch`` gives the bundled torch inside."""
    before = _torch_modules()
    for name in before:
        del sys.modules[name]
    try:
        install_torch()
        yield
    finally:
        for name in _torch_modules():
            del sys.modules[name]
        sys.modules.update(before)  # type: ignore[arg-type]


def pytorch() -> Any:
    """PyTorch itself; where it is not installed, or the bundled torch holds its name, the test is skipped."""
    found = sys.modules.get("torch")
    if found is not None and found.__name__ != "torch":
        pytest.skip("the bundled torch holds the name of PyTorch in this process")
    return pytest.importorskip("torch")


def load_bundled(path: Path, entry: str = "model") -> LoadedModel:
    """Execute a model file on the bundled torch, as the first thing that is ever scripted: names do not depend on the order
    of the tests."""
    forget_default_unit()
    sys.modules.pop(path.stem, None)  # the model of another test: the names of classes begin with the module's
    with bundled_torch():
        return load_model(path, entry, "bundled")
