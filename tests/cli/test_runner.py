"""The command-line program of a generated project: inputs, outputs, weights, errors and exit codes."""

from __future__ import annotations

import functools
import json
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.build_tree import BuildTree
from tests.bundled import load_bundled
from transpile.codegen.project.exporter import ExportRequest
from transpile.codegen.project.request import make_request
from transpile.entry import compile_entry

pytestmark = pytest.mark.xdist_group("runner")
MODELS = Path(__file__).parent / "models"
X = np.arange(6, dtype=np.float32).reshape(2, 3)


def _request(model: str, name: str, *, embed: bool = False) -> ExportRequest:
    loaded = load_bundled(MODELS / f"{model}.py")
    request = make_request(compile_entry(loaded.entry), name, f"{model}.py", (), loaded.inputs)
    request.embed_weights = embed
    return request


@functools.cache
def tree() -> BuildTree:
    """The projects of all models, built."""
    return BuildTree("runner").sync({
        "linear": _request("linear", "linear"),
        "embedded": _request("linear", "embedded", embed=True),
        "wider": _request("wider", "wider"),
        "containers": _request("containers", "containers"),
    })  # fmt: skip


def start(name: str, *options: object) -> subprocess.CompletedProcess[str]:
    command = [str(tree().runner(name)), *map(str, options)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def golden(name: str, which: str, method: str = "forward") -> dict[str, np.ndarray[Any, Any]]:
    with np.load(tree().source(name) / "golden" / method / f"{which}.npz") as archive:
        return dict(archive)


def test_outputs_equal_eager_python() -> None:
    for name in ("linear", "embedded", "containers"):
        done, outputs = tree().start(name, golden(name, "inputs"))
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        expected = golden(name, "expected")
        assert sorted(outputs) == sorted(expected)
        for key in expected:
            assert outputs[key].shape == expected[key].shape
            if expected[key].dtype.kind == "U":
                assert outputs[key] == expected[key]
            else:
                np.testing.assert_allclose(outputs[key], expected[key], rtol=1e-5)


def test_flattened_names() -> None:
    assert sorted(golden("containers", "inputs")) == [
        "named.a", "named.b", "pair.0", "pair.1.0", "pair.1.1", "scale", "sizes.0", "sizes.1", "word", "xs.0", "xs.1",
    ]  # fmt: skip
    assert {"output.0.a", "output.0.total", "output.1.0", "output.2", "output.3"} <= set(
        golden("containers", "expected")
    )


def test_absent_optionals_and_empty_containers() -> None:
    inputs = {k: v for k, v in golden("containers", "inputs").items() if k.split(".")[0] in ("pair", "word")}
    done, outputs = tree().start("containers", inputs)
    assert done.returncode == 0, done.stderr
    assert sorted(outputs) == ["output.0.total", "output.3", "output.4", "output.5", "output.6"]


def test_position_method_default_and_threads() -> None:
    base = golden("linear", "expected")["output"]
    done, outputs = tree().start("linear", {"arr_0": golden("linear", "inputs")["x"]}, "--threads", "1")
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(outputs["output"], base, rtol=1e-5)
    done, outputs = tree().start("linear", {"arr_0": X}, "--method", "scaled")
    np.testing.assert_allclose(outputs["output"], 2 * base, rtol=1e-5)
    done, outputs = tree().start("linear", {"arr_0": X, "arr_1": np.asarray(3.0)}, "--method", "scaled")
    np.testing.assert_allclose(outputs["output"], 3 * base, rtol=1e-5)


def test_repeat_prints_one_line(tmp_path: Path) -> None:
    done, _ = tree().start("linear", {"x": X}, "--warmup", "1", "--repeat", "3")
    assert done.returncode == 0
    (line,) = done.stdout.splitlines()
    words = dict(word.split("=") for word in line.split())
    assert list(words) == ["median_us", "min_us", "repeat"]
    assert float(words["min_us"]) <= float(words["median_us"])
    assert words["repeat"] == "3"


def test_compares_with_expected(tmp_path: Path) -> None:
    folder = tree().source("linear") / "golden/forward"
    assert start("linear", "--inputs", folder / "inputs.npz", "--expected", folder / "expected.npz").returncode == 0
    wrong = golden("linear", "expected")["output"].copy()
    wrong[1, 0] += 1
    np.savez(tmp_path / "wrong.npz", output=wrong)
    done = start("linear", "--inputs", folder / "inputs.npz", "--expected", tmp_path / "wrong.npz")
    assert done.returncode == 1
    assert "[1, 0]" in done.stdout
    np.savez(tmp_path / "wrong.npz", output=wrong[:1])
    assert start("linear", "--inputs", folder / "inputs.npz", "--expected", tmp_path / "wrong.npz").returncode == 1


# ---- faults of the user: exit code 2
@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("linear", lambda a: a.pop("x"), ["x"]),
        ("linear", lambda a: a.update(y=X), ['no parameter for the array "y"']),
        ("linear", lambda a: a.update(x=np.asarray("text")), ["x"]),
        ("containers", lambda a: a.update(word=np.asarray(3)), ["word"]),
        ("containers", lambda a: a.update({"pair.0": np.asarray(1.5)}), ["pair.0"]),
        ("containers", lambda a: a.update({"pair.0": np.ones(2, np.int64)}), ["pair.0"]),
        ("containers", lambda a: a.pop("pair.1.0"), ["pair"]),
        ("containers", lambda a: a.update({"pair.1.1": np.asarray(2)}), ["pair.1.1"]),
    ],
)
def test_wrong_inputs(name: str, change: Callable[[dict[str, Any]], Any], words: list[str]) -> None:
    arrays = golden(name, "inputs")
    change(arrays)
    done, _ = tree().start(name, arrays)
    assert done.returncode == 2, done.stderr
    for word in words:
        assert word in done.stderr
    assert "in.npz" in done.stderr


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", ""), (b"PK", ""), (b"PK\3\4 and nothing more", ""), (b"\x93NUMPY", ""), (b"x" * 100_000, ""),
    ],
)  # fmt: skip
def test_corrupt_inputs(tmp_path: Path, data: bytes, word: str) -> None:
    path = tmp_path / "corrupt.npz"
    path.write_bytes(data)
    done = start("linear", "--inputs", path, "--outputs", tmp_path / "out.npz")
    assert done.returncode == 2, done.stderr
    assert "corrupt.npz" in done.stderr
    assert not (tmp_path / "out.npz").exists()


def test_truncated_and_altered_inputs(tmp_path: Path) -> None:
    np.savez(tmp_path / "whole.npz", x=X)
    whole = (tmp_path / "whole.npz").read_bytes()
    path = tmp_path / "part.npz"
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        done = start("linear", "--inputs", path, "--outputs", tmp_path / "out.npz")
        assert done.returncode == 2, (length, done.stderr)
    for position in range(0, len(whole), 5):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        done = start("linear", "--inputs", path, "--outputs", tmp_path / "out.npz")
        assert done.returncode in (0, 2, 3), (position, done.stderr)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ([], "usage"), (["--inputs"], "--inputs"), (["--nothing", "1"], "--nothing"), (["--method", "nothing"], "nothing"),
        (["--threads", "0"], "--threads"), (["--threads", "many"], "--threads"), (["--repeat", "-1"], "--repeat"),
        (["--inputs", "/no/such/file.npz"], "/no/such/file.npz"),
        (["--outputs", "/no/such/folder/o.npz"], "/no/such/folder/o.npz"),
    ],
)  # fmt: skip
def test_command_line(tmp_path: Path, options: list[str], word: str) -> None:
    np.savez(tmp_path / "in.npz", x=X)
    rest = ["--inputs", tmp_path / "in.npz", "--outputs", tmp_path / "out.npz"] if options else []
    done = start("linear", *rest, *options)
    assert done.returncode == 2, done.stderr
    assert word in done.stderr


# ---- weights
def _weights(name: str = "linear") -> bytes:
    return (tree().source(name) / "weights.safetensors").read_bytes()


def _run_with(weights: Path, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    np.savez(tmp_path / "in.npz", x=X)
    return start("linear", "--inputs", tmp_path / "in.npz", "--outputs", tmp_path / "out.npz", "--weights", weights)


def test_weights_of_the_same_shapes_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    whole = _weights()
    (length,) = struct.unpack("<Q", whole[:8])
    path.write_bytes(whole[: 8 + length] + bytes(len(whole) - 8 - length))
    assert _run_with(path, tmp_path).returncode == 0
    with np.load(tmp_path / "out.npz") as archive:
        assert not archive["output"].any()


def test_truncated_weights(tmp_path: Path) -> None:
    whole, path = _weights(), tmp_path / "w.safetensors"
    for length in (0, 3, 8, 20, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        done = _run_with(path, tmp_path)
        assert done.returncode == 2, (length, done.stderr)
        assert "w.safetensors" in done.stderr
        assert not (tmp_path / "out.npz").exists()


def test_weights_of_another_model(tmp_path: Path) -> None:
    done = _run_with(tree().source("wider") / "weights.safetensors", tmp_path)
    assert done.returncode == 2
    assert "fc.weight" in done.stderr


def test_damaged_weights(tmp_path: Path) -> None:
    whole, path = _weights(), tmp_path / "w.safetensors"
    (length,) = struct.unpack("<Q", whole[:8])
    header = json.loads(whole[8 : 8 + length])
    damaged: dict[str, Callable[[dict[str, Any]], Any]] = {
        "missing": lambda h: h.pop("fc.bias"),
        "dtype": lambda h: h["fc.bias"].update(dtype="I32"),
        "shape": lambda h: h["fc.weight"].update(shape=[3, 2]),
        "outside": lambda h: h["fc.weight"].update(data_offsets=[0, 1 << 40]),
        "negative": lambda h: h["fc.weight"].update(data_offsets=[-8, 16]),
        "backwards": lambda h: h["fc.weight"].update(data_offsets=[24, 0]),
    }
    for what, change in damaged.items():
        changed = json.loads(json.dumps(header))
        change(changed)
        text = json.dumps(changed).encode()
        path.write_bytes(struct.pack("<Q", len(text)) + text + whole[8 + length :])
        done = _run_with(path, tmp_path)
        assert done.returncode == 2, (what, done.stderr)
        assert "w.safetensors" in done.stderr
    for text in (b"", b"{", b"[]", b"{" * 100_000, b"\xff" * 10):
        path.write_bytes(struct.pack("<Q", len(text)) + text)
        assert _run_with(path, tmp_path).returncode == 2
    path.write_bytes(struct.pack("<Q", 1 << 62) + whole[8:])
    assert _run_with(path, tmp_path).returncode == 2
    assert _run_with(tmp_path / "absent.safetensors", tmp_path).returncode == 2


def test_embedded_weights_need_no_file(tmp_path: Path) -> None:
    assert not (tree().source("embedded") / "weights.safetensors").exists()
    program = shutil.copy(tree().runner("embedded"), tmp_path / "program")
    np.savez(tmp_path / "in.npz", x=X)
    done = subprocess.run(
        [program, "--inputs", "in.npz", "--outputs", "out.npz"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "out.npz") as archive:
        np.testing.assert_allclose(archive["output"], golden("linear", "expected")["output"], rtol=1e-5)


# ---- errors of the program: exit code 3
@pytest.mark.parametrize(
    ("name", "arrays", "message", "line"),
    [
        ("linear", {"x": np.ones((2, 4), np.float32)}, "RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x4 and 3x2)",
         "return self.fc(x)"),
        ("linear", {"x": np.ones((2, 3), np.int64)}, "RuntimeError: ", "return self.fc(x)"),
        ("containers", {"word": np.asarray("fail")}, "ValueError: the word is fail", "raise ValueError"),
        ("containers", {"pair.0": np.asarray(-1)}, "AssertionError: negative", "assert pair"),
        ("containers", {"xs.1": np.ones(3, np.float32)},
         "RuntimeError: The size of tensor a (2) must match the size of tensor b (3)", "total = total + x"),
    ],
)  # fmt: skip
def test_exceptions_of_the_program(name: str, arrays: dict[str, Any], message: str, line: str) -> None:
    done, _ = tree().start(name, {**golden(name, "inputs"), **arrays})
    assert done.returncode == 3, done.stderr
    assert done.stderr.startswith(message), done.stderr
    lines = (MODELS / f"{name}.py").read_text().splitlines()
    number = next(i for i, text in enumerate(lines, 1) if line in text)
    assert f"at {name}.py:{number} in " in done.stderr
