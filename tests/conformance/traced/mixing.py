"""Script inside of traces, traces inside of script, forks."""

from typing import List

import torch
from torch import nn

from tests.conformance.traced_program import built, traced


def x23():
    return torch.randn(2, 3)


def positive():
    return torch.ones(2, 3)


def negative():
    return -torch.ones(4, 1)


@torch.jit.script
def signed(x):
    if bool(x.sum() > 0):
        y = x * 2
    else:
        y = x - 1
    return y


@torch.jit.script
def repeated(x, n: int):
    for i in range(n):
        x = x + i
    return x


@traced(positive, negative)
def script_in_trace(x):
    return signed(x) + 1


@traced(positive, negative)
def script_twice(x):
    return signed(signed(x) * -1)


@traced(positive, negative)
def script_with_number(x):
    return repeated(x, 3) + repeated(x, 1)


@traced(positive, negative)
def script_with_size(x):
    return repeated(x, x.shape[0])


@torch.jit.script
def listed(xs: List[torch.Tensor]) -> torch.Tensor:
    total = xs[0]
    for x in xs:
        total = total + x
    return total


@traced(positive, negative)
def script_with_list(x):
    return listed([x, x * 2])


@torch.jit.script
def pair_of(x):
    return x + 1, x.size(0)


@traced(positive, negative)
def script_returns_number(x):
    y, n = pair_of(x)
    return y * n


@torch.jit.script
def default_scale(x, scale: float = 2.0):
    return x * scale


@traced(positive, negative)
def script_with_default(x):
    return default_scale(x) + default_scale(x, 0.5)


class Gate(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.full((1,), 3.0))

    def forward(self, x):
        if bool(x.sum() > 0):
            return x * self.scale
        return x


class ScriptedInside(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate = torch.jit.script(Gate())

    def forward(self, x):
        return self.gate(x + 1) * 2


@built(positive, negative)
def scripted_submodule():
    return torch.jit.trace(ScriptedInside(), positive())


@built(positive, negative)
def scripted_module_captured():
    gate = torch.jit.script(Gate().requires_grad_(False))

    def calls(x):
        return gate(x) + 1

    return torch.jit.trace(calls, positive())


def plain(x, y):
    return 2 * x + y


@built(x23, negative)
def traced_in_script():
    traced_plain = torch.jit.trace(plain, (x23(), x23()))

    @torch.jit.script
    def calls(x):
        return traced_plain(x, x)

    return calls


@built(x23, negative)
def traced_in_trace():
    traced_plain = torch.jit.trace(plain, (x23(), x23()))

    def calls(x):
        return traced_plain(x, x * 2) + 1

    return torch.jit.trace(calls, x23())


class TracedInside(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.jit.trace(nn.Linear(3, 2), torch.randn(1, 3))

    def forward(self, x):
        if bool(x.sum() > 0):
            x = x * 2
        return self.linear(x)


@built(x23, lambda: torch.randn(7, 3))
def traced_module_in_script():
    return torch.jit.script(TracedInside())


@built(x23, lambda: torch.randn(7, 3))
def traced_module_in_trace():
    return torch.jit.trace(TracedInside(), x23())


@torch.jit.script_if_tracing
def limited(x, n: int):
    for i in range(n):
        if bool(x.sum() < 10):
            x = x + i
    return x


@traced(positive, negative)
def scripted_when_traced(x):
    return limited(x, 3)


@traced(positive)
def asks_whether_tracing(x):
    y = x * 2 if torch.jit.is_tracing() else x
    return y + 1 if torch.jit.is_scripting() else y - 1


@traced(positive, negative)
def forked(x):
    future = torch.jit.fork(torch.neg, x)
    y = x + 1
    return y * torch.jit.wait(future)


def tower(x):
    return (x * 2).relu()


@traced(positive, negative)
def forked_function(x):
    a = torch.jit.fork(tower, x)
    b = torch.jit.fork(tower, x - 1)
    return torch.jit.wait(a) + torch.jit.wait(b)


@traced(positive, negative)
def script_branch_kept(x):
    y = signed(x)
    if y.dim() == 2:
        y = y + 1
    return signed(-y)


class ScriptedSequence(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.jit.script(nn.Sequential(nn.Linear(3, 3), nn.ReLU()))
        self.last = nn.Linear(3, 1)

    def forward(self, x):
        return self.last(self.layers(x))


@built(x23, lambda: torch.randn(7, 3))
def scripted_sequence():
    return torch.jit.trace(ScriptedSequence(), x23())


@torch.jit.ignore
def ignored(x):
    return x * 3


@traced(positive, negative)
def ignored_function(x):
    return ignored(x) + 1
