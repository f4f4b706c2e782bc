"""Einstein summation in torch's notation: repeated letters, ``...``, size-1 broadcasting, implicit output."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from transpile.ops.promotion import Array, cast, compute_dtype, dtype_of

_ELLIPSIS = "."


def _labels(term: str, position: int | None) -> list[str]:
    """The letters of one operand; an ellipsis becomes one ``"."``."""
    where = f"operand {position}" if position is not None else "the output"
    labels: list[str] = []
    at = 0
    while at < len(term):
        if term[at] == " ":
            at += 1
        elif term.startswith("...", at):
            if _ELLIPSIS in labels:
                raise RuntimeError(f"einsum(): found '.' for {where} for which an ellipsis was already found")
            labels.append(_ELLIPSIS)
            at += 3
        elif term[at] == ".":
            raise RuntimeError(f"einsum(): found '.' for {where} that is not part of any ellipsis")
        elif not (term[at].isascii() and term[at].isalpha()):
            raise RuntimeError(
                f"einsum(): invalid subscript given at index {at} in the equation string, subscripts must be in "
                "[a-zA-Z]"
            )
        else:
            labels.append(term[at])
            at += 1
    return labels


def einsum(equation: str, tensors: Sequence[Array]) -> Array:
    """Contract ``tensors`` as ``equation`` says; torch's errors for equations that do not fit."""
    if not len(tensors):
        raise RuntimeError("einsum(): must provide at least one operand")
    left, arrow, right = equation.partition("->")
    terms = left.split(",")
    if len(terms) < len(tensors):
        raise RuntimeError("einsum(): more operands were provided than specified in the equation")
    if len(terms) > len(tensors):
        raise RuntimeError("einsum(): fewer operands were provided than specified in the equation")
    inputs = [_labels(term, i) for i, term in enumerate(terms)]
    covered = 0
    for i, (labels, tensor) in enumerate(zip(inputs, tensors, strict=True)):
        named = len([label for label in labels if label != _ELLIPSIS])
        if _ELLIPSIS in labels and named <= tensor.ndim:
            covered = max(covered, tensor.ndim - named)
        elif named != tensor.ndim:
            raise RuntimeError(
                "einsum(): the number of subscripts in the equation ("
                f"{named}) {'is more than' if _ELLIPSIS in labels else 'does not match'} the number of dimensions "
                f"({tensor.ndim}) for operand {i}{'' if _ELLIPSIS in labels else ' and no ellipsis was given'}"
            )
    count: dict[str, int] = {}
    for labels in inputs:
        for label in labels:
            count[label] = count.get(label, 0) + 1
    if arrow:
        output = _labels(right, None)
        for label in output:
            if label != _ELLIPSIS and label not in count:
                raise RuntimeError(
                    f"einsum(): output subscript {label} does not appear in the equation for any input operand"
                )
            if output.count(label) > 1:
                raise RuntimeError(f"einsum(): output subscript {label} appears more than once in the output")
    else:
        once = sorted((label for label in count if label != _ELLIPSIS and count[label] == 1), key=_letter_order)
        output = ([_ELLIPSIS] if _ELLIPSIS in count else []) + once
    return _contract(inputs, output, tensors, covered)


def _letter_order(label: str) -> tuple[bool, str]:
    """Upper case before lower case."""
    return (label.islower(), label)


def _contract(inputs: Sequence[list[str]], output: list[str], tensors: Sequence[Array], covered: int) -> Array:
    numbers: dict[str, int] = {}
    for labels in inputs:
        for label in labels:
            if label != _ELLIPSIS:
                numbers.setdefault(label, len(numbers))
    hidden = list(range(len(numbers), len(numbers) + covered))
    extents: dict[int, int] = {}
    listed: list[list[int]] = []
    for i, (labels, tensor) in enumerate(zip(inputs, tensors, strict=True)):
        missing = tensor.ndim - len([label for label in labels if label != _ELLIPSIS])
        axes: list[int] = []
        for label in labels:
            axes += hidden[covered - missing :] if label == _ELLIPSIS else [numbers[label]]
        listed.append(axes)
        for dim, axis in enumerate(axes):
            known, extent = extents.get(axis, 1), tensor.shape[dim]
            if known not in (1, extent) and extent != 1:
                raise RuntimeError(
                    f"einsum(): subscript {next((k for k, v in numbers.items() if v == axis), '...')} has size "
                    f"{extent} "
                    f"for operand {i} which does not broadcast with previously seen size {known}"
                )
            extents[axis] = extent if known == 1 else known
    wanted: list[int] = []
    for label in output:
        wanted += hidden if label == _ELLIPSIS else [numbers[label]]
    dtype = dtype_of(tensors[0])
    for tensor in tensors:
        if tensor.dtype != tensors[0].dtype:
            raise RuntimeError(f"expected scalar type {dtype.graph_name} but found {dtype_of(tensor).graph_name}")
    compute = compute_dtype(dtype)
    arguments: list[object] = []
    for axes, tensor in zip(listed, tensors, strict=True):
        # NumPy wants equal extents for equal letters, so size-1 dimensions that broadcast are spread out first.
        shape = tuple(extents[a] for a in axes)
        wide = cast(tensor, compute)
        arguments += [np.broadcast_to(wide, shape) if shape != tensor.shape else wide, axes]
    result = np.einsum(*arguments, wanted, optimize=len(tensors) > 1)  # type: ignore[call-overload]
    return cast(np.asarray(result).copy("C"), dtype)
