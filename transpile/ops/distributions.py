"""Random values of further distributions: exponential, geometric, Cauchy, Poisson, binomial, gamma, Dirichlet.

Each takes from the stream what PyTorch takes, and computes in the steps and types of PyTorch: a different rounding could
decide differently about a draw.  What the methods of rejection are by, NOTICE says.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.ops.families import Family, require_supported
from transpile.ops.generator import Mt19937Generator
from transpile.ops.promotion import Array, cast, compute_dtype, dtype_of
from transpile.ops.random import (
    empty_in_same_order,
    fill_drawn,
    normal_,
    random_fill,
    stream_of,
    uniform_,
)

FAMILY = Family("distributions", tags=("random",))
op = FAMILY.op

# --- in place ------------------------------------------------------------------------------------------------------


@op("aten::exponential_(Tensor(a!) self, float lambd=1., *, Generator? generator=None) -> Tensor(a!)")
def exponential_(self: Array, lambd: float = 1.0, *, generator: Any = None) -> Array:
    if not dtype_of(self).is_floating_point:
        raise RuntimeError(
            "Exponential distribution is a continuous probability distribution. dtype must be a floating point but you "
            f"specified {dtype_of(self).graph_name}"
        )
    if not lambd > 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd:g}")
    return fill_drawn(self, stream_of(generator).exponential(self.size, lambd, self.dtype))


@op("aten::geometric_(Tensor(a!) self, float p, *, Generator? generator=None) -> Tensor(a!)")
def geometric_(self: Array, p: float, *, generator: Any = None) -> Array:
    dtype = dtype_of(self)
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
    require_supported(dtype is not D.bool_ and not dtype.is_complex, "geometric_cpu", dtype)
    draws = stream_of(generator).uniform(self.size, dtype=np.float64)
    return fill_drawn(self, cast(np.ceil(_log(draws) / math.log1p(-p)), dtype))


_C_NAMES = {
    D.int64: "long int", D.int32: "int", D.int16: "short int", D.int8: "signed char", D.uint8: "unsigned char",
    D.bool_: "bool", D.complex64: "c10::complex<float>", D.complex128: "c10::complex<double>",
}  # fmt: skip


@op("aten::cauchy_(Tensor(a!) self, float median=0., float sigma=1., *, Generator? generator=None) -> Tensor(a!)")
def cauchy_(self: Array, median: float = 0.0, sigma: float = 1.0, *, generator: Any = None) -> Array:
    if not dtype_of(self).is_floating_point:
        raise RuntimeError(
            "Cauchy distribution is a continuous probability distribution. dtype must be a floating point but you "
            f"specified {_C_NAMES[dtype_of(self)]}"
        )
    if not sigma > 0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
    draws = stream_of(generator).uniform(self.size, dtype=np.float64)
    tangents = np.array([math.tan(math.pi * (d - 0.5)) for d in draws.tolist()], np.float64)
    return fill_drawn(self, cast(median + sigma * tangents, dtype_of(self)))


@op("aten::log_normal_(Tensor(a!) self, float mean=1., float std=2., *, Generator? generator=None) -> Tensor(a!)")
def log_normal_(self: Array, mean: float = 1.0, std: float = 2.0, *, generator: Any = None) -> Array:
    if not std > 0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
    require_supported(dtype_of(self).is_floating_point, "log_normal_cpu", dtype_of(self))
    draws = stream_of(generator).normal_serial(self.size, mean, std, np.float64)
    return fill_drawn(self, cast(np.array([_exp(d) for d in draws.tolist()], np.float64), dtype_of(self)))


def _log(values: Array) -> Array:
    """The C library's logarithm: NumPy's may differ in the last bit."""
    return np.array([math.log(v) if v > 0 else -math.inf for v in values.tolist()], np.float64)


def _exp(value: float) -> float:
    return math.exp(value) if value < 709.7 else math.inf


# --- the same as new tensors ---------------------------------------------------------------------------------------


def _functional(schema: str, name: str, fill: Callable[..., Array]) -> None:
    """A new tensor of the shape and type of the first argument, filled by an in-place operator."""
    parameters = f", {schema}" if schema else ""
    op(f"aten::{name}(Tensor self{parameters}, *, Generator? generator=None) -> Tensor")(
        lambda self, *given, **keywords: fill(empty_in_same_order(self), *given, **keywords)
    )


def _kernel(operator: Any) -> Callable[..., Array]:
    kernel: Callable[..., Array] = operator.kernel
    return kernel


_functional("float lambd=1.", "exponential", _kernel(exponential_))
_functional("float p", "geometric", _kernel(geometric_))
_functional("float median=0., float sigma=1.", "cauchy", _kernel(cauchy_))
_functional("float mean=1., float std=2.", "log_normal", _kernel(log_normal_))
_functional("float from=0., float to=1.", "uniform", _kernel(uniform_))
_functional("float mean=0., float std=1.", "normal_functional", _kernel(normal_))
_functional("int from, int? to", "random.from", random_fill)
_functional("int to", "random.to", random_fill)
_functional("", "random", random_fill)

# --- by rejection --------------------------------------------------------------------------------------------------


def _poisson(rate: float, stream: Mt19937Generator) -> float:
    """One value: products of uniforms for small rates, Hörmann's transformed rejection (PTRS) from 10 on."""
    if not rate >= 0:
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    if rate == 0:
        return 0.0
    if rate < 10:
        limit, product, count = math.exp(-rate), 1.0, 0
        while True:
            product *= stream.unit()
            if product <= limit:
                return float(count)
            count += 1
    root, log_rate = math.sqrt(rate), math.log(rate)
    b = 0.931 + 2.53 * root
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    limit = 0.9277 - 3.6224 / (b - 2)
    while True:
        u = stream.unit() - 0.5
        v = stream.unit()
        distance = 0.5 - abs(u)
        if rate == math.inf:
            if distance >= 0.07 and v <= limit:
                return -(2.0**63)  # what a conversion of infinity gives
            continue
        k = math.floor((2 * a / distance + b) * u + rate + 0.43) if distance else -1
        if distance >= 0.07 and v <= limit:
            return float(k)
        if k < 0 or (distance < 0.013 and v > distance):
            continue
        left = (math.log(v) if v > 0 else -math.inf) + math.log(inverse_alpha) - math.log(a / (distance * distance) + b)
        if left <= -rate + k * log_rate - math.lgamma(k + 1):
            return float(k)


@op("aten::poisson(Tensor self, Generator? generator=None) -> Tensor", tags=("nograd",))
def poisson(self: Array, generator: Any = None) -> Array:
    """Poisson distributed values, each with its rate."""
    require_supported(dtype_of(self).is_floating_point, "poisson_cpu", dtype_of(self))
    stream = stream_of(generator)
    rates = cast(self, compute_dtype(dtype_of(self))).astype(np.float64)
    drawn = np.array([_poisson(rate, stream) for rate in rates.ravel().tolist()], np.float64)
    return cast(drawn.reshape(self.shape), dtype_of(self))


_TAILS = (
    0.0810614667953272, 0.0413406959554092, 0.0276779256849983, 0.02079067210376509, 0.0166446911898211,
    0.0138761288230707, 0.0118967099458917, 0.0104112652619720, 0.00925546218271273, 0.00833056343336287,
)  # fmt: skip


def _stirling_tail(k: float) -> float:
    """log(k!) minus Stirling's formula."""
    if k < len(_TAILS):
        return _TAILS[int(k)]
    square = (k + 1) * (k + 1)
    return (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / (k + 1)


def _binomial_inversion(count: Any, probability: Any, stream: Mt19937Generator) -> Any:
    """Steps of geometric length until they exceed the count."""
    log = float(np.log1p(-probability))
    total, successes = 0.0, type(count)(0)
    while True:
        u = stream.unit()
        total += np.ceil((math.log(u) if u > 0 else -math.inf) / np.float64(log))
        if not total <= count:
            return successes
        successes = successes + type(count)(1)


def _binomial_rejection(count: Any, probability: Any, stream: Mt19937Generator) -> Any:
    """Hörmann's transformed rejection (BTRS) for count * probability >= 10."""
    one = type(count)(1)
    deviation = float(np.sqrt(count * probability * (one - probability)))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * float(probability)
    c = float(count * probability) + 0.5
    limit = 0.92 - 4.2 / b
    odds = float(probability / (one - probability))
    alpha = (2.83 + 5.1 / b) * deviation
    mode = float(np.floor((count + one) * probability))
    while True:
        u = stream.unit() - 0.5
        v = stream.unit()
        distance = np.float64(0.5 - abs(u))
        k = type(count)(np.floor((2 * a / distance + b) * u + c))
        if k < 0 or k > count:
            continue
        if distance >= 0.07 and v <= limit:
            return k
        height = np.log(np.float64(v * alpha / float(a / (distance * distance) + b)))
        n = float(count)
        bound = (
            (mode + 0.5) * math.log((mode + 1) / (odds * (n - mode + 1)))
            + float(count + one) * math.log((n - mode + 1) / float(count - k + one))
            + (float(k) + 0.5) * math.log(odds * float(count - k + one) / float(k + one))
            + _stirling_tail(mode)
            + _stirling_tail(n - mode)
            - _stirling_tail(float(k))
            - _stirling_tail(float(count - k))
        )
        if height <= bound:
            return k


def _binomial(count: Any, probability: Any, stream: Mt19937Generator) -> Any:
    """One value; count and probability are NumPy numbers of one floating type, which the steps are rounded to."""
    if count <= 0 or probability <= 0:
        return type(count)(0)
    if probability >= 1:
        return count
    if np.isnan(probability) or np.isnan(count):
        return type(count)(np.nan)
    if count == np.inf:
        return count
    flipped = probability > 0.5
    chance = type(count)(1.0 - float(probability)) if flipped else probability
    method = _binomial_rejection if count * chance >= 10 else _binomial_inversion
    drawn = method(count, chance, stream)
    return count - drawn if flipped else drawn


@op("aten::binomial(Tensor count, Tensor prob, Generator? generator=None) -> Tensor", tags=("nograd",))
def binomial(count: Array, prob: Array, generator: Any = None) -> Array:
    """Binomially distributed values: the successes among ``count`` trials of probability ``prob``."""
    for name, given in (("count", count), ("prob", prob)):
        if not dtype_of(given).is_floating_point:
            raise ValueError(
                f"binomial only supports floating-point dtypes for {name}, got: {dtype_of(given).graph_name}"
            )
    if count.dtype != prob.dtype:
        raise RuntimeError(f"Found dtype {dtype_of(prob).graph_name} but expected {dtype_of(count).graph_name}")
    require_supported(count.dtype in (np.float32, np.float64), "binomial_cpu", dtype_of(count))
    stream = stream_of(generator)
    counts, chances = np.broadcast_arrays(count, prob)
    pairs = zip(counts.ravel(), chances.ravel(), strict=True)
    return np.array([_binomial(n, p, stream) for n, p in pairs], count.dtype).reshape(counts.shape)


_THIRD = np.float32(1.0) / np.float32(3.0)
_SQUEEZE = float(np.float32(0.0331))


def _gamma(alpha: Any, stream: Mt19937Generator) -> float:
    """One value by Marsaglia and Tsang's method; ``alpha`` is a NumPy number, which the first steps are rounded to."""
    kind = type(alpha)
    scale = 1.0
    if alpha < 1:
        if alpha == 0:
            return 0.0
        exponent = float(kind(1) / alpha)
        scale = (1 - stream.unit()) ** exponent
        alpha = alpha + kind(1)
    d = float(alpha - kind(_THIRD))
    if not d > 0:
        return math.nan
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        y = 0.0
        while y <= 0:
            x = stream.next_normal()
            y = 1.0 + c * x
        v = y * y * y
        u = 1 - stream.unit()
        square = x * x
        if u < 1.0 - _SQUEEZE * square * square or math.log(u) < 0.5 * square + d * (1.0 - v + math.log(v)):
            return scale * d * v


@op("aten::_standard_gamma(Tensor self, Generator? generator=None) -> Tensor", tags=("nograd",))
def standard_gamma(self: Array, generator: Any = None) -> Array:
    """Gamma distributed values of rate 1, each with its concentration."""
    require_supported(self.dtype in (np.float32, np.float64), "gamma_cpu", dtype_of(self))
    stream = stream_of(generator)
    drawn = np.array([_gamma(alpha, stream) for alpha in self.ravel()], np.float64).astype(self.dtype)
    return np.maximum(drawn, np.finfo(self.dtype).tiny).reshape(self.shape)


@op("aten::_sample_dirichlet(Tensor self, Generator? generator=None) -> Tensor", tags=("nograd",))
def sample_dirichlet(self: Array, generator: Any = None) -> Array:
    """Shares that sum to 1 along the last dimension, with the concentrations in ``self``."""
    require_supported(self.dtype in (np.float32, np.float64), "dirichlet", dtype_of(self))
    stream = stream_of(generator)
    drawn = np.array([_gamma(np.float64(alpha), stream) for alpha in self.ravel()], np.float64).reshape(self.shape)
    total = drawn.sum(axis=-1, keepdims=True) if self.ndim else drawn
    shares = (drawn / total).astype(self.dtype)
    limits = np.finfo(self.dtype)
    return np.asarray(np.clip(shares, limits.tiny, 1 - limits.eps / 2), self.dtype)
