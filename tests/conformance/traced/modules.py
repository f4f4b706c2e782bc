"""Modules: scopes become methods, parameters attributes; what is not registered is a constant."""

import torch
import torch.nn.functional as F
from torch import nn

from tests.conformance.traced_program import built, traced


def x23():
    return torch.randn(2, 3)


def x53():
    return torch.randn(5, 3)


@traced(x23, x53)
class OwnParameter(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3))

    def forward(self, x):
        return x * self.weight


@traced(x23, x53)
class OneLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 4)

    def forward(self, x):
        return torch.relu(self.linear(x)) + 1


@traced(x23, x53)
class Nested(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = OneLayer()
        self.b = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 2))

    def forward(self, x):
        return self.b(self.a(x))


@traced(x23, x53)
class CalledThrice(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)

    def forward(self, x):
        return self.layer(self.layer(self.layer(x)))


@traced(x23, x53)
class SharedUnderTwoNames(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 3)
        self.b = self.a

    def forward(self, x):
        return self.b(self.a(x))


@traced(x23, x53)
class SharedParameter(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 3, bias=False)
        self.b = nn.Linear(3, 3, bias=False)
        self.b.weight = self.a.weight

    def forward(self, x):
        return self.b(self.a(x))


@traced(x23, x53)
class OuterAccess(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 3)

    def forward(self, x):
        return self.a(x) + x @ self.a.weight.t()


@traced(x23, x53)
class UnusedSubmodule(nn.Module):
    def __init__(self):
        super().__init__()
        self.used = nn.Linear(3, 3)
        self.unused = nn.Linear(3, 7)

    def forward(self, x):
        return self.used(x)


@traced(x23, x53)
class Listed(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 3) for _ in range(3)])

    def forward(self, x):
        for layer in self.layers:
            x = F.relu(layer(x))
        return x


@traced(x23, x53)
class InDict(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = nn.ModuleDict({"left": nn.Linear(3, 2), "right": nn.Linear(3, 2)})

    def forward(self, x):
        return self.heads["right"](x), self.heads["left"](x)


@traced(x23, x53)
class Buffered(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("scale", torch.tensor([1.0, 2.0, 3.0]))

    def forward(self, x):
        return x * self.scale


@traced(x23, check_trace=False)
class BufferChanged(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("count", torch.zeros(1))

    def forward(self, x):
        self.count.add_(1)
        return x + self.count


@traced(x23, x53)
class PlainAttributes(nn.Module):
    def __init__(self):
        super().__init__()
        self.factor = 3
        self.name = "plain"
        self.table = torch.ones(3)

    def forward(self, x):
        return x * self.factor + self.table


@traced(x23)
class PythonCounter(nn.Module):
    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return x * self.calls


@traced(x23, x53)
class Hooked(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)
        self.layer.register_forward_pre_hook(lambda module, args: (args[0] * 2,))
        self.layer.register_forward_hook(lambda module, args, output: output + 1)

    def forward(self, x):
        return self.layer(x)


@traced(x23, x53)
class OtherMethods(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)

    def project(self, x):
        return self.layer(x) * 2

    def forward(self, x):
        return self.project(x) - self.project(x + 1)


@traced(x23, x53)
class ManyOutputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.split = _Split()

    def forward(self, x):
        a, b = self.split(x)
        return a + b, b


class _Split(nn.Module):
    def forward(self, x):
        return x[:, :1], x[:, 1:]


@traced(x23, x53)
class SkipConnection(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 3)
        self.second = nn.Linear(3, 3)

    def forward(self, x):
        y = self.first(x)
        z = self.second(y)
        return z + y + x


@traced(x23, x53)
class TwoBlocks(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(SkipConnection(), SkipConnection())
        self.norm = nn.LayerNorm(3)

    def forward(self, x):
        return self.norm(self.blocks(x))


@traced(x23, x53)
class SizesAcrossScopes(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = _Reshape()

    def forward(self, x):
        n = x.shape[0]
        return self.inner(x, n).view(n, -1)


class _Reshape(nn.Module):
    def forward(self, x, n):
        return x.reshape(-1, n) * n


@traced(x23, x53)
class Empty(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.5)
        self.same = nn.Identity()

    def forward(self, x):
        return self.same(self.drop(x))


@built(x23, x53)
def training_mode():
    module = nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.0))
    traced_module = torch.jit.trace(module.train(), x23())
    return traced_module.eval()


@built(x23)
def with_dropout():
    return torch.jit.trace(nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5)).train(), x23())


@built(x23, x53)
def bound_forward():
    return torch.jit.trace(OneLayer().forward, x23())


@built()
def bound_method():
    return torch.jit.trace(OtherMethods().project, x23())


class TwoMethods(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3))

    def forward(self, x):
        return x * self.weight

    def shifted(self, x, y):
        return x + self.weight - y


@built(x23, x53)
def several_methods():
    return torch.jit.trace_module(TwoMethods(), {"forward": x23(), "shifted": (x23(), x23())})


@built()
def one_other_method():
    return torch.jit.trace_module(TwoMethods(), {"shifted": (x23(), x23())})


@built()
def methods_not_a_dict():
    return torch.jit.trace_module(TwoMethods(), [x23()])


@built()
def methods_of_a_function():
    return torch.jit.trace_module(lambda x: x, {"forward": x23()})


@built()
def unknown_method():
    return torch.jit.trace_module(TwoMethods(), {"backward": x23()})


class WithExport(nn.Module):
    def forward(self, x):
        return x * 2

    @torch.jit.export
    def loop(self, x, n: int):
        for _ in range(n):
            x = x + 1
        return x


@built(x23, x53)
def exported_method():
    return torch.jit.trace(WithExport(), x23())


@built(x23)
def already_traced():
    return torch.jit.trace(torch.jit.trace(OneLayer(), x23()), x23())


@built(x23)
def already_scripted():
    return torch.jit.trace(torch.jit.script(OneLayer()), x23())


@built(x23, x53)
def layer_itself():
    return torch.jit.trace(nn.Linear(3, 2), x23())


@built(x23, x53)
def frozen_parameters():
    module = OneLayer()
    for parameter in module.parameters():
        parameter.requires_grad_(False)
    return torch.jit.trace(module, x23())


@built(x23, x53)
def without_gradients():
    with torch.no_grad():
        return torch.jit.trace(OneLayer(), x23())


@built(x23)
def non_persistent_buffer():
    module = Buffered()
    module.register_buffer("scale", torch.ones(3), persistent=False)
    return torch.jit.trace(module, x23())


@traced(x23, x53)
class ParameterList(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.ParameterList([nn.Parameter(torch.randn(3)) for _ in range(2)])

    def forward(self, x):
        for weight in self.weights:
            x = x * weight
        return x


@traced(x23, x53)
class FunctionalState(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)

    def forward(self, x):
        return F.linear(x, self.layer.weight.abs(), self.layer.bias) / self.layer.in_features


@traced(x23, x53)
class SubmoduleInPlace(nn.Module):
    def __init__(self):
        super().__init__()
        self.relu = nn.ReLU(inplace=True)
        self.layer = nn.Linear(3, 3)

    def forward(self, x):
        y = self.layer(x)
        y += x
        return self.relu(y)
