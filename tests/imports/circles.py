"""Circles among the imports of the package: ``python -m tests.imports.circles [FOLDER]``.

An import inside a function counts like one at the top, and so does ``importlib.import_module`` of a literal; an f-string
stands for every module that begins like it.  What only a type checker imports (``if TYPE_CHECKING``) is reported apart.
``from package import name`` leads to the submodule of that name, or else to the package's ``__init__``.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

PACKAGE = "transpile"
_TYPE_CHECKING = ("TYPE_CHECKING", "typing.TYPE_CHECKING")
Graph = Mapping[str, frozenset[str]]


def import_graph(root: Path, *, typing: bool = False) -> Graph:
    """What each module of the package under ``root`` imports; with what only type checkers import if ``typing``."""
    files = {_module_name(root, path): path for path in sorted((root / PACKAGE).rglob("*.py"))}
    graph = {}
    for name, path in files.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found = {target for node in _statements(tree, typing) for target in _targets(node, files)}
        graph[name] = frozenset(found - {name})
    return graph


def circles(graph: Graph) -> list[frozenset[str]]:
    """The strongly connected components of more than one module, the largest first (Tarjan's algorithm)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[frozenset[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in sorted(graph[name]):
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            start = stack.index(name)
            component = stack[start:]
            del stack[start:]
            if len(component) > 1:
                found.append(frozenset(component))

    for name in sorted(graph):
        if name not in index:
            visit(name)
    return sorted(found, key=lambda c: (-len(c), min(c)))


def edges(graph: Graph, circle: frozenset[str]) -> list[tuple[str, list[str]]]:
    """Each module of a circle with the modules of the circle that it imports."""
    return [(name, sorted(graph[name] & circle)) for name in sorted(circle)]


def _module_name(root: Path, path: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _statements(tree: ast.AST, typing: bool) -> Iterator[ast.AST]:
    """All nodes of a tree, without the bodies of ``if TYPE_CHECKING`` unless ``typing``."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) in _TYPE_CHECKING and not typing:
            for other in node.orelse:
                yield other
                yield from _statements(other, typing)
        else:
            yield node
            yield from _statements(node, typing)


def _targets(node: ast.AST, modules: Collection[str]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (a.name for a in node.names if a.name in modules)
    elif isinstance(node, ast.ImportFrom) and node.module is not None:
        for alias in node.names:
            inner = f"{node.module}.{alias.name}"
            if inner in modules:
                yield inner
            elif node.module in modules:
                yield node.module
    elif isinstance(node, ast.Call) and node.args and ast.unparse(node.func).endswith("import_module"):
        name = node.args[0]
        if isinstance(name, ast.Constant) and str(name.value) in modules:
            yield str(name.value)
        elif isinstance(name, ast.JoinedStr) and isinstance(name.values[0], ast.Constant):
            beginning = str(name.values[0].value)
            yield from (m for m in modules if beginning.startswith(PACKAGE) and m.startswith(beginning))


def _report(graph: Graph, found: list[frozenset[str]]) -> None:
    for number, circle in enumerate(found, 1):
        print(f"{number}. {len(circle)} modules, {sum(len(to) for _, to in edges(graph, circle))} imports")
        for name, targets in edges(graph, circle):
            print(f"    {name} -> {', '.join(targets)}")


def main() -> None:
    """Print the circles of the package in the folder that is given, or in the current one."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    graph = import_graph(root)
    found = circles(graph)
    print(f"{len(found)} circles, {sum(map(len, found))} modules of {len(graph)} in them")
    _report(graph, found)
    typed = import_graph(root, typing=True)
    more = [c for c in circles(typed) if c not in found]
    print(f"\nwith imports for type checkers alone {len(circles(typed))} circles; those that are not above:")
    _report(typed, more)


if __name__ == "__main__":
    main()
