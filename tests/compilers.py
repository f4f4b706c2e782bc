"""Which C++ compilers the tests of the runtime's headers and of single calls ask.

`TS2CPP_COMPILERS="g++-11 clang++-16" pytest tests/cpp/test_headers.py tests/cpp_ops/test_lone_calls.py` asks these: every header
and every overload alone, with C++17 and with C++20.  That takes hours of one core, so it is no part of other runs.
"""

from __future__ import annotations

import os

CHOSEN = tuple(os.environ.get("TS2CPP_COMPILERS", "").split())
STANDARDS = ("c++17", "c++20")


def compilers(*otherwise: str) -> tuple[str, ...]:
    """The compilers that were chosen, or else those that a test asks always."""
    return CHOSEN or otherwise
