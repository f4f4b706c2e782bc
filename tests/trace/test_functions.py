"""Traced functions: what the graph says, and what it computes on inputs of other shapes."""

from __future__ import annotations

import re
import warnings

import pytest

from transpile import torch
from transpile.trace.tracer_warning import TracerWarning


def lines(traced: object) -> list[str]:
    """The nodes of a graph without result names, locations, strides and flags."""
    text = str(traced.graph)  # type: ignore[attr-defined]
    details = r"(, )?strides=\[[^]]*\]|(, )?requires_grad=\d|(, )?device=cpu"
    text = re.sub(rf" # .*|%[\w.]+ ?: ?|{details}", "", text).replace("()", "")
    return [line.strip().replace("%", "") for line in text.splitlines()]


def test_numbers_become_tensors_where_the_bindings_want_tensors() -> None:
    traced = torch.jit.trace(lambda x: (2 * x + 1, x > 0.5, x**2), torch.ones(2, 3))
    assert lines(traced)[1:10] == [
        "Long = prim::Constant[value={2}]",
        "Float(2, 3) = aten::mul(x, 1)",
        "Long = prim::Constant[value={1}]",
        "int = prim::Constant[value=1]",
        "Float(2, 3) = aten::add(2, 3, 4)",
        "float = prim::Constant[value=0.5]",
        "Bool(2, 3) = aten::gt(x, 6)",
        "int = prim::Constant[value=2]",
        "Float(2, 3) = aten::pow(x, 8)",
    ]
    assert traced(torch.full((4,), 3.0))[0].tolist() == [7.0] * 4


def test_wrapped_numbers_do_not_promote() -> None:
    traced = torch.jit.trace(lambda x: x.sum() * 2.5 + 1, torch.ones(2))
    assert traced(torch.ones(2)).dtype is torch.float32


def test_sizes_follow_the_input() -> None:
    def program(x):  # type: ignore[no-untyped-def]
        n, m = x.shape[0], x.size(1)
        return x.reshape(m, n), x.view(n * m), torch.zeros(n, m // 2), torch.arange(x.size(0)), x.sum() / x.numel()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        traced = torch.jit.trace(program, torch.ones(2, 4))
    for shape in ((2, 4), (3, 6), (1, 2)):
        x = torch.randn(shape)
        for found, expected in zip(traced(x), program(x), strict=True):
            assert torch.equal(found, expected), shape


def test_names_and_lines_come_from_python() -> None:
    def program(x):  # type: ignore[no-untyped-def]
        n = x.relu()
        n = n + 1
        n = n * 2
        return n.sum()

    text = str(torch.jit.trace(program, torch.ones(2)).graph)
    assert re.findall(r"%(n\S*) : ", text) == ["n.1", "n.3", "n"]
    assert re.search(r"%n.1 .* # .*test_functions.py:\d+:0\n", text)


def test_in_place_operators_and_views() -> None:
    def program(x):  # type: ignore[no-untyped-def]
        y = x.clone()
        y += 1
        y[0] = 0
        y[1:] = x[:-1]
        y[y > 3] = 9.0
        y[0, 0] += 2
        return y

    traced = torch.jit.trace(program, torch.arange(6.0).reshape(3, 2))
    text = str(traced.graph)
    for kind in ("add_", "fill_", "copy_", "index_put_", "slice", "select"):
        assert f"aten::{kind}(" in text
    x = torch.arange(20.0).reshape(5, 4)
    assert torch.equal(traced(x), program(x))


def test_a_captured_tensor_is_one_constant_that_stays_the_same_tensor() -> None:
    c = torch.arange(3.0)
    traced = torch.jit.trace(lambda x: x * c + c, torch.ones(3))
    assert str(traced.graph).count("CPUFloatType{3}") == 1
    c.add_(1)
    assert traced(torch.ones(3)).tolist() == [2.0, 4.0, 6.0]


def test_dead_code_and_python_effects_vanish() -> None:
    seen = []

    def program(x):  # type: ignore[no-untyped-def]
        seen.append(1)
        x.exp()
        return x + 1

    traced = torch.jit.trace(program, torch.ones(2), check_trace=False)
    assert "exp" not in str(traced.graph) and len(seen) == 1
    traced(torch.ones(2))
    assert len(seen) == 1


def test_lists_of_tensors_are_unpacked() -> None:
    def program(x):  # type: ignore[no-untyped-def]
        a, b = x.split(2)
        c, d = torch.chunk(x, 2, 1)
        return a + b, c - d, x.unbind(0)[1]

    traced = torch.jit.trace(program, torch.arange(16.0).reshape(4, 4))
    assert str(traced.graph).count("prim::ListUnpack") == 3
    x = torch.randn(4, 6)
    assert all(torch.equal(a, b) for a, b in zip(traced(x), program(x), strict=True))


def test_code_is_printed() -> None:
    def program(x):  # type: ignore[no-untyped-def]
        return torch.relu(x).sum(0)

    traced = torch.jit.trace(program, torch.ones(2, 3))
    assert traced.code == "def program(x: Tensor) -> Tensor:\n  return torch.sum(torch.relu(x), [0])\n"
    assert traced.name == traced.__name__ == "program"


def test_tracing_does_not_nest() -> None:
    def program(x):  # type: ignore[no-untyped-def]
        return torch.jit.trace(lambda y: y + 1, x)(x)

    with pytest.raises(RuntimeError, match="Tracing can't be nested"):
        torch.jit.trace(program, torch.ones(1))


def test_an_exception_of_the_program_leaves_no_tracer_behind() -> None:
    def program(x):  # type: ignore[no-untyped-def]
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        torch.jit.trace(program, torch.ones(1))
    assert not torch.jit.is_tracing()


def test_data_dependent_python_is_frozen_with_its_line() -> None:
    def program(x):  # type: ignore[no-untyped-def]
        if x.sum() > 0:
            return x + 1
        return x - 1

    with pytest.warns(
        TracerWarning, match=r"Python boolean(.|\n)*frozen here: .*test_functions.py:\d+: if x.sum\(\) > 0:"
    ):
        traced = torch.jit.trace(program, torch.ones(2), check_trace=False)
    assert traced(-torch.ones(2)).tolist() == [0.0, 0.0]


def test_tensors_made_of_data_are_made_anew_by_each_run() -> None:
    def program(x):  # type: ignore[no-untyped-def]
        total = torch.tensor([0.0, 0.0])
        total += x
        return total * 1

    with pytest.warns(TracerWarning):
        traced = torch.jit.trace(program, torch.ones(2))
    assert traced(torch.ones(2)).tolist() == traced(torch.ones(2)).tolist() == [1.0, 1.0]
