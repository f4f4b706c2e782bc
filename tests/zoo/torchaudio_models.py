"""torchaudio: models and transforms.  All of them are scripted."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

from tests.zoo.entry import Entry


def _get(path: str, name: str, *arguments: Any, **options: Any) -> Any:
    return getattr(import_module(f"torchaudio.{path}"), name)(*arguments, **options)


def _normal(*shapes: tuple[int, ...]) -> tuple[Any, ...]:
    import torch

    return tuple(torch.randn(*shape) * 0.5 for shape in shapes)


def _lengths(*shape: int) -> tuple[Any, ...]:
    import torch

    return torch.randn(*shape), torch.tensor([shape[1], shape[1] - 4])


def _tacotron_inputs() -> tuple[Any, ...]:
    import torch

    return torch.randint(0, 20, (2, 9)), torch.tensor([9, 7]), torch.randn(2, 8, 6), torch.tensor([6, 5])


def _tacotron() -> Any:
    return _get(
        "models", "Tacotron2",
        n_mels=8, n_symbol=20, symbol_embedding_dim=16, encoder_embedding_dim=16, decoder_rnn_dim=24, prenet_dim=12,
        attention_rnn_dim=24, attention_hidden_dim=12, postnet_embedding_dim=16, decoder_max_step=8,
    )  # fmt: skip


def _emformer_inputs() -> tuple[Any, ...]:
    import torch

    return torch.randn(2, 20, 16), torch.tensor([16, 12])


def _transducer() -> Any:
    return _get(
        "models.rnnt", "emformer_rnnt_model",
        input_dim=8, encoding_dim=16, num_symbols=20, segment_length=8, right_context_length=4, time_reduction_input_dim=8,
        time_reduction_stride=2, transformer_num_heads=2, transformer_ffn_dim=32, transformer_num_layers=2,
        transformer_dropout=0.1, transformer_activation="gelu", transformer_left_context_length=4,
        transformer_max_memory_size=0, transformer_weight_init_scale_strategy="depthwise", transformer_tanh_on_mem=False,
        symbol_embedding_dim=12, num_lstm_layers=2, lstm_layer_norm=True, lstm_layer_norm_epsilon=1e-3, lstm_dropout=0.1,
    )  # fmt: skip


def _transducer_inputs() -> tuple[Any, ...]:
    import torch

    return (
        torch.randn(2, 20, 8), torch.tensor([16, 12], dtype=torch.int32),
        torch.randint(0, 20, (2, 5)), torch.tensor([5, 4], dtype=torch.int32), None,
    )  # fmt: skip


def _wav2vec2() -> Any:
    return _get(
        "models", "wav2vec2_model",
        extractor_mode="group_norm", extractor_conv_layer_config=[(16, 10, 5), (16, 3, 2), (16, 2, 2)],
        extractor_conv_bias=False, encoder_embed_dim=32, encoder_projection_dropout=0.1, encoder_pos_conv_kernel=16,
        encoder_pos_conv_groups=2, encoder_num_layers=2, encoder_num_heads=4, encoder_attention_dropout=0.1,
        encoder_ff_interm_features=64, encoder_ff_interm_dropout=0.1, encoder_dropout=0.1, encoder_layer_norm_first=False,
        encoder_layer_drop=0.0, aux_num_out=12,
    )  # fmt: skip


def _wave_lengths() -> tuple[Any, ...]:
    import torch

    return torch.randn(2, 800), torch.tensor([800, 600])


def _integers() -> tuple[Any, ...]:
    import torch

    return (torch.randint(0, 256, (2, 50)),)


def _spectrum_lengths() -> tuple[Any, ...]:
    import torch

    return (torch.randn(2, 65, 12, dtype=torch.complex64),)


def entries() -> list[Entry]:
    result = []

    def add(name: str, make: Any, inputs: Any, **options: Any) -> None:
        result.append(Entry("torchaudio", name, make, inputs, **options))

    models, transforms = partial(partial, _get, "models"), partial(partial, _get, "transforms")
    wave = partial(_normal, (2, 1600))
    add("wav2letter", models("Wav2Letter", 12, "waveform", 1), partial(_normal, (1, 1, 3200)))
    add("conv_tasnet", models("ConvTasNet", 2, 16, 32, 3, 16, 32, 3, 2), partial(_normal, (1, 1, 800)))
    add("deepspeech", models("DeepSpeech", 16, 32, 12), partial(_normal, (2, 1, 20, 16)))
    add("conformer", models("Conformer", 16, 4, 32, 2, 7), partial(_lengths, 2, 20, 16))
    add("emformer", models("Emformer", 16, 4, 32, 2, 4, right_context_length=4), _emformer_inputs)
    add("tacotron2", _tacotron, _tacotron_inputs)
    wavernn = models("WaveRNN", [2, 3, 4], 16, 24, 2, 32, 32, 5, 16, 16, 16)
    add("wavernn", wavernn, partial(_normal, (2, 1, 24 * 6), (2, 1, 16, 10)))
    add("wav2vec2", _wav2vec2, _wave_lengths)
    add("rnnt_emformer", _transducer, _transducer_inputs)
    add("hdemucs", models("HDemucs", ["a", "b"], channels=8), partial(_normal, (1, 2, 22050)))
    add("squim", models("squim_objective_model", 16, 64, 16, 2, 16, 2, "LSTM", 15), partial(_normal, (1, 1600)))
    add("spectrogram", transforms("Spectrogram", 128), wave)
    add("mel_spectrogram", transforms("MelSpectrogram", 16000, 256, n_mels=16), wave)
    add("mfcc", transforms("MFCC", 16000, 13, melkwargs={"n_fft": 256, "n_mels": 20}), wave)
    add("lfcc", transforms("LFCC", 16000, n_lfcc=13, speckwargs={"n_fft": 256}), wave)
    add("inverse_spectrogram", transforms("InverseSpectrogram", 128), _spectrum_lengths)
    add("griffin_lim", transforms("GriffinLim", 128, 4, rand_init=False), partial(_positive, 2, 65, 12))
    add("resample", transforms("Resample", 16000, 11025), wave)
    add("amplitude_to_db", transforms("AmplitudeToDB", "power", 80.0), partial(_positive, 2, 20, 12))
    add("compute_deltas", transforms("ComputeDeltas"), partial(_normal, (2, 20, 12)))
    add("spectral_centroid", transforms("SpectralCentroid", 16000, 256), wave)
    add("sliding_window_cmn", transforms("SlidingWindowCmn", 30), partial(_normal, (2, 40, 12)))
    add("mu_law_encoding", transforms("MuLawEncoding"), wave)
    add("mu_law_decoding", transforms("MuLawDecoding"), _integers)
    add("fade", transforms("Fade", 200, 300, "logarithmic"), wave)
    add("loudness", transforms("Loudness", 16000), partial(_normal, (8, 2, 16000)))
    add("time_stretch", transforms("TimeStretch", 64, 65, 1.3), _spectrum_lengths)
    add("fft_convolve", transforms("FFTConvolve", "full"), partial(_normal, (2, 90), (2, 21)))
    add("vad", transforms("Vad", 16000), partial(_normal, (2, 16000)))
    return result


def _positive(*shape: int) -> tuple[Any, ...]:
    import torch

    return (torch.rand(*shape) + 0.01,)
