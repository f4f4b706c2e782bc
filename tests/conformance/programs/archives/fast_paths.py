"""Layers in evaluation mode, saved with PyTorch's fast paths: ``SAVED`` maps names to what is saved and the arguments."""
import torch
from torch import nn


class Look(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: torch.Tensor, ends: torch.Tensor):
        return self.attention(x, x, x, key_padding_mask=ends)


class Encode(nn.Module):
    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 16, activation="gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, nn.LayerNorm(8))

    def forward(self, x: torch.Tensor, ends: torch.Tensor):
        return self.encoder(x, src_key_padding_mask=ends)


X = torch.arange(48.0).view(2, 3, 8).sin()
AT_THE_END = torch.tensor([[False, False, True], [False, False, False]])
IN_THE_MIDDLE = torch.tensor([[False, True, False], [False, False, False]])


def saved(kind, tracing=None):
    torch.manual_seed(5)
    module = kind().eval()
    with torch.no_grad():
        return torch.jit.script(module) if tracing is None else torch.jit.trace(module, tracing, check_trace=False)


SAVED = {
    "attention_scripted": (saved(Look), (X, IN_THE_MIDDLE)),
    "attention_traced": (saved(Look, (X, IN_THE_MIDDLE)), (X, IN_THE_MIDDLE)),
    "encoder_scripted": (saved(Encode), (X, AT_THE_END)),
    "encoder_scripted_gap": (saved(Encode), (X, IN_THE_MIDDLE)),
    "encoder_traced": (saved(Encode, (X, AT_THE_END)), (X, AT_THE_END)),
    "encoder_traced_gap": (saved(Encode, (X, IN_THE_MIDDLE)), (X, IN_THE_MIDDLE)),
}
