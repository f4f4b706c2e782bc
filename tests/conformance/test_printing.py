"""Tensors print as PyTorch prints them."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.reference

from transpile import torch as bundled  # noqa: E402

_RNG = np.random.default_rng(0)
_ARRAYS = {
    "scalar": np.float32(3.25),
    "int scalar": np.int64(-7),
    "true": np.bool_(True),
    "empty": np.zeros(0, np.float32),
    "empty matrix": np.zeros((2, 0, 3), np.float32),
    "empty int": np.zeros((0,), np.int64),
    "vector": _RNG.standard_normal(7).astype(np.float32),
    "matrix": _RNG.standard_normal((3, 4)).astype(np.float32),
    "cube": _RNG.standard_normal((2, 3, 2)).astype(np.float32),
    "four": _RNG.standard_normal((2, 1, 2, 2)).astype(np.float32),
    "long row": _RNG.standard_normal(40).astype(np.float32),
    "integral": np.arange(12, dtype=np.float32).reshape(3, 4),
    "negative integral": np.array([-1.0, -20.0, 3.0], np.float32),
    "large integral": np.array([1.0, 123456.0], np.float32),
    "huge integral": np.array([1.0, 1e9], np.float32),
    "wide range": np.array([1e-5, 1.0, 1e5], np.float32),
    "small": np.array([1e-6, 2.5e-5], np.float32),
    "tiny": np.array([0.00012, 0.02], np.float32),
    "ratio": np.array([0.001, 1.5], np.float32),
    "specials": np.array([np.nan, np.inf, -np.inf, 1.5], np.float32),
    "integral specials": np.array([np.nan, np.inf, 2.0], np.float32),
    "all nan": np.array([np.nan, np.nan], np.float32),
    "zeros": np.zeros((2, 2), np.float32),
    "minus zero": np.array([-0.0, 0.0, 1.5], np.float32),
    "double": _RNG.standard_normal((2, 2)),
    "half": _RNG.standard_normal((2, 3)).astype(np.float16),
    "int32": np.array([[1, -2], [300, 4]], np.int32),
    "int64": np.array([[1, -2], [300, 4]], np.int64),
    "uint8": np.array([1, 255], np.uint8),
    "bool": np.array([True, False]),
    "complex": np.array([1 + 2j, -3.5 - 0.25j], np.complex64),
    "complex matrix": (_RNG.standard_normal((2, 2)) + 1j * _RNG.standard_normal((2, 2))).astype(np.complex128),
    "summary vector": np.arange(2000, dtype=np.float32),
    "summary": _RNG.standard_normal((50, 30)).astype(np.float32),
    "summary cube": _RNG.standard_normal((10, 3, 60)).astype(np.float32),
    "summary ints": np.arange(1100).reshape(11, 100),
    "summary short rows": np.arange(4000).reshape(1000, 4),
}


@pytest.mark.parametrize("name", _ARRAYS)
def test_repr(name: str) -> None:
    array = _ARRAYS[name]
    assert repr(bundled.tensor(array)) == repr(torch.tensor(array))


@pytest.mark.parametrize("name", _ARRAYS)
@pytest.mark.parametrize("options", [{"precision": 2}, {"sci_mode": True}, {"linewidth": 40, "edgeitems": 2}])
def test_options(name: str, options: dict[str, object]) -> None:
    with torch._tensor_str.printoptions(**options), bundled.printoptions(**options):
        assert repr(bundled.tensor(_ARRAYS[name])) == repr(torch.tensor(_ARRAYS[name]))


def test_bfloat16() -> None:
    data = [[1.5, 2.25], [3.0, 1e-3]]
    expected = repr(torch.tensor(data, dtype=torch.bfloat16))
    assert repr(bundled.tensor(data, dtype=bundled.bfloat16)) == expected


def test_requires_grad_and_parameters() -> None:
    for lib in (torch, bundled):
        lib.manual_seed(0)
    pairs = [
        (lib.ones(2, requires_grad=True), lib.nn.Parameter(lib.ones(2)), lib.ones(2, requires_grad=True) * 2)
        for lib in (bundled, torch)
    ]
    assert [repr(t) for t in pairs[0]] == [repr(t) for t in pairs[1]]


def test_random_shapes_and_scales() -> None:
    generator = np.random.default_rng(1)
    for _ in range(150):
        shape = tuple(generator.integers(0, 6, size=generator.integers(0, 4)))
        scale = 10.0 ** generator.integers(-7, 10)
        array = (generator.standard_normal(shape) * scale).astype(np.float32)
        if generator.random() < 0.3:
            array = np.asarray(np.round(array), np.float32)
        assert repr(bundled.tensor(array)) == repr(torch.tensor(array))


def test_named_results() -> None:
    texts = [repr(lib.tensor([[1.0, 5.0], [7.0, 2.0]]).max(0)) for lib in (bundled, torch)]
    assert texts[0] == texts[1]


def test_format_of_scalars() -> None:
    for lib in (bundled, torch):
        assert f"{lib.tensor(1.23456):.2f}" == "1.23"
        assert f"{lib.tensor(3)}" == "3"


_DIFFERENTIABLE = [
    "x + 1", "2 - x", "x * x", "2 ** x", "x.sum()", "x.sum(0)", "x.mean(1)", "x.max()", "x.max(0)[0]",
    "x.clamp(0, 1)", "x.view(-1)", "x.reshape(4)", "x.t()", "x.T", "x[0]", "x[x > 0]", "x.squeeze()", "x @ x",
    "t.cat([x, x])", "x.norm()", "x.softmax(0)", "x.chunk(2)[0]", "F.relu(x)", "F.silu(x)", "F.relu6(x)",
    "F.linear(x, x, x[0])", "F.pad(x, (1, 1))", "F.avg_pool2d(x[None, None], 2)", "F.layer_norm(x, (2,), x[0], x[0])",
    "F.conv2d(x[None, None], x[None, None])", "F.mse_loss(x, x * 0)", "x.square()", "x.log1p()", "x > 0",
    "x.detach()", "x.argmax()",
]  # fmt: skip


@pytest.mark.parametrize("text", _DIFFERENTIABLE)
def test_gradient_function(text: str) -> None:
    shown = []
    for lib in (bundled, torch):
        x = lib.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        shown.append(repr(eval(text, {"t": lib, "F": lib.nn.functional, "x": x})))
    assert shown[0] == shown[1]
