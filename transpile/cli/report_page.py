"""``ts2cpp report``."""

from __future__ import annotations

from pathlib import Path

import click

from transpile.cli import report
from transpile.cli.export import prepare
from transpile.cli.model_options import ModelOptions, model_options
from transpile.codegen.project.exporter import generate
from transpile.codegen.project.html_report import (
    Column,
    PassCounts,
    Table,
    cpp_column,
    graph_column,
    numerics_table,
    operators_table,
    page,
    passes_table,
    profile_tables,
    python_column,
)
from transpile.codegen.project.profile import profile
from transpile.codegen.project.project import Project
from transpile.core.errors import ExportError

_SOURCES = (".cpp", ".hpp")
_GENERATED = ("main.cpp", "weights.cpp", "weights_data.cpp")


@click.command("report")
@click.argument("target", metavar="MODEL|DIR")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The page, an .html file.")
@click.option("--profile", "profiled", is_flag=True, help="For a project: sample where the time of a call goes.")
@model_options
def command(target: str, out: Path, profiled: bool, options: ModelOptions) -> None:
    """Write one HTML page about a model or a project.  Python, graph and C++ linked, sizes, numerics, profile."""
    if Path(target).is_dir():
        text = _of_project(Project(target), profiled)
    elif profiled:
        raise click.UsageError("--profile needs the folder of a project, which can be built and run")
    else:
        text = _of_model(target, options)
    out.write_text(text, encoding="utf-8")
    report.success(f"wrote {out}: {report.size_text(out.stat().st_size)}; open it in a browser, it needs no network")


def _of_model(model: str, options: ModelOptions) -> str:
    request, rows = prepare(model, (), options)
    observer = PassCounts()
    with report.phase("optimise and write C++"):
        generated = generate(request, observer)
    sources = [
        (name, data.decode("utf-8"))
        for name, data in generated.files.items()
        if name.startswith("src/") and name.endswith(".cpp") and Path(name).name not in _GENERATED
    ]
    python, cpp = python_column(generated.program), cpp_column(sources)
    weights = sum(array.nbytes for array in generated.tensors.values())
    figures = [
        ("parameters", f"{sum(int(row[3].replace(',', '')) for row in rows):,}"),
        ("weights", report.size_text(weights)),
        ("functions", str(len(generated.program.all_functions()))),
        ("lines of Python", _line_count(python)),
        ("lines of C++", _line_count(cpp)),
    ]
    tables = (
        [Table("Modules", ("module", "class", "output", "parameters", "bytes"), rows, right=(3, 4))] if rows else []
    )
    tables += [operators_table(generated.program), passes_table(observer)]
    columns = [python, graph_column(generated.program), cpp]
    return page(request.name, f"from {request.source}, as ts2cpp writes it", figures, columns, tables)


def _of_project(project: Project, profiled: bool) -> str:
    folder = project.path
    names = sorted((p for p in (folder / "src").glob("*.cpp") if p.name not in _GENERATED), key=str)
    columns = [cpp_column([(f"src/{p.name}", p.read_text(encoding="utf-8")) for p in names])]
    headers = sorted((folder / "include" / project.name).glob("*.hpp"))
    columns.append(Column("C++ headers", cpp_column([(p.name, p.read_text(encoding="utf-8")) for p in headers]).parts))
    methods = [
        (name, ", ".join(f"{p}: {t}" for p, t in zip(m["parameters"], m["types"], strict=True)), m["returns"])
        for name, m in project.manifest["methods"].items()
    ]
    tables = [Table("Methods", ("method", "parameters", "returns"), methods)]
    if project.runner.exists():
        try:
            tables.append(numerics_table(project.verify()))
        except ExportError as error:  # no example inputs
            report.warning(str(error))
    if profiled:
        method = next(iter(project.manifest["methods"]))
        with report.phase("build and sample"):
            tables += profile_tables(profile(project, method, 1))
    weights = folder / "weights.safetensors"
    figures = [("lines of C++", _line_count(columns[0]))]
    figures += [("weights", report.size_text(weights.stat().st_size))] if weights.exists() else []
    return page(
        project.name,
        f"written by {project.manifest['generator']} from {project.manifest['source']}",
        figures,
        columns,
        tables,
    )


def _line_count(column: Column) -> str:
    return str(sum(len(part.lines) for part in column.parts))
