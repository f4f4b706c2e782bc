"""Saving models of the zoo with PyTorch: archives, inputs, and outputs in float32 and float64.

    python -m tests.zoo.saving FOLDER KEY...

prints one line of JSON for each model.  It is a program of its own because it alone loads PyTorch and the packages.
"""

from __future__ import annotations

import copy
import json
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from tests.zoo.entry import Entry, entries
from transpile.codegen.project.arrays import flatten_inputs, flatten_outputs

_MORE = 4  # inputs for which PyTorch's error is measured, beside the one that is compared
_LONG = 5  # seconds after which that ends


def settle(model: Any) -> None:
    """Give every parameter and statistic of a fresh model values that are not all the same, so that each has its effect."""
    import torch

    with torch.no_grad():
        for module in model.modules():
            if isinstance(getattr(module, "running_var", None), torch.Tensor):
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.8, 1.2)
        for parameter in model.parameters():
            if torch.nn.parameter.is_lazy(parameter):
                continue
            if (
                parameter.is_floating_point()
                and parameter.numel() > 1
                and bool((parameter == parameter.flatten()[0]).all())
            ):
                parameter += 0.1 * torch.randn_like(parameter)


def widened(value: Any) -> Any:
    """The same value with float64 and complex128 tensors."""
    import torch

    if isinstance(value, torch.Tensor):
        wide = torch.complex128 if value.is_complex() else torch.float64
        return value.to(wide) if value.is_floating_point() or value.is_complex() else value.clone()
    if isinstance(value, dict):
        return {key: widened(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(widened(item) for item in value)
    return value


def compiled(model: Any, entry: Entry, inputs: tuple[Any, ...]) -> tuple[Any, str]:
    """The scripted or, if it is not meant to be scripted or cannot be, traced module; and how it was made."""
    import torch

    if entry.script:
        try:
            return torch.jit.script(model), "scripted"
        except Exception as error:
            print(f"{entry.key} does not script: {str(error).strip().splitlines()[:1]}", file=sys.stderr)
    return torch.jit.trace(model, inputs, check_trace=False, strict=False), "traced"


def save(entry: Entry, folder: Path) -> dict[str, Any]:
    """Save one model; what is to be recorded of it."""
    import torch

    torch.manual_seed(0)
    model = entry.make().eval()
    settle(model)
    inputs = entry.inputs()
    with torch.no_grad():
        double = copy.deepcopy(model).double()
        wide = _attempt(double, widened(inputs))
        module, how = compiled(model, entry, inputs)
        expected = flatten_outputs(module(*copy.deepcopy(inputs)))
        errors = _errors(module, double, entry, inputs) if wide is not None else {}
    folder.mkdir(parents=True, exist_ok=True)
    names = _distinct([argument.name for argument in module.forward.schema.arguments[1:]])
    torch.jit.save(module, str(folder / "model.pt"))
    np.savez(folder / "inputs.npz", **flatten_inputs(names, inputs))  # type: ignore[arg-type]
    np.savez(folder / "float32.npz", **expected)  # type: ignore[arg-type]
    np.savez(folder / "float64.npz", **(wide or {}))
    np.savez(folder / "errors.npz", **errors)
    return {"how": how, "bytes": (folder / "model.pt").stat().st_size, "float64": wide is not None}


def _errors(module: Any, double: Any, entry: Entry, inputs: tuple[Any, ...]) -> dict[str, Any]:
    """The greatest float32 error of each output that PyTorch makes beside that of the module itself for these inputs.

    That is of the frozen module, whose normalisations are part of its convolutions, and for a few more inputs: the error of
    ten values for one input is chance.
    """
    import torch

    result: dict[str, Any] = {}
    begin = time.perf_counter()
    try:
        modules = [module, torch.jit.freeze(module)]
    except RuntimeError:
        modules = [module]
    for given in [inputs, *(entry.inputs() for _ in range(_MORE))]:
        wide = _attempt(double, widened(given)) or {}
        for found in (flatten_outputs(m(*copy.deepcopy(given))) for m in modules):
            for name, narrow in found.items():
                exact = wide.get(name)
                if exact is not None and exact.shape == narrow.shape and narrow.dtype.kind in "fc" and narrow.size:
                    error = np.abs(narrow.astype(exact.dtype) - exact).max()
                    result[name] = max(error, result.get(name, error))
        if time.perf_counter() - begin > _LONG:
            break
    return result


def _distinct(names: list[str]) -> list[str]:
    """What parameters are called in the code of an archive, where a trace gave some of them the same name."""
    result: list[str] = []
    for name in names:
        result.append(next(n for n in (name, *(f"{name}{i}" for i in range(len(names)))) if n not in result))
    return result


def _attempt(model: Callable[..., Any], inputs: tuple[Any, ...]) -> dict[str, Any] | None:
    """The outputs in float64; what has float32 written into it is tried with that meaning float64 too."""
    try:
        return flatten_outputs(model(*copy.deepcopy(inputs)))
    except RuntimeError:
        pass
    try:
        with _double_everywhere():
            return flatten_outputs(model(*inputs))
    except RuntimeError as error:
        print(f"no outputs in float64: {str(error).splitlines()[:1]}", file=sys.stderr)
        return None


@contextmanager
def _double_everywhere() -> Iterator[None]:
    """Within it new tensors are float64, and ``x.float()`` gives float64."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with mock.patch.object(torch.Tensor, "float", torch.Tensor.double):
            yield
    finally:
        torch.set_default_dtype(before)


def main() -> None:
    warnings.simplefilter("ignore")
    root, keys = Path(sys.argv[1]), sys.argv[2:]
    known = {entry.key: entry for entry in entries()}
    for key in keys:
        begin = time.perf_counter()
        try:
            result = {"ok": True, **save(known[key], root / key)}
        except Exception as error:
            traceback.print_exc()
            result = {"ok": False, "reason": f"{type(error).__name__}: {error}"[:2000]}
        print(json.dumps({"key": key, "seconds": round(time.perf_counter() - begin, 2), **result}), flush=True)


if __name__ == "__main__":
    main()
