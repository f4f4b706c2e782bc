"""The constant behind a value: none, ``None``, or something."""

from __future__ import annotations

import numpy as np

from transpile.core import dtype as D
from transpile.core import types as T
from transpile.ir.graph import NO_CONSTANT, Graph
from transpile.ops.promotion import WrappedNumber


def test_none_and_no_constant_are_not_the_same() -> None:
    graph = Graph()
    given = graph.add_input(T.INT)
    nothing = graph.insert_constant(None)
    assert given.constant is NO_CONSTANT
    assert given.literal is NO_CONSTANT
    assert not given.is_constant
    assert not given.is_none
    assert nothing.constant is None
    assert nothing.is_constant
    assert nothing.is_none
    assert given.constant_as(int) is nothing.constant_as(int) is None


def test_the_kind_that_is_asked_for() -> None:
    graph = Graph()
    number, truth, text = (graph.insert_constant(v) for v in (1, True, "one"))
    assert (number.constant_as(int), number.constant_as(bool), number.constant_as(str)) == (1, None, None)
    assert (truth.constant_as(int), truth.constant_as(bool)) == (None, True)
    assert (text.constant_as(int), text.constant_as(str)) == (None, "one")


def test_a_dtype_is_its_number_and_a_wrapped_number_a_number() -> None:
    graph = Graph()
    dtype = graph.create("prim::Constant", (), [T.INT], value=D.float32).output
    assert dtype.constant == D.float32.code
    assert dtype.literal is D.float32
    wrapped = graph.create("prim::Constant", (), [T.TENSOR], value=np.asarray(2.5).view(WrappedNumber)).output
    assert wrapped.constant_as(float) == 2.5
    assert isinstance(wrapped.literal, WrappedNumber)


def test_the_function_behind_a_value() -> None:
    function = object()
    node = Graph().create("prim::Constant", (), [T.FUNCTION], name="f", function=function)
    assert node.output.constant is function
