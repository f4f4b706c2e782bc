"""Programs about modules: attributes of every type, containers, state, tasks; for test_programs_modules.py."""

from __future__ import annotations

from typing import Any

SOURCE = '''
from typing import Dict, List, NamedTuple, Optional, Tuple

import torch
from torch import nn


class Span(NamedTuple):
    low: torch.Tensor
    high: int


class Attributes(nn.Module):
    """Attributes of many types, some of them assigned or changed in place."""

    maybe: Optional[torch.Tensor]
    nothing: Optional[torch.Tensor]
    counts: Dict[str, int]
    names: List[str]

    def __init__(self):
        super().__init__()
        self.tensors = [torch.ones(2), torch.zeros(2) + 2.0]
        self.table = {"a": torch.ones(2) * 3.0, "b.c": torch.ones(2) * 4.0}
        self.maybe = torch.ones(2) * 5.0
        self.nothing = None
        self.pair = (torch.ones(2) * 6.0, 7)
        self.span = Span(torch.ones(2) * 8.0, 9)
        self.counts = {"calls": 0}
        self.names = []
        self.nested = [[1, 2], [3]]
        self.label = "start"
        self.scale = 0.5
        self.register_buffer("steps", torch.zeros(1))
        self.register_buffer("absent", None)

    def forward(self, x: torch.Tensor, key: str) -> Tuple[torch.Tensor, int, List[str], float]:
        for t in self.tensors:
            x = x + t
        if key in self.table:
            x = x * self.table[key]
        maybe = self.maybe
        if maybe is not None:
            x = x + maybe
        if self.nothing is not None:
            x = x * 100.0
        low, high = self.span
        x = x + self.pair[0] * self.pair[1] + low * high + self.span.low
        self.counts["calls"] += 1
        self.names.append(key)
        self.nested[0].append(len(self.names))
        self.steps += 1.0
        self.tensors[0].add_(1.0)
        self.label = self.label + key
        self.scale = self.scale * 2.0
        self.nothing = x
        self.table["new"] = x
        if self.absent is not None:
            x = x - 1.0
        return x * self.steps, self.counts["calls"] + len(self.nested[0]), self.names + [self.label], self.scale


class Twice(nn.Module):
    """State is there at the second call."""

    def __init__(self):
        super().__init__()
        self.inner = Attributes()

    def forward(self, x: torch.Tensor, key: str) -> Tuple[torch.Tensor, int, List[str], float]:
        first = self.inner(x, key)
        return self.inner(first[0] * 0.01, "again")


class Recurrent(nn.Module):
    """The weights of recurrent layers are a list."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.gru = nn.GRU(2, 3, num_layers=2, bidirectional=True)
        self.lstm = nn.LSTM(6, 4, batch_first=True)
        self.rnn = nn.RNN(4, 2, bias=False)
        self.cell = nn.GRUCell(2, 2)

    def forward(self, x: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        x = x.unsqueeze(1)
        y, h = self.gru(x)
        y, (h2, c) = self.lstm(y)
        y, h3 = self.rnn(y)
        return self.cell(y[0], h3[0]), h + c.sum() + h2.sum()


class Containers(nn.Module):
    """Every way to go through containers of modules and parameters."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(4)
        self.layers = nn.ModuleList([nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2)])
        self.named = nn.ModuleDict({"up": nn.Linear(2, 3), "down": nn.Linear(3, 2)})
        self.weights = nn.ParameterList([nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2) * 2.0)])
        self.stack = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Sequential(nn.Linear(2, 2), nn.Sigmoid()))

    def forward(self, x: torch.Tensor) -> Tuple[torch.Tensor, List[str], int]:
        for i, layer in enumerate(self.layers):
            x = layer(x) + i
        x = self.layers[-1](x) + self.layers[0](x)
        for layer in self.layers[1:]:
            x = layer(x)
        names: List[str] = []
        for name, module in self.named.items():
            names.append(name)
            x = module(x)
        for key in self.named:
            names.append(key)
        for module in self.named.values():
            x = module(x)
        for weight in self.weights:
            x = x * weight
        if "up" in self.named:
            x = self.named["down"](self.named["up"](x))
        return self.stack(x) + self.weights[1], names, len(self.layers) + len(self.named) + len(self.stack)


class Part(nn.Module):
    def __init__(self, width: int, bias: float):
        super().__init__()
        self.linear = nn.Linear(width, width)
        self.bias = bias

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.tanh(self.linear(x)) + self.bias

    @torch.jit.export
    def twice(self, x: torch.Tensor, plus: float = 1.0) -> torch.Tensor:
        return self(self(x)) + plus


class Stage(nn.Module):
    """Counts its calls; one of the first has a layer more."""

    def __init__(self, wide: bool, start: int):
        super().__init__()
        self.extra = nn.Linear(2, 2) if wide else None
        self.calls = start

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        if self.extra is not None:
            x = self.extra(x)
        return x * 0.5 + self.calls


class Stages(nn.Module):
    """Neighbours in a container that agree, and a container of which all agree; all of them change."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(8)
        self.mixed = nn.Sequential(Stage(True, 0), Stage(False, 1), Stage(False, 2), Stage(False, 3))
        self.same = nn.Sequential(Stage(False, 4), Stage(False, 5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.same(self.mixed(self.same(self.mixed(x))))


class Shared(nn.Module):
    """One module under two names and in two parents; locals that hold modules; other methods than forward."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(5)
        self.first = Part(2, 1.0)
        self.second = self.first
        self.parts = nn.ModuleList([self.first, Part(2, 2.0)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        local = self.first
        x = local(x)
        inner = self.parts[1].linear
        x = inner(x) + self.second.twice(x)
        for part in self.parts:
            x = part.twice(x, plus=part.bias)
        return x * self.parts[1].linear.weight[0]


class Switched(nn.Module):
    """What train() and eval() decide, properties, and methods of the module itself."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(2)
        self.drop = nn.Dropout(0.5)
        self.factor = 3
        self.eval()

    @property
    def doubled(self) -> int:
        return self.factor * 2

    @doubled.setter
    def doubled(self, value: int) -> None:
        self.factor = value // 2

    @staticmethod
    def shifted(x: torch.Tensor, by: int) -> torch.Tensor:
        return x + by

    def helper(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            return x * 0.0
        return self.shifted(self.drop(self.norm(x)), self.doubled)

    def forward(self, x: torch.Tensor) -> Tuple[torch.Tensor, int]:
        x = self.helper(x)
        self.doubled = self.doubled + 10
        return x, self.factor


class Hooked(nn.Module):
    """Hooks are part of the call."""

    def __init__(self):
        super().__init__()
        self.part = Part(2, 0.5)
        self.part.register_forward_pre_hook(before)
        self.part.register_forward_hook(after)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.part(x)


def before(module: nn.Module, inputs: Tuple[torch.Tensor]) -> Tuple[torch.Tensor]:
    return (inputs[0] * 2.0,)


def after(module: nn.Module, inputs: Tuple[torch.Tensor], output: torch.Tensor) -> torch.Tensor:
    return output + inputs[0]


class Unused(nn.Module):
    """An unused method raises when it is called after all."""

    @torch.jit.unused
    def never(self, x: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError("never called")

    def forward(self, x: torch.Tensor, flag: bool) -> torch.Tensor:
        if flag:
            return self.never(x)
        return x * 2.0


class Embedded(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(6)
        self.embedding = nn.Embedding(5, 4, padding_idx=0)
        self.bag = nn.EmbeddingBag(5, 4, mode="mean")
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, tokens: List[int]) -> Tuple[torch.Tensor, Optional[torch.Tensor]]:
        ids = torch.tensor(tokens)
        x = self.embedding(ids).unsqueeze(0)
        x, weights = self.attention(x, x, x)
        return x + self.bag(ids.unsqueeze(0)), weights


class Sequences(nn.Module):
    """Recurrent layers with and without a batch and a state, and what they say of wrong shapes."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(8)
        self.lstm = nn.LSTM(3, 4, batch_first=True, proj_size=2)
        self.gru = nn.GRU(3, 4, num_layers=2, bidirectional=True)
        self.rnn = nn.RNN(3, 4, nonlinearity="relu", bias=False)
        self.eval()

    def forward(
        self, which: int, sizes: List[int], state: List[int], cell: List[int]
    ) -> Tuple[torch.Tensor, torch.Tensor]:
        x = torch.arange(24.0)[: torch.zeros(sizes).numel()].view(sizes) / 10.0
        h = torch.ones(state) if len(state) > 0 else None
        if which == 0:
            pair: Optional[Tuple[torch.Tensor, torch.Tensor]] = None
            if h is not None:
                pair = (h, torch.zeros(cell))
            y, (a, b) = self.lstm(x, pair)
            return y, torch.cat([a, b], -1)
        if which == 1:
            y, a = self.gru(x, h)
            return y, a
        y, a = self.rnn(x, h)
        return y, a


class Attending(nn.Module):
    """Attention with masks of all kinds, and what it says of wrong ones."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(9)
        self.attention = nn.MultiheadAttention(4, 2)
        self.eval()

    def forward(
        self, q: List[int], k: List[int], v: List[int], mask: List[int], padding: List[int], kind: int
    ) -> Tuple[torch.Tensor, torch.Tensor]:
        query = torch.arange(24.0)[: torch.zeros(q).numel()].view(q) / 10.0
        key = torch.ones(k) if len(k) > 0 else query
        value = torch.ones(v) if len(v) > 0 else key
        dtype = torch.float32 if kind % 3 == 0 else torch.bool if kind % 3 == 1 else torch.int64
        added = torch.zeros(mask).to(dtype) if len(mask) > 0 else None
        padded = torch.zeros(padding).to(dtype) if len(padding) > 0 else None
        if kind > 2:
            y, none = self.attention(query, key, value, padded, need_weights=False, attn_mask=added, is_causal=kind > 5)
            return y, torch.zeros(1 if none is None else 2)
        y, weights = self.attention(query, key, value, padded, attn_mask=added, average_attn_weights=kind == 0)
        assert weights is not None
        return y, weights


class Statistics(nn.Module):
    """Normalisations in training, whose results nobody wants, or which are asked for again after them."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(2))
        self.register_buffer("var", torch.ones(2))

    def forward(self, x: torch.Tensor, training: bool) -> Tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        before = self.mean + 0.0
        nn.functional.batch_norm(x, self.mean, self.var, training=True)
        doubled = self.mean * 2.0
        first = nn.functional.batch_norm(x, self.mean, self.var, training=training, momentum=0.5)
        second = nn.functional.batch_norm(x, self.mean, self.var, training=training, momentum=0.5)
        nn.functional.instance_norm(x.reshape(1, 2, 2), self.mean, self.var, momentum=0.25)
        return before + doubled, first + second, self.mean + self.var


def power(x: torch.Tensor, n: int) -> torch.Tensor:
    for _ in range(n):
        x = x * 1.5
    return x


def both(x: torch.Tensor, y: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
    return x + y, x - y


def fork_functions(x: torch.Tensor, n: int) -> Tuple[torch.Tensor, torch.Tensor]:
    futures: List[torch.jit.Future[torch.Tensor]] = []
    for i in range(n):
        futures.append(torch.jit.fork(power, x + i, i))
    total = torch.zeros_like(x)
    for future in futures:
        total = total + torch.jit.wait(future)
    pair = torch.jit.fork(both, x, total)
    left, right = pair.wait()
    return left, right * 2.0


def nested_forks(x: torch.Tensor, depth: int) -> torch.Tensor:
    inner = torch.jit.fork(fork_functions, x, depth)
    other = torch.jit.fork(torch.relu, x)
    first, second = torch.jit.wait(inner)
    return first + second + torch.jit.wait(other)


def note(log: List[int], value: int) -> None:
    log.append(value)


def raises_in_task(x: int) -> int:
    if x > 2:
        raise ValueError("task: " + str(x))
    return x * 2


def fork_effects(n: int) -> Tuple[List[int], int]:
    log: List[int] = []
    done = torch.jit.fork(note, log, n)
    torch.jit.wait(done)
    task = torch.jit.fork(raises_in_task, n)
    return log, torch.jit.wait(task)


class Counted(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 2)
        self.calls = 0
        self.register_buffer("seen", torch.zeros(2))

    def forward(self, x: torch.Tensor, number: int) -> torch.Tensor:
        self.calls += number
        self.seen += x.sum(0)
        return self.linear(x) * self.calls


class Level(nn.Module):
    def __init__(self):
        super().__init__()
        self.parts = nn.ModuleList([Part(2, 0.5) for _ in range(3)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for part in self.parts:
            x = x + part(x)
        return x


class Repeated(nn.Module):
    """The same with every module of a container: in C++ these are loops."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(11)
        self.parts = nn.ModuleList([Part(2, 1.0) for _ in range(4)])
        self.norms = nn.ModuleList([nn.LayerNorm(2) for _ in range(4)])
        self.stacks = nn.ModuleList([nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2)) for _ in range(3)])
        self.counted = nn.ModuleList([Counted() for _ in range(3)])
        self.levels = nn.ModuleList([nn.ModuleList([Part(2, 0.0) for _ in range(2)]) for _ in range(3)])
        self.deep = nn.ModuleList([Level() for _ in range(3)])
        self.heads = nn.ModuleList([nn.Linear(2, 1) for _ in range(5)])
        self.weights = nn.ParameterList([nn.Parameter(torch.ones(2, 2) * i) for i in range(5)])
        self.bias = nn.ParameterList([nn.Parameter(torch.ones(2) * i) for i in range(5)])

    def forward(self, x: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor, List[torch.Tensor]]:
        first = x
        kept: List[torch.Tensor] = []
        for part, norm in zip(self.parts, self.norms):
            kept.append(x)
            x = norm(torch.relu(part(x)) + x)
        for i, part in enumerate(self.parts):
            x = part(x) + kept[i]
        for stack in self.stacks:
            x = x - stack(x)
        y = first
        for number, counted in enumerate(self.counted):
            y = counted(y, number)
            x = x * 2 + y
        for level in self.levels:
            for part in level:
                x = x + part(x) * 0.5
        for one in self.deep:
            x = one(x).relu()
        for weight in self.weights:
            x = torch.matmul(x, weight).mean(0, keepdim=True) + first
        for one in self.bias:
            x = torch.softmax(x, 0).add(one)
        heads: List[torch.Tensor] = []
        for head in self.heads:
            heads.append(head(x))
        return torch.cat(heads, 1) + first.sum(), y, kept


class Forking(nn.Module):
    """Methods of this module and of others as tasks."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(7)
        self.part = Part(2, 1.0)
        self.linear = nn.Linear(2, 2)
        self.norm = nn.BatchNorm1d(2)
        self.parts = nn.ModuleList([Part(2, 0.0), Part(2, 0.25)])
        self.stacks = nn.Sequential(*[nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2)) for _ in range(3)])
        self.eval()

    def mine(self, x: torch.Tensor, scale: float) -> torch.Tensor:
        return self.norm(self.linear(x)) * scale

    def forward(self, x: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        a = torch.jit.fork(self.part, x)
        b = torch.jit.fork(self.linear, x)
        c = torch.jit.fork(self.mine, x, scale=2.0)
        d = torch.jit.fork(self.part.twice, x)
        e = torch.jit.fork(self.stacks, x)
        x = x + torch.jit.wait(e)
        futures = [torch.jit.fork(part, x) for part in self.parts]
        results = [torch.jit.wait(f) for f in futures]
        fused = self.norm(self.linear(x))
        return torch.jit.wait(a) + torch.jit.wait(b) + torch.jit.wait(c) + d.wait(), results[0] + results[1] + fused


class Frozen(nn.Module):
    """What `torch.jit.freeze` makes constants: weights, those of an LSTM among them."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(9)
        self.first = nn.Linear(2, 9)
        self.second = nn.Linear(9, 9)
        self.lstm = nn.LSTM(9, 5)
        self.table = nn.Parameter(torch.rand(3, 9))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.second(self.first(x)) + self.table[1] * self.table[2, 0]
        return self.lstm(y)[0] @ self.table[:, :5].t()


class Custom(Exception):
    pass


class Special(ValueError):
    pass


def exceptions(n: int, name: str) -> int:
    if n == 0:
        raise RuntimeError("zero")
    if n == 1:
        raise KeyError(name)
    if n == 2:
        raise Custom("custom " + name)
    if n == 3:
        raise Special(f"special {name} {n}")
    if n == 4:
        raise NotImplementedError
    if n == 5:
        raise IndexError("a {} and {}".format(name, n * 2))
    if n == 6:
        raise TypeError("a\\nb %d %s" % (n, name))
    if n == 7:
        raise Exception("plain")
    if n == 8:
        assert n < 0, "number " + str(n)
    if n == 9:
        assert len(name) > 100
    return n


def operator_errors(n: int) -> int:
    xs = [1, 2]
    table: Dict[str, int] = {"a": 1}
    if n == 0:
        return xs[5]
    if n == 1:
        return table["b"]
    if n == 2:
        return 1 // (n - 2)
    if n == 3:
        return int("x")
    return n


def shape_error(x: torch.Tensor) -> torch.Tensor:
    return x.matmul(torch.ones(7))


def printing(x: torch.Tensor, n: int, name: str) -> int:
    nothing: Optional[int] = None
    something: Optional[float] = 2.5
    print(x)
    print(x.sum(), n, 1.0, 0.1, 1e20, True, name, nothing, something)
    print([1, 2], [1.5, 2.0], ["a", "b"], [True], (1, "x", 2.5))
    print({"a": 1, "b": 2}, {1: [x.sum()]}, [x[0], x[1]])
    print()
    print("a" + name, (n,), [(1, 2.0)], [[1], [2, 3]])
    empty: List[int] = []
    print(empty, float(n) / 3.0, -0.0, 1e-7, 123456789.0)
    print(torch.arange(n), torch.tensor([True, False]), x.dtype)
    return n
'''

M = [[1.0, -2.0], [0.5, 4.0]]

INPUTS: dict[str, list[tuple[Any, ...]]] = {
    "Attributes": [([1.0, 2.0], "a"), ([1.0, 2.0], "zz")],
    "Twice": [([1.0, 2.0], "b.c")],
    "Recurrent": [(M,)],
    "Containers": [(M,)],
    "Stages": [(M,)],
    "Repeated": [(M,)],
    "Shared": [(M,)],
    "Switched": [(M,)],
    "Hooked": [(M,)],
    "Unused": [(M, False)],
    "Embedded": [([1, 3, 2],)],
    "Sequences": [
        *((which, sizes, [], []) for which in (0, 1, 2) for sizes in ([2, 3, 3], [2, 3], [3], [2, 3, 2])),
        (0, [2, 3, 3], [1, 2, 2], [1, 2, 4]),
        (0, [2, 3], [1, 2], [1, 4]),
        (0, [2, 3, 3], [1, 2, 4], [1, 2, 4]),
        (0, [2, 3, 3], [1, 2, 2], [1, 3, 4]),
        (0, [2, 3, 3], [1, 2], [1, 4]),
        (0, [2, 3], [1, 2, 2], [1, 2, 4]),
        (1, [2, 3, 3], [4, 3, 4], []),
        (1, [2, 3], [4, 4], []),
        (1, [2, 3, 3], [4, 4], []),
        (1, [2, 3, 3], [2, 3, 4], []),
        (1, [2, 3], [4, 1, 4], []),
        (2, [2, 3], [1, 4], []),
    ],
    "Attending": [
        *(
            ([3, 2, 4], k, v, [], [], kind)
            for k, v in (([], []), ([5, 2, 4], []), ([5, 2, 4], [5, 2, 4]))
            for kind in (0, 3)
        ),
        *(
            ([3, 2, 4], [], [], mask, [2, 3], kind)
            for mask in ([], [3, 3], [4, 3, 3])
            for kind in (0, 1, 2, 3, 4, 5, 6)
        ),
        ([3, 2, 4], [], [], [3, 3], [], 6),
        ([3, 4], [], [], [], [], 0),
        ([3, 4], [5, 4], [], [3, 5], [5], 1),
        ([3, 4], [], [], [2, 3, 3], [], 4),
        ([3, 4], [], [], [3, 3, 3], [], 4),
        ([3, 2, 4], [], [], [2, 3], [], 0),
        ([3, 2, 4], [], [], [2, 3, 3], [], 0),
        ([3, 2, 4], [], [], [3], [], 0),
        ([3, 2, 4], [3, 4], [], [], [], 0),
        ([3, 2, 4], [5, 2, 4], [3, 2, 4], [], [], 0),
        ([4], [], [], [], [], 0),
        ([3, 2, 2], [], [], [], [], 0),
        ([3, 2, 4], [], [], [], [3], 0),
        ([3, 4], [], [], [], [1, 3], 0),
    ],
    "Statistics": [(M, True), (M, False)],
    "fork_functions": [(M, 3), (M, 0)],
    "nested_forks": [(M, 2)],
    "fork_effects": [(1,), (3,)],
    "Forking": [(M,)],
    "Frozen": [(M,)],
    "exceptions": [(n, "ab") for n in range(11)],
    "operator_errors": [(n,) for n in range(5)],
    "shape_error": [(M,)],
    "printing": [(M, 3, "name")],
}
MODULES = {
    name: f"{name}()"
    for name in (
        "Attributes", "Twice", "Recurrent", "Containers", "Stages", "Shared", "Switched", "Hooked", "Unused", "Embedded",
        "Sequences", "Attending", "Statistics", "Repeated",
        "Forking",
    )
}  # fmt: skip
MODULES["Frozen"] = "torch.jit.freeze(torch.jit.script(Frozen().eval()))"
