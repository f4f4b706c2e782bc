"""Padding of sequences."""

from __future__ import annotations

import pytest

from transpile import torch
from transpile.nn.utils.rnn import pack_padded_sequence, pad_sequence, unpad_sequence


def test_padding_and_back() -> None:
    rows = [torch.arange(3.0), torch.arange(1.0, 2.0)]
    padded = pad_sequence(rows, batch_first=True, padding_value=-1.0)
    assert padded.tolist() == [[0.0, 1.0, 2.0], [1.0, -1.0, -1.0]]
    assert pad_sequence(rows).shape == (3, 2)
    assert pad_sequence(rows, batch_first=True, padding_side="left")[1].tolist() == [0.0, 0.0, 1.0]
    back = unpad_sequence(padded, torch.tensor([3, 1]), batch_first=True)
    assert [b.tolist() for b in back] == [r.tolist() for r in rows]


def test_packing_says_what_to_do_instead() -> None:
    with pytest.raises(NotImplementedError, match="pad with"):
        pack_padded_sequence(torch.zeros(2, 1), [2])
