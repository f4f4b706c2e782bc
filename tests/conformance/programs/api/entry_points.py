"""What torch.jit.script and its relatives accept, return and refuse."""
import functools
import warnings
from typing import Dict, List, Tuple

import torch
from torch import nn

from tests.conformance.cases import refusal


def double(x):
    return x + x


def quadruple(x):
    return double(double(x))


class Scale(nn.Module):
    def __init__(self, factor: float):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return x * self.factor


class Point:
    def __init__(self, x: int, y: int):
        self.x = x
        self.y = y

    def norm(self) -> int:
        return self.x * self.x + self.y * self.y


class Base:
    def __init__(self):
        self.n = 1


class Derived(Base):
    def size(self) -> int:
        return self.n


def case_function_gives_script_function():
    f = torch.jit.script(double)
    print(type(f).__name__, isinstance(f, torch.jit.ScriptFunction), f(torch.ones(2)).tolist())


def case_module_gives_recursive_script_module():
    m = torch.jit.script(Scale(2.0))
    print(type(m).__name__, isinstance(m, torch.jit.ScriptModule), isinstance(m, nn.Module), m(torch.ones(2)).tolist())


def case_class_is_returned_unchanged():
    print(torch.jit.script(Point) is Point, Point(3, 4).norm())


def case_scripted_things_are_returned_as_they_are():
    f, m = torch.jit.script(double), torch.jit.script(Scale(1.0))
    print(torch.jit.script(f) is f, torch.jit.script(m) is m)


def case_list_becomes_script_list():
    xs = torch.jit.script([1, 2, 3])
    print(type(xs).__name__, len(xs), xs[0], xs[-1], list(xs), 2 in xs, 9 in xs)
    xs.append(4)
    xs[0] = 7
    xs.extend([5])
    xs.insert(0, 0)
    del xs[1]
    print(list(xs), xs.pop(), len(xs), xs.count(3), list(xs[1:3]))


def case_script_list_of_wrong_type():
    xs = torch.jit.script([1, 2, 3])
    refusal(lambda: xs.append("a"))
    refusal(lambda: xs[10])


def case_script_list_is_passed_by_reference():
    @torch.jit.script
    def push(xs: List[int]) -> int:
        xs.append(len(xs))
        return len(xs)

    plain, shared = [5], torch.jit.script([5])
    print(push(plain), plain, push(shared), list(shared))


def case_dict_becomes_script_dict():
    d = torch.jit.script({"a": 1, "b": 2})
    print(type(d).__name__, len(d), d["a"], "b" in d, "z" in d)
    d["c"] = 3
    del d["a"]
    print(sorted(d.items()), sorted(d.keys()))
    refusal(lambda: d["a"])


def case_script_dict_is_passed_by_reference():
    @torch.jit.script
    def put(d: Dict[str, int], key: str) -> int:
        d[key] = len(d)
        return len(d)

    plain, shared = {"a": 5}, torch.jit.script({"a": 5})
    print(put(plain, "k"), plain, put(shared, "k"), sorted(shared.items()))


def case_optimize_has_no_effect():
    print(torch.jit.script(double, optimize=True)(torch.ones(1)).tolist())


def case_functions_are_compiled_each_time():
    print(torch.jit.script(double) is torch.jit.script(double))


def case_callee_is_compiled_with_the_caller():
    print(torch.jit.script(quadruple)(torch.ones(1)).tolist())


def case_wrapped_function_uses_the_inner_source():
    def counted(fn):
        @functools.wraps(fn)
        def inner(*args):
            return fn(*args) * 100
        return inner

    @counted
    def half(x):
        return x / 2

    print(half(torch.ones(1)).tolist(), torch.jit.script(half)(torch.ones(1)).tolist())


def case_builtin_is_refused():
    refusal(lambda: torch.jit.script(len), "built-in")


def case_module_class_is_refused():
    refusal(lambda: torch.jit.script(Scale), "cannot be compiled since it inherits from nn.Module, pass an instance instead")


def case_int_is_refused():
    refusal(lambda: torch.jit.script(3), "built-in class")


def case_lambda_is_refused():
    refusal(lambda: torch.jit.script(lambda x: x + 1), "Expected a single top-level function")


def case_function_without_source_is_refused():
    scope = {}
    exec("def made(x):\n    return x\n", scope)
    refusal(lambda: torch.jit.script(scope["made"]))


def case_class_with_a_base_is_refused():
    refusal(lambda: torch.jit.script(Derived), "does not support inheritance yet. Please directly inherit from 'object'.")


def case_bound_method_is_a_function_whose_self_is_a_tensor():
    refusal(lambda: torch.jit.script(Scale(1.0).forward), "factor")


def case_compile_error_starts_with_a_new_line():
    def wrong(x):
        return x + undefined_name

    try:
        torch.jit.script(wrong)
    except RuntimeError as error:
        lines = str(error).splitlines()
        print(repr(lines[0]), lines[1], lines[2].startswith('  File "'), sum("<--- HERE" in line for line in lines))


def case_unsupported_node():
    def wrong(x):
        try:
            return x
        except ValueError:
            return x

    try:
        torch.jit.script(wrong)
    except torch.jit.frontend.UnsupportedNodeError as error:
        print(isinstance(error, torch.jit.frontend.NotSupportedError), isinstance(error, torch.jit.frontend.FrontendError),
              "<--- HERE" in str(error), "aren't supported" in str(error), str(error)[0] == "\n")


def case_not_supported():
    def wrong(*xs):
        return xs[0]

    try:
        torch.jit.script(wrong)
    except torch.jit.frontend.NotSupportedError as error:
        print("Compiled functions can't take variable number of arguments" in str(error))


def case_front_end_error_hierarchy():
    f = torch.jit.frontend
    print(issubclass(f.UnsupportedNodeError, f.NotSupportedError), issubclass(f.NotSupportedError, f.FrontendError))


def case_compilation_unit():
    unit = torch.jit.CompilationUnit("""
def add_one(x):
    return x + 1

def twice(x, n: int):
    # type: (Tensor, int) -> Tensor
    for i in range(n):
        x = add_one(x)
    return x
""")
    print(unit.add_one(torch.zeros(1)).tolist(), unit.twice(torch.zeros(1), 4).tolist(), unit.twice.name)
    unit.define("def three() -> int:\n    return 3\n")
    print(unit.three(), type(unit.three).__name__)


def case_compilation_unit_without_the_name():
    unit = torch.jit.CompilationUnit()
    refusal(lambda: unit.nope, "has no attribute 'nope'")


def case_script_if_tracing_runs_python_when_nothing_is_traced():
    calls = []

    @torch.jit.script_if_tracing
    def shrink(x):
        """Halve while large."""
        calls.append(1)
        while bool(x.sum() > 1):
            x = x / 2
        return x

    print(shrink(torch.ones(4)).tolist(), len(calls), shrink.__name__, shrink.__doc__, type(shrink).__name__)


class OldStyle(torch.jit.ScriptModule):
    __constants__ = ["steps"]

    def __init__(self, n: int):
        super().__init__()
        self.weight = nn.Parameter(torch.full((n,), 2.0))
        self.steps = 3
        self.offset = torch.jit.Attribute(1.5, float)

    @torch.jit.script_method
    def forward(self, x):
        for _ in range(self.steps):
            x = x * self.weight
        return self.shift(x)

    @torch.jit.script_method
    def shift(self, x):
        return x + self.offset


def case_script_module_subclass():
    m = OldStyle(2)
    print(m(torch.ones(2)).tolist(), m.shift(torch.zeros(1)).tolist(), m.steps, m.offset, type(m).__name__)
    print(m.code)
    print([n for n, _ in m.named_parameters()], isinstance(m, torch.jit.ScriptModule), sorted(m.state_dict()))


def case_script_module_subclass_changes():
    m = OldStyle(2)
    m.offset = 10.0
    with torch.no_grad():
        m.weight.fill_(1.0)
    print(m(torch.zeros(2)).tolist())
    m.eval()
    print(m.training)


def case_script_module_without_methods():
    print(repr(torch.jit.ScriptModule()))


@torch.jit.interface
class Op:
    def run(self, x: torch.Tensor) -> torch.Tensor:
        pass


@torch.jit.interface
class ModuleOp(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pass


class Negate(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return -x


class Square(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * x


class Chooses(nn.Module):
    inner: ModuleOp

    def __init__(self):
        super().__init__()
        self.inner = Negate()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner.forward(x)


def case_module_interface():
    m = torch.jit.script(Chooses())
    print(m(torch.ones(1)).tolist())
    m.inner = torch.jit.script(Square())
    print(m(torch.full((1,), 3.0)).tolist())


def case_interface_of_what_is_no_class():
    refusal(lambda: torch.jit.interface(double), "interface must be applied to a class")


def case_interface_without_return_annotation():
    def declare():
        @torch.jit.interface
        class Loose:
            def run(self, x):
                pass

    refusal(declare, "interface declarations must have a return type annotated.")


@torch.jit._overload
def either(x: int) -> int:  # noqa: F811
    ...


@torch.jit._overload
def either(x: str) -> str:  # noqa: F811
    ...


def either(x):  # noqa: F811
    return x + x


def case_overloads():
    @torch.jit.script
    def both(n: int, s: str) -> Tuple[int, str]:
        return either(n), either(s)

    print(both(3, "ab"), both.schema)


def case_export_opnames():
    print(torch.jit.export_opnames(torch.jit.script(Scale(2.0))), torch.jit.export_opnames(OldStyle(1)))


def case_state_can_be_switched_off():
    torch.jit._state.disable()
    try:
        print(torch.jit.script(double) is double)
    finally:
        torch.jit._state.enable()
    print(torch.jit.script(double) is double)


def case_no_deprecation_warnings_of_our_own():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit.*", category=DeprecationWarning)
        warnings.simplefilter("error", FutureWarning)
        print(torch.jit.script(double)(torch.ones(1)).tolist())
