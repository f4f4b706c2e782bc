"""The operators: schema, NumPy kernel and C++ spelling, one module a family."""

from __future__ import annotations

import importlib

# Their order means nothing: which overload is tried first stands in overload_order.py.
FAMILIES = (
    "arithmetic", "bitwise", "binary", "comparison", "activation", "unary", "reduction", "extremum", "cast",
    "property", "factory", "window", "random", "dropout", "sorting", "shape", "joining", "arrangement", "indexing",
    "scattering", "linear", "convolution", "fold", "pooling", "normalization", "softmax", "embedding", "attention",
    "recurrent", "packed", "upsample", "sampling", "loss", "ctc", "number", "text", "sequence", "mapping", "effect",
    "hashing", "products", "matrix_norm", "matrix_function", "statistics", "histogram", "quantile", "unique",
)  # fmt: skip

for _family in FAMILIES:
    importlib.import_module(f"transpile.ops.{_family}")
