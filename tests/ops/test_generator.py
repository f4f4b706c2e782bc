"""The random number generator: stored constants, and live comparison when PyTorch is installed."""

from __future__ import annotations

import importlib
import importlib.util
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from transpile.ops.generator import Mt19937Generator, _fma32, _fma64

SHORT_NORMAL_SEED_0 = ["0x1.8a7eb8p+0", "-0x1.2c78ap-2", "-0x1.16e292p+1", "0x1.23096cp-1", "-0x1.15a342p+0"]


def make(seed: int) -> Mt19937Generator:
    return Mt19937Generator(seed)


def test_raw_words_are_those_of_the_reference_implementation() -> None:
    generator = make(5489)
    assert [generator.random32() for _ in range(3)] == [3499211612, 581869302, 3890346734]
    assert make(5489).random64() == (3499211612 << 32) | 581869302


def test_stored_values_of_seed_0() -> None:
    assert [value.hex() for value in make(0).uniform(3).tolist()] == [
        "0x1.fc2ab00000000p-2", "0x1.89545e0000000p-1", "0x1.6a67500000000p-4",
    ]  # fmt: skip
    assert make(0).normal(5).tolist() == [float.fromhex(text) for text in SHORT_NORMAL_SEED_0]
    assert make(0).normal(17).tolist()[-3:] == [0.946298360824585, -0.843676745891571, 0.9318265914916992]
    assert make(0).permutation(8).tolist() == [4, 0, 7, 3, 2, 5, 1, 6]
    assert make(0).randint(6, 0, 10).tolist() == [4, 9, 3, 0, 3, 9]


def test_state_can_be_taken_and_put_back() -> None:
    generator = make(3)
    generator.normal(3)
    state = generator.get_state()
    first = generator.normal(5)
    copy = generator.set_state(state).clone()
    assert np.array_equal(generator.normal(5), first)
    assert np.array_equal(copy.normal(5), first)
    assert generator.initial_seed() == 3


def test_only_the_low_32_bits_of_a_seed_matter() -> None:
    assert np.array_equal(make(7).uniform(10), make(7 + 2**32).uniform(10))
    with pytest.raises(RuntimeError):
        make(2**64)


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(RuntimeError, match="random_ expects 'from' to be less than 'to', but got from=3 >= to=3"):
        make(0).randint(1, 3, 3)


def test_fused_multiply_add_rounds_once() -> None:
    draw = np.random.default_rng(0)
    doubles = draw.normal(size=500)
    exact = [float(Fraction(x) * Fraction(1.7) + Fraction(0.3)) for x in doubles.tolist()]
    assert _fma64(doubles, 1.7, 0.3).tolist() == exact
    # A sum that float64 rounds onto the midpoint of two float32 values.
    a = np.array([1 + 2**-12], dtype=np.float32)
    b = np.array([1 + 2**-12], dtype=np.float32)
    tiny = np.array([2.0**-60, -(2.0**-60)], dtype=np.float32)
    both = _fma32(np.repeat(a, 2), np.repeat(b, 2), tiny)
    assert both.tolist() == [1 + 2**-11 + 2**-23, 1 + 2**-11]


def test_values_stay_below_the_upper_bound() -> None:
    values = make(1).uniform(20000, dtype=np.float16)
    assert values.max() < 1.0
    assert np.all(make(1).uniform(1000, 1.0, 1.0 + 2**-20) < np.float32(1.0 + 2**-20))


torch: Any = importlib.import_module("torch") if importlib.util.find_spec("torch") else None
needs_torch = pytest.mark.skipif(torch is None or not hasattr(torch, "_C"), reason="compares with PyTorch")


def same(ours: np.ndarray[Any, Any], theirs: Any) -> None:
    expected = theirs.numpy()
    assert ours.dtype == expected.dtype
    assert np.array_equal(ours, expected)


@needs_torch
@pytest.mark.parametrize("seed", [0, 1, -1, 2**40 + 5])
@pytest.mark.parametrize("count", [0, 1, 5, 15, 16, 17, 37, 1000, 4096])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_uniform_and_normal_have_the_bits_of_pytorch(seed: int, count: int, dtype: str) -> None:
    torch.manual_seed(seed)
    generator = make(seed)
    kind = getattr(torch, dtype)
    bound = 1 / math.sqrt(27)
    same(generator.normal(count, dtype=dtype), torch.randn(count, dtype=kind))
    same(generator.uniform(count, dtype=dtype), torch.rand(count, dtype=kind))
    same(generator.uniform(count, -bound, bound, dtype), torch.empty(count, dtype=kind).uniform_(-bound, bound))
    same(generator.normal(count, 0.25, 0.02, dtype), torch.empty(count, dtype=kind).normal_(0.25, 0.02))
    same(generator.normal(3), torch.randn(3))


@needs_torch
@pytest.mark.parametrize("bounds", [(0, 10), (-5, 2**28 - 6), (0, 2**28), (-3, 2**32), (-(2**63), 2**63 - 1), (5, 6)])
def test_integers_have_the_bits_of_pytorch(bounds: tuple[int, int]) -> None:
    torch.manual_seed(9)
    same(make(9).randint(500, *bounds), torch.randint(*bounds, (500,)))


@needs_torch
def test_other_distributions_have_the_bits_of_pytorch() -> None:
    torch.manual_seed(11)
    generator = make(11)
    for count in (0, 1, 2, 100, 3000):
        same(generator.permutation(count), torch.randperm(count))
    same(generator.bernoulli(500, 0.3), torch.empty(500, dtype=torch.bool).bernoulli_(0.3))
    same(generator.exponential(500, 1.5), torch.empty(500).exponential_(1.5))
    same(generator.exponential(500, 0.7, np.float64), torch.empty(500, dtype=torch.float64).exponential_(0.7))
    for dtype in ("float32", "float64"):
        chances = torch.rand(500, dtype=getattr(torch, dtype))
        same(generator.uniform(500, dtype=dtype), chances)
        same(generator.bernoulli_like(chances.numpy()).astype(dtype), torch.bernoulli(chances))
    for dtype, bits in (("float32", 24), ("float64", 53), ("float16", 11), ("int64", 0), ("int8", 0), ("bool", 0)):
        same(generator.random(500, dtype, bits), torch.empty(500, dtype=getattr(torch, dtype)).random_())
