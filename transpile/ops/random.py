"""Random tensors, drawn from the default generator or a given one with PyTorch's bits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.core.dtype import DType
from transpile.ops import generator as streams
from transpile.ops.families import Family, require_supported
from transpile.ops.promotion import (
    Array,
    broadcast_shapes,
    cast,
    compute_dtype,
    dtype_of,
    get_default_dtype,
    real_dtype,
    require_writable,
    shape_text,
)
from transpile.ops.registry import NoCpp

FAMILY = Family("random")
op = FAMILY.op

_RANDOM = ("random",)
_NO_GRADIENT = ("random", "nograd")
_FACTORY = ("random", "factory")


def stream_of(generator: Any) -> streams.Mt19937Generator:
    """The stream behind a generator argument: the default one for ``None``, the engine of a wrapper object."""
    if generator is None:
        return streams.default_generator
    found: streams.Mt19937Generator = getattr(generator, "_engine", generator)
    return found


def _count(shape: Sequence[int]) -> int:
    for extent in shape:
        if extent < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {extent}: {shape_text(tuple(shape))}")
    return int(np.prod(shape, dtype=np.int64))


def _memory_axes(array: Array) -> list[int]:
    """The dimensions from the largest stride to the smallest: the order in which elements are drawn."""
    return sorted(range(array.ndim), key=lambda d: -array.strides[d])


def fill_drawn(target: Array, values: Array) -> Array:
    """Store values that were drawn in order."""
    require_writable(target)
    view = target.transpose(_memory_axes(target))
    view[...] = values.reshape(view.shape)
    return target


def empty_in_same_order(self: Array, dtype: DType | None = None) -> Array:
    """A new array of the shape of ``self`` whose elements lie in the same order, without gaps."""
    return np.empty_like(self, dtype=None if dtype is None else dtype.numpy, order="K", subok=False)


# --- uniform and normal --------------------------------------------------------------------------------------------


def _parts(array: Array) -> Array:
    """The real and imaginary parts of a complex array, which have a last dimension."""
    part = array.real
    return np.lib.stride_tricks.as_strided(part, (*part.shape, 2), (*part.strides, part.itemsize))


def _uniform(shape: Sequence[int], dtype: DType, generator: Any, low: float = 0.0, high: float = 1.0) -> Array:
    if dtype.is_complex:
        parts = _uniform((*shape, 2), real_dtype(dtype), generator, low, high)
        return parts.view(dtype.numpy)[..., 0]
    require_supported(dtype.is_floating_point, "check_uniform_bounds", dtype)
    return stream_of(generator).uniform(_count(shape), low, high, dtype.numpy).reshape(tuple(shape))


def _normal(shape: Sequence[int], dtype: DType, generator: Any, mean: float = 0.0, std: float = 1.0) -> Array:
    if not std >= 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    if dtype.is_complex:  # each part has half of the variance
        parts = _normal((*shape, 2), real_dtype(dtype), generator, mean, std / math.sqrt(2))
        return parts.view(dtype.numpy)[..., 0]
    require_supported(dtype.is_floating_point or 0 in shape, "normal_kernel_cpu", dtype)
    return stream_of(generator).normal(_count(shape), mean, std, dtype.numpy).reshape(tuple(shape))


def _rand(size: Sequence[int], *, generator: Any = None, dtype: DType | None = None) -> Array:
    return _uniform(size, dtype or get_default_dtype(), generator)


def _randn(size: Sequence[int], *, generator: Any = None, dtype: DType | None = None) -> Array:
    return _normal(size, dtype or get_default_dtype(), generator)


def _rand_like(self: Array, *, generator: Any = None, dtype: DType | None = None) -> Array:
    return _uniform_fill(empty_in_same_order(self, dtype), generator=generator)


def _randn_like(self: Array, *, generator: Any = None, dtype: DType | None = None) -> Array:
    return _normal_fill(empty_in_same_order(self, dtype), generator=generator)


rand = op(
    "aten::rand(int[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, "
    "bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(_rand)
op(
    "aten::rand.generator(int[] size, *, Generator? generator, ScalarType? dtype=None, "
    "Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(_rand)
randn = op(
    "aten::randn(int[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, "
    "bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(_randn)
op(
    "aten::randn.generator(int[] size, *, Generator? generator, ScalarType? dtype=None, "
    "Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(_randn)
op(
    "aten::rand_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, "
    "bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor",
    tags=_NO_GRADIENT,
)(_rand_like)
op(
    "aten::rand_like.generator(Tensor self, *, Generator? generator, ScalarType? dtype=None, "
    "Layout? layout=None, Device? device=None, bool? pin_memory=None, "
    "MemoryFormat? memory_format=None) -> Tensor",
    tags=_NO_GRADIENT,
)(_rand_like)
op(
    "aten::randn_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, "
    "bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor",
    tags=_NO_GRADIENT,
)(_randn_like)
op(
    "aten::randn_like.generator(Tensor self, *, Generator? generator, ScalarType? dtype=None, "
    "Layout? layout=None, Device? device=None, bool? pin_memory=None, "
    "MemoryFormat? memory_format=None) -> Tensor",
    tags=_NO_GRADIENT,
)(_randn_like)


def _uniform_fill(self: Array, low: float = 0.0, high: float = 1.0, *, generator: Any = None) -> Array:
    if low > high:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}")
    if self.dtype.kind == "c":
        require_writable(self)
        _uniform_fill(_parts(self), low, high, generator=generator)
        return self
    return fill_drawn(self, _uniform(self.shape, dtype_of(self), generator, low, high))


def _normal_fill(self: Array, mean: float = 0.0, std: float = 1.0, *, generator: Any = None) -> Array:
    if not std >= 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    dtype = dtype_of(self)
    if dtype.is_complex:
        require_writable(self)
        _normal_fill(_parts(self), mean, std / math.sqrt(2), generator=generator)
        return self
    require_supported(dtype.is_floating_point, "normal_kernel_cpu", dtype)
    if self.flags.c_contiguous:
        return fill_drawn(self, _normal(self.shape, dtype, generator, mean, std))
    return fill_drawn(self, stream_of(generator).normal_serial(self.size, mean, std, dtype.numpy))


# "from" is a keyword of Python, so these kernels take everything by position.
uniform_ = op(
    "aten::uniform_(Tensor(a!) self, float from=0., float to=1., *, Generator? generator=None) -> Tensor(a!)",
    tags=_RANDOM,
)(_uniform_fill)
normal_ = op(
    "aten::normal_(Tensor(a!) self, float mean=0., float std=1., *, Generator? generator=None) -> Tensor(a!)",
    tags=_RANDOM,
)(_normal_fill)


@op("aten::normal.Tensor_float(Tensor mean, float std=1., *, Generator? generator=None) -> Tensor", tags=_RANDOM)
def normal_around(mean: Array, std: float = 1.0, *, generator: Any = None) -> Array:
    return np.asarray(_normal(mean.shape, dtype_of(mean), generator, 0.0, std) + mean)


def _scaled_normal(mean: Any, std: Array, *, generator: Any = None) -> Array:
    if std.dtype.kind == "c":
        raise RuntimeError("normal expects standard deviation to be non-complex")
    if not (std >= 0).all():
        raise RuntimeError("normal expects all elements of std >= 0.0")
    shape = broadcast_shapes(mean.shape, std.shape) if isinstance(mean, np.ndarray) else std.shape
    values = _normal(shape, dtype_of(mean if isinstance(mean, np.ndarray) else std), generator)
    return np.asarray(values * std + mean).astype(values.dtype)


op("aten::normal.float_Tensor(float mean, Tensor std, *, Generator? generator=None) -> Tensor", tags=_RANDOM)(
    _scaled_normal
)
op("aten::normal.Tensor_Tensor(Tensor mean, Tensor std, *, Generator? generator=None) -> Tensor", tags=_RANDOM)(
    _scaled_normal
)


@op(
    "aten::normal.float_float(float mean, float std, int[] size, *, Generator? generator=None, "
    "ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)
def normal(mean: float, std: float, size: Sequence[int], *, generator: Any = None, dtype: DType | None = None) -> Array:
    return _normal(size, dtype or get_default_dtype(), generator, mean, std)


# --- integers ------------------------------------------------------------------------------------------------------


def _randint(low: int, high: int, shape: Sequence[int], dtype: DType, generator: Any) -> Array:
    count = _count(shape)
    return stream_of(generator).randint(count, low, high, dtype.numpy).reshape(tuple(shape))


def _randint_below(high: int, size: Sequence[int], *, generator: Any = None, dtype: DType | None = None) -> Array:
    return _randint(0, high, size, dtype or D.int64, generator)


def _randint_between(
    low: int, high: int, size: Sequence[int], *, generator: Any = None, dtype: DType | None = None
) -> Array:
    return _randint(low, high, size, dtype or D.int64, generator)


def _randint_like_below(self: Array, high: Any, *, generator: Any = None, dtype: DType | None = None) -> Array:
    return _randint_like_between(self, 0, int(high), generator=generator, dtype=dtype)


def _randint_like_between(
    self: Array, low: int, high: int, *, generator: Any = None, dtype: DType | None = None
) -> Array:
    drawn = _randint(low, high, self.shape, dtype or dtype_of(self), generator)
    return fill_drawn(empty_in_same_order(self, dtype), drawn)


randint = op(
    "aten::randint(int high, int[] size, *, ScalarType? dtype=4, Layout? layout=None, "
    "Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(_randint_below)
op(
    "aten::randint.generator(int high, int[] size, *, Generator? generator, ScalarType? dtype=4, "
    "Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(_randint_below)
op(
    "aten::randint.low(int low, int high, int[] size, *, ScalarType? dtype=4, Layout? layout=None, "
    "Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(_randint_between)
op(
    "aten::randint.low_generator(int low, int high, int[] size, *, Generator? generator, "
    "ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(_randint_between)
for _overload, _high, _kernel in (
    ("", "int high", _randint_like_below), ("Tensor", "Tensor high", _randint_like_below),
    ("low_dtype", "int low, int high", _randint_like_between), ("generator", "int high", _randint_like_below),
    ("Tensor_generator", "Tensor high", _randint_like_below),
    ("low_generator_dtype", "int low, int high", _randint_like_between),
):  # fmt: skip
    _given = "Generator? generator, " if "generator" in _overload else ""
    op(
        f"aten::randint_like{'.' if _overload else ''}{_overload}(Tensor self, {_high}, *, {_given}ScalarType? dtype=None, "
        "Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor",
        tags=_RANDOM,
    )(_kernel)


def _randperm(n: int, *, generator: Any = None, dtype: DType | None = None) -> Array:
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    return cast(stream_of(generator).permutation(n), dtype or D.int64)


randperm = op(
    "aten::randperm(int n, *, ScalarType? dtype=4, Layout? layout=None, Device? device=None, "
    "bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(_randperm)
op(
    "aten::randperm.generator(int n, *, Generator? generator, ScalarType? dtype=4, Layout? layout=None, "
    "Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(_randperm)


def random_fill(self: Array, *bounds: int | None, generator: Any = None) -> Array:
    """The kernel of ``random_`` in all its forms."""
    stream, dtype = stream_of(generator), dtype_of(self)
    if not bounds:
        bits = {D.float16: 11, D.bfloat16: 8}.get(dtype, 24)
        return fill_drawn(self, stream.random(self.size, dtype.numpy, bits))
    low, high = (0, bounds[0]) if len(bounds) == 1 else (bounds[0] or 0, bounds[1])
    if high is None:
        high = (1 << 63) - 1 if dtype.category != D.INTEGRAL else int(np.iinfo(self.dtype).max) + 1
    return fill_drawn(self, stream.randint(self.size, low, high, dtype.numpy))


op("aten::random_.from(Tensor(a!) self, int from, int? to, *, Generator? generator=None) -> Tensor(a!)", tags=_RANDOM)(
    random_fill
)
op("aten::random_.to(Tensor(a!) self, int to, *, Generator? generator=None) -> Tensor(a!)", tags=_RANDOM)(random_fill)
random_ = op("aten::random_(Tensor(a!) self, *, Generator? generator=None) -> Tensor(a!)", tags=_RANDOM)(random_fill)

# --- other distributions -------------------------------------------------------------------------------------------


def _bernoulli_fill(self: Array, p: Any = 0.5, *, generator: Any = None) -> Array:
    stream = stream_of(generator)
    if isinstance(p, np.ndarray):
        require_supported(not dtype_of(self).is_complex, "bernoulli_tensor_cpu_self_", dtype_of(self))
        require_supported(dtype_of(p).is_floating_point, "bernoulli_tensor_cpu_p_", dtype_of(p))
        if p.size and not ((p >= 0) & (p <= 1)).all():
            raise RuntimeError("Expected p_in >= 0 && p_in <= 1 to be true, but got false.")
        spread = np.broadcast_to(p, self.shape).transpose(_memory_axes(self)).reshape(-1)
        return fill_drawn(self, stream.bernoulli_like(cast(spread, compute_dtype(dtype_of(p)))))
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
    require_supported(not dtype_of(self).is_complex, "bernoulli_scalar_cpu_", dtype_of(self))
    return fill_drawn(self, stream.bernoulli(self.size, p))


@op("aten::bernoulli(Tensor self, *, Generator? generator=None) -> Tensor", tags=_NO_GRADIENT)
def bernoulli(self: Array, *, generator: Any = None) -> Array:
    """1 with the probability that each element is, else 0."""
    require_supported(dtype_of(self).is_floating_point, "bernoulli_tensor_cpu_p_", dtype_of(self))
    return _bernoulli_fill(np.empty(self.shape, self.dtype), self, generator=generator)


def _bernoulli_like(self: Array, p: Any, *, generator: Any = None) -> Array:
    return _bernoulli_fill(empty_in_same_order(self), p, generator=generator)


op("aten::bernoulli.p(Tensor self, float p, *, Generator? generator=None) -> Tensor", tags=_NO_GRADIENT)(
    lambda self, p, *, generator=None: _bernoulli_fill(np.empty(self.shape, self.dtype), p, generator=generator)
)
op("aten::bernoulli.Tensor(Tensor self, Tensor p, *, Generator? generator=None) -> Tensor", tags=_NO_GRADIENT)(
    _bernoulli_like
)
op("aten::bernoulli_.Tensor(Tensor(a!) self, Tensor p, *, Generator? generator=None) -> Tensor(a!)", tags=_RANDOM)(
    _bernoulli_fill
)
op("aten::bernoulli_.float(Tensor(a!) self, float p=0.5, *, Generator? generator=None) -> Tensor(a!)", tags=_RANDOM)(
    _bernoulli_fill
)


@op(
    "aten::multinomial(Tensor self, int num_samples, bool replacement=False, *, Generator? generator=None) -> Tensor",
    tags=_NO_GRADIENT,
)
def multinomial(self: Array, num_samples: int, replacement: bool = False, *, generator: Any = None) -> Array:
    """Indices drawn with the (not necessarily normalised) probabilities in each row."""
    if not 0 < self.ndim <= 2:
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if not dtype_of(self).is_floating_point:
        raise RuntimeError(
            f"multinomial only supports floating-point dtypes for input, got: {dtype_of(self).graph_name}"
        )
    if num_samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and num_samples > self.shape[-1]:
        raise RuntimeError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    weights = cast(self, compute_dtype(dtype_of(self)))
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if (weights.sum(-1) == 0).any():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    stream = stream_of(generator)
    if not replacement or num_samples == 1:
        scores = weights / stream.exponential(weights.size, 1.0, weights.dtype).reshape(weights.shape)
        best = np.argsort(-scores, axis=-1, kind="stable")[..., :num_samples]
        return np.asarray(best, dtype=np.int64)
    rows = weights.reshape(-1, weights.shape[-1])
    result = np.empty((rows.shape[0], num_samples), np.int64)
    for i, row in enumerate(rows):
        cumulative = np.cumsum(row, dtype=row.dtype)
        cumulative = cumulative / cumulative[-1]
        cumulative[-1] = 1
        result[i] = np.searchsorted(cumulative, stream.uniform(num_samples, dtype=np.float64), side="left")
    return result.reshape((*self.shape[:-1], num_samples))


# --- generators ----------------------------------------------------------------------------------------------------


_GIVEN = NoCpp(
    "in C++ a generator is an argument, which whoever calls the model makes and seeds",
    "take a torch.Generator as an argument, or use torch.manual_seed",
)


@op("aten::manual_seed(int seed) -> ()", tags=("random", "effect"))
def manual_seed(seed: int) -> None:
    streams.manual_seed(seed)


@op(
    "aten::manual_seed.generator(Generator(a!) self, int seed) -> Generator(a!)",
    tags=("random", "effect"),
    no_cpp=_GIVEN,
)
def manual_seed_of(self: Any, seed: int) -> Any:
    stream_of(self).manual_seed(seed)
    return self


@op("aten::initial_seed(Generator self) -> int", tags=_RANDOM, no_cpp=_GIVEN)
def initial_seed(self: Any) -> int:
    return stream_of(self).initial_seed()


@op("aten::Generator(*, Device? device=None, int? seed=None) -> Generator", tags=_RANDOM, no_cpp=_GIVEN)
def make_generator(*, seed: int | None = None) -> Any:
    stream = streams.Mt19937Generator()
    return stream if seed is None else stream.manual_seed(seed)
