"""What MODEL on the command line names, loaded: a Python file or module against one of the two torches, or an archive."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from transpile.checkpoint.reader import is_zip
from transpile.cli.program import ModelFileError, Program, execute, import_module
from transpile.codegen.project.arrays import read_npz
from transpile.entry import recognise
from transpile.jit.entry import Form, Inputs
from transpile.pytorch.ownership import is_installed
from transpile.script.classes import is_module_class

Array = np.ndarray[Any, Any]
_DATA = (".pt", ".pth", ".zip", ".ckpt", ".bin", ".safetensors", ".pkl", ".tar")
_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


@dataclass(frozen=True)
class ModelName:
    """What MODEL names: a file or a module, and the entry in it unless that is ``model``."""

    text: str
    module: str | None = None
    entry: str | None = None

    @property
    def path(self) -> Path:
        return Path(self.text)

    @property
    def stem(self) -> str:
        """What the project is called unless it is told otherwise."""
        return self.path.stem if self.module is None else self.module.rpartition(".")[2]

    @property
    def is_archive(self) -> bool:
        """Whether the model is a file of data, which is read and never executed: by its suffix, or as it is a zip file."""
        return self.module is None and (self.path.suffix in _DATA or _is_zip(self.path))


def model_name(model: str | Path) -> ModelName:
    """``FILE``, ``FILE.py:ENTRY``, ``pkg.module`` or ``pkg.module:ENTRY``."""
    text = str(model)
    if Path(text).is_file():
        return ModelName(text)
    head, colon, entry = text.rpartition(":")
    if colon and _MODULE.fullmatch(entry):
        if Path(head).is_file():
            return ModelName(head, None, entry)
        if _MODULE.fullmatch(head):
            return ModelName(head, head, entry)
    if _MODULE.fullmatch(text) and Path(text).suffix not in (".py", *_DATA):
        return ModelName(text, text)
    return ModelName(text)


def _is_zip(path: Path) -> bool:
    """For the archives of other suffixes: ``.torchscript``, ``.ptl``."""
    if path.suffix == ".py" or not path.is_file():
        return False
    with path.open("rb") as file:
        return is_zip(memoryview(file.read(4)))


@dataclass
class LoadedModel:
    """The entry object of a model file.  ``inputs`` are the example inputs, by method if they are a mapping."""

    entry: Any
    inputs: Any  # Inputs | None
    path: Path
    implementation: str  # "pytorch" or "bundled"
    program: Program


def choose_torch(wanted: str) -> str:
    """``bundled`` or ``pytorch``, and installs the bundled one under the name ``torch``."""
    if wanted == "pytorch" and not is_installed():
        raise ModelFileError("--torch pytorch: PyTorch is not installed here; install it, or use --torch bundled")
    if wanted == "pytorch" or (wanted == "auto" and is_installed()):
        return "pytorch"
    from transpile import install_torch

    install_torch()
    return "bundled"


def _load_archive(path: Path) -> LoadedModel:
    from transpile.cli.weights import refuse_checkpoint
    from transpile.jit.archive.serialize import load

    if not path.is_file():
        raise ModelFileError(f"there is no file {path}")
    refuse_checkpoint(path)
    return LoadedModel(load(path), None, path, "bundled", Program(path))


def read_inputs(path: Path, parameters: Sequence[str]) -> dict[str, Array]:
    """The arrays of an ``.npz`` file; ``ModelFileError`` if one of them belongs to no parameter."""
    arrays = read_npz(path)
    known = {*parameters, *(f"arr_{i}" for i in range(len(parameters)))}
    for name in arrays:
        if name.partition(".")[0] not in known:
            raise ModelFileError(
                f"{path}: the method has no parameter for the array {name!r}; it takes {', '.join(parameters)}"
            )
    return arrays


def load_model(
    model: str | Path, entry: str | None, torch: str, arguments: str | None = None, weights: str | None = None
) -> LoadedModel:
    """Run the model file and take the entry and ``example_inputs`` out of it; an archive is the entry itself.

    ``arguments`` are JSON (or a file of it) that the entry is called with, ``weights`` a checkpoint that its module loads.
    """
    from transpile.cli.weights import load_weights

    name = model_name(model)
    if name.is_archive:
        if arguments is not None:
            raise ModelFileError(f"--entry-args: {name.text} holds a compiled model, which is called with nothing")
        loaded = _load_archive(name.path)
    else:
        implementation = choose_torch(torch)
        module, program = execute(name.path) if name.module is None else import_module(name.module)
        wanted = _one_entry(entry, name)
        with program.active():
            value = _entry_of(module, wanted, program, arguments)
            loaded = LoadedModel(value, example_inputs(module, program), program.path, implementation, program)
    if weights is not None:
        load_weights(loaded.entry, weights)
    return loaded


def _one_entry(entry: str | None, name: ModelName) -> str:
    if entry is not None and name.entry not in (None, entry):
        raise ModelFileError(f"the entry is given twice: {name.entry} in MODEL and {entry} as --entry")
    return entry or name.entry or "model"


def _entry_of(module: ModuleType, entry: str, program: Program, arguments: str | None) -> Any:
    found: Any = module
    for part in entry.split("."):
        if not hasattr(found, part):
            names = [n for n, v in vars(module).items() if not n.startswith("_") and _is_candidate(v, module)]
            hint = f"; it defines {', '.join(names[:8])}: name one with --entry" if names else ""
            raise ModelFileError(f"{program.path.name} has no module-level name {entry!r}{hint}")
        found = getattr(found, part)
    if arguments is not None:
        return _called(found, entry, program, arguments)
    return _call_if_factory(found, entry, program)


def example_inputs(module: ModuleType, program: Program) -> Inputs | None:
    """``example_inputs`` of the file: a tuple, a dict of tuples by method, or what the callable of that name returns."""
    value = getattr(module, "example_inputs", None)
    name = program.path.name
    if value is None:
        return None
    if callable(value):
        with program.runs(f"example_inputs() of {name}"):
            value = value()
    if isinstance(value, dict):
        return {method: _tuple(f"example_inputs[{method!r}] of {name}", given) for method, given in value.items()}
    return _tuple(f"example_inputs of {name}", value)


def _tuple(what: str, value: Any) -> tuple[Any, ...]:
    if not isinstance(value, (tuple, list)):
        raise ModelFileError(f"{what} is a {type(value).__name__}, expected a tuple with one item per argument")
    return tuple(value)


def _is_candidate(value: Any, module: ModuleType) -> bool:
    return is_module_class(type(value)) or (callable(value) and getattr(value, "__module__", "") == module.__name__)


def _called(value: Any, entry: str, program: Program, arguments: str) -> Any:
    """What the entry returns when it is called with the arguments of the command line."""
    if not callable(value) or is_module_class(type(value)):
        raise ModelFileError(f"--entry-args: {entry} is a {type(value).__name__}, which is not called; leave them out")
    given = _parsed(arguments)
    with program.runs(f"{entry}() of {program.path.name}"):
        made = value(*given) if isinstance(given, list) else value(**given)
    found = recognise(made)
    if found is None or found.form is Form.CALLABLE:
        raise ModelFileError(f"{entry}() returned a {type(made).__name__}, expected an nn.Module or a function")
    return made


def _parsed(arguments: str) -> Any:
    """The arguments of a call: a JSON object by name, or an array by position."""
    text = arguments
    if not arguments.lstrip().startswith(("{", "[")) and Path(arguments).is_file():
        text = Path(arguments).read_text(encoding="utf-8")
    try:
        given = json.loads(text)
    except ValueError as error:
        raise ModelFileError(
            f"--entry-args is not valid JSON: {error}. Expected arguments by name, '{{\"depth\": 3}}', or by position, '[3]', or "
            "a file that holds them"
        ) from None
    if not isinstance(given, (dict, list)):
        raise ModelFileError(f"--entry-args is a {type(given).__name__}, expected a JSON object or array")
    return given


def _call_if_factory(value: Any, entry: str, program: Program) -> Any:
    """A function that returns a module or function without arguments is called; everything else is the entry itself."""
    if not inspect.isfunction(value) and not inspect.isclass(value):
        return value
    if inspect.isclass(value) and not is_module_class(value):
        return value
    try:
        parameters: Sequence[inspect.Parameter] = list(inspect.signature(value).parameters.values())
    except (TypeError, ValueError):
        return value
    required = [p for p in parameters if p.default is p.empty and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    if required:
        if inspect.isclass(value) or is_module_class(_returned(value)):
            example = "{" + ", ".join(f'"{p.name}": ...' for p in required) + "}"
            raise ModelFileError(
                f"{entry} of {program.path.name} makes a module of arguments: give them as --entry-args '{example}'"
            )
        return value
    if inspect.isclass(value):
        with program.runs(f"{entry}() of {program.path.name}"):
            return value()
    try:
        made = value()
    except (Exception, SystemExit):  # a function that cannot be called so is the model itself
        return value
    found = recognise(made)
    return value if found is None or found.form is Form.CALLABLE else made


def _returned(function: Any) -> Any:
    """The class that a function says it returns, if it says so."""
    said = function.__annotations__.get("return")
    if isinstance(said, str):
        said = function.__globals__.get(said.strip())
    return said if inspect.isclass(said) else type(None)
