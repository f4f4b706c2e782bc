"""Decorators and markers of torch.jit."""
import typing
from typing import Dict, Final, List, Optional

import torch
from torch import nn

from tests.conformance.cases import refusal


def modifier(fn):
    return getattr(fn, "_torchscript_modifier", None)


def case_modifiers():
    def f(x):
        return x

    print(str(modifier(torch.jit.export(f))))
    print(str(modifier(torch.jit.ignore(f))))
    print(str(modifier(torch.jit.unused(f))))
    print(torch.jit.export(f) is f, torch.jit.ignore(f) is f, torch.jit.unused(f) is f)


def case_ignore_called_with_nothing():
    @torch.jit.ignore()
    def f(x):
        return x

    print(str(modifier(f)))


def case_ignore_with_a_number():
    refusal(lambda: torch.jit.ignore(3), "Argument to @torch.jit.ignore must be a bool or a function but got 3")


def case_ignore_drop():
    @torch.jit.ignore(drop=True)
    def f(x):
        return x

    print(str(modifier(f)))


def case_ignore_drop_on_export():
    @torch.jit.ignore(drop_on_export=True)
    def f(x):
        return x

    print(str(modifier(f)))


class WithExport(nn.Module):
    def __init__(self):
        super().__init__()
        self.bias = 2

    def forward(self, x: int) -> int:
        return x + self.bias

    @torch.jit.export
    def extra(self, x: int) -> int:
        return self.helper(x) * 10

    def helper(self, x: int) -> int:
        return x - self.bias

    def python_only(self, xs):
        return {x for x in xs}


def case_export_compiles_what_nothing_calls():
    m = torch.jit.script(WithExport())
    print(m(1), m.extra(5), m.helper(5), sorted(m._c._method_names()))
    refusal(lambda: m.python_only([1]), "python_only")


class WithIgnore(nn.Module):
    def __init__(self):
        super().__init__()
        self.seen = torch.zeros(1)

    def forward(self, x):
        return self.log(x, 3) + self.untyped(x)

    @torch.jit.ignore
    def log(self, x, n: int) -> torch.Tensor:
        print("python", n, list(x.shape))
        return x * n

    @torch.jit.ignore
    def untyped(self, x):
        return x + len({1, 2})


def case_ignored_method_is_called_in_python():
    m = torch.jit.script(WithIgnore())
    print(m(torch.ones(2)).tolist())
    print("^" in str(m.graph), "log" in str(m.graph))


@torch.jit.ignore
def in_python(x: List[int]) -> int:
    return sum(sorted(x, key=lambda v: -v))


def case_ignored_function():
    @torch.jit.script
    def f(xs: List[int]) -> int:
        return in_python(xs) + 1

    print(f([1, 2, 3]))


class WithUnused(nn.Module):
    def forward(self, x, go: bool):
        if go:
            return self.never(x)
        return x

    @torch.jit.unused
    def never(self, x):
        return {x}

    @torch.jit.unused
    @property
    def broken(self):
        return {1}


def case_unused_method_raises():
    m = torch.jit.script(WithUnused())
    print(m(torch.ones(1), False).tolist())
    try:
        m(torch.ones(1), True)
    except torch.jit.Error as error:
        print("This Python function is annotated to be ignored and cannot be run" in str(error))
    print("RaiseException" in str(m.graph) or "uninitialized" in m.code)


class UnusedProperty(nn.Module):
    __jit_unused_properties__ = ["odd"]

    def __init__(self):
        super().__init__()
        self.k = 4

    @property
    def twice(self) -> int:
        return self.k * 2

    @property
    def odd(self):
        return {self.k}

    def forward(self) -> int:
        return self.twice + 1


def case_properties():
    m = torch.jit.script(UnusedProperty())
    print(m())


class IgnoredAttribute(nn.Module):
    __jit_ignored_attributes__ = ["handler"]

    def __init__(self):
        super().__init__()
        self.handler = {1, 2}
        self.k = 5

    def forward(self) -> int:
        return self.k


def case_ignored_attributes():
    m = torch.jit.script(IgnoredAttribute())
    print(m())


def case_final_is_typings():
    print(torch.jit.Final is typing.Final)


class WithFinal(nn.Module):
    steps: Final[int]
    name: torch.jit.Final[str]

    def __init__(self, n: int):
        super().__init__()
        self.steps = n
        self.name = "w"

    def forward(self, x):
        for _ in range(self.steps):
            x = x + 1
        return x, self.name


def case_final_attributes_are_constants():
    m = torch.jit.script(WithFinal(3))
    print(m(torch.zeros(1)), m.steps, m.name)
    print("GetAttr" in str(m.graph))
    print(m.code)


def case_local_final_is_refused():
    def f(x: int) -> int:
        y: Final[int] = x
        return y

    refusal(lambda: torch.jit.script(f), "Unknown type constructor Final")


class ByAttribute(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.jit.Attribute({}, Dict[str, int])
        self.n = torch.jit.Attribute(7, int)

    def forward(self, key: str) -> int:
        self.table[key] = self.n
        return len(self.table)


def case_attribute_is_a_pair():
    a = torch.jit.Attribute([], List[int])
    print(a.value, a.type, len(a), type(a).__name__)
    m = torch.jit.script(ByAttribute())
    print(m("a"), m("b"), m.table, m.n)


def case_annotate_in_python():
    xs = [1]
    print(torch.jit.annotate(List[int], xs) is xs)


def case_annotate_in_script():
    @torch.jit.script
    def f(n: int):
        xs = torch.jit.annotate(List[float], [])
        o = torch.jit.annotate(Optional[int], None)
        if n > 0:
            o = n
            xs.append(1.5)
        return xs, o

    print(f(0), f(2), f.schema)


def case_isinstance_in_python():
    print(torch.jit.isinstance([1, 2], List[int]), torch.jit.isinstance([1.0], List[int]),
          torch.jit.isinstance({"a": 1}, Dict[str, int]), torch.jit.isinstance({"a": "b"}, Dict[str, int]),
          torch.jit.isinstance((1, "a"), typing.Tuple[int, str]), torch.jit.isinstance((1, 2), typing.Tuple[int, str]),
          torch.jit.isinstance(None, Optional[int]), torch.jit.isinstance(3, Optional[int]), torch.jit.isinstance("a", Optional[int]),
          torch.jit.isinstance(3, int), torch.jit.isinstance([[1], [2]], List[List[int]]), torch.jit.isinstance([["a"]], List[List[int]]),
          torch.jit.isinstance(3, (str, int)), torch.jit.isinstance([1], (List[str], List[int])))
    print(torch.jit.isinstance([torch.ones(1)], List[torch.Tensor]), torch.jit.isinstance([1], list[int]), torch.jit.isinstance(3, typing.Union[int, str]))


def case_isinstance_of_an_empty_list_warns():
    print(torch.jit.isinstance([], List[int]))


def case_isinstance_of_an_empty_dict_warns():
    print(torch.jit.isinstance({}, Dict[str, int]))


def case_isinstance_without_contained_type():
    refusal(lambda: torch.jit.isinstance([1], list), "Attempted to use list without a contained type. Please add a contained type, e.g. list[int]")
    refusal(lambda: torch.jit.isinstance([1], List), "Attempted to use List without a contained type. Please add a contained type, e.g. List[int]")
    refusal(lambda: torch.jit.isinstance((1,), tuple), "Attempted to use tuple without a contained type. Please add a contained type, e.g. tuple[int]")
    refusal(lambda: torch.jit.isinstance({}, dict), "Attempted to use dict without contained types. Please add contained type, e.g. dict[int, int]")
    refusal(lambda: torch.jit.isinstance({}, Dict), "Attempted to use Dict without contained types. Please add contained type, e.g. Dict[int, int]")
    refusal(lambda: torch.jit.isinstance(1, Optional), "Attempted to use Optional without a contained type. Please add a contained type, e.g. Optional[int]")


def case_isinstance_in_script():
    @torch.jit.script
    def f(x: typing.Any) -> int:
        if torch.jit.isinstance(x, List[int]):
            return len(x)
        elif torch.jit.isinstance(x, Dict[str, int]):
            return x["a"]
        elif isinstance(x, (int, str)):
            return -1
        return -2

    print(f([1, 2]), f({"a": 9}), f(1), f("s"), f(1.5))


def case_unwrap_optional():
    print(torch.jit._unwrap_optional(3))
    refusal(lambda: torch.jit._unwrap_optional(None), "Unwrapping null optional")

    @torch.jit.script
    def f(x: Optional[int]) -> int:
        return torch.jit._unwrap_optional(x) + 1

    print(f(1))
    refusal(lambda: f(None), "Unwrapping null optional")


def case_is_scripting():
    def f() -> bool:
        return torch.jit.is_scripting()

    print(f(), torch.jit.script(f)(), "prim::Constant[value=1]" in str(torch.jit.script(f).graph))


def case_is_tracing():
    def f() -> bool:
        return torch.jit.is_tracing()

    print(f(), torch.jit.script(f)())


class ConstantNames(nn.Module):
    __constants__ = ["missing", "k"]

    def __init__(self):
        super().__init__()
        self.k = 3

    def forward(self, x):
        return x + self.k


class ConstantParameter(nn.Module):
    __constants__ = ["weight"]

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return x + self.weight


class ConstantModule(nn.Module):
    __constants__ = ["child"]

    def __init__(self):
        super().__init__()
        self.child = nn.Identity()

    def forward(self, x):
        return self.child(x)


def case_constants_that_are_none():
    m = torch.jit.script(ConstantNames())
    print(m(torch.zeros(1)).tolist(), m.k)
    print(torch.jit.script(ConstantParameter())(torch.zeros(1)).tolist(), torch.jit.script(ConstantModule())(torch.zeros(1)).tolist())
