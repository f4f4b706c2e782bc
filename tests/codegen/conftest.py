"""Failures of the shared harness show what differs."""

import pytest

pytest.register_assert_rewrite("tests.codegen.four_ways")
