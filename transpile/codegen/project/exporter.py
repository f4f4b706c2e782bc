"""Export: from a compiled program to the files of its project."""

from __future__ import annotations

import functools
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from transpile import __version__
from transpile._resources import resource
from transpile.codegen.driver import final_program, write_cpp
from transpile.codegen.emit import exports, loading
from transpile.codegen.emit.writer import Written
from transpile.codegen.plan.held_constants import held_constants
from transpile.codegen.plan.program import Program
from transpile.codegen.project import float64, weights
from transpile.codegen.project.format import format_cpp
from transpile.codegen.project.interface import method_interface
from transpile.codegen.project.project import Project
from transpile.codegen.project.runtime import for_size, runtime, units, without_copies
from transpile.codegen.project.staging import check_target, write_files
from transpile.codegen.project.training import training_lines
from transpile.core.names import readable, upper
from transpile.cpp import library
from transpile.cpp.literals import byte_literals, comment_text
from transpile.cpp.printer import print_copying, print_definition, print_header
from transpile.ir.function import Function, ScriptObject
from transpile.passes.observer import PassObserver

Array = np.ndarray[Any, Any]


@dataclass
class Example:
    """Example inputs of one method and what eager Python computed from them, as flat arrays."""

    inputs: Mapping[str, Array]
    outputs: Mapping[str, Array]


@dataclass
class ExportRequest:
    """What to export.  ``source`` names the model file in comments; ``methods`` are those of a module to export."""

    root: ScriptObject | Function
    name: str
    source: str
    methods: Sequence[str] = ("forward",)
    examples: Mapping[str, Example] = field(default_factory=dict)
    embed_weights: bool = False


@dataclass
class Generated:
    """The files of a project before they are written."""

    files: dict[str, bytes]
    manifest: dict[str, Any]
    program: Program
    tensors: dict[str, Array]


# Functions and variables of the C library, which a namespace cannot share its name with.
_C_LIBRARY = frozenset(
    """abort abs accept access acct acos advance alarm asin atan basename bind brk bsearch ceil chdir clock close
    connect copysign cos cosh crypt ctime daemon daylight div drem dup encrypt environ erf erfc exit exp fabs
    finite floor fmax fmin fmod fork free gamma getline gets hypot index ioctl kill labs ldexp lgamma link listen
    log logb malloc memcpy modf nan nice open optarg optind pause perror pipe pow printf puts qsort raise rand
    random read realloc recv remainder remove rename rewind rindex rint round scalb scanf select send shutdown
    signal signgam significand sin sinh sleep socket sqrt srand srandom step stderr stdin stdout swab symlink sync
    syscall system tan tanh time timezone trunc truncate umask unlink wait write""".split()
)
# Names that mean something to CMake, and files that every project has.
_TAKEN = _C_LIBRARY | frozenset(
    """all all_build clean edit_cache experimental help install nightly package package_source preinstall rebuild_cache
    run_tests test threads zero_check main weights weights_data ts2cpp""".split()
)


def project_name(name: str) -> str:
    """``name`` as target, namespace and file name."""
    identifier = readable(name, "model")
    return f"{identifier}_model" if identifier.lower() in _TAKEN else identifier


def generate(request: ExportRequest, observer: PassObserver | None = None) -> Generated:
    """Optimise and write out a program; all problems of the program are raised together."""
    with held_constants(request.root) as root:
        program = final_program(root, request.methods, observer)
        name = project_name(request.name)
        observed = {method: _observed(example) for method, example in request.examples.items()}
        written = write_cpp(program, name, observed)
        files, manifest = _files(request, name, program, written), _manifest(request, name, program)
    return Generated(files, manifest, program, written.state.tensors)


def _observed(example: Example) -> str:
    """What the example run looked like: ``e.g. x: float32[1, 3, 224, 224] -> float32[1, 1000]``."""

    def shown(arrays: Mapping[str, Array]) -> list[str]:
        return [f"{name}: {array.dtype}{list(array.shape)}" for name, array in arrays.items() if array.ndim]

    outputs = [text.removeprefix("output: ").removeprefix("output.") for text in shown(example.outputs)]
    return f"e.g. {', '.join(shown(example.inputs)) or 'numbers'} -> {', '.join(outputs) or 'a number'}"


def export(request: ExportRequest, out: Path, *, force: bool = False, observer: PassObserver | None = None) -> Project:
    """Generate a project and write it to ``out``; nothing appears there unless everything succeeded."""
    check_target(out, force=force)
    generated = generate(request, observer)
    write_files(out, generated.files, generated.manifest)
    project = Project(out)
    project.training_lines = training_lines(generated.program)
    return project


@functools.cache
def _environment() -> jinja2.Environment:
    """The templates; compiled once, however many projects are written."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource("templates")),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )


def _first_inputs(program: Program, request: ExportRequest) -> Mapping[str, Array]:
    """The example inputs of the first exported function, if there are any."""
    first = program.entries[0]
    example = request.examples.get(first.function.name) or request.examples.get(exports.method_key(first))
    return example.inputs if example is not None else {}


def _files(request: ExportRequest, name: str, program: Program, written: Written) -> dict[str, bytes]:
    environment = _environment()
    source = comment_text(request.source)
    carried = f"{__version__}-{runtime().digest}"
    base = {"version": __version__, "source": source, "name": name, "prefix": upper(name), "runtime": carried}

    def render(template: str, **values: object) -> str:
        return environment.get_template(template).render(**base, **values)

    packed = weights.pack(written.state.tensors)
    loads = bool(written.state.tensors) and not request.embed_weights
    load = loading.with_copying(
        loading.load_functions(written.plan, written.state, embed=request.embed_weights), written
    )
    declared = [*written.header, *(f.declaration() for f in load.functions)]
    needed = library.headers(declared)
    in_header = library.Headers(needed.standard, sorted({*_ALWAYS_IN_HEADER, *needed.runtime}))
    header = render(
        "header.hpp.j2",
        includes=[*in_header.standard, *in_header.runtime],
        short_names=library.short_names(declared),
        body=print_header(declared),
    )
    needed = library.headers(written.source)
    cpp = render(
        "source.cpp.j2",
        includes=[*needed.standard, *sorted({*needed.runtime, "ts2cpp/error.hpp"})],
        short_names=library.short_names(written.source, declared),
        body="\n".join(print_definition(f) for f in written.source),
    )
    sources = [f"src/{name}.cpp"]
    joined: list[str] = []  # what another source takes in
    files: dict[str, bytes] = {
        f"include/{name}/{name}.hpp": format_cpp(header).encode(),
        f"src/{name}.cpp": format_cpp(cpp).encode(),
    }
    if load.functions:
        rows = [loading.table_row(r.name, r.dtype, r.shape, r.offset).text() for r in packed.rows]
        needed = library.headers(load.all()).without(in_header)
        text = render(
            "weights.cpp.j2",
            includes=[*needed.standard, *sorted({*needed.runtime, "ts2cpp/io/weights.hpp"})],
            short_names=library.short_names(load.all(), declared),
            rows=rows,
            embedded=request.embed_weights and bool(rows),
            inner=print_definition(load.inner) if load.inner is not None else "",
            body="\n".join(_loading_definitions(load)),
        )
        files["src/weights.cpp"] = format_cpp(text).encode()
        joined.append("src/weights.cpp")
        if request.embed_weights:
            lines = byte_literals(packed.data)
            files["src/weights_data.cpp"] = render("weights_data.cpp.j2", lines=lines, size=len(packed.data)).encode()
            sources.append("src/weights_data.cpp")
    if loads:
        files["weights.safetensors"] = packed.data
    table = exports.exports_function(written.plan, name, written.names, weights_file=loads)
    needed = library.headers(table).without(in_header)
    text = render(
        "c_source.cpp.j2",
        includes=[
            *needed.standard,
            *sorted({*needed.runtime, *exports.headers_of_values(program.entries), "ts2cpp/c_api.hpp"}),
        ],
        body=print_definition(table),
        has_loading=bool(joined),
    )
    files[f"src/{name}_c.cpp"] = format_cpp(text).encode()
    sources.append(f"src/{name}_c.cpp")
    for_c = [(comment_text(exports.signature(e), 300), exports.has_objects(e)) for e in program.entries]
    files[f"include/{name}/{name}_c.h"] = render(
        "c_header.h.j2",
        methods=[line for line, objects in for_c if not objects],
        objects=[line for line, objects in for_c if objects],
        has_weights=loads,
    ).encode()
    main = render("main.cpp.j2")
    files["src/main.cpp"] = main.encode()
    cases = list(request.examples)
    for method, example in request.examples.items():
        files[f"golden/{method}/inputs.npz"] = _npz(example.inputs)
        files[f"golden/{method}/expected.npz"] = _npz(example.outputs)
    shown = [a for e in request.examples.values() for arrays in (e.inputs, e.outputs) for a in arrays.values()]
    rare_float64 = float64.is_rare(program, written.state.tensors, shown)
    own = (files[f].decode() for f in (f"include/{name}/{name}.hpp", *sources, *joined))
    library_parts = runtime().parts(own, rare_float64=rare_float64)
    runner_parts = runtime().parts([main], rare_float64=rare_float64)
    used = sorted({*library_parts, *runner_parts})
    files["CMakeLists.txt"] = render(
        "CMakeLists.txt.j2",
        sources=sources,
        library_parts=units(library_parts),
        runner_parts=[part for part in runner_parts if part not in library_parts],
        rare_float64=rare_float64,
        for_size=[f"runtime/src/{part}" for part in for_size(used)],
        without_copies=[f"runtime/src/{part}" for part in without_copies(units(used))],
        golden=cases,
        has_weights=loads,
    ).encode()
    files[f"cmake/{name}-config.cmake.in"] = render("config.cmake.in.j2", has_weights=loads).encode()
    files[f"cmake/{name}.pc.in"] = render("pkg_config.pc.in.j2", has_weights=loads).encode()
    files[f"cmake/{name}.map.in"] = render("exports.map.in.j2").encode()
    files[".clang-tidy"] = render("clang_tidy.j2").encode()
    files["README.md"] = render(
        "README.md.j2",
        entries=[line for line, _ in for_c],
        has_weights=loads,
        golden=cases,
        usage=exports.usage_example(written.plan, name, written.names, _first_inputs(program, request)),
    ).encode()
    files |= {f"runtime/include/{path}": data for path, data in runtime().headers.items()}
    files |= {f"runtime/src/{path}": runtime().sources[path] for path in used}
    for legal in ("LICENSE", "NOTICE"):
        files[f"runtime/{legal}"] = (resource("runtime_cpp") / legal).read_bytes()
    return files


def _loading_definitions(load: loading.Loading) -> Iterator[str]:
    for function in (*load.own_members, *load.functions):
        yield print_definition(replace(function, comments=[]))
    if load.copying is not None:
        yield print_copying(load.copying)


# What every generated header includes, for those that call the model.
_ALWAYS_IN_HEADER = ("ts2cpp/tensor.hpp",)


def _npz(arrays: Mapping[str, Array]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def _manifest(request: ExportRequest, name: str, program: Program) -> dict[str, Any]:
    methods: dict[str, Any] = {}
    for spec in program.entries:
        arguments, result = exports.arguments_of(spec), exports.result_of(spec)
        methods[exports.method_key(spec)] = {
            "parameters": [a.name for a in arguments],
            "types": [a.type.annotation() for a in arguments],
            "returns": result.annotation().replace("NoneType", "None"),
            "changes_model": spec.mutates,
            "interface": method_interface(arguments, result),
        }
    return {"name": name, "generator": f"ts2cpp {__version__}", "source": request.source, "methods": methods}
