"""Every layer of ``torch.nn``: how to make it, and the shapes and dtypes of what it takes.

An input is a shape (floats), ``("i", shape, high)`` for whole numbers below ``high``, ``("p", shape)`` for floats in (0, 1),
or ``("s", shape)`` for signs.
"""

from __future__ import annotations

from typing import Any

Layers = dict[str, tuple[str, tuple[Any, ...]]]


def _pooling() -> Layers:
    found: Layers = {}
    for n, shape in ((1, (2, 3, 8)), (2, (2, 3, 8, 6)), (3, (1, 2, 6, 6, 4))):
        found |= {
            f"MaxPool{n}d": (f"nn.MaxPool{n}d(2, stride=1)", (shape,)),
            f"MaxPool{n}d_ceil": (f"nn.MaxPool{n}d(3, stride=2, padding=1, ceil_mode=True)", (shape,)),
            f"AvgPool{n}d": (f"nn.AvgPool{n}d(2, padding=1, count_include_pad=False)", (shape,)),
            f"LPPool{n}d": (f"nn.LPPool{n}d(2.0, 2)", (shape,)),
            f"AdaptiveAvgPool{n}d": (f"nn.AdaptiveAvgPool{n}d(3)", (shape,)),
            f"AdaptiveMaxPool{n}d": (f"nn.AdaptiveMaxPool{n}d(2)", (shape,)),
        }
    return found


def _unpooling() -> Layers:
    found: Layers = {}
    for n, shape in ((1, (2, 3, 4)), (2, (1, 3, 4, 3)), (3, (1, 2, 2, 3, 2))):
        volume = 2**n
        for extent in shape[2:]:
            volume *= extent
        found[f"MaxUnpool{n}d"] = (f"nn.MaxUnpool{n}d(2)", (shape, ("i", shape, volume)))
    given = "_random_samples=torch.full((2, 3, {}), 0.4)"
    found["FractionalMaxPool2d"] = (f"nn.FractionalMaxPool2d(2, 3, {given.format(2)})", ((2, 3, 8, 7),))
    found["FractionalMaxPool3d"] = (
        f"nn.FractionalMaxPool3d(2, output_ratio=0.5, {given.format(3)})",
        ((2, 3, 6, 5, 7),),
    )
    return found


def _convolutions() -> Layers:
    found: Layers = {}
    for n, shape in ((1, (2, 4, 8)), (2, (2, 4, 6, 7)), (3, (1, 4, 5, 4, 6))):
        found |= {
            f"Conv{n}d": (f"nn.Conv{n}d(4, 6, 3, stride=2, padding=1)", (shape,)),
            f"Conv{n}d_groups": (f"nn.Conv{n}d(4, 4, 3, groups=2, dilation=1, bias=False, padding='same')", (shape,)),
            f"Conv{n}d_reflect": (
                f"nn.Conv{n}d(4, 2, 3, padding=1, padding_mode='{'zeros' if n == 3 else 'reflect'}')",
                (shape,),
            ),
            f"ConvTranspose{n}d": (f"nn.ConvTranspose{n}d(4, 2, 3, stride=2, output_padding=1)", (shape,)),
            f"BatchNorm{n}d": (f"nn.BatchNorm{n}d(4)", (shape,)),
            f"BatchNorm{n}d_plain": (f"nn.BatchNorm{n}d(4, affine=False, track_running_stats=False)", (shape,)),
            f"InstanceNorm{n}d": (f"nn.InstanceNorm{n}d(4, affine=True)", (shape,)),
            f"Dropout{n}d": (f"nn.Dropout{n}d(0.3)", (shape,)),
        }
    return found


def _padding() -> Layers:
    found: Layers = {}
    for n, shape in ((1, (2, 3, 5)), (2, (2, 3, 5, 6)), (3, (1, 2, 4, 5, 4))):
        found |= {
            f"{kind}Pad{n}d": (f"nn.{kind}Pad{n}d(2)", (shape,))
            for kind in ("Circular", "Reflection", "Replication", "Zero")
        }
        found[f"ConstantPad{n}d"] = (f"nn.ConstantPad{n}d(1, 0.5)", (shape,))
    return found


def _activations() -> Layers:
    plain = (
        "CELU ELU GELU Hardshrink Hardsigmoid Hardswish Hardtanh Identity LeakyReLU LogSigmoid Mish PReLU ReLU ReLU6 SELU "
        "SiLU Sigmoid Softplus Softshrink Softsign Tanh Tanhshrink"
    ).split()
    found: Layers = {name: (f"nn.{name}()", ((2, 6),)) for name in plain}
    return found | {
        "GELU_tanh": ("nn.GELU(approximate='tanh')", ((2, 6),)),
        "GLU": ("nn.GLU()", ((2, 6),)),
        "LogSoftmax": ("nn.LogSoftmax(dim=1)", ((2, 6),)),
        "RReLU": ("nn.RReLU()", ((2, 6),)),
        "ReLU_inplace": ("nn.Sequential(nn.Linear(6, 6), nn.ReLU(inplace=True))", ((2, 6),)),
        "Softmax": ("nn.Softmax(dim=-1)", ((2, 6),)),
        "Softmax2d": ("nn.Softmax2d()", ((2, 3, 4, 5),)),
        "Softmin": ("nn.Softmin(dim=0)", ((2, 6),)),
        "Threshold": ("nn.Threshold(0.1, 20.0)", ((2, 6),)),
        "PReLU_channels": ("nn.PReLU(3)", ((2, 3, 4),)),
        "AlphaDropout": ("nn.AlphaDropout(0.2)", ((2, 6),)),
        "Dropout": ("nn.Dropout(0.2)", ((2, 6),)),
        "FeatureAlphaDropout": ("nn.FeatureAlphaDropout(0.2)", ((2, 6),)),
    }


def _losses() -> Layers:
    two = ((3, 5), (3, 5))
    return {
        "BCELoss": ("nn.BCELoss()", (("p", (3, 5)), ("p", (3, 5)))),
        "BCEWithLogitsLoss": ("nn.BCEWithLogitsLoss(pos_weight=torch.ones(5) * 2)", ((3, 5), ("p", (3, 5)))),
        "CosineEmbeddingLoss": ("nn.CosineEmbeddingLoss()", ((3, 5), (3, 5), ("s", (3,)))),
        "CosineSimilarity": ("nn.CosineSimilarity(dim=1)", two),
        "CrossEntropyLoss": ("nn.CrossEntropyLoss(label_smoothing=0.1)", ((3, 5), ("i", (3,), 5))),
        "CrossEntropyLoss_weight": (
            "nn.CrossEntropyLoss(weight=torch.arange(5.0), ignore_index=1)",
            ((3, 5), ("i", (3,), 5)),
        ),
        "GaussianNLLLoss": ("nn.GaussianNLLLoss()", ((3, 5), (3, 5), ("p", (3, 5)))),
        "HingeEmbeddingLoss": ("nn.HingeEmbeddingLoss()", ((3, 5), ("s", (3, 5)))),
        "HuberLoss": ("nn.HuberLoss(delta=0.7)", two),
        "KLDivLoss": ("nn.KLDivLoss(reduction='batchmean')", ((3, 5), ("p", (3, 5)))),
        "L1Loss": ("nn.L1Loss()", two),
        "MSELoss": ("nn.MSELoss(reduction='none')", two),
        "MarginRankingLoss": ("nn.MarginRankingLoss(margin=0.2)", ((5,), (5,), ("s", (5,)))),
        "MultiLabelMarginLoss": ("nn.MultiLabelMarginLoss()", ((3, 5), ("i", (3, 5), 5))),
        "MultiLabelSoftMarginLoss": ("nn.MultiLabelSoftMarginLoss()", ((3, 5), ("p", (3, 5)))),
        "MultiMarginLoss": ("nn.MultiMarginLoss()", ((3, 5), ("i", (3,), 5))),
        "NLLLoss": ("nn.NLLLoss(reduction='sum')", ((3, 5), ("i", (3,), 5))),
        "PairwiseDistance": ("nn.PairwiseDistance(p=2.0)", two),
        "PoissonNLLLoss": ("nn.PoissonNLLLoss()", ((3, 5), ("p", (3, 5)))),
        "SmoothL1Loss": ("nn.SmoothL1Loss()", two),
        "SoftMarginLoss": ("nn.SoftMarginLoss()", ((3, 5), ("s", (3, 5)))),
        "TripletMarginLoss": ("nn.TripletMarginLoss(swap=True)", ((3, 5), (3, 5), (3, 5))),
        "CTCLoss": ("nn.CTCLoss()", ((6, 2, 5), ("i", (2, 3), 4), ("i", (2,), 1, 6), ("i", (2,), 1, 2))),
    }


def _others() -> Layers:
    sequence = ((5, 2, 4),)
    return {
        "Linear": ("nn.Linear(6, 4)", ((2, 6),)),
        "Linear_plain": ("nn.Linear(6, 4, bias=False)", ((2, 3, 6),)),
        "Bilinear": ("nn.Bilinear(4, 3, 2)", ((5, 4), (5, 3))),
        "LayerNorm": ("nn.LayerNorm([3, 6])", ((2, 3, 6),)),
        "LayerNorm_plain": ("nn.LayerNorm(6, elementwise_affine=False)", ((2, 3, 6),)),
        "RMSNorm": ("nn.RMSNorm(6)", ((2, 3, 6),)),
        "GroupNorm": ("nn.GroupNorm(2, 6)", ((2, 6, 4),)),
        "LocalResponseNorm": ("nn.LocalResponseNorm(2)", ((2, 6, 4, 4),)),
        "Flatten": ("nn.Flatten()", ((2, 3, 4),)),
        "Unflatten": ("nn.Unflatten(1, (2, 3))", ((2, 6),)),
        "Fold": ("nn.Fold((4, 5), (2, 2))", ((2, 12, 12),)),
        "Unfold": ("nn.Unfold((2, 3), padding=1)", ((2, 3, 4, 5),)),
        "PixelShuffle": ("nn.PixelShuffle(2)", ((2, 8, 3, 3),)),
        "PixelUnshuffle": ("nn.PixelUnshuffle(2)", ((2, 2, 4, 6),)),
        "ChannelShuffle": ("nn.ChannelShuffle(2)", ((2, 6, 3, 3),)),
        "Upsample": ("nn.Upsample(scale_factor=2.0, mode='nearest')", ((2, 3, 4, 5),)),
        "Upsample_bilinear": ("nn.Upsample(size=(7, 9), mode='bilinear', align_corners=True)", ((2, 3, 4, 5),)),
        "Upsample_bicubic": ("nn.Upsample(scale_factor=1.5, mode='bicubic')", ((2, 3, 4, 5),)),
        "UpsamplingNearest2d": ("nn.UpsamplingNearest2d(scale_factor=2)", ((2, 3, 4, 5),)),
        "UpsamplingBilinear2d": ("nn.UpsamplingBilinear2d(scale_factor=2)", ((2, 3, 4, 5),)),
        "Embedding": ("nn.Embedding(7, 4, padding_idx=1)", (("i", (2, 3), 7),)),
        "Embedding_max_norm": ("nn.Embedding(7, 4, max_norm=1.0)", (("i", (2, 3), 7),)),
        "EmbeddingBag": ("nn.EmbeddingBag(7, 4)", (("i", (2, 3), 7),)),
        "EmbeddingBag_sum": ("nn.EmbeddingBag(7, 4, mode='sum')", (("i", (2, 3), 7),)),
        "EmbeddingBag_max": ("nn.EmbeddingBag(7, 4, mode='max')", (("i", (2, 3), 7),)),
        "RNN": ("nn.RNN(4, 3, num_layers=2)", sequence),
        "RNN_relu": ("nn.RNN(4, 3, nonlinearity='relu', bidirectional=True)", sequence),
        "GRU": ("nn.GRU(4, 3, batch_first=True)", sequence),
        "GRU_two": ("nn.GRU(4, 3, num_layers=2, bidirectional=True)", sequence),
        "LSTM": ("nn.LSTM(4, 3)", sequence),
        "LSTM_proj": ("nn.LSTM(4, 5, proj_size=3, num_layers=2)", sequence),
        "LSTM_two": ("nn.LSTM(4, 3, num_layers=2, bidirectional=True, bias=False, batch_first=True)", sequence),
        "RNNCell": ("nn.RNNCell(4, 3)", ((2, 4),)),
        "GRUCell": ("nn.GRUCell(4, 3)", ((2, 4),)),
        "LSTMCell": ("nn.LSTMCell(4, 3)", ((2, 4),)),
        "MultiheadAttention": ("nn.MultiheadAttention(4, 2)", (*sequence, *sequence, *sequence)),
        "MultiheadAttention_batch": ("nn.MultiheadAttention(4, 2, batch_first=True, bias=False)", ((2, 5, 4),) * 3),
        "MultiheadAttention_kv": ("nn.MultiheadAttention(4, 2, kdim=3, vdim=6)", ((5, 2, 4), (7, 2, 3), (7, 2, 6))),
        "TransformerEncoderLayer": ("nn.TransformerEncoderLayer(4, 2, 8)", sequence),
        "TransformerEncoderLayer_gelu": (
            "nn.TransformerEncoderLayer(4, 2, 8, activation='gelu', norm_first=True, batch_first=True)", sequence,
        ),
        "TransformerEncoder": ("nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8), 2)", sequence),
        "TransformerDecoderLayer": ("nn.TransformerDecoderLayer(4, 2, 8)", ((5, 2, 4), (3, 2, 4))),
        "TransformerDecoder": ("nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 8), 2)", ((5, 2, 4), (3, 2, 4))),
        "Transformer": ("nn.Transformer(4, 2, 1, 1, 8)", ((5, 2, 4), (3, 2, 4))),
        "Sequential": ("nn.Sequential(nn.Linear(6, 4), nn.Sequential(nn.Tanh(), nn.Linear(4, 2)))", ((2, 6),)),
    }  # fmt: skip


LAYERS: Layers = {
    **_others(),
    **_activations(),
    **_losses(),
    **_pooling(),
    **_unpooling(),
    **_convolutions(),
    **_padding(),
}
