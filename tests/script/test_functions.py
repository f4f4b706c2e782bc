"""Scripted functions, called as users call them."""

# ruff: noqa: RET503, UP006, UP007, UP035, UP045

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Tuple, Union

import pytest

import transpile.torch as torch
from transpile.torch import Tensor


class Point(NamedTuple):
    x: int
    y: int = 5


def collatz(n: int) -> int:
    steps = 0
    while n != 1:
        if n % 2 == 0:
            n = n // 2
            steps += 1
            continue
        n = 3 * n + 1
        steps += 1
        if steps > 500:
            break
    return steps


def find(rows: List[List[int]], wanted: int) -> Tuple[int, int]:
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            if value == wanted:
                return i, j
    return -1, -1


def shared_list() -> List[int]:
    a = [1]
    b = a
    b.append(2)
    return a


def count(words: List[str]) -> Dict[str, int]:
    found: Dict[str, int] = {}
    for word in words:
        found[word] = found.get(word, 0) + 1
    return found


def optional_sum(a: Optional[int], b: Optional[int] = None) -> int:
    if a is None or b is None:
        return 0
    return a + b


def length(value: Union[int, str, List[int]]) -> int:
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        return len(value) * 10
    return sum(value)


def refined_in_loop(x: Optional[int]) -> int:
    n = 0
    if x is not None:
        for _ in range(3):
            n += x
    return n


def make_point(x: int) -> Point:
    return Point(x)


def mutated(x: Tensor) -> Tensor:
    y = x.view(-1)
    y[0] = 7.0
    x += 1
    return x


def fallthrough(c: bool):  # type: ignore[no-untyped-def]
    if c:
        return 1


def anything(a: Any) -> bool:
    return torch.jit.isinstance(a, List[int])


def text(n: int, f: float) -> str:
    return f"{n}/{f}" + "-{}".format([n, 2]) + str(n > 2)  # noqa: UP032


def test_loops_with_exits() -> None:
    assert torch.jit.script(collatz)(27) == collatz(27)
    assert torch.jit.script(find)([[1, 2], [3, 4]], 4) == (1, 1)
    assert torch.jit.script(find)([], 4) == (-1, -1)


def test_containers_have_reference_semantics() -> None:
    assert torch.jit.script(shared_list)() == [1, 2]
    assert torch.jit.script(count)(["a", "b", "a"]) == {"a": 2, "b": 1}


def test_refinement() -> None:
    scripted = torch.jit.script(optional_sum)
    assert scripted(2, 3) == 5
    assert scripted(2) == 0
    assert [torch.jit.script(length)(v) for v in (3, "ab", [1, 2])] == [3, 20, 3]
    assert torch.jit.script(refined_in_loop)(2) == 6
    assert torch.jit.script(anything)([1]) and not torch.jit.script(anything)("a")


def test_named_tuple_comes_back_as_one() -> None:
    result = torch.jit.script(make_point)(4)
    assert (result.x, result.y) == (4, 5)


def test_writes_go_through_views() -> None:
    x = torch.zeros(2, 2)
    result = torch.jit.script(mutated)(x)
    assert result.tolist() == [[8.0, 1.0], [1.0, 1.0]] == x.tolist()


def test_missing_return_makes_the_result_optional() -> None:
    scripted = torch.jit.script(fallthrough)
    assert str(scripted.schema) == "fallthrough(bool c) -> int?"
    assert scripted(False) is None


def test_text_is_formatted_as_torchscript_does() -> None:
    assert torch.jit.script(text)(3, 2.0) == "3/2.-[3, 2]True"


def test_arguments_are_checked() -> None:
    scripted = torch.jit.script(collatz)
    with pytest.raises(
        RuntimeError, match=r"Expected a value of type 'int' for argument 'n' but instead found type 'float'"
    ):
        scripted(2.5)
    with pytest.raises(RuntimeError, match=r"collatz\(\) is missing value for argument 'n'"):
        scripted()
    with pytest.raises(RuntimeError, match=r"expected at most 1 argument\(s\) but received 2"):
        scripted(1, 2)


def divided(a: int, b: int) -> int:
    if b < 0:
        raise ValueError("negative: " + str(b))
    return a // b


def test_exceptions_show_the_python_line() -> None:
    scripted = torch.jit.script(divided)
    with pytest.raises(torch.jit.Error, match=r"builtins\.ValueError: negative: -1"):
        scripted(1, -1)
    with pytest.raises(RuntimeError, match="return a // b"):
        scripted(1, 0)


def test_plain_python_when_switched_off() -> None:
    torch.jit._state.disable()
    try:
        assert torch.jit.script(collatz) is collatz
    finally:
        torch.jit._state.enable()
