"""The measured operators in one compiled program."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.build_tree import BUILD, ROOT
from tests.precision.functions import Measured
from transpile.ops import registry

Array = np.ndarray[Any, Any]
_MAIN = """
int main(int count, char** arguments) {{
  // program, name, float32 or float64, shape of one or two numbers, files of the inputs, file of the result
  const std::string name = arguments[1];
  const ts2cpp::DType dtype = std::string(arguments[2]) == "float32" ? ts2cpp::DType::float32 : ts2cpp::DType::float64;
  const std::int64_t rows = std::stoll(arguments[3]);
  const std::int64_t columns = std::stoll(arguments[4]);
  std::vector<Tensor> x;
  for (int i = 5; i < count - 1; ++i) {{
    x.push_back(columns == 0 ? Tensor::empty({{rows}}, dtype) : Tensor::empty({{rows, columns}}, dtype));
    std::ifstream file(arguments[i], std::ios::binary);
    file.read(x.back().data_ptr<char>(), x.back().numel() * x.back().itemsize());
  }}
  Tensor result;
{calls}
  result = ops::contiguous(result);
  std::ofstream file(arguments[count - 1], std::ios::binary);
  file.write(result.data_ptr<char>(), result.numel() * result.itemsize());
  return 0;
}}
"""


def _call(measured: Measured) -> tuple[str, str]:
    """The C++ expression of an operator on ``x[0]``, ``x[1]``, and the header that declares it."""
    operator = registry.get(f"aten::{measured.name}")
    tensors = [f"x[{i}]" for i in range(len(measured.ranges))]
    numbers = ["ts2cpp::IntSpan({1})" if a == [1] else f"ts2cpp::Scalar({a})" if measured.name.startswith("norm") else f"{a}"
               for a in measured.arguments]  # fmt: skip
    given = [*tensors, *numbers]
    if not operator.cpp:
        return f"ops::{operator.name.partition('::')[2]}({', '.join(given)})", operator.header
    text = operator.cpp
    for i, argument in enumerate(a for a in operator.schema.arguments if not a.ignored):
        text = text.replace(f"{{{i}}}", given[i] if i < len(given) else _default(argument.default))
    return text, operator.header


def _default(value: Any) -> str:
    return {None: "std::nullopt", True: "true", False: "false"}.get(value, f"ts2cpp::Scalar({value})")


def compiled_results(chosen: list[Measured]) -> Callable[[Measured, list[Array]], Array]:
    """A function that runs the compiled program."""
    folder = BUILD / "precision"
    folder.mkdir(parents=True, exist_ok=True)
    written = {m.name: _call(m) for m in chosen}
    headers = sorted({header for _, header in written.values() if header} | {"ts2cpp/ops/views.hpp"})
    calls = "\n".join(f'  if (name == "{n}") {{ result = {text}; }}' for n, (text, _) in written.items())
    lines = ["#include <cstdint>", "#include <fstream>", "#include <string>", "#include <vector>"]
    lines += [f"#include <{h}>" for h in headers]
    lines += ["using ts2cpp::Tensor;", "namespace ops = ts2cpp::ops;", _MAIN.format(calls=calls)]
    source, program = folder / "precision.cpp", folder / "precision"
    source.write_text("\n".join(lines), encoding="utf-8")
    compiler = shutil.which("g++") or "c++"
    include = ROOT / "runtime_cpp" / "include"
    command = [compiler, "-std=c++17", "-O2", f"-I{include}", str(source), "-o", str(program), "-pthread"]
    subprocess.run(command, check=True)

    def run(measured: Measured, given: list[Array]) -> Array:
        shape = given[0].shape
        sizes = [str(shape[0]), str(shape[1] if len(shape) > 1 else 0)]
        files = [folder / f"input{i}.bin" for i in range(len(given))]
        for file, array in zip(files, given, strict=True):
            array.tofile(file)
        output = folder / "output.bin"
        dtype = str(given[0].dtype)
        subprocess.run([str(program), measured.name, dtype, *sizes, *map(str, files), str(output)], check=True)
        flat = np.fromfile(output, given[0].dtype)
        return flat.reshape(shape) if flat.size == given[0].size else flat

    return run
