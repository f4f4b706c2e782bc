"""The CPU random number generator: the same seed gives the same bits as PyTorch 2.13 on x86-64.

`Mt19937Generator` draws raw 32 and 64 bit words from MT19937 (NumPy's bit generator, seeded our own way) and turns
them into the distributions that PyTorch's CPU kernels produce. Every fill works on a flat, newly made array; the
caller reshapes it. How each distribution consumes the stream:

* uniform: one word for float32, float16 and bfloat16 (its low 24 bits), two for float64 (53 bits, first word high).
  A value that rounding takes up to the excluded upper bound becomes the lower one.
* normal: fewer than 16 values draw pairs of 53-bit uniforms and keep the second value for the next call; 16 or more
  draw uniforms of the wanted type and transform blocks of 16 in place (Box-Muller); with an incomplete last block the
  last 16 values are drawn anew. The 16-bit floats are float32 values rounded at the end, and skip the draws of the
  incomplete block.
* integers: one word modulo the span below 2**28, else two.
* Bernoulli with a scalar, exponential: 53-bit uniforms. Bernoulli with a tensor: uniforms of the tensor's type.

The float32 logarithm, sine and cosine are short polynomials with fused multiply-add steps: their rounding, not just
their value, is part of the stream's definition, so they are spelled out here instead of calling NumPy. They are altered
versions of what avx_mathfun and Cephes have; see NOTICE.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]

DEFAULT_SEED = 67280421310721
_WORD = 0xFFFFFFFF
_MASK53 = np.uint64((1 << 53) - 1)
_WIDE_SPAN = 1 << 28  # from here on an integer draw takes two words
_BLOCK = 16


@dataclass(frozen=True)
class GeneratorState:
    """All that decides what comes next."""

    seed: int
    key: Array
    position: int
    cached_normal: float | None


def _fma32(a: Array, b: Array | np.float32, c: Array | np.float32) -> F32:
    """a * b + c with one rounding, for float32 values.

    The product is exact in float64; the sum may be rounded there, which matters only when it lands on the midpoint
    of two float32 values: those are moved off it towards the exact result.
    """
    product = np.multiply(a, b, dtype=np.float64)
    addend = np.asarray(c, dtype=np.float64)
    total = product + addend
    bits = total.view(np.int64) if total.ndim else total.reshape(1).view(np.int64)
    ties = (bits & 0x1FFFFFFF) == 0x10000000
    if ties.any():
        back = total - product
        lost = (product - (total - back)) + (addend - back)
        away = np.where(lost > 0, np.inf, np.where(lost < 0, -np.inf, total))
        total = np.where(ties.reshape(total.shape), np.nextafter(total, away), total)
    return total.astype(np.float32)


def _fma64(a: F64, b: float, c: float) -> F64:
    """a * b + c with one rounding, for float64 values of moderate size (Boldo and Melquiond's round-to-odd sum)."""
    factor = np.float64(b)
    splitter = np.float64(134217729.0)
    scaled = a * splitter
    a_high = scaled - (scaled - a)
    a_low = a - a_high
    scaled_b = factor * splitter
    b_high = scaled_b - (scaled_b - factor)
    b_low = factor - b_high
    high = a * factor
    low = ((a_high * b_high - high) + a_high * b_low + a_low * b_high) + a_low * b_low
    addend = np.full_like(a, c)
    tail, tail_low = _two_sum(addend, low)
    total, total_low = _two_sum(high, tail)
    rest, rest_low = _two_sum(tail_low, total_low)
    even = (np.ascontiguousarray(rest).view(np.int64) & 1) == 0
    towards = np.where(rest_low > 0, np.inf, -np.inf)
    rest = np.where(even & (rest_low != 0), np.nextafter(rest, towards), rest)
    return np.asarray(total + rest, dtype=np.float64)


def _two_sum(a: F64, b: F64) -> tuple[F64, F64]:
    """The rounded sum and exactly what rounding lost."""
    total = a + b
    back = total - a
    return total, (a - (total - back)) + (b - back)


_LOG_COEFFICIENTS = [
    np.float32(c)
    for c in (
        7.0376836292e-2,
        -1.1514610310e-1,
        1.1676998740e-1,
        -1.2420140846e-1,
        1.4249322787e-1,
        -1.6668057665e-1,
        2.0000714765e-1,
        -2.4999993993e-1,
        3.3333331174e-1,
    )
]
_SIN_COEFFICIENTS = [np.float32(c) for c in (-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)]
_COS_COEFFICIENTS = [np.float32(c) for c in (2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)]
_MINUS_QUARTER_PI = [np.float32(c) for c in (-0.78515625, -2.4187564849853515625e-4, -3.77489497744594108e-8)]


def _polynomial(x: F32, coefficients: list[np.float32]) -> F32:
    value: F32 = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        value = _fma32(value, x, coefficient)
    return value


def _log32(x: F32) -> F32:
    """log(x) for normal positive float32 x: Cephes' polynomial on [sqrt(1/2), sqrt(2)] plus the exponent's share."""
    one = np.float32(1)
    bits = np.ascontiguousarray(x).view(np.int32)
    exponent = ((bits >> 23) - 127).astype(np.float32) + one
    mantissa = ((bits & 0x007FFFFF) | 0x3F000000).view(np.float32)
    small = mantissa < np.float32(0.707106781186547524)
    rest = (mantissa - one) + np.where(small, mantissa, np.float32(0))
    exponent = exponent - np.where(small, one, np.float32(0))
    square = rest * rest
    value = _polynomial(rest, _LOG_COEFFICIENTS) * rest
    value = _fma32(value, square, exponent * np.float32(-2.12194440e-4))
    value = _fma32(square, np.float32(-0.5), value)
    return _fma32(exponent, np.float32(0.693359375), rest + value)


def _sin_cos32(x: F32) -> tuple[F32, F32]:
    """(sin x, cos x) for float32 0 <= x < 2**20: octant reduction in three steps, then Cephes' polynomials."""
    octant = (x * np.float32(4 / math.pi)).astype(np.int32)
    octant = (octant + 1) & ~1
    turns = octant.astype(np.float32)
    for part in _MINUS_QUARTER_PI:
        x = _fma32(turns, part, x)
    square = x * x
    cosine = _polynomial(square, _COS_COEFFICIENTS) * square
    cosine = _fma32(cosine, square, -(square * np.float32(0.5))) + np.float32(1)
    sine = _polynomial(square, _SIN_COEFFICIENTS) * square
    sine = _fma32(sine, x, x)
    straight = (octant & 2) == 0
    sin_value = np.where(straight, sine, cosine)
    cos_value = np.where(straight, cosine, sine)
    return (
        np.where((octant & 4) != 0, -sin_value, sin_value),
        np.where(((octant - 2) & 4) == 0, -cos_value, cos_value),
    )


def _libm(function: Callable[[float], float], values: F64) -> F64:
    """Applies the C library's function: NumPy's own vectorised versions may differ in the last bit."""
    flat = [function(value) for value in values.ravel().tolist()]
    return np.array(flat, dtype=np.float64).reshape(values.shape)


class Mt19937Generator:
    """A stream of random numbers. Not locked: one thread at a time."""

    def __init__(self, seed: int = DEFAULT_SEED) -> None:
        self._bits = np.random.MT19937()
        self._seed = 0
        self._cached_normal: float | None = None
        self.manual_seed(seed)

    # -- state ---------------------------------------------------------------------------------------------------

    def manual_seed(self, seed: int) -> Mt19937Generator:
        """Starts the stream anew. Only the low 32 bits of `seed` matter; negative seeds wrap as 64-bit integers."""
        if not -(1 << 63) <= seed < (1 << 64):
            raise RuntimeError("Overflow when unpacking long long")
        self._seed = seed & 0xFFFFFFFFFFFFFFFF
        key = [self._seed & _WORD]
        for index in range(1, 624):
            previous = key[-1]
            key.append((1812433253 * (previous ^ (previous >> 30)) + index) & _WORD)
        self._load(np.array(key, dtype=np.uint32), 624)
        self._cached_normal = None
        return self

    def initial_seed(self) -> int:
        """The seed that the stream was last started with."""
        return self._seed

    def get_state(self) -> GeneratorState:
        """A snapshot for `set_state`."""
        inner: Any = self._bits.state["state"]
        return GeneratorState(self._seed, inner["key"].copy(), int(inner["pos"]), self._cached_normal)

    def set_state(self, state: GeneratorState) -> Mt19937Generator:
        """Continues where `state` was taken."""
        self._seed = state.seed
        self._load(state.key, state.position)
        self._cached_normal = state.cached_normal
        return self

    def clone(self) -> Mt19937Generator:
        """An independent generator that continues with the same numbers."""
        return Mt19937Generator(0).set_state(self.get_state())

    def _load(self, key: Array, position: int) -> None:
        self._bits.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": position}}

    # -- raw words -----------------------------------------------------------------------------------------------

    def random32(self) -> int:
        """The next 32-bit word."""
        return int(self._bits.random_raw())

    def random64(self) -> int:
        """The next two words, the first one high."""
        high = self.random32()
        return (high << 32) | self.random32()

    def unit(self) -> float:
        """The next float64 in [0, 1)."""
        return float(self.random64() & ((1 << 53) - 1)) * 2.0**-53

    def words32(self, count: int) -> npt.NDArray[np.uint64]:
        """The next `count` 32-bit words, as uint64."""
        return np.asarray(self._bits.random_raw(count), dtype=np.uint64)

    def words64(self, count: int) -> npt.NDArray[np.uint64]:
        """`count` 64-bit words of two draws each."""
        words = self.words32(2 * count)
        combined: npt.NDArray[np.uint64] = (words[0::2] << np.uint64(32)) | words[1::2]
        return combined

    def _uniform24(self, count: int) -> F32:
        bits: npt.NDArray[np.uint64] = self.words32(count) & np.uint64(0xFFFFFF)
        values: F32 = bits.astype(np.float32) * np.float32(2.0**-24)
        return values

    def _uniform53(self, count: int) -> F64:
        bits: npt.NDArray[np.uint64] = self.words64(count) & _MASK53
        return bits.astype(np.float64) * 2.0**-53

    # -- distributions -------------------------------------------------------------------------------------------

    def uniform(self, count: int, low: float = 0.0, high: float = 1.0, dtype: npt.DTypeLike = np.float32) -> Array:
        """`count` values in [low, high): float32, float64, or a shorter float computed as float32."""
        wanted = np.dtype(dtype)
        if wanted == np.float64:
            values: Array = self._uniform53(count)
            if (low, high) == (0.0, 1.0):
                return values
            values = _fma64(values, float(high) - float(low), float(low))
        else:
            values = self._uniform24(count)
            if (low, high) != (0.0, 1.0):
                first = np.float32(low)
                values = _fma32(values, np.float32(high) - first, first)
            values = values.astype(wanted, copy=False)
        first, last = np.array([low, high]).astype(wanted)
        return values if first == last else np.where(values == last, first, values)

    def normal(self, count: int, mean: float = 0.0, std: float = 1.0, dtype: npt.DTypeLike = np.float32) -> Array:
        """`count` values of the normal distribution, as PyTorch fills a contiguous tensor."""
        wanted = np.dtype(dtype)
        if count < _BLOCK:
            return self.normal_serial(count, mean, std, wanted)
        inner = np.dtype(np.float64 if wanted == np.float64 else np.float32)
        whole = count // _BLOCK * _BLOCK
        values = self.uniform(count if inner == wanted else whole, dtype=inner)
        head = self._box_muller(values[:whole], mean, std)
        if whole == count:
            return head.astype(wanted, copy=False)
        tail = self._box_muller(self.uniform(_BLOCK, dtype=inner), mean, std)
        return np.concatenate([head[: count - _BLOCK], tail]).astype(wanted, copy=False)

    def normal_serial(
        self, count: int, mean: float = 0.0, std: float = 1.0, dtype: npt.DTypeLike = np.float32
    ) -> Array:
        """`count` values drawn one by one in float64: short and non-contiguous fills."""
        values = np.empty(count, dtype=np.float64)
        for index in range(count):
            values[index] = self.next_normal()
        if (mean, std) != (0.0, 1.0) and count:
            values = _fma64(values, std, mean)
        return values.astype(dtype)

    def next_normal(self) -> float:
        """The next normally distributed float64; every second one comes from the draw before."""
        if self._cached_normal is not None:
            value, self._cached_normal = self._cached_normal, None
            return value
        first, second = self._uniform53(2).tolist()
        radius = math.sqrt(-2.0 * math.log1p(-second))
        angle = 2.0 * math.pi * first
        self._cached_normal = radius * math.sin(angle)
        return radius * math.cos(angle)

    @staticmethod
    def _box_muller(uniforms: Array, mean: float, std: float) -> Array:
        """Blocks of 8 + 8 uniforms to blocks of 8 cosine and 8 sine values."""
        pairs = uniforms.reshape(-1, 2, _BLOCK // 2)
        inverse, turn = uniforms.dtype.type(1) - pairs[:, 0], pairs[:, 1]
        if uniforms.dtype == np.float32:
            radius = np.sqrt(np.float32(-2) * _log32(inverse))
            sine, cosine = _sin_cos32(np.float32(2 * math.pi) * turn)
            values = np.stack([radius * cosine, radius * sine], axis=1)
            return _fma32(values, np.float32(std), np.float32(mean)).reshape(-1)
        radius = np.sqrt(-2.0 * _libm(math.log, inverse))
        angle = 2.0 * math.pi * turn
        values = np.stack([radius * _libm(math.cos, angle), radius * _libm(math.sin, angle)], axis=1)
        return (values if (mean, std) == (0.0, 1.0) else _fma64(values, std, mean)).reshape(-1)

    def randint(self, count: int, low: int, high: int, dtype: npt.DTypeLike = np.int64) -> Array:
        """`count` integers in [low, high); RuntimeError when there are none."""
        if low >= high:
            raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
        span = high - low
        words = self.words64(count) if span >= _WIDE_SPAN else self.words32(count)
        values: npt.NDArray[np.uint64] = words % np.uint64(span) + np.uint64(low & 0xFFFFFFFFFFFFFFFF)
        return values.view(np.int64).astype(dtype)

    def random(self, count: int, dtype: npt.DTypeLike = np.float32, mantissa_bits: int = 24) -> Array:
        """`count` non-negative integers up to what `dtype` can hold (floats: below or at 2**mantissa_bits)."""
        wanted = np.dtype(dtype)
        if wanted == np.bool_:
            span = 2
        elif wanted.kind in "iu":
            span = int(np.iinfo(wanted).max) + 1
        else:
            span = (1 << (53 if wanted == np.float64 else mantissa_bits)) + 1
        words = self.words64(count) if wanted.itemsize == 8 else self.words32(count)
        values: npt.NDArray[np.uint64] = words % np.uint64(span)
        return values.astype(wanted)

    def bernoulli(self, count: int, probability: float) -> npt.NDArray[np.bool_]:
        """`count` booleans, each true with `probability`."""
        return self._uniform53(count) < probability

    def bernoulli_like(self, probabilities: Array) -> npt.NDArray[np.bool_]:
        """A boolean for each entry of a flat array of probabilities."""
        if probabilities.dtype == np.float64:
            return self._uniform53(probabilities.size) < probabilities
        return self._uniform24(probabilities.size) < probabilities.astype(np.float32)

    def permutation(self, count: int) -> npt.NDArray[np.int64]:
        """The numbers 0 to count - 1 in random order."""
        order = list(range(count))
        for index, word in enumerate(self.words32(max(count - 1, 0)).tolist()):
            other = index + word % (count - index)
            order[index], order[other] = order[other], order[index]
        return np.array(order, dtype=np.int64)

    def exponential(self, count: int, rate: float = 1.0, dtype: npt.DTypeLike = np.float32) -> Array:
        """`count` values of the exponential distribution."""
        values = (-1.0 / rate) * _libm(math.log1p, -self._uniform53(count))
        return values.astype(dtype)


default_generator = Mt19937Generator()
"""The stream that everything without its own generator draws from."""


def manual_seed(seed: int) -> Mt19937Generator:
    """Starts the default stream anew."""
    return default_generator.manual_seed(seed)
