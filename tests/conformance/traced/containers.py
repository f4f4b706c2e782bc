"""Inputs and outputs: which containers may be passed and returned, names of arguments, refusals."""

from typing import NamedTuple

import torch
from torch import nn

from tests.conformance.traced_program import built, traced


def two():
    return torch.randn(2, 3), torch.randn(2, 3)


def two_more():
    return torch.randn(4, 1), torch.randn(4, 1)


def one():
    return torch.randn(2, 3)


@traced(one, lambda: (torch.randn(5),))
def single_tensor(x):
    return x + 1


@traced(lambda: [torch.randn(2), torch.randn(2)], two)
def list_is_several(x, y):
    return x - y


@traced(lambda: (two(),), lambda: (two_more(),))
def tuple_input(pair):
    a, b = pair
    return a * b


@traced(lambda: ((one(), two()),), lambda: ((torch.randn(4, 1), two_more()),))
def nested_tuple_input(nested):
    return nested[0] + nested[1][0] * nested[1][1]


@traced(lambda: (list(two()),), lambda: (list(two_more()),))
def list_input(xs):
    return xs[0] + xs[1]


@traced(lambda: ({"a": one(), "b": one()},), lambda: ({"b": torch.randn(5), "a": torch.randn(5)},))
def dict_input(d):
    return d["a"] - d["b"]


@traced(lambda: ({"a": one(), "b": one(), "unused": one()}, one()))
def dict_and_tensor(d, x):
    return d["a"] * x


@traced(lambda: ({"p": {"a": one()}, "q": {"a": one()}},))
def nested_dict_input(d):
    return d["p"]["a"] + d["q"]["a"]


@traced(lambda: ({"xs": [one(), one()]},))
def dict_of_lists(d):
    return d["xs"][0] + d["xs"][1]


@traced(lambda: ([two(), two()],))
def list_of_tuples(pairs):
    return pairs[0][0] + pairs[1][1]


class Point(NamedTuple):
    x: torch.Tensor
    y: torch.Tensor


@traced(lambda: (Point(one(), one()),), lambda: (two_more(),))
def named_tuple_by_position(p):
    return p[0] + p[1]


@traced(lambda: (Point(one(), one()),))
def named_tuple_by_name(p):
    return p.x + p.y


@traced(lambda: None, lambda: {"x": one(), "y": one()}, example_kwarg_inputs=lambda: {"y": one(), "x": one()})
def by_keyword(x, y):
    return x - y


@traced(lambda: None, example_kwarg_inputs=lambda: {"x": one(), "y": one()})
def keyword_only(x, *, y):
    return x - y


@traced(one, example_kwarg_inputs=lambda: {"x": torch.ones(2)})
def keywords_win(x):
    return x * 2


@traced(lambda: None, example_kwarg_inputs=lambda: [torch.ones(2)])
def keywords_not_a_dict(x):
    return x * 2


class KeywordModule(nn.Module):
    def forward(self, x, y, scale=None):
        return x - y


@built(lambda: {"x": one(), "y": one()}, two_more)
def module_by_keyword():
    return torch.jit.trace(KeywordModule(), example_kwarg_inputs={"y": one(), "x": one()})


class KeywordOnlyModule(nn.Module):
    def forward(self, x, *, y):
        return x - y


@built()
def module_keyword_only():
    return torch.jit.trace(KeywordOnlyModule(), example_kwarg_inputs={"x": one(), "y": one()})


@built()
def module_keywords_not_a_dict():
    return torch.jit.trace(KeywordModule(), example_kwarg_inputs=[one(), one()])


@traced(two, two_more)
def tuple_output(x, y):
    return x + y, x - y


@traced(two, two_more)
def one_tuple_output(x, y):
    return (x + y,)


@traced(two, two_more)
def nested_output(x, y):
    return x, (y, (x * y,)), (x + y, x)


@traced(two, two_more)
def list_output(x, y):
    return [x + y, x - y]


@traced(two, two_more, strict=False)
def list_output_not_strict(x, y):
    return [x + y, x - y]


@traced(two)
def dict_output(x, y):
    return {"sum": x + y, "difference": x - y}


@traced(two, two_more, strict=False)
def dict_output_not_strict(x, y):
    return {"sum": x + y, "difference": x - y}


@traced(two, two_more, strict=False)
def dict_of_tuples_output(x, y):
    return {"a": (x, y), "b": (x + y, x * y)}


@traced(two, strict=False)
def mixed_dict_output(x, y):
    return {"a": x + y, "b": (x, y)}


@traced(two, two_more)
def named_tuple_output(x, y):
    return Point(x + y, x - y)


@traced(two, two_more)
def input_returned(x, y):
    return x, y + 1


@traced(two, two_more)
def output_twice(x, y):
    z = x * y
    return z, z


@traced(two, two_more)
def unused_input(x, y):
    return x * 2


@traced(one)
def number_output(x):
    return 3


@traced(one)
def text_output(x):
    return x, "text"


@traced(one)
def nothing_output(x):
    pass


@traced(one)
def none_in_tuple(x):
    return x * 2, None


@traced(one)
def constant_output(x):
    return torch.ones(2, 3)


MADE_BEFORE = torch.full((2, 3), 4.0)


@traced(one)
def unrelated_output(x):
    return MADE_BEFORE


@traced(one)
def size_output(x):
    return x.shape[0]


@traced(one)
def shape_output(x):
    return x.shape


@traced(lambda: (one(), 3))
def number_input(x, n):
    return x * n


@traced(lambda: "ab")
def text_input(a, b):
    return a


@traced(lambda: None)
def no_input(x):
    return x


@traced(lambda: ((one(), 2),))
def tuple_with_number(p):
    return p[0] * 2


@traced(lambda: ((),))
def empty_tuple(p):
    return torch.ones(1)


@traced(two)
def too_few_parameters(x):
    return x


WEIGHT = torch.ones(3, requires_grad=True)


@traced(one)
def captures_gradient(x):
    return x * WEIGHT


@traced(one)
def captures_detached(x):
    return x * WEIGHT.detach()


@traced(one)
def raises(x):
    y = x + 1
    raise KeyError(str(y.dim()))


@traced(one, lambda: (3,), lambda: (one(), one()), lambda: (), lambda: {"x": one()}, lambda: {"z": one()})
def called_wrongly(x):
    return x + 1


class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 3)

    def forward(self, pair, scale):
        return {"a": self.linear(pair[0]) * scale["s"], "b": pair[1]}


@built(lambda: ((torch.randn(4, 3), torch.randn(4, 3)), {"s": torch.tensor(2.0)}))
def module_with_containers():
    return torch.jit.trace(Pair(), ((one(), one()), {"s": torch.tensor(0.5)}), strict=False)


class Swapped(nn.Module):
    def forward(self, x, y):
        return y, x


class Outer(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Swapped()

    def forward(self, x, y):
        a, b = self.inner(x, y)
        return a - b


@built(two, two_more)
def tuple_between_modules():
    return torch.jit.trace(Outer(), two())
