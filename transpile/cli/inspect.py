"""``ts2cpp inspect``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from transpile.cli import report
from transpile.cli.export import prepare
from transpile.cli.model_options import ModelOptions, model_options
from transpile.cli.pass_options import observer_of, pass_options
from transpile.codegen.driver import final_program
from transpile.codegen.plan.held_constants import held_constants
from transpile.codegen.project.dot import dot
from transpile.codegen.project.project import Project
from transpile.codegen.project.staging import managed_files
from transpile.ir.graph import Node


@click.command("inspect")
@click.argument("model", metavar="MODEL|DIR")
@click.option("--graph", is_flag=True, help="The graph, as TorchScript prints it: what is shown by default.")
@click.option("--code", is_flag=True, help="The code, as TorchScript prints it.")
@click.option("--optimized", is_flag=True, help="The graphs that C++ is written from, in the order of the C++ file.")
@click.option("--ops", is_flag=True, help="The operators of those graphs, with their counts.")
@click.option("--dot", "as_dot", is_flag=True, help="Those graphs for Graphviz.")
@pass_options
@model_options
def command(
    model: str, graph: bool, code: bool, optimized: bool, ops: bool, as_dot: bool,
    print_after: str | None, verify_passes: bool, options: ModelOptions,
) -> None:  # fmt: skip
    """Look at a model, or at what a project holds; nothing is written."""
    if Path(model).is_dir():
        if graph or code or optimized or ops or as_dot or print_after or verify_passes:
            raise click.UsageError(f"{model} is the folder of a project, which holds no graphs: name the model file")
        _show_project(Project(model))
        return
    request, _ = prepare(model, (), options)
    from transpile.jit.entry import entry_functions

    observer = observer_of(print_after, verify_passes)
    if graph or not (code or optimized or ops or as_dot):
        for function in entry_functions(request.root, request.methods):
            click.echo(str(function.graph))
    if code:
        from transpile.jit.code.printer import print_code

        for function in entry_functions(request.root, request.methods):
            click.echo(print_code(function))
    if not (optimized or ops or as_dot or observer):
        return
    with held_constants(request.root) as root:
        specs = final_program(root, request.methods, observer).all_functions()
    if optimized:
        for spec in specs:
            click.echo(f"# {spec.function.qualified_name}")
            click.echo(str(spec.graph))
    if ops:
        counts = Counter(_overload(n) for s in specs for n in s.graph.walk_with_forks() if n.kind != "prim::Constant")
        for kind, count in sorted(counts.items()):
            click.echo(f"{count:6}  {kind}")
    if as_dot:
        click.echo(dot([(s.function.qualified_name, s.graph) for s in specs]))


def _show_project(project: Project) -> None:
    """Methods, weights and files of a project, with their sizes."""
    manifest, folder = project.manifest, project.path
    report.say(f"{project.name}, written by {manifest['generator']} from {manifest['source']}")
    methods = [
        (
            name,
            ", ".join(f"{p}: {t}" for p, t in zip(method["parameters"], method["types"], strict=True)),
            method["returns"],
            "yes" if (folder / "golden" / name / "inputs.npz").exists() else "no",
        )
        for name, method in manifest["methods"].items()
    ]
    report.table("methods", ("method", "parameters", "returns", "golden test"), methods)
    sizes = {name: (folder / name).stat().st_size for name in managed_files(folder) or [] if (folder / name).is_file()}
    runtime = [name for name in sizes if name.startswith("runtime/")]
    rows = [(name, report.size_text(size)) for name, size in sizes.items() if name not in runtime]
    rows.append((f"runtime/ ({len(runtime)} files)", report.size_text(sum(sizes[name] for name in runtime))))
    report.table("files", ("file", "size"), rows, right=(1,))
    report.say("built" if project.runner.exists() else "not built")


def _overload(node: Node) -> str:
    """What a node calls, with its overload, and why C++ lacks it if it does."""
    if node.operator is None:
        return node.kind
    lacks = node.operator.no_cpp
    return node.operator.schema.qualified_name + (f"  not in C++: {lacks.reason}" if lacks is not None else "")
