"""Programs about objects of user classes, for test_programs_objects.py."""

from __future__ import annotations

from typing import Any

SOURCE = '''
from typing import Any, Dict, List, Optional, Tuple

import torch


@torch.jit.script
class Counter:
    def __init__(self, start: int, label: str = "c"):
        self.n = start
        self.label = label

    def increment(self, by: int = 1) -> int:
        self.n += by
        return self.n

    def chained(self, by: int) -> "Counter":
        self.n = self.n * 2 + by
        return self

    def text(self) -> str:
        return self.label + ":" + str(self.n)


def counting(start: int, times: int) -> Tuple[int, str]:
    counter = Counter(start, "count")
    for i in range(times):
        counter.increment(i)
    counter.increment()
    return counter.n, counter.text()


def aliases(n: int) -> Tuple[int, int, bool, bool]:
    a = Counter(n)
    b = a
    c = Counter(n)
    b.n += 5
    return a.n, c.n, a is b, a is not c


def chain(n: int) -> Tuple[int, bool]:
    counter = Counter(n)
    same = counter.chained(1).chained(2)
    return same.n, same is counter


def change_argument(counter: Counter, by: int) -> None:
    counter.n -= by


def change_in_function(n: int) -> int:
    counter = Counter(n)
    before = counter.n
    change_argument(counter, 3)
    return before * 100 + counter.n


def in_containers(n: int) -> Tuple[int, List[int]]:
    counters = [Counter(i) for i in range(n)]
    table: Dict[str, Counter] = {}
    for i, counter in enumerate(counters):
        table[str(i)] = counter
        counter.increment(10)
    if n > 0:
        table["0"].n = 1000
    total = 0
    for counter in counters:
        total += counter.n
    pair = (Counter(1), Counter(2))
    first, second = pair
    first.increment(total)
    return pair[0].n + second.n, [c.n for c in counters]


def optional_object(flag: bool) -> int:
    found: Optional[Counter] = None
    if flag:
        found = Counter(4)
    if found is None:
        return -1
    found.increment(3)
    return found.n


def branch_joins(flag: bool) -> Tuple[int, int]:
    a = Counter(1)
    b = Counter(2)
    c = a if flag else b
    c.increment(5)
    if flag:
        d = b
    else:
        d = Counter(9)
    d.increment(1)
    return a.n * 100 + b.n, d.n


def replaced_in_loop(n: int) -> int:
    counter = Counter(1)
    for i in range(n):
        counter = Counter(counter.n + i)
    return counter.n


@torch.jit.script
class Point:
    def __init__(self, x: float, y: float):
        self.x = x
        self.y = y

    def __add__(self, other: "Point") -> "Point":
        return Point(self.x + other.x, self.y + other.y)

    def __mul__(self, scale: float) -> "Point":
        return Point(self.x * scale, self.y * scale)

    def __neg__(self) -> "Point":
        return Point(-self.x, -self.y)

    def __eq__(self, other: "Point") -> bool:
        return self.x == other.x and self.y == other.y

    def __lt__(self, other: "Point") -> bool:
        return self.x < other.x

    def __getitem__(self, index: int) -> float:
        if index == 0:
            return self.x
        return self.y

    def __setitem__(self, index: int, value: float) -> None:
        if index == 0:
            self.x = value
        else:
            self.y = value

    def __len__(self) -> int:
        return 2

    def __contains__(self, value: float) -> bool:
        return value == self.x or value == self.y

    def __str__(self) -> str:
        return "(" + str(self.x) + ", " + str(self.y) + ")"

    @property
    def norm(self) -> float:
        return self.x * self.x + self.y * self.y

    @property
    def first(self) -> float:
        return self.x

    @first.setter
    def first(self, value: float) -> None:
        self.x = value

    @staticmethod
    def unit(n: int) -> float:
        return 1.0 / n


def operators(x: float, y: float) -> Tuple[float, float, bool, bool, float]:
    p = Point(x, y)
    q = (p + Point(1.0, 2.0)) * 2.0
    r = -q
    r[1] = r[0] + 0.5
    return q.x, r[1], p == Point(x, y), p < q, q.norm + float(len(p))


def properties(x: float) -> Tuple[float, float, bool]:
    p = Point(x, 2.0)
    p.first = p.first + 1.0
    p.first *= 3.0
    return p.x, p.norm + Point.unit(4), x in p


@torch.jit.script
class Scaler:
    def __init__(self, weight: torch.Tensor, offset: Optional[torch.Tensor]):
        self.weight = weight
        self.offset = offset
        self.seen: List[float] = []
        self.origin = Point(0.0, 1.0)

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        y = x * self.weight + self.weight
        offset = self.offset
        if offset is not None:
            y = y + offset
        self.seen.append(float(y.sum()))
        self.origin.x += 1.0
        return y

    def widen(self, by: float) -> None:
        self.weight.add_(by)

    def swap(self, other: "Scaler") -> None:
        mine = self.weight
        self.weight = other.weight
        other.weight = mine


def tensors_in_objects(x: torch.Tensor, flag: bool) -> Tuple[torch.Tensor, List[float], float]:
    w = torch.ones(1) * 3.0
    scaler = Scaler(w, None)
    if flag:
        scaler = Scaler(w, torch.ones(1))
    x = scaler.apply(x)
    scaler.widen(0.5)
    x = scaler.apply(x)
    w.mul_(2.0)
    return scaler.apply(x), scaler.seen, scaler.origin.x


def swapped(x: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
    a = Scaler(x, None)
    b = Scaler(x * 2.0, None)
    a.swap(b)
    old = a.weight
    a.weight = b.weight + 1.0
    return old, a.apply(x)


@torch.jit.script
class Journal:
    def __init__(self, log: List[int], code: int):
        self.log = log
        self.code = code

    def __enter__(self) -> int:
        self.log.append(self.code)
        return self.code * 10

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        self.log.append(-self.code)


def with_blocks(n: int) -> Tuple[List[int], int]:
    log: List[int] = []
    total = 0
    with Journal(log, 1) as a, Journal(log, 2):
        total += a
        if n == 0:
            return log, -1
        for i in range(n):
            with Journal(log, 3 + i) as b:
                if i == 1:
                    continue
                if i == 3:
                    break
                total += b
        log.append(100)
    return log, total


def leave_by_raising(n: int) -> int:
    log: List[int] = []
    journal = Journal(log, 7)
    with journal:
        if n > 1:
            raise ValueError("too large: " + str(n))
        with journal:
            log.append(50)
    with torch.no_grad():
        n = n + len(log)
    return n


def list_of_lists_of_objects(n: int) -> int:
    rows: List[List[Counter]] = []
    shared = Counter(0)
    for i in range(n):
        rows.append([shared, Counter(i)])
    for row in rows:
        for counter in row:
            counter.increment(2)
    return shared.n * 100 + (rows[0][1].n if n > 0 else 0)


def found_by_identity(n: int) -> Tuple[bool, int]:
    a, b = Counter(n), Counter(n)
    items = [a, b]
    popped = items.pop()
    popped.n += 1
    return popped is b, b.n


@torch.jit.script
class Shadow:
    def __init__(self, add: int, init: int):
        self.add = add
        self._value = init

    def init(self) -> int:
        return self.add + self._value

    def __call__(self, value: int) -> int:
        add = self.add
        self.add = value
        return add + self.add + self.init()

    def __add__(self, other: int) -> int:
        return self.add + other


def names_that_collide(a: int, b: int) -> Tuple[int, int]:
    shadow = Shadow(a, b)
    return shadow(3), shadow + 4


def reads_before_writes(n: int) -> Tuple[int, int, int]:
    counter = Counter(n)
    before = counter.n
    after = counter.increment(2)
    last = counter.n
    return before, after, last + counter.increment(3) * counter.n


@torch.jit.script
class Renamed:
    def __init__(self, label: str):
        self.label = label
        self.old = ""
        self.part = Counter(3)

    def rename(self, label: str) -> None:
        self.label = "x" + self.label
        self.old = label

    def replace(self, part: Counter) -> int:
        self.part = Counter(part.n + 1)
        return part.n * 100 + self.part.n


@torch.jit.script
class Owner:
    def __init__(self):
        self.renamed = Renamed("deep")

    def let_go(self) -> str:
        before = self.renamed
        self.renamed = Renamed("other")
        return before.label + self.renamed.label


def arguments_are_values(n: int) -> Tuple[str, str, int, str]:
    renamed = Renamed("a")
    renamed.rename(renamed.label)
    number = renamed.replace(renamed.part)
    return renamed.label, renamed.old, number, Owner().let_go()


class Tally(torch.nn.Module):
    """A module with objects among its attributes."""

    best: Optional[Point]

    def __init__(self):
        super().__init__()
        self.counter = Counter(5, "tally")
        self.again = Counter(1)
        self.best = None
        self.linear = torch.nn.Linear(2, 2)

    def forward(self, x: torch.Tensor, n: int) -> Tuple[torch.Tensor, int, str, float]:
        with torch.no_grad():
            x = self.linear(x)
        self.counter.increment(n)
        self.again.increment(1)
        if n > 3:
            self.counter = Counter(n, "new")
        best = self.best
        if best is None:
            self.best = Point(1.0, float(n))
        else:
            best.x += 1.0
        now = self.best
        assert now is not None
        return x * self.counter.n, self.again.n, self.counter.text(), now.norm
'''

M = [[1.0, -2.0], [0.5, 4.0]]

INPUTS: dict[str, list[tuple[Any, ...]]] = {
    "counting": [(3, 4), (0, 0)],
    "aliases": [(1,)],
    "chain": [(3,)],
    "change_in_function": [(8,)],
    "in_containers": [(3,), (0,)],
    "optional_object": [(True,), (False,)],
    "branch_joins": [(True,), (False,)],
    "replaced_in_loop": [(4,)],
    "operators": [(1.5, -2.0)],
    "properties": [(1.5,), (3.5,)],
    "tensors_in_objects": [(M, True), (M, False)],
    "swapped": [(M,)],
    "with_blocks": [(0,), (1,), (6,)],
    "leave_by_raising": [(1,), (2,)],
    "list_of_lists_of_objects": [(3,), (0,)],
    "found_by_identity": [(1,)],
    "names_that_collide": [(1, 2)],
    "reads_before_writes": [(10,)],
    "arguments_are_values": [(1,)],
    "Tally": [(M, 2), (M, 4)],
}
MODULES = {"Tally": "Tally()"}
