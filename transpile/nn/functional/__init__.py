"""``torch.nn.functional``: layers as functions.

The functions are written in the TorchScript language, so that the script compiler can compile them where they are
called; those that are operators in PyTorch are operators here.  All of them belong to this module by name, whichever
file they are written in.
"""

from __future__ import annotations

import types
from typing import Any

from transpile.core.script_markers import overloads_of
from transpile.nn.functional import (
    activation,
    attention,
    dropouts,
    embeddings,
    losses,
    normalization,
    pooling,
    resampling,
    spatial,
    unpooling,
)  # fmt: skip
from transpile.nn.functional.activation import *
from transpile.nn.functional.attention import *
from transpile.nn.functional.dropouts import *
from transpile.nn.functional.embeddings import *
from transpile.nn.functional.losses import *
from transpile.nn.functional.normalization import *
from transpile.nn.functional.pooling import *
from transpile.nn.functional.resampling import *
from transpile.nn.functional.spatial import *
from transpile.nn.functional.unpooling import *

for _part in (
    activation, attention, dropouts, embeddings, losses, normalization, pooling, resampling, spatial, unpooling,
):  # fmt: skip
    for _name, _value in list(vars(_part).items()):
        if isinstance(_value, types.FunctionType) and _value.__module__ == _part.__name__:
            if variants := overloads_of(_value):
                _value.__overloads__ = variants
            _value.__module__ = __name__
            globals()[_name] = _value


def __getattr__(name: str) -> Any:
    raise AttributeError(f"module 'torch.nn.functional' has no attribute '{name}'")
