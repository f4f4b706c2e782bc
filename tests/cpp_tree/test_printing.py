"""Nodes of the C++ tree print as C++ that means what the tree means."""

from __future__ import annotations

import pytest

from transpile.cpp import tree as C
from transpile.cpp.printer import print_declaration, print_definition, print_header
from transpile.cpp.statements import print_statements

A, B = C.Name("a"), C.Name("b")


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (C.std("optional", C.runtime("List", C.INT64)), "std::optional<List<std::int64_t>>"),
        (C.Named("tuple", C.STD, ()), "std::tuple<>"),
        (C.std("array", C.DOUBLE, 3), "std::array<double, 3>"),
        (C.runtime("Ref", C.Const(C.Named("Layer"))), "ts2cpp::Ref<const Layer>"),
        (C.Reference(C.Const(C.TENSOR)), "const Tensor&"),
        (C.Pointer(C.Pointer(C.Named("char"))), "char**"),
        (C.Named("Tensor", C.RUNTIME, full=True), "ts2cpp::Tensor"),
        (C.ops("relu", header="ts2cpp/ops/activation.hpp"), "ops::relu"),
        (C.math("relu"), "math::relu"),
        (C.Named("helper", "model"), "model::helper"),
        (C.StaticMember(C.DTYPE, "float32"), "DType::float32"),
        (C.Call(C.StaticMember(C.TENSOR, "from_data", (C.FLOAT,)), [A]), "Tensor::from_data<float>(a)"),
    ],
)
def test_types_and_names(node: C.Type | C.Expr, text: str) -> None:
    assert node.text() == text


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([C.Integer(0), C.Integer(1)], "x(0, 1)"),
        ([A, C.Boolean(True)], "x(a, /*second=*/true)"),
        ([C.NULLOPT, B], "x(/*first=*/std::nullopt, b)"),
        ([C.Braces(None, [C.Integer(2)]), C.Braces(None, [C.Integer(1)])], "x(/*first=*/{2}, /*second=*/{1})"),
        (
            [C.Unary("-", C.Integer(2)), A, C.Floating(0.5), C.Integer(1)],
            "x(/*first=*/-2, a, /*third=*/0.5, /*fourth=*/1)",
        ),
    ],
)
def test_literals_have_names_where_they_say_too_little(arguments: list[C.Expr], text: str) -> None:
    names = ["first", "second", "third", "fourth"][: len(arguments)]
    assert C.Call(C.Name("x"), C.noted(names, arguments)).text() == text


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (C.Binary("*", C.Binary("+", A, B), B), "(a + b) * b"),
        (C.Binary("-", A, C.Binary("-", B, A)), "a - (b - a)"),
        (C.Binary("||", C.Binary("&&", A, B), A), "(a && b) || a"),
        (C.Unary("-", C.Integer(-3)), "-(-3)"),
        (C.Unary("!", C.Binary("==", A, B)), "!(a == b)"),
        (C.Member(C.Unary("*", A), "size"), "a->size"),
        (C.Member(C.Binary("+", A, B), "size"), "(a + b).size"),
        (C.Call(C.Member(A, "input", (C.TENSOR,)), [C.string("x")]), 'a.input<Tensor>("x")'),
        (C.Call(C.SCALAR, [C.Ternary(A, B, A)]), "Scalar(a ? b : a)"),
        (C.Binary("+", C.Ternary(A, B, A), B), "(a ? b : a) + b"),
        (C.Braces(None, [A, C.Braces(C.INT64, [B])]), "{a, std::int64_t{b}}"),
        (C.static_cast(C.DOUBLE, C.Binary("+", A, B)), "static_cast<double>(a + b)"),
    ],
)
def test_expressions(node: C.Expr, text: str) -> None:
    assert node.text() == text


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (C.integer(-7), "-7"),
        (C.integer(5_000_000_000), "INT64_C(5000000000)"),
        (C.integer(-5_000_000_000), "-INT64_C(5000000000)"),
        (C.integer(-(2**63)), "std::numeric_limits<std::int64_t>::min()"),
        (C.floating(1), "1.0"),
        (C.floating(0.5, single=True), "0.5F"),
        (C.floating(float("-inf")), "-std::numeric_limits<double>::infinity()"),
        (C.floating(float("nan"), single=True), "static_cast<float>(std::numeric_limits<double>::quiet_NaN())"),
        (C.string('a"b'), '"a\\"b"'),
        (C.string("a\0b"), 'std::string("a\\000b", 3)'),
        (C.Member(C.Floating(-1.5), "x"), "(-1.5).x"),
    ],
)
def test_literals(node: C.Expr, text: str) -> None:
    assert node.text() == text


def test_a_number_that_does_not_fit_is_refused() -> None:
    with pytest.raises(OverflowError, match="64 bits"):
        C.integer(2**63)


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        (C.Declare(C.DOUBLE, "a"), "double a;"),
        (C.Declare(C.runtime("Frame"), "at", C.Construct([C.string("m.py")])), 'ts2cpp::Frame at("m.py");'),
        (C.declare(C.INT64, "n", C.Integer(0), const=True), "const std::int64_t n = 0;"),
        (C.declare(C.INT64, "n", C.Braces(C.INT64, [A]), const=False), "std::int64_t n{a};"),
        (C.declare(C.DOUBLE, "n", C.Braces(C.INT64, [A]), const=False), "double n = std::int64_t{a};"),
        (C.declare(C.STRING, "s", C.string(""), const=False), "std::string s;"),
        (C.declare(C.STRING, "s", C.string("a"), const=False), 'std::string s = "a";'),
        (
            C.declare(C.INT64, "n", C.static_cast(C.INT64, A), const=True),
            "const auto n = static_cast<std::int64_t>(a);",
        ),
        (C.declare(C.DOUBLE, "n", C.static_cast(C.INT64, A), const=False), "double n = static_cast<std::int64_t>(a);"),
        (
            C.declare(C.INT64, "n", C.Call(C.std("max", C.INT64), [A]), const=False),
            "std::int64_t n = std::max<std::int64_t>(a);",
        ),
        (C.Bind(["a", "b"], C.Name("pair")), "const auto [a, b] = pair;"),
        (C.Bind(["a"], C.Name("one"), all_used=False), "[[maybe_unused]] const auto [a] = one;"),
        (C.Assign(A, B, "+="), "a += b;"),
        (C.CountingFor("i", C.Integer(0), A, 1, []), "for (std::int64_t i = 0; i < a; ++i) { }"),
        (C.CountingFor("i", A, C.Integer(-1), -1, []), "for (std::int64_t i = a; i > -1; --i) { }"),
        (C.CountingFor("i", A, C.Binary("<", A, B), 3, []), "for (std::int64_t i = a; i < (a < b); i += 3) { }"),
        (C.RangeFor(C.Reference(C.Const(C.AUTO)), ["x"], A, [C.Break()]), "for (const auto& x : a) { break; }"),
        (C.RangeFor(C.Reference(C.AUTO), ["x", "y"], A, [C.Break()]), "for (auto& [x, y] : a) { break; }"),
        (C.RangeFor(C.AUTO, ["x"], A, [], used=False), "for ([[maybe_unused]] auto x : a) { }"),
        (
            C.If(A, [C.Return()], [C.If(B, [C.Continue()], [C.Break()])]),
            "if (a) { return; } else if (b) { continue; } else { break; }",
        ),
        (
            C.Evaluate(C.Lambda([C.Capture("this"), C.Capture("x", B)], [C.Parameter(C.AUTO, "y")], [C.Return(A)])),
            "[this, x = b](auto y) { return a; };",
        ),
        (C.Evaluate(C.Call(A), "model.py:3  x = y"), "a(); // model.py:3 x = y"),
    ],
)
def test_statements(statement: C.Stmt, text: str) -> None:
    assert print_statements([statement], 0).split() == text.split()


def test_functions() -> None:
    parameters = [
        C.Parameter(C.Reference(C.Const(C.TENSOR)), "x"),
        C.Parameter(C.INT64, "n", C.Integer(2), used=False),
    ]
    function = C.Function("f", C.TENSOR, parameters, [C.Return(C.Name("x"))], "Net", const=True, comments=["def f"])
    assert print_declaration(function) == "/// def f\nTensor f(const Tensor& x, std::int64_t n = 2) const;\n"
    assert print_definition(function) == (
        "// def f\nTensor Net::f(const Tensor& x, std::int64_t /*n*/) const {\n  return x;\n}\n"
    )


def test_a_header() -> None:
    interface = C.Struct("Layer", methods=[C.Function("forward", C.VOID, [], [], pure=True)], interface=True)
    struct = C.Struct("Net", [C.Field(C.DOUBLE, "p", [C.Floating(0.5)]), C.Field(C.Named("Layer"), "layer", [])])
    struct.bases = [C.runtime("Object", C.Named("Net"))]
    declared: list[C.Declaration] = [
        C.Forward("Net"),
        C.Enum("Color", [("red", C.Integer(1)), ("blue", None)], C.INT64),
        interface,
        struct,
    ]
    assert print_header(declared) == (
        "struct Net;\n\n"
        "enum class Color : std::int64_t { red = 1, blue };\n\n"
        "struct Layer {\n  virtual ~Layer() = default;\n  virtual void forward() = 0;\n};\n\n"
        "struct Net : ts2cpp::Object<Net> {\n  double p{0.5};\n  Layer layer{};\n};\n\n"
    )


def test_literals_come_last_in_comparisons() -> None:
    two, both = C.Integer(2), C.Binary("<", C.Integer(2), C.Integer(3))
    assert C.literal_last(C.Binary("!=", two, A)).text() == "a != 2"
    assert C.literal_last(C.Binary("<", two, A)).text() == "a > 2"
    for kept in (C.Binary("<", A, two), C.Binary("-", two, A), both):
        assert C.literal_last(kept) is kept
