"""``torch.nn``: modules, parameters, functions and initialisation."""

from transpile.nn import functional, init, modules, parallel, parameter, utils
from transpile.nn.modules import *
from transpile.nn.parallel import DataParallel
from transpile.nn.parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter

__all__ = [
    "Buffer",
    "DataParallel",
    "Parameter",
    "UninitializedBuffer",
    "UninitializedParameter",
    "functional",
    "init",
    "modules",
    "parallel",
    "parameter",
    "utils",
]
__all__ += modules.__all__
