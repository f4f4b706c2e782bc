"""Export: from a compiled program to the files of its project."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from transpile import __version__
from transpile._resources import resource
from transpile.codegen.driver import final_program, write_cpp
from transpile.codegen.emit import runner_main, runtime_index
from transpile.codegen.emit.writer import Written
from transpile.codegen.plan.program import FunctionSpec, Program
from transpile.codegen.project import weights
from transpile.codegen.project.format import format_cpp
from transpile.codegen.project.project import Project
from transpile.codegen.project.staging import check_target, write_files
from transpile.core.names import mangle, upper
from transpile.cpp.literals import comment_text, int_literal, string_literal
from transpile.ir.function import Function, ScriptObject

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
    mangled = mangle(name, "model")
    return f"{mangled}_model" if mangled.lower() in _TAKEN else mangled


def generate(request: ExportRequest) -> Generated:
    """Optimise and write out a program; all problems of the program are raised together."""
    program = final_program(request.root, request.methods)
    name = project_name(request.name)
    observed = {method: _observed(example) for method, example in request.examples.items()}
    written = write_cpp(program, name, observed)
    return Generated(
        _files(request, name, program, written), _manifest(request, name, program), program, written.state.tensors
    )


def _observed(example: Example) -> str:
    """What the example run looked like: ``e.g. x: float32[1, 3, 224, 224] -> float32[1, 1000]``."""

    def shown(arrays: Mapping[str, Array]) -> list[str]:
        return [f"{name}: {array.dtype}{list(array.shape)}" for name, array in arrays.items() if array.ndim]

    outputs = [text.removeprefix("output: ").removeprefix("output.") for text in shown(example.outputs)]
    return f"e.g. {', '.join(shown(example.inputs)) or 'numbers'} -> {', '.join(outputs) or 'a number'}"


def export(request: ExportRequest, out: Path, *, force: bool = False) -> Project:
    """Generate a project and write it to ``out``; nothing appears there unless everything succeeded."""
    check_target(out, force=force)
    generated = generate(request)
    write_files(out, generated.files, generated.manifest)
    return Project(out)


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource("templates")),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )


def _files(request: ExportRequest, name: str, program: Program, written: Written) -> dict[str, bytes]:
    environment = _environment()
    source = comment_text(request.source)
    base = {"version": __version__, "source": source, "name": name, "prefix": upper(name)}

    def render(template: str, **values: object) -> str:
        return environment.get_template(template).render(**base, **values)

    packed = weights.pack(written.state.tensors)
    loads = bool(written.state.tensors) and not request.embed_weights
    declarations = _load_declaration(program, loads)
    header_body = written.header + declarations
    ours, standard = runtime_index.includes(header_body)
    ours = sorted({"ts2cpp/dict.hpp", "ts2cpp/list.hpp", "ts2cpp/scalar.hpp", "ts2cpp/tensor.hpp", *ours})
    header = render("header.hpp.j2", includes=[*standard, *ours], body=header_body)
    ours, standard = runtime_index.includes(written.source)
    ours = sorted(written.headers.union(ours))
    cpp = render(
        "source.cpp.j2", includes=[*standard, *sorted({*ours, "ts2cpp/error.hpp"})], short_names=_short_names(written.source),
        body=written.source,
    )  # fmt: skip
    sources = [f"src/{name}.cpp"]
    files: dict[str, bytes] = {
        f"include/{name}/{name}.hpp": format_cpp(header).encode(),
        f"src/{name}.cpp": format_cpp(cpp).encode(),
    }
    if program.root is not None:
        rows = [_table_row(r) for r in packed.rows]
        body = _load_definition(program, written, embed=request.embed_weights)
        files["src/weights.cpp"] = format_cpp(render("weights.cpp.j2", rows=rows, body=body)).encode()
        sources.append("src/weights.cpp")
        if request.embed_weights:
            files["src/weights_data.cpp"] = _embedded(name, packed.data, render)
            sources.append("src/weights_data.cpp")
    if loads:
        files["weights.safetensors"] = packed.data
    main = runner_main.write(program, name, written.names, has_weights=loads)
    files["src/main.cpp"] = format_cpp(render("main.cpp.j2", body=main)).encode()
    cases = list(request.examples)
    for method, example in request.examples.items():
        files[f"golden/{method}/inputs.npz"] = _npz(example.inputs)
        files[f"golden/{method}/expected.npz"] = _npz(example.outputs)
    files["CMakeLists.txt"] = render("CMakeLists.txt.j2", sources=sources, golden=cases, has_weights=loads).encode()
    files[f"cmake/{name}-config.cmake.in"] = render("config.cmake.in.j2").encode()
    files["README.md"] = render(
        "README.md.j2",
        entries=[_signature(e, name) for e in program.entries],
        struct=program.root.cpp_name if program.root is not None else "",
        has_weights=loads,
        golden=cases,
        usage=runner_main.usage_example(program, name, written.names),
    ).encode()
    include = resource("runtime_cpp") / "include"
    for path in sorted(p for p in include.rglob("*") if p.is_file()):
        files[f"runtime/include/{path.relative_to(include).as_posix()}"] = path.read_bytes()
    for legal in ("LICENSE", "NOTICE"):
        files[f"runtime/{legal}"] = (resource("runtime_cpp") / legal).read_bytes()
    return files


_SHORT_NAMES = {
    "ops": "namespace ops = ts2cpp::ops;",
    "math": "namespace math = ts2cpp::math;",
    "IntSpan": "using ts2cpp::IntSpan;",
    "TensorSpan": "using ts2cpp::TensorSpan;",
}


def _short_names(source: str) -> list[str]:
    """Declarations of the short names that the source uses."""
    return [line for name, line in _SHORT_NAMES.items() if re.search(rf"(?<![\w:.]){name}\b", source)]


def _npz(arrays: Mapping[str, Array]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def _signature(spec: FunctionSpec, name: str) -> str:
    arguments = spec.function.schema.arguments
    shown = ", ".join(f"{a.name}: {a.type.annotation()}" for a in arguments if a.name != "self" or spec.owner is None)
    returned = spec.function.schema.returns[0].type.annotation() if spec.function.schema.returns else "None"
    return comment_text(f"{spec.function.name}({shown}) -> {returned}", 300)


def _table_row(row: weights.WeightRow) -> str:
    dtype = {"bool": "bool_"}.get(row.dtype.name, row.dtype.name)
    shape = ", ".join(str(s) for s in row.shape)
    return f"{{{string_literal(row.name)}, ts2cpp::DType::{dtype}, {{{shape}}}, {int_literal(row.offset)}}}"


def _load_declaration(program: Program, has_weights: bool) -> str:
    if program.root is None:
        return ""
    struct = program.root.cpp_name
    if not has_weights:
        return f"/// The model with its saved state.\n{struct} load();\n"
    return (
        "/// The model with the weights of a file; throws ts2cpp::Error if the file does not belong to this code.\n"
        f"{struct} load(const std::string& file);\n"
    )


def _load_definition(program: Program, written: Written, *, embed: bool) -> str:
    assert program.root is not None
    struct = program.root.cpp_name
    has_weights = bool(written.state.tensors)
    lines = [f"{struct} load({'const std::string& file' if has_weights and not embed else ''}) {{"]
    if has_weights:
        origin = "from_memory(kWeightsData, kWeightsSize, kWeights)" if embed else "load(file, kWeights)"
        lines.append(f"  const auto weights = ts2cpp::io::Weights::{origin};")
    lines.append(f"  {struct} model;")
    lines += [f"  {line}" for line in written.state.statements]
    lines += ["  return model;", "}"]
    text = "\n".join(lines) + "\n"
    if has_weights and embed:
        text = "extern const char kWeightsData[];\nextern const std::size_t kWeightsSize;\n\n" + text
    return text


def _embedded(name: str, data: bytes, render: Any) -> bytes:
    """The weights as one string literal: compilers read that far faster than a list of numbers."""
    lines = [f"// The bytes of weights.safetensors.\n#include <cstddef>\n\nnamespace {name} {{\n"]
    lines.append("extern const char kWeightsData[];\nextern const std::size_t kWeightsSize;\n")
    lines.append("alignas(64) const char kWeightsData[] =")
    table = [f"\\{b:03o}" for b in range(256)]
    for start in range(0, len(data), 32):
        lines.append('    "' + "".join(table[b] for b in data[start : start + 32]) + '"')
    lines.append(f";\nconst std::size_t kWeightsSize = {len(data)};\n\n}}  // namespace {name}\n")
    return "\n".join(lines).encode()


def _manifest(request: ExportRequest, name: str, program: Program) -> dict[str, Any]:
    methods: dict[str, Any] = {}
    for spec in program.entries:
        arguments = [a for a in spec.function.schema.arguments if a.name != "self" or spec.owner is None]
        key = spec.function.name if spec.owner is not None else "forward"
        methods[key] = {
            "parameters": [a.name for a in arguments],
            "types": [a.type.annotation() for a in arguments],
            "returns": spec.function.schema.returns[0].type.annotation() if spec.function.schema.returns else "None",
        }
    return {"name": name, "generator": f"ts2cpp {__version__}", "source": request.source, "methods": methods}
