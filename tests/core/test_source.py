"""Ranges in Python files, and the errors that show them."""

from __future__ import annotations

import pytest

from transpile.core.errors import CompileErrors, ScriptTypeError, SourceError, UnsupportedOperatorError
from transpile.core.source import Source

METHOD = Source("def forward(self, x):\n    y = x + 1\n    return y.foo(3)\n", "model.py", first_line=10, indent=4)


def test_range_counts_in_the_file() -> None:
    found = METHOD.range(3, 11, 3, 19)
    assert found.location == "model.py:12:15"
    assert found.text == "return y.foo(3)"


def test_error_shows_lines_and_caret() -> None:
    error = ScriptTypeError("Tensor has no attribute 'foo'", METHOD.range(3, 11, 3, 19), hint="write y.bar")
    assert str(error).splitlines() == [
        "",
        "Tensor has no attribute 'foo':",
        '  File "model.py", line 12',
        "    def forward(self, x):",
        "        y = x + 1",
        "        return y.foo(3)",
        "               ~~~~~~~~ <--- HERE",
        "Hint: write y.bar",
    ]


def test_range_over_several_lines_is_marked_to_the_end_of_the_first() -> None:
    assert METHOD.range(2, 4, 3, 6).render(context=0).splitlines()[-1] == "        ~~~~~~~~~ <--- HERE"


def test_line_outside_the_source_is_empty() -> None:
    assert METHOD.line(9) == METHOD.line(13) == ""
    assert METHOD.range(99, 0).render() == '  File "model.py", line 108'


def test_calls_that_led_there_are_listed_innermost_first() -> None:
    outer, inner = Source("outer()", "a.py").range(1, 0, 1, 7), Source("inner()", "b.py").range(1, 0, 1, 7)
    text = str(SourceError("bad", METHOD.range(2, 4), stack=[("Net.forward", outer), ("helper", inner)]))
    first = "'helper' is being compiled since it was called from 'Net.forward'"
    assert text.index(first) < text.index("'Net.forward' is being compiled since it was called from here:")
    assert text.index('"b.py", line 1') < text.index('"a.py", line 1')


def test_several_errors_are_shown_one_after_the_other() -> None:
    both = CompileErrors([SourceError("one"), UnsupportedOperatorError("two")])
    assert str(both) == "one\ntwo"
    assert isinstance(both.errors[1], SourceError)


@pytest.mark.parametrize("context", [0, 1, 2])
def test_context_is_as_long_as_asked(context: int) -> None:
    assert len(METHOD.range(3, 4).render(context).splitlines()) == 3 + context
