"""The whole export in order: from an entry point to the program that C++ is written from, and to its C++.

What each stage does stands in its module; no stage knows the ones after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from transpile.codegen.emit.writer import ProgramWriter, Written
from transpile.codegen.plan.collect import collect, mutated_attributes, raise_all
from transpile.codegen.plan.members import arrays_of, collect_members, runs_of, uniform_of
from transpile.codegen.plan.merging import merge_equal_modules
from transpile.codegen.plan.mutation import mark_mutation, require_separate_memory
from transpile.codegen.plan.program import FunctionSpec, Program
from transpile.codegen.plan.program_plan import plan_program
from transpile.codegen.plan.regions import Regions
from transpile.codegen.plan.unused_calls import drop_unused_calls
from transpile.core.errors import CompileErrors, SourceError, UnsupportedOperatorError, our_fault
from transpile.ir.function import Function, ScriptObject
from transpile.ir.graph import Graph
from transpile.passes import pipelines
from transpile.passes.context import AttributeUse, ExportContext
from transpile.passes.dead_code import dead_code
from transpile.passes.observer import PassObserver
from transpile.script.library import is_own_source

_PARAMETRIZED = "Parametrization is not working with scripting."


def final_program(
    root: ScriptObject | Function, methods: Sequence[str] = (), observer: PassObserver | None = None
) -> Program:
    """The program that C++ is written from: a function, or the given methods of a module, and all that they call.

    Its graphs are copies; ``observer`` watches the passes.  All problems of the user's program are raised together.  What
    may have large constants is exported within ``held_constants``.
    """
    # While functions are still being found, any attribute that some method of the program assigns counts as written.
    assigned = AttributeUse(written_names={name for _, name in mutated_attributes(root)})

    def dissolve(function: Function, instance: ScriptObject | None) -> Graph:
        graph = function.structured.copy()
        _run(function, graph, pipelines.DISSOLVE, ExportContext(assigned, instance), observer)
        return graph

    program = collect(root, methods, dissolve)
    _refuse_parametrizations(program)
    _optimise(program, assigned, observer)
    regions = Regions(program.all_functions(), program.instances)
    mark_mutation(program.all_functions(), regions)
    for spec in drop_unused_calls(program):
        _run(spec.function, spec.graph, (dead_code,), ExportContext(assigned, _instance(spec)), observer)
    program.separate = regions.separate(program.entries, program.mutated)
    require_separate_memory(program)
    merge_equal_modules(program)
    collect_members(program)
    _prepare_emission(program, observer)
    return program


def write_cpp(program: Program, namespace: str, observed: Mapping[str, str] | None = None) -> Written:
    """The C++ of a final program; ``observed`` says of methods what went in and came out of the example run."""
    return ProgramWriter(plan_program(program), namespace, observed).write()


def _refuse_parametrizations(program: Program) -> None:
    """A script that reads a parametrized tensor raises, as in PyTorch, where eager Python computes: that is not exported."""
    problems: list[SourceError] = []
    for node in (node for spec in program.all_functions() for node in spec.graph.walk()):
        if node.kind == "prim::RaiseException" and node.input(0).constant == _PARAMETRIZED:
            calls = [call for _, call in node.stack if call is not None and not is_own_source(call.filename)]
            hint = (
                "make the tensor plain first, which keeps its values: torch.nn.utils.parametrize.remove_parametrizations(layer, "
                "'weight'); or record the model with --trace"
            )
            problems.append(UnsupportedOperatorError(_PARAMETRIZED, calls[-1] if calls else node.range, hint=hint))
    raise_all(problems)


def _optimise(program: Program, assigned: AttributeUse, observer: PassObserver | None) -> None:
    """What needs to know the whole program: batch norms fold where nobody else uses their layer, pointwise code fuses."""
    use = AttributeUse.of(
        [(_instance(spec), spec.graph) for spec in program.all_functions()],
        [program.root.instance] if program.root is not None else [],
    )
    use.written_names |= assigned.written_names
    problems: list[SourceError] = []
    for spec in program.all_functions():
        context = ExportContext(use, _instance(spec))
        try:
            _run(spec.function, spec.graph, pipelines.OPTIMIZE, context, observer)
        except SourceError as error:
            problems += error.errors if isinstance(error, CompileErrors) else [error]
        if spec.owner is not None:
            spec.owner.folds += context.folds
    raise_all(problems)


def _prepare_emission(program: Program, observer: PassObserver | None) -> None:
    """What is one expression or statement in C++ becomes one node."""
    written = AttributeUse(written_names={name for _, name in program.mutated})
    for spec in program.all_functions():
        context = ExportContext(written, _instance(spec))
        if spec.owner is not None:
            members = spec.owner.members
            context.arrays, context.runs, context.uniform = arrays_of(members), runs_of(members), uniform_of(members)
        _run(spec.function, spec.graph, pipelines.EMIT, context, observer)


def _run(
    function: Function,
    graph: Graph,
    passes: Sequence[pipelines.Pass],
    context: ExportContext,
    observer: PassObserver | None,
) -> None:
    if observer is not None:
        observer.function = function.shown_name
    with our_fault(f"optimising {function.shown_name}", function.range):
        pipelines.run(graph, passes, context, observer)


def _instance(spec: FunctionSpec) -> ScriptObject | None:
    return spec.owner.instance if spec.owner is not None else None
