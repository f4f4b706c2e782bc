"""Printed C++ expressions mean what their trees mean, without a parenthesis that compilers would ask for."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from transpile.cpp import tree as C

COMPILERS = [c for c in ("g++", "clang++") if shutil.which(c)]
OPERATORS = ("+", "-", "*", "<", "<=", ">", ">=", "==", "!=", "&", "^", "|", "&&", "||")


def random_expression(generator: random.Random, depth: int) -> C.Expr:
    """A tree over the integers a, b and c that cannot overflow."""
    kind = generator.randrange(10) if depth else 0
    if kind == 0:
        return generator.choice((C.Name("a"), C.Name("b"), C.Name("c"), C.Integer(2), C.Integer(-3), C.Integer(0)))
    operands = [random_expression(generator, depth - 1) for _ in range(3)]
    if kind == 1:
        return C.Unary(generator.choice(("-", "!", "~")), operands[0])
    if kind == 2:
        return C.Ternary(C.Binary("<", operands[0], operands[1]), operands[1], operands[2])
    if kind == 3:
        return C.Call(C.Name("mid"), operands)
    return C.Binary(generator.choice(OPERATORS), operands[0], operands[1])


def spelled_out(expression: C.Expr) -> str:
    """The expression with parentheses around everything."""
    match expression:
        case C.Unary(operator, operand):
            return f"({operator}({spelled_out(operand)}))"
        case C.Binary(operator, left, right):
            return f"({spelled_out(left)} {operator} {spelled_out(right)})"
        case C.Ternary(condition, then, otherwise):
            return f"({spelled_out(condition)} ? {spelled_out(then)} : {spelled_out(otherwise)})"
        case C.Call(function, arguments):
            return f"{function.text()}({', '.join(map(spelled_out, arguments))})"
    return f"({expression.text()})"


@pytest.mark.parametrize("compiler", COMPILERS)
def test_parentheses_are_where_they_have_to_be(tmp_path: Path, compiler: str) -> None:
    generator = random.Random(5)
    lines = ["constexpr long mid(long a, long b, long c) { return a + 2 * b - c; }"]
    for number in range(400):
        expression = random_expression(generator, 4)
        for name, text in (("printed", expression.text()), ("meant", spelled_out(expression))):
            lines.append(
                f"constexpr long {name}{number}(long a, long b, long c) {{ return a - a + b - b + c - c + ({text}); }}"
            )
        for values in ("1, 2, 3", "-4, 0, 5", "0, 0, -1"):
            lines.append(f"static_assert(printed{number}({values}) == meant{number}({values}));")
    source = tmp_path / "expressions.cpp"
    source.write_text("\n".join(lines) + "\n")
    command = [
        compiler,
        "-std=c++17",
        "-fsyntax-only",
        "-Werror=parentheses",
        "-Werror=logical-not-parentheses",
        str(source),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:4000]
