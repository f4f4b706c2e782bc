"""Layers that find the extent of their input at the first call, and are ordinary layers from then on."""

from __future__ import annotations

from typing import Any

from transpile.eager import torch_namespace as torch
from transpile.nn.modules.batchnorm import BatchNorm1d, BatchNorm2d, BatchNorm3d
from transpile.nn.modules.conv import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from transpile.nn.modules.instancenorm import InstanceNorm1d, InstanceNorm2d, InstanceNorm3d
from transpile.nn.modules.linear import Linear
from transpile.nn.parameter import UninitializedBuffer, UninitializedParameter, is_lazy


class LazyModuleMixin:
    """A module whose parameters wait for the first input.

    Subclasses define ``initialize_parameters(*args)``; the class ``cls_to_become`` is what the module turns into.
    """

    cls_to_become: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        module: Any = self
        self._load_hook = module._register_load_state_dict_pre_hook(self._lazy_load_hook)
        self._initialize_hook = module.register_forward_pre_hook(self._infer_parameters, with_kwargs=True)

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Give the parameters their shapes, as the arguments of ``forward`` tell them."""
        raise NotImplementedError(f"initialize_parameters is not implemented for {type(self).__name__}")

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter or buffer still waits."""
        module: Any = self
        return any(is_lazy(p) for p in (*module._parameters.values(), *module._buffers.values()))

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, True)  # type: ignore[misc]
        for key, value in destination.items():
            if not (is_lazy(value) or keep_vars):
                destination[key] = value.detach()

    def _lazy_load_hook(self, state_dict: Any, prefix: str, *_: Any) -> None:
        module: Any = self
        for name, own in (*module._parameters.items(), *module._buffers.items()):
            given = state_dict.get(prefix + name)
            if given is not None and is_lazy(own) and not is_lazy(given):
                own.materialize(given.shape)

    def _infer_parameters(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        module.initialize_parameters(*args, **kwargs)
        if module.has_uninitialized_params():
            raise RuntimeError(f"module {self._get_name()} has not been fully initialized")
        module._initialize_hook.remove()
        module._load_hook.remove()
        del module._initialize_hook, module._load_hook
        if module.cls_to_become is not None:
            module.__class__ = module.cls_to_become


class LazyLinear(LazyModuleMixin, Linear):
    """A ``Linear`` whose ``in_features`` is the last extent of its first input."""

    cls_to_become = Linear

    def __init__(self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__(0, 0, False, device, dtype)
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        self.out_features = out_features
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        if not self.has_uninitialized_params() and self.in_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Any) -> None:
        if self.has_uninitialized_params():
            self.in_features = input.shape[-1]
            self.weight.materialize((self.out_features, self.in_features))
            if self.bias is not None:
                self.bias.materialize((self.out_features,))
            self.reset_parameters()


class _LazyConv(LazyModuleMixin):
    """What lazy convolutions share; ``_rank`` is the number of their spatial dimensions."""

    _rank: int

    def _wait(self, out_channels: int, bias: bool, device: Any, dtype: Any) -> None:
        layer: Any = self
        layer.weight = UninitializedParameter(device=device, dtype=dtype)
        layer.out_channels = out_channels
        if bias:
            layer.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        layer: Any = self
        if not self.has_uninitialized_params() and layer.in_channels != 0:
            super().reset_parameters()  # type: ignore[misc]

    def initialize_parameters(self, input: Any, *args: Any, **kwargs: Any) -> None:
        layer: Any = self
        if not self.has_uninitialized_params():
            return
        if input.dim() not in (self._rank + 1, self._rank + 2):
            raise RuntimeError(
                f"Expected {self._rank + 1}D (unbatched) or {self._rank + 2}D (batched) input to "
                f"{type(self).__name__}, but got input of size: {input.shape}"
            )
        layer.in_channels = input.shape[-self._rank - 1]
        if layer.in_channels % layer.groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        inner, outer = layer.in_channels, layer.out_channels
        channels = (inner, outer // layer.groups) if layer.transposed else (outer, inner // layer.groups)
        layer.weight.materialize((*channels, *layer.kernel_size))
        if layer.bias is not None:
            layer.bias.materialize((outer,))
        self.reset_parameters()


class _LazyPlainConv(_LazyConv):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode, device=device, dtype=dtype
        )
        self._wait(out_channels, bias, device, dtype)


class _LazyTransposedConv(_LazyConv):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: int = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            0, 0, kernel_size, stride, padding, output_padding, groups, False, dilation, padding_mode,
            device=device, dtype=dtype,
        )  # fmt: skip
        self._wait(out_channels, bias, device, dtype)


class LazyConv1d(_LazyPlainConv, Conv1d):
    """A ``Conv1d`` that finds ``in_channels`` at its first call."""

    cls_to_become = Conv1d
    _rank = 1


class LazyConv2d(_LazyPlainConv, Conv2d):
    """A ``Conv2d`` that finds ``in_channels`` at its first call."""

    cls_to_become = Conv2d
    _rank = 2


class LazyConv3d(_LazyPlainConv, Conv3d):
    """A ``Conv3d`` that finds ``in_channels`` at its first call."""

    cls_to_become = Conv3d
    _rank = 3


class LazyConvTranspose1d(_LazyTransposedConv, ConvTranspose1d):
    """A ``ConvTranspose1d`` that finds ``in_channels`` at its first call."""

    cls_to_become = ConvTranspose1d
    _rank = 1


class LazyConvTranspose2d(_LazyTransposedConv, ConvTranspose2d):
    """A ``ConvTranspose2d`` that finds ``in_channels`` at its first call."""

    cls_to_become = ConvTranspose2d
    _rank = 2


class LazyConvTranspose3d(_LazyTransposedConv, ConvTranspose3d):
    """A ``ConvTranspose3d`` that finds ``in_channels`` at its first call."""

    cls_to_become = ConvTranspose3d
    _rank = 3


class _LazyNorm(LazyModuleMixin):
    def __init__(
        self,
        eps: float = 1e-5,
        momentum: Any = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(0, eps, momentum, False, False, device, dtype)
        layer: Any = self
        layer.affine = affine
        layer.track_running_stats = track_running_stats
        if affine:
            layer.weight = UninitializedParameter(device=device, dtype=dtype)
            if bias:
                layer.bias = UninitializedParameter(device=device, dtype=dtype)
        if track_running_stats:
            layer.running_mean = UninitializedBuffer(device=device, dtype=dtype)
            layer.running_var = UninitializedBuffer(device=device, dtype=dtype)
            layer.num_batches_tracked = torch.tensor(0, dtype=torch.long, device=device)

    def reset_parameters(self) -> None:
        layer: Any = self
        if not self.has_uninitialized_params() and layer.num_features != 0:
            super().reset_parameters()  # type: ignore[misc]

    def initialize_parameters(self, input: Any) -> None:
        layer: Any = self
        if self.has_uninitialized_params():
            layer.num_features = input.shape[1]
            for waiting in (layer.weight, layer.bias, layer.running_mean, layer.running_var):
                if is_lazy(waiting):
                    waiting.materialize((layer.num_features,))
            self.reset_parameters()


class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    """A ``BatchNorm1d`` that finds ``num_features`` at its first call."""

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """A ``BatchNorm2d`` that finds ``num_features`` at its first call."""

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """A ``BatchNorm3d`` that finds ``num_features`` at its first call."""

    cls_to_become = BatchNorm3d


class LazyInstanceNorm1d(_LazyNorm, InstanceNorm1d):
    """An ``InstanceNorm1d`` that finds ``num_features`` at its first call."""

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyNorm, InstanceNorm2d):
    """An ``InstanceNorm2d`` that finds ``num_features`` at its first call."""

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyNorm, InstanceNorm3d):
    """An ``InstanceNorm3d`` that finds ``num_features`` at its first call."""

    cls_to_become = InstanceNorm3d
