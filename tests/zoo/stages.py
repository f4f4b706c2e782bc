"""The stages of a model of the zoo after it has been saved, and what is recorded of each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from transpile.codegen.project import toolchain
from transpile.codegen.project.arrays import read_npz
from transpile.core.errors import ToolError

STAGES = ("save", "export", "build", "compare")
TIMEOUT = 900
RUNTIME = Path(__file__).resolve().parents[2] / "runtime_cpp"


class Model:
    """The folder of one model: its record, and its stages."""

    def __init__(self, root: Path, key: str) -> None:
        self.key = key
        self.folder = root / key
        self.project = self.folder / "project"
        self.name = key.replace("/", "_")
        self._record = self.folder / "record.json"

    @property
    def record(self) -> dict[str, Any]:
        """What is recorded of each stage that was tried."""
        return json.loads(self._record.read_text()) if self._record.exists() else {}

    def passed(self, stage: str) -> bool:
        return bool(self.record.get(stage, {}).get("ok"))

    def tried(self, stage: str) -> bool:
        return stage in self.record

    def note(self, stage: str, result: dict[str, Any]) -> None:
        """Record a stage; what later stages found about an earlier state is forgotten."""
        kept = {name: self.record[name] for name in STAGES[: STAGES.index(stage)] if name in self.record}
        self.folder.mkdir(parents=True, exist_ok=True)
        self._record.write_text(json.dumps({**kept, stage: result}, indent=1))

    def export(self) -> dict[str, Any]:
        """Export the archive without PyTorch, and record it."""
        return self._noted("export", self._export)

    def compare(self) -> dict[str, Any]:
        """Run the program that the model is part of, and record how far its outputs are from PyTorch's."""
        return self._noted("compare", self._compare)

    def _noted(self, stage: str, run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        begin = time.perf_counter()
        try:
            result = {"ok": True, **run()}
        except ToolError as error:
            result = {"ok": False, "reason": f"{error}\n{error.output[-3000:]}"}
        except subprocess.TimeoutExpired:
            result = {"ok": False, "reason": f"did not end within {TIMEOUT} seconds"}
        result.setdefault("seconds", round(time.perf_counter() - begin, 2))
        self.note(stage, result)
        return result

    def _export(self) -> dict[str, Any]:
        command = [
            sys.executable, "-c", "from transpile.cli import main; main()", "export", str(self.folder / "model.pt"),
            "--out", str(self.project), "--name", self.name, "--torch", "bundled", "--force",
        ]  # fmt: skip
        begin = time.perf_counter()
        with (self.folder / "export.log").open("w") as log:
            process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
            _, status, usage = os.wait4(process.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        figures = {"seconds": round(time.perf_counter() - begin, 2), "cpu": round(usage.ru_utime + usage.ru_stime, 2)}
        figures["megabytes"] = round(usage.ru_maxrss / 1024)
        if code:
            return {"ok": False, "reason": (self.folder / "export.log").read_text()[-3000:], "code": code, **figures}
        lines = sum(len(path.read_text().splitlines()) for path in self.project.glob("src/*.cpp"))
        return {"lines": lines, **figures}

    def _compare(self) -> dict[str, Any]:
        out = self.folder / "outputs.npz"
        command = [
            self.record["build"]["program"], self.name, "--inputs", str(self.folder / "inputs.npz"), "--outputs", str(out),
        ]  # fmt: skip
        weights = self.project / "weights.safetensors"
        if weights.exists():  # a model without parameters takes none
            command += ["--weights", str(weights)]
        toolchain.run(command, "running the compiled model", timeout=TIMEOUT)
        narrow, wide = read_npz(self.folder / "float32.npz"), read_npz(self.folder / "float64.npz")
        errors = self.folder / "errors.npz"
        return judge(narrow, wide, read_npz(out), read_npz(errors) if errors.exists() else {})


_PROJECT = """\
cmake_minimum_required(VERSION 3.18...3.31)
project(zoo LANGUAGES CXX)
find_package(Threads REQUIRED)
{target}
target_compile_features(zoo PRIVATE cxx_std_17)
target_compile_definitions(zoo PRIVATE TS2CPP_COMPILED_PARTS)
target_compile_options(zoo PRIVATE -fno-math-errno -fno-trapping-math -fwrapv)
target_include_directories(zoo PRIVATE {include})
target_link_libraries(zoo PRIVATE {libraries}Threads::Threads)
"""
_MAIN = "int main(int argc, char** argv) {"


def _configured(
    folder: Path, target: str, include: Sequence[Path], libraries: Sequence[Path], optimization: str
) -> Path:
    """A CMake project with one target, built; its binary folder."""
    folder.mkdir(parents=True, exist_ok=True)
    text = _PROJECT.format(
        target=target,
        include=" ".join(f'"{path}"' for path in include),
        libraries="".join(f'"{path}" ' for path in libraries),
    )
    (folder / "CMakeLists.txt").write_text(text)
    toolchain.configure(folder, folder / "binary", [f"-DCMAKE_CXX_FLAGS_RELEASE={optimization}"])
    toolchain.build(folder / "binary", jobs=1)
    return folder / "binary"


def _runtime(root: Path) -> Path:
    """The library of the parts of the runtime that are compiled once, for all models."""
    sources = " ".join(f'"{path}"' for path in sorted((RUNTIME / "src").glob("*.cpp")))
    target = f"add_library(zoo STATIC {sources})"
    return _configured(root / "programs" / "runtime", target, [RUNTIME / "include"], [], "-O2") / "libzoo.a"


def build(root: Path, models: Sequence[Model]) -> None:
    """Build models into one program and record it: they share what the compiler makes of the headers.

    The models are not optimised, the runtime's heavy parts are.

    If the program does not compile, its halves are tried, down to single models.
    """
    begin = time.perf_counter()
    folder = root / "programs" / f"{models[0].name}_{len(models)}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "zoo.cpp").write_text(_group_text(models))
    include = [RUNTIME / "include", *(model.project / "include" for model in models)]
    library = _runtime(root)
    try:
        binary = _configured(folder, "add_executable(zoo zoo.cpp)", include, [library], "-O0")
    except ToolError as error:
        if len(models) > 1:
            build(root, models[: len(models) // 2])
            build(root, models[len(models) // 2 :])
            return
        models[0].note("build", {"ok": False, "reason": f"{error}\n{error.output[-3000:]}"})
        return
    seconds = round((time.perf_counter() - begin) / len(models), 2)
    for model in models:
        model.note("build", {"ok": True, "seconds": seconds, "program": str(binary / "zoo")})


def _group_text(models: Sequence[Model]) -> str:
    """The translation unit of several models; its first argument says which of their programs runs."""
    parts = ["#include <string>\n"]
    for model in models:
        for path in sorted((model.project / "src").glob("*.cpp")):
            text = path.read_text().replace(_MAIN, f"int {model.name}_main(int argc, char** argv) {{")
            text = text.replace("make_exports", f"{model.name}_exports")  # each project has one of its own
            parts.append(text.replace("TS2CPP_DEFAULT_WEIGHTS", '""'))
    calls = (f'  if (name == "{model.name}") return {model.name}_main(argc - 1, argv + 1);\n' for model in models)
    parts.append(f"{_MAIN}\n  const std::string name = argv[1];\n{''.join(calls)}  return 64;\n}}\n")
    return "".join(parts)


def _in_one_order(outputs: dict[str, Any]) -> dict[str, Any]:
    """Detections sorted by where their boxes are: fresh weights give them scores that differ by less than a rounding."""
    result = dict(outputs)
    for boxes in [name for name in outputs if name.endswith(".boxes")]:
        order = np.lexsort(np.round(outputs[boxes], 1).T)
        for name, array in outputs.items():
            if name.startswith(boxes.removesuffix("boxes")) and len(array) == len(order):
                result[name] = array[order]
    return result


def judge(
    narrow: dict[str, Any], wide: dict[str, Any], actual: dict[str, Any], errors: dict[str, Any]
) -> dict[str, Any]:
    """Compare outputs with PyTorch's: at most twice its own error against float64, or a rounding of the greatest value.

    ``errors`` are the greatest that PyTorch makes frozen and for other inputs.
    """
    if any(name.startswith("output.1.") for name in narrow) and not any(name in narrow for name in wide):
        # A scripted detector gives its losses and its detections, one that is not only these.
        wide = {name.replace("output.", "output.1.", 1): array for name, array in wide.items()}
    if "output.0" in narrow and wide.keys() == {"output"}:
        # Scripted, one with another head gives a tuple; it gives its result alone otherwise.
        wide = {"output.0": wide["output"]}
    narrow, wide, actual = _in_one_order(narrow), _in_one_order(wide), _in_one_order(actual)
    worst = 0.0
    for name in dict.fromkeys((*narrow, *actual)):
        if name not in actual or name not in narrow:
            return {"ok": False, "reason": f"{name} is an output of {'PyTorch' if name in narrow else 'C++'} only"}
        want, got = narrow[name], actual[name]
        if want.shape != got.shape or want.dtype != got.dtype:
            return {
                "ok": False,
                "reason": f"{name} is {got.dtype}{list(got.shape)}, not {want.dtype}{list(want.shape)}",
            }
        if want.dtype.kind not in "fc":
            if not np.array_equal(want, got):
                return {"ok": False, "reason": f"{name} differs in {int((want != got).sum())} of {want.size} elements"}
            continue
        known = name in wide and wide[name].shape == want.shape
        exact = wide[name] if known else want
        finite = np.isfinite(want)
        if not np.array_equal(finite, np.isfinite(got)) or not np.array_equal(
            want[~finite], got[~finite], equal_nan=True
        ):
            return {"ok": False, "reason": f"{name} is not finite at other places"}
        if not finite.any():
            continue
        theirs, ours = (float(np.abs(x[finite].astype(exact.dtype) - exact[finite]).max()) for x in (want, got))
        if name in errors and np.isfinite(errors[name]):
            theirs = max(theirs, float(errors[name]))
        greatest = float(np.abs(exact[finite]).max())
        # A model that does not run in float64 has PyTorch's float32 as its only measure.
        allowed = 2 * theirs + (1 if known else 16) * float(np.finfo(want.dtype).eps) * greatest
        worst = max(worst, ours / allowed if allowed else (0.0 if ours == 0 else np.inf))
        if ours > allowed:
            reason = f"{name}: error {ours:.3g}, PyTorch's is {theirs:.3g} (values to {greatest:.3g})"
            return {"ok": False, "reason": reason}
    return {"worst": round(worst, 3)}
