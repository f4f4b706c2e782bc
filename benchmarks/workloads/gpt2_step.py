"""GPT-2-small-like decoder, one token with a KV cache of 128 positions given as tensors."""

import torch

from . import _gpt2


def build():
    return _gpt2.build(_gpt2.Step)


def example_inputs():
    g = torch.Generator().manual_seed(1)
    shape = (_gpt2.L, 1, _gpt2.H, 128, _gpt2.HD)
    return (torch.tensor([[464]]), torch.randn(shape, generator=g), torch.randn(shape, generator=g))
