"""``torch.nn.utils.rnn``: sequences of different lengths in one tensor.  Packed sequences are not available."""

from __future__ import annotations

from typing import Any

from transpile.eager.tensor import Tensor


def pad_sequence(
    sequences: Any, batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Any:
    """Sequences ``(L, *)`` stacked with padding, as ``(T, B, *)`` or with ``batch_first`` as ``(B, T, *)``."""
    if padding_side not in ("left", "right"):
        raise ValueError(f"Expected padding_side to be one of left or right, but got {padding_side}.")
    rows = list(sequences)
    longest = max(row.size(0) for row in rows)
    out = rows[0].new_full((len(rows), longest, *rows[0].shape[1:]), padding_value)
    for position, row in enumerate(rows):
        start = 0 if padding_side == "right" else longest - row.size(0)
        out[position, start : start + row.size(0)] = row
    return out if batch_first else out.transpose(0, 1)


def unpad_sequence(padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False) -> list[Tensor]:
    """The sequences that ``pad_sequence`` stacked."""
    rows = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [row[: int(length)] for row, length in zip(rows, lengths, strict=True)]


class PackedSequence:
    """Named for ``isinstance`` tests; none is ever made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError("packed sequences are not available: pad with torch.nn.utils.rnn.pad_sequence")


def pack_padded_sequence(*args: Any, **kwargs: Any) -> Any:
    """Not available: raises ``NotImplementedError``."""
    return PackedSequence()


def pad_packed_sequence(*args: Any, **kwargs: Any) -> Any:
    """Not available: raises ``NotImplementedError``."""
    return PackedSequence()
