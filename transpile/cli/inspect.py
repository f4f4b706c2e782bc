"""``ts2cpp inspect``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from transpile.cli.export import prepare
from transpile.codegen.driver import final_program
from transpile.codegen.project.dot import dot


@click.command("inspect")
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--graph", "what", flag_value="graph", default=True, help="The graph, as TorchScript prints it.")
@click.option("--code", "what", flag_value="code", help="The code, as TorchScript prints it.")
@click.option("--optimized", "what", flag_value="optimized", help="The graphs that C++ is written from.")
@click.option("--ops", "what", flag_value="ops", help="The operators, with their counts.")
@click.option("--dot", "what", flag_value="dot", help="The optimised graph for Graphviz.")
@click.option("--entry", default="model", show_default=True)
@click.option("--trace", is_flag=True, help="Trace with the example inputs instead of scripting.")
@click.option("--torch", "torch_", type=click.Choice(["auto", "bundled", "pytorch"]), default="auto", show_default=True)
def command(model: Path, what: str, entry: str, trace: bool, torch_: str) -> None:
    """Look at a model; nothing is written."""
    request, _ = prepare(model, entry, (), trace=trace, inputs=None, torch=torch_)
    from transpile.jit.entry import entry_functions

    if what in ("graph", "code"):
        from transpile.jit.code.printer import print_code

        for function in entry_functions(request.root, request.methods):
            click.echo(str(function.graph) if what == "graph" else print_code(function))
        return
    program = final_program(request.root, request.methods)
    specs = [*program.functions, *(s for m in program.modules for s in m.methods.values())]
    if what == "optimized":
        for spec in specs:
            click.echo(f"# {spec.function.qualified_name}")
            click.echo(str(spec.graph))
    elif what == "dot":
        click.echo(dot([(s.function.qualified_name, s.graph) for s in specs]))
    else:
        counts = Counter(n.kind for s in specs for n in s.graph.walk() if n.kind != "prim::Constant")
        for kind, count in sorted(counts.items()):
            click.echo(f"{count:6}  {kind}")
