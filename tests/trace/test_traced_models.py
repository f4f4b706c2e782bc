"""Small configurations of whole networks: traced, exported, built, and equal to eager Python on two batch sizes."""

from __future__ import annotations

import functools

import pytest

from tests.trace.traced_models import BATCHES, NETWORKS, TracedModels

pytestmark = pytest.mark.xdist_group("traced_models")


@functools.cache
def models() -> TracedModels:
    return TracedModels("traced_models", full_size=False)


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("name", NETWORKS)
def test_compiled_trace_equals_eager(name: str, batch: int) -> None:
    assert [d.describe() for d in models().differences(name, batch) if not d.equal] == []


@pytest.mark.parametrize("name", NETWORKS)
def test_sizes_are_plain_numbers(name: str) -> None:
    """What a trace spells out with 0-d tensors is written with numbers."""
    text = (models().tree.source(name) / f"src/{name}.cpp").read_text()
    assert "scalar_tensor" not in text
    assert "to_int(" not in text
