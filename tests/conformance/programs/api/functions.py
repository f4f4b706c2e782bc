"""What one can look at on a compiled function, and how it is called."""
import enum
import pickle
from typing import Dict, List, NamedTuple, Optional, Tuple

import torch

from tests.conformance.cases import refusal


def affine(x, scale: float = 2.0, *, shift: int):
    """Scale and shift."""
    return x * scale + shift


def helper(x):
    return x.relu()


def outer(x, ws: List[int], d: Dict[str, float], o: Optional[int] = None) -> Tuple[torch.Tensor, int]:
    if o is None:
        o = len(ws)
    return helper(x), o


class Pair(NamedTuple):
    left: torch.Tensor
    right: int


class Color(enum.Enum):
    RED = 1
    BLUE = 2


def case_names():
    f = torch.jit.script(affine)
    print(f.name, f.qualified_name, f.__doc__)


def case_schema():
    print(torch.jit.script(affine).schema)
    print(torch.jit.script(outer).schema)
    print(repr(str(torch.jit.script(helper).schema)))


def case_code():
    print(torch.jit.script(outer).code)


def case_code_of_a_keyword_only_argument():
    print(torch.jit.script(affine).code)


def case_inlined_graph():
    f = torch.jit.script(outer)
    print("prim::CallFunction" in str(f.graph), "prim::CallFunction" in str(f.inlined_graph), "aten::relu" in str(f.inlined_graph))


def case_members_a_function_does_not_have():
    f = torch.jit.script(helper)
    print(hasattr(f, "code_with_constants"), hasattr(f, "num_inputs"), hasattr(f, "forward"))


def case_positional_and_keyword():
    f = torch.jit.script(affine)
    print(f(torch.ones(1), shift=2).tolist(), f(x=torch.ones(1), scale=3.0, shift=1).tolist(), f(torch.ones(1), 4.0, shift=0).tolist())


def case_missing_argument():
    torch.jit.script(helper)()


def case_too_many_arguments():
    torch.jit.script(helper)(torch.ones(1), 2)


def case_unknown_keyword():
    torch.jit.script(helper)(torch.ones(1), y=2)


def case_argument_given_twice():
    torch.jit.script(helper)(torch.ones(1), x=torch.ones(1))


def case_keyword_only_given_by_position():
    torch.jit.script(affine)(torch.ones(1), 1.0, 2, shift=1)


def case_wrong_type():
    @torch.jit.script
    def f(a: int) -> int:
        return a

    f(3.5)


def case_wrong_type_of_an_inferred_tensor():
    torch.jit.script(helper)(3)


def case_lists_and_dicts_are_copied():
    @torch.jit.script
    def f(xs: List[int], d: Dict[str, int]) -> int:
        xs.append(1)
        d["n"] = 1
        return len(xs) + len(d)

    xs, d = [], {}
    print(f(xs, d), xs, d)


def case_tensors_are_shared():
    @torch.jit.script
    def f(xs: List[torch.Tensor]):
        xs[0].add_(1)

    t = torch.zeros(1)
    f([t])
    print(t.tolist())


def case_named_tuple_comes_back_as_one():
    @torch.jit.script
    def f(p: Pair) -> Pair:
        return Pair(p.left + 1, p.right + 1)

    out = f(Pair(torch.ones(1), 5))
    print(type(out).__name__, out._fields, out.left.tolist(), out.right, isinstance(out, tuple))
    print(f((torch.ones(1), 5)).right)


def case_enum_comes_back_as_member():
    @torch.jit.script
    def f(c: Color) -> Color:
        if c == Color.RED:
            return Color.BLUE
        return Color.RED

    print(f(Color.RED) is Color.BLUE, f(Color.BLUE).name)


@torch.jit.script
class Counter:
    def __init__(self, start: int):
        self.n = start

    def bump(self, by: int) -> int:
        self.n += by
        return self.n


def case_object_comes_back():
    @torch.jit.script
    def f(n: int) -> Counter:
        c = Counter(n)
        c.bump(2)
        return c

    c = f(5)
    print(c.n, c.bump(1), c.n)


def case_object_goes_in():
    @torch.jit.script
    def f(c: Counter) -> int:
        return c.bump(10)

    print(f(Counter(1)))


def case_nothing_comes_back_as_none():
    @torch.jit.script
    def f(x):
        print(x)

    print(f(torch.ones(1)))


def case_dtype_comes_back_as_int():
    @torch.jit.script
    def f(x):
        return x.dtype, x.device

    print(f(torch.ones(1)))


def case_cannot_be_pickled():
    try:
        pickle.dumps(torch.jit.script(helper))
    except pickle.PickleError as error:
        print(error)


def case_type_in_an_isinstance_check():
    f = torch.jit.script(helper)
    print(isinstance(f, torch.jit.ScriptFunction), callable(f))
