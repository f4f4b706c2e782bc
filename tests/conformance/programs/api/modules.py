"""Scripted modules as Python sees them."""
import copy
import pickle
from typing import Dict, List, Optional, Tuple

import torch
from torch import nn

from tests.conformance.cases import refusal


class Inner(nn.Module):
    def __init__(self, n: int):
        super().__init__()
        self.weight = nn.Parameter(torch.arange(float(n)))
        self.register_buffer("seen", torch.zeros(1))
        self.register_buffer("scratch", torch.ones(1), persistent=False)

    def forward(self, x):
        self.seen += 1
        return x * self.weight


class Outer(nn.Module):
    tags: List[str]
    maybe: Optional[int]

    def __init__(self):
        super().__init__()
        self.a = Inner(2)
        self.b = Inner(2)
        self.act = nn.ReLU()
        self.k = 3
        self.rate = 0.5
        self.tags = []
        self.maybe = None
        self.plain = torch.ones(1)
        self.pair = (1, "p")

    def forward(self, x):
        return self.act(self.b(self.a(x))) + self.k

    @torch.jit.export
    def tag(self, name: str) -> int:
        self.tags.append(name)
        return len(self.tags)


def scripted():
    return torch.jit.script(Outer())


def case_repr():
    print(scripted())


def case_names():
    m = scripted()
    print(m.original_name, m.a.original_name, m._c.qualified_name)
    print(sorted(m._c._method_names()), m._get_name())


def case_code_of_forward():
    m = scripted()
    print(m.code)
    print(m.forward.code == m.code, str(m.forward.graph) == str(m.graph), m.tag.code)


def case_code_with_constants():
    code, constants = scripted().code_with_constants
    print(code)
    print(type(constants).__name__, constants.const_mapping)


class HoldsTensorConstant(nn.Module):
    def forward(self, x):
        return x + torch.tensor([1.0, 2.0])


def case_inlined_graph():
    m = scripted()
    print("prim::CallMethod" in str(m.graph), "prim::CallMethod" in str(m.inlined_graph), "aten::relu" in str(m.inlined_graph))


def case_method_objects():
    m = scripted()
    print(type(m.forward).__name__, m.forward.name, m.tag.name, type(m.forward.raw_owner).__name__)
    print(str(m.tag.schema).split(" self, ")[1], m.tag("a"), m.tag("b"), m.tags)


class NoForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.n = 2

    @torch.jit.export
    def other(self, x: int) -> int:
        return x + self.n


def case_without_forward():
    m = torch.jit.script(NoForward())
    print(m.other(1), m.other.code)
    refusal(lambda: m(1))


def case_training_and_eval():
    m = scripted()
    print(m.training, m.a.training, m.eval() is m, m.training, m.a.training, m.train().training, m.train(False).training)


def case_train_changes_behaviour():
    m = torch.jit.script(nn.Dropout(1.0))
    print(m(torch.ones(2)).tolist(), m.eval()(torch.ones(2)).tolist())


def case_parameters_and_buffers():
    m = scripted()
    print([(n, list(p.shape)) for n, p in m.named_parameters()])
    print([n for n, _ in m.named_buffers()], len(list(m.parameters())), len(list(m.buffers())))
    print([n for n, _ in m.named_parameters(recurse=False)], [n for n, _ in m.a.named_parameters()])


def case_modules_and_children():
    m = scripted()
    print([n for n, _ in m.named_modules()], [n for n, _ in m.named_children()], len(list(m.modules())), [c.original_name for c in m.children()])


def case_state_dict():
    m = scripted()
    print({k: v.tolist() for k, v in m.state_dict().items()})


def case_load_state_dict():
    m = scripted()
    other = {k: v + 1 for k, v in m.state_dict().items()}
    print(m.load_state_dict(other))
    print(m.a.weight.tolist(), m.b.seen.tolist(), m(torch.ones(2)).tolist())


def case_load_state_dict_with_missing_keys():
    m = scripted()
    other = dict(m.state_dict())
    del other["a.weight"]
    other["z"] = torch.ones(1)
    refusal(lambda: m.load_state_dict(other), "Missing key(s) in state_dict", "Unexpected key(s) in state_dict", '"a.weight"')
    print(m.load_state_dict(other, strict=False))


def case_load_state_dict_with_another_shape():
    m = scripted()
    other = dict(m.state_dict())
    other["a.weight"] = torch.ones(5)
    refusal(lambda: m.load_state_dict(other), "size mismatch for a.weight")


def case_parameters_are_shared_with_the_original():
    plain = Outer()
    m = torch.jit.script(plain)
    print(m.a.weight is plain.a.weight, next(m.parameters()) is next(plain.parameters()))
    with torch.no_grad():
        plain.a.weight.fill_(2.0)
    print(m.a.weight.tolist(), m.a(torch.ones(2)).tolist())


def case_lists_are_copied_when_scripting():
    plain = Outer()
    m = torch.jit.script(plain)
    m.tag("x")
    plain.tags.append("y")
    print(plain.tags, m.tags)


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Linear(2, 2, bias=False)
        self.two = nn.Linear(2, 2, bias=False)
        self.two.weight = self.one.weight
        self.again = self.one

    def forward(self, x):
        return self.two(self.one(x)) + self.again(x)


def case_tied_parameters():
    m = torch.jit.script(Tied())
    print(m.one.weight is m.two.weight, len(list(m.parameters())), sorted(m.state_dict()))


def case_to_another_dtype():
    m = scripted().double()
    print(m.a.weight.dtype, m.a.seen.dtype, m(torch.ones(2, dtype=torch.float64)).dtype)
    m.to(torch.float16)
    print(m.a.weight.dtype, m.float().a.weight.dtype, m.half().b.weight.dtype, m.to("cpu") is m, m.cpu() is m)


def case_apply():
    names = []

    def note(module):
        names.append(module.original_name)

    m = scripted()
    print(m.apply(note) is m, names)


def case_set_attribute_checks_the_type():
    m = scripted()
    m.k = 10
    m.rate = 2
    m.maybe = 4
    print(m.k, m.rate, m.maybe, m(torch.zeros(2)).tolist())
    refusal(lambda: setattr(m, "k", "text"), "Could not cast attribute 'k' to type int")
    refusal(lambda: setattr(m, "pair", (1, 2, 3)), "Could not cast attribute 'pair' to type Tuple[int, str]")


def case_new_attribute_stays_in_python():
    m = scripted()
    m.extra = {1, 2}
    print(m.extra, m._c.hasattr("extra"), m._c.hasattr("k"))


def case_attributes_are_read():
    m = scripted()
    print(m.k, m.rate, m.tags, m.maybe, m.plain.tolist(), m.pair, m.act.original_name)
    refusal(lambda: m.nothing, "nothing")


def case_attributes_cannot_be_deleted():
    m = scripted()
    refusal(lambda: delattr(m, "k"))


def case_assigning_a_tensor():
    m = scripted()
    m.plain = torch.full((2,), 7.0)
    m.a.weight = nn.Parameter(torch.full((2,), 3.0))
    print(m.plain.tolist(), m.a.weight.tolist(), m.a(torch.ones(2)).tolist())


def case_registering_afterwards():
    m = scripted()
    refusal(lambda: m.register_parameter("q", nn.Parameter(torch.ones(1))), "Can't add a new parameter after ScriptModule construction. Tried to add 'q")
    refusal(lambda: m.register_buffer("q", torch.ones(1)))
    refusal(lambda: m.add_module("q", nn.Linear(1, 1)))


def case_hooks_are_refused():
    m = scripted()

    def hook(*a):
        return None

    refusal(lambda: m.register_forward_hook(hook), "register_forward_hook is not supported on ScriptModules")
    refusal(lambda: m.register_forward_pre_hook(hook), "register_forward_pre_hook is not supported on ScriptModules")
    refusal(lambda: m.register_full_backward_hook(hook), "register_full_backward_hook is not supported on ScriptModules")
    refusal(lambda: m.register_state_dict_pre_hook(hook), "register_state_dict_pre_hook is not supported on ScriptModules")


def case_arity_counts_self():
    m = torch.jit.script(nn.ReLU())
    refusal(lambda: m(torch.ones(1), 2), "forward() expected at most 2 argument(s) but received 3 argument(s). Declaration: forward(__torch__.")
    refusal(lambda: m(), "forward() is missing value for argument 'input'. Declaration: forward(__torch__.")


def case_deepcopy():
    m = scripted()
    deep = copy.deepcopy(m)
    m.k = 100
    with torch.no_grad():
        m.a.weight.fill_(9.0)
    print(deep.k, deep.a.weight.tolist(), m.a.weight.tolist())
    print(deep(torch.ones(2)).tolist(), deep.code == m.code)


def case_cannot_be_pickled():
    refusal(lambda: pickle.dumps(scripted()), "which does not have a __getstate__ method defined!")


def case_define_adds_a_method():
    m = scripted()
    m.define("def plus(self, y: int) -> int:\n    return self.k + y\n")
    print(m.plus(4), m.plus.code)


class Boxes(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.ReLU(), nn.Tanh(), nn.Identity()])
        self.named = nn.ModuleDict({"r": nn.ReLU(), "t": nn.Tanh()})
        self.seq = nn.Sequential(nn.ReLU(), nn.Tanh())

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        for _, layer in self.named.items():
            x = layer(x)
        return self.seq(x)


def case_lists_of_modules():
    m = torch.jit.script(Boxes())
    print(len(m.layers), len(list(m.layers)), type(m.layers).__name__, m.layers.original_name, bool(m.layers))
    print(m.layers[1](torch.zeros(1)).tolist(), m.layers[-1](torch.ones(1)).tolist(), [c(torch.zeros(1)).tolist() for c in m.layers])


def case_dicts_of_modules():
    m = torch.jit.script(Boxes())
    print(len(m.named), sorted(m.named), "r" in m.named, "z" in m.named, m.named["t"](torch.zeros(1)).tolist())


def case_sequences_of_modules():
    m = torch.jit.script(Boxes())
    print(len(m.seq), m.seq[0](torch.ones(1)).tolist(), len(list(m.seq)), m(torch.zeros(1)).tolist())


def case_names_of_modules_in_containers():
    m = torch.jit.script(Boxes())
    print([n for n, _ in m.named_modules()], [n for n, _ in m.layers.named_children()])


def case_what_is_no_container():
    m = scripted()
    refusal(lambda: len(m))
    refusal(lambda: m[0])
    refusal(lambda: list(iter(m)))
    print(bool(m))


class SameShape(nn.Module):
    def __init__(self, k: int):
        super().__init__()
        self.k = k

    def forward(self, x: int) -> int:
        return x + self.k


class OtherConstant(nn.Module):
    k: torch.jit.Final[int]

    def __init__(self, k: int):
        super().__init__()
        self.k = k

    def forward(self, x: int) -> int:
        return x + self.k


def case_instances_share_their_class():
    one, two = torch.jit.script(SameShape(1)), torch.jit.script(SameShape(2))
    print(one._c.qualified_name == two._c.qualified_name, one(0), two(0))
    one, two = torch.jit.script(OtherConstant(1)), torch.jit.script(OtherConstant(2))
    print(one._c.qualified_name == two._c.qualified_name, one(0), two(0), one.original_name, two.original_name)


class Hooked(nn.Module):
    def forward(self, x: int) -> int:
        return x * 2


def before(self, inputs: Tuple[int]) -> Tuple[int]:
    return (inputs[0] + 1,)


def after(self, inputs: Tuple[int], output: int) -> int:
    return output * 100 + inputs[0]


def case_hooks_of_the_original():
    plain = Hooked()
    plain.register_forward_pre_hook(before)
    plain.register_forward_hook(after)
    print(torch.jit.script(plain)(1))


def case_extra_members():
    m = scripted()
    print(callable(m.graph_for), callable(m.get_debug_state))


def case_scripted_inside_a_plain_module():
    class Wrap(nn.Module):
        def __init__(self):
            super().__init__()
            self.part = torch.jit.script(Inner(2))

        def forward(self, x):
            return self.part(x) + 1

    w = Wrap()
    print(w(torch.ones(2)).tolist(), sorted(w.state_dict()), [n for n, _ in w.named_modules()])


class Overloaded(nn.Module):
    @torch.jit._overload_method
    def put(self, x: int) -> int:  # noqa: F811
        ...

    @torch.jit._overload_method
    def put(self, x: str) -> str:  # noqa: F811
        ...

    def put(self, x):  # noqa: F811
        return x + x

    def forward(self, n: int, s: str):
        return self.put(n), self.put(s)


def case_overloaded_methods():
    m = torch.jit.script(Overloaded())
    print(m(2, "a"), sorted(m._c._method_names()))


class WithNone(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_parameter("bias", None)
        self.register_buffer("mean", None)
        self.down = None

    def forward(self, x):
        if self.bias is not None:
            x = x + self.bias
        if self.down is not None:
            x = self.down(x)
        return x


class AnnotatedInside(nn.Module):
    def __init__(self):
        super().__init__()
        self.found: List[int] = []

    def forward(self, x):
        return x


def case_annotation_of_an_empty_list_in_the_constructor():
    print(torch.jit.script(AnnotatedInside())(torch.ones(1)).tolist())


def case_members_that_are_none():
    m = torch.jit.script(WithNone())
    print(m.bias, m.mean, m.down, sorted(m.state_dict()), m(torch.ones(1)).tolist())


def case_dir_has_attributes_and_methods():
    names = dir(scripted())
    print([n in names for n in ("forward", "tag", "a", "state_dict")])


def case_dict_attribute():
    class Table(nn.Module):
        table: Dict[str, int]

        def __init__(self):
            super().__init__()
            self.table = {"a": 1}

        def forward(self, k: str) -> int:
            self.table[k] = 5
            return len(self.table)

    m = torch.jit.script(Table())
    print(m("b"), m.table, m("b"))
    m.table = {"z": 3}
    print(m("q"), m.table)


def case_python_methods_of_the_original_are_gone():
    m = scripted()
    print(hasattr(m, "tag"), hasattr(m, "extra_thing"))


def case_memory_of_a_parameter_exchanged():
    plain = Outer()
    m = torch.jit.script(plain)
    plain.a.weight.data = torch.full((2,), 5.0)
    m.b.weight.data = torch.full((2,), 0.5)
    print(m.a.weight.tolist(), m(torch.ones(2)).tolist(), m.state_dict()["a.weight"].tolist())
    plain.double()
    print(m.a.weight.dtype, m(torch.ones(2, dtype=torch.float64)).dtype)


class Replaces(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("state", torch.zeros(1))

    def forward(self, x):
        self.state = self.state + x
        return self.state


def case_buffer_replaced_by_compiled_code():
    m = torch.jit.script(Replaces())
    before = m.state
    print(m(torch.ones(1)).tolist(), m.state.tolist(), before.tolist(), m(torch.ones(1)).tolist(), m.state_dict()["state"].tolist())
