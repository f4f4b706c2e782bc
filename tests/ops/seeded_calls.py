"""Calls of random functions, each made after ``torch.manual_seed(SEED)``, and the numbers that PyTorch gives.

``python -m tests.ops.record_seeded_calls`` writes the numbers anew, with PyTorch.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

SEED = 42
RECORD = Path(__file__).parent / "data" / "seeded_calls.json"
SCRIPTED = (
    "torch.rand(5)",
    "torch.rand(3, 7, dtype=torch.float64)",
    "torch.rand(9, dtype=torch.float16)",
    "torch.rand(9, dtype=torch.bfloat16).float()",
    "torch.randn(5)",
    "torch.randn(40)",
    "torch.randn(7, dtype=torch.float64)",
    "torch.randn(35, dtype=torch.float64)",
    "torch.randn(33, dtype=torch.float16)",
    "torch.randint(10, (6,))",
    "torch.randint(-5, 1 << 40, (6,))",
    "torch.randint(0, 100, (5,), dtype=torch.uint8)",
    "torch.randint(3, 9, (5,), dtype=torch.float32)",
    "torch.randperm(20)",
    "torch.randperm(9, dtype=torch.int32)",
    "torch.rand_like(torch.zeros(4, 3))",
    "torch.randn_like(torch.zeros(20, dtype=torch.float64))",
    "torch.randint_like(torch.zeros(6), 11)",
    "torch.randint_like(torch.zeros(6, dtype=torch.int64), 5, 11)",
    "torch.bernoulli(torch.full((12,), 0.3))",
    "torch.bernoulli(torch.full((12,), 0.3, dtype=torch.float64))",
    "torch.bernoulli(torch.zeros(12), 0.4)",
    "torch.zeros(12).bernoulli_(0.25)",
    "torch.zeros(12, dtype=torch.int64).bernoulli_(0.25)",
    "torch.zeros(8).bernoulli_(torch.linspace(0, 1, 8))",
    "torch.multinomial(torch.tensor([0.1, 0.5, 0.2, 0.9]), 3)",
    "torch.multinomial(torch.tensor([[0.1, 0.5, 0.2], [1.0, 0.0, 3.0]]), 6, True)",
    "torch.multinomial(torch.tensor([0.1, 0.5, 0.2, 0.9], dtype=torch.float64), 1)",
    "torch.normal(torch.arange(4.0), 2.0)",
    "torch.normal(1.0, torch.arange(1.0, 5.0))",
    "torch.normal(torch.arange(20.0), torch.arange(1.0, 21.0))",
    "torch.normal(1.0, 3.0, (20,))",
    "torch.zeros(6).uniform_(-2.0, 5.0)",
    "torch.zeros(6, dtype=torch.float64).uniform_(-2.0, 5.0)",
    "torch.zeros(3, 4).t().uniform_()",
    "torch.zeros(20).normal_(1.0, 0.5)",
    "torch.zeros(7).normal_(1.0, 0.5)",
    "torch.zeros(5, 5).t().normal_(1.0, 0.5)",
    "torch.zeros(9).exponential_(1.5)",
    "torch.zeros(9, dtype=torch.float64).exponential_(0.5)",
    "torch.zeros(40).exponential_()",
    "torch.zeros(9).geometric_(0.3)",
    "torch.zeros(9, dtype=torch.int64).geometric_(0.3)",
    "torch.zeros(9).cauchy_(1.0, 2.0)",
    "torch.zeros(9, dtype=torch.float64).cauchy_()",
    "torch.zeros(9).log_normal_(0.5, 0.25)",
    "torch.zeros(9, dtype=torch.float64).log_normal_()",
    "torch.poisson(torch.tensor([0.0, 0.5, 3.0, 9.9, 10.0, 30.0, 1000.0]))",
    "torch.poisson(torch.tensor([0.5, 3.0, 12.0, 300.0], dtype=torch.float64))",
    "torch.binomial(torch.tensor([0.0, 5.0, 20.0, 100.0, 1000.0, 30.0]), torch.tensor([0.5, 0.3, 0.5, 0.02, 0.7, 1.0]))",
    "torch.binomial(torch.tensor([5.0, 50.0, 100.0], dtype=torch.float64), torch.tensor([0.3, 0.5, 0.9], dtype=torch.float64))",
    "torch.zeros(6).random_()",
    "torch.zeros(6, dtype=torch.float64).random_()",
    "torch.zeros(6, dtype=torch.int64).random_()",
    "torch.zeros(6, dtype=torch.int32).random_()",
    "torch.zeros(6, dtype=torch.uint8).random_()",
    "torch.zeros(6, dtype=torch.bool).random_()",
    "torch.zeros(6, dtype=torch.int64).random_(10)",
    "torch.zeros(6, dtype=torch.int64).random_(-5, 10)",
    "torch.zeros(6, dtype=torch.float16).random_()",
    "torch.nn.functional.dropout(torch.ones(10), 0.4, True)",
    "torch.nn.functional.dropout1d(torch.ones(3, 4, 2), 0.4, True)",
    "torch.nn.functional.dropout2d(torch.ones(2, 4, 2, 2), 0.4, True)",
    "torch.nn.functional.dropout3d(torch.ones(1, 4, 2, 1, 2), 0.4, True)",
    "torch.nn.functional.alpha_dropout(torch.linspace(-1, 1, 10), 0.4, True)",
    "torch.nn.functional.feature_alpha_dropout(torch.ones(2, 4, 3), 0.4, True)",
    "torch.native_dropout(torch.ones(10), 0.4, True)[0]",
    "torch.dropout(torch.ones(10, dtype=torch.float64), 0.9, True)",
    "torch.nn.functional.rrelu(torch.linspace(-1, 1, 10), 0.1, 0.3, True)",
    "torch.nn.functional.gumbel_softmax(torch.linspace(-1, 1, 5), 0.7)",
    "torch.nn.functional.gumbel_softmax(torch.linspace(-1, 1, 5), 0.7, hard=True)",
    "torch._standard_gamma(torch.tensor([0.3, 0.9, 1.0, 2.5, 40.0]))",
    "torch._standard_gamma(torch.tensor([0.3, 2.5], dtype=torch.float64))",
    "torch._sample_dirichlet(torch.tensor([[0.3, 0.9, 2.5], [1.0, 2.0, 3.0]]))",
    "torch.empty(0).uniform_()",
    "torch.poisson(torch.linspace(0, 20, 8)).to(torch.int64)",
    "torch.rand(3, 4).t().bernoulli()",
    "torch.rand_like(torch.zeros(4, 6).t())",
    "torch.randn_like(torch.zeros(4, 6).t())",
    "torch.nn.functional.dropout(torch.ones(4, 6).t(), 0.4, True)",
)
"""What TorchScript has too."""
EAGER = (
    "torch.nn.init.uniform_(torch.zeros(3, 4), -1.0, 2.0)",
    "torch.nn.init.normal_(torch.zeros(3, 4), 1.0, 2.0)",
    "torch.nn.init.trunc_normal_(torch.zeros(5, 5), std=2.0)",
    "torch.nn.init.xavier_uniform_(torch.zeros(5, 4))",
    "torch.nn.init.xavier_normal_(torch.zeros(5, 4))",
    "torch.nn.init.kaiming_uniform_(torch.zeros(5, 4), 0.2)",
    'torch.nn.init.kaiming_normal_(torch.zeros(5, 4), mode="fan_out", nonlinearity="relu")',
    "torch.nn.init.sparse_(torch.zeros(6, 4), 0.3)",
    "torch.rand(4, generator=torch.Generator().manual_seed(3))",
)
CALLS = (*SCRIPTED, *EAGER)


def made(torch: Any, call: str) -> np.ndarray[Any, Any]:
    """The numbers of a call of ``torch``, PyTorch's or the bundled one."""
    torch.manual_seed(SEED)
    return np.asarray(eval(call, {"torch": torch}).detach().numpy())


def recorded() -> dict[str, np.ndarray[Any, Any]]:
    """What PyTorch gave."""
    known = json.loads(RECORD.read_text(encoding="utf-8"))
    return {
        call: np.frombuffer(bytes.fromhex(entry["bytes"]), entry["dtype"]).reshape(entry["shape"])
        for call, entry in known.items()
    }


def allowed_units(call: str, count: int) -> int:
    """By how many units in the last place a number may differ.

    Normal numbers in blocks of 16 go through functions whose last bits depend on the processor; and gumbel_softmax is more
    than random numbers.
    """
    if "gumbel_softmax" in call:
        return 16
    return 2 if count >= 16 and ("randn" in call or "normal" in call) else 0


def assert_equal(call: str, ours: np.ndarray[Any, Any], theirs: np.ndarray[Any, Any]) -> None:
    """Equal types, shapes and numbers."""
    assert ours.dtype == theirs.dtype, f"{call}: {ours.dtype}, not {theirs.dtype}"
    assert ours.shape == theirs.shape, f"{call}: {ours.shape}, not {theirs.shape}"
    units = allowed_units(call, theirs.size)
    if units:
        np.testing.assert_array_max_ulp(ours, theirs, units)
    else:
        np.testing.assert_array_equal(ours, theirs, err_msg=call)
