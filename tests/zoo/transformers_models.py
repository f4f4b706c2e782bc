"""transformers: small configurations of many architectures.  None of them is meant to be scripted: they are traced."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.zoo.entry import Entry

_TEXT = {
    "vocab_size": 99,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
_GROUPED = _TEXT | {"num_key_value_heads": 2}
_VISION = {
    "image_size": 32,
    "patch_size": 8,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
}
_SPEECH = {
    "vocab_size": 32,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "conv_dim": (16, 16, 16),
    "conv_stride": (5, 2, 2),
    "conv_kernel": (10, 3, 2),
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
}
_PAIR = {
    "vocab_size": 99,
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 2,
}


# What the arguments are called that a model takes.
_NAMES = {
    "_words": ("input_ids", "attention_mask"),
    "_pair": ("input_ids", "attention_mask", "decoder_input_ids"),
    "_image": ("pixel_values",),
    "_wave": ("input_values",),
    "_whisper": ("input_features", "decoder_input_ids"),
    "_clip": ("input_ids", "pixel_values", "attention_mask"),
    "_layout": ("input_ids", "bbox"),
}


def _make(kind: str, name: str, options: dict[str, Any], inputs: Any) -> Any:
    import transformers

    from tests.zoo.keywords import Keywords

    config = transformers.AutoConfig.for_model(kind, **options)
    if hasattr(config, "use_cache"):
        config.use_cache = False
    names = _NAMES[getattr(inputs, "func", inputs).__name__]
    return Keywords(getattr(transformers, name).from_config(config), names[: len(inputs())])


def _words(masked: bool = True, length: int = 9) -> tuple[Any, ...]:
    import torch

    words = torch.randint(3, 99, (2, length))
    mask = torch.ones(2, length, dtype=torch.int64)
    mask[1, length - 3 :] = 0
    return (words, mask) if masked else (words,)


def _pair() -> tuple[Any, ...]:
    import torch

    words, mask = _words()
    return words, mask, torch.randint(3, 99, (2, 6))


def _image(size: int = 32) -> tuple[Any, ...]:
    import torch

    return (torch.randn(2, 3, size, size),)


def _wave() -> tuple[Any, ...]:
    import torch

    return (torch.randn(2, 800),)


def _whisper() -> tuple[Any, ...]:
    import torch

    return torch.randn(1, 16, 60), torch.randint(3, 99, (1, 5))


def _clip() -> tuple[Any, ...]:
    import torch

    words, mask = _words()
    return words, torch.randn(2, 3, 32, 32), mask


def _layout() -> tuple[Any, ...]:
    import torch

    corner = torch.randint(0, 20, (2, 9, 2))
    return _words()[0], torch.cat([corner, corner + torch.randint(1, 20, (2, 9, 2))], -1)


_CONVOLUTIONAL = {"hidden_sizes": [16, 24, 32, 40], "depths": [1, 1, 2, 1], "num_channels": 3}
_SSM = _TEXT | {"state_size": 8, "conv_kernel": 4, "expand": 2}

# Architecture, how it is loaded, its configuration, its inputs.
_MODELS: list[tuple[str, str, dict[str, Any], Callable[[], tuple[Any, ...]]]] = [
    *(
        (kind, "AutoModel", _TEXT, _words)
        for kind in (
            "bert",
            "roberta",
            "camembert",
            "xlm-roberta",
            "electra",
            "ernie",
            "data2vec-text",
            "megatron-bert",
            "mpnet",
            "roformer",
            "nystromformer",
            "rembert",
            "roberta-prelayernorm",
            "convbert",
            "splinter",
        )
    ),
    ("albert", "AutoModel", _TEXT | {"embedding_size": 16}, _words),
    ("distilbert", "AutoModel", {"vocab_size": 99, "dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64}, _words),
    ("squeezebert", "AutoModel", _TEXT | {"embedding_size": 32}, _words),
    ("mobilebert", "AutoModel", _TEXT | {"embedding_size": 16, "intra_bottleneck_size": 16}, _words),
    ("deberta", "AutoModel", _TEXT | {"relative_attention": True, "pos_att_type": ["c2p", "p2c"]}, _words),
    ("deberta-v2", "AutoModel", _TEXT | {"relative_attention": True, "pos_att_type": ["c2p", "p2c"]}, _words),
    ("fnet", "AutoModel", _TEXT, partial(_words, False)),
    ("esm", "AutoModel", _TEXT | {"mask_token_id": 3}, _words),
    ("modernbert", "AutoModel", _TEXT | {"local_attention": 8, "cls_token_id": 1, "sep_token_id": 2}, _words),
    ("layoutlm", "AutoModel", _TEXT, _layout),
    ("xlnet", "AutoModel", {"vocab_size": 99, "d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 64}, _words),
    ("xlm", "AutoModel", {"vocab_size": 99, "emb_dim": 32, "n_layers": 2, "n_heads": 4}, _words),
    (
        "gpt2",
        "AutoModelForCausalLM",
        {"vocab_size": 99, "n_embd": 32, "n_layer": 2, "n_head": 4},
        partial(_words, False),
    ),
    (
        "gpt_neo",
        "AutoModelForCausalLM",
        {
            "vocab_size": 99,
            "hidden_size": 32,
            "num_layers": 2,
            "num_heads": 4,
            "attention_types": [[["global", "local"], 1]],
        },
        partial(_words, False),
    ),
    (
        "gptj",
        "AutoModelForCausalLM",
        {"vocab_size": 99, "n_embd": 32, "n_layer": 2, "n_head": 4, "rotary_dim": 4},
        partial(_words, False),
    ),
    ("opt", "AutoModelForCausalLM", _TEXT | {"ffn_dim": 64, "word_embed_proj_dim": 32}, _words),
    ("bloom", "AutoModelForCausalLM", {"vocab_size": 99, "hidden_size": 32, "n_layer": 2, "n_head": 4}, _words),
    (
        "mpt",
        "AutoModelForCausalLM",
        {"vocab_size": 99, "d_model": 32, "n_layers": 2, "n_heads": 4, "max_seq_len": 32},
        _words,
    ),
    *(
        (kind, "AutoModelForCausalLM", _GROUPED, _words)
        for kind in (
            "llama",
            "mistral",
            "qwen2",
            "qwen3",
            "gemma",
            "gemma2",
            "phi",
            "phi3",
            "stablelm",
            "olmo2",
            "granite",
            "starcoder2",
        )
    ),
    ("gpt_neox", "AutoModelForCausalLM", _TEXT, _words),
    ("falcon", "AutoModelForCausalLM", _TEXT, _words),
    ("mixtral", "AutoModelForCausalLM", _GROUPED | {"num_local_experts": 4}, _words),
    ("mamba", "AutoModelForCausalLM", _SSM, partial(_words, False)),
    ("bart", "AutoModel", _PAIR, _pair),
    ("mbart", "AutoModel", _PAIR, _pair),
    ("pegasus", "AutoModel", _PAIR, _pair),
    ("marian", "AutoModel", _PAIR, _pair),
    ("blenderbot-small", "AutoModel", _PAIR, _pair),
    ("m2m_100", "AutoModel", _PAIR, _pair),
    (
        "t5",
        "AutoModel",
        {"vocab_size": 99, "d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4},
        _pair,
    ),
    ("vit", "AutoModel", _VISION, _image),
    ("deit", "AutoModel", _VISION, _image),
    ("beit", "AutoModel", _VISION | {"use_relative_position_bias": True}, _image),
    ("dinov2", "AutoModel", _VISION, _image),
    ("yolos", "AutoModel", _VISION | {"image_size": [32, 32], "num_detection_tokens": 4}, _image),
    (
        "swin",
        "AutoModel",
        {"image_size": 32, "patch_size": 4, "embed_dim": 16, "depths": [1, 2], "num_heads": [2, 4], "window_size": 4},
        _image,
    ),
    ("convnext", "AutoModel", _CONVOLUTIONAL, _image),
    ("convnextv2", "AutoModel", _CONVOLUTIONAL, _image),
    ("resnet", "AutoModel", _CONVOLUTIONAL | {"embedding_size": 16}, _image),
    ("regnet", "AutoModel", _CONVOLUTIONAL | {"embedding_size": 16, "groups_width": 8}, _image),
    ("poolformer", "AutoModel", _CONVOLUTIONAL, partial(_image, 64)),
    (
        "segformer",
        "AutoModelForSemanticSegmentation",
        {"hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 1, 1], "decoder_hidden_size": 16},
        partial(_image, 64),
    ),
    ("mobilenet_v2", "AutoModel", {"depth_multiplier": 0.35, "image_size": 64}, partial(_image, 64)),
    (
        "mobilevit",
        "AutoModel",
        {"image_size": 64, "hidden_sizes": [16, 24, 32], "neck_hidden_sizes": [8, 8, 16, 24, 32, 40, 48]},
        partial(_image, 64),
    ),
    (
        "clip",
        "AutoModel",
        {
            "text_config": _TEXT | {"projection_dim": 16},
            "vision_config": _VISION | {"projection_dim": 16},
            "projection_dim": 16,
        },
        _clip,
    ),
    ("wav2vec2", "AutoModelForCTC", _SPEECH, _wave),
    ("hubert", "AutoModel", _SPEECH, _wave),
    ("wavlm", "AutoModel", _SPEECH, _wave),
    (
        "whisper",
        "AutoModel",
        _PAIR | {"num_mel_bins": 16, "max_source_positions": 30, "max_target_positions": 20},
        _whisper,
    ),
]


def entries() -> list[Entry]:
    return [
        Entry("transformers", kind.replace("-", "_"), partial(_make, kind, name, options, inputs), inputs, script=False)
        for kind, name, options, inputs in _MODELS
    ]
