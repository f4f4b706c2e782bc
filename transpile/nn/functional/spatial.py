"""Convolutions, padding and rearrangement of spatial dimensions."""

from typing import Optional

from transpile.core.script_markers import BroadcastingList2
from transpile.eager import nn_operators as _nn
from transpile.eager import torch_namespace as torch
from transpile.eager.tensor import Tensor
from transpile.nn.tuples import _pair

conv1d = torch.operator_function("conv1d")
conv2d = torch.operator_function("conv2d")
conv3d = torch.operator_function("conv3d")
conv_transpose1d = torch.operator_function("conv_transpose1d")
conv_transpose2d = torch.operator_function("conv_transpose2d", "aten::conv_transpose2d")
conv_transpose3d = torch.operator_function("conv_transpose3d", "aten::conv_transpose3d")
conv_tbc = torch.operator_function("conv_tbc")
pixel_shuffle = torch.operator_function("pixel_shuffle")
pixel_unshuffle = torch.operator_function("pixel_unshuffle")
channel_shuffle = torch.operator_function("channel_shuffle")
native_channel_shuffle = torch.operator_function("native_channel_shuffle")


def pad(input: Tensor, pad: list[int], mode: str = "constant", value: Optional[float] = None) -> Tensor:
    """Extend the last dimensions; ``pad`` lists (before, after) from the last dimension on.

    ``mode`` is ``constant`` (with ``value``), ``reflect``, ``replicate`` or ``circular``.
    """
    return _nn.pad(input, pad, mode, value)


def unfold(
    input: Tensor,
    kernel_size: BroadcastingList2[int],
    dilation: BroadcastingList2[int] = 1,
    padding: BroadcastingList2[int] = 0,
    stride: BroadcastingList2[int] = 1,
) -> Tensor:
    """The windows of a batch of images as columns."""
    return _nn.im2col(input, _pair(kernel_size), _pair(dilation), _pair(padding), _pair(stride))


def fold(
    input: Tensor,
    output_size: BroadcastingList2[int],
    kernel_size: BroadcastingList2[int],
    dilation: BroadcastingList2[int] = 1,
    padding: BroadcastingList2[int] = 0,
    stride: BroadcastingList2[int] = 1,
) -> Tensor:
    """Images from columns of windows; what overlaps is added."""
    return _nn.col2im(input, _pair(output_size), _pair(kernel_size), _pair(dilation), _pair(padding), _pair(stride))
