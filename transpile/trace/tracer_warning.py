"""What tracing warns about, and where."""

from __future__ import annotations

import warnings
from types import FrameType

from transpile.core.errors import TraceError
from transpile.trace.frames import is_library, range_of


class TracerWarning(Warning):
    """The trace may not compute what the program computes on other inputs."""

    @staticmethod
    def ignore_lib_warnings() -> None:
        """Leave out what library code triggers: its shape checks are harmless."""
        warnings.filterwarnings("ignore", category=TracerWarning, module=r"transpile\.(?!jit)")


LEAVES = (
    "Converting a tensor to {} might cause the trace to be incorrect. We can't record the data flow of Python values, "
    "so this value will be treated as a constant in the future. This means that the trace might not generalize to "
    "other inputs!"
)
ITERATES = (
    "Iterating over a tensor might cause the trace to be incorrect. Passing a tensor of different shape won't change "
    "the number of iterations executed (and might lead to errors or silently give incorrect results)."
)
LENGTH = (
    "Using len to get tensor shape might cause the trace to be incorrect. Recommended usage would be tensor.shape[0]. "
    "Passing a tensor of different shape might lead to errors or silently give incorrect results."
)
CREATED = (
    "torch.{} results are registered as constants in the trace. You can safely ignore this warning if you use this "
    "function to create tensors out of constant variables that would be the same every time you call this function. "
    "In any other case, this might cause the trace to be incorrect."
)
RESIZED = (
    "{} can't be represented in the JIT at the moment, so we won't connect any uses of this value with its current "
    "trace. If you happen to use it again, it will show up as a constant in the graph. Consider using `view` or "
    "`reshape` to make it traceable."
)
LIVE_REFERENCES = (
    "There are {count} live references to the data region being modified when tracing in-place operator {name}{why}. "
    "This might cause the trace to be incorrect, because all other views that also reference this data will not "
    "reflect this change in the trace! On the other hand, if all other views use the same memory chunk, but are "
    "disjoint (e.g. are outputs of torch.split), this might still be safe."
)
CONTAINER = (
    "Encountering a {} at the output of the tracer might cause the trace to be incorrect, this is only valid if the "
    "container structure does not change based on the module's inputs. Consider using a constant container instead "
    "(e.g. for `list`, use a `tuple` instead. for `dict`, use a `NamedTuple` instead). If you absolutely need this and "
    "know the side effects, pass strict=False to trace() to allow this behavior."
)


def warn(message: str, frame: FrameType | None) -> None:
    """Give a ``TracerWarning`` for the line that ``frame`` runs; the library knows what it does."""
    where = range_of(frame)
    if frame is not None and is_library(frame):
        return
    if frame is None or where is None:
        warnings.warn(message, TracerWarning, stacklevel=2)
        return
    scope = frame.f_globals
    registry = scope.setdefault("__warningregistry__", {})
    name = str(scope.get("__name__", "<unknown>"))
    warnings.warn_explicit(message, TracerWarning, where.filename, where.line, name, registry)


def requires_grad_error(shown: str) -> TraceError:
    """The error for a tensor that should be a parameter but would become a constant."""
    return TraceError(
        "Cannot insert a Tensor that requires grad as a constant. Consider making it a parameter or input, or "
        f"detaching the gradient\nTensor:\n{shown}"
    )
