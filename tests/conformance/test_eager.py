"""Tensors behave as PyTorch's: indexing, construction, operators, conversion, messages."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.reference

from transpile import torch as bundled  # noqa: E402


def _plain(value: Any) -> Any:
    """A value that can be compared across the two libraries."""
    if isinstance(value, (torch.Tensor, bundled.Tensor)):
        kept = value.detach()
        data = kept.float().tolist() if str(value.dtype) == "torch.bfloat16" else kept.numpy().tolist()
        return ("tensor", str(value.dtype), tuple(value.shape), repr(data), value.requires_grad)
    if type(value) in (torch.Size, bundled.Size):
        return ("size", tuple(value), repr(value))
    if isinstance(value, (tuple, list)):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if type(value).__name__ in ("dtype", "DType", "device", "layout", "memory_format", "finfo", "iinfo"):
        return repr(value)
    if isinstance(value, (int, float, complex, str, bool)) or value is None:
        return (type(value).__name__, repr(value))
    return value


def _outcome(function: Callable[[Any], Any], lib: Any) -> Any:
    try:
        return _plain(function(lib))
    except Exception as error:
        return (type(error).__name__, str(error))


def _x(t: Any) -> Any:
    return t.arange(24.0).reshape(2, 3, 4)


_INDICES = [
    "0", "-1", "1, 2", "1, 2, 3", ":", "1:", ":, 1", "..., 0", "0, ...", "..., 1:3", "None", "None, 0", ":, None, 1",
    "0, :, ::2", "::2, 1:, 1:3", "[0, 1]", "[[0], [1]]", ":, [0, 2]", ":, [0, 2], 1", "[0, 1], :, [1, 2]",
    "t.tensor([1, 0])", "t.tensor(1)", ":, t.tensor([True, False, True])", "t.tensor([[True, False, True]] * 2)",
    "_x(t) > 5", "True", "False", "True, 1", "t.tensor([0, 1]), t.tensor([1, 2])", "t.tensor([[0, 1], [1, 0]])",
    "..., None", "0, None, ..., None", "slice(0, 1)", "np.array([1, 0])", "(0, 1)", "[slice(0, 1), 0]", "-1, -1, -1",
    "..., t.tensor([0, 3])", "t.tensor([-1])", "[]", "5", "0, 0, 0, 0", "0, 7", "::-1", "1.5", "'a'", "t.tensor([0.5])",
    "t.tensor([5])", "t.tensor([True, False, True])", "::0", "0, ..., 0, ...", "t.tensor(True)", ":, :, -2:",
    "t.tensor([1, 0], dtype=t.int32)", "range(2)", "np.int64(1)", "0:100", "-100:1",
]  # fmt: skip


@pytest.mark.parametrize("index", _INDICES)
@pytest.mark.filterwarnings("ignore")
def test_get(index: str) -> None:
    def program(t: Any) -> Any:
        return eval(f"_x(t)[{index}]", {"t": t, "_x": _x, "np": np})

    _same(program)


@pytest.mark.parametrize("index", _INDICES)
@pytest.mark.parametrize("value", ["7", "-1.5", "t.tensor(3)", "t.ones(1, 1)"])
@pytest.mark.filterwarnings("ignore")
def test_set(index: str, value: str) -> None:
    def program(t: Any) -> Any:
        scope: dict[str, Any] = {"t": t, "_x": _x, "np": np, "x": _x(t)}
        exec(f"x[{index}] = {value}", scope)
        return scope["x"]

    _same(program)


def _same(program: Callable[[Any], Any]) -> None:
    ours, theirs = _outcome(program, bundled), _outcome(program, torch)
    if ours != theirs and isinstance(theirs, tuple) and theirs[0].endswith("Error"):
        # The kind of error always agrees; the words do where programs are likely to look at them.
        assert ours[0] == theirs[0], f"{ours} != {theirs}"
        return
    assert ours == theirs


_PROGRAMS = [
    "t.tensor(3)", "t.tensor(2.5)", "t.tensor([1, 2.0])", "t.tensor([True, 2])", "t.tensor([[1, 2], [3, 4]])",
    "t.tensor([])", "t.tensor([[]])", "t.tensor(np.float64(1))", "t.tensor([np.float32(1), 2.0])",
    "t.tensor(np.arange(3))", "t.tensor([1, 2], dtype=t.float16)", "t.tensor([300, -1], dtype=t.uint8)",
    "t.tensor([1j, 2])", "t.tensor([[1, 2], [3]])", "t.tensor([t.tensor(1), t.tensor(2)])", "t.tensor('a')",
    "t.tensor(None)", "t.tensor([1.7, -1.7], dtype=t.int64)", "t.tensor(2 ** 40)", "t.tensor(2 ** 70)",
    "t.as_tensor(np.ones(2, np.int32))", "t.from_numpy(np.eye(2))", "t.Tensor([1, 2])", "t.Tensor(2, 3).shape",
    "t.FloatTensor([1])", "t.LongTensor([1, 2])", "t.zeros(2, 3)", "t.zeros((2, 3), dtype=t.int32)", "t.ones([])",
    "t.full((2,), 3)", "t.full((2,), 3.5)", "t.full((), True)", "t.arange(5)", "t.arange(1, 7, 2)",
    "t.arange(0, 1, 0.25)", "t.arange(end=3)", "t.linspace(0, 1, 5)", "t.eye(2, 3)", "t.zeros(2, requires_grad=True)",
    "t.ones_like(_x(t))", "t.zeros_like(_x(t), dtype=t.int64)", "t.empty(0).shape", "_x(t).shape", "_x(t).size()",
    "_x(t).size(-1)", "_x(t).size(5)", "_x(t).stride()", "_x(t).transpose(0, 2).stride()", "_x(t).numel()",
    "_x(t).dim()", "_x(t).dtype", "_x(t).device", "_x(t).layout", "_x(t).T.shape if False else None", "len(_x(t))",
    "len(t.tensor(1))", "list(t.tensor([1, 2]))", "bool(t.tensor([1, 2]))", "bool(t.tensor([]))",
    "int(t.tensor(2.7))", "float(t.tensor(3))", "t.tensor([1, 2]).item()", "t.tensor([5]).item()",
    "t.tensor(True).item()", "[10, 20, 30][t.tensor(1)]", "[1, 2][t.tensor(1.0)]", "_x(t).tolist()",
    "t.tensor(1.5).tolist()", "_x(t) + 1", "1 + _x(t)", "_x(t) - t.ones(4)", "3 - _x(t)", "2 / (_x(t) + 1)",
    "_x(t) // 2", "7 // (_x(t) + 1)", "_x(t) % 3", "_x(t) ** 2", "2 ** t.arange(3)", "-_x(t)", "abs(-_x(t))",
    "~t.tensor([True, False])", "~t.tensor([1, 2])", "t.tensor([1, 2]) & 3", "t.tensor([True]) | t.tensor([False])",
    "t.tensor([1]) ^ 3", "t.tensor([1]) << 2", "t.tensor([8]) >> 1", "_x(t) > 3", "3 > _x(t)", "_x(t) == _x(t)",
    "_x(t) != 2", "_x(t) <= 4.5", "t.tensor([1, 2]) + 0.5", "t.tensor([1, 2]) + t.tensor(0.5)",
    "t.tensor([1, 2]) / 2", "t.tensor([1, 2]) * True",
    "t.tensor([1.0], dtype=t.float16) + t.tensor(1.0, dtype=t.float64)", "t.tensor([1], dtype=t.uint8) + 255",
    "t.ones(2, 3) @ t.ones(3)", "t.ones(2, 3) @ t.ones(2, 3)", "t.ones(2) + t.ones(3)", "t.ones(2) + 'a'",
    "t.ones(2) == None", "t.ones(2) == 'a'", "t.add(t.ones(2), 1, alpha=3)",
    "t.add(input=t.ones(2), other=t.ones(2))", "t.sum(t.ones(2, 3), dim=1)",
    "t.ones(2, 3).sum(axis=0, keepdims=True)", "t.ones(2, 3).sum((0, 1))", "t.ones(2, 3).mean()",
    "t.arange(3).mean()", "t.ones(2, 3).view(3, 2)", "t.ones(2, 3).view(-1)", "t.ones(2, 3).view(4)",
    "t.ones(2, 3).reshape((3, -1))", "t.ones(2, 3).permute(1, 0).is_contiguous()", "t.ones(2, 1).expand(2, 3)",
    "t.ones(2, 1).expand(-1, 4)", "t.ones(2).repeat(2, 2)", "t.cat([t.ones(2), t.zeros(1)])",
    "t.stack((t.ones(2), t.zeros(2)), dim=1)", "t.ones(4).split(3)", "t.ones(4).split([1, 3])",
    "t.arange(5).chunk(2)", "t.split(t.arange(5), 2)", "t.tensor([[1.0, 3.0], [2.0, 0.0]]).max(0)",
    "t.tensor([1.0, 3.0]).max()", "t.max(t.tensor([1.0, 3.0]), t.tensor([2.0, 0.0]))", "t.tensor([3, 1, 2]).sort()",
    "t.tensor([3, 1, 2]).topk(2)", "t.where(t.tensor([True, False]), 1.0, 2.0)",
    "t.where(t.tensor([True, False]), t.ones(2), 0)", "t.where(t.tensor([True, False]))",
    "t.einsum('ij,jk->ik', t.ones(2, 3), t.ones(3, 2))", "t.meshgrid(t.arange(2), t.arange(3), indexing='ij')",
    "t.broadcast_tensors(t.ones(2, 1), t.ones(3))", "t.ones(2).to(t.int64)", "t.ones(2).to('cpu')",
    "t.ones(2).to(t.device('cpu'), t.float64)", "t.ones(2).long()", "t.ones(2).type()", "t.ones(2).type(t.int32)",
    "t.ones(2).double()", "t.ones(2).bool()", "t.ones(2).half()", "t.ones(2).new_zeros(2, 2)",
    "t.ones(2, dtype=t.int32).new_tensor([1.5])", "t.ones(2).new_full((2,), 3)", "t.ones(2).clone()",
    "t.ones(2, requires_grad=True).detach()", "(t.ones(2, requires_grad=True) * 2).requires_grad",
    "t.ones(2, requires_grad=True).numpy()", "t.ones(2, requires_grad=True).add_(1)", "t.ones(2).requires_grad_()",
    "t.ones(2, dtype=t.int64).requires_grad_()", "t.ones(2).fill_(3)", "t.ones(2).add_(t.ones(3))",
    "t.ones(2, dtype=t.int32).add_(0.5)", "t.ones(2).mul_(3).sub_(1)", "t.add(t.ones(2), 1, out=t.empty(2))",
    "t.is_tensor(t.ones(1))", "t.is_tensor(3)", "t.float32.is_floating_point", "t.int8.itemsize",
    "t.finfo(t.float32)", "t.finfo(t.bfloat16).eps", "t.finfo(t.float16)", "t.iinfo(t.int8)", "t.iinfo(t.float32)",
    "t.get_default_dtype()", "t.promote_types(t.int32, t.float16)", "t.result_type(t.ones(1, dtype=t.int32), 1.5)",
    "t.can_cast(t.float32, t.int32)", "t.Size([2, 3]).numel()", "t.Size([2, 3]) + (1,)", "t.Size([2, 3])[1:]",
    "t.device('cuda', 1)", "t.device('bad')", "t.ones(2, 3).norm()", "t.ones(2, 3).norm(dim=1)",
    "t.ones(2, 3).norm(p=1, dim=1, keepdim=True)", "t.tensor([3, 1, 3]).unique()",
    "t.tensor([3, 1, 3]).unique(return_counts=True)", "t.nonzero(t.tensor([0, 3]))",
    "t.nonzero(t.tensor([0, 3]), as_tuple=True)", "t.bernoulli(t.ones(2))", "t.tensor([1.5]) in [t.tensor([1.5])]",
    "2 in t.tensor([1, 2])", "t.tensor([1.0, 2.0]).T", "t.ones(2, 3).T.shape", "t.ones(2, 2, 3).mT.shape",
    "t.tensor(1j).real", "t.tensor([1 + 2j]).imag", "t.tensor([1.0]).real",
    "t.ones(2, 3).unsqueeze(0).squeeze().shape", "t.std(t.ones(3))", "t.var(t.arange(4.0), unbiased=False)",
    "t.ones(3).var(0)", "t.sin(3)", "t.relu(3)", "t.ones(2).relu(1)", "t.ones(2).clamp(min=0, max=0.5)",
    "t.clamp(t.arange(4), 1, 2)", "t.ones(2).sum(dtype=t.float64)", "t.matmul(1, 2)",
    "t.zeros(2).index_fill(0, t.tensor([1]), 3.0)", "t.ones(2, 2).flatten()", "t.ones(2, 2).tril()",
    "t.scalar_tensor(3)", "t.tensor([1, 2]).dot(t.tensor([3, 4]))", "t.tensordot(t.ones(2, 3), t.ones(3, 2), dims=1)",
    "t.ones(2).view(t.int32)", "t.ones(2).data.requires_grad",
    "t.no_grad()(lambda: (t.ones(1, requires_grad=True) * 2).requires_grad)()", "t.ones(1).is_leaf",
    "t.ones(2).nbytes", "t.ones(2).element_size()", "t.ones(2).storage_offset()", "_x(t)[1].storage_offset()",
    "t.ones(2).numpy().dtype.name", "t.is_grad_enabled()", "t.typename(t.ones(1))", "t.pi", "t.inf", "+t.ones(2)",
    "t.arange(6).unflatten(0, (2, 3))", "t.square(t.arange(3))", "t.pow(2, t.arange(3.0))", "t.pow(t.arange(3.0), 2)",
    "t.ones(2, 3).cuda()", "t.zeros(2, device='cuda')", "t.ones(2, 3).to('meta') if False else 0",
    "t.ones(3).tile(2)", "t.ones(2, names=3)", "t.zeros('a')", "t.arange(3)[t.arange(3) > 0].sum().item()",
    "t.Tensor().shape", "t.ones(2).foo",
]  # fmt: skip


@pytest.mark.parametrize("text", _PROGRAMS)
@pytest.mark.filterwarnings("ignore")
def test_program(text: str) -> None:
    _same(lambda t: eval(text, {"t": t, "_x": _x, "np": np}))


def test_views_share_memory() -> None:
    for t in (bundled, torch):
        x = t.zeros(2, 3)
        x[0] += 1
        x.t()[2].fill_(5)
        x.view(-1)[1:3].mul_(2)
        x[:, 0].copy_(t.tensor([7.0, 8.0]))
        y = x.numpy()
        y[1, 1] = 9
        assert x.tolist() == [[7.0, 2.0, 10.0], [8.0, 9.0, 5.0]]


def test_in_place_operators_keep_the_object() -> None:
    x = before = bundled.ones(2)
    x += 1
    x *= 2
    x[0] = 3
    assert x is before and x.tolist() == [3.0, 4.0]
    assert x.unsqueeze_(0) is x and x.shape == (1, 2)


def test_copies() -> None:
    x = bundled.arange(3.0).requires_grad_()
    copied, pickled = copy.deepcopy(x), pickle.loads(pickle.dumps(x))
    for other in (copied, pickled):
        assert other.tolist() == x.tolist() and other.requires_grad and other.data_ptr() != x.data_ptr()
    module = bundled.nn.Linear(2, 2)
    twin = copy.deepcopy(module)
    assert bundled.equal(twin.weight, module.weight) and twin.weight is not module.weight
    assert isinstance(pickle.loads(pickle.dumps(module)).weight, bundled.nn.Parameter)


def test_backward_says_why_not() -> None:
    with pytest.raises(NotImplementedError, match="does not compute gradients"):
        bundled.ones(1, requires_grad=True).sum().backward()
