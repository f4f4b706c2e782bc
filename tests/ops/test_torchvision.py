"""torchvision's operators against what torchvision answers, which is recorded; in C++ they are in ``tests/cpp_ops``."""

from __future__ import annotations

import json

import pytest

from tests.ops.agreement import assert_same
from tests.ops.torchvision_records import NAMES, RECORDED, is_refusal, ours, samples_of, unpacked

ANSWERS = json.loads(RECORDED.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name.partition("::")[2])
def test_answers_as_torchvision_does(name: str) -> None:
    samples = samples_of(name)
    assert len(samples) == len(ANSWERS[name])
    for sample, theirs in zip(samples, ANSWERS[name], strict=True):
        found = ours(name, sample)
        if "refused" in theirs:
            assert is_refusal(found), sample
        elif "error" in theirs:
            assert isinstance(found, Exception), sample
            assert type(found).__name__ == theirs["error"][0], sample
            assert sample.any_message or str(found) == theirs["error"][1], sample
        elif "results" in theirs:
            assert not isinstance(found, Exception), f"{sample}: {found!r}"
            assert_same(found, [unpacked(r) for r in theirs["results"]], sample, str(sample))
