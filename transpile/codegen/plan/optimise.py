"""The export passes, applied to a whole program: what each needs to know of the others comes from here."""

from __future__ import annotations

from transpile.codegen.plan.program import FunctionSpec, Program
from transpile.ir.function import Function, ScriptObject
from transpile.ir.graph import Graph
from transpile.passes import pipelines
from transpile.passes.context import ExportContext
from transpile.passes.context import Program as PassProgram


class ExportOptimiser:
    """Runs ``pipelines.DISSOLVE`` on each function as it is found, ``pipelines.OPTIMIZE`` when all are known."""

    def __init__(self, written: set[str]) -> None:
        # While functions are still being found, any attribute that some method of the program assigns counts as written.
        self._first = PassProgram(written_names=set(written))
        self._program: PassProgram | None = None

    def simplify(self, function: Function, instance: ScriptObject | None) -> Graph:
        graph = function.structured.copy()
        pipelines.run(graph, pipelines.DISSOLVE, ExportContext(self._first, instance))
        return graph

    def optimise(self, graph: Graph, program: Program, spec: FunctionSpec) -> None:
        if self._program is None:
            pairs = [(s.owner.instance if s.owner is not None else None, s.graph) for s in program.all_functions()]
            roots = [program.root.instance] if program.root is not None else []
            self._program = PassProgram.of(pairs, roots)
            self._program.written_names |= self._first.written_names
        context = ExportContext(self._program, spec.owner.instance if spec.owner is not None else None)
        pipelines.run(graph, pipelines.OPTIMIZE, context)
        if spec.owner is not None:
            spec.owner.folds += context.folds
