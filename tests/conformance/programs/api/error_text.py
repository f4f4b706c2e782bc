"""The texts of errors, when compiling and when running."""
import re
from typing import List

import torch
from torch import nn

from tests.conformance.cases import comparable, refusal


def deepest(x):
    return x + missing_name


def middle(x):
    y = x * 2
    return deepest(y)


def case_error_in_a_callee_names_the_calls():
    def top(x):
        return middle(x)

    refusal(lambda: torch.jit.script(top), "undefined value missing_name", "'deepest' is being compiled since it was called from 'middle'",
            "'middle' is being compiled since it was called from 'top'", "~~~~~~~~~~~~ <--- HERE")


class Broken(nn.Module):
    def forward(self, x):
        return self.part(x)

    def part(self, x):
        return x.no_such_method()


def case_error_in_a_method_names_the_calls():
    refusal(lambda: torch.jit.script(Broken()), "no_such_method",
            "'Broken.part' is being compiled since it was called from 'Broken.forward'")


def text_of(call):
    try:
        call()
    except Exception as error:
        print(f"{type(error).__name__}: {marks(error)}")


def marks(error):
    """The text; how far a range reaches to the right is left out."""
    return re.sub("~+", "~", str(error))


def ends_of(call):
    """The first and last lines: how many frames there are between them is a matter of inlining."""
    try:
        call()
    except Exception as error:
        lines = comparable(marks(error)).splitlines()
        print(type(error).__name__, *lines[:2], *lines[-5:], sep="\n")


def case_raise():
    @torch.jit.script
    def f(x: int) -> int:
        if x < 0:
            raise ValueError("negative " + str(x))
        return x

    text_of(lambda: f(-1))


def case_raise_without_message():
    @torch.jit.script
    def f(x: int) -> int:
        if x < 0:
            raise RuntimeError()
        return x

    text_of(lambda: f(-1))


def case_assert():
    @torch.jit.script
    def f(x: int) -> int:
        assert x > 0, f"x is {x}"
        return x

    text_of(lambda: f(-1))


def case_assert_without_message():
    @torch.jit.script
    def f(x: int) -> int:
        assert x > 0
        return x

    text_of(lambda: f(-1))


def inner_raise(x: int) -> int:
    if x == 3:
        raise IndexError("three")
    return x


def case_raise_in_a_callee():
    @torch.jit.script
    def f(xs: List[int]) -> int:
        total = 0
        for x in xs:
            total += inner_raise(x)
        return total

    ends_of(lambda: f([1, 2, 3]))


class Checks(nn.Module):
    def forward(self, x):
        return self.check(x)

    def check(self, x):
        if x.numel() == 0:
            raise ValueError("empty")
        return x


class Holds(nn.Module):
    def __init__(self):
        super().__init__()
        self.checks = Checks()

    def forward(self, x):
        return self.checks(x)


def case_raise_in_a_submodule():
    m = torch.jit.script(Holds())
    ends_of(lambda: m(torch.ones(0)))


class CustomError(Exception):
    pass


def case_custom_exception():
    @torch.jit.script
    def f(x: int) -> int:
        if x < 0:
            raise CustomError("mine")
        return x

    text_of(lambda: f(-1))


def case_operator_failure_is_a_runtime_error():
    @torch.jit.script
    def f(x, y):
        return x + y

    try:
        f(torch.ones(2), torch.ones(3))
    except RuntimeError as error:
        lines = comparable(str(error)).splitlines()
        print(type(error).__name__, *lines[:2], lines[-1], sep="\n")


def case_index_out_of_range():
    @torch.jit.script
    def f(xs: List[int]) -> int:
        return xs[3]

    try:
        f([1])
    except Exception as error:
        print(type(error).__name__, str(error).splitlines()[-1])


def case_missing_key():
    from typing import Dict

    @torch.jit.script
    def f(d: Dict[str, int]) -> int:
        return d["k"]

    try:
        f({})
    except Exception as error:
        print(type(error).__name__, str(error).splitlines()[-1])


def case_error_is_not_a_value_error():
    @torch.jit.script
    def f():
        raise ValueError("v")

    try:
        f()
    except ValueError:
        print("ValueError")
    except torch.jit.Error as error:
        print("Error", isinstance(error, RuntimeError))


def case_return_type_mismatch():
    def f(x: int) -> str:
        return x

    refusal(lambda: torch.jit.script(f), "Return value was annotated as having type str but is actually of type int")


def case_two_types_for_one_variable():
    def f(x: int):
        if x > 0:
            y = 1
        else:
            y = "a"
        return y

    refusal(lambda: torch.jit.script(f), "y")


def case_no_matching_overload():
    def f(x):
        return torch.relu(x, 3, 4)

    refusal(lambda: torch.jit.script(f), "expected at most 1 argument")
