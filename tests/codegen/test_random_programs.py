"""Random programs three ways: Python, the interpreter (lowered and structured graphs) and compiled C++."""

from __future__ import annotations

import copy
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.codegen.random_programs import HELPER, source
from transpile._resources import resource
from transpile.codegen import runtime_index
from transpile.codegen.program import ProgramBuilder
from transpile.codegen.writer import ProgramWriter
from transpile.eager.tensor import Tensor
from transpile.ir.function import Function
from transpile.jit import interpreter
from transpile.jit.api import compile_all

COUNT = int(os.environ.get("TS2CPP_RANDOM_PROGRAMS", "60"))
FIRST = int(os.environ.get("TS2CPP_RANDOM_SEED", "1"))
INPUTS: list[tuple[int, int, list[int], list[float]]] = [
    (3, -2, [4, 1, 7], [0.5, -1.0, 2.0]),
    (0, 9, [], [1.0, 1.0, -3.0]),
    (-5, 4, [2, 2], [0.0, 0.25, 8.0]),
]


def _load(folder: Path, seeds: range) -> ModuleType:
    text = f"from typing import Dict, List, Optional, Tuple\nfrom transpile import torch\n\n\n{HELPER}\n\n"
    text += "\n\n".join(source(seed, f"f{seed}") for seed in seeds)
    path = folder / "programs.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location("programs", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _show(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return " ".join(_show(v) for v in value)
    if isinstance(value, Tensor):
        value = value._array
    if isinstance(value, np.ndarray):
        return " ".join(f"{float(v):.5g}" for v in value.reshape(-1))
    return str(value)


def _outcome(call: Callable[..., Any], *arguments: Any) -> str:
    try:
        return _show(call(*arguments))
    except IndexError:
        return "IndexError"


def _cpp(functions: dict[str, Function]) -> str:
    bodies = []
    for name, function in functions.items():
        builder = ProgramBuilder(function)
        program = builder.build(["forward"])
        written = ProgramWriter(program, "space").write(builder.mutated)
        bodies.append(f"namespace space_{name} {{\n{written.header}\n{written.source}\n}}\n")
    text = "\n".join(bodies)
    ours, standard = runtime_index.includes(text)
    head = "".join(f"#include <{h}>\n" for h in (*standard, *ours, "cstdio", "ts2cpp/print.hpp", "ts2cpp/ops/cast.hpp"))
    using = "using namespace ts2cpp;\nnamespace ops = ts2cpp::ops;\n"
    show = """
static void show(const std::tuple<std::int64_t, std::int64_t, List<std::int64_t>, Tensor, std::string>& r) {
  std::printf("%lld %lld", static_cast<long long>(std::get<0>(r)), static_cast<long long>(std::get<1>(r)));
  std::printf("%s", std::get<2>(r).empty() ? " " : "");
  for (const auto v : std::get<2>(r)) std::printf(" %lld", static_cast<long long>(v));
  const Tensor flat = std::get<3>(r).is_contiguous() ? std::get<3>(r) : ops::contiguous(std::get<3>(r));
  for (std::int64_t i = 0; i < flat.numel(); ++i) std::printf(" %.5g", static_cast<double>(flat.data_ptr<float>()[i]));
  std::printf(" %s\\n", std::get<4>(r).c_str());
}
template <class F>
static void guarded(F&& call) {
  try {
    show(call());
  } catch (const Error& error) {
    std::printf("%s\\n", error.kind().c_str());
  }
}
"""
    lines = ["int main() {"]
    for name in functions:
        for a, b, xs, t in INPUTS:
            values = ", ".join(f"{v}F" for v in t)
            items = ", ".join(map(str, xs))
            lines.append(
                f"  guarded([] {{ return space_{name}::{name}({a}, {b}, List<std::int64_t>{{{items}}}, "
                f"Tensor::from_data<float>({{{values}}}, {{{len(t)}}})); }});"
            )
    lines += ["  return 0;", "}"]
    return f"{head}#include <ts2cpp/ops/shape.hpp>\n{using}\n{text}\n{show}\n" + "\n".join(lines) + "\n"


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
def test_python_interpreter_and_cpp_agree(tmp_path: Path) -> None:
    seeds = range(FIRST, FIRST + COUNT)
    module = _load(tmp_path, seeds)
    functions: dict[str, Function] = {}
    expected: list[tuple[str, str]] = []
    for seed in seeds:
        name = f"f{seed}"
        python = getattr(module, name)
        _, compiled = compile_all(python)
        assert isinstance(compiled, Function)
        functions[name] = compiled
        for a, b, xs, t in INPUTS:
            array = np.array(t, np.float32)
            wanted = _outcome(python, a, b, list(xs), Tensor._from_array(array.copy()))
            for graph in (compiled.graph, compiled.structured):
                got = _outcome(interpreter.run_graph, graph, [a, b, list(xs), array.copy()])
                assert got == wanted, f"interpreter, seed {seed}, {a, b, xs}:\n{source(seed, name)}"
            expected.append((f"seed {seed}, {a, b, xs}:\n{source(seed, name)}", wanted))
    program = tmp_path / "programs.cpp"
    program.write_text(_cpp(copy.copy(functions)))
    include = resource("runtime_cpp") / "include"
    flags = ["-std=c++17", "-O0", "-fwrapv", "-Wall", "-Wextra", "-Wshadow", "-Wno-unused-variable", "-pthread"]
    built = subprocess.run(
        ["g++", *flags, f"-I{include}", str(program), "-o", str(tmp_path / "programs")], capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr[:4000]
    done = subprocess.run([str(tmp_path / "programs")], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == len(expected)
    for line, (label, wanted) in zip(lines, expected, strict=True):
        assert line.split() == wanted.split(), label
