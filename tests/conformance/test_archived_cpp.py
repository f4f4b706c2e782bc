"""The C++ of an archive that PyTorch saved is that of the source."""

from __future__ import annotations

import io

import pytest

from tests.build_tree import ROOT
from tests.bundled import load_bundled, pytorch
from tests.jit.test_archived_cpp import cpp
from transpile import torch as bundled
from transpile.cli.model_file import load_model
from transpile.jit.unit import forget_default_unit

MODELS = (
    "examples/graph_network.py", "examples/greedy_decode.py", "examples/gru_loop.py", "examples/guitar_amp.py",
    "examples/kalman_filter.py", "examples/keyword_spotting.py", "examples/lstm_tagger.py", "examples/ocr_ctc.py",
    "examples/robot_policy.py", "examples/text_generation.py", "examples/unet.py", "golden/stateful_module/model.py",
)  # fmt: skip
pytestmark = [pytest.mark.reference, pytest.mark.filterwarnings("ignore")]


@pytest.mark.parametrize("path", MODELS)
def test_pytorchs_archive(path: str) -> None:
    torch = pytorch()
    wanted = cpp(load_bundled(ROOT / path).entry.eval())
    content = io.BytesIO()
    torch.jit.save(torch.jit.script(load_model(ROOT / path, "model", "pytorch").entry.eval()), content)
    forget_default_unit()
    assert cpp(bundled.jit.load(io.BytesIO(content.getvalue()))) == wanted
