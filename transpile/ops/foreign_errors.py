"""Errors that come out of NumPy or Python, where a kernel checked nothing, as errors of torch's kind.

A kernel refuses arguments with a ``raise`` statement and torch's words.  What else ends it (an array operation over shapes
that do not go together, a number beyond 64 bits) is translated here, at the one place that calls kernels.
"""

from __future__ import annotations

import dis
import os
import re
from pathlib import Path
from types import TracebackType

import numpy as np

from transpile.ops.promotion import broadcast_shapes

# Kernels pass these on; KeyError and the errors of lists mean the same in torch.
TRANSLATED = (ValueError, TypeError, IndexError, ArithmeticError)

_OWN, _NUMPY = (f"{Path(file).parent}{os.sep}" for file in (Path(__file__).parent, np.__file__))
_RAISE = dis.opmap["RAISE_VARARGS"]
_SHAPE = re.compile(r"\(([\d,]*)\)")
_OF_LISTS = ("list ", "pop ")
# How messages begin or what they hold, and what is said instead.
_WORDS = (
    ("array is too big", "numel: integer multiplication overflow"),
    ("iterator is too large", "numel: integer multiplication overflow"),
    ("Maximum allowed dimension", "numel: integer multiplication overflow"),
    ("maximum supported dimension", "numel: integer multiplication overflow"),
    ("Maximum allowed size exceeded", "numel: integer multiplication overflow"),
    ("too large to convert", "Overflow when unpacking long"),
    ("signed integer is", "Overflow when unpacking long"),
    ("cannot convert float", "value cannot be converted to type int64_t without overflow"),
    ("zip() argument", "there are not as many elements as dimensions"),
    ("matmul:", "mat1 and mat2 shapes cannot be multiplied"),
    ("negative dimensions", "Trying to create tensor with negative dimension"),
)


def translated(error: Exception) -> Exception:
    """The error to raise instead: the same one if a ``raise`` statement of a kernel made it."""
    if not _is_foreign(error.__traceback__) or (isinstance(error, IndexError) and str(error).startswith(_OF_LISTS)):
        return error
    message = str(error)
    if "broadcast" in message:
        try:
            broadcast_shapes(*(tuple(map(int, s.strip(",").split(","))) if s else () for s in _SHAPE.findall(message)))
        except RuntimeError as mismatch:
            return mismatch
    return RuntimeError(next((words for found, words in _WORDS if found in message), message))


def _is_foreign(trace: TracebackType | None) -> bool:
    """Whether NumPy raised, or an instruction of ours that is no ``raise``; kernels of others are left alone."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return False
    code = trace.tb_frame.f_code
    if code.co_filename.startswith(_OWN):
        return code.co_code[trace.tb_lasti] != _RAISE
    return code.co_filename.startswith(_NUMPY)
