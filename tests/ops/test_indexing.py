"""Reading and writing by index tensors: where dimensions go, what is checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from transpile.ops import registry

CUBE = np.arange(24, dtype=np.float32).reshape(2, 3, 4)


def get(array: np.ndarray[Any, Any], *indices: Any) -> Any:
    return registry.get("aten::index.Tensor")(array, list(indices))


def test_adjacent_indices_stay_in_place() -> None:
    assert get(CUBE, None, np.array([2, 0])).shape == (2, 2, 4)
    assert get(CUBE, None, np.array([[0, 1], [2, 0]]), np.array([1, 3])).shape == (2, 2, 2)


def test_separated_indices_come_first() -> None:
    result = get(CUBE, np.array([0, 1]), None, np.array([3, 0]))
    assert result.tolist() == [[3, 7, 11], [12, 16, 20]]


def test_masks_count_as_their_positions() -> None:
    mask = np.array([[True, False, True], [False, False, False]])
    assert get(CUBE, mask, np.array([1])).tolist() == [1, 9]
    assert get(CUBE, CUBE > 21).tolist() == [22, 23]


def test_negative_indices_and_results_that_are_copies() -> None:
    result = get(CUBE, np.array(-1))
    assert result.shape == (3, 4) and not np.shares_memory(result, CUBE)


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        ((np.array([2]),), "index 2 is out of bounds for dimension 0 with size 2"),
        ((np.array([1.0]),), "tensors used as indices must be long, int, byte or bool tensors"),
        ((np.array([0]),) * 4, "too many indices for tensor of dimension 3 (got 4)"),
        (
            (np.array([0, 1]), np.array([0, 1, 2])),
            "shape mismatch: indexing tensors could not be broadcast together with shapes [2], [3]",
        ),
        (
            (np.array([True]),),
            "The shape of the mask [1] at index 0 does not match the shape of the indexed tensor [2, 3, 4] at index 0",
        ),
    ],
)
def test_index_errors(indices: tuple[Any, ...], message: str) -> None:
    with pytest.raises(IndexError) as error:
        get(CUBE, *indices)
    assert str(error.value) == message


def test_index_put_accumulates_repeated_places() -> None:
    target = np.zeros(3, np.float32)
    places = [np.array([1, 1, 2])]
    result = registry.get("aten::index_put_")(target, places, np.array([1, 2, 4], np.float32), True)
    assert result is target and target.tolist() == [0, 3, 4]


def test_gather_and_scatter_are_inverse() -> None:
    places = np.array([[2, 0, 1], [1, 2, 0]])
    rows = np.array([[10.0, 20.0, 30.0], [40.0, 50.0, 60.0]])
    scattered = registry.get("aten::scatter.src")(np.zeros((2, 3)), 1, places, rows)
    assert scattered.tolist() == [[20, 30, 10], [60, 40, 50]]
    assert registry.get("aten::gather")(scattered, 1, places, False).tolist() == rows.tolist()


def test_scatter_reductions() -> None:
    base, places = np.array([1.0, 2.0, 3.0]), np.array([0, 0, 2])
    given = np.array([4.0, 6.0, 5.0])
    reduce = registry.get("aten::scatter_reduce.two")
    assert reduce(base, 0, places, given, "sum", True).tolist() == [11, 2, 8]
    assert reduce(base, 0, places, given, "mean", False).tolist() == [5, 2, 5]
    assert reduce(base, 0, places, given, "amax", True).tolist() == [6, 2, 5]
    assert base.tolist() == [1, 2, 3]


def test_gather_refuses_negative_indices() -> None:
    with pytest.raises(RuntimeError, match="index -1 is out of bounds for dimension 0 with size 2"):
        registry.get("aten::gather")(CUBE, 0, np.array([[[-1]]]), False)
