"""Archives that nobody's PyTorch wrote: nothing runs, nothing takes long, and what is wrong is said."""

from __future__ import annotations

import pytest

from tests.hostile.archive_seeds import seeds
from tests.hostile.archives import Mutator, Watch, read
from tests.hostile.hand_built import HOSTILE, archive

# Those that are odd but say what they mean; all others are refused.
ACCEPTED = {
    "tuples of tuples in code", "lists added to themselves", "lists that grow in place", "a list times a billion",
    "a text that doubles", "a text of a billion blanks", "texts replaced by texts", "tensors of a trillion",
    "powers of powers", "a shift by a billion", "functions that call twice", "a loop of 2 ** 62", "ten thousand lists",
    "a name of a megabyte", "ten thousand members", "warnings of Python", "a member with a path upwards",
}  # fmt: skip
_PATIENCE = 20.0  # seconds, on whatever machine: what is exponential takes ages


@pytest.fixture(scope="module")
def watch() -> Watch:
    """Whatever is imported on first use has been."""
    made = Watch()
    for content in (*seeds(), archive()):
        assert read(content, made).accepted
    return made


@pytest.mark.parametrize("name", HOSTILE)
def test_hand_built(name: str, watch: Watch) -> None:
    outcome = read(HOSTILE[name](), watch, _PATIENCE)
    assert not outcome.findings
    assert outcome.accepted == (name in ACCEPTED)


def test_mutated(watch: Watch) -> None:
    mutator = Mutator()
    outcomes = [read(mutator.archive(0, number), watch, _PATIENCE) for number in range(200)]
    assert not [o for o in outcomes if o.findings]
    assert any(o.accepted for o in outcomes) and not all(o.accepted for o in outcomes)
