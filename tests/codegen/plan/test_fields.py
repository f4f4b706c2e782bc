"""The members of a struct: which paths of a module become which members, and how they are called."""

from __future__ import annotations

import pytest

from transpile.codegen.plan.fields import Array, Form, Group, Holds, Member, Nested, Submodule, lay_out, member_names
from transpile.core import types as T
from transpile.core.names import NameScope

TYPES: dict[str, T.Type] = {"Tensor": T.TENSOR, "int": T.INT, "Tensor?": T.OptionalType(T.TENSOR)}


def members(text: str) -> Member:
    """``conv.weight: Tensor`` holds a tensor, ``block: -> Block`` a module of struct ``Block``."""
    root = Member("")
    for line in text.split("; "):
        path, _, held = line.partition(": ")
        member = root.grow(tuple(path.split(".")))
        if held.startswith("-> "):
            member.form = Submodule(held.removeprefix("-> "))
        else:
            member.held = TYPES[held]
    return root


def shown(member: Member) -> str:
    """A member as ``conv: Affine``; what a nested struct holds stands in braces."""
    assert member.form is not None
    return f"{member.name}: {form_text(member.form)}{inner(member) if isinstance(member.form, Nested) else ''}"


def inner(member: Member) -> str:
    return f" {{{'; '.join(shown(child) for child in member.children.values())}}}"


def form_text(form: Form) -> str:
    match form:
        case Holds(type):
            return type.annotation()
        case Array(element, count):
            return f"{form_text(element)}[{count}]"
        case Group(name) | Nested(name) | Submodule(name):
            return name


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ("scale: Tensor", "scale: Tensor"),
        (
            "part1.a: Tensor; part1.n: int; part2.a: Tensor; part2.n: int; other.a: Tensor; other.n: Tensor",
            "part1: PartMembers {a: Tensor; n: int}; part2: PartMembers {a: Tensor; n: int}; "
            "other: OtherMembers {a: Tensor; n: Tensor}",
        ),
        ("fc.weight: Tensor; fc.bias: Tensor", "fc: Affine"),
        ("fc.weight: Tensor", "fc: Weight"),
        ("bn.weight: Tensor; bn.running_mean: Tensor; bn.running_var: Tensor", "bn: Norm"),
        ("fc.weight: Tensor; fc.count: int", "fc: FcMembers {weight: Tensor; count: int}"),
        ("fc.weight: Tensor; fc.bias: Tensor?", "fc: FcMembers {weight: Tensor; bias: Optional[Tensor]}"),
        ("layers.0.weight: Tensor; layers.1.weight: Tensor", "layers: Weight[2]"),
        (
            "layers.1.weight: Tensor; layers.2.weight: Tensor",
            "layers: LayersMembers {layer_1: Weight; layer_2: Weight}",
        ),
        ("layers.0: -> Block; layers.1: -> Block; layers.2: -> Block", "layers: Block[3]"),
        ("layers.0: -> Block; layers.1: -> Other", "layers: LayersMembers {layer_0: Block; layer_1: Other}"),
        ("layers.0: -> Block", "layers: LayersMembers {layer_0: Block}"),
        ("class: Tensor; for.weight: Tensor", "class_member: Tensor; for_member: Weight"),
        ("a.b.c: int; a.b.d: int", "a: AMembers {b: BMembers {c: int; d: int}}"),
        # A struct is not called as the one that it stands in.
        (
            "f.0.0.c: int; f.0.0.d: int",
            "f: FMembers {layer_0: Value0Members_2 {layer_0: Value0Members {c: int; d: int}}}",
        ),
        ("Model: int", "Model_2: int"),
    ],
)
def test_layout(paths: str, expected: str) -> None:
    root = members(paths)
    lay_out(root, NameScope(taken=["Model"]))
    assert "; ".join(shown(child) for child in root.children.values()) == expected


def test_names_on_the_way_to_a_member() -> None:
    root = members("layers.0.fc.weight: Tensor; layers.0.fc.bias: Tensor; for: int")
    lay_out(root, NameScope())
    assert member_names(root, ("layers", "0", "fc", "weight")) == ("layers", "layer_0", "fc", "weight")
    rolled = members("layers.0.weight: Tensor; layers.1.weight: Tensor")
    lay_out(rolled, NameScope())
    assert member_names(rolled, ("layers", "1", "weight")) == ("layers", "1", "weight")
