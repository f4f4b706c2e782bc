"""Interfaces of classes and modules, computed four ways."""

from __future__ import annotations

import pytest

from tests.codegen.four_ways import Suite
from tests.codegen.programs_interfaces import INPUTS, MODULES, SOURCE

pytestmark = pytest.mark.xdist_group("programs_interfaces")
SUITE = Suite("interfaces", SOURCE, INPUTS, MODULES)


@pytest.mark.parametrize(("name", "number"), SUITE.cases)
def test_four_ways(name: str, number: int) -> None:
    SUITE.check(name, number)
