"""``ts2cpp python PROGRAM`` prints what PyTorch prints, for a program of each construct of the language."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.constructs import BUNDLED, PROGRAMS, RECORDED, printed


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: p.stem)
def test_prints_what_pytorch_prints(path: Path) -> None:
    assert printed(path, BUNDLED) == (RECORDED / f"{path.stem}.txt").read_text(encoding="utf-8")
