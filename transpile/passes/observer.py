"""Watching passes at work: what each one changes, and whether the graph is well formed after it."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass

from transpile.core.errors import InvalidGraphError, PassError
from transpile.ir.graph import Graph
from transpile.ir.verifier import verify

ALL = "all"


@dataclass
class PassObserver:
    """What ``pipelines.run`` tells of each pass.

    ``print_after`` is the name of the pass whose changes are said as a difference of graphs, or ``"all"``; with
    ``verify_passes`` the verifier looks at the graph after every pass, and ``PassError`` names the one at fault.
    ``function`` is whose graph is being rewritten.
    """

    print_after: str = ""
    verify_passes: bool = False
    say: Callable[[str], None] = print
    function: str = ""
    _text: str = ""
    _sound: Graph | None = None  # as the pass before has left it

    def before(self, name: str, graph: Graph) -> None:
        """Pass ``name`` is about to run on ``graph``."""
        if self.print_after in (name, ALL):
            self._text = str(graph)
        if graph is not self._sound:
            self._check("before", name, graph)

    def after(self, name: str, graph: Graph) -> None:
        """Pass ``name`` has run on ``graph``."""
        if self.print_after in (name, ALL):
            lines = difflib.unified_diff(
                self._text.splitlines(),
                str(graph).splitlines(),
                self.function,
                f"{self.function} after {name}",
                lineterm="",
            )
            text = "\n".join(lines)
            if text:
                self.say(text)
        self._check("after", name, graph)
        self._sound = graph

    def _check(self, moment: str, name: str, graph: Graph) -> None:
        """``PassError`` if the graph is not well formed: before the first pass, it came so from the front end."""
        if self.verify_passes:
            try:
                verify(graph)
            except InvalidGraphError as error:
                raise PassError(f"{moment} the pass {name} on {self.function or 'a graph'}, {error}") from error
