"""Functions on TorchScript's value types: named tuples, enums, unions, Any, None, tuples.

They run as Python, on the interpreter in both forms of the graph, and as C++: see test_programs_values.py.
"""

from __future__ import annotations

from typing import Any

SOURCE = """
from enum import Enum
from typing import Any, Dict, List, NamedTuple, Optional, Tuple, Union

import torch


class Point(NamedTuple):
    x: torch.Tensor
    y: int
    label: Optional[str] = None


class Segment(NamedTuple):
    begin: Tuple[int, int]
    end: Tuple[int, int] = (9, 9)
    fields: List[float] = []


class Color(Enum):
    RED = 1
    GREEN = 2
    IN = -7


class Unit(Enum):
    METRE = "m"
    SECOND = "s"


class Level(Enum):
    LOW = 0.25
    HIGH = 0.75


# ---- named tuples


def build_point(x: torch.Tensor, y: int) -> Point:
    p = Point(x * 2, y)
    return Point(p.x + p.y, p.y + 1, "moved")


def point_parameter(p: Point) -> Tuple[torch.Tensor, int, bool]:
    return p.x, p[1], p.label is None


def unpack_point(p: Point) -> torch.Tensor:
    x, y, label = p
    if label is not None:
        y += len(label)
    return x * y


def point_in_branches(p: Point, flag: bool) -> Point:
    if flag:
        p = Point(p.x - 1, p.y)
    return p


def point_in_loop(x: torch.Tensor, n: int) -> Tuple[torch.Tensor, int]:
    p = Point(x, 0)
    for i in range(n):
        p = Point(p.x * 2, p.y + i)
    return p.x, p.y


def points_in_containers(n: int) -> int:
    rows: List[Segment] = []
    for i in range(n):
        rows.append(Segment((i, i + 1)))
    named: Dict[str, Segment] = {"first": rows[0], "last": rows[-1]}
    maybe: Optional[Segment] = None
    if n > 2:
        maybe = rows[1]
    total = 0
    for row in rows:
        total += row.begin[1] * row.end[0]
    if maybe is not None:
        total += 1000 * maybe.begin[0]
    print(rows, named)
    return total + named["last"].begin[0]


def point_as_tuple(y: int) -> Tuple[int, int]:
    s = Segment((y, 2), (y, 4))
    pairs: List[Tuple[int, int]] = [s.begin, s.end]
    return pairs[1]


def takes_plain(t: Tuple[Tuple[int, int], Tuple[int, int], List[float]]) -> int:
    return t[0][0] + t[1][1]


def point_to_plain_parameter(y: int) -> int:
    return takes_plain(Segment((y, 0), (0, 5)))


def point_to_plain_result(y: int) -> Tuple[Tuple[int, int], Tuple[int, int], List[float]]:
    s = Segment((y, 0), (0, 5), [1.5])
    print(s, s[1:], str(s))
    return s


# ---- enums


def enum_comparisons(c: Color) -> Tuple[bool, bool, bool, bool]:
    return c == Color.RED, c != Color.RED, c is Color.GREEN, c is not Color.GREEN


def enum_names(c: Color, u: Unit, v: Level) -> Tuple[str, int, str, str, float]:
    print(c, u, [v], "{} {}".format(c, u), str(v))
    return c.name, c.value, u.value, v.name, v.value


def enum_result(flag: bool) -> Color:
    if flag:
        return Color.IN
    return Color.GREEN


def enum_members(limit: int) -> Tuple[int, List[str]]:
    total = 0
    names: List[str] = []
    for c in Color:
        if c.value > limit:
            total += c.value
        names.append(c.name)
    return total, names


def enum_in_containers(c: Color) -> Tuple[Dict[str, Color], List[Unit], bool]:
    table = {"given": c, "other": Color.RED}
    units = [Unit.METRE, Unit.SECOND, Unit.METRE]
    chosen: Optional[Color] = None
    if c == Color.RED:
        chosen = Color.GREEN
    if chosen is not None:
        table["chosen"] = chosen
    return table, units, Color.RED == table["given"]


def enum_default(c: Color = Color.GREEN, n: int = 2) -> int:
    return c.value * n


def call_with_enum_default(n: int) -> int:
    return enum_default(n=n) + enum_default(Color.IN)


# ---- unions


def describe_union(u: Union[int, str, List[int]]) -> str:
    if isinstance(u, int):
        return "int " + str(u + 1)
    elif isinstance(u, str):
        return "str " + u
    return "list of " + str(len(u))


def union_of_three(n: int) -> Union[int, str, None]:
    if n == 0:
        return None
    if n < 0:
        return "negative"
    return n * 2


def widen_union(n: int) -> Union[int, str, float, None]:
    small: Union[int, str] = n
    if n > 1:
        small = "many"
    wide: Union[int, str, float] = small
    if n > 5:
        wide = 0.5
    print(small, wide)
    return wide


def unions_in_containers(n: int) -> Tuple[List[Union[int, str]], Dict[str, Union[int, str]]]:
    items: List[Union[int, str]] = [n, "a", n + 1]
    table: Dict[str, Union[int, str]] = {"n": n}
    table["text"] = "b"
    items.append("end")
    items.append(7)
    found = table.get("missing")
    print(items, table, found is None)
    for item in items:
        if isinstance(item, str):
            print(item + "!")
    return items, table


def union_with_none(u: Union[int, str, None]) -> int:
    if u is None:
        return -1
    if isinstance(u, int):
        return u
    return len(u)


def union_of_tensor_and_list(flag: bool, x: torch.Tensor) -> torch.Tensor:
    u: Union[torch.Tensor, List[torch.Tensor]] = x
    if flag:
        u = [x, x * 2]
    if isinstance(u, torch.Tensor):
        return u + 1
    else:
        return torch.cat(u)


def union_instances(u: Union[int, float, str]) -> Tuple[bool, bool]:
    return isinstance(u, (int, float)), isinstance(u, str)


# ---- Any


def describe_any(kind: int, x: torch.Tensor) -> str:
    a: Any = kind
    if kind == 1:
        a = "text"
    if kind == 2:
        a = [1, 2, 3]
    if kind == 3:
        a = (1, "b")
    if kind == 4:
        a = None
    if kind == 5:
        a = {"k": 1.5}
    if kind == 6:
        a = x
    if kind == 7:
        a = Color.RED
    if a is None:
        return "None"
    if isinstance(a, int):
        return "int " + str(a * 2)
    if isinstance(a, str):
        return a + "!"
    if torch.jit.isinstance(a, List[int]):
        return "ints " + str(a[0] + a[2])
    if torch.jit.isinstance(a, Tuple[int, str]):
        return a[1] + str(a[0])
    if torch.jit.isinstance(a, Dict[str, float]):
        return str(a["k"])
    if isinstance(a, torch.Tensor):
        return "tensor of " + str(a.numel())
    if isinstance(a, Color):
        return a.name
    return "unknown"


def pass_any(a: Any) -> str:
    return "{}".format(a)


def any_arguments(n: int) -> List[str]:
    return [pass_any(n), pass_any("s"), pass_any([n]), pass_any(None), pass_any((n, 1.5)), pass_any(Unit.METRE)]


def any_containers(n: int) -> str:
    items: List[Any] = [n, "a", None]
    items.append([1.5])
    table: Dict[str, Any] = {"n": n, "s": "t"}
    table["x"] = 2.5
    print(items, table)
    return str(items) + str(len(table))


# ---- None


def says(n: int) -> None:
    print("says", n)


def returns_call_of_none(n: int) -> None:
    return says(n)


def none_as_optional(n: int) -> Optional[int]:
    x: Optional[int] = says(n)
    if n > 0:
        return x
    return n


def none_in_tuple(n: int) -> Tuple[int, Optional[int], Optional[str]]:
    pair = (n, None)
    first, second = pair
    t: Tuple[int, Optional[int]] = pair
    print(pair, t)
    return first, t[1], None


# ---- tuples


def one_and_none(n: int) -> Tuple[Tuple[int], int]:
    empty: Tuple[()] = ()
    one = (n,)
    print(empty, one)
    return one, len(empty)


def covariant(n: int, flag: bool) -> Tuple[Optional[int], Tuple[Optional[str], int]]:
    inner: Tuple[Optional[str], int] = ("a", n)
    if flag:
        inner = (None, n)
    pair = (n, inner)
    return pair


def takes_optional_tuple(t: Optional[Tuple[int, Optional[int]]]) -> int:
    if t is None:
        return -1
    second = t[1]
    return t[0] if second is None else t[0] + second


def optional_tuples(n: int) -> Tuple[int, int, int]:
    return takes_optional_tuple((n, n)), takes_optional_tuple((n, None)), takes_optional_tuple(None)


def loop_of_optionals(n: int) -> Tuple[Optional[int], Optional[Tuple[int, str]]]:
    last: Optional[int] = None
    pair: Optional[Tuple[int, str]] = None
    for i in range(n):
        if i % 2 == 0:
            last = i
        pair = (i, "i")
    return last, pair
"""

X = [[1.0, -2.0, 0.5], [3.0, 4.0, -0.25]]
POINT = (X, 3, None)

INPUTS: dict[str, list[tuple[Any, ...]]] = {
    "build_point": [(X, 4)],
    "point_parameter": [(POINT,), ((X, 3, "p"),)],
    "unpack_point": [(POINT,), ((X, 3, "four"),)],
    "point_in_branches": [(POINT, True), (POINT, False)],
    "point_in_loop": [(X, 3), (X, 0)],
    "points_in_containers": [(2,), (4,)],
    "point_as_tuple": [(6,)],
    "point_to_plain_parameter": [(6,)],
    "point_to_plain_result": [(6,)],
    "enum_comparisons": [("RED",), ("GREEN",)],
    "enum_names": [("IN", "SECOND", "HIGH")],
    "enum_result": [(True,), (False,)],
    "enum_members": [(-10,), (1,)],
    "enum_in_containers": [("RED",), ("IN",)],
    "call_with_enum_default": [(3,)],
    "describe_union": [(4,), ("x",), ([1, 2],)],
    "union_of_three": [(0,), (-3,), (8,)],
    "widen_union": [(1,), (2,), (6,)],
    "unions_in_containers": [(3,)],
    "union_with_none": [(5,), ("abc",), (None,)],
    "union_of_tensor_and_list": [(True, X), (False, X)],
    "union_instances": [(1,), (1.5,), ("s",)],
    "describe_any": [(k, X) for k in range(9)],
    "any_arguments": [(2,)],
    "any_containers": [(2,)],
    "returns_call_of_none": [(1,)],
    "none_as_optional": [(1,), (-1,)],
    "none_in_tuple": [(3,)],
    "one_and_none": [(3,)],
    "covariant": [(3, True), (3, False)],
    "optional_tuples": [(4,)],
    "loop_of_optionals": [(0,), (4,)],
}
# What TorchScript makes of these is not what Python does: how it writes strings and enums in containers.
UNLIKE_PYTHON = ("any_arguments", "any_containers")
