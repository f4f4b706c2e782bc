"""Markers on functions."""
import torch


@torch.jit.script
def three():
    return 3


@torch.jit.ignore
def in_python(n: int) -> int:
    return len({*range(n)}) + 1


@torch.jit.unused
def refused(n: int) -> int:
    return [k for k in {1, 2}][n]


@torch.jit.export
def no_effect():
    return 5


@torch.jit.script
def uses(n: int) -> int:
    if n > 100:
        return refused(n)
    return in_python(n)


print(three(), no_effect(), in_python(2), refused(0), uses(4))
try:
    uses(101)
except torch.jit.Error as error:
    print("annotated to be ignored and cannot be run" in str(error))
