"""A seeded model gets PyTorch's own weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.reference

from transpile import torch as bundled  # noqa: E402

_LAYERS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda nn: nn.Linear(7, 5),
    "linear without bias": lambda nn: nn.Linear(7, 5, bias=False),
    "linear double": lambda nn: nn.Linear(7, 5, dtype=nn.Linear(1, 1).double().weight.dtype),
    "bilinear": lambda nn: nn.Bilinear(3, 4, 5),
    "conv1d": lambda nn: nn.Conv1d(4, 6, 3, groups=2),
    "conv2d": lambda nn: nn.Conv2d(3, 16, 3, padding=1),
    "conv3d": lambda nn: nn.Conv3d(2, 3, 2),
    "conv transpose 1d": lambda nn: nn.ConvTranspose1d(4, 6, 3),
    "conv transpose 2d": lambda nn: nn.ConvTranspose2d(4, 6, 3, stride=2),
    "batch norm": lambda nn: nn.BatchNorm2d(4),
    "embedding": lambda nn: nn.Embedding(10, 6, padding_idx=1),
    "small embedding": lambda nn: nn.Embedding(3, 3),
    "embedding bag": lambda nn: nn.EmbeddingBag(5, 4),
    "attention": lambda nn: nn.MultiheadAttention(8, 2),
    "attention with other sizes": lambda nn: nn.MultiheadAttention(8, 2, kdim=6, vdim=4, add_bias_kv=True),
    "encoder layer": lambda nn: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True),
    "encoder": lambda nn: nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2),
    "decoder layer": lambda nn: nn.TransformerDecoderLayer(8, 2, 16),
    "transformer": lambda nn: nn.Transformer(8, 2, 1, 1, 16),
    "rnn cell": lambda nn: nn.RNNCell(5, 4),
    "lstm cell": lambda nn: nn.LSTMCell(5, 4),
    "gru cell": lambda nn: nn.GRUCell(5, 4),
    "rnn": lambda nn: nn.RNN(5, 4, 2),
    "lstm": lambda nn: nn.LSTM(5, 4, 2, bidirectional=True, proj_size=2),
    "gru": lambda nn: nn.GRU(5, 4, bias=False),
    "prelu": lambda nn: nn.PReLU(3),
    "sequential": lambda nn: nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Linear(4, 4)),
}


def _state(lib: Any, build: Callable[[Any], Any]) -> dict[str, np.ndarray[Any, Any]]:
    lib.manual_seed(42)
    return {name: value.numpy() for name, value in build(lib.nn).state_dict().items()}


@pytest.mark.parametrize("name", _LAYERS)
@pytest.mark.filterwarnings("ignore")
def test_layer(name: str) -> None:
    ours, theirs = (_state(lib, _LAYERS[name]) for lib in (bundled, torch))
    assert list(ours) == list(theirs)
    for key, value in theirs.items():
        assert ours[key].dtype == value.dtype
        np.testing.assert_array_equal(ours[key], value, err_msg=key)


_INITIALISERS: dict[str, Callable[[Any, Any], Any]] = {
    "uniform": lambda init, t: init.uniform_(t, -2.0, 3.0),
    "normal": lambda init, t: init.normal_(t, 1.0, 0.5),
    "wide truncated normal": lambda init, t: init.trunc_normal_(t, std=0.02),
    "narrow truncated normal": lambda init, t: init.trunc_normal_(t, 0.0, 1.0, 1.5, 2.0),
    "constant": lambda init, t: init.constant_(t, 0.3),
    "ones": lambda init, t: init.ones_(t),
    "eye": lambda init, t: init.eye_(t),
    "xavier uniform": lambda init, t: init.xavier_uniform_(t, gain=1.5),
    "xavier normal": lambda init, t: init.xavier_normal_(t),
    "kaiming uniform": lambda init, t: init.kaiming_uniform_(t, nonlinearity="relu"),
    "kaiming normal": lambda init, t: init.kaiming_normal_(t, mode="fan_out", nonlinearity="relu"),
    "sparse": lambda init, t: init.sparse_(t, 0.3),
}


@pytest.mark.parametrize("name", _INITIALISERS)
def test_initialiser(name: str) -> None:
    drawn = []
    for lib in (bundled, torch):
        lib.manual_seed(7)
        drawn.append(_INITIALISERS[name](lib.nn.init, lib.empty(9, 6)).numpy())
    np.testing.assert_array_equal(drawn[0], drawn[1])


def test_orthogonal() -> None:
    drawn = []
    for lib in (bundled, torch):
        lib.manual_seed(7)
        drawn.append([lib.nn.init.orthogonal_(lib.empty(*s)).numpy() for s in ((4, 9), (9, 4))])
    for ours, theirs in zip(*drawn, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_dirac() -> None:
    drawn = [lib.nn.init.dirac_(lib.empty(4, 2, 3, 3), 2).numpy() for lib in (bundled, torch)]
    np.testing.assert_array_equal(drawn[0], drawn[1])


def test_generator_of_its_own() -> None:
    for lib in (bundled, torch):
        generator = lib.Generator().manual_seed(5)
        first = lib.rand(3, generator=generator)
        state = generator.get_state()
        second = lib.rand(3, generator=generator)
        generator.set_state(state)
        assert lib.equal(second, lib.rand(3, generator=generator))
        assert not lib.equal(first, second)
        assert generator.initial_seed() == 5


def test_state_can_be_restored() -> None:
    bundled.manual_seed(3)
    bundled.randn(3)
    state = bundled.get_rng_state()
    expected = bundled.randn(5)
    bundled.set_rng_state(state)
    assert bundled.equal(bundled.randn(5), expected)
