"""``torch.nn.utils.parametrize``: parameters that are functions of others, computed wherever they are read.

Scripts refuse them, as PyTorch's do: trace such a module, or take the parametrizations off with
``remove_parametrizations``.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Sequence
from typing import Any

from transpile.core.script_markers import is_scripting
from transpile.eager.grad_mode import no_grad
from transpile.eager.tensor import Tensor
from transpile.nn.modules.container import ModuleDict, ModuleList
from transpile.nn.modules.module import Module
from transpile.nn.parameter import Parameter

_values: dict[tuple[int, str], Tensor] = {}
_depth = 0


@contextlib.contextmanager
def cached() -> Iterator[None]:
    """Parametrized tensors are computed once within the ``with`` block."""
    global _depth
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
        if not _depth:
            _values.clear()


def _register(module: Module, name: str, tensor: Tensor) -> None:
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, and what they are applied to: ``original``, or ``original0``, ``original1``...

    ``ValueError`` if the result is no tensor or, unless ``unsafe``, has another shape or dtype.
    """

    original: Tensor
    unsafe: bool

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        if not modules:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        shape, dtype = original.shape, original.dtype
        with no_grad():
            start = self._inverse(original)
        self.is_tensor = isinstance(start, Tensor)
        self.ntensors = 1 if self.is_tensor else len(start)
        if self.is_tensor:
            if start.dtype != original.dtype:
                raise ValueError(
                    "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
                    f"original.dtype: {original.dtype}\nright_inverse(original).dtype: {start.dtype}"
                )
            original.data = start.data
            _register(self, "original", original)
        else:
            for index, part in enumerate(start):
                if not isinstance(part, Tensor):
                    raise ValueError(
                        "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                        f"Got element {index} of the sequence with type {type(part).__name__}."
                    )
                kept = Parameter(part.detach(), original.requires_grad) if isinstance(original, Parameter) else part
                _register(self, f"original{index}", kept)
        if not unsafe:
            self._check_result(self(), shape, dtype)

    def _inverse(self, value: Any) -> Any:
        """What the parametrizations have to be applied to, so that ``value`` comes out."""
        for module in reversed(list(self)):
            if hasattr(module, "right_inverse"):
                with contextlib.suppress(NotImplementedError):
                    value = module.right_inverse(value)
        if not isinstance(value, (Tensor, Sequence)) or isinstance(value, str):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                f"Got {type(value).__name__}"
            )
        return value

    @staticmethod
    def _check_result(value: Any, shape: Any, dtype: Any) -> None:
        if not isinstance(value, Tensor):
            raise ValueError(f"A parametrization must return a tensor. Got {type(value).__name__}.")
        if value.dtype != dtype:
            raise ValueError(
                "Registering a parametrization may not change the dtype of the tensor, unless `unsafe` flag is "
                f"enabled.\nunparametrized dtype: {dtype}\nparametrized dtype: {value.dtype}"
            )
        if value.shape != shape:
            raise ValueError(
                "Registering a parametrization may not change the shape of the tensor, unless `unsafe` flag is "
                f"enabled.\nunparametrized shape: {shape}\nparametrized shape: {value.shape}"
            )

    def _originals(self) -> list[Tensor]:
        names = ["original"] if self.is_tensor else [f"original{i}" for i in range(self.ntensors)]
        return [getattr(self, name) for name in names]

    def right_inverse(self, value: Tensor) -> None:
        """Assign ``value``: the originals become what gives it."""
        with no_grad():
            start = self._inverse(value)
            parts = [start] if self.is_tensor else list(start)
            if len(parts) != self.ntensors:
                raise ValueError(
                    "'right_inverse' must return a sequence of tensors of length "
                    f"{self.ntensors}. Got a sequence of length {len(parts)}."
                )
            for own, part in zip(self._originals(), parts, strict=True):
                if own.dtype != part.dtype:
                    raise ValueError(
                        f"The tensor returned by `right_inverse` has dtype {part.dtype} while `original` has dtype "
                        f"{own.dtype}"
                    )
                own.data = part.data

    def forward(self) -> Tensor:
        """The value of the tensor."""
        if is_scripting():
            raise RuntimeError("Parametrization is not working with scripting.")
        else:
            first, *others = list(self)
            value: Tensor = first(*self._originals())
            for module in others:
                value = module(value)
            return value


def _value(module: Any, name: str) -> Any:
    parametrization = module.parametrizations[name]
    if not _depth:
        return parametrization()
    key = (id(module), name)
    if key not in _values:
        _values[key] = parametrization()
    return _values[key]


def _inject_class(module: Module) -> None:
    """Give the module a class of its own, which can have properties."""
    base = type(module)

    def get_state(self: Any) -> Any:
        raise RuntimeError(
            "Serialization of parametrized modules is only supported through state_dict(). See:\n"
            "https://pytorch.org/tutorials/beginner/saving_loading_models.html"
            "#saving-loading-a-general-checkpoint-for-inference-and-or-resuming-training"
        )

    def deep_copy(self: Any, memo: dict[int, Any]) -> Any:
        copied = self.__new__(type(self))
        memo[id(self)] = copied
        copied.__dict__ = copy.deepcopy(self.__dict__, memo)
        return copied

    members = {"__getstate__": get_state, "__deepcopy__": deep_copy, "__module__": __name__}
    module.__class__ = type(f"Parametrized{base.__name__}", (base,), members)


def _inject_property(module: Module, name: str) -> None:
    """Make reading the tensor compute it, and assigning it an assignment of the originals."""

    def get_parametrized(self) -> Tensor:  # type: ignore[no-untyped-def]
        if is_scripting():
            raise RuntimeError("Parametrization is not working with scripting.")
        else:
            return _value(self, name)  # type: ignore[no-any-return]

    def set_original(self: Any, value: Tensor) -> None:
        self.parametrizations[name].right_inverse(value)

    setattr(type(module), name, property(get_parametrized, set_original))


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Make a parameter or buffer of ``module`` the result of ``parametrization``; several are applied in turn.

    A method ``right_inverse`` of the parametrization says what it is to be applied to.
    """
    holder: Any = module
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        parametrizations = holder.parametrizations[tensor_name]
        if not unsafe:
            value = getattr(module, tensor_name)
            ParametrizationList._check_result(parametrization(value), value.shape, value.dtype)
            if hasattr(parametrization, "right_inverse"):
                inverse: Any = parametrization.right_inverse
                with contextlib.suppress(NotImplementedError):
                    parametrizations.right_inverse(inverse(value))
        parametrizations.append(parametrization)
        parametrizations.unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        parametrizations = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe=unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            _inject_class(module)
            holder.parametrizations = ModuleDict()
        _inject_property(module, tensor_name)
        holder.parametrizations[tensor_name] = parametrizations
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name "
            f"'{tensor_name}'"
        )
    return module


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether the module, or one tensor of it, has parametrizations."""
    parametrizations = getattr(module, "parametrizations", None)
    if not isinstance(parametrizations, ModuleDict):
        return False
    return len(parametrizations) > 0 if tensor_name is None else tensor_name in parametrizations


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Make a tensor an ordinary one again, with its value or, unless ``leave_parametrized``, with the original."""
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    holder: Any = module
    parametrizations = holder.parametrizations[tensor_name]
    if parametrizations.is_tensor:
        kept = parametrizations.original
        if leave_parametrized:
            with no_grad():
                kept.data = getattr(module, tensor_name).data
    elif leave_parametrized:
        value = getattr(module, tensor_name)
        kept = Parameter(value.detach()) if value.requires_grad else value.detach()
    else:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a "
            "sequence of tensors."
        )
    delattr(type(module), tensor_name)
    del holder.parametrizations[tensor_name]
    _register(module, tensor_name, kept)
    if not is_parametrized(module):
        delattr(module, "parametrizations")
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module: Module) -> type:
    """The class that a module had before it was parametrized."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(
    from_module: Module, to_module: Module, tensor_name: str | None = None
) -> Module:
    """Give ``to_module`` the parametrizations (of one tensor, or all) of ``from_module``, and their originals."""
    source: Any = from_module
    target: Any = to_module
    if not is_parametrized(from_module, tensor_name):
        return to_module
    for name in [tensor_name] if tensor_name is not None else list(source.parametrizations):
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name).detach().clone()))
        for parametrization in source.parametrizations[name]:
            register_parametrization(to_module, name, parametrization)
        given, own = source.parametrizations[name], target.parametrizations[name]
        for mine, theirs in zip(own._originals(), given._originals(), strict=True):
            mine.data = theirs.data
    return to_module
