"""Tensors without PyTorch at hand: memory, conversion, text."""

from __future__ import annotations

import numpy as np
import pytest

from transpile import torch


def test_views_write_through() -> None:
    x = torch.zeros(2, 3)
    x[:, 1] = torch.tensor([4, 5])
    x.t()[0] += 1
    x.view(-1)[-1] = 9
    assert x.tolist() == [[1.0, 4.0, 0.0], [1.0, 5.0, 9.0]]


def test_numpy_shares_memory() -> None:
    array = np.zeros(3, np.float32)
    x = torch.from_numpy(array)
    x += 2
    assert array.tolist() == [2.0, 2.0, 2.0]
    assert torch.as_tensor(array).data_ptr() == x.data_ptr()
    assert torch.tensor(array).data_ptr() != x.data_ptr()
    with pytest.raises(TypeError, match="can't convert"):
        torch.from_numpy(np.zeros(2, np.uint32))


def test_masks_and_indices() -> None:
    x = torch.arange(6.0).reshape(2, 3)
    x[x > 2] = -1
    assert x.tolist() == [[0.0, 1.0, 2.0], [-1.0, -1.0, -1.0]]
    assert x[torch.tensor([1, 0]), [0, 2]].tolist() == [-1.0, 2.0]
    with pytest.raises(IndexError, match="index 5 is out of bounds for dimension 0 with size 2"):
        x[5]
    with pytest.raises(IndexError, match="too many indices"):
        x[0, 0, 0]


def test_ragged_data() -> None:
    with pytest.raises(ValueError, match=r"expected sequence of length 2 at dim 1 \(got 1\)"):
        torch.tensor([[1, 2], [3]])


def test_default_dtype() -> None:
    try:
        torch.set_default_dtype(torch.float64)
        assert torch.tensor(1.0).dtype is torch.float64
        assert repr(torch.tensor(1.0)) == "tensor(1.)"
        assert repr(torch.tensor(1.0, dtype=torch.float32)) == "tensor(1., dtype=torch.float32)"
    finally:
        torch.set_default_dtype(torch.float32)
    with pytest.raises(TypeError, match="only floating-point types"):
        torch.set_default_dtype(torch.int64)


def test_text() -> None:
    assert repr(torch.tensor([1.5, -2.0])) == "tensor([ 1.5000, -2.0000])"
    assert repr(torch.tensor([1e-8, 1.0])) == "tensor([1.0000e-08, 1.0000e+00])"
    assert repr(torch.zeros(0, 2)) == "tensor([], size=(0, 2))"
    assert repr(torch.ones(2, dtype=torch.int8)) == "tensor([1, 1], dtype=torch.int8)"
    assert repr(torch.ones(1, requires_grad=True) + 1) == "tensor([2.], grad_fn=<AddBackward0>)"
    with torch.printoptions(precision=1):
        assert repr(torch.tensor([1.25])) == "tensor([1.2])"


def test_assert_close() -> None:
    torch.testing.assert_close([torch.ones(2)], [torch.ones(2) + 1e-7])
    with pytest.raises(AssertionError, match="Mismatched elements: 1 / 2"):
        torch.testing.assert_close(torch.tensor([1.0, 2.0]), torch.ones(2))
    with pytest.raises(AssertionError, match="'dtype' do not match"):
        torch.testing.assert_close(torch.ones(1), torch.ones(1).double())


def test_resize_in_place() -> None:
    x = torch.arange(6.0)
    view = x[1:]
    assert x.resize_(1, 2, 3) is x
    assert x.tolist() == [[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]]
    x.fill_(7.0)
    assert view.tolist() == [7.0] * 5
    assert x.resize_([2, 2]).tolist() == [[7.0, 7.0], [7.0, 7.0]]
    assert torch.ones(2).resize_(3).tolist() == [1.0, 1.0, 0.0]
    assert torch.arange(6.0).reshape(2, 3).t().resize_(6).tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
