"""What is left of torch.jit when PYTORCH_JIT=0: this file is run with the variable set."""
import torch
from torch import nn

from tests.conformance.cases import refusal


def grow(x):
    for i in range(3):
        x = x + i
    return x


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 2

    def forward(self, x):
        return grow(x) * self.k

    @torch.jit.export
    def extra(self, x):
        return x - self.k


class Record:
    def __init__(self):
        self.items = {1, 2}


class Old(torch.jit.ScriptModule):
    def __init__(self):
        super().__init__()
        self.k = 3

    @torch.jit.script_method
    def forward(self, x):
        return sorted({float(v) for v in x}) + [self.k]


def case_script_returns_what_it_is_given():
    m = Layer()
    print(torch.jit.script(grow) is grow, torch.jit.script(m) is m, torch.jit.script(Record) is Record)
    print(hasattr(torch.jit.script(grow), "code"), hasattr(m, "graph"))


def case_decorated_function_is_plain_python():
    @torch.jit.script
    def f(x):
        return [v for v in {1, 2, 3} if v > 1], x

    print(f(3), type(f).__name__)


def case_script_of_lists_and_dicts():
    print(type(torch.jit.script([1, 2])).__name__, type(torch.jit.script({"a": 1})).__name__)


def case_trace_runs_nothing():
    calls = []

    def f(x):
        calls.append(1)
        return x + 1

    print(torch.jit.trace(f, torch.ones(1)) is f, len(calls))
    m = Layer()
    print(torch.jit.trace(m, torch.ones(1)) is m, torch.jit.trace_module(m, {"forward": torch.ones(1)}) is m)


def case_script_module_is_an_ordinary_module():
    m = Old()
    print(isinstance(m, nn.Module), m(torch.tensor([2.0, 1.0])), m.k, repr(m))


def case_fork_runs_python():
    print(torch.jit.wait(torch.jit.fork(grow, torch.ones(1))).tolist(), torch.jit.is_scripting(), torch.jit.is_tracing())


def case_ignore_and_unused_change_nothing():
    @torch.jit.unused
    def f(x):
        return x + 1

    @torch.jit.ignore
    def g(x):
        return x + 2

    print(f(1), g(1))


def case_script_if_tracing():
    @torch.jit.script_if_tracing
    def f(x):
        return x * 2

    print(f(torch.ones(1)).tolist())


def case_text_is_still_compiled():
    unit = torch.jit.CompilationUnit("def f(x):\n    return x + 1\n")
    print(unit.f(torch.ones(1)).tolist(), hasattr(unit.f, "code"))


def case_interfaces_are_still_checked():
    def declare():
        @torch.jit.interface
        class Loose:
            def run(self, x):
                pass

    refusal(declare, "interface declarations must have a return type annotated.")


def case_freeze_needs_a_script_module():
    refusal(lambda: torch.jit.freeze(torch.jit.script(Layer()).eval()), "Freezing expects a ScriptModule as input.")
