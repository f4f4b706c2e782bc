"""Tensor expressions and changes of tensors in place.

Values are multiples of powers of two as far as possible, so that the order of additions does not show.
"""

from __future__ import annotations

from tests.codegen.random_programs import types as T
from tests.codegen.random_programs.expressions import (
    Sized,
    expression,
    literal,
    produces,
    pure,
    sized,
    stored,
    tensor_literal,
)
from tests.codegen.random_programs.scalars import COMPARISONS
from tests.codegen.random_programs.scope import Scope


def _like(g: Scope, type: T.TensorType, depth: int) -> Sized:
    """A tensor that broadcasts to the type without changing it: one of the same shape, or a scalar."""
    if type.dtype == "float32" and g.chance(0.2):
        return sized(g, T.SCALAR, depth)
    return sized(g, type, depth)


@produces(T.TensorType, 2.5)
def _sum(g: Scope, type: T.Type, depth: int) -> Sized | None:
    assert isinstance(type, T.TensorType)
    (a, m), (b, n) = sized(g, type, depth), _like(g, type, depth)
    return f"({a} {g.choose('+-')} {b})", m + n


@produces(T.TensorType, 2.0)
def _with_number(g: Scope, type: T.Type, depth: int) -> Sized | None:
    assert isinstance(type, T.TensorType)
    a, bound = sized(g, type, depth)
    number = expression(g, T.INT if type.dtype == "int64" else g.choose((T.INT, T.FLOAT)), 0)
    if type.dtype == "int64":
        forms = (f"({a} + {number})", f"({a} * 3)", f"({a} % 5)", f"({a} // 2)", f"(2 - {a})", f"({a} - {number})")
        return g.choose(forms), max(3 * bound, bound + 10.0**6)
    forms = (f"({a} + {number})", f"({a} * 0.5)", f"({a} / 4)", f"({a} - {number})", f"(1.5 - {a})", f"({a} * -2)")
    return g.choose(forms), max(2 * bound, bound + 10.0**4)


@produces(T.TensorType, 1.0)
def _product(g: Scope, type: T.Type, depth: int) -> Sized | None:
    assert isinstance(type, T.TensorType)
    (a, m), (b, n) = sized(g, type, depth), _like(g, type, depth)
    return f"({a} * {b})", m * n


@produces(T.TensorType, 2.0)
def _pointwise(g: Scope, type: T.Type, depth: int) -> Sized | None:
    assert isinstance(type, T.TensorType)
    a, bound = sized(g, type, depth)
    forms = [f"{a}.abs()", f"(-{a})", f"{a}.clone()", f"torch.relu({a})", f"torch.neg({a})"]
    if type.dtype == "float32":
        forms += [
            f"{a}.floor()",
            f"torch.clamp({a}, -2.0, 3.5)",
            f"torch.nn.functional.relu6({a})",
            f"torch.round({a})",
            f"{a}.clamp(min=0.25)",
            f"torch.square(torch.clamp({a}, -4.0, 4.0))",
        ]
    return g.choose(forms), max(bound, 16)


@produces(T.TensorType, 1.0)
def _chosen(g: Scope, type: T.Type, depth: int) -> Sized | None:
    with g.purely():
        (a, m), (b, n) = sized(g, type, min(depth, 1)), sized(g, type, min(depth, 1))
    condition = f"{a} {g.choose(COMPARISONS)} {b}" if g.chance(0.5) else f"{a} > {pure(g, T.INT, 0)}"
    forms = (f"torch.where({condition}, {a}, {b})", f"torch.maximum({a}, {b})", f"torch.minimum({a}, {b})")
    return g.choose(forms), max(m, n)


@produces(T.TensorType, 1.5)
def _made(g: Scope, type: T.Type, depth: int) -> Sized | None:
    assert isinstance(type, T.TensorType)
    shape = list(type.shape)
    if type.dtype == "int64":
        forms = [f"torch.arange({shape[0]})", f"torch.zeros({shape}, dtype=torch.int64)"]
    elif not shape:
        forms = [f"torch.tensor({expression(g, T.FLOAT, 0)})"]
    else:
        forms = [f"torch.zeros({shape})", f"torch.ones({shape})", f"torch.full({shape}, {expression(g, T.FLOAT, 0)})"]
    existing = g.paths(type)
    forms += [f"torch.{f}_like({g.choose(existing)})" for f in ("zeros", "ones") if existing]
    return g.choose([*forms, tensor_literal(g, type)]), 10.0**4


@produces(T.TensorType, 2.5)
def _rearranged(g: Scope, type: T.Type, depth: int) -> Sized | None:
    """A tensor of another shape, a part of one, or parts put together."""

    def of(other: T.TensorType) -> str:
        return expression(g, other, min(depth, 1))

    vector, index = stored(g, T.VECTOR, 0), f"{pure(g, T.INT, 0)} % "
    if type == T.SCALAR:
        forms = [
            f"{of(T.VECTOR)}.sum()",
            f"{of(T.MATRIX)}.max()",
            f"{of(T.VECTOR)}[{index}3]",
            f"{of(T.MATRIX)}[1, {index}3]",
            f"{of(T.MATRIX)}.mean()",
            f"torch.dot({vector}, {vector})",
            f"torch.tensor({expression(g, T.FLOAT, 0)})",
        ]
    elif type == T.VECTOR:
        forms = [
            f"{of(T.MATRIX)}[{index}2]",
            f"{of(T.TALL)}[:, {index}2]",
            f"{of(T.MATRIX)}.sum(0)",
            f"{of(T.TALL)}.sum(dim=1)",
            f"torch.cat([{vector}[1:], {vector}[:1]])",
            f"{of(T.MATRIX)}.amax(0)",
            f"{vector}.flip(0)",
            f"{of(T.COUNTS)}[1:].to(torch.float32)",
            f"{of(T.MATRIX)}.reshape(-1)[::2].clone()",
            f"{vector}.view(3, 1).squeeze(1)",
        ]
    elif type == T.MATRIX:
        forms = [
            f"{of(T.TALL)}.t()",
            f"torch.stack([{vector}, {vector}])",
            f"{of(T.TALL)}.reshape(2, 3).clone()",
            f"{vector}.expand(2, 3).clone()",
            f"({vector} + {of(T.MATRIX)})",
            f"{of(T.TALL)}.transpose(0, 1)",
            f"{of(T.MATRIX)}[:, [2, 0, 1]]",
            f"torch.cat([{vector}.unsqueeze(0), {of(T.MATRIX)}[:1]])",
        ]
    elif type == T.TALL:
        forms = [
            f"{of(T.MATRIX)}.t()",
            f"{of(T.MATRIX)}.permute(1, 0)",
            f"{of(T.MATRIX)}.reshape(3, 2).clone()",
            f"torch.stack([{vector}, {vector}], dim=1)",
            f"({vector}[:, None] * {of(T.TALL)})",
        ]
    else:
        forms = [
            f"torch.cumsum({of(T.COUNTS)}, 0)",
            f"torch.cat([{of(T.COUNTS)}[2:], {of(T.COUNTS)}[:2]])",
            f"({of(T.COUNTS)} > {pure(g, T.INT, 0)}).to(torch.int64)",
            f"{of(T.COUNTS)}[{of(T.COUNTS)} % 4]",
            f"torch.tensor([{', '.join(stored(g, T.INT, 0) for _ in range(4))}])",
            f"torch.sort({of(T.COUNTS)})[0]",
        ]
    return g.choose(forms), 64.0 * 64 * 4


# ---- numbers from tensors
@produces(T.FLOAT, 1.0)
def _float_of_tensor(g: Scope, type: T.Type, depth: int) -> Sized | None:
    vector = expression(g, T.VECTOR, depth)
    forms = (f"float({expression(g, T.SCALAR, depth)})", f"float({vector}[1])", f"float({vector}.sum())")
    return g.choose(forms), 10.0**6


@produces(T.INT, 1.0)
def _int_of_tensor(g: Scope, type: T.Type, depth: int) -> Sized | None:
    some = g.choose((T.VECTOR, T.MATRIX, T.TALL, T.COUNTS))
    a = expression(g, some, min(depth, 1))
    forms = (
        f"int({expression(g, T.SCALAR, depth)})",
        f"{a}.size(0)",
        f"{a}.shape[-1]",
        f"{a}.dim()",
        f"{a}.numel()",
        f"len({a})",
        f"int({expression(g, T.COUNTS, depth)}.sum())",
        f"int({expression(g, T.COUNTS, 0)}[{pure(g, T.INT, 0)} % 4])",
        f"int({expression(g, T.VECTOR, 0)}.argmax())",
    )
    return g.choose(forms), 10.0**6


@produces(T.BOOL, 1.0)
def _bool_of_tensor(g: Scope, type: T.Type, depth: int) -> Sized | None:
    some = g.choose((T.VECTOR, T.MATRIX, T.COUNTS))
    a, limit = expression(g, some, depth), g.choose(("0", "1", "2.5") if some != T.COUNTS else ("0", "3"))
    forms = (f"bool(({a} > {limit}).any())", f"bool(({a} <= {limit}).all())", f"bool({a}.sum() > {limit})")
    return g.choose(forms), 0


# ---- in place
def statement(g: Scope) -> bool:
    """Write a statement that changes a tensor in place, or makes a view that later ones change through."""
    choices = [(n, t) for t in T.TENSORS for n in g.paths(t)]
    if not choices:
        return False
    target, type = g.choose(choices)
    if not g.may_change(type):
        return False
    if type.shape and g.chance(0.25):
        name = g.fresh("w")
        made, result = g.choose(_VIEWS[type])
        g.emit(f"{name} = {target}{made}")
        g.set(name, result)
        return True
    g.note_change(*T.TENSORS)
    g.emit(_change(g, target, type))
    return True


# Views that overlap whole or not at all: what a partial overlap gives depends on the order of the writes.
_VIEWS: dict[T.Type, list[tuple[str, T.TensorType]]] = {
    T.MATRIX: [(".t()", T.TALL), (".select(0, 1)", T.VECTOR), ("[0]", T.VECTOR), ("[:]", T.MATRIX)],
    T.TALL: [(".t()", T.MATRIX), ("[:, 1]", T.VECTOR), ("[:]", T.TALL)],
    T.VECTOR: [("[1]", T.SCALAR), ("[:]", T.VECTOR), (".detach()", T.VECTOR), (".view(3)", T.VECTOR)],
    T.COUNTS: [("[:]", T.COUNTS), (".view(2, 2).view(4)", T.COUNTS)],
}


def _change(g: Scope, target: str, type: T.TensorType) -> str:
    if type == T.COUNTS:
        forms = [
            f"{target}[{pure(g, T.INT, 0)} % 4] = {stored(g, T.INT, 1)}",
            f"{target}[{target} > 5] = 2",
            f"{target}[1:3] = 7",
            f"{target}.add_({stored(g, T.COUNTS, 1)}).remainder_(97)",
            f"{target}.fill_({stored(g, T.INT, 0)})",
        ]
        return g.choose([*forms, f"{target} += 3", f"{target} -= 2"] if target.isidentifier() else forms)
    other = stored(g, type, 1)
    forms = [
        f"{target}.add_({other}).clamp_(-64.0, 64.0)",
        f"{target}.mul_({other}).clamp_(-64.0, 64.0)",
        f"{target}.zero_()",
        f"{target}.neg_()",
        f"{target}.relu_()",
        f"{target}.copy_({other})",
        f"{target}.fill_({literal(g, T.FLOAT)[0]})",
    ]
    if target.isidentifier():
        forms += [
            f"{target} *= 0.5",
            f"{target} -= 0.25",
            f"{target} /= 2",
            f"{target} += {other}; {target}.clamp_(-64.0, 64.0)",
        ]
    if type.shape:
        row = "0" if len(type.shape) == 1 else f"0, {pure(g, T.INT, 0)} % {type.shape[1]}"
        forms += [
            f"{target}[{row}] = {literal(g, T.FLOAT)[0]}",
            f"{target}[1:] += 0.5",
            f"{target}[{target} > 1.5] = 1.5",
            f"{target}[-1] = {target}[0]",
            f"{target}[{row}] += 1",
        ]
    return g.choose(forms)
