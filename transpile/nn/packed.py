"""Sequences of different lengths in one tensor: what ``torch.nn.utils.rnn`` and recurrent layers share."""

from typing import Any, NamedTuple, Optional

from transpile.eager import torch_namespace as torch
from transpile.eager.tensor import Tensor

_HOME = "transpile.nn.utils.rnn"  # where torch has it, by which compiled code calls it


class PackedSequence_(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Optional[Tensor]
    unsorted_indices: Optional[Tensor]


class PackedSequence(PackedSequence_):
    """The elements of several sequences, one step after another: ``batch_sizes`` says how many sequences reach each.

    The sequences are sorted by falling length; ``sorted_indices`` sorts them so, ``unsorted_indices`` gives their order
    back.  Made by ``pack_padded_sequence`` and ``pack_sequence``.
    """

    def __new__(
        cls,
        data: Any,
        batch_sizes: Optional[Tensor] = None,
        sorted_indices: Optional[Tensor] = None,
        unsorted_indices: Optional[Tensor] = None,
    ) -> Any:
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        if batch_sizes is None:
            if not isinstance(data, (list, tuple)) or len(data) != 2:
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        elif batch_sizes.device.type != "cpu":
            raise ValueError(
                "batch_sizes should always be on CPU. Instances of PackedSequence should never be created manually. "
                "They should be instantiated by functions like pack_sequence and pack_padded_sequences in "
                "nn.utils.rnn. https://pytorch.org/docs/stable/nn.html#torch.nn.utils.rnn.pack_sequence"
            )
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """The sequences in another type or on another device; itself where there is nothing to do."""
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        return type(self)(data, self.batch_sizes, self.sorted_indices, self.unsorted_indices)

    def cpu(self, *args: Any, **kwargs: Any) -> Any:
        return self.to(*args, device="cpu", **kwargs)

    def pin_memory(self) -> Any:
        return self

    def double(self) -> Any:
        return self.to(dtype=torch.double)

    def float(self) -> Any:
        return self.to(dtype=torch.float)

    def half(self) -> Any:
        return self.to(dtype=torch.half)

    def long(self) -> Any:
        return self.to(dtype=torch.long)

    def int(self) -> Any:
        return self.to(dtype=torch.int)

    def short(self) -> Any:
        return self.to(dtype=torch.short)

    def char(self) -> Any:
        return self.to(dtype=torch.int8)

    def byte(self) -> Any:
        return self.to(dtype=torch.uint8)

    @property
    def is_cuda(self) -> bool:
        return False

    def is_pinned(self) -> bool:
        return False


def invert_permutation(permutation: Optional[Tensor]) -> Optional[Tensor]:
    """The permutation that undoes another one."""
    if permutation is None:
        return None
    output = torch.empty_like(permutation, memory_format=torch.contiguous_format)
    output.scatter_(0, permutation, torch.arange(0, permutation.numel(), device=permutation.device))
    return output


for _item in (PackedSequence_, PackedSequence, invert_permutation):
    _item.__module__ = _HOME
