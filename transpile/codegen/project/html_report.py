"""One offline HTML page about a model: Python, graph and C++ side by side, sizes, operators, numerics, profile.

The columns are joined by Python line: graphs say where a node comes from, C++ says it in comments.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import PurePath
from typing import Any

import jinja2
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import CppLexer, PythonLexer

from transpile._resources import resource
from transpile.codegen.plan.program import Program
from transpile.codegen.project.compare import Difference
from transpile.codegen.project.profile import Profile
from transpile.core.source import Source
from transpile.ir.graph import Graph
from transpile.passes.observer import PassObserver

# Where C++ says which Python line follows: `at(3);  // net.py:3  text`, `// def forward(...), net.py:2`.
_PLACE = re.compile(r"(?:// |, )([\w.\-]+\.py):(\d+)(?:  |$)")
# Where a printed graph says it: `... # some/folder/net.py:3:8`.
_ORIGIN = re.compile(r" # (.+):(\d+):\d+$")
_BAR = 160.0  # pixels of the longest bar


@dataclass(frozen=True)
class Line:
    """A line of a column; lines with one ``key`` belong together."""

    number: str
    html: str
    key: str = ""


@dataclass(frozen=True)
class Part:
    """The lines of a file or a function."""

    title: str
    lines: list[Line]


@dataclass(frozen=True)
class Column:
    title: str
    parts: list[Part]


@dataclass(frozen=True)
class Table:
    """``right`` are the columns of numbers; ``bars`` are lengths in pixels, one a row."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Sequence[int] = ()
    note: str = ""
    bars: Sequence[float] = ()


@dataclass
class PassCounts(PassObserver):
    """Counts what each pass does: on how many graphs it changed something, and nodes before and after these times."""

    counts: dict[str, list[int]] = field(default_factory=dict)
    _nodes: int = 0
    _shown: str = ""

    def before(self, name: str, graph: Graph) -> None:
        self._nodes = sum(1 for _ in graph.walk_with_forks())
        self._shown = str(graph)

    def after(self, name: str, graph: Graph) -> None:
        if str(graph) == self._shown:
            return
        found = self.counts.setdefault(name, [0, 0, 0])
        found[0] += 1
        found[1] += self._nodes
        found[2] += sum(1 for _ in graph.walk_with_forks())


def page(
    name: str, subtitle: str, figures: Sequence[tuple[str, str]], columns: Sequence[Column], tables: Sequence[Table]
) -> str:
    """The page; whatever the texts hold, they are shown and not interpreted."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource("templates")), undefined=jinja2.StrictUndefined, autoescape=True
    )
    return environment.get_template("report.html.j2").render(
        name=name, subtitle=subtitle, figures=figures, columns=columns, tables=tables
    )


def _key(file: str, line: int) -> str:
    return f"{PurePath(file).name}:{line}"


def _coloured(text: str, lexer: Lexer) -> list[str]:
    """Lines of HTML: every token ends in its line."""
    return str(highlight(text, lexer, HtmlFormatter(nowrap=True))).rstrip("\n").split("\n")


def python_column(program: Program) -> Column:
    """The functions of the program as they stand in their files, the user's own first."""
    sources: dict[tuple[str, int], Source] = {}
    for spec in program.all_functions():
        for node in spec.graph.walk_with_forks():
            if node.range is not None:
                source = node.range.source
                sources.setdefault((source.filename, source.first_line), source)
    lexer = PythonLexer(stripnl=False)
    parts: dict[str, list[Line]] = {}
    for (file, first), source in sorted(sources.items(), key=lambda item: (_of_library(item[0][0]), item[0])):
        lines = [
            Line(str(number), html, _key(file, number))
            for number, html in enumerate(_coloured(source.text, lexer), first)
        ]
        parts.setdefault(PurePath(file).name, []).extend(lines)
    return Column("Python", [Part(title, lines) for title, lines in parts.items()])


def _of_library(file: str) -> bool:
    return "transpile" in PurePath(file).parts or "torch" in PurePath(file).parts


def graph_column(program: Program) -> Column:
    """The graphs that C++ is written from, in its order; nodes of the library belong to the user's line that led there."""
    parts = []
    for spec in program.all_functions():
        nodes = spec.graph.walk_with_forks()
        node = next(nodes, None)
        lines = []
        for number, text in enumerate(str(spec.graph).splitlines(), 1):
            origin = _ORIGIN.search(text)
            shown = text[: origin.start()] if origin else text
            key = ""
            if node is not None and re.search(rf"(^|=) *{re.escape(node.kind)}[\[(]", shown):
                place = node.user_range
                key = _key(place.filename, place.line) if place is not None else ""
                node = next(nodes, None)
            lines.append(Line(str(number), escape(shown), key))
        parts.append(Part(spec.function.qualified_name, lines))
    return Column("Graph", parts)


def cpp_column(files: Iterable[tuple[str, str]]) -> Column:
    """Generated sources, each as name and text."""
    lexer = CppLexer(stripnl=False)
    parts = []
    for name, text in files:
        lines = []
        key = ""
        for number, (plain, html) in enumerate(zip(text.splitlines(), _coloured(text, lexer), strict=False), 1):
            place = _PLACE.search(plain)
            if place is not None:
                key = _key(place[1], int(place[2]))
            lines.append(Line(str(number), html, key))
            if plain == "}":
                key = ""
        parts.append(Part(name, lines))
    return Column("C++", parts)


def operators_table(program: Program) -> Table:
    """Operators of the final graphs with what they give."""
    counts: Counter[tuple[str, str]] = Counter()
    for spec in program.all_functions():
        for node in spec.graph.walk_with_forks():
            if node.kind != "prim::Constant":
                name = node.operator.schema.qualified_name if node.operator is not None else node.kind
                counts[name, ", ".join(str(output.type) for output in node.outputs)] += 1
    rows = [(name, types, str(count)) for (name, types), count in counts.most_common()]
    return Table("Operators", ("operator", "gives", "count"), rows, right=(2,))


def passes_table(observer: PassCounts) -> Table:
    """What the optimiser did, in the order in which passes first changed something."""
    rows = [(name, str(times), str(before), str(after)) for name, (times, before, after) in observer.counts.items()]
    return Table(
        "What the optimiser did", ("pass", "graphs changed", "nodes before", "nodes after"), rows, right=(1, 2, 3),
        note="A pass that runs several times is counted each time that it changed a graph.",
    )  # fmt: skip


def numerics_table(differences: Sequence[Difference]) -> Table:
    """How compiled and eager outputs compare."""
    rows = [
        (d.name, "yes" if d.equal else "NO", f"{d.absolute:.3g}", f"{d.relative:.3g}", d.reason) for d in differences
    ]
    return Table(
        "Compiled against eager", ("output", "equal", "greatest difference", "relative", ""), rows, right=(2, 3)
    )


def profile_tables(found: Profile) -> list[Table]:
    """Where the time of a call goes."""
    operators, lines = found.by_operator()[:25], found.by_line()[:25]

    def times(shares: Sequence[tuple[Any, float]]) -> list[float]:
        longest = max((share for _, share in shares), default=1.0)
        return [_BAR * share / longest for _, share in shares]

    def cells(share: float) -> tuple[str, str]:
        return f"{share * found.microseconds:.1f}", f"{100 * share:.1f}"

    return [
        Table(
            "Time by operator", ("operator", "us", "%"), [(what, *cells(share)) for what, share in operators],
            right=(1, 2), note=f"{found.microseconds:.1f} us a call, {len(found.samples)} samples", bars=times(operators),
        ),
        Table(
            "Time by Python line", ("line", "us", "%", "text"),
            [
                (f"{what.file}:{what.line}", *cells(share), found.texts.get((what.file, what.line), what.function))
                for what, share in lines
            ],
            right=(1, 2), bars=times(lines),
        ),
    ]  # fmt: skip
