"""``ts2cpp export``: what it writes, what it refuses, and that it leaves nothing behind."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.cli.command_line import listing, ts2cpp

MODELS = Path(__file__).parent / "models"


def test_files_of_a_project(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = ts2cpp("export", MODELS / "linear.py", "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    files = listing(out)
    for name in (
        "CMakeLists.txt", "README.md", "cmake/linear-config.cmake.in", "golden/forward/expected.npz",
        "golden/forward/inputs.npz", "include/linear/linear.hpp", "include/linear/linear_c.h",
        "src/linear.cpp", "src/linear_c.cpp", "src/main.cpp", "src/weights.cpp",
        "ts2cpp-manifest.json", "weights.safetensors", "runtime/LICENSE", "runtime/NOTICE", "runtime/include/ts2cpp/tensor.hpp",
    ):  # fmt: skip
        assert name in files
    assert listing(tmp_path) == sorted(["out", *(f"out/{name}" for name in files)])
    summary = json.loads(done.stdout)
    assert summary["name"] == "linear"
    assert list(summary["methods"]) == ["forward", "scaled"]
    assert "executing" in done.stderr
    assert "of C++" in done.stderr
    assert "not compared with eager Python yet" in done.stderr
    assert ts2cpp("export", MODELS / "linear.py", "--out", out, "--quiet").stderr == ""
    assert f"cmake --build {out}/build" in done.stderr
    recorded = np.load(out / "golden/forward/expected.npz")["output"]
    assert recorded.shape == (2, 2)


def test_the_same_bytes_every_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert ts2cpp("export", MODELS / "linear.py", "--out", tmp_path / name).returncode == 0
    for name in listing(tmp_path / "a"):
        if (tmp_path / "a" / name).is_file():
            assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
            assert str(tmp_path).encode() not in (tmp_path / "a" / name).read_bytes(), name


def test_method_and_entry(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = ts2cpp("export", MODELS / "linear.py", "--out", out, "--method", "scaled", "--entry", "other", "--json")
    assert done.returncode == 0, done.stderr
    assert list(json.loads(done.stdout)["methods"]) == ["scaled"]
    header = (out / "include/linear/linear.hpp").read_text()
    assert "scaled(" in header
    assert "forward(" not in header


def test_inputs_replace_example_inputs(tmp_path: Path) -> None:
    np.savez(tmp_path / "in.npz", np.ones((5, 3), np.float32))
    out = tmp_path / "out"
    done = ts2cpp("export", MODELS / "linear.py", "--out", out, "--inputs", tmp_path / "in.npz")
    assert done.returncode == 0, done.stderr
    assert np.load(out / "golden/forward/inputs.npz")["x"].shape == (5, 3)
    assert np.load(out / "golden/forward/expected.npz")["output"].shape == (5, 2)


def test_without_example_inputs_there_is_no_golden_test(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert ts2cpp("export", MODELS / "wider.py", "--out", out).returncode == 0
    assert not (out / "golden").exists()
    assert "add_test" not in (out / "CMakeLists.txt").read_text()
    done = ts2cpp("verify", out, program="""
from transpile.codegen.project.project import Project
Project.build = lambda self, *a, **k: self
from transpile.cli import main; main()
""")  # fmt: skip
    assert done.returncode == 2
    assert "no example inputs" in done.stderr


def test_all_problems_of_a_program_at_once(tmp_path: Path) -> None:
    done = ts2cpp("export", MODELS / "unsupported.py", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    lines = (MODELS / "unsupported.py").read_text().splitlines()
    for number, text in ((9, "try"), (16, "global"), (20, "class"), (29, "no_such_operator")):
        assert text in lines[number - 1]
        block = re.search(rf'File "[^"]*unsupported.py", line {number}\n(?:    .*\n)*? *~+ <--- HERE', done.stderr)
        assert block, f"line {number} is not reported with a caret:\n{done.stderr}"
    assert "4 of 4" in done.stderr
    assert listing(tmp_path) == []


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "precious.txt").write_text("mine")
    done = ts2cpp("export", MODELS / "linear.py", "--out", out)
    assert done.returncode == 2
    assert "--force" in done.stderr
    assert listing(tmp_path) == ["out", "out/precious.txt"]
    assert ts2cpp("export", MODELS / "linear.py", "--out", out, "--force").returncode == 0
    assert (out / "precious.txt").read_text() == "mine"
    assert (out / "src/linear.cpp").exists()


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    for extra in ((), ("--force",)):
        done = ts2cpp("export", MODELS / "linear.py", "--out", tmp_path / "out", *extra)
        assert done.returncode == 2
        assert "is a file" in done.stderr
    assert (tmp_path / "out").read_text() == "mine"


def test_exporting_again_renews_and_removes(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert ts2cpp("export", MODELS / "linear.py", "--out", out).returncode == 0
    (out / "build").mkdir()
    (out / "build" / "object.o").write_text("compiled")
    kept = (out / "runtime/include/ts2cpp/tensor.hpp").stat().st_mtime_ns
    assert ts2cpp("export", MODELS / "wider.py", "--out", out).returncode == 0
    files = listing(out)
    assert "src/wider.cpp" in files
    assert "src/linear.cpp" not in files
    assert "golden/forward/inputs.npz" not in files
    assert "build/object.o" in files
    assert (out / "runtime/include/ts2cpp/tensor.hpp").stat().st_mtime_ns == kept


def test_a_failed_export_leaves_an_older_project_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert ts2cpp("export", MODELS / "linear.py", "--out", out).returncode == 0
    before = listing(tmp_path)
    assert ts2cpp("export", MODELS / "unsupported.py", "--out", out).returncode == 2
    assert listing(tmp_path) == before


@pytest.mark.parametrize(
    ("quirk", "words"),
    [
        ("raises", ["no data here", "quirks.py"]),
        ("no entry", ["no module-level name 'model'"]),
        ("number", ["int", "nn.Module"]),
        ("inputs are a tensor", ["example_inputs", "Tensor", "tuple"]),
        ("inputs raise", ["example_inputs()", "missing data"]),
        ("inputs do not fit", ["TypeError", "quirks.py"]),
        ("too many inputs", ["2 example inputs", "1: x"]),
    ],
)
def test_model_files_that_go_wrong(tmp_path: Path, quirk: str, words: list[str]) -> None:
    done = ts2cpp("export", MODELS / "quirks.py", "--out", tmp_path / "out", QUIRK=quirk)
    assert done.returncode == 2, done.stderr
    for word in words:
        assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert listing(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no_such_file.py", "--out", "o"], ["there is no file no_such_file.py"]),
        ([MODELS, "--out", "o"], ["models is a folder: name a model file in it"]),
        ([MODELS / "linear.py"], ["--out"]),
        ([MODELS / "linear.py", "--out", "o", "--entry", "nothing"], ["'nothing'", "model", "other"]),
        ([MODELS / "linear.py", "--out", "o", "--method", "nothing"], ["'nothing'", "forward, scaled"]),
        ([MODELS / "linear.py", "--out", "o", "--weights", "tape"], ["tape", "embed"]),
        ([MODELS / "linear.py", "--out", "o", "--inputs", "no.npz"], ["there is no file no.npz"]),
        (["model.pt", "--out", "o"], ["model.pt", "no zip file"]),
        (["broken.py", "--out", "o"], ["broken.py is not valid Python", "def model(:"]),
    ],
)
def test_usage(tmp_path: Path, arguments: list[object], words: list[str]) -> None:
    (tmp_path / "broken.py").write_text("def model(:\n")
    (tmp_path / "model.pt").write_bytes(b"PK\3\4")
    done = ts2cpp("export", *arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    for word in words:
        assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert listing(tmp_path) == ["broken.py", "model.pt"]


def test_wrong_inputs_are_the_users_side(tmp_path: Path) -> None:
    wrong: dict[str, tuple[dict[str, Any], str]] = {
        "shape": ({"x": np.ones((2, 4), np.float32)}, "mat1 and mat2 shapes cannot be multiplied"),
        "dtype": ({"x": np.ones((2, 3), np.int64)}, "same dtype"),
        "missing": ({}, "input 'x' is missing"),
        "unknown": ({"x": np.ones((2, 3), np.float32), "y": np.ones(1)}, "no parameter for the array 'y'"),
    }
    for name, (arrays, message) in wrong.items():
        np.savez(tmp_path / f"{name}.npz", **arrays)
        done = ts2cpp("export", MODELS / "linear.py", "--out", tmp_path / "out", "--inputs", tmp_path / f"{name}.npz")
        assert done.returncode == 2, done.stderr
        assert message in done.stderr
        assert not (tmp_path / "out").exists()


def test_our_own_faults_say_so_and_leave_nothing(tmp_path: Path) -> None:
    program = """
from transpile.codegen.project import exporter
def fail(*arguments):
    raise KeyError("lost")
exporter.write_files.__globals__["os"].rename = fail
from transpile.cli import main; main()
"""
    done = ts2cpp("export", MODELS / "linear.py", "--out", tmp_path / "out", program=program)
    assert done.returncode == 70
    assert "Traceback" in done.stderr
    assert "report it" in done.stderr
    assert listing(tmp_path) == []


def test_toolchain_failure(tmp_path: Path) -> None:
    done = ts2cpp("export", MODELS / "linear.py", "--out", tmp_path / "out", "--build", CXX="/bin/false")
    assert done.returncode == 5
    assert "cmake" in done.stderr
    assert "/bin/false" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "name",
    [
        "class",
        "test",
        "all",
        "std",
        "ts2cpp",
        "Threads",
        "weights",
        "random",
        "../../x",
        "a b;c",
        "${HOME}",
        "名前",
        "*/ int x",
        "",
    ],
)
def test_hostile_names_stay_inside(tmp_path: Path, name: str) -> None:
    out = tmp_path / "deep" / "out"
    done = ts2cpp("export", MODELS / "linear.py", "--out", out, "--name", name, "--json")
    assert done.returncode == 0, done.stderr
    chosen = json.loads(done.stdout)["name"]
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", chosen)
    assert chosen.lower() not in {"class", "test", "all", "std", "ts2cpp", "threads", "weights", "random"}
    assert listing(tmp_path)[:2] == ["deep", "deep/out"]
    assert (out / "src" / f"{chosen}.cpp").exists()
    assert (out / "src" / "weights.cpp").exists()
    assert f"project({chosen} " in (out / "CMakeLists.txt").read_text()


def test_a_model_file_named_like_a_python_module(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "json.py").write_text((MODELS / "linear.py").read_text())
    done = ts2cpp("export", folder / "json.py", "--out", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out/src/json.cpp").exists()
