"""Random number generators as Python objects."""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np

from transpile.eager.size import CPU, device
from transpile.eager.tensor import Tensor
from transpile.ops import generator as streams


class Generator:
    """A stream of random numbers of its own; the same seed gives PyTorch's numbers."""

    def __init__(self, device: str | device = "cpu", *, _engine: streams.Mt19937Generator | None = None) -> None:
        self._engine = streams.Mt19937Generator() if _engine is None else _engine

    @property
    def device(self) -> device:
        return CPU

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream anew from ``seed``."""
        self._engine.manual_seed(int(seed))
        return self

    def seed(self) -> int:
        """Start anew from a random seed, which is returned."""
        value = secrets.randbits(63)
        self._engine.manual_seed(value)
        return value

    def initial_seed(self) -> int:
        return self._engine.initial_seed()

    def get_state(self) -> Tensor:
        """A byte tensor that ``set_state`` takes back."""
        state = self._engine.get_state()
        cached = np.nan if state.cached_normal is None else state.cached_normal
        parts = (
            np.array([state.seed, state.position], dtype=np.uint64),
            np.array([cached], dtype=np.float64),
            np.ascontiguousarray(state.key, dtype=np.uint32),
        )
        raw: Any = np.concatenate([p.view(np.uint8) for p in parts])
        return Tensor._from_array(raw)

    def set_state(self, new_state: Tensor) -> Generator:
        """Continue where ``get_state`` was called."""
        raw = new_state._array
        if raw.dtype != np.uint8 or raw.size < 24:
            raise TypeError("expected a torch.ByteTensor")
        raw = np.ascontiguousarray(raw)
        seed, position = (int(v) for v in raw[:16].view(np.uint64))
        cached = float(raw[16:24].view(np.float64)[0])
        key = raw[24:].view(np.uint32).copy()
        state = streams.GeneratorState(seed, key, position, None if cached != cached else cached)
        self._engine.set_state(state)
        return self

    def clone_state(self) -> Generator:
        return Generator(_engine=self._engine.clone())


default_generator = Generator(_engine=streams.default_generator)


def manual_seed(seed: int) -> Generator:
    """Seed the default generator and return it."""
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Seed the default generator with a random number, which is returned."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that the default generator started from."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The state of the default generator."""
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Restore the default generator."""
    default_generator.set_state(new_state)
