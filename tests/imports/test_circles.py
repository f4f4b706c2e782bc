"""Imports run in circles only where ``known_circles`` says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.imports.circles import Graph, circles, import_graph
from tests.imports.known_circles import KNOWN

ROOT = Path(__file__).parents[2]


def test_no_new_circle_and_no_circle_listed_that_is_gone() -> None:
    found = set(circles(import_graph(ROOT)))
    known = {frozenset(modules.split()) for modules in KNOWN.values()}
    new = [sorted(c) for c in found - known]
    gone = [sorted(c) for c in known - found]
    assert not new, f"new circles (see `python -m tests.imports.circles`): {new}"
    assert not gone, f"circles that are gone: take them from tests/imports/known_circles.py: {gone}"


def test_every_circle_says_why_it_stays() -> None:
    assert all(reason.endswith(".") for reason in KNOWN)


def _package(folder: Path, files: dict[str, str]) -> Graph:
    for name, text in files.items():
        path = folder / "transpile" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return import_graph(folder)


@pytest.mark.parametrize(
    "back",
    [
        "from transpile.a import f",
        "from transpile import a",
        "import transpile.a",
        "def g():\n    from transpile.a import f",
        "def g():\n    return importlib.import_module('transpile.a')",
        "def g(name):\n    return importlib.import_module(f'transpile.{name}')",
        "if not TYPE_CHECKING:\n    from transpile.a import f",
    ],
)
def test_each_way_to_import_makes_a_circle(tmp_path: Path, back: str) -> None:
    graph = _package(tmp_path, {"__init__.py": "", "a.py": "from transpile.b import g", "b.py": back})
    assert any({"transpile.a", "transpile.b"} <= circle for circle in circles(graph))


def test_imports_for_type_checkers_make_none(tmp_path: Path) -> None:
    back = "if TYPE_CHECKING:\n    from transpile.a import f"
    graph = _package(tmp_path, {"__init__.py": "", "a.py": "from transpile.b import g", "b.py": back})
    assert circles(graph) == []
    assert circles(import_graph(tmp_path, typing=True)) == [frozenset({"transpile.a", "transpile.b"})]


def test_a_name_of_a_package_leads_to_its_init(tmp_path: Path) -> None:
    files = {"__init__.py": "", "p/__init__.py": "from transpile.p.a import f", "p/a.py": "from transpile.p import f"}
    assert circles(_package(tmp_path, files)) == [frozenset({"transpile.p", "transpile.p.a"})]
    files["p/a.py"] = "from transpile.p import b"
    files["p/b.py"] = ""
    assert circles(_package(tmp_path, files)) == []
