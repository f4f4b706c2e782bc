"""``torch.functional``: functions that choose among operators by the kind or the value of an argument.

They are written in the TorchScript language, as ``nn.functional`` is, and belong to ``torch.functional`` by name.  Those
that TorchScript takes for the operators of their names are in ``eager/variadic.py``.
"""

from typing import Optional

from transpile.core.script_markers import annotate, boolean_dispatch, overload, overloads_of
from transpile.core.types import NUMBER as number
from transpile.eager.operator_function import operator_function
from transpile.eager.tensor import Tensor

_MODULE = "transpile.torch.functional"
_unique2 = operator_function("_unique2")
_unique_dim = operator_function("unique_dim")
_unique_consecutive = operator_function("unique_consecutive")
_vector_norm = operator_function("vector_norm", "aten::linalg_vector_norm")
_matrix_norm = operator_function("matrix_norm", "aten::linalg_matrix_norm")
_tensordot = operator_function("tensordot")
_cdist = operator_function("cdist")
_stft = operator_function("stft")
_lu_with_info = operator_function("_lu_with_info")
_pad = operator_function("pad")


def _into(out: Optional[Tensor], result: Tensor) -> Tensor:
    """``result``, written into ``out`` if there is one."""
    if out is None:
        return result
    return out.resize_(result.size()).copy_(result)


def _assert(condition: bool, message: str) -> None:
    """``assert`` as a function."""
    assert condition, message


# ---- distinct elements
def _distinct(
    input: Tensor, sorted: bool, return_inverse: bool, return_counts: bool, dim: Optional[int]
) -> tuple[Tensor, Tensor, Tensor]:
    if dim is not None:
        return _unique_dim(input, dim, sorted, return_inverse, return_counts)
    return _unique2(input, sorted, return_inverse, return_counts)


def _unique_only(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: Optional[int] = None,
) -> Tensor:
    """The distinct elements of ``input``, or its distinct slices along ``dim``."""
    return _distinct(input, sorted, return_inverse, return_counts, dim)[0]


def _unique_with_inverse(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: Optional[int] = None,
) -> tuple[Tensor, Tensor]:
    found = _distinct(input, sorted, return_inverse, return_counts, dim)
    return found[0], found[1]


def _unique_with_counts(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: Optional[int] = None,
) -> tuple[Tensor, Tensor]:
    found = _distinct(input, sorted, return_inverse, return_counts, dim)
    return found[0], found[2]


def _unique_with_both(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: Optional[int] = None,
) -> tuple[Tensor, Tensor, Tensor]:
    return _distinct(input, sorted, return_inverse, return_counts, dim)


unique = boolean_dispatch(
    arg_name="return_inverse",
    arg_index=2,
    default=False,
    if_true=boolean_dispatch("return_counts", 3, False, _unique_with_both, _unique_with_inverse, _MODULE, "unique"),
    if_false=boolean_dispatch("return_counts", 3, False, _unique_with_counts, _unique_only, _MODULE, "unique"),
    module_name=_MODULE,
    func_name="unique",
)


def _runs_only(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: Optional[int] = None
) -> Tensor:
    """The elements of ``input`` without immediate repetitions, or its slices along ``dim``."""
    return _unique_consecutive(input, return_inverse, return_counts, dim)[0]


def _runs_with_inverse(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: Optional[int] = None
) -> tuple[Tensor, Tensor]:
    found = _unique_consecutive(input, return_inverse, return_counts, dim)
    return found[0], found[1]


def _runs_with_counts(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: Optional[int] = None
) -> tuple[Tensor, Tensor]:
    found = _unique_consecutive(input, return_inverse, return_counts, dim)
    return found[0], found[2]


def _runs_with_both(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: Optional[int] = None
) -> tuple[Tensor, Tensor, Tensor]:
    return _unique_consecutive(input, return_inverse, return_counts, dim)


# PyTorch looks for these flags in each other's places where they are given by position; so does a model of it.
unique_consecutive = boolean_dispatch(
    arg_name="return_inverse",
    arg_index=2,
    default=False,
    if_true=boolean_dispatch(
        "return_counts", 1, False, _runs_with_both, _runs_with_inverse, _MODULE, "unique_consecutive"
    ),
    if_false=boolean_dispatch("return_counts", 1, False, _runs_with_counts, _runs_only, _MODULE, "unique_consecutive"),
    module_name=_MODULE,
    func_name="unique_consecutive",
)


# ---- norms and products
@overload
def norm(
    input: Tensor,
    p: str = "fro",
    dim: Optional[list[int]] = None,
    keepdim: bool = False,
    out: Optional[Tensor] = None,
    dtype: Optional[int] = None,
) -> Tensor:
    pass


@overload
def norm(
    input: Tensor,
    p: "Optional[number]",  # type: ignore[valid-type]
    dim: Optional[list[int]] = None,
    keepdim: bool = False,
    out: Optional[Tensor] = None,
    dtype: Optional[int] = None,
) -> Tensor:
    pass


@overload
def norm(
    input: Tensor,
    p: "Optional[number]",  # type: ignore[valid-type]
    dim: Optional[int] = None,
    keepdim: bool = False,
    out: Optional[Tensor] = None,
    dtype: Optional[int] = None,
) -> Tensor:
    pass


@overload
def norm(
    input: Tensor,
    p: str = "fro",
    dim: Optional[int] = None,
    keepdim: bool = False,
    out: Optional[Tensor] = None,
    dtype: Optional[int] = None,
) -> Tensor:
    pass


def norm(input, p="fro", dim=None, keepdim=False, out=None, dtype=None):
    """The norm of order ``p`` over ``dim`` (all elements by default).

    ``"fro"`` is 2; over a list of more than two dimensions, and ``"nuc"``, it is the norm of matrices.
    """
    if dim is not None:
        if isinstance(dim, int):
            dims = [dim]
        else:
            dims = dim
    else:
        dims = None
    if isinstance(p, str):
        if p == "fro" and (dim is None or isinstance(dim, int) or len(dim) <= 2):
            return _into(out, _vector_norm(input, 2, dims, keepdim, dtype=dtype))
        if dims is None:
            dims = list(range(input.dim()))
        return _into(out, _matrix_norm(input, p, dims, keepdim, dtype=dtype))
    else:
        order = 2.0 if p is None else p
        return _into(out, _vector_norm(input, order, dims, keepdim, dtype=dtype))


@overload
def tensordot(a: Tensor, b: Tensor, dims: int = 2, out: Optional[Tensor] = None) -> Tensor:
    pass


@overload
def tensordot(a: Tensor, b: Tensor, dims: tuple[list[int], list[int]], out: Optional[Tensor] = None) -> Tensor:
    pass


@overload
def tensordot(a: Tensor, b: Tensor, dims: list[list[int]], out: Optional[Tensor] = None) -> Tensor:
    pass


@overload
def tensordot(a: Tensor, b: Tensor, dims: Tensor, out: Optional[Tensor] = None) -> Tensor:
    pass


def tensordot(a, b, dims=2, out: Optional[Tensor] = None):
    """The product of ``a`` and ``b`` summed over pairs of dimensions.

    ``dims`` is their number (the last of ``a`` and the first of ``b``) or two lists; a tensor stands for either.
    """
    first: list[int] = []
    second: list[int] = []
    if isinstance(dims, (tuple, list)):
        first, second = dims
    if isinstance(dims, Tensor):
        if dims.numel() > 1:
            if dims.size()[0] != 2:
                raise AssertionError(f"dims tensor must have size 2 in first dimension, got {dims.size()[0]}")
            first = annotate(list[int], dims[0].tolist())
            second = annotate(list[int], dims[1].tolist())
        else:
            count = int(dims.item())
            if count < 0:
                raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
            first = list(range(-count, 0))
            second = list(range(count))
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.dim(), b.dim()):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        first = list(range(-dims, 0))
        second = list(range(dims))
    if out is None:
        return _tensordot(a, b, first, second)
    return _tensordot(a, b, first, second, out=out)


def cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary") -> Tensor:
    """The ``p``-norm distance of every row of ``x1`` to every row of ``x2``."""
    if compute_mode == "use_mm_for_euclid_dist_if_necessary":
        return _cdist(x1, x2, p, None)
    elif compute_mode == "use_mm_for_euclid_dist":
        return _cdist(x1, x2, p, 1)
    elif compute_mode == "donot_use_mm_for_euclid_dist":
        return _cdist(x1, x2, p, 2)
    else:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")


def _lu_with_infos(
    A: Tensor,
    pivot: bool = True,
    get_infos: bool = False,
    out: Optional[tuple[Tensor, Tensor, Tensor]] = None,
) -> tuple[Tensor, Tensor, Tensor]:
    found: tuple[Tensor, Tensor, Tensor] = _lu_with_info(A, pivot=pivot, check_errors=False)
    if out is not None:
        _into(out[0], found[0])
        _into(out[1], found[1])
        _into(out[2], found[2])
        return out
    return found


def _lu_no_infos(
    A: Tensor, pivot: bool = True, get_infos: bool = False, out: Optional[tuple[Tensor, Tensor]] = None
) -> tuple[Tensor, Tensor]:
    """The pivoted LU factorisation of matrices: both factors in one matrix, and the exchanged rows, counted from 1."""
    factors, pivots, _ = _lu_with_info(A, pivot=pivot, check_errors=True)
    if out is not None:
        _into(out[0], factors)
        _into(out[1], pivots)
        return out
    return factors, pivots


lu = boolean_dispatch("get_infos", 2, False, _lu_with_infos, _lu_no_infos, _MODULE, "lu")


def stft(
    input: Tensor,
    n_fft: int,
    hop_length: Optional[int] = None,
    win_length: Optional[int] = None,
    window: Optional[Tensor] = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: Optional[bool] = None,
    return_complex: Optional[bool] = None,
    align_to_window: Optional[bool] = None,
) -> Tensor:
    """The spectra of windows of a signal ``(B?, L)``: ``(B?, N, T)``.

    With ``center`` the windows lie around their positions: the signal is padded by half a window on both sides.
    """
    if center and align_to_window is not None:
        raise RuntimeError("stft align_to_window should only be set when center = false")
    if center:
        rank = input.dim()
        extended = [1] * (3 - rank) + list(input.size())
        margin = n_fft // 2
        input = _pad(input.view(extended), [margin, margin], pad_mode)
        input = input.view(input.shape[-rank:])
    return _stft(input, n_fft, hop_length, win_length, window, normalized, onesided, return_complex, align_to_window)


for _function in (
    norm, tensordot, cdist, stft, _assert, _into, _distinct, _unique_only, _unique_with_inverse, _unique_with_counts,
    _unique_with_both, _runs_only, _runs_with_inverse, _runs_with_counts, _runs_with_both, _lu_with_infos, _lu_no_infos,
):  # fmt: skip
    if _variants := overloads_of(_function):
        _function.__overloads__ = _variants
    _function.__module__ = _MODULE
