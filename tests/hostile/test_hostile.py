"""A sample of the hostile calls; ``python -m tests.hostile eager`` and ``... cpp`` make all of them."""

from __future__ import annotations

from tests.hostile import verdicts
from tests.hostile.__main__ import sampled_calls
from tests.hostile.workers import answers


def test_eager_answers_as_pytorch_does() -> None:
    verdicts.check(list(answers(sampled_calls(8), "eager")))
