"""Spellings of operators: what is understood, what it becomes, and what is refused."""

from __future__ import annotations

import pytest

from transpile.cpp import tree as C
from transpile.cpp.spelling import parse
from transpile.ops import registry

X, Y, SUM = C.Name("x"), C.Name("y"), C.Binary("+", C.Name("x"), C.Name("y"))


@pytest.mark.parametrize(
    ("spelling", "arguments", "text"),
    [
        ("{0}", [X], "x"),
        ("math::relu({0})", [X], "math::relu(x)"),
        ("{1} - {0}", [X, SUM], "x + y - x"),
        ("{0} - {1}", [X, SUM], "x - (x + y)"),
        ("{0} < {1}", [C.Binary("<", X, Y), Y], "(x < y) < y"),
        ("-{0}", [SUM], "-(x + y)"),
        ("!ts2cpp::is_same({0}, {1})", [X, Y], "!ts2cpp::is_same(x, y)"),
        ("*{0}", [X], "*x"),
        ("{0}.size()", [SUM], "(x + y).size()"),
        ("ts2cpp::is_complex({0}.dtype())", [C.Unary("*", X)], "ts2cpp::is_complex(x->dtype())"),
        ("{0}.numel() * {0}.itemsize()", [X], "x.numel() * x.itemsize()"),
        ("({0} ? 1.0 : 0.0)", [X], "x ? 1.0 : 0.0"),
        ("static_cast<double>({0}) != {1}", [X, Y], "static_cast<double>(x) != y"),
        ("ts2cpp::float_to_int<std::int64_t>({0})", [X], "ts2cpp::float_to_int<std::int64_t>(x)"),
        ("ts2cpp::Dict<std::string, ts2cpp::Tensor>()", [], "ts2cpp::Dict<std::string, ts2cpp::Tensor>()"),
        ("ops::to({0}, ts2cpp::DType::float16)", [X], "ops::to(x, ts2cpp::DType::float16)"),
        ('ops::pad({0}, {1}, "circular")', [X, Y], 'ops::pad(x, y, "circular")'),
        ("ts2cpp::format({0}, {...})", [X, Y, SUM], "ts2cpp::format(x, y, x + y)"),
        ("ts2cpp::print_values({...})", [X, Y], "ts2cpp::print_values(x, y)"),
        ("std::int64_t(-1)", [], "std::int64_t(-1)"),
        ("{0} && {1} || {0}", [X, Y], "(x && y) || x"),
    ],
)
def test_filled_in(spelling: str, arguments: list[C.Expr], text: str) -> None:
    assert parse(spelling).fill(arguments).text() == text


@pytest.mark.parametrize(
    ("spelling", "message"),
    [
        ("", "ends too early"),
        ("{0} +", "ends too early"),
        ("f({0}", r"'\)' is expected|no namespace"),
        ("ops::f({0}", "',' is expected before 'its end'"),
        ("ops::f({0})) + 1", r"nothing is expected before '\)'"),
        ("relu({0})", "'relu' is no namespace of the runtime or of the standard library"),
        ("torch::relu({0})", "'torch' is no namespace"),
        ("{0} @ {1}", r"'@ \{1\}' is no C"),
        ("{a}", r"'\{a\}' is no C"),
        ("{0}.(1)", "the name of a member is expected"),
        ("ops::a::b::c", "nested too deeply"),
        ("{0} ? 1", "':' is expected"),
        ("{...}", "an operand is expected"),
        ("{0} = 1", "no C"),
    ],
)
def test_refused(spelling: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(spelling)


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("ops::pad({0}, {1})", "pad"),
        ("ops::pad({1}, {0})", None),
        ("ops::pad({0}, 1)", None),
        ("ops::pad()", None),
        ("ts2cpp::pad({0})", None),
        ("ops::pad({0}).dtype()", None),
    ],
)
def test_plain_call(spelling: str, name: str | None) -> None:
    called = parse(spelling).plain_call
    assert (called.name if called is not None else None) == name


def test_what_is_asked_of_a_spelling() -> None:
    spelling = parse("std::polar({0}.to_double(), {2})")
    assert spelling.arguments == {0, 2}
    assert spelling.function == C.std("polar")
    assert spelling.calls
    assert spelling.has_members_of(0) and not spelling.has_members_of(2)
    assert not parse("{0} + {1}").calls


def test_a_missing_argument_is_an_error() -> None:
    with pytest.raises(IndexError):
        parse("{0} + {1}").fill([X])


def test_filling_in_leaves_the_spelling_as_it_was() -> None:
    spelling = parse("ops::f({0}, {...})")
    assert spelling.fill([X, Y]).text() == "ops::f(x, y)"
    assert spelling.fill([Y]).text() == "ops::f(y)"


def test_every_spelling_of_the_registry_prints_as_it_is_written() -> None:
    for operator in registry.all_operators():
        for text in filter(None, (operator.cpp, operator.scalar_cpp)):
            printed = parse(text).expression.text()
            assert printed == text or f"({printed})" == text
