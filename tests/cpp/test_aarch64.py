"""The kernels on another processor: cross-compiled for aarch64 and run by an emulator, where both are installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCTEST = Path("/usr/include/doctest")
FLAGS = (
    "-std=c++17", "-O1", "-fno-math-errno", "-fno-trapping-math", "-fwrapv", "-pthread", "-static",
    "-DDOCTEST_CONFIG_IMPLEMENT_WITH_MAIN",
)  # fmt: skip
SLOW = "every tile*"  # a minute and more under emulation; the other cases use the same tiles


def _tool(*names: str) -> str:
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip(f"no {names[0]}")
    return found


@pytest.mark.parametrize("name", ["test_gemm", "test_sequences"])
def test_kernels_run_on_aarch64(name: str, tmp_path: Path) -> None:
    compiler = _tool("aarch64-linux-gnu-g++", "aarch64-linux-gnu-g++-12")
    emulator = _tool("qemu-aarch64", "qemu-aarch64-static")
    if not DOCTEST.is_dir():
        pytest.skip("no doctest")
    (tmp_path / "doctest").symlink_to(DOCTEST)  # alone: the other headers beside it are another processor's
    program = tmp_path / name
    folders = [f"-I{folder}" for folder in (ROOT / "runtime_cpp" / "include", ROOT / "tests" / "cpp", tmp_path)]
    source = ROOT / "tests" / "cpp" / f"{name}.cpp"
    subprocess.run([compiler, *FLAGS, *folders, str(source), "-o", str(program)], check=True)
    done = subprocess.run([emulator, str(program), f"-tce={SLOW}"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Status: SUCCESS" in done.stdout
