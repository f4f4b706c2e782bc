"""The headers and short names of a file follow from its tree, and from nothing else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cpp_tree.runtime_declarations import declarations
from transpile.core.errors import InternalError
from transpile.cpp import tree as C
from transpile.cpp.library import RUNTIME_HEADERS, headers, names, outside, short_names
from transpile.cpp.literals import comment_text
from transpile.ops import registry

ROOT = Path(__file__).parents[2]


def test_the_table_agrees_with_the_headers() -> None:
    found = declarations()
    assert {name: found.get(name) for name in RUNTIME_HEADERS} == RUNTIME_HEADERS


def test_every_name_of_the_runtime_that_the_exporter_writes_is_in_the_table() -> None:
    named = {}
    for path in sorted((ROOT / "transpile" / "codegen").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(ast.Attribute(_, "runtime"), [ast.Constant(str() as name), *_]):
                    named[name] = path.name
    assert named
    assert not {name: path for name, path in named.items() if name not in RUNTIME_HEADERS}


def test_every_spelling_of_the_registry_names_what_headers_are_known_for() -> None:
    for operator in registry.all_operators():
        for spelling in (operator.spelling, operator.scalar_spelling):
            if spelling is not None and operator.no_cpp is None:
                headers(spelling.expression)


def test_headers() -> None:
    body = [
        C.Declare(C.std("optional", C.runtime("List", C.INT64)), "x", C.NULLOPT),
        C.Evaluate(C.Call(C.ops("relu", header="ts2cpp/ops/activation.hpp"), [C.integer(2**40)])),
        C.Evaluate(C.Call(C.std("get", 0), [C.Call(C.math("relu"))])),
        C.Evaluate(C.Call(C.std("get", C.DOUBLE), [C.Call(C.runtime("borrow", C.Named("Layer")))])),
    ]
    found = headers(body)
    assert found.standard == ["cstdint", "optional", "tuple", "variant"]
    assert found.runtime == ["ts2cpp/list.hpp", "ts2cpp/math.hpp", "ts2cpp/ops/activation.hpp", "ts2cpp/ref.hpp"]
    assert found.without(headers(body[:1])).standard == ["tuple", "variant"]


def test_a_name_without_a_header_is_our_fault() -> None:
    with pytest.raises(InternalError, match="no header is known for ts2cpp::no_such_thing"):
        headers(C.runtime("no_such_thing"))


def test_short_names() -> None:
    span = C.Braces(C.runtime("IntSpan"), [])
    assert short_names([C.Call(C.math("relu"), [span])]) == [
        "namespace math = ts2cpp::math;",
        "using ts2cpp::IntSpan;",
    ]
    assert short_names(outside(span)) == []
    assert short_names(C.Braces(C.TENSOR)) == ["using ts2cpp::Tensor;"]
    assert short_names(C.Braces(C.TENSOR), header=C.Call(C.TENSOR)) == []


def test_outside_the_namespace_names_are_whole() -> None:
    type = C.runtime("Dict", C.STRING, C.runtime("List", C.TENSOR))
    assert outside(type).text() == "ts2cpp::Dict<std::string, ts2cpp::List<ts2cpp::Tensor>>"
    assert type.text() == "Dict<std::string, List<Tensor>>"


def _function(name: str, text: str, comment: str) -> C.Function:
    body: list[C.Stmt] = [
        C.Comment(comment_text(comment)),
        C.Evaluate(C.Call(C.Name(name), [C.String(text)]), comment_text(comment)),
    ]
    parameter = C.Parameter(C.Reference(C.Const(C.TENSOR)), name)
    return C.Function(name, C.TENSOR, [parameter], body, comments=[comment_text(comment)])


_WORDS = st.sampled_from(["math::sqrt(x)", "ops::relu", "IntSpan", "std::vector<Tensor>", "ts2cpp::Error", "math"])


@given(st.text() | _WORDS, st.text() | _WORDS, st.sampled_from(["math", "ops", "IntSpan", "optional", "x"]))
def test_text_changes_nothing(text: str, comment: str, name: str) -> None:
    plain = _function("f", "", "")
    function = _function(name, text, comment)
    assert headers(function) == headers(plain)
    assert short_names(function) == short_names(plain) == ["using ts2cpp::Tensor;"]
    assert list(names(function)) == list(names(plain))
