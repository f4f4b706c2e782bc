"""Sequences of different lengths, padded and packed."""

from __future__ import annotations

import pytest

from transpile import torch
from transpile.eager.tensor import Tensor
from transpile.nn.utils.rnn import (
    PackedSequence,
    invert_permutation,
    pack_padded_sequence,
    pack_sequence,
    pad_packed_sequence,
    pad_sequence,
    unpack_sequence,
    unpad_sequence,
)

_LENGTHS = [2, 5, 1]


class Packed(torch.nn.Module):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.first = getattr(torch.nn, kind)(3, 4, 2, bidirectional=True)
        self.second = getattr(torch.nn, kind)(8, 2, batch_first=True)

    def forward(self, x: Tensor, lengths: Tensor):  # type: ignore[no-untyped-def]
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        middle, state = self.first(packed)
        output, last = self.second(middle)
        padded, counted = pad_packed_sequence(output, batch_first=True, padding_value=-1.0, total_length=6)
        return padded, counted, state, last


class Handed(torch.nn.Module):
    """A packed sequence as argument and result."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = torch.nn.RNN(3, 4)

    def forward(self, sequence: PackedSequence, state: Tensor | None = None) -> PackedSequence:
        return self.rnn(sequence, state)[0]


def _flat(value: object) -> list[Tensor]:
    return [t for v in value for t in _flat(v)] if isinstance(value, (tuple, list)) else [value]  # type: ignore[list-item]


def test_padding_and_back() -> None:
    rows = [torch.arange(3.0), torch.arange(1.0, 2.0)]
    padded = pad_sequence(rows, batch_first=True, padding_value=-1.0)
    assert padded.tolist() == [[0.0, 1.0, 2.0], [1.0, -1.0, -1.0]]
    assert pad_sequence(rows).shape == (3, 2)
    assert pad_sequence(rows, batch_first=True, padding_side="left")[1].tolist() == [0.0, 0.0, 1.0]
    back = unpad_sequence(padded, torch.tensor([3, 1]), batch_first=True)
    assert [b.tolist() for b in back] == [r.tolist() for r in rows]


def test_packing_and_back() -> None:
    rows = [torch.arange(float(n)) for n in _LENGTHS]
    packed = pack_sequence(rows, enforce_sorted=False)
    assert packed.batch_sizes.tolist() == [3, 2, 1, 1, 1]
    assert packed.sorted_indices is not None
    assert packed.sorted_indices.tolist() == [1, 0, 2]
    assert [r.tolist() for r in unpack_sequence(packed)] == [r.tolist() for r in rows]
    assert packed.to(torch.float32) is packed
    assert packed.double().data.dtype == torch.float64
    back = invert_permutation(torch.tensor([2, 0, 1]))
    assert back is not None
    assert back.tolist() == [1, 2, 0]
    with pytest.raises(RuntimeError, match="sorted in decreasing order"):
        pack_sequence(rows)


@pytest.mark.parametrize("kind", ["GRU", "LSTM", "RNN"])
def test_recurrent_layers_see_every_sequence_alone(kind: str) -> None:
    torch.manual_seed(0)
    layer = getattr(torch.nn, kind)(3, 4, 2, bidirectional=True)
    rows = [torch.rand(n, 3) for n in _LENGTHS]
    output, state = layer(pack_sequence(rows, enforce_sorted=False))
    for index, (row, got) in enumerate(zip(rows, unpack_sequence(output), strict=True)):
        wanted, last = layer(row)
        assert torch.allclose(got, wanted)
        for whole, alone in zip(_flat(state), _flat(last), strict=True):
            assert torch.allclose(whole[:, index], alone)


@pytest.mark.parametrize("kind", ["GRU", "LSTM", "RNN"])
def test_script_and_trace_agree_with_eager_mode(kind: str) -> None:
    torch.manual_seed(0)
    model = Packed(kind)
    inputs = (torch.rand(3, 5, 3), torch.tensor(_LENGTHS))
    wanted = _flat(model(*inputs))
    for compiled in (torch.jit.script(model), torch.jit.trace(model, inputs)):
        got = _flat(compiled(*inputs))
        assert all(torch.equal(a, b) for a, b in zip(got, wanted, strict=True))


def test_packed_sequences_as_arguments_of_scripted_modules() -> None:
    torch.manual_seed(0)
    model = Handed()
    packed = pack_sequence([torch.rand(3, 3), torch.rand(2, 3)])
    got = torch.jit.script(model)(packed)
    assert torch.equal(got.data, model(packed).data)
    assert got.batch_sizes.tolist() == [2, 2, 1]
