"""``torch.nn``: modules, parameters, functions and initialisation."""

from transpile.nn import functional, init, modules, parameter, utils
from transpile.nn.modules import *
from transpile.nn.parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter

__all__ = [
    "Buffer",
    "Parameter",
    "UninitializedBuffer",
    "UninitializedParameter",
    "functional",
    "init",
    "modules",
    "parameter",
    "utils",
]
__all__ += modules.__all__
