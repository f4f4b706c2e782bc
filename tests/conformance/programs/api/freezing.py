"""torch.jit.freeze and its relatives."""
import re
from typing import List

import torch
from torch import nn

from tests.conformance.cases import refusal


class Unit(nn.Module):
    def __init__(self, width: int = 2):
        super().__init__()
        self.weight = nn.Parameter(torch.full((width,), 2.0))
        self.register_buffer("offset", torch.ones(width))
        self.scale = 3.0
        self.on = True

    def forward(self, x):
        if self.on:
            x = x * self.weight
        if self.training:
            x = x * 0
        return x * self.scale + self.offset

    @torch.jit.export
    def other(self, x):
        return x - self.offset


class Tree(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = Unit()
        self.two = Unit()
        self.version = 7

    def forward(self, x):
        return self.two(self.one(x)) + self.version

    @torch.jit.export
    def extra(self, x: int) -> int:
        return x + self.version


def kinds(graph):
    return sorted({*re.findall(r"= (\w+::\w+)", str(graph))} - {"prim::Constant"})


def case_freeze():
    m = torch.jit.freeze(torch.jit.script(Tree()).eval())
    print(m(torch.ones(2)).tolist(), m.original_name, type(m).__name__)
    print([n for n, _ in m.named_parameters()], [n for n, _ in m.named_buffers()], list(m.state_dict()), [n for n, _ in m.named_modules()])
    print(hasattr(m, "training"), hasattr(m, "version"), hasattr(m, "one"), hasattr(m, "extra"), kinds(m.graph))


def case_freeze_leaves_the_original_alone():
    s = torch.jit.script(Tree()).eval()
    m = torch.jit.freeze(s)
    with torch.no_grad():
        s.one.weight.fill_(100.0)
    s.version = 0
    print(m(torch.ones(2)).tolist(), s(torch.ones(2)).tolist(), len(list(s.parameters())))


def case_preserved_method():
    m = torch.jit.freeze(torch.jit.script(Tree()).eval(), preserved_attrs=["extra"])
    print(m.extra(1), m(torch.ones(2)).tolist())


def case_preserved_attribute():
    m = torch.jit.freeze(torch.jit.script(Tree()).eval(), ["version"])
    print(m.version, m(torch.ones(2)).tolist(), "GetAttr" in str(m.graph))
    m.version = 20
    print(m(torch.ones(2)).tolist())


def case_preserved_submodule():
    m = torch.jit.freeze(torch.jit.script(Tree()).eval(), ["one"])
    print(hasattr(m, "one"), hasattr(m, "two"), m(torch.ones(2)).tolist())


def case_preserved_parameter_of_a_submodule():
    m = torch.jit.freeze(torch.jit.script(Tree()).eval(), ["one.weight"])
    print(m(torch.ones(2)).tolist(), "GetAttr" in str(m.graph))


def case_preserved_training():
    m = torch.jit.freeze(torch.jit.script(Unit()).eval(), ["training"])
    print(m.training, m(torch.ones(2)).tolist())


def case_not_a_script_module():
    refusal(lambda: torch.jit.freeze(nn.Linear(1, 1)), "Freezing expects a ScriptModule as input. Please use torch.jit.script or torch.jit.trace to script your 'nn.Module'.")


def case_not_in_eval_mode():
    refusal(lambda: torch.jit.freeze(torch.jit.script(Unit())),
            "Freezing is currently only implemented for modules in eval mode. Please call .eval() on your module before freezing.")


def case_unknown_name():
    refusal(lambda: torch.jit.freeze(torch.jit.script(Unit()).eval(), ["nope"]), "Unknown name: nope")


class Counts(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(1))
        self.n = 0
        self.register_buffer("fixed", torch.ones(1))

    def forward(self, x):
        self.calls += 1
        self.n += 1
        return x + self.calls + self.fixed + self.n


def case_what_is_written_stays_an_attribute():
    m = torch.jit.freeze(torch.jit.script(Counts()).eval())
    print(m(torch.zeros(1)).tolist(), m(torch.zeros(1)).tolist(), hasattr(m, "n"), hasattr(m, "calls"), hasattr(m, "fixed"))


class Lists(nn.Module):
    names: List[str]

    def __init__(self):
        super().__init__()
        self.names = ["a", "b"]
        self.sizes = [1, 2, 3]

    def forward(self, x):
        return x.sum() + len(self.names) + self.sizes[1]


def case_lists_are_folded():
    m = torch.jit.freeze(torch.jit.script(Lists()).eval())
    print(float(m(torch.ones(2))), hasattr(m, "names"), hasattr(m, "sizes"))


class ConvNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, bias=False)
        self.norm = nn.BatchNorm2d(2)

    def forward(self, x):
        return torch.relu(self.norm(self.conv(x)))


def prepared():
    torch.manual_seed(0)
    m = ConvNorm()
    m.norm.running_mean.fill_(0.5)
    m.norm.running_var.fill_(2.0)
    m.norm.weight.data.fill_(3.0)
    return m.eval()


def case_batch_norm_is_folded():
    plain = prepared()
    x = torch.arange(16.0).reshape(1, 1, 4, 4)
    m = torch.jit.freeze(torch.jit.script(plain))
    print("aten::batch_norm" in kinds(m.graph), torch.allclose(m(x), plain(x), atol=1e-5))


def case_batch_norm_stays_without_numerics():
    plain = prepared()
    x = torch.arange(16.0).reshape(1, 1, 4, 4)
    m = torch.jit.freeze(torch.jit.script(plain), optimize_numerics=False)
    print("aten::batch_norm" in kinds(m.graph), torch.allclose(m(x), plain(x), atol=1e-5))
    torch.jit.run_frozen_optimizations(m)
    print("aten::batch_norm" in kinds(m.graph), torch.allclose(m(x), plain(x), atol=1e-5))


def case_optimize_for_inference():
    plain = prepared()
    x = torch.arange(16.0).reshape(1, 1, 4, 4)
    m = torch.jit.optimize_for_inference(torch.jit.script(plain))
    print(torch.allclose(m(x), plain(x), atol=1e-5), hasattr(m, "training"), "batch_norm" in str(m.graph))
    f = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.script(plain)))
    print(torch.allclose(f(x), plain(x), atol=1e-5))


def case_optimize_for_inference_of_a_plain_module():
    refusal(lambda: torch.jit.optimize_for_inference(nn.Linear(1, 1)), "optimize_for_inference expects a ScriptModule as input. Please use torch.jit.script or torch.jit.trace to script your 'nn.Module'.")


def case_optimize_for_inference_in_training_mode():
    m = torch.jit.optimize_for_inference(torch.jit.script(Unit()))
    print(m(torch.ones(2)).tolist())


def case_dropout_is_removed():
    class Drops(nn.Module):
        def __init__(self):
            super().__init__()
            self.drop = nn.Dropout(0.5)

        def forward(self, x):
            return self.drop(x) + 1

    m = torch.jit.freeze(torch.jit.script(Drops()).eval())
    print(kinds(m.graph), m(torch.ones(1)).tolist())
