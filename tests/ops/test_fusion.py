"""Every operator with a spelling for one element in a fused loop, and every epilogue of every layer.

Each is a graph of its own that goes through the export, is compiled, and is compared with the NumPy kernels.
"""

from __future__ import annotations

import functools
import shutil
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from tests.build_tree import BUILD
from tests.codegen.cpp_driver import Call, Outcome, Session, run, show, show_error, shown_after
from transpile.codegen.driver import final_program
from transpile.core import types as T
from transpile.core.schema import Argument, parse_schema
from transpile.ir.function import Function
from transpile.ir.graph import Graph
from transpile.ir.parser import parse_graph
from transpile.jit.interpreter import machine
from transpile.ops.fusion import epilogues, gives_truth, scalar_spelling, truth_positions
from transpile.ops.registry import Operator, all_operators, get
from transpile.passes import pipelines

pytestmark = [
    pytest.mark.xdist_group("fusion"),
    pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler"),
]
EPILOGUE_LAYERS = ("conv1d", "conv2d", "linear")

# Constants for arguments that are numbers or text, one dictionary for each form of a call; others have their defaults.
FORMS: dict[str, list[dict[str, Any]]] = {
    "clamp": [{"min": -0.5, "max": 0.75}, {"min": 0, "max": 0.5}, {"min": -0.5}, {"max": 1}],
    "clip": [{"min": 0.25, "max": 1}, {"min": -0.5}, {"max": 1}],
    "gelu": [{"approximate": "none"}, {"approximate": "tanh"}],
    "pow.Tensor_Scalar": [{"exponent": e} for e in (2, 3.0, 0.5, -1)],
    "threshold": [{"threshold": 0.5, "value": -2}],
    "elu": [{"alpha": 1.5, "scale": 0.5, "input_scale": 2}],
    "hardtanh": [{}, {"min_val": 0, "max_val": 0.5}],
    "softplus": [{}, {"beta": 2, "threshold": 1.5}],
    "add.Tensor": [{}, {"alpha": 2}, {"alpha": 0.5}],
    "sub.Tensor": [{}, {"alpha": 2}],
    "rsub.Tensor": [{}, {"alpha": 2}],
    "add.Scalar": [{"other": 1.5}, {"other": 2, "alpha": 3}],
    "sub.Scalar": [{"other": 1.5}, {"other": 2, "alpha": 3}],
    "rsub.Scalar": [{"other": 1.5}, {"other": 2, "alpha": 3}],
}
NAMES = {T.INT: "int", T.FLOAT: "float", T.STR: "str", T.NONE: "NoneType"}
SPECIAL = [[0.5, -1.5, 0.0, -0.0], [2.0, -7.25, 0.75, 1e-3], [float("inf"), float("-inf"), float("nan"), 40.0]]
OTHER = [[2.0, 0.5, -0.5, 3.0], [1.5, -2.0, 0.25, 2.5], [1.0, 2.0, 3.0, -0.75]]


def constant(name: str, value: Any) -> str:
    kind = "NoneType" if value is None else type(value).__name__
    text = "" if value is None else f'[value="{value}"]' if isinstance(value, str) else f"[value={value!r}]"
    return f"  %{name} : {kind} = prim::Constant{text}()"


def forms(operator: Operator) -> Iterator[tuple[dict[str, Any], bool]]:
    """The constants of the calls to try, and whether a number is one of the program instead."""
    key = operator.schema.qualified_name.removeprefix("aten::")
    for form in FORMS.get(key, [{}]):
        yield form, False
    if any(a.type == T.NUMBER for a in operator.schema.arguments) and "limited" not in operator.tags:
        yield FORMS.get(key, [{}])[0], True


def fused_graph(operator: Operator, form: Mapping[str, Any], given: bool) -> str:
    """The operator on ``%a`` and ``%b`` (turned if ``%turned``), then ``abs``; with ``given`` a number is ``%n``.

    Conditions are comparisons of the two, and a result that is one chooses between them.
    """
    lines, values = [], []
    tensors, conditions = iter(("%x", "%y", "%x")), iter(("%larger", "%different"))
    for position, argument in enumerate(operator.schema.arguments):
        if position in truth_positions(operator):
            values.append(next(conditions))
        elif argument.type == T.TENSOR:
            values.append(next(tensors))
        elif given and argument.type == T.NUMBER and argument.name != "alpha":
            values.append("%n")
            given = False
        else:
            values.append(f"%{argument.name}")
            lines.append(constant(argument.name, form.get(argument.name, _default(argument))))
    return "\n".join(
        [
            "graph(%a : Tensor, %b : Tensor, %turned : bool, %n : float):",
            *lines,
            "  %x : Tensor, %y : Tensor = prim::If(%turned)",
            "    block0():",
            "      %at : Tensor = aten::t(%a)",
            "      %bt : Tensor = aten::t(%b)",
            "      -> (%at, %bt)",
            "    block1():",
            "      -> (%a, %b)",
            *(["  %larger : Tensor = aten::gt(%x, %y)"] if "%larger" in values else []),
            *(["  %different : Tensor = aten::ne(%x, %y)"] if "%different" in values else []),
            f"  %r : Tensor = {operator.name}({', '.join(values)})",
            *(["  %chosen : Tensor = aten::where(%r, %x, %y)"] if gives_truth(operator) else []),
            f"  %z : Tensor = aten::abs({'%chosen' if gives_truth(operator) else '%r'})",
            "  return (%z)",
        ]
    )


def _default(argument: Argument) -> Any:
    if argument.has_default:
        return argument.default
    return None if isinstance(argument.type, T.OptionalType) else 0.75


def function(name: str, schema: str, text: str) -> Function:
    return Function(name, f"__torch__.{name}", parse_schema(schema), parse_graph(text), lower=pipelines.lower)


def called(function: Function, *arguments: Any) -> Call:
    """The call with what the NumPy kernels make of it."""
    try:
        with np.errstate(all="ignore"):
            result = show(
                machine.run_graph(
                    function.structured, [np.copy(a) if isinstance(a, np.ndarray) else a for a in arguments]
                )
            )
        return Call(
            "",
            list(arguments),
            result=result,
            after=shown_after(arguments, [a.type for a in function.schema.arguments]),
        )
    except (IndexError, NotImplementedError, RuntimeError, ValueError) as error:
        return Call(
            "",
            list(arguments),
            made_up=True,
            result=show_error(error),
            after=shown_after(arguments, [a.type for a in function.schema.arguments]),
        )


def exported(function: Function) -> Graph:
    return final_program(function).entries[0].graph


def fused_programs() -> dict[str, Session]:
    programs = {}
    for operator in all_operators():
        if not operator.scalar_cpp or not operator.is_pure:
            continue
        for number, (form, given) in enumerate(forms(operator)):
            label = f"{operator.schema.qualified_name.removeprefix('aten::').replace('.', '_')}_{number}"
            schema = f"{label}(Tensor a, Tensor b, bool turned, float n) -> Tensor"
            made = function(label, schema, fused_graph(operator, form, given))
            programs[label] = Session(made, [called(made, *row) for row in rows()])
    return programs


def rows() -> Iterator[tuple[Any, ...]]:
    a, b = np.array(SPECIAL, np.float32), np.array(OTHER, np.float32)
    yield a, b, False, 0.75
    yield a, b, True, 0.75
    yield a.astype(np.float64), b.astype(np.float64), True, 2.0
    yield np.array(0.75, np.float32), np.array(-2.0, np.float32), False, 0.5
    yield a, np.array(1.5, np.float64), False, 0.75
    yield np.zeros((0, 4), np.float32), np.ones((3, 1, 4), np.float32), False, 0.75
    yield np.array([[1, 2, 3]], np.int64), np.array([[2], [3]], np.int64), False, 0.5


@functools.cache
def fused_outcomes() -> dict[str, Outcome]:
    """Of every spelling with its calls once: the names that an operator has beside its own share them."""
    folder = BUILD / "fusion"
    folder.mkdir(parents=True, exist_ok=True)
    distinct: dict[str, tuple[str, Session]] = {}
    for label, session in fused_programs().items():
        body = str(exported(session.function(""))).partition("with ts2cpp::FusionGroup")[2]
        distinct.setdefault(body, (label, session))
    return run({label: [session] for label, session in distinct.values()}, folder, units=4)


def epilogue_graph(layer: str, name: str, form: Mapping[str, Any]) -> str:
    """A layer and an activation as the model has them."""
    operator = epilogues()[name].operator
    settings = {**epilogues()[name].fixed, **form}
    lines, values = [], ["%y"]
    for argument in operator.schema.arguments[1:]:
        lines.append(constant(argument.name, settings[argument.name]))
        values.append(f"%{argument.name}")
    if layer == "linear":
        call = "aten::linear(%x, %w, %bias)"
    else:
        rank = int(layer[4])
        lines += [constant("one", 1), constant("zero", 0)]
        for given, item in (("ones", "%one"), ("zeros", "%zero")):
            lines.append(f"  %{given} : int[] = prim::ListConstruct({', '.join([item] * rank)})")
        call = f"aten::{layer}(%x, %w, %bias, %ones, %zeros, %ones, %one)"
    return "\n".join(
        [
            "graph(%x : Tensor, %w : Tensor, %bias : Tensor?):",
            *lines,
            f"  %y : Tensor = {call}",
            f"  %z : Tensor = {operator.name}({', '.join(values)})",
            "  return (%z)",
        ]
    )


def epilogue_forms(name: str) -> list[dict[str, Any]]:
    known: dict[str, list[dict[str, Any]]] = {
        "clamp": [{"min": -0.5, "max": 0.75}, {"min": 0, "max": 2}],
        "clamp_min": [{"min": 0.25}, {"min": 1}],
        "clamp_max": [{"max": 0.25}, {"max": 1}],
        "hardtanh": [{"min_val": -1, "max_val": 1}],
        "leaky_relu": [{"negative_slope": 0.2}],
    }
    return known.get(name, [{}])


def epilogue_programs() -> dict[str, Session]:
    programs = {}
    random = np.random.default_rng(0)
    for layer in EPILOGUE_LAYERS:
        shape = {"linear": ((5, 3), (4, 3)), "conv1d": ((2, 3, 6), (4, 3, 2)), "conv2d": ((2, 3, 5, 4), (4, 3, 2, 2))}[
            layer
        ]
        for name in epilogues():
            for number, form in enumerate(epilogue_forms(name)):
                label = f"{layer}_{name}_{number}"
                made = function(
                    label, f"{label}(Tensor x, Tensor w, Tensor? bias) -> Tensor", epilogue_graph(layer, name, form)
                )
                calls = []
                for dtype in (np.float32, np.float64, np.int64):
                    x, w = (
                        np.round(random.normal(size=s) * 4).astype(dtype) / dtype(2 if dtype is not np.int64 else 1)
                        for s in shape
                    )
                    calls.append(called(made, x.astype(dtype), w.astype(dtype), np.arange(4).astype(dtype)))
                calls.append(
                    called(made, np.zeros((0, *shape[0][1:]), np.float32), np.ones(shape[1], np.float32), None)
                )
                programs[label] = Session(made, calls)
    return programs


@functools.cache
def epilogue_outcomes() -> dict[str, Outcome]:
    folder = BUILD / "epilogues"
    folder.mkdir(parents=True, exist_ok=True)
    return run({label: [session] for label, session in epilogue_programs().items()}, folder, units=2)


def test_every_operator_is_fused() -> None:
    """Nothing is left outside of a loop that has a spelling for one element."""
    programs = fused_programs()
    assert len(programs) > 100
    alone = [label for label, s in programs.items() if "ts2cpp::FusionGroup" not in str(exported(s.function("")))]
    assert not alone


def test_a_setting_that_is_refused_is_not_fused() -> None:
    """A loop checks nothing: the operator does, where its setting is refused or not known."""
    for name, setting in (("softshrink", -1.0), ("celu", 0.0)):
        operator = get(f"aten::{name}")
        (argument,) = (a.name for a in operator.schema.arguments[1:])
        assert scalar_spelling(operator, {argument: 0.5}) is not None
        assert scalar_spelling(operator, {argument: setting}) is None
        assert scalar_spelling(operator, {}) is None


def test_fused_operators_agree() -> None:
    failed = {label: o.detail for label, o in fused_outcomes().items() if o.kind != "same"}
    assert not failed, "\n".join(f"{label}: {detail[:400]}" for label, detail in failed.items())


def test_every_epilogue_is_absorbed() -> None:
    left = []
    for label, session in epilogue_programs().items():
        kinds = [n.kind for n in exported(session.function("")).nodes if n.kind.startswith(("aten::", "ts2cpp::"))]
        if kinds != [f"ts2cpp::{label.partition('_')[0]}"]:
            left.append((label, kinds))
    assert not left


def test_epilogues_agree() -> None:
    failed = {label: o.detail for label, o in epilogue_outcomes().items() if o.kind != "same"}
    assert not failed, "\n".join(f"{label}: {detail[:400]}" for label, detail in failed.items())


def test_settings_choose_the_spelling() -> None:
    gelu, clamp = get("aten::gelu"), get("aten::clamp")
    tanh = scalar_spelling(gelu, {"approximate": "tanh"})
    assert tanh is not None and tanh.expression.text() == "math::gelu_tanh({0})"
    assert scalar_spelling(gelu, {}) is None  # the mode is known at run time only
    assert scalar_spelling(clamp, {"min": None, "max": None}) is None
