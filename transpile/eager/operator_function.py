"""Operators as Python callables: functions of the ``torch`` namespace and methods of ``Tensor``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from transpile.core import dtype as D
from transpile.eager import dispatch
from transpile.eager.matching import Signature, match, match_out, signatures
from transpile.eager.tensor import Tensor
from transpile.ops import registry
from transpile.ops.namespaces import offered_in


def invoke(name: str, args: Sequence[Any], kwargs: Mapping[str, Any], *, method: bool = False) -> Any:
    """Call ``aten::name`` as torch's bindings do: with ``out=``, and ``requires_grad=`` for factories."""
    if "out" in kwargs and not _takes(name, "out"):
        out = kwargs["out"]
        rest = {k: v for k, v in kwargs.items() if k != "out"}
        if method:
            raise TypeError(f"{name.rpartition('::')[2]}() got an unexpected keyword argument 'out'")
        return invoke(name, args, rest) if out is None else _invoke_into(name, args, rest, out)
    if "requires_grad" in kwargs and not _takes(name, "requires_grad"):
        rest = {k: v for k, v in kwargs.items() if k != "requires_grad"}
        result = invoke(name, args, rest, method=method)
        return result.requires_grad_() if kwargs["requires_grad"] else result
    operator, values = match(name, args, kwargs, method=method)
    return dispatch.call(operator, values)


def _takes(name: str, argument: str) -> bool:
    return any(argument in s.by_name for s in signatures(name) if not s.operator.is_out)


def _invoke_into(name: str, args: Sequence[Any], kwargs: dict[str, Any], out: Any) -> Any:
    """Call the overload that writes into ``out``; a factory may be told the dtype that ``out`` has anyway."""
    dtype = kwargs.get("dtype")
    if dtype is not None and isinstance(out, Tensor) and not any("dtype" in s.by_name for s in _writing(name)):
        if dtype is not out.dtype:
            raise RuntimeError(
                f"dtype {dtype.graph_name} does not match dtype of out parameter ({out.dtype.graph_name})"
            )
        kwargs.pop("dtype")
    requires_grad = kwargs.pop("requires_grad", False)
    for option in ("device", "layout", "pin_memory"):
        kwargs.pop(option, None)
    operator, values = match_out(name, args, kwargs, out)
    result = dispatch.call(operator, values)
    return result.requires_grad_() if requires_grad else result


def _writing(name: str) -> list[Signature]:
    return [s for s in signatures(name) if s.operator.is_out]


class OperatorFunction:
    """``torch.relu`` and the like.  ``__operator__`` is the operator that the script compiler puts in its place."""

    def __init__(self, name: str, operator: str = "") -> None:
        self.__name__ = self.__qualname__ = name
        self.__operator__ = operator or f"aten::{name}"
        self.__module__ = "torch"
        shown = "\n".join(str(o.schema) for o in registry.overloads(self.__operator__))
        self.__doc__ = f"The operator ``{self.__operator__}``.\n\n{shown}"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return invoke(self.__operator__, args, kwargs)

    def __repr__(self) -> str:
        return f"<built-in method {self.__name__}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (operator_function, (self.__name__, self.__operator__))

    def __deepcopy__(self, memo: object) -> OperatorFunction:
        return self


_functions: dict[tuple[str, str], OperatorFunction] = {}


def operator_function(name: str, operator: str = "") -> OperatorFunction:
    """The function called ``name`` for ``aten::name`` (or ``operator``), looked up when it is called."""
    key = (name, operator or f"aten::{name}")
    if key not in _functions:
        _functions[key] = OperatorFunction(*key)
    return _functions[key]


def torch_function(name: str) -> OperatorFunction | None:
    """What ``torch.name`` is, if it is an operator."""
    if name.startswith("__") or "torch" not in offered_in(name):
        return None
    known = [s for s in signatures(f"aten::{name}") if s.mentions_tensor]
    return operator_function(name) if known else None


def _method(name: str) -> Any:
    operator = f"aten::{name}"

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        return invoke(operator, (self, *args), kwargs, method=True)

    method.__name__ = name
    method.__qualname__ = f"Tensor.{name}"
    method.__doc__ = f"The operator ``{operator}`` on this tensor."
    method.__operator__ = operator  # type: ignore[attr-defined]
    return method


def install_methods() -> None:
    """Give ``Tensor`` a method for every operator whose first argument is a Tensor called ``self``."""
    for name in list(registry.names()):
        short = name.partition("::")[2]
        if not name.startswith("aten::") or "Tensor" not in offered_in(short) or hasattr(Tensor, short):
            continue
        if any(_is_method(s.operator) for s in signatures(name)):
            setattr(Tensor, short, _method(short))


def _is_method(operator: registry.Operator) -> bool:
    arguments = operator.schema.arguments
    return bool(arguments) and arguments[0].name == "self" and str(arguments[0].type) == "Tensor"


def _conversion(dtype: D.DType, name: str) -> Any:
    def method(self: Tensor, memory_format: Any = None) -> Any:
        return self.to(dtype, memory_format=memory_format)

    method.__name__ = name
    method.__doc__ = f"The tensor as ``{dtype}``."
    return method


def _property(name: str) -> property:
    return property(lambda self: invoke(f"aten::{name}", (self,), {}, method=True))


def _install_python_methods() -> None:
    names = {
        "float": D.float32, "double": D.float64, "half": D.float16, "bfloat16": D.bfloat16, "int": D.int32,
        "long": D.int64, "short": D.int16, "char": D.int8, "byte": D.uint8, "bool": D.bool_,
        "cfloat": D.complex64, "cdouble": D.complex128,
    }  # fmt: skip
    for name, dtype in names.items():
        setattr(Tensor, name, _conversion(dtype, name))
    Tensor.T = _property("numpy_T")  # type: ignore[attr-defined]
    Tensor.mT = _property("mT")  # type: ignore[attr-defined]
    Tensor.H = _property("adjoint")  # type: ignore[attr-defined]
    Tensor.mH = _property("adjoint")  # type: ignore[attr-defined]
    Tensor.polygamma = _polygamma  # type: ignore[attr-defined]
    Tensor.real = property(lambda self: _part(self, "real"))  # type: ignore[attr-defined]
    Tensor.imag = property(lambda self: _part(self, "imag"))  # type: ignore[attr-defined]


def _polygamma(self: Tensor, n: int) -> Any:
    """The operator ``aten::polygamma``, whose tensor comes second, on this tensor."""
    return invoke("aten::polygamma", (n, self), {})


def _part(tensor: Tensor, name: str) -> Any:
    if registry.overloads(f"aten::{name}"):
        return invoke(f"aten::{name}", (tensor,), {}, method=True)
    if not tensor.is_complex():
        if name == "imag":
            raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
        return tensor
    return Tensor._from_array(getattr(tensor._array, name))


_install_python_methods()
install_methods()
