"""Graph and code text of scripted programs, made comparable: values renumbered, files without folders."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PROGRAM_FILES = sorted((HERE / "programs").glob("*.py"))
RECORDED = HERE.parent / "data" / "graphs"


def programs(path: Path) -> list[tuple[str, Any]]:
    """Name and object (a function, or an instance of a module class) of each program in a file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return [(p.__name__, p() if isinstance(p, type) else p) for p in module.PROGRAMS]


def texts(name: str, scripted: Any) -> Iterator[tuple[str, str]]:
    """Titles and texts: graph and code of a function, or of each method of a module."""
    if isinstance(getattr(scripted, "_c", None), object) and hasattr(scripted, "_modules"):
        for method in scripted._c._method_names():
            compiled = getattr(scripted, method)
            yield f"{name}.{method} graph", str(compiled.graph)
            yield f"{name}.{method} code", compiled.code
    else:
        yield f"{name} graph", str(scripted.graph)
        yield f"{name} code", scripted.code


def report(path: Path, script: Callable[[Any], Any]) -> dict[str, str]:
    """All texts of a program file by title."""
    found: dict[str, str] = {}
    for name, program in programs(path):
        for title, text in texts(name, script(program)):
            found[title] = comparable(text)
    return found


def comparable(text: str) -> str:
    """The text with values renumbered in order of appearance and file names without folders."""
    text = re.sub(r"# \S*/([^/\s]+:\d+:\d+)", r"# \1", text)
    # The graph of a forked function has names of its own.
    return "".join(_renumbered(part) for part in re.split(r"(?=^with prim::)", text, flags=re.M)).rstrip()


def _renumbered(text: str) -> str:
    numbers: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        return numbers.setdefault(match.group(0), f"%{len(numbers)}")

    return re.sub(r"%[\w.]+", number, text)


def write(path: Path, found: dict[str, str]) -> None:
    """Store texts in a file of titled sections."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"=== {title}\n{text}\n\n" for title, text in found.items()))


def read(path: Path) -> dict[str, str]:
    """The sections of a file written by ``write``."""
    parts = re.split(r"^=== (.*)\n", path.read_text(), flags=re.M)[1:]
    return {title: text.rstrip() for title, text in zip(parts[::2], parts[1::2], strict=True)}
