"""Modules: attributes of every type, containers, state, tasks, exceptions and printing, computed four ways."""

from __future__ import annotations

import pytest

from tests.codegen.four_ways import Suite
from tests.codegen.programs_modules import INPUTS, MODULES, SOURCE

pytestmark = pytest.mark.xdist_group("programs_modules")
SUITE = Suite("modules", SOURCE, INPUTS, MODULES)


@pytest.mark.parametrize(("name", "number"), SUITE.cases)
def test_four_ways(name: str, number: int) -> None:
    SUITE.check(name, number)


def test_repetitions_over_modules_are_loops() -> None:
    assert "for (std::size_t i = 0; i < parts.size(); ++i) {" in SUITE.generated
    assert "for (const auto& stack : stacks) {" in SUITE.generated
    assert "x = x + part.forward(x);" in SUITE.generated


def test_the_constants_of_a_frozen_module_are_weights() -> None:
    """Named after what reads them, not thousands of numbers in the text."""
    assert "ops::linear(x, linear_weight, linear_bias)" in SUITE.generated
    assert "{lstm_params, lstm_params_2, lstm_params_3, lstm_params_4}" in SUITE.generated
    assert "from_data" not in SUITE.generated
