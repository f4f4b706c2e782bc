"""Views share memory, copies do not, and errors are worded as PyTorch words them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from transpile.ops import registry

CUBE = np.arange(24, dtype=np.float32).reshape(2, 3, 4)


def call(name: str, *arguments: Any) -> Any:
    """Run ``aten::name`` with the defaults of its schema for what is not given."""
    operator = registry.get(f"aten::{name}")
    rest = [a.default for a in operator.schema.arguments[len(arguments) :]]
    return operator(*arguments, *rest)


@pytest.mark.parametrize(
    ("name", "arguments", "shape"),
    [
        ("view", ([6, -1],), (6, 4)),
        ("reshape", ([4, 6],), (4, 6)),
        ("flatten.using_ints", (1,), (2, 12)),
        ("unflatten.int", (2, [2, 2]), (2, 3, 2, 2)),
        ("permute", ([2, 0, 1],), (4, 2, 3)),
        ("transpose.int", (0, -1), (4, 3, 2)),
        ("movedim.int", (0, 2), (3, 4, 2)),
        ("unsqueeze", (-1,), (2, 3, 4, 1)),
        ("select.int", (1, -1), (2, 4)),
        ("slice.Tensor", (2, 1, 100, 2), (2, 3, 2)),
        ("narrow", (1, -2, 2), (2, 2, 4)),
        ("diagonal", (1, 1, 2), (2, 3)),
        ("unfold", (2, 3, 1), (2, 3, 2, 3)),
        ("expand", ([5, -1, -1, -1],), (5, 2, 3, 4)),
        ("as_strided", ([2, 2], [1, 4], 3), (2, 2)),
        ("detach", (), (2, 3, 4)),
        ("contiguous", (), (2, 3, 4)),
    ],
)
def test_views_share_memory(name: str, arguments: tuple[Any, ...], shape: tuple[int, ...]) -> None:
    base = CUBE.copy()
    result = call(name, base, *arguments)
    assert result.shape == shape
    assert np.shares_memory(result, base)
    assert "view" in registry.get(f"aten::{name}").tags


def test_writes_through_views_reach_the_base() -> None:
    base = CUBE.copy()
    call("diagonal", base, 0, 1, 2)[...] = -1
    call("expand", call("select.int", base, 0, 1), [3, 4])[0, 3] = 7
    assert base[0, 1, 1] == -1 and base[1, 0, 3] == 7


@pytest.mark.parametrize("name", ["split.Tensor", "chunk", "unbind.int", "split_with_sizes", "tensor_split.sections"])
def test_parts_are_views(name: str) -> None:
    base = CUBE.copy()
    argument: Any = {"unbind.int": 0, "split_with_sizes": [1, 1]}.get(name, 2)
    parts = call(name, base, argument)
    assert all(np.shares_memory(part, base) for part in parts)
    assert sum(part.size for part in parts) == base.size


@pytest.mark.parametrize("name", ["clone", "flip", "roll", "repeat", "tril", "cat", "stack", "index_select"])
def test_copies_do_not_share_memory(name: str) -> None:
    arguments: dict[str, Callable[[], tuple[Any, ...]]] = {
        "flip": lambda: ([],),
        "roll": lambda: ([0], [0]),
        "repeat": lambda: ([1, 1, 1],),
        "index_select": lambda: (0, np.array([0, 1])),
    }
    first: Any = [CUBE] if name in ("cat", "stack") else CUBE
    result = call(name, first, *arguments.get(name, tuple)())
    assert not np.shares_memory(result, CUBE)
    assert result.flags.c_contiguous


def test_a_view_that_needs_a_copy_is_refused() -> None:
    turned = CUBE.transpose(0, 2, 1)
    with pytest.raises(RuntimeError, match="view size is not compatible with input tensor's size and stride"):
        call("view", turned, [24])
    assert call("reshape", turned, [24]).tolist()[:4] == [0, 4, 8, 1]


def test_strides_count_elements() -> None:
    assert call("stride", CUBE) == [12, 4, 1]
    assert call("stride", CUBE.transpose(2, 0, 1)) == [1, 12, 4]
    assert call("stride", np.empty((2, 0, 3), np.float32)) == [3, 3, 1]
    assert call("storage_offset", CUBE[1, 1:]) == 16


def test_results_without_dimensions_are_arrays() -> None:
    row = np.arange(3.0)
    for result in (call("select.int", row, 0, 1), call("unbind.int", row)[2], call("squeeze", row[:1])):
        assert isinstance(result, np.ndarray) and result.shape == ()


def test_in_place_reshaping_gives_what_takes_the_place() -> None:
    tensor: Any = np.zeros((2, 1, 3))
    tensor = call("squeeze_", tensor)
    assert tensor.shape == (2, 3)
    tensor = call("unsqueeze_", tensor, 0)
    assert tensor.shape == (1, 2, 3)


def test_padding_modes() -> None:
    row = np.arange(4.0, dtype=np.float32).reshape(1, 4)
    assert call("pad", row, [1, 2], "constant", 9.0).tolist() == [[9, 0, 1, 2, 3, 9, 9]]
    assert call("pad", row, [2, 1], "reflect").tolist() == [[2, 1, 0, 1, 2, 3, 2]]
    assert call("pad", row, [2, 1], "replicate").tolist() == [[0, 0, 0, 1, 2, 3, 3]]
    assert call("pad", row, [2, 1], "circular").tolist() == [[2, 3, 0, 1, 2, 3, 0]]
    assert call("pad", row, [-1, -2]).tolist() == [[1]]


@pytest.mark.parametrize(
    ("name", "arguments", "kind", "message"),
    [
        ("view", (CUBE, [5, 5]), RuntimeError, "shape '[5, 5]' is invalid for input of size 24"),
        ("view", (CUBE, [-1, -1]), RuntimeError, "only one dimension can be inferred"),
        ("size.int", (CUBE, 3), IndexError, "Dimension out of range (expected to be in range of [-3, 2], but got 3)"),
        (
            "cat",
            ([CUBE, CUBE[:, :2]],),
            RuntimeError,
            "Sizes of tensors must match except in dimension 0. Expected size 3 but got size 2 for tensor number 1 in "
            "the list.",
        ),
        ("stack", ([],), RuntimeError, "stack expects a non-empty TensorList"),
        ("split.Tensor", (CUBE, -1), RuntimeError, "split expects split_size be non-negative, but got split_size=-1"),
        (
            "select.int",
            (CUBE, 0, 2),
            IndexError,
            "select(): index 2 out of range for tensor of size [2, 3, 4] at dimension 0",
        ),
    ],
)
def test_errors(name: str, arguments: tuple[Any, ...], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as error:
        call(name, *arguments)
    assert str(error.value) == message
