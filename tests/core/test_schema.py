"""Schema strings: what they say about an operator, and what is wrong with bad ones."""

from __future__ import annotations

import pytest

import transpile.torch  # noqa: F401  (registers every operator)
from transpile.core import types as T
from transpile.core.schema import parse_schema
from transpile.ops.registry import all_operators


def test_every_schema_survives_printing_and_parsing() -> None:
    for operator in all_operators():
        text = str(operator.schema)
        again = parse_schema(text)
        assert str(again) == text
        assert again.arguments == operator.schema.arguments
        assert again.returns == operator.schema.returns


def test_parts_of_a_schema() -> None:
    schema = parse_schema(
        "aten::add_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1, int[2] stride=1, Device? device=None) -> Tensor(a!)"
    )
    assert (schema.name, schema.overload, schema.qualified_name) == ("aten::add_", "Tensor", "aten::add_.Tensor")
    assert schema.is_mutable
    own, other, alpha, stride, device = schema.arguments
    assert own.writes and not other.writes
    assert alpha.kwarg_only and alpha.has_default and alpha.default == 1
    assert stride.type == T.ListType(T.INT)
    assert device.ignored and not alpha.ignored
    assert [a.name for a in schema.positional] == ["self", "other"]


@pytest.mark.parametrize(
    "text",
    ["aten::f", "aten::f(Tensor x", "aten::f(Tensor x) ->", "aten::f(int x=) -> int", "f() -> int, int", ""],
)
def test_malformed_schema_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_schema(text)
