"""Programs that random generation found, computed four ways."""

from __future__ import annotations

import pytest

from tests.codegen.four_ways import Suite
from tests.codegen.programs_random import INPUTS, SOURCE

pytestmark = pytest.mark.xdist_group("programs_random")
SUITE = Suite("found_programs", SOURCE, INPUTS)


@pytest.mark.parametrize(("name", "number"), SUITE.cases)
def test_four_ways(name: str, number: int) -> None:
    SUITE.check(name, number)
