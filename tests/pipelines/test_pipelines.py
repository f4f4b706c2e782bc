"""The examples for Ray Data and Spark, in local mode: what PyTorch computes for 100,000 rows, from a model's wheel.

`python -m tests.pipelines.test_pipelines` records PyTorch's numbers, of every thousandth row.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.build_tree import BUILD, ROOT, locked
from tests.cli.command_line import ts2cpp

pytestmark = pytest.mark.xdist_group("pipelines")
RECORDED = ROOT / "tests/data/pipelines/robot_policy.npz"
_ROWS, _STEP = 100_000, 1000


def observations() -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.RandomState(0).standard_normal((_ROWS, 12)).astype(np.float32)


@functools.cache
def environment() -> dict[str, str]:
    """Variables of a process that finds the wheel, unpacked, as a package, and nothing of ts2cpp."""
    folder = BUILD / "pipelines"
    with locked(folder / "lock"):
        project, site = folder / "robot_policy", folder / "site"
        done = ts2cpp("export", ROOT / "examples/robot_policy.py", "--out", project, "--torch", "bundled")
        assert done.returncode == 0, done.stderr
        done = ts2cpp("wheel", project, "--out", folder, "--cmake", "-DCMAKE_CXX_FLAGS_RELEASE=-O1")
        assert done.returncode == 0, done.stderr
        shutil.rmtree(site, ignore_errors=True)
        with zipfile.ZipFile(done.stdout.strip()) as wheel:
            wheel.extractall(site)
    return {
        **os.environ,
        "PYTHONPATH": str(site),
        "PYSPARK_PYTHON": sys.executable,
        "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    }


def ran(script: str, folder: Path) -> str:
    """What the example prints; its output is in ``folder / "out"``."""
    np.save(folder / "rows.npy", observations())
    command = [sys.executable, str(ROOT / "examples/pipelines" / script), str(folder / "rows.npy"), str(folder / "out")]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment(), cwd=folder, timeout=300
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def check(action: Any, value: Any) -> None:
    recorded = np.load(RECORDED)
    assert len(action) == len(value) == _ROWS
    np.testing.assert_allclose(np.stack(action)[::_STEP], recorded["action"], 1e-4, 1e-5)
    np.testing.assert_allclose(np.asarray(value)[::_STEP], recorded["value"], 1e-4, 1e-5)


def needs(*modules: str) -> None:
    missing = [m for m in modules if importlib.util.find_spec(m) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (pip install -e '.[pipelines]')")


def test_ray_data(tmp_path: Path) -> None:
    needs("ray", "pandas", "pyarrow")
    assert "100000 rows" in ran("ray_batches.py", tmp_path)
    import pandas

    frames = [pandas.read_parquet(p) for p in sorted((tmp_path / "out").glob("*.parquet"))]
    whole = pandas.concat(frames)
    check(whole["action"].to_list(), whole["value"].to_list())


def test_spark(tmp_path: Path) -> None:
    needs("pyspark", "pandas", "pyarrow")
    if shutil.which("java") is None:
        pytest.skip("Spark needs a Java runtime")
    assert "100000 rows" in ran("spark_pandas.py", tmp_path)
    import pandas

    whole = pandas.read_parquet(tmp_path / "out").sort_values("id")
    assert whole["id"].to_list() == list(range(_ROWS))
    check(whole["action"].to_list(), whole["value"].to_list())


def _record() -> None:
    import torch

    spec = importlib.util.spec_from_file_location("robot_policy", ROOT / "examples/robot_policy.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["robot_policy"] = module
    spec.loader.exec_module(module)
    with torch.no_grad():
        action, value = module.model(torch.from_numpy(observations()))
    np.savez(RECORDED, action=action.numpy()[::_STEP], value=value.numpy()[::_STEP])


if __name__ == "__main__":
    _record()
