"""``transpile.export``: the exporter for people who have a model in hand rather than a file."""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from transpile.codegen.project.exporter import export as write_project
from transpile.codegen.project.project import Project
from transpile.codegen.project.request import make_request
from transpile.codegen.project.staging import check_target
from transpile.codegen.project.training import TrainingModeWarning, training_text
from transpile.core.errors import ExportError
from transpile.entry import compile_entry, trace_entry
from transpile.jit.entry import Inputs


def export(
    entry: Any,
    out: str | os.PathLike[str],
    *,
    example_inputs: Inputs | None = None,
    methods: Sequence[str] = (),
    trace: bool = False,
    name: str | None = None,
    weights: Literal["file", "embed"] = "file",
    force: bool = False,
    training: bool = False,
) -> Project:
    """Write the C++ project of a module, a function, or what ``torch.jit.script`` made of one.

    Modules and tensors may be those of the bundled torch or PyTorch's.  ``example_inputs`` holds one item per argument
    of the first method, or is a dict of such tuples by method; with them the project can ``verify()`` itself.
    With ``trace`` the entry is traced with them rather than scripted.  ``methods`` are ``forward`` and the exported ones unless
    told otherwise.  The project is called ``name``, or like the class or function in small letters.
    ``training`` says that training mode is meant; without it, ``TrainingModeWarning`` names the lines that depend on it.

    Raises ``Ts2cppError`` if the program cannot be translated, or if ``out`` holds files that ts2cpp did not write and
    ``force`` is not given; ``out`` is untouched then.
    """
    if weights not in ("file", "embed"):
        raise ExportError(f"weights={weights!r}: expected 'file' or 'embed'")
    for given in example_inputs.values() if isinstance(example_inputs, dict) else (example_inputs,):
        if given is not None and not isinstance(given, (tuple, list)):
            raise ExportError(
                f"example_inputs is a {type(given).__name__}, expected a tuple with one item per argument"
            )
    folder = Path(out)
    check_target(folder, force=force)
    if trace and example_inputs is None:
        raise ExportError("trace=True needs example_inputs")
    compiled = trace_entry(entry, example_inputs) if trace and example_inputs is not None else compile_entry(entry)
    definition = compiled.python if inspect.isroutine(compiled.python) else type(compiled.python)
    request = make_request(compiled, name or definition.__name__.lower(), _source(definition), methods, example_inputs)
    request.embed_weights = weights == "embed"
    project = write_project(request, folder, force=force)
    if project.training_lines and not training:
        warnings.warn(training_text(project.training_lines, "training=True"), TrainingModeWarning, stacklevel=2)
    return project


def _source(definition: Any) -> str:
    """The name of the Python file that defines a class or function."""
    try:
        return Path(inspect.getsourcefile(definition) or "").name or "Python"
    except (TypeError, OSError):
        return "Python"
