"""The C and C++ that the documentation shows compiles, and what its Python does is so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.build_tree import ROOT
from tests.projects.test_consumer import has_compiler, project

pytestmark = pytest.mark.xdist_group("projects")

# What the snippets take from the program around them.
_AROUND = """
#include <algorithm>
#include <array>
#include <cstddef>
#include <iostream>
#include <string>
#include <vector>
#include <ts2cpp/allocator.hpp>
#include <ts2cpp/print.hpp>
#include <ts2cpp/random.hpp>
#include <ts2cpp/thread_pool.hpp>
#include <guitar_amp/guitar_amp.hpp>

struct Pool {
  template <class F> void submit(F) {}
  int size() const { return 1; }
} pool;
float elements[784];
float* pointer = elements;
ts2cpp::Span<const std::byte> bytes;
const std::string weights;
const ts2cpp::Tensor longest_block;
std::ptrdiff_t best = 0;
"""


def without_includes(code: str) -> str:
    return "\n".join(line for line in code.splitlines() if not line.startswith("#include"))


def snippets(page: str | Path, language: str) -> list[str]:
    """The code of a page in a language, without what is before its first column in lists."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    return ["\n".join(line[len(indent) :] for line in code.splitlines()) for indent, code in found]


def program(codes: list[str], around: str) -> str:
    """One translation unit: includes first, types where they stand, all else in ``main``."""
    includes = "\n".join(line for code in codes for line in code.splitlines() if line.startswith("#include"))
    bodies = "\n".join(map(without_includes, codes))
    return f"{includes}\n{around}\nint main() {{\n{bodies}\n}}\n"


def compiled(tool: str, text: str, folder: Path, name: str) -> None:
    source = folder / name
    source.write_text(text, encoding="utf-8")
    includes = [f"-I{project(p) / place}" for p in ("lenet", "guitar_amp") for place in ("include", "runtime/include")]
    standard = "-std=c99" if name.endswith(".c") else "-std=c++17"
    command = [
        tool,
        standard,
        "-fsyntax-only",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-Wno-unused-variable",
        '-DLENET_WEIGHTS_FILE="weights"',
        *includes,
        str(source),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]


def test_cpp_of_the_documentation_compiles(tmp_path: Path) -> None:
    tool = "clang++" if has_compiler("clang++") else "g++"
    codes = [code for page in ("docs/cpp_api.md", "docs/real_time.md") for code in snippets(page, "cpp")]
    (tour,) = snippets("README.md", "cpp")[-1:]
    codes.append(
        "{\nconst ts2cpp::Tensor x = longest_block;\n" + without_includes(tour.replace("net::", "lenet::")) + "\n}"
    )
    codes += ["{\n" + code + "\n}" for code in snippets("docs/guarantees.md", "cpp")]
    codes += [
        "{\n" + without_includes(code) + "\n}"
        for p in ("lenet", "guitar_amp")
        for code in snippets(project(p) / "README.md", "cpp")
    ]
    assert len(codes) >= 6
    compiled(tool, program(codes, _AROUND), tmp_path, "documented.cpp")


def test_c_of_the_documentation_compiles(tmp_path: Path) -> None:
    (code,) = snippets("docs/cpp_api.md", "c")
    before = "#include <lenet/lenet_c.h>\n#include <stdio.h>\nstatic float data[784];\nstatic int64_t shape[] = {1, 1, 28, 28};\n"
    compiled("cc", f"{before}int main(void) {{\n{code}\nreturn 0;\n}}\n", tmp_path, "documented.c")


def test_python_of_the_quick_start_runs(tmp_path: Path) -> None:
    """The model file is one; the program that exports it does so (that projects build is tested elsewhere)."""
    model_file, from_python = snippets("docs/quick_start.md", "python")
    (tmp_path / "net.py").write_text(model_file, encoding="utf-8")
    bundled = "import transpile\ntranspile.install_torch()\nimport torch\n"
    kept = from_python.partition("project.build()")[0].replace("import torch\n", bundled, 1)
    script = f"{kept}\nimport net\nassert net.model(*net.example_inputs).shape == (1, 2)\n"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "build/net/CMakeLists.txt").exists()
