"""Resizing and sampling of images."""

import math
import warnings
from typing import Optional

from transpile.core.script_markers import is_scripting, is_tracing, overload
from transpile.eager import nn_operators as _nn
from transpile.eager import torch_namespace as torch
from transpile.eager.tensor import Tensor
from transpile.nn.functional.pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d


def _is_integer(x) -> bool:
    """Whether an extent is given as an integer of any kind."""
    if isinstance(x, int):
        return True
    return (isinstance(x, Tensor) and not x.is_floating_point()) or hasattr(x, "__index__")


def _scaled_extents(input: Tensor, factors: list[float]) -> list[int]:
    """The spatial extents of ``(N, C, ...)`` times one factor each, without the fraction."""
    if not is_scripting():
        if is_tracing():  # recorded as PyTorch computes them then, in float32
            return [
                torch.floor((input.size(i + 2).float() * torch.tensor(factors[i], dtype=torch.float32)).float())
                for i in range(len(factors))
            ]
        return [int(input.size(i + 2) * factors[i]) for i in range(len(factors))]
    return [math.floor(float(input.size(i + 2)) * factors[i]) for i in range(len(factors))]


def _only_rank(mode: str) -> int:
    """The number of spatial dimensions that a mode is made for; 0 if it is for any."""
    if mode == "linear":
        return 1
    if mode == "trilinear":
        return 3
    return 2 if mode in ("bilinear", "bicubic", "lanczos") else 0


def _no_kernel(dim: int, mode: str) -> str:
    """Why an input of ``dim`` dimensions cannot be resized in a mode."""
    if mode in ("linear", "bilinear", "trilinear") and 3 <= dim and dim <= 5:
        return f"Got {dim}D input, but {mode} mode needs {_only_rank(mode) + 2}D input"
    return (
        f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {dim}D) for the modes: nearest | "
        f"linear | bilinear | bicubic | trilinear | lanczos | area | nearest-exact (got {mode})"
    )


@overload
def upsample(
    input: Tensor,
    size: Optional[int] = None,
    scale_factor: Optional[float] = None,
    mode: str = "nearest",
    align_corners: Optional[bool] = None,
) -> Tensor:
    pass


@overload
def upsample(
    input: Tensor,
    size: Optional[list[int]] = None,
    scale_factor: Optional[float] = None,
    mode: str = "nearest",
    align_corners: Optional[bool] = None,
) -> Tensor:
    pass


def upsample(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    """The old name of ``interpolate``."""
    warnings.warn("`nn.functional.upsample` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2)
    return interpolate(input, size, scale_factor, mode, align_corners)


@overload
def interpolate(
    input: Tensor,
    size: Optional[int] = None,
    scale_factor: Optional[list[float]] = None,
    mode: str = "nearest",
    align_corners: Optional[bool] = None,
    recompute_scale_factor: Optional[bool] = None,
    antialias: bool = False,
) -> Tensor:
    pass


@overload
def interpolate(
    input: Tensor,
    size: Optional[list[int]] = None,
    scale_factor: Optional[list[float]] = None,
    mode: str = "nearest",
    align_corners: Optional[bool] = None,
    recompute_scale_factor: Optional[bool] = None,
    antialias: bool = False,
) -> Tensor:
    pass


@overload
def interpolate(
    input: Tensor,
    size: Optional[int] = None,
    scale_factor: Optional[float] = None,
    mode: str = "nearest",
    align_corners: Optional[bool] = None,
    recompute_scale_factor: Optional[bool] = None,
    antialias: bool = False,
) -> Tensor:
    pass


@overload
def interpolate(
    input: Tensor,
    size: Optional[list[int]] = None,
    scale_factor: Optional[float] = None,
    mode: str = "nearest",
    align_corners: Optional[bool] = None,
    recompute_scale_factor: Optional[bool] = None,
    antialias: bool = False,
) -> Tensor:
    pass


def interpolate(
    input: Tensor,
    size: Optional[int] = None,
    scale_factor: Optional[list[float]] = None,
    mode: str = "nearest",
    align_corners: Optional[bool] = None,
    recompute_scale_factor: Optional[bool] = None,
    antialias: bool = False,
) -> Tensor:
    """Resize the spatial dimensions of ``(N, C, ...)`` to ``size``, or by ``scale_factor``.

    Either is one number for all of them or one for each.  Sizes that come of factors are rounded down.  The operators get the
    factors as they are and take their positions by them, unless ``recompute_scale_factor`` asks for those that the rounded
    sizes stand for.
    """
    if align_corners is not None and mode in ("nearest", "nearest-exact", "area"):
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear"
        )
    corners = align_corners is not None and align_corners
    rank = input.dim() - 2
    extents: Optional[list[int]] = None
    factors: Optional[list[float]] = None
    if size is not None:
        if scale_factor is not None:
            raise ValueError("only one of size or scale_factor should be defined")
        if isinstance(size, (list, tuple)):
            if len(size) != rank:
                raise ValueError(
                    "Input and output must have the same number of spatial dimensions, but got input with spatial "
                    f"dimensions of {list(input.shape[2:])} and output size of {size}."
                )
            if not is_scripting():
                if not all(_is_integer(x) for x in size):
                    raise TypeError(
                        "expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, int, int], but "
                        f"got size with types {[type(x) for x in size]}"
                    )
            extents = size
        else:
            extents = [size] * rank
    elif scale_factor is not None:
        if isinstance(scale_factor, (list, tuple)):
            if len(scale_factor) != rank:
                raise ValueError(
                    "Input and scale_factor must have the same number of spatial dimensions, but got input with "
                    f"spatial dimensions of {list(input.shape[2:])} and scale_factor of shape {scale_factor}."
                )
            factors = scale_factor
        else:
            factors = [scale_factor] * rank
    else:
        raise ValueError("either size or scale_factor should be defined")

    by_size = recompute_scale_factor is not None and recompute_scale_factor
    if by_size and extents is not None:
        raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
    if factors is not None and (by_size or mode == "area"):
        extents = _scaled_extents(input, factors)
        factors = None
    if antialias and not (rank == 2 and mode in ("bilinear", "bicubic", "lanczos")):
        raise ValueError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as input"
        )

    only = _only_rank(mode)
    if rank != only if only > 0 else rank < 1 or rank > 3 or mode not in ("nearest", "nearest-exact", "area"):
        raise NotImplementedError(_no_kernel(input.dim(), mode))

    if mode == "nearest":
        if rank == 1:
            return _nn.upsample_nearest1d(input, extents, factors)
        if rank == 2:
            return _nn.upsample_nearest2d(input, extents, factors)
        return _nn.upsample_nearest3d(input, extents, factors)
    if mode == "nearest-exact":
        if rank == 1:
            return _nn._upsample_nearest_exact1d(input, extents, factors)
        if rank == 2:
            return _nn._upsample_nearest_exact2d(input, extents, factors)
        return _nn._upsample_nearest_exact3d(input, extents, factors)
    if mode == "area":
        assert extents is not None  # given, or made of the factors
        if rank == 1:
            return adaptive_avg_pool1d(input, extents)
        if rank == 2:
            return adaptive_avg_pool2d(input, extents)
        return adaptive_avg_pool3d(input, extents)
    if mode == "linear":
        return _nn.upsample_linear1d(input, extents, corners, factors)
    if mode == "trilinear":
        return _nn.upsample_trilinear3d(input, extents, corners, factors)
    if mode == "bilinear":
        if antialias:
            return _nn._upsample_bilinear2d_aa(input, extents, corners, factors)
        return _nn.upsample_bilinear2d(input, extents, corners, factors)
    if mode == "bicubic":
        if antialias:
            return _nn._upsample_bicubic2d_aa(input, extents, corners, factors)
        return _nn.upsample_bicubic2d(input, extents, corners, factors)
    if corners:
        raise ValueError("Lanczos mode does not support align_corners=True")
    if not antialias:
        raise ValueError("Lanczos mode requires antialias=True")
    return _nn._upsample_lanczos2d_aa(input, extents, corners, factors)


@overload
def upsample_nearest(input: Tensor, size: Optional[int] = None, scale_factor: Optional[float] = None) -> Tensor:
    pass


@overload
def upsample_nearest(input: Tensor, size: Optional[list[int]] = None, scale_factor: Optional[float] = None) -> Tensor:
    pass


def upsample_nearest(input, size=None, scale_factor=None):
    """The old name of ``interpolate`` with ``mode="nearest"``."""
    warnings.warn(
        "`nn.functional.upsample_nearest` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2
    )
    return interpolate(input, size, scale_factor, mode="nearest")


@overload
def upsample_bilinear(input: Tensor, size: Optional[int] = None, scale_factor: Optional[float] = None) -> Tensor:
    pass


@overload
def upsample_bilinear(input: Tensor, size: Optional[list[int]] = None, scale_factor: Optional[float] = None) -> Tensor:
    pass


@overload
def upsample_bilinear(input: Tensor, size: Optional[int] = None, scale_factor: Optional[list[float]] = None) -> Tensor:
    pass


@overload
def upsample_bilinear(
    input: Tensor, size: Optional[list[int]] = None, scale_factor: Optional[list[float]] = None
) -> Tensor:
    pass


def upsample_bilinear(input, size=None, scale_factor=None):
    """The old name of ``interpolate`` with ``mode="bilinear"`` and aligned corners."""
    warnings.warn(
        "`nn.functional.upsample_bilinear` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2
    )
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: Optional[bool] = None,
) -> Tensor:
    """Values of ``input`` at the positions in ``grid``, which go from -1 to 1."""
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError(
            f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'"
        )
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', "
            f"but got: '{padding_mode}'"
        )
    if align_corners is None:
        warnings.warn("grid_sample: align_corners is not given and taken as False.", stacklevel=2)
    between = 0 if mode == "bilinear" else 1 if mode == "nearest" else 2
    outside = 0 if padding_mode == "zeros" else 1 if padding_mode == "border" else 2
    return torch.grid_sampler(input, grid, between, outside, align_corners is not None and align_corners)


def affine_grid(theta: Tensor, size: list[int], align_corners: Optional[bool] = None) -> Tensor:
    """The positions that a batch of affine maps takes the points of an image of ``size`` to, for ``grid_sample``."""
    if align_corners is None:
        warnings.warn("affine_grid: align_corners is not given and taken as False.", stacklevel=2)
    corners = align_corners is not None and align_corners
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    rank = len(size) - 2
    if rank != 2 and rank != 3:
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. "
            f"Got size {size}."
        )
    if theta.dim() != 3 or theta.shape[-2] != rank or theta.shape[-1] != rank + 1:
        raise ValueError(
            f"Expected a batch of {rank}D affine matrices of shape Nx{rank}x{rank + 1} for size {size}. "
            f"Got {theta.shape}."
        )
    if corners and min(size[2:]) == 1:
        warnings.warn("affine_grid: an extent of one has its point in the centre.", stacklevel=2)
    elif min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")
    return torch.affine_grid_generator(theta, size, corners)
