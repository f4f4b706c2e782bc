"""``torch.special`` and the functions of its kind that ``torch`` has itself: Bessel, gamma and error functions, polynomials."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from transpile.core.schema import parse_schema
from transpile.ops import bessel_functions as bessel
from transpile.ops import error_functions as errors
from transpile.ops import gamma_functions as gammas
from transpile.ops.arithmetic import add, mul
from transpile.ops.binary import number_xlogy, xlogy, xlogy_number
from transpile.ops.families import Family, require_supported
from transpile.ops.orthogonal_polynomials import KERNELS
from transpile.ops.promotion import Array, cast, compute_dtype, dtype_of, require_castable, to_floating, write
from transpile.ops.reduction import logsumexp
from transpile.ops.registry import Operator, register
from transpile.ops.series import precise
from transpile.ops.softmax import log_softmax, softmax
from transpile.ops.unary import erf, round_decimals

FAMILY = Family("special")
op, pointwise, alias = FAMILY.op, FAMILY.pointwise, FAMILY.alias

# --- Bessel functions ----------------------------------------------------------------------------------------------

for _name, _kernel, _argument in (
    ("airy_ai", bessel.airy_ai, "x"), ("bessel_j0", bessel.j0, "self"), ("bessel_j1", bessel.j1, "self"),
    ("bessel_y0", bessel.y0, "self"), ("bessel_y1", bessel.y1, "self"), ("modified_bessel_i0", bessel.i0, "self"),
    ("modified_bessel_i1", bessel.i1, "self"), ("modified_bessel_k0", bessel.k0, "self"),
    ("modified_bessel_k1", bessel.k1, "self"), ("scaled_modified_bessel_k0", bessel.k0e, "x"),
    ("scaled_modified_bessel_k1", bessel.k1e, "x"), ("spherical_bessel_j0", bessel.spherical_j0, "x"),
    ("ndtri", errors.ndtri, "self"), ("log_ndtr", errors.log_ndtr, "self"), ("erfcx", errors.erfcx, "self"),
):  # fmt: skip
    pointwise(
        f"aten::special_{_name}(Tensor {_argument}) -> Tensor",
        _kernel,
        result="float",
        supports=(f"{_name}_cpu", "w"),
        twin=False,
    )

i0 = pointwise("aten::i0(Tensor self) -> Tensor", bessel.i0, result="float", supports=("i0_vml_cpu", "f"))
alias("special_i0", source="i0", twins=False)
for _name, _kernel in (("i0e", bessel.i0e), ("i1", bessel.i1), ("i1e", bessel.i1e)):
    pointwise(
        f"aten::special_{_name}(Tensor self) -> Tensor",
        _kernel,
        result="float",
        supports=(f"{_name}_cpu", "f"),
        twin=False,
    )

# --- gamma functions -----------------------------------------------------------------------------------------------

digamma = pointwise("aten::digamma(Tensor self) -> Tensor", gammas.digamma, result="float", supports=("digamma", "f"))
alias("special_digamma special_psi", source="digamma", twins=False)


def _polygamma(n: int, self: Array) -> Array:
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    common = to_floating(dtype_of(self))
    name = {0: "digamma", 1: "trigamma"}.get(n, "polygamma")
    require_supported(common.is_floating_point, name, common)
    return cast(gammas.polygamma(cast(self, compute_dtype(common)), n=n), common)


polygamma = op("aten::polygamma(int n, Tensor self) -> Tensor", tags=("pointwise", "floating"))(_polygamma)
op(
    "aten::special_polygamma(int n, Tensor self) -> Tensor",
    tags=("pointwise", "floating"),
    cpp="ops::polygamma({0}, {1})",
)(_polygamma)


@op("aten::polygamma_(Tensor(a!) self, int n) -> Tensor(a!)")
def in_place_polygamma(self: Array, n: int) -> Array:
    result = _polygamma(n, self)
    require_castable(dtype_of(result), dtype_of(self))
    return write(self, result)


_MOST_DIMENSIONS = 1 << 28  # PyTorch holds a row of numbers of each


def _multivariate_lgamma(self: Array, p: int) -> Array:
    """log of the multivariate gamma function of p dimensions."""
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    if self.dtype.kind == "b":
        raise RuntimeError("The input tensor may not be a boolean tensor.")
    common = to_floating(dtype_of(self))
    require_supported(common.is_floating_point, "arange_cpu", common)
    if p >= _MOST_DIMENSIONS:
        raise RuntimeError(f"DefaultCPUAllocator: can't allocate memory: you tried to allocate {4 * p} bytes.")
    wide = cast(self, compute_dtype(common)).astype(np.float64)
    total = np.full(self.shape, 0.25 * p * (p - 1) * math.log(math.pi))
    for i in range(p):
        total = total + gammas.lgamma(wide - 0.5 * i)
    return cast(cast(np.asarray(total), compute_dtype(common)), common)


mvlgamma = op("aten::mvlgamma(Tensor self, int p) -> Tensor", tags=("floating",))(_multivariate_lgamma)
op("aten::special_multigammaln(Tensor self, int p) -> Tensor", tags=("floating",), cpp="ops::mvlgamma({0}, {1})")(
    _multivariate_lgamma
)


@op("aten::mvlgamma_(Tensor(a!) self, int p) -> Tensor(a!)")
def in_place_mvlgamma(self: Array, p: int) -> Array:
    result = _multivariate_lgamma(self, p)
    if dtype_of(result) is not dtype_of(self):
        raise RuntimeError(
            f"mvlgamma: result type {dtype_of(self).graph_name} can't be cast to the desired output type "
            f"{dtype_of(result).graph_name}"
        )
    return write(self, result)


igamma = pointwise("aten::igamma(Tensor self, Tensor other) -> Tensor", gammas.igamma, supports=("igamma_cpu", "f"))
igammac = pointwise("aten::igammac(Tensor self, Tensor other) -> Tensor", gammas.igammac, supports=("igammac_cpu", "f"))
alias("special_gammainc", source="igamma", twins=False)
alias("special_gammaincc", source="igammac", twins=False)

# --- functions of two operands, either of which may be a number ----------------------------------------------------


_NUMBERS = (("other_scalar", 1), ("self_scalar", 0))


def _pair(name: str, kernel: Callable[..., Any], kinds: str, names: str, numbers: tuple[tuple[str, int], ...]) -> None:
    """The overloads of ``aten::special_<name>``: two tensors, and with a number in the places that ``numbers`` tells."""
    for overload, place in (("", -1), *numbers):
        arguments = [f"{'Scalar' if i == place else 'Tensor'} {operand}" for i, operand in enumerate(names.split())]
        pointwise(
            f"aten::special_{name}{'.' if overload else ''}{overload}({', '.join(arguments)}) -> Tensor",
            kernel,
            result="float",
            supports=(f"{name}_cpu", kinds),
            twin=False,
        )


def _xlog1py(x: Array, y: Array) -> Array:
    return np.where(np.isnan(y), y, np.where(x == 0, np.zeros((), x.dtype), x * np.log1p(y)))


_pair("zeta", gammas.zeta, "w", "self other", _NUMBERS)
_pair("xlog1py", _xlog1py, "f", "self other", _NUMBERS)
for _name, _polynomial in KERNELS.items():
    _pair(_name, _polynomial, "w", "x n", (("x_scalar", 0), ("n_scalar", 1)))

# --- functions of one tensor ---------------------------------------------------------------------------------------


def _entropy(x: Array) -> Array:
    """-x log(x), 0 at 0 and -inf below."""
    value = np.where(x > 0, -x * np.log(np.where(x > 0, x, 1)), np.where(x == 0, 0, -np.inf))
    return np.where(np.isnan(x), x, value)


pointwise(
    "aten::special_entr(Tensor self) -> Tensor",
    precise(_entropy),
    result="float",
    supports=("entr_cpu", "f"),
    twin=False,
)


@op("aten::special_ndtr(Tensor self) -> Tensor", tags=("pointwise", "floating"))
def special_ndtr(self: Array) -> Array:
    """The normal distribution's probability of a value below each element, in the steps of PyTorch."""
    return np.asarray(mul(add(erf(mul(self, math.sqrt(0.5))), 1.0, 1), 0.5))


def _sinc(x: Array) -> Array:
    """sin(pi x) / (pi x)"""
    scaled = x * x.dtype.type(np.pi)
    return np.where(x == 0, x.dtype.type(1), np.sin(scaled) / np.where(x == 0, x.dtype.type(1), scaled))


sinc = pointwise("aten::sinc(Tensor self) -> Tensor", _sinc, result="float")
alias("special_sinc", source="sinc", twins=False)


@op("aten::frexp.Tensor(Tensor self) -> (Tensor mantissa, Tensor exponent)")
def frexp(self: Array) -> tuple[Array, Array]:
    """Mantissas in [0.5, 1) and int32 exponents: self = mantissa * 2 ** exponent."""
    dtype = dtype_of(self)
    if not dtype.is_floating_point:
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    mantissa, exponent = np.frexp(cast(self, compute_dtype(dtype)))
    return cast(np.asarray(mantissa), dtype), np.asarray(exponent, np.int32)


# --- other names ---------------------------------------------------------------------------------------------------


def _also(schema: str, source: Operator, cpp: str) -> None:
    """What ``source`` does under a schema of its own."""
    register(replace(source, schema=parse_schema(schema), cpp=cpp, family=FAMILY.name))


_also("aten::special_xlogy(Tensor self, Tensor other) -> Tensor", xlogy, "ops::xlogy({0}, {1})")
_also("aten::special_xlogy.other_scalar(Tensor self, Scalar other) -> Tensor", xlogy_number, "ops::xlogy({0}, {1})")
_also("aten::special_xlogy.self_scalar(Scalar self, Tensor other) -> Tensor", number_xlogy, "ops::xlogy({0}, {1})")
_also("aten::special_round(Tensor self, *, int decimals=0) -> Tensor", round_decimals, "ops::round({0}, {1})")
_also(
    "aten::special_logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor",
    logsumexp,
    "ops::logsumexp({0}, {1}, {2})",
)
_also(
    "aten::special_softmax(Tensor self, int dim, ScalarType? dtype=None) -> Tensor",
    softmax,
    "ops::softmax({0}, {1}, {2})",
)
_also(
    "aten::special_log_softmax(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor",
    log_softmax,
    "ops::log_softmax({0}, {1}, {2})",
)
