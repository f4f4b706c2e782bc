"""``ts2cpp export``."""

from __future__ import annotations

import json
import shlex
import warnings
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from transpile.cli import report
from transpile.cli.model_file import LoadedModel, model_name, read_inputs
from transpile.cli.model_options import ModelOptions, model_options
from transpile.cli.module_table import show_modules
from transpile.cli.pass_options import observer_of, pass_options
from transpile.cli.program import ModelFileError
from transpile.codegen.project.arrays import read_npz
from transpile.codegen.project.compare import ATOL, RTOL, Difference
from transpile.codegen.project.exporter import ExportRequest, export
from transpile.codegen.project.project import Project
from transpile.codegen.project.request import make_request, select_methods
from transpile.codegen.project.staging import MANIFEST, check_target
from transpile.codegen.project.training import training_text
from transpile.core.errors import CompileErrors, SourceError
from transpile.entry import compile_entry, inputs_from_arrays, trace_entry
from transpile.jit.entry import CompiledEntry, Inputs

# Of a list of many numbers each is an output.
OUTPUTS_SHOWN = 8


@click.command("export")
@click.argument("model")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder of the C++ project.")
@click.option("--method", "methods", multiple=True, help="Method to export; may be repeated.")
@click.option("--inputs", type=click.Path(path_type=Path), help="Example inputs as .npz.")
@click.option("--name", help="Name of the project; the model file's stem by default.")
@click.option(
    "--weights",
    type=click.Choice(["file", "embed"]),
    default="file",
    show_default=True,
    help="Weights in a .safetensors file that the program reads, or inside the program.",
)
@click.option("--build", is_flag=True, help="Build the project.")
@click.option("--verify", is_flag=True, help="Build, run and compare with eager Python.")
@click.option("--training", is_flag=True, help="Training mode is meant: do not warn of dropout and batch norms.")
@click.option("--force", is_flag=True, help="Write into a folder that ts2cpp did not write.")
@click.option("--quiet", is_flag=True, help="Say nothing but warnings and errors.")
@click.option("--json", "as_json", is_flag=True, help="Print a summary as JSON on stdout.")
@pass_options
@model_options
def command(
    model: str, out: Path, methods: tuple[str, ...], inputs: Path | None, name: str | None,
    weights: str, build: bool, verify: bool, training: bool, force: bool, quiet: bool,
    as_json: bool,     print_after: str | None, verify_passes: bool, options: ModelOptions,
) -> int:  # fmt: skip
    """Write the C++ project of a model.  MODEL is a Python file, pkg.module[:ENTRY], or a TorchScript archive."""
    report.be_quiet(quiet)
    check_target(out, force=force)
    request, summary_rows = prepare(model, methods, options, inputs)
    request.name = name if name is not None else request.name
    request.embed_weights = weights == "embed"
    with report.phase("optimise and write C++"):
        project = export(request, out, force=force, observer=observer_of(print_after, verify_passes))
    warn_of_training(project, training)
    show_modules(summary_rows)
    untested = not request.examples
    if untested and (build or verify):
        report.warning(
            "nothing will be tested: the model file has no example_inputs; define them, or give --inputs FILE.npz"
        )
    result: dict[str, Any] = {"project": str(out), "name": project.name, "methods": project.manifest["methods"]}
    status = 0
    outcome = "not built"
    if build or verify:
        with report.phase("build"):
            project.build()
        outcome = "built"
    if verify:
        with report.phase("run and compare"):
            differences = project.verify()
        status = show_differences(differences)
        outcome += ", and computes what eager Python computes" if status == 0 else ", and DIFFERS from eager Python"
        result["differences"] = [vars(d) for d in differences]
    elif untested:
        outcome += ", and cannot be tested: no example_inputs"
    else:
        outcome += ", not compared with eager Python yet"
    if as_json:
        click.echo(json.dumps(result, default=str))
    show_result(out, project, outcome, build=build or verify, verified=verify or untested)
    return status


def show_result(out: Path, project: Project, outcome: str, *, build: bool, verified: bool) -> None:
    """The end of an export: where the project is, how large, whether it was tested, and what to do next."""
    files = project_files(out)
    own = [name for name in files if not name.startswith("runtime/")]
    weights = [name for name in own if name.endswith(".safetensors")]
    sizes = {name: (out / name).stat().st_size for name in files}
    code = sum(sizes[name] for name in own if name.endswith((".cpp", ".hpp", ".h")))
    parts = [f"{report.size_text(code)} of C++"]
    parts += [f"{report.size_text(sum(sizes[name] for name in weights))} of weights"] if weights else []
    parts.append(f"the runtime ({report.size_text(sum(sizes[n] for n in files if n not in own))})")
    report.success(f"{project.name}: {out}: {', '.join(parts)}; {outcome}")
    folder = shlex.quote(str(out))
    tree = shlex.quote(str(out / "build"))
    steps = [] if build else [f"cmake -S {folder} -B {tree} -DCMAKE_BUILD_TYPE=Release", f"cmake --build {tree}"]
    if not verified:
        steps.append(f"ctest --test-dir {tree}" if not build else f"ts2cpp verify {folder}")
    if steps:
        report.say("next:\n" + "\n".join(f"  {step}" for step in steps))


def prepare(
    model: str, methods: tuple[str, ...], options: ModelOptions, inputs: Path | None = None
) -> tuple[ExportRequest, list[tuple[str, ...]]]:
    """Load, compile and run a model eagerly: everything that comes before code generation."""
    named = model_name(model)
    report.say(f"{'reading' if named.is_archive else 'executing'} {model}")
    with report.phase(f"load {named.path.name}"):
        loaded = options.load(model)
    report.say("  torch is " + ("PyTorch" if loaded.implementation == "pytorch" else "the bundled implementation"))
    compiled = compile_model(loaded, trace=options.trace, inputs=inputs, methods=methods)
    selected = select_methods(compiled, methods)
    given: Inputs | None = loaded.inputs
    if inputs is not None:
        names = [name for name, _ in compiled.parameters(selected[0])]
        given = compiled.arguments_from_arrays(selected[0], read_inputs(inputs, names))
    with (
        report.phase("run eagerly") if given is not None else nullcontext(),
        loaded.program.runs(f"running {' and '.join(selected)} of {loaded.path.name}"),
    ):
        request = make_request(compiled, named.stem, loaded.path.name, selected, given)
    for method in selected:
        for formal in compiled.functions[method].schema.arguments:
            if formal.has_default and not formal.default_fits:
                report.warning(
                    f"{formal.name!r} of {method} is a tensor in C++, which a call has to give: to keep the default None, "
                    f"write {formal.name}: Optional[torch.Tensor] = None"
                )
    return request, compiled.summary()


def compile_model(
    loaded: LoadedModel, *, trace: bool, inputs: Path | None = None, methods: tuple[str, ...] = ()
) -> CompiledEntry:
    """Script the entry of a model file, or trace it with its example inputs or those in ``inputs``, ``methods`` alone if
    there are any."""
    if trace:
        if model_name(loaded.path).is_archive:
            raise ModelFileError(f"{loaded.path} holds a compiled model, which is not traced: leave --trace out")
        return _trace(loaded, inputs, methods)
    try:
        with report.phase("script"):
            return compile_entry(loaded.entry)
    except SourceError as error:
        errors = error.errors if isinstance(error, CompileErrors) else [error]
        if loaded.inputs is not None and not any(e.fails_in_python for e in errors):
            last = errors[-1]
            may_do = "--trace may do: it records what the model does with its example inputs"
            last.hint = f"{last.hint}\n      {may_do}" if last.hint else may_do
        raise


def _trace(loaded: LoadedModel, inputs: Path | None, methods: tuple[str, ...]) -> CompiledEntry:
    from transpile.jit.tracing.check import TracingCheckError

    given = loaded.inputs
    if isinstance(given, Mapping) and methods:
        given = {method: values for method, values in given.items() if method in methods} or given
    if inputs is not None:
        given = inputs_from_arrays(loaded.entry, read_npz(inputs))
    if given is None:
        raise ModelFileError(
            f"--trace needs example inputs: define example_inputs in {loaded.path.name}, or give --inputs FILE.npz"
        )
    with (
        warnings.catch_warnings(record=True) as warned,
        report.phase("trace"),
        loaded.program.runs(f"tracing the model of {loaded.path.name}"),
    ):
        try:
            compiled = trace_entry(loaded.entry, given)
        except TracingCheckError as error:
            raise ModelFileError(str(error).rstrip()) from None
    for text in dict.fromkeys(f"{w.filename}:{w.lineno}: {w.message}" for w in warned):
        report.warning(text)
    return compiled


def warn_of_training(project: Project, meant: bool) -> None:
    """Name the lines of a program in training mode, unless that is meant."""
    if project.training_lines and not meant:
        report.warning(training_text(project.training_lines, "--training"))


def project_files(folder: Path) -> list[str]:
    """The files that the manifest of a project lists."""
    return list(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"])


def show_differences(differences: list[Difference], atol: float = ATOL) -> int:
    """Print how compiled and eager outputs compare, those that differ most; 0 if they agree, 1 if not."""
    rtol = max((d.rtol for d in differences), default=RTOL)
    worst = sorted(differences, key=lambda d: (d.equal, -d.absolute))[:OUTPUTS_SHOWN]
    for difference in differences:
        if difference in worst:
            report.say("  " + difference.describe())
    if len(differences) > len(worst):
        report.say(f"  {len(differences) - len(worst)} more outputs differ no more than these")
    if all(d.equal for d in differences):
        report.success(f"compiled and eager outputs agree within rtol {rtol:g}, atol {atol:g}")
        return 0
    report.error(f"compiled and eager outputs differ by more than rtol {rtol:g}, atol {atol:g}", "different")
    return 1


__all__ = ["Project", "command", "prepare", "project_files", "show_differences", "warn_of_training"]
