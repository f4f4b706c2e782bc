"""Small programs computed four ways: Python, the interpreter on the lowered and on the structured graph, compiled C++."""

from __future__ import annotations

import pytest

from tests.codegen.four_ways import Suite
from tests.codegen.programs import INPUTS, SOURCE

pytestmark = pytest.mark.xdist_group("programs")
SUITE = Suite("programs", SOURCE, INPUTS)


@pytest.mark.parametrize(("name", "number"), SUITE.cases)
def test_four_ways(name: str, number: int) -> None:
    SUITE.check(name, number)


def test_generated_text() -> None:
    """What should come out as itself does, and what needs care gets it."""
    text = SUITE.generated
    for fragment in (
        "for (std::int64_t i = 0; i < n; ++i) {", "break;", "continue;", "while (true) {", 'return "small odd";',
    ):  # fmt: skip
        assert fragment in text
    assert "??/" not in text


def test_project_has_only_the_headers_it_needs() -> None:
    text = SUITE.generated
    assert "#include <ts2cpp/text.hpp>" in text or "#include <ts2cpp/python.hpp>" in text
    assert "convolution.hpp" not in text
    includes = [line for line in text.splitlines() if line.startswith("#include")]
    assert len(includes) == len(set(includes))
