"""The schemas in the registry are PyTorch's."""

from __future__ import annotations

import re

import pytest

from transpile.core.schema import parse_schema
from transpile.ops import registry
from transpile.ops.overload_order import ORDER

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.reference


def _text(schema: object) -> str:
    return str(schema).replace("SymInt", "int")


def test_schemas_are_those_of_torch() -> None:
    known: dict[str, str] = {}
    for schema in torch._C._jit_get_all_schemas():
        name = f"{schema.name}.{schema.overload_name}" if schema.overload_name else schema.name
        known.setdefault(name, _text(schema))
    wrong = []
    for operator in (*registry.all_operators(), *registry.out_overloads()):
        if operator.name.startswith(("ts2cpp::", "torchvision::", "torchaudio::")):
            continue
        theirs = known.get(operator.schema.qualified_name)
        if theirs is None:
            wrong.append(f"{operator.schema}: torch has no such operator")
        elif str(operator.schema) not in (theirs, str(parse_schema(theirs))):
            wrong.append(f"{operator.schema}\n    instead of {theirs}")
    assert not wrong, "\n".join(wrong)


def test_declared_order_of_overloads_is_that_of_torch() -> None:
    for name, order in ORDER.items():
        theirs = [parse_schema(str(s)).overload for s in torch._C._jit_get_schemas_for_operator(name)]
        assert [o for o in theirs if o in order] == list(order), name


_LISTS = re.compile(r"Tensor\([a-z]!\)\[\]")  # overloads that fill lists of tensors are left out


def test_overloads_that_write_are_derived_for_every_operator() -> None:
    """Of every operator that is here: those of training, of sparse and of quantised tensors have no functional form here."""
    missing = []
    for schema in torch._C._jit_get_all_schemas():
        text = _text(schema)
        name = f"{schema.name}.{schema.overload_name}" if schema.overload_name else schema.name
        if not any(a.kwarg_only and a.alias_info and a.alias_info.is_write for a in schema.arguments):
            continue
        if _LISTS.search(text) or registry.find(name) is not None:
            continue
        plain = {str(a) for a in parse_schema(text).arguments if not (a.kwarg_only and a.writes)}
        for operator in registry.overloads(schema.name):
            own = {str(a) for a in operator.schema.arguments}
            if not operator.schema.is_mutable and (plain == own or (plain < own and own - plain <= _OPTIONS)):
                missing.append(text)
    assert not missing, "\n".join(missing)


_OPTIONS = {"ScalarType? dtype=None", "Layout? layout=None", "Device? device=None", "bool? pin_memory=None"}
