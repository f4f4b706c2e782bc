"""``ts2cpp wheel``: a package that needs NumPy and nothing of ts2cpp."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.build_tree import BUILD, ROOT, locked
from tests.cli.command_line import ts2cpp

pytestmark = pytest.mark.xdist_group("projects")

_PROGRAM = """
import copy, inspect, pickle, sys
import concurrent.futures
import numpy as np
import linear

assert not any(name == "transpile" or name == "torch" for name in sys.modules)
model = linear.Model(threads=1)
x = np.arange(6, dtype=np.float32).reshape(2, 3)
y = model(x)
assert isinstance(y, np.ndarray) and y.dtype == np.float32 and y.shape == (2, 2)
np.save("y.npy", y)
kept = np.array(y)
assert np.array_equal(model.forward(x=np.asfortranarray(x)), y)
assert np.array_equal(model.forward(np.repeat(x, 2, axis=1)[:, ::2]), y)
assert np.array_equal(np.from_dlpack(model(x)), y)
assert np.allclose(model.scaled(x), 2 * y) and np.allclose(model.scaled(x, factor=3.0), 3 * y)
again = pickle.loads(pickle.dumps(model))
copied = model.copy()
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    for result in pool.map(lambda m: m(x), [model, again, copied] * 20):
        assert np.array_equal(result, y)
del model, again, copied
assert np.array_equal(y, kept)
def error(call):
    try:
        call()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
model = linear.Model()
assert "RuntimeError: " in error(lambda: model(x[:, :2])) and "linear.py:13" in error(lambda: model(x[:, :2]))
assert "TypeError: forward() misses 1 of 1 required arguments: x" == error(lambda: model())
assert "TypeError: x: an array of <U1 is no tensor" == error(lambda: model("x"))
wanted = "TypeError: factor: a value of type float was expected, not str"
assert wanted == error(lambda: model.scaled(x, "3.0"))
assert str(inspect.signature(model.scaled)) == "(x, factor)"
assert "OSError: absent" in error(lambda: linear.Model("absent"))
print("fine")
"""


def test_wheel(tmp_path: Path) -> None:
    folder = BUILD / "projects" / "wheel"
    with locked(folder.with_suffix(".lock")):
        done = ts2cpp("export", ROOT / "tests/cli/models/linear.py", "--out", folder / "linear")
        assert done.returncode == 0, done.stderr
        # With link-time optimisation, as the page about CMake says.
        options = ("--cmake", "-DCMAKE_CXX_FLAGS_RELEASE=-O0", "--cmake", "-DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON")
        done = ts2cpp("wheel", folder / "linear", "--out", tmp_path, *options)
    assert done.returncode == 0, done.stderr
    wheel = Path(done.stdout.strip())
    assert wheel.name.startswith("linear-0.1.0-py3-none-")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    stub = (tmp_path / "site/linear/__init__.pyi").read_text()
    assert "def scaled(self, x: ArrayLike, factor: float = ...) -> NDArray[Any]: ..." in stub
    # What a fresh environment would see: the package and NumPy.
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(tmp_path / "site"), str(Path(np.__file__).parents[1]))),
    }
    ran = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=False, cwd=tmp_path, env=environment
    )
    assert ran.returncode == 0, ran.stderr
    expected = np.load(folder / "linear/golden/forward/expected.npz")["output"]
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), expected, 1e-4, 1e-5)
