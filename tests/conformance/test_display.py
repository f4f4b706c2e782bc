"""``str(value)`` in TorchScript against ours."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from transpile.ops.display import tensor_text, text_of

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.reference


@pytest.fixture(scope="module")
def script_str() -> Any:
    return torch.jit.CompilationUnit("def text(x: Tensor):\n  return str(x)\n").text


_RANDOM = np.random.default_rng(0)
_TENSORS = [
    np.array(0.1, np.float32), np.array(3), np.array(1e-7, np.float32), np.array(np.nan, np.float32), np.array(True),
    np.array([1.0, np.nan, np.inf], np.float32), np.array([0.001, 0.002], np.float32), np.array([1e5 + 0.5, 2.0]),
    np.array([1e10, 1.0]), np.array([1e-3, 1000.0]), np.array([[True, False]]), np.array([1.5, np.inf]),
    np.array([-1, -200]), np.array([10000000000, 1]), np.array([1e300, 1e-300]), np.zeros((2, 0)), np.zeros((3, 3)),
    np.arange(40).reshape(2, 20) * 1000, np.array([1 + 2j, 3.5 - 1j]),
    *(_RANDOM.normal(size=shape) * scale for shape, scale in (
        ((3, 4), 1.0), ((2, 30), 1.0), ((2, 12), 1e6), ((2, 3, 4), 1.0), ((2, 2, 2, 2), 1.0), ((2, 3), 1e-4),
        ((2, 3, 15), 1e7), ((1, 1), 1.0),
    )),
]  # fmt: skip


@pytest.mark.parametrize("index", range(len(_TENSORS)))
def test_tensor_text(index: int, script_str: Any) -> None:
    tensor = np.asarray(_TENSORS[index])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert tensor_text(tensor) == script_str(torch.from_numpy(tensor.copy()))


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        ("float", 0.1), ("float", 1e16), ("float", -float("inf")), ("float", 2.0), ("float", 1e-5), ("int", -3),
        ("bool", True), ("str", "a"), ("complex", 1 - 2j), ("complex", 0j), ("List[float]", [0.5, 2.0]),
        ("List[str]", ["a", "b'"]), ("Dict[str, int]", {"a": 1, "b": 2}), ("Tuple[int]", (1,)),
        ("Tuple[int, str, List[bool]]", (1, "x", [True])), ("Optional[int]", None),
    ],
)  # fmt: skip
def test_value_text(annotation: str, value: Any) -> None:
    function = torch.jit.CompilationUnit(f"def text(x: {annotation}):\n  return str(x)\n").text
    assert text_of(value) == function(value)
