"""Programs on named tuples, enums, unions, Any, None and containers of them, computed four ways."""

from __future__ import annotations

import pytest

from tests.codegen import programs_values as types
from tests.codegen import programs_values_kept as kept
from tests.codegen.four_ways import Suite

pytestmark = pytest.mark.xdist_group("programs_values")
SUITE = Suite(
    "values", types.SOURCE + "\n" + kept.SOURCE, types.INPUTS | kept.INPUTS, kept.MODULES,
    unlike_python=types.UNLIKE_PYTHON + kept.UNLIKE_PYTHON,
)  # fmt: skip


@pytest.mark.parametrize(("name", "number"), SUITE.cases)
def test_four_ways(name: str, number: int) -> None:
    SUITE.check(name, number)
