"""Functions of one tensor: exponentials, trigonometry, rounding, signs, complex parts."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.ops.error_functions import erf as _erf
from transpile.ops.error_functions import erfc as _erfc
from transpile.ops.error_functions import erfinv as _erfinv
from transpile.ops.families import Family, require_supported
from transpile.ops.gamma_functions import lgamma as _lgamma
from transpile.ops.promotion import Array, broadcast_shapes, cast, dtype_of, require_writable, to_element, to_floating
from transpile.ops.series import in_wider_type, precise

FAMILY = Family("unary")
op, pointwise, alias = FAMILY.op, FAMILY.pointwise, FAMILY.alias


def _reject_bool(self: Array) -> None:
    if dtype_of(self) is D.bool_:
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. "
            "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
        )


def _sigmoid(x: Array) -> Array:
    return np.reciprocal(1 + np.exp(-x))


def sign(x: Array) -> Array:
    """-1, 0 or 1; 0 for NaN."""
    if x.dtype.kind == "b":
        return x
    return np.subtract((x > 0).astype(x.dtype), (x < 0).astype(x.dtype))


def _sgn(x: Array) -> Array:
    if x.dtype.kind != "c":
        return sign(x)
    size = np.abs(x)
    return np.where(size == 0, 0, x / np.where(size == 0, 1, size)).astype(x.dtype)


def _absolute(x: Array) -> Array:
    require_supported(x.dtype.kind != "b", "abs_cpu", dtype_of(x))
    return np.abs(x)


neg = pointwise(
    "aten::neg(Tensor self) -> Tensor",
    np.negative,
    check=_reject_bool,
    scalar_cpp="-{0}",
    header="arithmetic_functions",
)
alias("negative", source="neg")
abs = pointwise(
    "aten::abs(Tensor self) -> Tensor",
    _absolute,
    result="real",
    scalar_cpp="math::abs({0})",
    tags=("same_dtype",),
    header="arithmetic_functions",
    twin=False,
)


@op("aten::abs_(Tensor(a!) self) -> Tensor(a!)", header="arithmetic_functions")
def in_place_abs(self: Array) -> Array:
    if self.dtype.kind == "c":
        raise RuntimeError("In-place abs is not supported for complex tensors.")
    return _assign(self, _absolute(self))


alias("absolute", source="abs")
op("prim::abs(Tensor x) -> Tensor", cpp="ops::abs({0})", tags=("pointwise",), header="arithmetic_functions")(
    lambda x: abs(x)
)
reciprocal = pointwise(
    "aten::reciprocal(Tensor self) -> Tensor", np.reciprocal, result="float", scalar_cpp="math::reciprocal({0})"
)
square = pointwise(
    "aten::square(Tensor self) -> Tensor",
    np.square,
    result=lambda dtype: D.int64 if dtype is D.bool_ else dtype,
    tags=("same_dtype",),
    scalar_cpp="math::square({0})",
)
sqrt = pointwise("aten::sqrt(Tensor self) -> Tensor", np.sqrt, result="float", scalar_cpp="math::sqrt({0})")
rsqrt = pointwise(
    "aten::rsqrt(Tensor self) -> Tensor",
    lambda x: np.reciprocal(np.sqrt(x)),
    result="float",
    scalar_cpp="math::rsqrt({0})",
)
exp = pointwise("aten::exp(Tensor self) -> Tensor", precise(np.exp), result="float", scalar_cpp="math::exp({0})")
exp2 = pointwise("aten::exp2(Tensor self) -> Tensor", precise(np.exp2), result="float", scalar_cpp="math::exp2({0})")
expm1 = pointwise(
    "aten::expm1(Tensor self) -> Tensor", precise(np.expm1), result="float", scalar_cpp="math::expm1({0})"
)
log = pointwise("aten::log(Tensor self) -> Tensor", precise(np.log), result="float", scalar_cpp="math::log({0})")
log2 = pointwise("aten::log2(Tensor self) -> Tensor", precise(np.log2), result="float", scalar_cpp="math::log2({0})")
log10 = pointwise(
    "aten::log10(Tensor self) -> Tensor", in_wider_type(np.log10), result="float", scalar_cpp="math::log10({0})"
)
log1p = pointwise(
    "aten::log1p(Tensor self) -> Tensor", precise(np.log1p), result="float", scalar_cpp="math::log1p({0})"
)
sin = pointwise("aten::sin(Tensor self) -> Tensor", precise(np.sin), result="float", scalar_cpp="math::sin({0})")
cos = pointwise("aten::cos(Tensor self) -> Tensor", precise(np.cos), result="float", scalar_cpp="math::cos({0})")
tan = pointwise("aten::tan(Tensor self) -> Tensor", precise(np.tan), result="float", scalar_cpp="math::tan({0})")
asin = pointwise("aten::asin(Tensor self) -> Tensor", precise(np.arcsin), result="float", scalar_cpp="math::asin({0})")
acos = pointwise("aten::acos(Tensor self) -> Tensor", precise(np.arccos), result="float", scalar_cpp="math::acos({0})")
atan = pointwise("aten::atan(Tensor self) -> Tensor", precise(np.arctan), result="float", scalar_cpp="math::atan({0})")
sinh = pointwise("aten::sinh(Tensor self) -> Tensor", precise(np.sinh), result="float", scalar_cpp="math::sinh({0})")
cosh = pointwise("aten::cosh(Tensor self) -> Tensor", precise(np.cosh), result="float", scalar_cpp="math::cosh({0})")
asinh = pointwise("aten::asinh(Tensor self) -> Tensor", np.arcsinh, result="float", scalar_cpp="math::asinh({0})")
acosh = pointwise("aten::acosh(Tensor self) -> Tensor", np.arccosh, result="float", scalar_cpp="math::acosh({0})")
atanh = pointwise(
    "aten::atanh(Tensor self) -> Tensor", in_wider_type(np.arctanh), result="float", scalar_cpp="math::atanh({0})"
)
for _name in ("sin", "cos", "tan", "sinh", "cosh", "tanh"):
    alias(f"arc{_name}", source=f"a{_name}")
sigmoid = pointwise(
    "aten::sigmoid(Tensor self) -> Tensor",
    _sigmoid,
    result="float",
    scalar_cpp="math::sigmoid({0})",
    header="activation",
    tags=("epilogue",),
)
tanh = pointwise(
    "aten::tanh(Tensor self) -> Tensor",
    in_wider_type(np.tanh),
    result="float",
    scalar_cpp="math::tanh({0})",
    header="activation",
    tags=("epilogue",),
)
erf = pointwise(
    "aten::erf(Tensor self) -> Tensor", _erf, result="float", supports=("erf_vml_cpu", "f"), scalar_cpp="math::erf({0})"
)
erfc = pointwise(
    "aten::erfc(Tensor self) -> Tensor",
    _erfc,
    result="float",
    supports=("erfc_vml_cpu", "f"),
    scalar_cpp="math::erfc({0})",
)
erfinv = pointwise("aten::erfinv(Tensor self) -> Tensor", _erfinv, result="float", supports=("erfinv_vml_cpu", "f"))
lgamma = pointwise(
    "aten::lgamma(Tensor self) -> Tensor",
    _lgamma,
    result="float",
    supports=("lgamma_vml_cpu", "f"),
    scalar_cpp="math::lgamma({0})",
)
for _plain, _special in (
    ("exp2", "exp2"), ("expm1", "expm1"), ("log1p", "log1p"), ("erf", "erf"), ("erfc", "erfc"), ("erfinv", "erfinv"),
    ("lgamma", "gammaln"), ("sigmoid", "expit"),
):  # fmt: skip
    alias(f"special_{_special}", source=_plain, twins=False)


# --- rounding ------------------------------------------------------------------------------------------------------


def _rounding(name: str, function: Any) -> Any:
    def run(x: Array) -> Array:
        require_supported(x.dtype.kind != "c" or name != "round", "round_vml_cpu", dtype_of(x))
        if x.dtype.kind == "c":
            raise NotImplementedError(f"{name} is not supported for complex inputs")
        require_supported(x.dtype.kind != "b", f"{name}_vml_cpu", dtype_of(x))
        return np.asarray(function(x)) if x.dtype.kind == "f" else x

    return run


floor = pointwise("aten::floor(Tensor self) -> Tensor", _rounding("floor", np.floor), scalar_cpp="math::floor({0})")
ceil = pointwise("aten::ceil(Tensor self) -> Tensor", _rounding("ceil", np.ceil), scalar_cpp="math::ceil({0})")
trunc = pointwise("aten::trunc(Tensor self) -> Tensor", _rounding("trunc", np.trunc), scalar_cpp="math::trunc({0})")
alias("fix", source="trunc")
round = pointwise("aten::round(Tensor self) -> Tensor", _rounding("round", np.rint), scalar_cpp="math::round({0})")


def _round_decimals(x: Array, *, decimals: int) -> Array:
    require_supported(x.dtype.kind == "f", "round_cpu" if decimals else "round_vml_cpu", dtype_of(x))
    if decimals == 0:
        return np.rint(x)
    scale = x.dtype.type(np.float64(10.0) ** builtins.abs(decimals))
    return np.rint(x / scale) * scale if decimals < 0 else np.rint(x * scale) / scale


round_decimals = pointwise("aten::round.decimals(Tensor self, *, int decimals) -> Tensor", _round_decimals)


def _frac(x: Array) -> Array:
    require_supported(x.dtype.kind == "f", "frac_cpu", dtype_of(x))
    return x - np.trunc(x)


frac = pointwise("aten::frac(Tensor self) -> Tensor", _frac, scalar_cpp="math::frac({0})")


def _check_sign(self: Array) -> None:
    if self.dtype.kind == "c":
        raise NotImplementedError(
            "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn instead."
        )


sign_operator = pointwise("aten::sign(Tensor self) -> Tensor", sign, check=_check_sign, scalar_cpp="math::sign({0})")
sgn = pointwise("aten::sgn(Tensor self) -> Tensor", _sgn)


@op("aten::positive(Tensor(a) self) -> Tensor(a)", tags=("view",))
def positive(self: Array) -> Array:
    if dtype_of(self) is D.bool_:
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return self[...]


def _check_angle(name: str) -> Any:
    def check(self: Array) -> None:
        if self.dtype.kind == "c":
            raise RuntimeError(f"{name} is not supported for complex tensors.")

    return check


rad2deg = pointwise(
    "aten::rad2deg(Tensor self) -> Tensor",
    lambda x: x * x.dtype.type(180 / np.pi),
    result="float",
    check=_check_angle("rad2deg"),
)
deg2rad = pointwise(
    "aten::deg2rad(Tensor self) -> Tensor",
    lambda x: x * x.dtype.type(np.pi / 180),
    result="float",
    check=_check_angle("deg2rad"),
)


def _logit(x: Array, eps: float | None = None) -> Array:
    if eps is not None:
        low, high = to_element(eps, dtype_of(x)), to_element(1 - eps, dtype_of(x))
        x = np.minimum(np.maximum(x, low), high)
    return np.log(x / (1 - x))


logit = pointwise(
    "aten::logit(Tensor self, float? eps=None) -> Tensor", _logit, result="float", supports=("logit_cpu", "f")
)
alias("special_logit", source="logit", twins=False)


def _nan_to_num(x: Array, nan: float | None = None, posinf: float | None = None, neginf: float | None = None) -> Array:
    if x.dtype.kind == "c":
        parts = (_nan_to_num(np.asarray(p), nan, posinf, neginf) for p in (x.real, x.imag))
        return np.stack(list(parts), axis=-1).view(x.dtype)[..., 0]
    if x.dtype.kind != "f":
        return x
    limits = np.finfo(np.float16 if x.dtype == np.float16 else x.dtype)
    result = np.where(np.isnan(x), x.dtype.type(0.0 if nan is None else nan), x)
    result = np.where(x == np.inf, x.dtype.type(limits.max if posinf is None else posinf), result)
    return np.where(x == -np.inf, x.dtype.type(limits.min if neginf is None else neginf), result)


@op(
    "aten::nan_to_num(Tensor self, float? nan=None, float? posinf=None, float? neginf=None) -> Tensor",
    tags=("pointwise",),
)
def nan_to_num(
    self: Array, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Array:
    common = dtype_of(self)
    if common is D.float16 or common is D.bfloat16:
        wide = cast(self, D.float32)
        largest = 65504.0 if common is D.float16 else 3.3895313892515355e38
        high = largest if posinf is None else posinf
        low = -largest if neginf is None else neginf
        return cast(np.asarray(_nan_to_num(wide, nan, high, low)), common)
    return np.array(_nan_to_num(self, nan, posinf, neginf))


in_place_nan_to_num = op(
    "aten::nan_to_num_(Tensor(a!) self, float? nan=None, float? posinf=None, float? neginf=None) -> Tensor(a!)"
)(lambda self, nan=None, posinf=None, neginf=None: _assign(self, nan_to_num(self, nan, posinf, neginf)))


def _assign(target: Array, value: Array) -> Array:
    require_writable(target)
    target[...] = value
    return target


# --- complex numbers -----------------------------------------------------------------------------------------------


@op("aten::real(Tensor(a) self) -> Tensor(a)", tags=("view",))
def real(self: Array) -> Array:
    """The real parts as a view; a real tensor itself."""
    return self.real if self.dtype.kind == "c" else self[...]


@op("aten::imag(Tensor(a) self) -> Tensor(a)", tags=("view",))
def imag(self: Array) -> Array:
    if self.dtype.kind != "c":
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return self.imag


@op("aten::view_as_real(Tensor(a) self) -> Tensor(a)", tags=("view",))
def view_as_real(self: Array) -> Array:
    """A view with a last dimension of two: real and imaginary part."""
    if self.dtype.kind != "c":
        raise RuntimeError("view_as_real is only supported for complex tensors")
    part = self.real
    return np.lib.stride_tricks.as_strided(part, (*part.shape, 2), (*part.strides, part.itemsize))


@op("aten::view_as_complex(Tensor(a) self) -> Tensor(a)", tags=("view",))
def view_as_complex(self: Array) -> Array:
    """A complex view of a float tensor whose last dimension is two."""
    if self.dtype not in (np.float32, np.float64):
        raise RuntimeError(
            "view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type: "
            f"{dtype_of(self).graph_name}"
        )
    if self.ndim == 0:
        raise RuntimeError("Input tensor must have one or more dimensions")
    if self.shape[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    target = np.dtype(np.complex64 if self.dtype == np.float32 else np.complex128)
    if not self.size:
        return np.empty(self.shape[:-1], target)
    if self.strides[-1] != self.itemsize:
        raise RuntimeError("Tensor must have a last dimension with stride 1")
    return self.view(target)[..., 0]


def _conjugate(self: Array) -> Array:
    return np.conjugate(self) if self.dtype.kind == "c" else self[...]


conj = op("aten::conj(Tensor(a) self) -> Tensor(a)")(_conjugate)
op("aten::_conj(Tensor(a) self) -> Tensor(a)", cpp="ops::conj({0})")(_conjugate)
op("aten::_neg_view(Tensor(a) self) -> Tensor(a)", cpp="ops::neg({0})", header="arithmetic")(lambda self: -self)
op("aten::_conj_physical(Tensor self) -> Tensor", header="complex")(
    lambda self: np.conjugate(self) if self.dtype.kind == "c" else self.copy()
)


@op("aten::conj_physical(Tensor self) -> Tensor")
def conj_physical(self: Array) -> Array:
    """The conjugate; a real tensor itself."""
    return np.conjugate(self) if self.dtype.kind == "c" else self


@op("aten::conj_physical_(Tensor(a!) self) -> Tensor(a!)", header="complex")
def conj_physical_(self: Array) -> Array:
    return _assign(self, np.conjugate(self)) if self.dtype.kind == "c" else self


def _angle(x: Array) -> Array:
    if x.dtype.kind == "c":
        return np.angle(x)
    return np.where(np.isnan(x), x, np.where(x < 0, x.dtype.type(np.pi), x.dtype.type(0)))


angle = pointwise(
    "aten::angle(Tensor self) -> Tensor",
    _angle,
    twin=False,
    result=lambda dtype: {D.complex64: D.float32, D.complex128: D.float64}.get(dtype, to_floating(dtype)),
)


def _check_parts(real: Array, imag: Array) -> None:
    if any(a.dtype not in (np.float32, np.float64) for a in (real, imag)):
        raise RuntimeError(
            f"Expected both inputs to be Half, Float or Double tensors but got {dtype_of(real).graph_name} and "
            f"{dtype_of(imag).graph_name}"
        )
    if real.dtype != imag.dtype:
        raise RuntimeError(
            f"Expected object of scalar type {dtype_of(real).graph_name} but got scalar type "
            f"{dtype_of(imag).graph_name} for second argument"
        )


def _of_parts(real: Array, imag: Array) -> Array:
    """Both parts as they are: a sum with a product by the imaginary unit would spread infinities."""
    result = np.empty(
        broadcast_shapes(real.shape, imag.shape), np.complex64 if real.dtype == np.float32 else np.complex128
    )
    result.real, result.imag = real, imag
    return result


@op("aten::complex(Tensor real, Tensor imag) -> Tensor", header="complex")
def complex_tensor(real: Array, imag: Array) -> Array:
    _check_parts(real, imag)
    return _of_parts(real, imag)


@op("aten::polar(Tensor abs, Tensor angle) -> Tensor", header="complex")
def polar(abs: Array, angle: Array) -> Array:
    _check_parts(abs, angle)
    return _of_parts(np.asarray(abs * np.cos(angle)), np.asarray(abs * np.sin(angle)))
