"""Loading a model file: running it against PyTorch or the bundled torch, and finding the entry and its example inputs."""

from __future__ import annotations

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from transpile.codegen.project.arrays import read_npz
from transpile.core.errors import Ts2cppError
from transpile.entry import recognise
from transpile.jit.entry import Form
from transpile.pytorch.ownership import is_installed
from transpile.script.classes import is_module_class

Array = np.ndarray[Any, Any]


class ModelFileError(Ts2cppError):
    """The model file cannot be used."""


@dataclass
class LoadedModel:
    """The entry object of a model file.  ``inputs`` are the example inputs, if there are any."""

    entry: Any
    inputs: tuple[Any, ...] | None
    path: Path
    implementation: str  # "pytorch" or "bundled"


def choose_torch(wanted: str) -> str:
    """``bundled`` or ``pytorch``, and installs the bundled one under the name ``torch``."""
    if wanted == "pytorch" and not is_installed():
        raise ModelFileError("--torch pytorch: PyTorch is not installed here; install it, or use --torch bundled")
    if wanted == "pytorch" or (wanted == "auto" and is_installed()):
        return "pytorch"
    from transpile import install_torch

    install_torch()
    return "bundled"


def is_archive(path: Path) -> bool:
    """Whether a model is a TorchScript archive, which is read as data and never executed."""
    return path.suffix in (".pt", ".pth", ".zip")


def _load_archive(path: Path) -> LoadedModel:
    from transpile.jit.archive.serialize import load

    if not path.is_file():
        raise ModelFileError(f"there is no file {path}")
    return LoadedModel(load(path), None, path, "bundled")


def execute(path: Path) -> ModuleType:
    """Run a Python file as the module named after it; ``ModelFileError`` with the file's own lines if it raises."""
    if not path.is_file():
        raise ModelFileError(f"there is no file {path}")
    name = _module_name(path)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ModelFileError(f"{path} is not a Python file; expected MODEL.py or an archive MODEL.pt")
    module = importlib.util.module_from_spec(spec)
    folder = str(path.resolve().parent)
    sys.modules[name] = module
    sys.path.insert(0, folder)
    try:
        spec.loader.exec_module(module)
    except Ts2cppError:
        raise
    except SyntaxError as error:
        shown = "".join(traceback.format_exception_only(error)).rstrip()
        raise ModelFileError(f"{path.name} is not valid Python:\n{shown}") from None
    except Exception as error:
        raise ModelFileError(f"running {path.name} failed:\n{_own_frames(error, path)}") from None
    finally:
        sys.path.remove(folder)
    return module


def _module_name(path: Path) -> str:
    """The file's stem, unless that is a module of Python's, or one that is loaded, which it must not replace."""
    loaded = sys.modules.get(path.stem)
    if path.stem in sys.stdlib_module_names or (loaded is not None and getattr(loaded, "__file__", None) != str(path)):
        return f"{path.stem}_model"
    return path.stem


def _own_frames(error: BaseException, path: Path) -> str:
    """The error with the frames of the model file only."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).resolve() == path.resolve()]
    lines = [f'  File "{f.filename}", line {f.lineno}, in {f.name}\n    {f.line}' for f in frames]
    return "\n".join([*lines, "".join(traceback.format_exception_only(error)).rstrip()])


@contextmanager
def program_runs(path: Path, what: str) -> Iterator[None]:
    """What the user's program raises inside is the program's affair: ``ModelFileError`` with the lines of the file."""
    try:
        yield
    except Ts2cppError:
        raise
    except Exception as error:
        raise ModelFileError(f"{what} of {path.name} raised an exception:\n{_own_frames(error, path)}") from None


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


def load_model(path: Path, entry: str, torch: str) -> LoadedModel:
    """Run the model file and take ``entry`` and ``example_inputs`` out of it; an archive is the entry itself."""
    if is_archive(path):
        return _load_archive(path)
    implementation = choose_torch(torch)
    module = execute(path)
    if not hasattr(module, entry):
        names = [n for n, v in vars(module).items() if not n.startswith("_") and _is_candidate(v, module)]
        hint = f"; it defines {', '.join(names[:8])}: name one with --entry" if names else ""
        raise ModelFileError(f"{path.name} has no module-level name {entry!r}{hint}")
    value = _call_if_factory(getattr(module, entry), entry, path)
    return LoadedModel(value, example_inputs(module, path), path, implementation)


def example_inputs(module: ModuleType, path: Path) -> tuple[Any, ...] | None:
    """``example_inputs`` of the file: a tuple, or what the callable of that name returns."""
    value = getattr(module, "example_inputs", None)
    if value is None:
        return None
    if callable(value):
        try:
            value = value()
        except Exception as error:
            raise ModelFileError(f"example_inputs() of {path.name} failed:\n{_own_frames(error, path)}") from None
    if isinstance(value, list):
        value = tuple(value)
    if not isinstance(value, tuple):
        raise ModelFileError(
            f"example_inputs of {path.name} is a {type(value).__name__}, expected a tuple with one item per argument"
        )
    return value


def _is_candidate(value: Any, module: ModuleType) -> bool:
    return is_module_class(type(value)) or (callable(value) and getattr(value, "__module__", "") == module.__name__)


def _call_if_factory(value: Any, entry: str, path: Path) -> Any:
    """A zero-argument function that returns a module or function is called; everything else is the entry itself."""
    if not inspect.isfunction(value) and not inspect.isclass(value):
        return value
    if inspect.isclass(value) and not is_module_class(value):
        return value
    try:
        parameters: Sequence[inspect.Parameter] = list(inspect.signature(value).parameters.values())
    except (TypeError, ValueError):
        return value
    required = [p for p in parameters if p.default is p.empty and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    if required or (parameters and inspect.isfunction(value)):
        return value
    try:
        made = value()
    except Exception as error:
        if inspect.isclass(value):
            raise ModelFileError(f"{entry}() of {path.name} failed:\n{_own_frames(error, path)}") from None
        return value
    found = recognise(made)
    return value if found is None or found.form is Form.CALLABLE else made
