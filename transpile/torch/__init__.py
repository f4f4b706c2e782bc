"""The bundled torch: what a model file sees as ``torch``.

Everything here is a thin re-export of ``eager``, ``nn`` and ``jit``.  Operators are looked up when they are first
asked for: ``torch.name`` exists if ``aten::name`` is registered and is a function in PyTorch.
"""

from __future__ import annotations

from typing import Any

from transpile import nn
from transpile.eager import backends
from transpile.eager import torch_namespace as _namespace
from transpile.eager.torch_namespace import *
from transpile.torch import (
    _C,
    _VF,
    _jit_internal,
    amp,
    autograd,
    compiler,
    cuda,
    distributed,
    fft,
    futures,
    jit,
    linalg,
    masked,
    ops,
    optim,
    random,
    serialization,
    signal,
    special,
    storage,
    testing,
    types,
    utils,
    version,
)  # fmt: skip
from transpile.torch.amp import autocast
from transpile.torch.serialization import load, save
from transpile.torch.streams import Stream

__version__ = version.__version__
functional = _namespace

__all__ = [
    "Stream", "_C", "_VF", "_jit_internal", "amp", "autocast", "autograd", "backends", "compiler", "cuda", "distributed", "fft",
    "functional", "futures", "jit", "linalg", "load", "masked", "nn", "ops", "optim", "random", "save", "serialization", "signal",
    "special", "storage", "testing", "types", "utils", "version", *_namespace.__all__,
]  # fmt: skip


_COMPILED = ("ScriptDict", "ScriptList", "ScriptMethod")


def __getattr__(name: str) -> Any:
    return getattr(jit, name) if name in _COMPILED else getattr(_namespace, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *vars(_namespace), *_namespace.operator_names()})
