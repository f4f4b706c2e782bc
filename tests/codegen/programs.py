"""Small functions, each awkward for a code generator in one way, and inputs for them.

They run as Python, on the interpreter in both forms of the graph, and as C++: see test_programs.py.
"""

from __future__ import annotations

from typing import Any

SOURCE = """
from typing import Dict, List, Optional, Tuple

import torch


def swap_in_loop(a: int, b: int, n: int) -> Tuple[int, int]:
    for i in range(n):
        a, b = b, a + i
    return a, b


def rotate_three(a: int, b: int, c: int, n: int) -> Tuple[int, int, int]:
    while n > 0:
        a, b, c = c, a, b
        n -= 1
    return a, b, c


def swap_tensors(x: torch.Tensor, y: torch.Tensor, n: int) -> Tuple[torch.Tensor, torch.Tensor]:
    for i in range(n):
        x, y = y + 1, x * 2
    return x, y


def old_value_after_update(n: int) -> Tuple[int, int]:
    previous = -1
    current = 0
    for i in range(n):
        previous = current
        current = current * 3 + i
    return previous, current


def break_with_values(xs: List[int], limit: int) -> Tuple[int, int]:
    total = 0
    count = 0
    for x in xs:
        total += x
        if total > limit:
            break
        count += 1
    return total, count


def continue_with_values(n: int) -> Tuple[int, int]:
    odd = 0
    last = -1
    for i in range(n):
        last = i
        if i % 2 == 0:
            continue
        odd += i
    return odd, last


def return_from_inner_loop(n: int, wanted: int) -> Tuple[int, int]:
    for i in range(n):
        for j in range(i):
            if i * j == wanted:
                return i, j
            if j > 5:
                break
        else_value = i
        if else_value > 20:
            return -2, else_value
    return -1, -1


def nested_breaks(n: int) -> int:
    total = 0
    i = 0
    while True:
        i += 1
        if i > n:
            break
        j = 0
        while j < i:
            j += 1
            if j == 3:
                continue
            if j == 6:
                break
            total += i * j
    return total


def early_returns(x: int) -> str:
    if x < 0:
        return "negative"
    if x == 0:
        return "zero"
    elif x < 10:
        if x % 2 == 0:
            return "small even"
        return "small odd"
    return "large"


def branch_values(x: int, flag: bool) -> Tuple[int, int]:
    a = x
    b = 2
    if flag:
        a = b
        b = x
    else:
        b = a + 10
    return a, b


def shadow_after_branch(x: int) -> int:
    y = x
    if x > 3:
        x = x - 1
        y = x * 2
    z = x + y
    if z > 10:
        x = z
    return x + y


def alias_of_list(xs: List[int]) -> Tuple[List[int], List[int], int]:
    ys = xs
    ys.append(7)
    zs = list(xs)
    zs.append(8)
    return xs, zs, len(ys)


def length_changes(xs: List[int]) -> int:
    count = len(xs)
    xs.append(1)
    return count * 100 + len(xs)


def read_before_write(xs: List[int]) -> Tuple[int, int]:
    first = xs[0]
    xs[0] = 99
    return first, xs[0]


def in_place_keeps_alias(x: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
    y = x * 1
    view = y[0]
    y.add_(1)
    total = view.sum()
    view.mul_(2)
    return y, total


def read_before_in_place(x: torch.Tensor) -> Tuple[float, float]:
    y = x.clone()
    before = float(y.sum())
    y.zero_()
    return before, float(y.sum())


def short_circuit(xs: List[int], i: int) -> bool:
    return i < len(xs) and xs[i] > 0 or i < 0


def conditional_nest(a: int, b: int) -> int:
    return a if a > b else (b if b > 0 else -b)


def integer_division(a: int, b: int) -> Tuple[int, int, float]:
    return a // b, a % b, a / b


def float_powers(x: float, n: int) -> Tuple[float, float]:
    return x ** n, x ** 0.5


def precedence(a: int, b: int, c: int) -> List[int]:
    return [a - (b - c), (a + b) * c, -(a + b), a - -b, (a | b) & c, a | (b & c), (a << 2) + b, a << (b & 3), -a * b]


def comparison_chain(a: int, b: int, c: int) -> Tuple[bool, bool]:
    return a < b < c, not (a < b) == (b < c)


def ranges(start: int, stop: int) -> List[int]:
    out: List[int] = []
    for i in range(start, stop, 3):
        out.append(i)
    for j in range(stop, start, -2):
        out.append(j)
    for k in range(2):
        k = k + 10
        out.append(k)
    return out


def range_of_changed_limit(n: int) -> int:
    total = 0
    for i in range(n):
        n = n + 1
        total += n
    return total


def enumerate_and_zip(xs: List[int], ys: List[float]) -> Tuple[int, float]:
    total = 0
    inner = 0.0
    for i, x in enumerate(xs):
        total += i * x
    for x, y in zip(xs, ys):
        inner += x * y
    return total, inner


def comprehension(xs: List[int]) -> Tuple[List[int], List[str]]:
    squares = [x * x for x in xs]
    return [s for s in squares], [str(x) for x in xs]


def dict_order(words: List[str]) -> Tuple[List[str], int]:
    counts: Dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + len(word)
    order: List[str] = []
    for key in counts.keys():
        order.append(key)
    total = 0
    for value in counts.values():
        total += value
    return order, total


def optional_chain(x: Optional[int], y: Optional[int]) -> int:
    if x is not None and y is not None:
        return x * y
    if x is None:
        x = 5
    value = x
    return value if y is None else value + y


def strings(name: str, n: int) -> Tuple[str, int, str]:
    quoted = 'a"b' + "\\\\" + name + "??/" + "\\t*/ //"
    pair = (name, n)
    return quoted + "ä", len(name), "{}:{}".format(name, n) + " %d%%" % n + " %s-%d" % (name, n) + "%s%s" % pair


def reserved_names(int_: int, class_: int, std: int, ops: int) -> int:
    double = int_ * 2
    template = class_ + double
    at = template - std
    namespace = at * ops
    return namespace


def tuple_in_loop(pairs: List[Tuple[int, float]]) -> float:
    total = 0.0
    for number, weight in pairs:
        total += number * weight
    return total


def tensor_conditions(x: torch.Tensor) -> torch.Tensor:
    while bool(x.sum() < 100):
        if x.max() > 20:
            x = x + 7
        else:
            x = x * 2 + 1
    return x


def unused_results(x: torch.Tensor, n: int) -> int:
    y = x + 1
    z = n * 2
    for i in range(n):
        w = i
    return n


def axes_before_and_after(xs: List[float]) -> Tuple[int, int, int]:
    x = torch.tensor(xs).reshape(1, -1)
    before = x.dim()
    x.unsqueeze_(0)
    between = x.dim()
    turns = 0
    for i in range(x.dim()):
        x.unsqueeze_(0)
        turns += 1
    return before, between, turns


def in_place_on_integers(x: torch.Tensor) -> torch.Tensor:
    x = x.to(torch.int64) * 2
    x.sigmoid_()
    return x


def dtype_of_an_older_tensor(x: torch.Tensor) -> torch.Tensor:
    kind = x.dtype
    x = x.to(torch.int64) * 3
    return x.to(kind) / 2


def helper_one(x: torch.Tensor, scale: float = 2.0) -> torch.Tensor:
    return x * scale


def helper_two(x: torch.Tensor) -> torch.Tensor:
    return helper_one(helper_one(x), 0.5) + helper_one(x, scale=3.0)


def calls(x: torch.Tensor) -> torch.Tensor:
    return helper_two(x) - helper_one(x)


def sliced(xs: List[int], x: torch.Tensor) -> Tuple[List[int], torch.Tensor, torch.Tensor]:
    return xs[1:-1] + xs[::2], x[..., 1:], x[:, None, -1]


def while_with_side_condition(xs: List[int]) -> int:
    steps = 0
    while len(xs) > 0 and xs.pop() != 3:
        steps += 1
    return steps * 10 + len(xs)


def assert_and_raise(x: int) -> int:
    assert x >= 0, "negative: " + str(x)
    if x > 100:
        raise ValueError("too large")
    return x


def resized(
    x: torch.Tensor, mode: str, size: Optional[List[int]], factor: Optional[List[float]], corners: Optional[bool]
) -> torch.Tensor:
    return torch.nn.functional.interpolate(x, size, factor, mode, corners)


def resized_by_factor(x: torch.Tensor, factor: float) -> torch.Tensor:
    return torch.nn.functional.interpolate(x, scale_factor=factor, mode="area")


def placed(theta: torch.Tensor, size: List[int], mode: str) -> torch.Tensor:
    grid = torch.nn.functional.affine_grid(theta, size, False)
    image = torch.arange(size[0] * size[1] * 12.0).reshape(size[0], size[1], 3, 4)
    return torch.nn.functional.grid_sample(image, grid, mode, "border", True)


def double_first(items: List[int]) -> Tuple[int, int]:
    items[0] *= 2
    return items[0], len(items)


def item_before_a_call(items: List[int]) -> int:
    first = items[0]
    doubled, count = double_first(items)
    return first + 10 * doubled + 100 * count


def first_of_two_errors(items: List[int], a: int, b: int) -> int:
    return max(items[0], a // b)


def error_of_an_earlier_line(items: List[int], a: int, b: int) -> int:
    first = items[0]
    quotient = a // b + 1
    return quotient * first

"""

M = [[1.0, 2.0], [3.0, 4.0]]

# Inputs by function; a list of numbers in a Tensor's place becomes a float32 tensor.
IMAGE = [[[[0.0, 1.0, 2.0, 5.0], [3.0, -4.0, 5.0, 2.0]], [[1.0, 1.5, 2.5, 0.0], [8.0, 2.0, 1.0, 0.5]]]]
INPUTS: dict[str, list[tuple[Any, ...]]] = {
    "swap_in_loop": [(1, 2, 0), (1, 2, 5)],
    "rotate_three": [(1, 2, 3, 0), (1, 2, 3, 4)],
    "swap_tensors": [([1.0], [5.0], 3), ([1.0], [5.0], 0)],
    "old_value_after_update": [(0,), (4,)],
    "break_with_values": [([1, 2, 3, 4], 4), ([], 3), ([1], 9)],
    "continue_with_values": [(0,), (7,)],
    "return_from_inner_loop": [(6, 12), (6, 1000), (30, 1000)],
    "nested_breaks": [(0,), (8,)],
    "early_returns": [(-3,), (0,), (4,), (5,), (50,)],
    "branch_values": [(7, True), (7, False)],
    "shadow_after_branch": [(1,), (4,), (9,)],
    "alias_of_list": [([1, 2],)],
    "length_changes": [([4, 5],)],
    "read_before_write": [([4, 5],)],
    "in_place_keeps_alias": [(M,)],
    "read_before_in_place": [(M,)],
    "short_circuit": [([1, -1], 0), ([1, -1], 1), ([1, -1], 2), ([1], -1)],
    "conditional_nest": [(1, 2), (3, 2), (-5, -4)],
    "integer_division": [(7, 2), (-7, 2), (7, -2), (-7, -2)],
    "float_powers": [(2.5, 3), (0.25, 0)],
    "precedence": [(5, 3, 2), (-5, 9, 7)],
    "comparison_chain": [(1, 2, 3), (3, 2, 1), (1, 3, 2)],
    "ranges": [(0, 10), (5, 5), (9, 1)],
    "range_of_changed_limit": [(3,)],
    "enumerate_and_zip": [([1, 2, 3], [0.5, 1.5]), ([], [])],
    "comprehension": [([1, -2],), ([],)],
    "dict_order": [(["b", "a", "b", ""],)],
    "optional_chain": [(2, 3), (None, 3), (2, None), (None, None)],
    "strings": [("name", 3), ("", -1)],
    "reserved_names": [(2, 3, 4, 5)],
    "tuple_in_loop": [([(1, 0.5), (2, 0.25)],), ([],)],
    "tensor_conditions": [([1.0, 2.0],), ([200.0],)],
    "unused_results": [([1.0], 3)],
    "axes_before_and_after": [([1.0, 2.0],)],
    "in_place_on_integers": [([1.0],)],
    "dtype_of_an_older_tensor": [([1.9, -2.5],)],
    "calls": [(M,)],
    "sliced": [([1, 2, 3, 4], M)],
    "while_with_side_condition": [([1, 3, 5, 7],), ([1, 2],), ([],)],
    "assert_and_raise": [(5,), (-1,), (101,)],
    "resized": [
        (IMAGE, "nearest", [3, 5], None, None),
        (IMAGE, "nearest-exact", None, [1.5, 2.0], None),
        (IMAGE, "area", None, [0.5, 1.0], None),
        (IMAGE, "bilinear", [3, 5], None, True),
        (IMAGE, "bicubic", None, [1.5, 2.0], False),
        (IMAGE[0], "linear", [5], None, None),
        (IMAGE[0], "bilinear", [5], None, None),
        ([IMAGE], "trilinear", [2, 3, 1], None, None),
        (IMAGE, "lanczos", [3, 5], None, None),
        (IMAGE, "area", [3, 5], None, False),
        (IMAGE, "cubic", [3, 5], None, None),
        (IMAGE, "nearest", [3], None, None),
        (IMAGE, "nearest", [3, 5], [1.0, 1.0], None),
        (IMAGE, "nearest", None, None, None),
    ],
    "resized_by_factor": [(IMAGE, 0.5), (IMAGE[0], 1.7)],
    "placed": [
        ([[[1.0, 0.5, 0.0], [0.0, 1.0, -0.5]]], [1, 2, 2, 3], "bilinear"),
        ([[[1.0, 0.5, 0.0], [0.0, 1.0, -0.5]]], [1, 2, 2, 3], "nearest"),
        ([[[1.0, 0.5, 0.0], [0.0, 1.0, -0.5]]], [1, 2, 2, 3], "cubic"),
        ([[[1.0, 0.5, 0.0], [0.0, 1.0, -0.5]]], [2, 2, 2, 3], "nearest"),
        ([[1.0, 0.5, 0.0]], [1, 2, 2, 3], "nearest"),
    ],
    "item_before_a_call": [([3, 4],)],
    "first_of_two_errors": [([5], 7, 2), ([], 7, 0)],
    "error_of_an_earlier_line": [([5], 7, 2), ([], 7, 0)],
}
