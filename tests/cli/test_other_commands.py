"""``inspect``, ``run``, ``python``, ``golden``, ``verify`` and the frame around them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.cli.command_line import listing, ts2cpp
from transpile.cli.explanations import EXPLANATIONS
from transpile.cli.program import ModelFileError
from transpile.codegen.project.project import Project
from transpile.core import errors

MODELS = Path(__file__).parent / "models"
LINEAR = MODELS / "linear.py"


def linear(x: np.ndarray) -> np.ndarray:
    """What the interpreter computes for ``linear.py``, by its own weights."""
    program = (
        "import sys; from transpile.cli.model_file import load_model; import pathlib, json\n"
        f"m = load_model(pathlib.Path({str(LINEAR)!r}), 'model', 'bundled').entry\n"
        "print(json.dumps([m.fc.weight.tolist(), m.fc.bias.tolist()]))"
    )
    weight, bias = json.loads(ts2cpp(program=program).stdout)
    return x @ np.array(weight).T + np.array(bias)


# ---- inspect
def test_inspect_prints_one_thing_and_writes_nothing(tmp_path: Path) -> None:
    options = ("", "--graph", "--code", "--optimized", "--ops", "--dot")
    shown = {option: ts2cpp("inspect", LINEAR, *option.split(), cwd=tmp_path) for option in options}
    for done in shown.values():
        assert done.returncode == 0, done.stderr
    assert shown[""].stdout == shown["--graph"].stdout
    assert shown["--graph"].stdout.startswith("graph(%self : __torch__.linear.Net,\n      %x.1 : Tensor):\n")
    assert "def forward(self,\n    x: Tensor) -> Tensor:\n  fc = self.fc\n" in shown["--code"].stdout
    assert "aten::linear(" in shown["--optimized"].stdout
    assert [line.split() for line in shown["--ops"].stdout.splitlines() if "linear" in line] == [["2", "aten::linear"]]
    assert shown["--dot"].stdout.startswith("digraph")
    assert shown["--dot"].stdout.rstrip().endswith("}")
    assert listing(tmp_path) == []


# ---- run
def test_run_computes_on_the_interpreter(tmp_path: Path) -> None:
    x = np.arange(6, dtype=np.float32).reshape(2, 3) - 2
    np.savez(tmp_path / "in.npz", x=x)
    done = ts2cpp("run", LINEAR, "--inputs", "in.npz", "--outputs", "out.npz", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "output [2, 2]" in done.stderr
    np.testing.assert_allclose(np.load(tmp_path / "out.npz")["output"], linear(x), rtol=1e-5)
    np.savez(tmp_path / "in.npz", x=x, factor=np.asarray(3.0))
    done = ts2cpp("run", LINEAR, "--inputs", "in.npz", "--outputs", "scaled", "--method", "scaled", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(np.load(tmp_path / "scaled")["output"], 3 * linear(x), rtol=1e-5)


@pytest.mark.parametrize(
    ("arrays", "options", "words"),
    [
        ({"x": np.ones((2, 4), np.float32)}, [], ["RuntimeError: mat1 and mat2 shapes", "linear.py", "line 13"]),
        ({"x": np.ones((2, 3), np.int64)}, [], ["same dtype"]),
        ({}, [], ["input 'x' is missing"]),
        ({"x": np.ones(3, np.float32), "z": np.ones(1)}, [], ["no parameter for the array 'z'"]),
        ({"x": np.ones(3, np.float32), "factor": np.ones(2)}, ["--method", "scaled"], ["'factor'", "0-d array for float"]),
        ({"x": np.ones(3, np.float32)}, ["--method", "nothing"], ["'nothing'", "forward, scaled"]),
        ({"x": np.ones(3, np.float32)}, ["--outputs", "no/such/folder.npz"], ["No such file"]),
        (None, [], ["not a readable .npz file"]),
    ],
)  # fmt: skip
def test_run_refuses(tmp_path: Path, arrays: dict[str, Any] | None, options: list[str], words: list[str]) -> None:
    if arrays is None:
        (tmp_path / "in.npz").write_bytes(b"PK\3\4 and nothing more")
    else:
        np.savez(tmp_path / "in.npz", **arrays)
    done = ts2cpp("run", LINEAR, "--inputs", "in.npz", "--outputs", "out.npz", *options, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    for word in words:
        assert word in done.stderr
    assert listing(tmp_path) == ["in.npz"]


# ---- python
def test_python_runs_files_code_and_modules(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "import sys, torch\nfrom neighbour import value\nprint(torch.__name__, __name__, sys.argv[1:], value)\n"
        "@torch.jit.script\ndef f(x: int):\n    return x + 1\n\nprint(f(2))\n"
    )  # fmt: skip
    (tmp_path / "neighbour.py").write_text("value = 5\n")
    done = ts2cpp("python", "program.py", "-x", "--flag", cwd=tmp_path)
    assert done.stdout == "transpile.torch __main__ ['-x', '--flag'] 5\n3\n", done.stderr
    done = ts2cpp("python", "-m", "neighbour", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    code = "import torch, sys\ndef f(x: int):\n    return x * 2\nprint(torch.jit.script(f)(4), sys.argv)"
    done = ts2cpp("python", "-c", code, "a", cwd=tmp_path)
    assert done.stdout == "8 ['-c', 'a']\n", done.stderr


def test_python_ends_as_the_program_ends(tmp_path: Path) -> None:
    assert ts2cpp("python", "-c", "import sys; sys.exit(7)").returncode == 7
    done = ts2cpp("python", "-c", "raise ValueError('mine')")
    assert done.returncode == 1
    assert done.stderr.splitlines()[0].startswith("Traceback")
    assert "transpile" not in done.stderr
    assert done.stderr.endswith("ValueError: mine\n")
    done = ts2cpp("python", "missing.py", cwd=tmp_path)
    assert done.returncode == 2
    assert "missing.py" in done.stderr
    assert ts2cpp("python").returncode == 2


# ---- the frame
def test_help_version_and_usage() -> None:
    assert "ts2cpp, version" in ts2cpp("--version").stdout
    done = ts2cpp("--help")
    assert done.returncode == 0
    for name in ("export", "verify", "inspect", "run", "bench", "golden", "python", "doctor", "explain"):
        assert name in done.stdout
        assert ts2cpp(name, "--help").returncode == 0
    for wrong in (
        (),
        ("nothing",),
        ("export", "--nothing"),
        ("golden",),
        ("bench", "no_such_folder"),
        ("verify", "no_such.py"),
    ):
        done = ts2cpp(*wrong)
        assert done.returncode == 2, done.stderr
        assert done.stderr
        assert "Traceback" not in done.stderr


ARCHIVE = Path(__file__).parents[1] / "data" / "archives" / "scripted.pt"


def test_archives_are_models(tmp_path: Path) -> None:
    shown = ts2cpp("inspect", ARCHIVE, "--code")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("def forward(self,\n    x: Tensor) -> Tensor:\n")
    x = np.arange(16, dtype=np.float32).reshape(1, 1, 4, 4) / 8
    np.savez(tmp_path / "in.npz", x=x)
    done = ts2cpp("run", ARCHIVE, "--inputs", "in.npz", "--outputs", "out.npz", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    traced = ts2cpp("export", ARCHIVE, "--out", tmp_path / "o", "--trace")
    assert (traced.returncode, "leave --trace out" in traced.stderr) == (2, True)
    recorded = json.loads((ARCHIVE.parent / "computed.json").read_text())["scripted"]
    np.testing.assert_allclose(np.load(tmp_path / "out.npz")["output"], recorded, rtol=1e-5)


def test_run_takes_one_array_without_a_name(tmp_path: Path) -> None:
    x = np.arange(6, dtype=np.float32).reshape(2, 3) - 2
    np.save(tmp_path / "x.npy", x)
    done = ts2cpp("run", LINEAR, "--inputs", "x.npy", "--outputs", "out.npz", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(np.load(tmp_path / "out.npz")["output"], linear(x), rtol=1e-5)
    (tmp_path / "x.npy").rename(tmp_path / "x.npz")
    done = ts2cpp("run", LINEAR, "--inputs", "x.npz", "--outputs", "out.npz", cwd=tmp_path)
    assert done.returncode == 2
    assert "numpy.savez" in done.stderr


def test_archives_and_folders_that_are_no_projects(tmp_path: Path) -> None:
    (tmp_path / "m.pt").write_bytes(b"PK\3\4")
    np.savez(tmp_path / "in.npz", x=np.ones(1))
    for arguments in (
        ("inspect", "m.pt"), ("verify", "m.pt"), ("run", "m.pt", "--inputs", "in.npz", "--outputs", "o.npz"),
        ("golden", "record", "m.pt"), ("golden", "check", "m.pt"),
    ):  # fmt: skip
        done = ts2cpp(*arguments, cwd=tmp_path)
        assert done.returncode == 2, done.stderr
        assert "no zip file" in done.stderr or "does not exist" in done.stderr
    for command in ("verify", "bench"):
        done = ts2cpp(command, tmp_path)
        assert done.returncode == 2
        assert "not a project written by ts2cpp" in done.stderr


def test_torch_can_be_chosen() -> None:
    if "torch" in sys.modules or _has_pytorch():
        pytest.skip("PyTorch is installed")
    done = ts2cpp("inspect", LINEAR, "--torch", "pytorch")
    assert done.returncode == 2
    assert "PyTorch is not installed" in done.stderr
    assert "the bundled implementation" in ts2cpp("inspect", LINEAR, "--torch", "auto").stderr


def _has_pytorch() -> bool:
    import importlib.util

    return importlib.util.find_spec("torch") is not None


# ---- doctor and explain
def test_doctor_knows_what_is_here() -> None:
    done = ts2cpp("doctor", "--json")
    found = {finding["name"]: finding for finding in json.loads(done.stdout)}
    assert found["numpy"]["found"] == np.__version__
    assert done.returncode == (0 if found["cmake"]["good"] and "g++" in found else 5)
    without = ts2cpp("doctor", PATH="/nowhere")
    assert without.returncode == 5
    assert "C++ compiler" in without.stderr


def test_every_code_of_an_error_is_explained(tmp_path: Path) -> None:
    def classes(one: type[errors.Ts2cppError]) -> list[type[errors.Ts2cppError]]:
        return [one, *(found for sub in one.__subclasses__() for found in classes(sub))]

    assert ModelFileError in classes(errors.Ts2cppError)
    assert {one.code for one in classes(errors.Ts2cppError)} - {""} == EXPLANATIONS.keys()
    listed = ts2cpp("explain").stdout
    assert all(code in listed for code in EXPLANATIONS)
    assert "annotate" in ts2cpp("explain", "type-mismatch").stdout.lower()
    assert ts2cpp("explain", "nothing").returncode == 2
    model = tmp_path / "wrong.py"
    model.write_text("import torch\n\n\ndef model(x: torch.Tensor, n: int) -> str:\n    return x\n")
    done = ts2cpp("inspect", model)
    assert done.returncode == 2
    assert "ts2cpp explain type-mismatch" in done.stderr


def test_an_error_of_a_program_is_of_its_own_class() -> None:
    error = errors.ProgramError.of("ValueError: no\nsuch\n  at net.py:3 in Net.forward\n  at net.py:9 in model\n")
    assert isinstance(error, ValueError)
    assert (error.kind, error.message, error.frames) == (
        "ValueError",
        "no\nsuch",
        ["net.py:3 in Net.forward", "net.py:9 in model"],
    )
    assert type(errors.ProgramError.of("Mine: gone\n")) is errors.ProgramError


# ---- golden and verify
def test_golden_record_and_check_and_verify(tmp_path: Path) -> None:
    model = tmp_path / "tiny.py"
    model.write_text(
        '"""Adds."""\nimport torch\n\n\ndef model(x: torch.Tensor, n: int) -> torch.Tensor:\n    return x + n\n\n\n'
        "def example_inputs():\n    return torch.ones(2), 3\n"
    )
    done = ts2cpp("golden", "check", model)
    assert done.returncode == 2
    assert "golden record" in done.stderr
    assert ts2cpp("golden", "record", model).returncode == 0
    assert listing(tmp_path) == ["tiny.expected.npz", "tiny.inputs.npz", "tiny.py"]
    np.testing.assert_array_equal(np.load(tmp_path / "tiny.expected.npz")["output"], [4, 4])
    done = ts2cpp("golden", "check", model)
    assert done.returncode == 0, done.stderr
    assert "agree" in done.stderr

    np.savez(tmp_path / "tiny.expected.npz", output=np.array([4, 5], np.float32))
    done = ts2cpp("golden", "check", model)
    assert done.returncode == 1
    assert "greatest absolute difference 1 at [1]" in done.stderr

    project = tmp_path / "project"
    done = ts2cpp("export", model, "--out", project, "--verify", "--json")
    assert done.returncode == 0, done.stderr
    assert '"differences"' in done.stdout
    assert "greatest absolute difference 0" in done.stderr
    assert ts2cpp("verify", project).returncode == 0
    np.savez(tmp_path / "in.npz", np.zeros(2, np.float32), np.asarray(1))
    np.savez(tmp_path / "wanted.npz", output=np.array([1, 1.5], np.float32))
    arguments = ("verify", project, "--inputs", tmp_path / "in.npz", "--expected", tmp_path / "wanted.npz")
    done = ts2cpp(*arguments)
    assert done.returncode == 1
    assert "0.5 at [1]" in done.stderr
    assert ts2cpp(*arguments, "--atol", "0.6").returncode == 0
    assert ts2cpp(*arguments[:4]).returncode == 2

    done = ts2cpp("bench", project, "--threads", "1", "--repeat", "3", "--rounds", "1", "--json")
    assert done.returncode == 0, done.stderr
    assert '"threads": 1' in done.stdout

    # The folder of a project does what its model does, with the compiled program.
    done = ts2cpp("run", project, "--inputs", tmp_path / "in.npz", "--outputs", tmp_path / "out.npz", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"output": {"dtype": "float32", "shape": [2]}}
    np.testing.assert_array_equal(np.load(tmp_path / "out.npz")["output"], [1, 1])
    np.savez(tmp_path / "wrong.npz", x=np.zeros(2, np.float32))
    done = ts2cpp("run", project, "--inputs", tmp_path / "wrong.npz", "--outputs", tmp_path / "none.npz")
    assert done.returncode == 2
    assert "n" in done.stderr
    assert not (tmp_path / "none.npz").exists()
    done = ts2cpp("inspect", project)
    assert done.returncode == 0, done.stderr
    assert "x: Tensor, n: int" in done.stderr
    assert ts2cpp("inspect", project, "--graph").returncode == 2
    assert repr(Project(project)) == f"<Project 'tiny' in {str(project)!r}: forward; built>"
    usage = subprocess.run([project / "build" / "tiny_run", "--help"], capture_output=True, text=True, check=True)
    assert "--inputs" in usage.stdout

    done = ts2cpp("golden", "check", tmp_path, "--json")
    assert done.returncode == 1
    assert list(json.loads(done.stdout)) == [str(tmp_path / "tiny.expected.npz")]
    (tmp_path / "none").mkdir()
    done = ts2cpp("golden", "check", tmp_path / "none")
    assert done.returncode == 2
    assert "golden record FILE" in done.stderr


def test_bfloat16_travels_through_run_golden_and_verify(tmp_path: Path) -> None:
    model = tmp_path / "brief.py"
    model.write_text(
        "import torch\n\n\ndef model(x: torch.Tensor) -> torch.Tensor:\n    return x * 1.01\n\n\n"
        "def example_inputs():\n    return (torch.tensor([1.0, -2.5]).bfloat16(),)\n"
    )
    # As files hold it: the upper halves of 1.01 and -2.53125 (float32 0x3f8147ae, 0xc0220000), rounded to even.
    given = np.array([0x3F80, 0xC020], np.uint16).view("V2")
    wanted = np.array([0x3F81, 0xC022], np.uint16)
    np.savez(tmp_path / "in.npz", x=given)
    assert ts2cpp("run", model, "--inputs", "in.npz", "--outputs", "out.npz", cwd=tmp_path).returncode == 0
    written = np.load(tmp_path / "out.npz")["output"]
    assert written.dtype == "V2"
    np.testing.assert_array_equal(written.view(np.uint16), wanted)
    assert ts2cpp("golden", "record", model).returncode == 0
    np.testing.assert_array_equal(np.load(tmp_path / "brief.inputs.npz")["x"].view(np.uint16), given.view(np.uint16))
    np.testing.assert_array_equal(np.load(tmp_path / "brief.expected.npz")["output"].view(np.uint16), wanted)
    done = ts2cpp("golden", "check", model)
    assert done.returncode == 0, done.stderr
    assert "rtol 0.016" in done.stderr
    wrong = np.array([0x3F81, 0xC060], np.uint16).view("V2")
    np.savez(tmp_path / "brief.expected.npz", output=wrong)
    done = ts2cpp("golden", "check", model)
    assert done.returncode == 1
    assert "at [1]" in done.stderr
