"""The operators: schema, NumPy kernel and C++ spelling, one module a family."""

from __future__ import annotations

import importlib

# Their order means nothing: which overload is tried first stands in overload_order.py.
FAMILIES = (
    "arithmetic", "bitwise", "binary", "comparison", "activation", "unary", "special", "reduction", "extremum",
    "cast", "property", "factory", "window", "fft", "stft", "random", "distributions", "dropout", "sorting",
    "distinct", "shape", "joining", "arrangement", "indexing", "scattering", "linear", "convolution", "fold",
    "pooling", "unpooling", "fractional_pooling", "pairwise", "segment", "normalization", "softmax", "embedding",
    "embedding_bag", "attention", "transformer", "boxes", "regions", "deformable", "recurrent", "packed", "upsample",
    "filtering", "sampling", "loss", "ctc", "number", "text", "sequence", "mapping", "effect", "hashing", "factorization",
    "spectral", "solver", "least_squares", "resizing", "products", "matrix_norm", "matrix_function", "statistics",
    "histogram", "quantile", "view_copies", "quantization",
    "decomposed",
)  # fmt: skip

for _family in FAMILIES:
    importlib.import_module(f"transpile.ops.{_family}")

importlib.import_module("transpile.ops.out_overloads").derive()
