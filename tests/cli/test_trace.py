"""``--trace``: a model that cannot be scripted is recorded."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.build_tree import ROOT
from tests.cli.command_line import ts2cpp

MODEL = Path(__file__).parent / "models" / "needs_tracing.py"


def test_the_error_of_scripting_points_to_tracing(tmp_path: Path) -> None:
    done = ts2cpp("export", MODEL, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "--trace may do" in done.stderr and "use a list or a dict" in done.stderr
    assert not (tmp_path / "out").exists()


def test_export_says_what_is_frozen(tmp_path: Path) -> None:
    done = ts2cpp("export", MODEL, "--trace", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "needs_tracing.py:14" in done.stderr.replace("\n", "") and "if x.sum() > 0:" in done.stderr
    text = (tmp_path / "out" / "src" / "needs_tracing.cpp").read_text()
    assert "const std::int64_t n = " in text and "x * 2" in text


def test_a_method_is_traced_alone(tmp_path: Path) -> None:
    model = ROOT / "examples" / "keyword_spotting.py"
    done = ts2cpp("export", model, "--trace", "--out", tmp_path / "out")
    assert done.returncode == 2 and "can be output from traced functions" in done.stderr  # a method gives words
    done = ts2cpp("export", model, "--trace", "--method", "forward", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr


def test_the_interpreter_runs_the_trace_on_other_sizes(tmp_path: Path) -> None:
    np.savez(tmp_path / "in.npz", x=np.ones((5, 3), np.float32))
    done = ts2cpp("run", MODEL, "--trace", "--inputs", tmp_path / "in.npz", "--outputs", tmp_path / "out.npz")
    assert done.returncode == 0, done.stderr
    assert np.load(tmp_path / "out.npz")["output.out"].shape == (10,)


def test_inputs_of_the_command_line_are_traced_with(tmp_path: Path) -> None:
    np.savez(tmp_path / "in.npz", -np.ones((2, 3), np.float32))
    done = ts2cpp("inspect", MODEL, "--trace", "--code")
    assert done.returncode == 0 and "torch.mul(x, " in done.stdout
    done = ts2cpp("export", MODEL, "--trace", "--inputs", tmp_path / "in.npz", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "x * 2" not in (tmp_path / "out" / "src" / "needs_tracing.cpp").read_text()


def test_tracing_needs_inputs(tmp_path: Path) -> None:
    model = tmp_path / "plain.py"
    model.write_text("def model(x):\n    return x\n")
    done = ts2cpp("export", model, "--trace", "--out", tmp_path / "out")
    assert done.returncode == 2 and "--trace needs example inputs" in done.stderr
