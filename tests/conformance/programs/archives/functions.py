"""Functions that go through archives: numbers, control flow, containers, tensors."""
import math
from typing import Any, Dict, List, Optional, Tuple, Union

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.conformance.round_trips import collector

PROGRAMS = {}
program = collector(PROGRAMS, torch)
X = torch.arange(6.0).reshape(2, 3) - 2
IMAGE = torch.arange(32.0).reshape(1, 2, 4, 4).sin()
WORDS = ["ab", "c", "ab"]
@program(3, 2.5)
def numbers(n: int, f: float) -> Tuple[int, float, float, bool, float]:
    return n // 2 + n % 2 - n, n / 2 + f**2, math.sqrt(f) + float(n), n > f and not n == 3, round(f)


@program(7)
def early_returns(n: int) -> str:
    for i in range(n):
        if i * i > n:
            return "found " + str(i)
        elif i == 100:
            break
    return "none"


@program(10)
def loops(n: int) -> List[int]:
    found: List[int] = []
    i = 0
    while i < n:
        i += 1
        if i % 2 == 0:
            continue
        if i > 7:
            break
        found.append(i)
    for k, v in enumerate(found):
        found[k] = v + k
    return found


@program(WORDS)
def dicts(words: List[str]) -> Dict[str, int]:
    counts: Dict[str, int] = {}
    for w in words:
        if w in counts:
            counts[w] += 1
        else:
            counts[w] = len(w)
    del counts["c"]
    return counts


@program("héllo wörld", 3)
def texts(s: str, n: int) -> Tuple[str, int, bool, List[str]]:
    return "<{}|{}>".format(s.upper(), n), s.find("w"), "l" in s, s.split(" ")


@program(X, None, ["a"])
def optionals(x: Tensor, scale: Optional[float] = None, names: Optional[List[str]] = None) -> Tensor:
    if scale is not None:
        x = x * scale
    return x if names is None else x + len(names)


@program(X)
def unions(x: Tensor) -> Union[int, str]:
    value: Union[int, str] = "text"
    if x.sum() > 100:
        value = x.size(0)
    return value


@program([3, 4])
def anything(value: Any) -> str:
    if isinstance(value, List[int]):
        return "ints " + str(len(value))
    if isinstance(value, int):
        return "int " + str(value)
    return "other"


@program(5)
def asserted(n: int) -> int:
    assert n > 2, "too small"
    if n > 100:
        raise ValueError("too large: " + str(n))
    return n


@program((1, X))
def tuples(pair: Tuple[int, Tensor]) -> Tuple[Tuple[Tensor, int], List[int]]:
    n, x = pair
    (a, b), c = (x, n + 1), [n, n * 2]
    return (a + b, b), c


@program([1, 2, 3, 4])
def comprehensions(values: List[int]) -> Tuple[List[int], Dict[int, float], int, List[int]]:
    return [v * v for v in values], {v: v / 2 for v in values}, max(values), values[::-1][1:]


@program(2)
def complex_numbers(n: int) -> Tuple[complex, float]:
    c = complex(n, 1.5) * 2j
    return c, abs(c)


@program(1e-7)
def constants(x: float) -> List[float]:
    return [x, 0.1, 1e20, float("inf"), -float("inf"), -0.0, 1.0, 123456789.125]


@program([3, 1, 2])
def sorting(values: List[int]) -> Tuple[List[int], List[int]]:
    ordered = sorted(values)
    values.sort(reverse=True)
    return ordered, values


@program(X)
def shapes(x: Tensor) -> Tuple[List[int], int, int, bool]:
    return x.shape, x.dim(), x.size(-1), x.is_floating_point()

@program(X)
def indexing(x: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
    return x[1], x[:, 1:], x[x > 0], x[None, ..., 0]


@program(X)
def assignments(x: Tensor) -> Tensor:
    y = x.clone()
    y[0] = 5.0
    y[:, 1] *= 2
    y[y > 4] = -1.0
    y += 1
    return y


@program(X)
def divisions(x: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
    return x / 2, 1 / (x + 3), x // 2, torch.div(x, 2, rounding_mode="trunc")


@program(4)
def factories(n: int) -> Tensor:
    a = torch.full([n], 2) + torch.arange(n) + torch.linspace(0, 1, n) + torch.logspace(0, 1, n, 2.0)
    return a + torch.zeros(n) + torch.ones([n], dtype=torch.float64) + torch.tensor([1] * 4)


@program(X)
def several_results(x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    values, places = x.max(dim=1)
    top = torch.topk(x, 2, dim=1)
    return values, places, top.values + torch.sort(x)[0][:, :2]


@program(X)
def into_tensors(x: Tensor) -> Tensor:
    out = torch.zeros_like(x)
    torch.add(x, 1, out=out)
    return torch.div(out, x + 5, out=out)


@program(X)
def gelus(x: Tensor) -> Tensor:
    return F.gelu(x) + F.gelu(x, approximate="tanh") + F.silu(x) + F.softplus(x)


@program(X, X + 1)
def normalized(x: Tensor, y: Tensor) -> Tensor:
    return F.normalize(x, dim=1) + F.cosine_similarity(x, y, dim=0) + F.layer_norm(x, [3])


@program(X)
def norms(x: Tensor) -> Tensor:
    return torch.norm(x, p=2, dim=1) + torch.linalg.vector_norm(x, 1.0) + torch.tensordot(x, x, 2)


@program(IMAGE)
def images(x: Tensor) -> Tensor:
    y = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
    return F.pad(F.max_pool2d(y, 2), [1, 1, 0, 0]) + F.avg_pool2d(y, 2).mean()


@program(X)
def einsums(x: Tensor) -> Tensor:
    return torch.einsum("ij,kj->ik", x, x) + torch.cat([x, x], dim=1)[:, :2] + torch.stack([x, x]).sum()


def slow(x: Tensor, n: int) -> Tensor:
    for _ in range(n):
        x = x * 1.5
    return x


@program(X)
def tasks(x: Tensor) -> Tensor:
    a = torch.jit.fork(slow, x, 2)
    b = torch.jit.fork(slow, x, 3)
    return torch.jit.wait(a) + torch.jit.wait(b)


@program(X)
def without_gradients(x: Tensor) -> Tensor:
    with torch.no_grad():
        y = x * 2
    return y + 1
