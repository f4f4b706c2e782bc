"""Options of the whole suite."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what came out into the expected files")


# A single test each that takes as long as a thousand others: at the end, one worker would wait for them.
_LONGEST = ("tests/codegen/test_random_programs.py", "tests/trace/test_random_tensor_programs.py", "tests/cpp/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests come first, whatever their folder; the others keep their order."""
    items.sort(key=lambda item: not item.nodeid.startswith(_LONGEST))


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether expected files are to be rewritten."""
    return bool(request.config.getoption("--update-golden"))
