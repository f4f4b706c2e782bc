"""Every operator with samples against PyTorch: values, types, shapes, what is written in place, errors."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from tests.ops.agreement import ERRORS, assert_same, complete
from tests.ops.gauge import settled
from tests.ops.samples import samples_for
from transpile.core import dtype as D
from transpile.ops import registry

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.reference

_BFLOAT16 = np.dtype(ml_dtypes.bfloat16)


def to_torch(value: Any) -> Any:
    """A kernel argument as torch's, sharing memory."""
    if isinstance(value, np.ndarray):
        if value.dtype == _BFLOAT16:
            return torch.from_numpy(value.view(np.int16)).view(torch.bfloat16)
        return torch.from_numpy(value)
    if isinstance(value, D.DType):
        return getattr(torch, value.name)
    if isinstance(value, (list, tuple)):
        return type(value)(to_torch(v) for v in value)
    if isinstance(value, dict):
        return {k: to_torch(v) for k, v in value.items()}
    return value


def to_numpy(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        value = value.detach().resolve_conj().resolve_neg()
        if value.dtype == torch.bfloat16:
            return value.view(torch.int16).numpy().view(_BFLOAT16)
        return value.numpy()
    if isinstance(value, torch.dtype):
        return D.from_name(str(value).removeprefix("torch.")).code
    if isinstance(value, (list, tuple)):
        return type(value)(to_numpy(v) for v in value) if type(value) in (list, tuple) else tuple(map(to_numpy, value))
    if isinstance(value, dict):
        return {k: to_numpy(v) for k, v in value.items()}
    return value


def run_ours(operator: registry.Operator, values: list[Any]) -> tuple[Any, str | None]:
    try:
        result = operator(*values)
    except ERRORS as error:
        return None, f"{error.args[0] if error.args else ''}"
    return result, None


def call_torch(operator: registry.Operator, values: list[Any]) -> Any:
    """What PyTorch's operator gives for kernel arguments."""
    namespace, _, name = operator.name.partition("::")
    function = getattr(getattr(getattr(torch.ops, namespace), name), operator.schema.overload or "default")
    positional, keywords = [], {}
    for argument, value in zip(operator.schema.arguments, values, strict=False):
        if argument.special == "ScalarType" and isinstance(value, int):
            value = D.from_code(value)
        if argument.kwarg_only:
            keywords[argument.name] = to_torch(value)
        else:
            positional.append(to_torch(value))
        if argument.kwarg_only and argument.writes and "resizes" in operator.tags:
            # Memory that torch borrows cannot grow.
            once = tuple(slice(0, 1) if step == 0 and size > 1 else slice(None) for size, step in _layout(value))
            keywords[argument.name] = keywords[argument.name][once].clone().expand(value.shape)
    if operator.schema.is_vararg:
        positional += [to_torch(v) for v in values[len(operator.schema.arguments) :]]
    return function(*positional, **keywords)


def _layout(value: Any) -> Iterator[tuple[int, int]]:
    return zip(value.shape, value.strides, strict=True)


def run_torch(operator: registry.Operator, values: list[Any]) -> tuple[Any, str | None]:
    try:
        result = call_torch(operator, values)
    except ERRORS as error:
        return None, str(error).partition("\nException raised from")[0].partition("\n")[0]
    return to_numpy(result), None


def _plain(message: str | None) -> str:
    """The first line without the exception's name, which torch puts in front where ours is of that type."""
    return re.sub(r"^(ValueError|KeyError|TypeError): ", "", (message or "").partition("\n")[0].strip().strip("'"))


_SAMPLED = [
    o for o in (*registry.all_operators(), *registry.out_overloads())
    if not o.name.startswith(("torchvision::", "torchaudio::")) and samples_for(o.schema.qualified_name)
]  # fmt: skip


@pytest.mark.parametrize("operator", _SAMPLED, ids=lambda o: o.schema.qualified_name.replace("::", "_"))
def test_operator_matches_torch(operator: registry.Operator) -> None:
    failures = []
    for sample in samples_for(operator.schema.qualified_name):
        ours_values, torch_values = complete(operator, sample), complete(operator, sample)
        if "random" in operator.tags:
            registry.get("aten::manual_seed")(7)
            torch.manual_seed(7)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs, torch_error = run_torch(operator, torch_values)
            ours, our_error = run_ours(operator, ours_values)
        try:
            assert (our_error is None) == (torch_error is None), f"error {our_error!r} instead of {torch_error!r}"
            if torch_error is not None:
                if not sample.any_message:
                    assert _plain(our_error) == _plain(torch_error), f"message {our_error!r} instead of {torch_error!r}"
                continue
            assert_same(settled(operator.name, ours), settled(operator.name, theirs), sample)
            # An array does not follow when the shape of the tensor changes.
            if operator.schema.is_mutable and "resizes" not in operator.tags:
                for i, argument in enumerate(operator.schema.arguments):
                    if argument.writes:
                        assert_same(ours_values[i], to_numpy(torch_values[i]), sample, argument.name)
        except AssertionError as failure:
            failures.append(f"{sample!r}: {str(failure).strip()}")
    if failures:
        shown = "\n".join(failures[:8])
        pytest.fail(f"{len(failures)} samples differ:\n{shown}", pytrace=False)
