"""Fourier transforms in C++ are as exact as NumPy's, within a factor of two."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.build_tree import compiler
from tests.cpp_ops import spectra_precision
from tests.cpp_ops.functions import plans
from tests.cpp_ops.program import build

pytestmark = [
    pytest.mark.skipif(compiler() is None, reason="no C++ compiler"),
    pytest.mark.skipif(
        np.finfo(np.longdouble).eps >= np.finfo(np.float64).eps
        or np.fft.fft(np.zeros(2, np.clongdouble)).dtype != np.clongdouble,
        reason="NumPy has no transform that is more exact",
    ),
]
# Of every kind; python -m tests.cpp_ops.spectra_precision tries all up to 2048.
_SAMPLE = (*range(1, 20), 27, 45, 64, 67, 71, 97, 100, 134, 157, 163, 243, 256, 284, 314, 625, 772, 1009, 1024, 1267, 1576,
           2047, 4093, 6561, 16807)  # fmt: skip


def test_errors_are_at_most_twice_those_of_pocketfft(tmp_path: Path) -> None:
    found = list(spectra_precision.ratios(build(plans()), _SAMPLE, tmp_path))
    assert len(found) == 6 * len(_SAMPLE)
    assert [r for r in found if not r.value <= spectra_precision.MOST] == []
