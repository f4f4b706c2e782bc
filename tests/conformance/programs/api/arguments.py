"""How Python values become arguments of compiled code, type by type."""
import enum
from typing import Any, Dict, List, NamedTuple, Optional, Tuple, Union

import numpy as np
import torch


def attempt(fn, *values):
    """What compiled ``fn`` makes of each value, or the last line of its refusal."""
    f = torch.jit.script(fn)
    for value in values:
        shown = f"{type(value).__name__} {value}".replace("\n", " ")
        try:
            print(shown, "->", f(value))
        except RuntimeError as error:
            print(shown, "refused:", str(error).splitlines()[0], "|", str(error).splitlines()[-1][:160])


def case_tensor():
    def f(x: torch.Tensor):
        return x

    attempt(f, torch.ones(1), 3, 2.5, np.ones(1), [torch.ones(1)])


def case_parameter():
    def f(x: torch.Tensor):
        return x + 1

    print(torch.jit.script(f)(torch.nn.Parameter(torch.ones(1))).tolist())


def case_int():
    def f(x: int):
        return x

    attempt(f, 3, True, np.int32(4), torch.tensor(5), 2**63 - 1, 2**63, 1.5, "3", None, torch.tensor(1.5), torch.ones(1, dtype=torch.int64))


def case_float():
    def f(x: float):
        return x

    attempt(f, 1.5, 3, np.float32(0.5), np.float64(0.25), torch.tensor(2.5), torch.tensor(2), "x", None, True)


def case_bool():
    def f(x: bool):
        return x

    attempt(f, True, False, 1, 0.0, "True", None)


def case_str():
    def f(x: str):
        return x

    attempt(f, "abc", "", "été", 3, None)


def case_complex():
    def f(x: complex):
        return x

    attempt(f, 1j, 2 + 3j, 1.5, 2, "1j")


def case_list_of_int():
    def f(x: List[int]):
        return x

    attempt(f, [1, 2], (1, 2), [], np.array([3, 4]), torch.Size([5, 6]), [1, 2.5], "ab", 3, None)


def case_list_of_float():
    def f(x: List[float]):
        return x

    attempt(f, [1, 2], [1.5], (0.5, 1), np.array([0.5]), [1, "a"])


def case_list_of_bool():
    def f(x: List[bool]):
        return x

    attempt(f, [True, False], [1, 0])


def case_list_of_str():
    def f(x: List[str]):
        return x

    attempt(f, ["a", "b"], ("c",), [1])


def case_list_of_tensor():
    def f(x: List[torch.Tensor]):
        return len(x)

    attempt(f, [torch.ones(1)], (torch.ones(1), torch.ones(2)), [], [1])


def case_list_of_list():
    def f(x: List[List[int]]):
        return x

    attempt(f, [[1], []], [(1, 2)], [1])


def case_list_of_optional():
    def f(x: List[Optional[int]]):
        return x

    attempt(f, [1, None, 3], [None], ["a"])


def case_list_of_tuple():
    def f(x: List[Tuple[int, str]]):
        return x

    attempt(f, [(1, "a")], [(1, 2)], [(1,)])


def case_tuple():
    def f(x: Tuple[int, float]):
        return x

    attempt(f, (1, 2.0), [1, 2], (1, 2.0, 3), (1,), ("a", 1.0), 5)


def case_tuple_of_containers():
    def f(x: Tuple[List[int], Dict[str, float]]):
        return x

    attempt(f, ([1], {"a": 1}), ((1, 2), {}))


class Reading(NamedTuple):
    name: str
    value: float


def case_named_tuple():
    def f(x: Reading):
        return x

    attempt(f, Reading("a", 1.0), ("b", 2), ["c", 3.0], ("d",), 4)


def case_dict():
    def f(x: Dict[str, int]):
        return x

    attempt(f, {"a": 1}, {}, {"a": 1.5}, {1: 1}, [("a", 1)])


def case_dict_of_int_keys():
    def f(x: Dict[int, float]):
        return x

    attempt(f, {1: 2}, {True: 0.5}, {"a": 1.0})


def case_optional():
    def f(x: Optional[int]):
        return x

    attempt(f, 3, None, 2.5, "a")


def case_optional_list():
    def f(x: Optional[List[float]]):
        return x

    attempt(f, None, [1], (1.5,))


def case_union():
    def f(x: Union[int, str, List[int]]):
        return x

    attempt(f, 3, "a", [1, 2], 2.5, None, True)


def case_any():
    def f(x: Any):
        return x

    attempt(f, 3, 2.5, "a", None, [1, 2], {"a": 1}, (1, "b"), True, {1, 2}, [1, "a"])


def case_any_of_a_tensor():
    def f(x: Any) -> bool:
        return isinstance(x, torch.Tensor)

    attempt(f, torch.ones(1), 3)


def case_device():
    def f(x: torch.device):
        return x

    attempt(f, torch.device("cpu"), "cpu", 3)


def case_dtype():
    def f(x: torch.dtype):
        return x

    print(torch.jit.script(f)(torch.float32), torch.jit.script(f)(torch.int64))
    attempt(f, 6, "float")


class Shade(enum.Enum):
    DARK = "d"
    LIGHT = "l"


def case_enum():
    def f(x: Shade) -> str:
        return x.value

    attempt(f, Shade.DARK, Shade.LIGHT)
    try:
        torch.jit.script(f)("d")
    except RuntimeError as error:
        print(str(error).splitlines()[0])


@torch.jit.script
class Box:
    def __init__(self, n: int):
        self.n = n


def case_class():
    def f(x: Box) -> int:
        return x.n + 1

    print(torch.jit.script(f)(Box(3)))


def case_number():
    @torch.jit.script
    def f(x, n: float = 2):
        return x * n

    print(f(torch.ones(1)).tolist(), f.schema)
