"""Layers and functionals give PyTorch's text, state and results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.reference

from transpile import torch as bundled  # noqa: E402

_RNG = np.random.default_rng(0)
_IMAGE = _RNG.standard_normal((2, 4, 9, 8)).astype(np.float32)
_SIGNAL = _RNG.standard_normal((2, 4, 12)).astype(np.float32)
_ROWS = _RNG.standard_normal((3, 6)).astype(np.float32)
_TOKENS = _RNG.integers(0, 10, (2, 5))
_SEQUENCE = _RNG.standard_normal((5, 2, 8)).astype(np.float32)

# (constructor, inputs); evaluated in both modes unless the name says otherwise.
_LAYERS: dict[str, tuple[Callable[[Any], Any], tuple[Any, ...]]] = {
    "linear": (lambda nn: nn.Linear(6, 3), (_ROWS,)),
    "identity": (lambda nn: nn.Identity(1, x=2), (_ROWS,)),
    "bilinear": (lambda nn: nn.Bilinear(6, 6, 2), (_ROWS, _ROWS)),
    "conv1d": (lambda nn: nn.Conv1d(4, 6, 3, padding="same", dilation=2), (_SIGNAL,)),
    "conv2d": (lambda nn: nn.Conv2d(4, 6, (3, 2), stride=2, padding=1, groups=2, bias=False), (_IMAGE,)),
    "conv2d reflect": (lambda nn: nn.Conv2d(4, 6, 3, padding=1, padding_mode="reflect"), (_IMAGE,)),
    "conv2d circular": (lambda nn: nn.Conv2d(4, 6, 3, padding=1, padding_mode="circular"), (_IMAGE,)),
    "conv transpose 1d": (lambda nn: nn.ConvTranspose1d(4, 6, 3, stride=2, output_padding=1), (_SIGNAL,)),
    "conv transpose 2d": (lambda nn: nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, groups=2), (_IMAGE,)),
    "batch norm 1d": (lambda nn: nn.BatchNorm1d(6), (_ROWS,)),
    "batch norm 2d": (lambda nn: nn.BatchNorm2d(4, momentum=None), (_IMAGE,)),
    "batch norm without statistics": (lambda nn: nn.BatchNorm2d(4, track_running_stats=False), (_IMAGE,)),
    "instance norm": (lambda nn: nn.InstanceNorm2d(4, affine=True), (_IMAGE,)),
    "instance norm unbatched": (lambda nn: nn.InstanceNorm1d(2), (_SIGNAL[0, :2],)),
    "layer norm": (lambda nn: nn.LayerNorm((9, 8)), (_IMAGE,)),
    "layer norm without bias": (lambda nn: nn.LayerNorm(6, bias=False), (_ROWS,)),
    "group norm": (lambda nn: nn.GroupNorm(2, 4), (_IMAGE,)),
    "rms norm": (lambda nn: nn.RMSNorm(6), (_ROWS,)),
    "local response norm": (lambda nn: nn.LocalResponseNorm(3), (_IMAGE,)),
    "max pool 1d": (lambda nn: nn.MaxPool1d(3, 2), (_SIGNAL,)),
    "max pool 2d": (lambda nn: nn.MaxPool2d(3, 2, 1, ceil_mode=True), (_IMAGE,)),
    "max pool with indices": (lambda nn: nn.MaxPool2d(2, return_indices=True), (_IMAGE,)),
    "avg pool 1d": (lambda nn: nn.AvgPool1d(3), (_SIGNAL,)),
    "avg pool 2d": (lambda nn: nn.AvgPool2d(2, padding=1, count_include_pad=False), (_IMAGE,)),
    "adaptive avg pool": (lambda nn: nn.AdaptiveAvgPool2d((None, 3)), (_IMAGE,)),
    "adaptive avg pool 1d": (lambda nn: nn.AdaptiveAvgPool1d(5), (_SIGNAL,)),
    "adaptive max pool": (lambda nn: nn.AdaptiveMaxPool2d(3), (_IMAGE,)),
    "lp pool": (lambda nn: nn.LPPool2d(2, 2), (np.abs(_IMAGE),)),
    "max unpool 1d": (lambda nn: nn.MaxUnpool1d(2), (_SIGNAL, np.tile(np.arange(12) * 2, (2, 4, 1)))),
    "max unpool 2d": (
        lambda nn: nn.MaxUnpool2d((1, 2)),
        (_IMAGE, np.tile(np.arange(72).reshape(9, 8) * 2, (2, 4, 1, 1))),
    ),
    "max unpool 3d": (
        lambda nn: nn.MaxUnpool3d(2, 1),
        (_IMAGE, np.tile(np.arange(288).reshape(4, 9, 8), (2, 1, 1, 1))),
    ),
    "fractional max pool": (lambda nn: nn.FractionalMaxPool2d(2, output_ratio=0.5), (_IMAGE,)),
    "fractional max pool 3d": (lambda nn: nn.FractionalMaxPool3d(2, (2, 3, 4), return_indices=True), (_IMAGE,)),
    "adaptive log softmax": (
        lambda nn: nn.AdaptiveLogSoftmaxWithLoss(6, 20, [4, 10], 2.0, True),
        (_ROWS, np.array([1, 5, 19])),
    ),
    "linear cross entropy": (
        lambda nn: nn.LinearCrossEntropyLoss(6, 4, out_features=(2,), bias=True),
        (_ROWS, np.array([[0, 3], [1, 1], [2, 0]])),
    ),
    "cross map response norm": (lambda nn: nn.CrossMapLRN2d(4, 0.1), (_IMAGE,)),
    "cross map response norm of odd size": (lambda nn: nn.CrossMapLRN2d(3, 0.1), (_IMAGE,)),
    "dropout in eval": (lambda nn: nn.Dropout(0.3), (_ROWS,)),
    "dropout2d in eval": (lambda nn: nn.Dropout2d(0.3), (_IMAGE,)),
    "alpha dropout in eval": (lambda nn: nn.AlphaDropout(0.3), (_ROWS,)),
    "flatten": (lambda nn: nn.Flatten(2), (_IMAGE,)),
    "unflatten": (lambda nn: nn.Unflatten(1, (2, 3)), (_ROWS,)),
    "embedding": (lambda nn: nn.Embedding(10, 4, padding_idx=-1), (_TOKENS,)),
    "constant pad": (lambda nn: nn.ConstantPad2d((1, 2, 0, 1), 3.5), (_IMAGE,)),
    "zero pad": (lambda nn: nn.ZeroPad2d(1), (_IMAGE,)),
    "reflection pad": (lambda nn: nn.ReflectionPad2d(2), (_IMAGE,)),
    "replication pad": (lambda nn: nn.ReplicationPad1d((1, 2)), (_SIGNAL,)),
    "circular pad": (lambda nn: nn.CircularPad2d(1), (_IMAGE,)),
    "pixel shuffle": (lambda nn: nn.PixelShuffle(2), (_IMAGE,)),
    "pixel unshuffle": (lambda nn: nn.PixelUnshuffle(2), (_IMAGE[..., :8, :],)),
    "channel shuffle": (lambda nn: nn.ChannelShuffle(2), (_IMAGE,)),
    "upsample": (lambda nn: nn.Upsample(scale_factor=2), (_IMAGE,)),
    "upsample bilinear": (lambda nn: nn.UpsamplingBilinear2d(size=(5, 7)), (_IMAGE,)),
    "fold": (lambda nn: nn.Fold((3, 3), 2), (_RNG.standard_normal((1, 8, 4)).astype(np.float32),)),
    "unfold": (lambda nn: nn.Unfold(3, padding=1), (_IMAGE,)),
    "cosine similarity": (lambda nn: nn.CosineSimilarity(), (_ROWS, _ROWS[::-1].copy())),
    "pairwise distance": (lambda nn: nn.PairwiseDistance(), (_ROWS, _ROWS[::-1].copy())),
    "attention": (lambda nn: nn.MultiheadAttention(8, 2), (_SEQUENCE, _SEQUENCE, _SEQUENCE)),
    "attention batch first": (
        lambda nn: nn.MultiheadAttention(8, 2, batch_first=True, bias=False, add_zero_attn=True),
        (_SEQUENCE, _SEQUENCE, _SEQUENCE),
    ),
    "attention of others": (
        lambda nn: nn.MultiheadAttention(8, 2, kdim=8, vdim=6, add_bias_kv=True),
        (_SEQUENCE, _SEQUENCE * 2, _SEQUENCE[..., :6]),
    ),
    "encoder layer in eval": (lambda nn: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), (_SEQUENCE,)),
    "encoder layer norm first in eval": (
        lambda nn: nn.TransformerEncoderLayer(8, 2, 16, activation="gelu", norm_first=True),
        (_SEQUENCE,),
    ),
    "encoder in eval": (
        lambda nn: nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2, nn.LayerNorm(8)),
        (_SEQUENCE,),
    ),
    "transformer in eval": (lambda nn: nn.Transformer(8, 2, 1, 1, 16), (_SEQUENCE, _SEQUENCE[:3])),
    "rnn cell": (lambda nn: nn.RNNCell(6, 4, nonlinearity="relu"), (_ROWS,)),
    "lstm cell": (lambda nn: nn.LSTMCell(6, 4), (_ROWS,)),
    "gru cell": (lambda nn: nn.GRUCell(6, 4, bias=False), (_ROWS[0],)),
    "rnn": (lambda nn: nn.RNN(8, 4, 2), (_SEQUENCE,)),
    "lstm": (lambda nn: nn.LSTM(8, 4, 2, batch_first=True, bidirectional=True), (_SEQUENCE,)),
    "lstm with projection": (lambda nn: nn.LSTM(8, 4, proj_size=2), (_SEQUENCE,)),
    "gru": (lambda nn: nn.GRU(8, 4), (_SEQUENCE[:, 0],)),
}
_ACTIVATIONS = (
    "ReLU()", "ReLU6()", "Sigmoid()", "Tanh()", "SiLU()", "Mish()", "Hardswish()", "Hardsigmoid()", "ELU(0.7)",
    "CELU(0.7)", "SELU()", "GELU()", "GELU('tanh')", "Hardtanh(-0.5,0.7)", "Hardshrink()", "Softshrink()",
    "LeakyReLU(0.2)", "LogSigmoid()", "Softplus(2,1)", "Softsign()", "Tanhshrink()", "Threshold(0.1,-3.0)", "GLU()",
    "PReLU()", "PReLU(4)", "Softmax(1)", "LogSoftmax(-1)", "Softmin(0)", "Softmax2d()", "ReLU(True)",
)  # fmt: skip
for _text in _ACTIVATIONS:
    _LAYERS[_text] = ((lambda t: lambda nn: eval("nn." + t, {"nn": nn}))(_text), (_IMAGE,))


def _flat(value: Any) -> list[np.ndarray[Any, Any]]:
    if isinstance(value, (tuple, list)):
        return [array for part in value for array in _flat(part)]
    return [] if value is None else [value.detach().numpy()]


def _run(lib: Any, build: Callable[[Any], Any], inputs: tuple[Any, ...], train: bool) -> tuple[Any, ...]:
    lib.manual_seed(0)
    module = build(lib.nn).train(train)
    tensors = [lib.tensor(i) for i in inputs]
    if isinstance(module, lib.nn.MultiheadAttention):
        tensors[1:] = [tensors[0] if i is inputs[0] else t for i, t in zip(inputs[1:], tensors[1:], strict=True)]
    results = _flat(module(*tensors))
    return repr(module), results, {k: v.numpy() for k, v in module.state_dict().items()}


@pytest.mark.parametrize("name", _LAYERS)
@pytest.mark.parametrize("train", [False, True])
@pytest.mark.filterwarnings("ignore")
def test_layer(name: str, train: bool) -> None:
    if train and name.endswith("in eval"):
        pytest.skip("random while training")
    build, inputs = _LAYERS[name]
    ours, theirs = (_run(lib, build, inputs, train) for lib in (bundled, torch))
    assert ours[0] == theirs[0]
    assert len(ours[1]) == len(theirs[1])
    for mine, reference in zip(ours[1], theirs[1], strict=True):
        assert mine.dtype == reference.dtype
        np.testing.assert_allclose(mine, reference, rtol=2e-5, atol=2e-6)
    assert list(ours[2]) == list(theirs[2])
    for key, reference in theirs[2].items():
        np.testing.assert_allclose(ours[2][key], reference, rtol=1e-5, atol=1e-6, err_msg=key)


_LOGITS = _RNG.standard_normal((4, 5)).astype(np.float32)
_CLASSES = _RNG.integers(0, 5, 4)
_UNIT = _RNG.uniform(0.05, 0.95, (4, 5)).astype(np.float32)
_SIGNS = _RNG.choice([-1.0, 1.0], 4).astype(np.float32)
_LOSSES: dict[str, tuple[Callable[[Any], Any], tuple[Any, ...]]] = {
    "l1": (lambda nn: nn.L1Loss(), (_LOGITS, _UNIT)),
    "mse": (lambda nn: nn.MSELoss(reduction="sum"), (_LOGITS, _UNIT)),
    "smooth l1": (lambda nn: nn.SmoothL1Loss(beta=0.5), (_LOGITS, _UNIT)),
    "huber": (lambda nn: nn.HuberLoss(delta=0.5), (_LOGITS, _UNIT)),
    "cross entropy": (lambda nn: nn.CrossEntropyLoss(label_smoothing=0.1), (_LOGITS, _CLASSES)),
    "cross entropy none": (lambda nn: nn.CrossEntropyLoss(reduction="none"), (_LOGITS, _CLASSES)),
    "nll": (lambda nn: nn.NLLLoss(), (np.log(_UNIT), _CLASSES)),
    "bce": (lambda nn: nn.BCELoss(), (_UNIT, _UNIT[::-1].copy())),
    "bce with logits": (lambda nn: nn.BCEWithLogitsLoss(), (_LOGITS, _UNIT)),
    "kl": (lambda nn: nn.KLDivLoss(reduction="batchmean"), (np.log(_UNIT), _UNIT)),
    "soft margin": (lambda nn: nn.SoftMarginLoss(), (_LOGITS[:, 0].copy(), _SIGNS)),
    "hinge": (lambda nn: nn.HingeEmbeddingLoss(), (_LOGITS[:, 0].copy(), _SIGNS)),
    "margin ranking": (lambda nn: nn.MarginRankingLoss(0.3), (_LOGITS[:, 0].copy(), _LOGITS[:, 1].copy(), _SIGNS)),
    "cosine embedding": (lambda nn: nn.CosineEmbeddingLoss(), (_LOGITS, _UNIT, _SIGNS)),
    "triplet": (lambda nn: nn.TripletMarginLoss(), (_LOGITS, _UNIT, _LOGITS + 1)),
    "poisson": (lambda nn: nn.PoissonNLLLoss(), (_LOGITS, _UNIT)),
    "gaussian": (lambda nn: nn.GaussianNLLLoss(), (_LOGITS, _UNIT, _UNIT)),
    "multilabel soft margin": (lambda nn: nn.MultiLabelSoftMarginLoss(), (_LOGITS, np.round(_UNIT))),
}


@pytest.mark.parametrize("name", _LOSSES)
def test_loss(name: str) -> None:
    build, inputs = _LOSSES[name]
    values = [build(lib.nn)(*(lib.tensor(i) for i in inputs)).numpy() for lib in (bundled, torch)]
    np.testing.assert_allclose(values[0], values[1], rtol=1e-5, atol=1e-6)
    assert repr(build(bundled.nn)) == repr(build(torch.nn))


def _masked_attention(lib: Any) -> Any:
    lib.manual_seed(1)
    layer = lib.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    x = lib.tensor(_SEQUENCE)
    causal = lib.nn.Transformer.generate_square_subsequent_mask(2)
    padding = lib.tensor([[False, False]] * 4 + [[False, True]])
    return [layer(x, src_mask=causal), layer(x, src_key_padding_mask=padding)[:, :1], causal]


def _padded_encoder(lib: Any) -> Any:
    """Padding at the end and elsewhere, with gradients and without."""
    results = []
    for check in (True, False):
        lib.manual_seed(1)
        layer = lib.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        encoder = lib.nn.TransformerEncoder(layer, 2, lib.nn.LayerNorm(8), mask_check=check).eval()
        for padded in ([False, True], [True, False]):
            for gradients in (False, True):
                with lib.set_grad_enabled(gradients):
                    padding = lib.tensor([[False, False]] * 4 + [padded])
                    results.append(encoder(lib.tensor(_SEQUENCE), src_key_padding_mask=padding))
    return results


_PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "masks": _masked_attention,
    "encoder of padded sequences": _padded_encoder,
    "interpolate": lambda lib: [
        lib.nn.functional.interpolate(lib.tensor(_IMAGE), scale_factor=1.5, mode="bilinear", align_corners=False),
        lib.nn.functional.interpolate(lib.tensor(_IMAGE), size=4, mode="area"),
        lib.nn.functional.interpolate(lib.tensor(_SIGNAL), scale_factor=2, mode="linear"),
    ],
    "normalize": lambda lib: lib.nn.functional.normalize(lib.tensor(_ROWS)),
    "sdpa": lambda lib: lib.nn.functional.scaled_dot_product_attention(*[lib.tensor(_SEQUENCE)] * 3, is_causal=True),
    "one hot": lambda lib: lib.nn.functional.one_hot(lib.tensor(_CLASSES), 6),
    "weighted mse": lambda lib: lib.nn.functional.mse_loss(
        lib.tensor(_LOGITS), lib.tensor(_UNIT), weight=lib.tensor(_UNIT)
    ),
    "unfold": lambda lib: lib.nn.functional.unfold(lib.tensor(_IMAGE), 2),
}


@pytest.mark.parametrize("name", _PROGRAMS)
@pytest.mark.filterwarnings("ignore")
def test_program(name: str) -> None:
    ours, theirs = (_flat(_PROGRAMS[name](lib)) for lib in (bundled, torch))
    for mine, reference in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, reference, rtol=2e-5, atol=2e-6)


_ERRORS: dict[str, Callable[[Any], Any]] = {
    "missing and unexpected": lambda nn: nn.Linear(2, 3).load_state_dict({"other": nn.Linear(2, 3).weight}),
    "size mismatch": lambda nn: nn.Linear(2, 3).load_state_dict(nn.Linear(3, 3).state_dict()),
    "parameter before init": lambda nn: setattr(nn.Module.__new__(nn.Module), "w", nn.Parameter()),
    "parameter by tensor": lambda nn: setattr(nn.Linear(2, 3), "weight", nn.Linear(2, 3).weight.data),
    "module by number": lambda nn: setattr(nn.Sequential(nn.ReLU()), "0", 3),
    "no attribute": lambda nn: nn.Linear(2, 3).nothing,
    "not implemented": lambda nn: nn.Module()(1),
    "dotted name": lambda nn: nn.Module().register_parameter("a.b", None),
    "existing name": lambda nn: nn.Linear(2, 3).register_buffer("forward", None),
    "not a module": lambda nn: nn.Module().add_module("a", 3),
    "groups": lambda nn: nn.Conv2d(3, 4, 3, groups=2),
    "dropout": lambda nn: nn.Dropout(2),
    "batch norm rank": lambda nn: nn.BatchNorm2d(3)(nn.Linear(2, 3).weight),
    "submodule": lambda nn: nn.Sequential(nn.ReLU()).get_submodule("0.x"),
    "train": lambda nn: nn.ReLU().train(1),
    "index": lambda nn: nn.ModuleList([nn.ReLU()])[3],
    "to int": lambda nn: nn.ReLU().to(nn.Linear(1, 1).weight.long().dtype),
    "keyword": lambda nn: nn.Module(x=1),
    "heads": lambda nn: nn.MultiheadAttention(7, 2),
}


@pytest.mark.parametrize("name", _ERRORS)
def test_error_text(name: str) -> None:
    found = []
    for lib in (bundled, torch):
        with pytest.raises(Exception) as caught:
            _ERRORS[name](lib.nn)
        found.append((type(caught.value).__name__, str(caught.value)))
    assert found[0] == found[1]


def test_text_of_containers() -> None:
    def build(nn: Any) -> list[str]:
        block = lambda: nn.Sequential(nn.Linear(2, 2), nn.ReLU())
        return [
            repr(nn.ModuleList([block(), block(), nn.ReLU()])),
            repr(nn.ModuleDict({"a": block(), "b": nn.ReLU()})),
            repr(nn.ParameterList([nn.Parameter(nn.Linear(2, 3).weight.data), 3])),
            repr(nn.ParameterDict({"w": nn.Parameter(nn.Linear(2, 3).weight.data)})),
            repr(nn.Sequential()),
            repr(nn.Sequential(nn.Linear(1, 2), nn.ReLU())[1:]),
            repr(nn.Sequential(nn.ReLU()) * 2),
        ]

    assert build(bundled.nn) == build(torch.nn)


# ---- resizing and sampling: what is computed, and what is refused
_MODES = ("nearest", "nearest-exact", "area", "linear", "bilinear", "trilinear", "bicubic", "lanczos", "cubic")
_RESIZINGS: tuple[dict[str, Any], ...] = (
    {"size": 6},
    {"size": (6, 5)},
    {"scale_factor": 1.7},
    {"scale_factor": [0.5, 1.5]},
    {"scale_factor": 1.7, "recompute_scale_factor": True},
    {"size": 6, "recompute_scale_factor": True},
    {"size": 3, "antialias": True},
    {"size": 6, "align_corners": True},
    {"scale_factor": 0.5, "align_corners": True, "antialias": True},
    {"scale_factor": 2.0, "align_corners": False},
    {"size": 0},
    {"size": (2.5, 3)},
    {"size": 3, "scale_factor": 2.0},
    {},
)


def _outcome(compute: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return compute(*arguments).numpy()
    except Exception as error:
        return type(error).__name__, str(error).partition("\n")[0]


def _assert_same_outcome(compute: Callable[..., Any], *arguments: Any) -> None:
    """The same values, or the same error; PyTorch's text may go on."""
    ours, theirs = (_outcome(compute, lib, *arguments) for lib in (bundled, torch))
    if isinstance(ours, tuple) and isinstance(theirs, tuple):
        assert ours[0] == theirs[0], arguments
        assert theirs[1].startswith(ours[1]), (arguments, ours[1], theirs[1])
    else:
        assert not isinstance(ours, tuple), (arguments, ours)
        assert not isinstance(theirs, tuple), (arguments, theirs)
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-5, err_msg=str(arguments))


@pytest.mark.parametrize("mode", _MODES)
@pytest.mark.parametrize("rank", [1, 2, 3, 4, 5, 6])
@pytest.mark.filterwarnings("ignore")
def test_interpolate(rank: int, mode: str) -> None:
    array = np.random.default_rng(rank).standard_normal((1, 2, 4, 5, 3, 2)[:rank]).astype(np.float32)

    def resize(lib: Any, given: dict[str, Any]) -> Any:
        return lib.nn.functional.interpolate(lib.tensor(array), mode=mode, **given)

    for given in _RESIZINGS:
        _assert_same_outcome(resize, given)


@pytest.mark.parametrize("size", [(1, 1, 3, 4), (2, 1, 1, 4), (1, 2, 0, 4), (1, 1, 2, 3, 4), (1, 3, 4)], ids=str)
@pytest.mark.parametrize("shape", [(1, 2, 3), (1, 3, 4), (2, 3)], ids=str)
@pytest.mark.filterwarnings("ignore")
def test_affine_grid(shape: tuple[int, ...], size: tuple[int, ...]) -> None:
    def grid(lib: Any, theta: Any, corners: bool | None) -> Any:
        return lib.nn.functional.affine_grid(lib.tensor(theta), size, corners)

    theta = np.random.default_rng(2).standard_normal(shape).astype(np.float32)
    for corners in (None, False, True):
        _assert_same_outcome(grid, theta, corners)
        _assert_same_outcome(grid, theta.astype(np.int64), corners)


@pytest.mark.parametrize("padding", ["zeros", "border", "reflection", "wrap"])
@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic", "area"])
@pytest.mark.filterwarnings("ignore")
def test_grid_sample(mode: str, padding: str) -> None:
    grid = np.random.default_rng(3).uniform(-1.5, 1.5, (2, 3, 5, 2)).astype(np.float32)

    def sample(lib: Any, corners: bool | None) -> Any:
        return lib.nn.functional.grid_sample(lib.tensor(_IMAGE), lib.tensor(grid), mode, padding, corners)

    for corners in (None, False, True):
        _assert_same_outcome(sample, corners)
