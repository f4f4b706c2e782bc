"""A fixed sample of what ``python -m tests.conformance.op_db --all`` runs: PyTorch's databases of operators and layers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from tests.build_tree import compiler
from tests.conformance.op_db.scope import LACKING, LACKING_IN_CPP, excluded

pytest.importorskip("torch")
pytest.importorskip("expecttest")
pytestmark = pytest.mark.reference

_PARTS = 4


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """PyTorch's tests warn of what they use themselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def chosen(part: int, parts: int) -> list[Any]:
    from tests.conformance.op_db.entries import eligible

    return [e for e in eligible()[part::parts] if e.formatted_name not in LACKING]


@pytest.mark.parametrize("part", range(_PARTS))
def test_the_first_samples_agree_in_eager_mode(part: int) -> None:
    from tests.conformance.op_db.eager import judge

    verdicts = [judge(entry, most=1, variants=False) for entry in chosen(part, _PARTS)]
    wrong = [f"{v.name}: {v.first}" for v in verdicts if v.status != "pass"]
    assert not wrong, "\n".join(wrong)
    assert sum(v.calls for v in verdicts) > 300


def test_varied_samples_and_methods_agree_in_eager_mode() -> None:
    from tests.conformance.op_db.eager import judge

    verdicts = [judge(entry, most=2) for entry in chosen(7, 40)]
    wrong = [f"{v.name}: {v.first}" for v in verdicts if v.status != "pass"]
    assert not wrong, "\n".join(wrong)


def test_errors_are_pytorchs() -> None:
    from tests.conformance.op_db.entries import eligible
    from tests.conformance.op_db.errors import MOST_DIFFERENT, judge

    verdicts = [judge(entry) for entry in eligible()]
    calls, failed = sum(v.calls for v in verdicts), sum(v.failed for v in verdicts)
    assert calls > 600
    assert failed <= MOST_DIFFERENT * calls, "\n".join(f"{v.name}: {v.first}" for v in verdicts if v.failed)


def test_layers_agree_in_eager_mode() -> None:
    from tests.conformance.op_db.layers import eligible, judge

    verdicts = [judge(entry) for entry in eligible()[::5]]
    wrong = [f"{v.name}: {v.first}" for v in verdicts if v.status != "pass"]
    assert not wrong, "\n".join(wrong)


@pytest.mark.skipif(compiler() is None, reason="no C++ compiler")
def test_the_first_samples_agree_as_compiled_cpp() -> None:
    from tests.conformance.op_db import batches, compiled, layers

    entries = [e for e in chosen(3, 24) if e.formatted_name not in LACKING_IN_CPP]
    prepared = [compiled.prepare(entry, most=1, variants=False) for entry in entries]
    prepared += [layers.prepare(entry, most=1) for entry in layers.eligible("nn_Conv1d,nn_LSTM,nn_GroupNorm,nn_PReLU")]
    verdicts = batches.run(prepared, {e.formatted_name: e.op for e in entries})
    wrong = [f"{v.name}: {v.first}" for v in verdicts if v.status != "pass"]
    assert not wrong, "\n".join(wrong)
    assert sum(len(m.functions) for m in prepared) > 20


def test_the_tables_name_entries_of_the_database() -> None:
    from torch.testing._internal.common_methods_invocations import op_db

    names = {e.formatted_name for e in op_db}
    assert {n for n in (*LACKING, *LACKING_IN_CPP) if n not in names or excluded(n)} == set()
