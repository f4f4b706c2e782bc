"""More functions on TorchScript's value types: numbers, containers, attributes, tasks, variables of several types.

They follow those of programs_values.py, whose classes they use, in one program.
"""

from __future__ import annotations

from typing import Any

SOURCE = """
# ---- numbers, devices, dtypes


def complex_values(c: complex, x: float) -> Tuple[complex, float, complex]:
    items = [c, c * 2j]
    table = {c: 1, 1 + 1j: 2}
    print(items, table, len(table))
    return c + x, abs(c), items[1]


def number_values(x: torch.Tensor) -> float:
    total = x.sum().item()
    if isinstance(total, float):
        print("float")
    return float(total) + 1


def devices(x: torch.Tensor) -> Tuple[bool, str, List[str]]:
    d = x.device
    other = torch.device("cuda:1")
    kept: Optional[torch.device] = d
    all_of_them = [d, other]
    print(d, other, kept is None)
    return d == other, other.type, [e.type for e in all_of_them]


def dtypes(x: torch.Tensor) -> Tuple[int, bool, torch.Tensor]:
    kinds = [torch.float64, torch.int32]
    chosen = kinds[1]
    print(x.dtype, chosen)
    return len(kinds), x.dtype == torch.float32, x.to(chosen)


def dict_keys(x: float, flag: bool) -> Tuple[int, Dict[bool, str], Dict[float, int]]:
    flags = {True: "yes"}
    flags[flag] = "set"
    floats = {x: 1, 2.5: 2}
    floats[x] += 5
    complexes: Dict[complex, List[int]] = {1j: [1]}
    complexes[1j].append(2)
    return len(complexes[1j]), flags, floats


def tensor_keys(x: torch.Tensor) -> int:
    seen: Dict[torch.Tensor, int] = {x: 1}
    other = x + 1
    seen[other] = 2
    seen[x] = 10
    return seen[x] + len(seen)


def nested(n: int) -> Dict[str, List[Tuple[int, Optional[Dict[int, List[str]]]]]]:
    rows: List[Tuple[int, Optional[Dict[int, List[str]]]]] = [(0, None)]
    for i in range(n):
        rows.append((i, {i: ["a"] * i}))
    return {"rows": rows}


def optional_list(xs: Optional[List[int]]) -> Tuple[int, Optional[List[int]]]:
    if xs is None:
        return -1, xs
    xs.append(1)
    return len(xs), xs


def to_list(x: torch.Tensor) -> Tuple[List[List[float]], float, List[int]]:
    rows: List[List[float]] = x.tolist()
    one: float = x[0, 0].tolist()
    sizes: List[int] = torch.arange(3).tolist()
    return rows, one, sizes


def to_list_of_wrong_rank(x: torch.Tensor) -> List[float]:
    row: List[float] = x.tolist()
    return row


def to_list_of_wrong_kind(x: torch.Tensor) -> List[List[int]]:
    rows: List[List[int]] = x.tolist()
    return rows


def data_of(x: torch.Tensor) -> torch.Tensor:
    y = x.data
    y += 1
    return x


def unwrapped(n: Optional[int]) -> int:
    return torch.jit._unwrap_optional(n) + 1


# ---- attributes


class Holder(torch.nn.Module):
    last: Optional[int]
    choice: Union[int, str]
    table: Dict[str, Tuple[int, Optional[str]]]
    anything: Any

    def __init__(self) -> None:
        super().__init__()
        self.origin = Point(torch.ones(2), 3, "o")
        self.color = Color.GREEN
        self.device = torch.device("cpu")
        self.last = None
        self.choice = "none"
        self.table = {"a": (1, None)}
        self.factor = 2 - 1j

    def forward(self, n: int) -> Tuple[torch.Tensor, Optional[int], Union[int, str], str, complex]:
        if n > 0:
            self.last = n
            self.choice = n * 2
            self.table["n"] = (n, "n")
        self.color = Color.RED
        print(self.table, self.choice, self.color, self.device)
        return self.origin.x * self.origin.y, self.last, self.choice, self.color.name, self.factor * n


# ---- tasks


def forked(n: int) -> Optional[int]:
    if n > 1:
        return n
    return None


def describe_task(u: Union[int, str], p: Tuple[int, Optional[int]]) -> str:
    if isinstance(u, int):
        return str(u + p[0])
    return u


def tasks(n: int) -> Tuple[Optional[int], str, str]:
    first = torch.jit.fork(forked, n)
    second = torch.jit.fork(describe_task, n, (n, n))
    third = torch.jit.fork(describe_task, "text", (1, None))
    return torch.jit.wait(first), torch.jit.wait(second), torch.jit.wait(third)


# ---- shared variables of several types


def narrowed_in_loop(items: List[Union[int, str, None]]) -> Tuple[int, List[str]]:
    total = 0
    words: List[str] = []
    for item in items:
        if item is None:
            continue
        if isinstance(item, int):
            total += item
            if total > 10:
                break
        elif isinstance(item, str):
            words.append(item)
    return total, words


def union_in_loop(n: int) -> Union[int, str]:
    u: Union[int, str] = 0
    i = 0
    while i < n:
        if isinstance(u, int):
            u = str(u + i)
        else:
            u = len(u) + i
        i += 1
    return u


def tuple_in_loop(n: int) -> Tuple[int, Optional[str]]:
    t: Tuple[int, Optional[str]] = (0, None)
    for i in range(n):
        first, second = t
        t = (first + i, "s" if second is None else second + "s")
    return t


def int_of_union(u: Union[int, float]) -> Tuple[int, float]:
    return int(u), float(u)


def mixed_numbers(a: float) -> torch.Tensor:
    return torch.tensor([1, a, True])


def either(c: Color, flag: bool) -> Tuple[Color, Optional[Color]]:
    if flag:
        d = c
    else:
        d = Color.RED
    other = None if flag else c
    return d, other


# ---- one name, one variable; a name again in another block


def assigned_again(x: torch.Tensor, n: int) -> Tuple[torch.Tensor, torch.Tensor, int]:
    old = x
    x = x + n
    y = x * 2
    x = torch.relu(x)
    n = n + int(x.size(0))
    if n > 3:
        x = x - y
        y = old
    return x, y, n


def negated(x: torch.Tensor) -> torch.Tensor:
    return -x


def kept_by_a_task(x: torch.Tensor) -> torch.Tensor:
    before = torch.jit.fork(negated, x)
    x = x * 3
    return torch.jit.wait(before) + x


def names_of_blocks(items: List[int], n: int) -> Tuple[List[str], int]:
    texts: List[str] = []
    if n < 0:
        shown = str(n)
        texts.append("negative " + shown)
        return texts, 0
    shown = "at " + str(items[0])
    texts.append(shown)
    for i in range(n):
        item = items[i] * 2
        texts.append(str(item))
    for i in range(n, 0, -1):
        item = items[i] + i
        if item % 2 == 0:
            half = item // 2
            texts.append(str(half))
            continue
        half = item * 10
        texts.append("odd " + str(half))
    total = 0
    while True:
        item = items[total] + 1
        if item > 4:
            break
        shown = "below " + str(item)
        texts.append(shown)
        total += 1
    return texts, total


def rows_and_items(x: torch.Tensor, table: Dict[str, Tuple[int, float]]) -> Tuple[torch.Tensor, List[str], float]:
    total = torch.zeros(3)
    for row in x * 2:
        if float(row.sum()) > 100.0:
            break
        row += 1
        total = total + row
    for row in x:
        row.mul_(2)
    texts: List[str] = []
    scale = 0.0
    for key, (count, factor) in table.items():
        texts.append(key + str(count))
        scale += factor
    for _, pair in table.items():
        scale += pair[1]
    for value in x[0]:
        scale += float(value)
    return total, texts, scale


def rows_of_a_number(x: torch.Tensor) -> int:
    n = 0
    for row in x.sum():
        n += 1
    return n


def places(items: List[int], texts: List[str]) -> Tuple[List[int], str]:
    found = ""
    for i, item in enumerate(items):
        items[i] = item + i
    for i in range(len(items)):
        if i < 2:
            items.append(i * 100)
    for i, text in enumerate(texts):
        found += str(i) + text + texts[i - 1]
    for i in range(len(items)):
        items = items + [i]
    return items, found


def add_all(items: List[int], more: List[int]) -> int:
    for item in more:
        items.append(item)
    return len(items)


def handed_on(items: List[int]) -> Tuple[List[int], int]:
    more = [7]
    add_all(more, [8])
    n = add_all(items, more)
    return items, n
"""

MODULES = {"Holder": "Holder()"}
X = [[1.0, -2.0, 0.5], [3.0, 4.0, -0.25]]

INPUTS: dict[str, list[tuple[Any, ...]]] = {
    "complex_values": [(1.5 - 2j, 0.5)],
    "number_values": [(X,)],
    "devices": [(X,)],
    "dtypes": [(X,)],
    "dict_keys": [(1.5, True), (2.5, False)],
    "tensor_keys": [(X,)],
    "nested": [(0,), (3,)],
    "optional_list": [(None,), ([4, 5],)],
    "to_list": [(X,)],
    "to_list_of_wrong_rank": [(X,)],
    "to_list_of_wrong_kind": [(X,)],
    "data_of": [(X,)],
    "unwrapped": [(3,), (None,)],
    "Holder": [(0,), (4,)],
    "tasks": [(1,), (2,)],
    "narrowed_in_loop": [([1, "a", None, 2],), ([20, "b"],), ([],)],
    "union_in_loop": [(0,), (1,), (4,)],
    "tuple_in_loop": [(0,), (3,)],
    "int_of_union": [(3,), (2.5,)],
    "mixed_numbers": [(1.5,)],
    "either": [("GREEN", True), ("IN", False)],
    "assigned_again": [(X, 0), (X, 4)],
    "kept_by_a_task": [(X,)],
    "names_of_blocks": [([1, 2, 3, 9, 5], 3), ([1], -1)],
    "rows_and_items": [(X, {"a": (2, 0.5), "b": (1, 0.25)}), ([[500.0, 1.0, 2.0]], {})],
    "rows_of_a_number": [(X,)],
    "places": [([1, 2, 3], ["x", "y"]), ([], [])],
    "handed_on": [([1],)],
}
# What TorchScript makes of these is not what Python does: ``tolist`` by its annotation, and the exception for a None.
UNLIKE_PYTHON = ("to_list_of_wrong_rank", "to_list_of_wrong_kind", "unwrapped")
