"""Operators on Python numbers: int, float, complex, bool and Scalar (a number whose kind is known at run time only).

Ints wrap at 64 bits.  Functions of ``math`` follow C: a domain error is NaN and an overflow infinity, not an exception.
"""

from __future__ import annotations

import cmath
import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from transpile.ops.cast import number_to_int
from transpile.ops.families import Family
from transpile.ops.promotion import wrap_int

FAMILY = Family("number", header="")
op = FAMILY.op

_SCALAR = ("scalar",)
_DIVISION = (*_SCALAR, "nonzero_last", "one_error")
_TOTAL = ("scalar", "total")
_RANK = {"bool": 0, "int": 1, "float": 2, "complex": 3, "Scalar": 4}
_SPELLING = {"Scalar": "", "Scalar_Scalar": "Scalar_Scalar"}


def _kinds(overload: str) -> tuple[str, str]:
    first, _, second = overload.partition("_")
    return first, second or first


def _wrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    def run(*values: Any) -> Any:
        result = function(*values)
        return wrap_int(result) if isinstance(result, int) and not isinstance(result, bool) else result

    return run


def _as_double(place: int, kind: str) -> str:
    return f"static_cast<double>({{{place}}})" if kind in ("int", "bool") else f"{{{place}}}"


def _binary(
    name: str,
    overloads: str,
    function: Callable[..., Any],
    cpp: str,
    *,
    returns: str = "",
    scalar_cpp: str = "",
    names: str = "a b",
    tags: Sequence[str] = _SCALAR,
    itself: Sequence[str] = (),
) -> None:
    """Register ``aten::name`` for every pair of kinds in ``overloads`` (``int``, ``int_float``, ``Scalar``).

    ``cpp`` is used when both kinds are equal; ints are cast to double when they meet another kind, because C++ warns
    of it.  ``returns`` defaults to the wider kind; ``scalar_cpp`` is the spelling for Scalar.  ``itself`` is the tag for ints
    only: what holds of an int and itself need not hold of NaN.
    """
    a, b = names.split()
    for overload in overloads.split():
        first, second = _kinds(overload)
        widest = max(first, second, key=lambda k: _RANK[k])
        suffix = _SPELLING.get(overload, overload)
        schema = f"aten::{name}{'.' + suffix if suffix else ''}({first} {a}, {second} {b}) -> {returns or widest}"
        spelling = cpp
        if widest == "Scalar":
            spelling = scalar_cpp or f"ts2cpp::{name}({{0}}, {{1}})"
        elif first != second:
            spelling = cpp.replace("{0}", _as_double(0, first)).replace("{1}", _as_double(1, second))
        op(schema, cpp=spelling, tags=(*tags, *itself) if overload == "int" else tags)(function)


_MIXED = "int complex float int_complex complex_int float_complex complex_float int_float float_int Scalar"
_REAL = "int float int_float float_int Scalar"


def _guarded(function: Callable[..., Any], fallback: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` of math with C's answer where Python raises."""

    def run(*values: Any) -> Any:
        try:
            return function(*values)
        except (ValueError, OverflowError, ZeroDivisionError):
            with np.errstate(all="ignore"):
                return fallback(
                    *(np.float64(v) if not isinstance(v, complex) else np.complex128(v) for v in values)
                ).item()

    return run


def divide(a: Any, b: Any) -> Any:
    """True division; a zero divisor gives infinity or NaN."""
    return _guarded(operator.truediv, np.true_divide)(a, b)


def floor_divide(a: Any, b: Any) -> Any:
    if isinstance(a, int) and isinstance(b, int):
        if b == 0:
            raise ZeroDivisionError("division by 0")
        return wrap_int(a // b)
    return float(np.floor(np.float64(divide(float(a), float(b)))))


def floor_modulo(a: Any, b: Any) -> Any:
    if isinstance(a, int) and isinstance(b, int):
        if b == 0:
            raise ZeroDivisionError("integer modulo by zero")
        return wrap_int(a % b)
    return _guarded(_float_modulo, lambda x, y: np.float64(np.nan))(float(a), float(b))


def _float_modulo(a: float, b: float) -> float:
    """C's way to a remainder with the divisor's sign; for huge divisors it differs from Python's."""
    return math.fmod(math.fmod(a, b) + b, b)


def power(a: Any, b: Any) -> Any:
    """C's pow on floats; complex numbers by their definition."""
    if isinstance(a, complex) or isinstance(b, complex):
        return complex(a) ** b
    if a == 0 and b < 0:
        raise ZeroDivisionError("0.0 cannot be raised to a negative power")
    return _guarded(math.pow, np.power)(float(a), float(b))


def _int_power(a: int, b: int) -> int:
    if b < 0:
        return {1: 1, -1: -1 if b % 2 else 1}.get(a, 0)
    return wrap_int(pow(a, b, 1 << 64))


_binary("add", _MIXED, _wrapped(operator.add), "{0} + {1}", tags=_TOTAL)
_binary("sub", _MIXED, _wrapped(operator.sub), "{0} - {1}", tags=_TOTAL)
_binary("mul", _MIXED, _wrapped(operator.mul), "{0} * {1}", tags=_TOTAL)
_binary("div", "int", divide, "static_cast<double>({0}) / static_cast<double>({1})", returns="float")
_binary("div", "complex", divide, "{0} / {1}")
_binary("div", "float Scalar", divide, "{0} / {1}", returns="float")
_binary("floordiv", _REAL, floor_divide, "ts2cpp::floor_div({0}, {1})", tags=_DIVISION)
_binary("remainder", _REAL, floor_modulo, "ts2cpp::floor_mod({0}, {1})", tags=_DIVISION)
_binary("pow", "int float int_float float_int", power, "ts2cpp::power({0}, {1})", returns="float")
_binary("pow", "complex float_complex complex_float", power, "std::pow({0}, {1})")
_binary("pow", "Scalar_Scalar", power, "", returns="float", scalar_cpp="ts2cpp::pow({0}, {1}).to_double()")
op("aten::pow.int_to_int(int a, int b) -> int", cpp="ts2cpp::int_pow({0}, {1})", tags=_SCALAR)(_int_power)


def _truncated_division(a: int, b: int) -> int:
    if b == 0:
        raise ZeroDivisionError("division by 0")
    return wrap_int(abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1))


op("aten::__round_to_zero_floordiv.int(int a, int b) -> int", cpp="ts2cpp::trunc_div({0}, {1})", tags=_SCALAR)(
    _truncated_division
)


def _divmod(x: Any, y: Any) -> tuple[Any, Any]:
    if isinstance(x, int) and isinstance(y, int):
        if y == 0:
            raise RuntimeError("ZeroDivisionError: integer division or modulo by zero")
        return floor_divide(x, y), floor_modulo(x, y)
    if y == 0:
        raise RuntimeError("ZeroDivisionError: float divmod()")
    rest = float(np.fmod(np.float64(x), np.float64(y)))
    if rest != 0 and math.copysign(1, x) != math.copysign(1, y):
        rest += y
    return divide(x - rest, y), rest


for _x, _y in (("int", "int"), ("float", "float"), ("int", "float"), ("float", "int")):
    _name, _result = (_x, _x) if _x == _y else (f"{_x}_{_y}", "float")
    op(f"aten::divmod.{_name}({_x} x, {_y} y) -> ({_result}, {_result})", cpp="ts2cpp::divmod({0}, {1})", tags=_SCALAR)(
        _divmod
    )

# --- comparison ----------------------------------------------------------------------------------------------------

_function: Callable[..., Any]
for _name, _function, _sign, _itself in (
    ("eq", operator.eq, "==", ("reflexive",)), ("ne", operator.ne, "!=", ("irreflexive",)),
):  # fmt: skip
    for _kind in ("device Device", "bool bool", "enum AnyEnumType"):
        _overload, _type = _kind.split()
        op(
            f"aten::{_name}.{_overload}({_type} a, {_type} b) -> bool",
            cpp=f"{{0}} {_sign} {{1}}",
            tags=(*_TOTAL, *_itself),
        )(_function)
    _binary(
        _name, "int complex float int_float float_int float_complex complex_float Scalar", _function,
        f"{{0}} {_sign} {{1}}", returns="bool", tags=_TOTAL, itself=_itself,
    )  # fmt: skip
    op(f"aten::{_name}.str(str a, str b) -> bool", cpp=f"{{0}} {_sign} {{1}}", tags=(*_TOTAL, *_itself))(_function)
for _name, _function, _sign, _itself in (
    ("lt", operator.lt, "<", ("irreflexive",)), ("gt", operator.gt, ">", ("irreflexive",)),
    ("le", operator.le, "<=", ("reflexive",)), ("ge", operator.ge, ">=", ("reflexive",)),
):  # fmt: skip
    _binary(_name, _REAL, _function, f"{{0}} {_sign} {{1}}", returns="bool", tags=_TOTAL, itself=_itself)
    op(f"aten::{_name}.str(str a, str b) -> bool", cpp=f"{{0}} {_sign} {{1}}", tags=(*_TOTAL, *_itself))(_function)


def _same(self: Any, obj: Any) -> bool:
    """Identity: the same object, or equal values of the types that have no identity."""
    if self is obj:
        return True
    plain = (bool, int, float, str)
    return isinstance(self, plain) and type(self) is type(obj) and bool(self == obj)


op("aten::__is__(t1 self, t2 obj) -> bool", cpp="ts2cpp::is_same({0}, {1})", tags=(*_TOTAL, "reflexive"))(_same)
op("aten::__isnot__(t1 self, t2 obj) -> bool", cpp="!ts2cpp::is_same({0}, {1})", tags=(*_TOTAL, "irreflexive"))(
    lambda self, obj: not _same(self, obj)
)
op("aten::__not__(bool self) -> bool", cpp="!{0}", tags=_TOTAL)(operator.not_)

# --- bits ----------------------------------------------------------------------------------------------------------


def _shift_left(a: int, b: int) -> int:
    return wrap_int(a << b) if 0 <= b < 64 else 0


def _shift_right(a: int, b: int) -> int:
    return a >> (b if 0 <= b < 64 else 63)


for _name, _function, _sign, _logic in (
    ("and", operator.and_, "&", "&&"), ("or", operator.or_, "|", "||"), ("xor", operator.xor, "^", "!="),
):  # fmt: skip
    _tags = (*_TOTAL, "irreflexive") if _name == "xor" else _TOTAL
    op(f"aten::__{_name}__.bool(bool a, bool b) -> bool", cpp=f"{{0}} {_logic} {{1}}", tags=_tags)(_function)
    op(f"aten::__{_name}__.int(int a, int b) -> int", cpp=f"{{0}} {_sign} {{1}}", tags=_TOTAL)(_function)
op("aten::__lshift__.int(int a, int b) -> int", cpp="ts2cpp::lshift({0}, {1})", tags=_SCALAR)(_shift_left)
op("aten::__rshift__.int(int a, int b) -> int", cpp="ts2cpp::rshift({0}, {1})", tags=_SCALAR)(_shift_right)

# --- functions of one number ---------------------------------------------------------------------------------------

_COMPLEX_TOO = (
    "sqrt", "exp", "log", "log10", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh",
    "acosh", "atanh",
)  # fmt: skip


def _not_a_number(x: Any) -> Any:
    return np.float64(np.nan)


def _unary(name: str, function: Callable[..., Any], cpp: str, fallback: Callable[..., Any] | None = None) -> None:
    """Register ``aten::name`` as a float function of int, float, Scalar and, for some, complex."""
    same_name: Callable[..., Any] = getattr(np, name, _not_a_number)
    safe = _guarded(function, same_name if fallback is None else fallback)
    complex_function: Any = getattr(cmath, name, None)

    def of_scalar(a: Any) -> Any:
        if isinstance(a, complex) and complex_function is not None:
            return complex_function(a)
        return safe(a)

    op(f"aten::{name}.int(int a) -> float", cpp=cpp.replace("{0}", "static_cast<double>({0})"), tags=_SCALAR)(safe)
    op(f"aten::{name}.float(float a) -> float", cpp=cpp, tags=_SCALAR)(safe)
    if name in _COMPLEX_TOO:
        op(f"aten::{name}.complex(complex a) -> complex", cpp=cpp, tags=_SCALAR)(complex_function)
    spelling = f"ts2cpp::{name}({{0}}.to_double())" if name in ("degrees", "radians") else f"ts2cpp::{name}({{0}})"
    op(f"aten::{name}.Scalar(Scalar a) -> Scalar", cpp=spelling, tags=_SCALAR)(of_scalar)


for _name in (
    "sqrt", "exp", "log", "log10", "log1p", "expm1", "sin", "cos", "tan", "sinh", "cosh", "tanh", "fabs", "erf", "erfc",
):  # fmt: skip
    _unary(_name, getattr(math, _name), f"std::{_name}({{0}})")
for _name, _numpy in (
    ("asin", np.arcsin), ("acos", np.arccos), ("atan", np.arctan), ("asinh", np.arcsinh), ("acosh", np.arccosh),
    ("atanh", np.arctanh),
):  # fmt: skip
    _unary(_name, getattr(math, _name), f"std::{_name}({{0}})", _numpy)
_unary("degrees", math.degrees, "ts2cpp::degrees({0})")
_unary("radians", math.radians, "ts2cpp::radians({0})")
_unary("lgamma", math.lgamma, "ts2cpp::lgamma({0})", lambda x: np.float64(np.inf))


def _gamma_pole(x: Any) -> Any:
    return np.copysign(np.inf, x) if x == 0 else np.float64(np.inf if x > 0 else np.nan)


_unary("gamma", math.gamma, "std::tgamma({0})", _gamma_pole)


def _integral(name: str, function: Callable[[float], Any]) -> None:
    """Register floor or ceil, which give ints."""

    def run(a: Any) -> int:
        if isinstance(a, int):
            return a
        if not -(2.0**63) <= a < 2.0**63:
            shown = f"{a:f}" if math.isfinite(a) else "nan" if a != a else "inf" if a > 0 else "-inf"
            raise RuntimeError(f"Cannot convert float {shown} to integer")
        return number_to_int(float(function(a)))

    op(f"aten::{name}.int(int a) -> int", cpp="{0}", tags=_SCALAR)(run)
    op(f"aten::{name}.float(float a) -> int", cpp=f"ts2cpp::{name}({{0}})", tags=_SCALAR)(run)
    op(f"aten::{name}.Scalar(Scalar a) -> Scalar", cpp=f"ts2cpp::{name}({{0}})", tags=_SCALAR)(run)


_integral("floor", math.floor)
_integral("ceil", math.ceil)


def _round(a: Any) -> float:
    return float(np.rint(np.float64(a)))


op("aten::round.int(int a) -> float", cpp="static_cast<double>({0})", tags=_SCALAR)(_round)
op("aten::round.float(float a) -> float", cpp="ts2cpp::round({0})", tags=_SCALAR)(_round)
op("aten::round.Scalar(Scalar a) -> Scalar", cpp="ts2cpp::round({0})", tags=_SCALAR)(_round)

for _kind in ("int", "float", "complex", "Scalar"):
    _spelling = "ts2cpp::neg({0})" if _kind == "Scalar" else "-{0}"
    op(f"aten::neg.{_kind}({_kind} a) -> {_kind}", cpp=_spelling, tags=_TOTAL)(_wrapped(operator.neg))
    _result = "float" if _kind == "complex" else _kind
    _spelling = "ts2cpp::abs({0})" if _kind == "Scalar" else "std::abs({0})"
    op(f"prim::abs.{_kind}({_kind} a) -> {_result}", cpp=_spelling, tags=_SCALAR)(_wrapped(operator.abs))

for _kind, _module in (("float", math), ("complex", cmath)):
    for _name in ("isnan", "isinf", "isfinite"):
        _prefix = "std" if _kind == "float" else "ts2cpp"
        op(f"aten::{_name}.{_kind}({_kind} a) -> bool", cpp=f"{_prefix}::{_name}({{0}})", tags=_SCALAR)(
            getattr(_module, _name)
        )
op("aten::modf(float a) -> (float, float)", cpp="ts2cpp::modf({0})", tags=_SCALAR)(math.modf)
op("aten::frexp(float a) -> (float, int)", cpp="ts2cpp::frexp({0})", tags=_SCALAR)(math.frexp)
op("aten::ldexp(float x, int i) -> float", cpp="ts2cpp::ldexp({0}, {1})", tags=_SCALAR)(_guarded(math.ldexp, np.ldexp))


@op("aten::factorial.int(int a) -> int", cpp="ts2cpp::factorial({0})", tags=_SCALAR)
def factorial(a: int) -> int:
    if a < 0:
        raise ValueError("factorial() not defined for negative values")
    return wrap_int(math.factorial(a)) if a < 1000 else 0


# --- functions of two numbers --------------------------------------------------------------------------------------


def _logarithm(a: Any, b: Any) -> Any:
    log = _guarded(cmath.log if isinstance(a, complex) or isinstance(b, complex) else math.log, np.log)
    return divide(log(a), log(b))


_LOG = "ts2cpp::log({0}, {1})"
for _x in ("int", "float", "complex"):
    for _y in ("int", "float", "complex"):
        _result = "complex" if "complex" in (_x, _y) else "float"
        op(f"aten::log.{_x}_{_y}({_x} a, {_y} b) -> {_result}", cpp=_LOG, tags=_SCALAR)(_logarithm)
op("aten::log.Scalar_Scalar(Scalar a, Scalar b) -> float", cpp=_LOG, tags=_SCALAR)(_logarithm)


def _functions_of_two(name: str, function: Callable[..., Any], cpp: str, scalar: str = "Scalar") -> None:
    whole = cpp.replace("{0}", "static_cast<double>({0})").replace("{1}", "static_cast<double>({1})")
    _binary(name, "int", function, whole, returns="float")
    _binary(name, f"float int_float float_int {scalar}", function, cpp, returns="float")


_functions_of_two("fmod", _guarded(math.fmod, np.fmod), "std::fmod({0}, {1})")
_functions_of_two("atan2", math.atan2, "std::atan2({0}, {1})", "Scalar_Scalar")
_functions_of_two("copysign", math.copysign, "std::copysign({0}, {1})")
_functions_of_two(
    "mathremainder", _guarded(math.remainder, lambda a, b: np.float64(np.nan)), "std::remainder({0}, {1})"
)
_binary("gcd", "int", math.gcd, "ts2cpp::gcd({0}, {1})")
for _overload in ("int", "float", "int_float", "float_int", "Scalar_Scalar"):
    _x, _y = _kinds(_overload)
    _result = "Scalar" if _x == "Scalar" else "complex"
    op(
        f"aten::polar.{_overload}({_x} a, {_y} b) -> {_result}",
        cpp="std::polar({0}.to_double(), {1}.to_double())"
        if _x == "Scalar"
        else "std::polar(static_cast<double>({0}), static_cast<double>({1}))",
        tags=_SCALAR,
    )(lambda a, b: cmath.rect(float(a), float(b)))
for _kind in ("int", "float", "complex", "Scalar"):
    _result = "float" if _kind != "Scalar" else "Scalar"
    op(
        f"aten::angle.{_kind}({_kind} a) -> {_result}",
        cpp="std::arg({0}.to_complex())" if _kind == "Scalar" else "std::arg({0})",
        tags=_SCALAR,
    )(cmath.phase)


def _larger(a: Any, b: Any) -> Any:
    return a if a > b else b


def _smaller(a: Any, b: Any) -> Any:
    return a if a < b else b


for _name, _function in (("max", _larger), ("min", _smaller)):
    for _overload in _REAL.split():
        _x, _y = _kinds(_overload)
        _suffix = "" if _overload == "Scalar" else "." + _overload
        _result = _x if _x == _y else "float"
        _spelling = f"std::{_name}({{0}}, {{1}})" if _overload == "int" else f"ts2cpp::{_name}({{0}}, {{1}})"
        if "_" in _overload:
            _spelling = f"ts2cpp::{_name}({_as_double(0, _x)}, {_as_double(1, _y)})"
        op(f"prim::{_name}{_suffix}({_x} a, {_y} b) -> {_result}", cpp=_spelling, tags=_TOTAL)(
            (lambda f: lambda a, b: float(f(a, b)))(_function) if "_" in _overload else _function
        )

# --- loops ---------------------------------------------------------------------------------------------------------


@op("aten::__range_length(int lo, int hi, int step) -> int", cpp="ts2cpp::range_length({0}, {1}, {2})", tags=_SCALAR)
def range_length(lo: int, hi: int, step: int) -> int:
    """How many values ``range(lo, hi, step)`` has."""
    if step == 0:
        raise ValueError("range() arg 3 must not be zero")
    return wrap_int(max(0, (hi - lo + step - (1 if step > 0 else -1)) // step))


@op(
    "aten::__derive_index(int index, int start, int step) -> int",
    cpp="ts2cpp::derive_index({0}, {1}, {2})",
    tags=_TOTAL,
)
def derive_index(index: int, start: int, step: int) -> int:
    """The value of ``range`` at a position."""
    return wrap_int(start + index * step)
