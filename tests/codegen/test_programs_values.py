"""Programs on named tuples, enums, unions, Any, None and containers of them, computed four ways."""

from __future__ import annotations

import pytest

from tests.codegen.four_ways import Suite
from tests.codegen.programs_values import INPUTS, MODULES, SOURCE, UNLIKE_PYTHON

pytestmark = pytest.mark.xdist_group("programs_values")
SUITE = Suite("values", SOURCE, INPUTS, MODULES, unlike_python=UNLIKE_PYTHON)


@pytest.mark.parametrize(("name", "number"), SUITE.cases)
def test_four_ways(name: str, number: int) -> None:
    SUITE.check(name, number)
