"""Running a user's Python: a file, a file inside a package, or a module by its name."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from transpile.core.errors import Ts2cppError


class ModelFileError(Ts2cppError):
    """The model file cannot be used."""

    code = "model-file"


@dataclass(frozen=True)
class Program:
    """The user's Python: its file, where its imports are found, and whose lines are shown in errors.

    What is in ``first`` is found before anything else, what is in ``last`` if nothing else is found.
    """

    path: Path
    first: tuple[Path, ...] = ()
    last: tuple[Path, ...] = ()
    root: Path | None = None

    @contextmanager
    def active(self) -> Iterator[None]:
        """The program finds its imports inside, and its file alone as the arguments of the command line."""
        arguments = sys.argv
        first, last = [str(p) for p in self.first], [str(p) for p in self.last]
        sys.argv = [str(self.path)]
        sys.path[:0] = first
        sys.path += last
        try:
            yield
        finally:
            sys.argv = arguments
            for folder in (*first, *last):
                if folder in sys.path:
                    sys.path.remove(folder)

    @contextmanager
    def runs(self, what: str) -> Iterator[None]:
        """What the program raises inside is its own affair: ``ModelFileError`` with its lines.  ``what`` says what runs."""
        with self.active():
            try:
                yield
            except Ts2cppError:
                raise
            except SystemExit as error:
                raise ModelFileError(
                    f"{what} ended the program (SystemExit: {error.code}):\n{self.frames(error)}\n"
                    'Arguments of the command line are for `if __name__ == "__main__":`; the file is imported here.'
                ) from None
            except SyntaxError as error:
                shown = "".join(traceback.format_exception_only(error)).rstrip()
                raise ModelFileError(
                    f"{Path(error.filename or self.path).name} is not valid Python:\n{shown}"
                ) from None
            except Exception as error:
                raise ModelFileError(f"{what} raised an exception:\n{self.frames(error)}") from None

    def frames(self, error: BaseException) -> str:
        """The error with the frames of the program only."""
        found = [f for f in traceback.extract_tb(error.__traceback__) if self._is_own(Path(f.filename).resolve())]
        lines = [f'  File "{f.filename}", line {f.lineno}, in {f.name}\n    {f.line}' for f in found]
        return "\n".join([*lines, "".join(traceback.format_exception_only(error)).rstrip()])

    def _is_own(self, path: Path) -> bool:
        return path == self.path.resolve() or (self.root is not None and path.is_relative_to(self.root.resolve()))


def execute(path: Path) -> tuple[ModuleType, Program]:
    """Run a Python file: as a part of its package if it imports its neighbours by dots, else as a module of its own.

    ``ModelFileError`` with the program's own lines if it raises.
    """
    if not path.is_file():
        raise ModelFileError(
            f"{path} is a folder: name a model file in it" if path.is_dir() else f"there is no file {path}"
        )
    folder = path.resolve().parent
    package = _package(folder, _dots(path))
    if package is not None:
        root = folder
        for _ in package:
            root = root.parent
        name = ".".join(package if path.name == "__init__.py" else (*package, path.stem))
        program = Program(path, (root,), (folder,), root / package[0])
        module = _imported(name, program)
        if Path(module.__file__ or "").resolve() != path.resolve():
            raise ModelFileError(f"{name} is {module.__file__} and not {path}: another package has this name")
        return module, program
    outer = _outermost(folder)
    program = Program(path, (folder,), () if outer == folder else (outer,))
    name = _module_name(path)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ModelFileError(f"{path} is not a Python file; expected MODEL.py or an archive MODEL.pt")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    with program.runs(f"running {path.name}"):
        spec.loader.exec_module(module)
    return module, program


def import_module(name: str) -> tuple[ModuleType, Program]:
    """Import a module by its name, from the working directory before anywhere else."""
    here = Path.cwd()
    finding = Program(here / name, (here,))
    importlib.invalidate_caches()
    with finding.active():
        outermost = importlib.util.find_spec(name.partition(".")[0])
    if outermost is None:
        raise ModelFileError(
            f"there is no file {name}, and no module of that name in the working directory or among the installed ones"
        )
    root = next((Path(p) for p in outermost.submodule_search_locations or ()), None)
    with Program(here / name, (here,), (), root).runs(f"importing {name}"):  # which runs the packages around it
        spec = importlib.util.find_spec(name)
    if spec is None:
        raise ModelFileError(f"No module named {name!r} in {root or outermost.origin}")
    program = Program(Path(spec.origin or name), (here,), (), root)
    return _imported(name, program), program


def _imported(name: str, program: Program) -> ModuleType:
    with program.runs(f"importing {name}"):
        return importlib.import_module(name)


def _dots(path: Path) -> int:
    """With how many dots a file begins names of its package at most."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return 0  # running the file will say what is wrong
    return max((node.level for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)), default=0)


def _package(folder: Path, dots: int) -> tuple[str, ...] | None:
    """The folders that make up a file's package, outermost first, if it imports by dots.

    Those with an ``__init__.py`` belong to it, and without one as many as there are dots.
    """
    if not dots:
        return None
    names: list[str] = []
    while folder.name and ((folder / "__init__.py").exists() or len(names) < dots):
        names.insert(0, folder.name)
        folder = folder.parent
    return tuple(names) or None


def _outermost(folder: Path) -> Path:
    """The folder that holds the outermost package that a folder belongs to; the folder itself if it is no package."""
    while (folder / "__init__.py").exists() and folder.name:
        folder = folder.parent
    return folder


def _module_name(path: Path) -> str:
    """The file's stem, unless that is a module of Python's, or one that is loaded, which it must not replace."""
    loaded = sys.modules.get(path.stem)
    if path.stem in sys.stdlib_module_names or (loaded is not None and getattr(loaded, "__file__", None) != str(path)):
        return f"{path.stem}_model"
    return path.stem
