"""Layers of the library, each traced alone or in a small network."""

import torch
import torch.nn.functional as F
from torch import nn

from tests.conformance.traced_program import built, traced


def image():
    return torch.randn(1, 3, 6, 6)


def images():
    return torch.randn(2, 3, 8, 7)


def series():
    return torch.randn(1, 3, 8)


def tokens():
    return torch.randn(2, 4, 8)


def more_tokens():
    return torch.randn(3, 5, 8)


@traced(image, images)
class Convolution(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3, stride=2, padding=1)
        self.plain = nn.Conv2d(2, 2, 1, bias=False)

    def forward(self, x):
        return self.plain(F.relu(self.conv(x)))


@traced(series, lambda: torch.randn(2, 3, 9))
class Convolution1d(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(3, 4, 3, dilation=2)
        self.grouped = nn.Conv1d(4, 4, 1, groups=2)

    def forward(self, x):
        return self.grouped(self.conv(x))


@traced(lambda: torch.randn(1, 2, 3, 4, 4), lambda: torch.randn(2, 2, 4, 3, 3))
class Convolution3d(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv3d(2, 2, 2)

    def forward(self, x):
        return self.conv(x)


@traced(image, images)
class SamePadding(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3, padding="same")

    def forward(self, x):
        return self.conv(x)


@traced(image, images)
class ReflectedConvolution(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3, padding=1, padding_mode="reflect")

    def forward(self, x):
        return self.conv(x)


@traced(image, images)
class Transposed(nn.Module):
    def __init__(self):
        super().__init__()
        self.up = nn.ConvTranspose2d(3, 2, 2, stride=2)

    def forward(self, x):
        return self.up(x)


@traced(image, images)
class Normalised(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, bias=False)
        self.bn = nn.BatchNorm2d(4)
        self.gn = nn.GroupNorm(2, 4)
        self.ins = nn.InstanceNorm2d(4)

    def forward(self, x):
        return self.ins(self.gn(F.relu(self.bn(self.conv(x)))))


@built(lambda: torch.randn(4, 3), lambda: torch.randn(6, 3))
def batch_norm_training():
    return torch.jit.trace(nn.BatchNorm1d(3).train(), torch.randn(4, 3), check_trace=False)


@traced(image, images)
class Pooled(nn.Module):
    def __init__(self):
        super().__init__()
        self.max = nn.MaxPool2d(2)
        self.mean = nn.AvgPool2d(3, stride=1, padding=1)
        self.adaptive = nn.AdaptiveAvgPool2d((2, 2))
        self.adaptive_max = nn.AdaptiveMaxPool2d(1)

    def forward(self, x):
        x = self.mean(self.max(x))
        return self.adaptive(x), self.adaptive_max(x)


@traced(series, lambda: torch.randn(2, 3, 6))
class Pooled1d(nn.Module):
    def __init__(self):
        super().__init__()
        self.max = nn.MaxPool1d(2)
        self.mean = nn.AvgPool1d(2)
        self.adaptive = nn.AdaptiveAvgPool1d(2)

    def forward(self, x):
        return self.adaptive(self.max(x) + self.mean(x))


@traced(image, images)
class PooledWithIndices(nn.Module):
    def __init__(self):
        super().__init__()
        self.pool = nn.MaxPool2d(2, return_indices=True)

    def forward(self, x):
        return self.pool(x)


@traced(image, images)
class Resized(nn.Module):
    def __init__(self):
        super().__init__()
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.smooth = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)

    def forward(self, x):
        return self.up(x), self.smooth(x), F.interpolate(x, size=(3, 3), mode="bilinear", align_corners=True)


@traced(image, images)
class Padded(nn.Module):
    def __init__(self):
        super().__init__()
        self.zero = nn.ZeroPad2d(1)
        self.reflect = nn.ReflectionPad2d(1)
        self.replicate = nn.ReplicationPad2d((1, 0, 2, 0))

    def forward(self, x):
        return self.replicate(self.reflect(self.zero(x))), F.pad(x, (1, 1), value=2.0)


@traced(image, images)
class Shuffled(nn.Module):
    def __init__(self):
        super().__init__()
        self.up = nn.PixelShuffle(2)
        self.conv = nn.Conv2d(3, 4, 1)

    def forward(self, x):
        return self.up(self.conv(x))


@traced(lambda: torch.tensor([[1, 2, 0], [3, 3, 1]]), lambda: torch.tensor([[4], [0], [2]]))
class Embedded(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(5, 4, padding_idx=0)
        self.norm = nn.LayerNorm(4)

    def forward(self, ids):
        return self.norm(self.embedding(ids))


@traced(lambda: (torch.tensor([1, 2, 0, 3]), torch.tensor([0, 2])))
class EmbeddingBag(nn.Module):
    def __init__(self):
        super().__init__()
        self.bag = nn.EmbeddingBag(5, 3, mode="mean")

    def forward(self, ids, offsets):
        return self.bag(ids, offsets)


@traced(tokens, more_tokens)
class Activations(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.ReLU(),
            nn.GELU(),
            nn.SiLU(),
            nn.ELU(),
            nn.LeakyReLU(),
            nn.Sigmoid(),
            nn.Tanh(),
            nn.Hardswish(),
            nn.Mish(),
            nn.Softplus(),
        )
        self.prelu = nn.PReLU()
        self.softmax = nn.Softmax(dim=-1)
        self.log = nn.LogSoftmax(dim=1)

    def forward(self, x):
        return self.layers(x), self.prelu(x), self.softmax(x), self.log(x), F.glu(x)


@traced(tokens, more_tokens)
class Long(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(8, 3, num_layers=2, batch_first=True)

    def forward(self, x):
        out, (h, c) = self.lstm(x)
        return out, h, c


@traced(tokens, lambda: torch.randn(5, 4, 8))
class BothWays(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(8, 3, bidirectional=True)

    def forward(self, x):
        return self.gru(x)[0]


@traced(lambda: (torch.randn(2, 4, 8), torch.randn(1, 4, 3)), lambda: (torch.randn(3, 5, 8), torch.randn(1, 5, 3)))
class WithState(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(8, 3)

    def forward(self, x, h):
        out, last = self.rnn(x, h)
        return out, last


@traced(lambda: (torch.randn(4, 8), torch.randn(4, 3)), lambda: (torch.randn(2, 8), torch.randn(2, 3)))
class Cells(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRUCell(8, 3)
        self.lstm = nn.LSTMCell(8, 3)
        self.rnn = nn.RNNCell(8, 3)

    def forward(self, x, h):
        a = self.gru(x, h)
        b, c = self.lstm(x, (a, h))
        return self.rnn(x, b) + c


@traced(tokens, lambda: torch.randn(3, 4, 8))
class UnrolledCell(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.GRUCell(8, 3)

    def forward(self, x):
        h = torch.zeros(x.size(0), 3)
        for i in range(4):
            h = self.cell(x[:, i], h)
        return h


@traced(tokens, more_tokens, check_trace=False)
class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x)


@built(tokens)
def attention_training():
    module = nn.MultiheadAttention(8, 2, batch_first=True).train()
    x = tokens()
    return torch.jit.trace(_Query(module), x)


class _Query(nn.Module):
    def __init__(self, attention):
        super().__init__()
        self.attention = attention

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)[0]


@traced(tokens, more_tokens)
class ScaledProduct(nn.Module):
    def forward(self, x):
        q = x.view(x.size(0), x.size(1), 2, 4).transpose(1, 2)
        return F.scaled_dot_product_attention(q, q, q, is_causal=True), F.scaled_dot_product_attention(q, q, q)


@traced(tokens, more_tokens)
class OwnAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(8, 24)
        self.out = nn.Linear(8, 8)
        self.heads = 2

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        scores = (q @ k.transpose(-2, -1)) * (c // self.heads) ** -0.5
        return self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(b, t, c))


@built(tokens)
def encoder_layer_eval():
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    with torch.no_grad():
        return torch.jit.trace(layer, tokens())


@built(tokens)
def encoder_layer_training():
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True).train()
    return torch.jit.trace(layer, tokens())


@built(tokens)
def norm_first_layer():
    layer = nn.TransformerEncoderLayer(
        8, 2, 16, dropout=0.0, norm_first=True, batch_first=True, activation="gelu"
    ).train()
    return torch.jit.trace(layer, tokens())


@built(lambda: (tokens(), tokens()))
def decoder_layer():
    layer = nn.TransformerDecoderLayer(8, 2, 16, dropout=0.0, batch_first=True).train()
    return torch.jit.trace(layer, (tokens(), tokens()))


@traced(tokens, more_tokens)
class Bilinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.bilinear = nn.Bilinear(8, 8, 2)
        self.flatten = nn.Flatten()

    def forward(self, x):
        return self.flatten(self.bilinear(x, x))


@traced(lambda: torch.randn(2, 6), lambda: torch.randn(3, 6))
class Unflattened(nn.Module):
    def __init__(self):
        super().__init__()
        self.unflatten = nn.Unflatten(1, (2, 3))

    def forward(self, x):
        return self.unflatten(x)


@traced(image, images)
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 3, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(3)
        self.relu = nn.ReLU(inplace=True)
        self.down = nn.Sequential(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3))

    def forward(self, x):
        out = self.bn1(self.conv1(x))
        out += self.down(x)
        return self.relu(out)


@traced(image, images)
class Unfolded(nn.Module):
    def __init__(self):
        super().__init__()
        self.unfold = nn.Unfold(2)
        self.pool = nn.LPPool2d(2, 2)

    def forward(self, x):
        return self.unfold(x), self.pool(x.abs())
