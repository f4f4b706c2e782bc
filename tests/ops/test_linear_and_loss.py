"""Matrix products, contractions and losses on values that can be checked by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from transpile.ops import registry


def call(name: str, *arguments: Any) -> Any:
    """Run ``aten::name`` with the defaults of its schema for what is not given."""
    operator = registry.get(f"aten::{name}")
    rest = [a.default if a.has_default else None for a in operator.schema.arguments[len(arguments) :]]
    return operator(*arguments, *rest)


def ones(*shape: int) -> np.ndarray[Any, Any]:
    return np.ones(shape, np.float32)


@pytest.mark.parametrize(
    ("a", "b", "shape"),
    [
        ((3,), (3,), ()),
        ((2, 3), (3,), (2,)),
        ((3,), (3, 4), (4,)),
        ((5, 1, 2, 3), (4, 3, 2), (5, 4, 2, 2)),
        ((2, 0), (0, 3), (2, 3)),
    ],
)
def test_matmul_shapes(a: tuple[int, ...], b: tuple[int, ...], shape: tuple[int, ...]) -> None:
    result = call("matmul", ones(*a), ones(*b))
    assert isinstance(result, np.ndarray) and result.shape == shape
    assert (result == a[-1]).all()


def test_integers_wrap() -> None:
    big = np.full((1, 2), 100, np.int8)
    assert call("mm", big, big.T).tolist() == [[(20000 + 128) % 256 - 128]]


def test_linear_adds_the_bias_along_the_last_dimension() -> None:
    result = call("linear", ones(2, 5, 3), ones(4, 3), np.arange(4, dtype=np.float32))
    assert result.shape == (2, 5, 4) and result[1, 4].tolist() == [3, 4, 5, 6]


def test_beta_zero_ignores_what_is_added() -> None:
    operator = registry.get("aten::addmm")
    result = operator(np.full((2, 2), np.nan, np.float32), ones(2, 3), ones(3, 2), 0, 2)
    assert result.tolist() == [[6, 6], [6, 6]]


@pytest.mark.parametrize(
    ("equation", "shapes", "shape"),
    [
        ("ij,jk", [(2, 3), (3, 4)], (2, 4)),
        ("bhqd,bhkd->bhqk", [(2, 1, 3, 4), (2, 5, 6, 4)], (2, 5, 3, 6)),
        ("...i,i->...", [(2, 3, 4), (4,)], (2, 3)),
        ("ii->i", [(3, 3)], (3,)),
        ("bA,Ab", [(2, 3), (3, 2)], ()),
    ],
)
def test_einsum_shapes(equation: str, shapes: list[tuple[int, ...]], shape: tuple[int, ...]) -> None:
    assert call("einsum", equation, [ones(*s) for s in shapes]).shape == shape


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("mm", (ones(2, 3), ones(2, 3)), "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)"),
        ("linear", (ones(2, 3), ones(4, 5)), "mat1 and mat2 shapes cannot be multiplied (2x3 and 5x4)"),
        (
            "mm",
            (ones(2, 2), ones(2, 2).astype(np.float64)),
            "expected m1 and m2 to have the same dtype, but got: float != double",
        ),
        (
            "einsum",
            ("ij->k", [ones(2, 2)]),
            "einsum(): output subscript k does not appear in the equation for any input operand",
        ),
    ],
)
def test_errors(name: str, arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(RuntimeError) as error:
        call(name, *arguments)
    assert str(error.value) == message


def test_reductions_of_losses() -> None:
    x, y = np.array([1.0, 2.0, 4.0]), np.array([0.0, 0.0, 0.0])
    assert call("mse_loss", x, y, 0).tolist() == [1, 4, 16]
    assert float(call("mse_loss", x, y, 1)) == 7
    assert float(call("l1_loss", x, y, 2)) == 7
    assert call("smooth_l1_loss", x, y, 0, 2.0).tolist() == [0.25, 1.0, 3.0]
    assert call("huber_loss", x, y, 0, 2.0).tolist() == [0.5, 2.0, 6.0]


def test_cross_entropy_of_a_uniform_guess() -> None:
    guess = np.zeros((2, 4), np.float32)
    target = np.array([0, 3])
    assert math.isclose(float(call("cross_entropy_loss", guess, target)), math.log(4), rel_tol=1e-6)
    assert math.isclose(float(call("cross_entropy_loss", guess, target, None, 2, 3)), math.log(4), rel_tol=1e-6)
    assert math.isnan(float(call("cross_entropy_loss", guess, np.array([-100, -100]))))


def test_binary_cross_entropy_is_bounded() -> None:
    result = call("binary_cross_entropy", np.array([0.0, 1.0, 0.5]), np.array([1.0, 1.0, 0.0]), None, 0)
    np.testing.assert_allclose(result, [100, 0, math.log(2)])


def test_class_numbers_are_checked() -> None:
    with pytest.raises(IndexError, match=r"Target 4 is out of bounds\."):
        call("nll_loss", np.zeros((1, 4), np.float32), np.array([4]))


def test_ctc_sums_over_alignments() -> None:
    # Two steps, one label: the label may come first, last or twice.
    logs = np.log(np.full((2, 1, 2), 0.5, np.float32))
    loss = call("ctc_loss.IntList", logs, np.array([[1]]), [2], [1], 0, 2)
    assert math.isclose(float(loss), -math.log(0.75), rel_tol=1e-6)
