"""Times a model file under another way to run it; run as a process of its own by ``ts2cpp bench``."""

from __future__ import annotations

import io
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from transpile.cli.model_file import load_model
from transpile.pytorch.ownership import load

PEERS = ("pytorch", "onnxruntime")


def main() -> None:
    """``time_peer PEER MODEL THREADS REPEAT WARMUP``: prints ``median_us=... min_us=... repeat=...``."""
    peer, path, threads, repeat, warmup = sys.argv[1:6]
    loaded = load_model(Path(path), "model", "pytorch")
    torch = load()
    torch.set_num_threads(int(threads))
    inputs = loaded.inputs.get("forward") if isinstance(loaded.inputs, dict) else loaded.inputs
    arguments = tuple(inputs or ())
    call = _onnxruntime(torch, loaded.entry, arguments, int(threads)) if peer == "onnxruntime" else None
    times = []
    with torch.inference_mode():
        for turn in range(int(warmup) + int(repeat)):
            begin = time.perf_counter()
            if call is None:
                loaded.entry(*arguments)
            else:
                call()
            if turn >= int(warmup):
                times.append(1e6 * (time.perf_counter() - begin))
    print(f"median_us={statistics.median(times):.3f} min_us={min(times):.3f} repeat={repeat}")


def _onnxruntime(torch: Any, model: Any, inputs: Sequence[Any], threads: int) -> Callable[[], Any]:
    """A call of the model as PyTorch writes it in ONNX; inputs and outputs stay where ONNX Runtime wants them."""
    try:
        import onnxruntime as runtime
    except ImportError:
        sys.exit("onnxruntime is not installed: `pip install onnxruntime onnx onnxscript`")
    file = io.BytesIO()
    scripted = model if isinstance(model, torch.nn.Module) else torch.jit.script(model)
    torch.onnx.export(scripted, inputs, file, dynamo=False, opset_version=17)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = runtime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    for place, tensor in zip(session.get_inputs(), inputs, strict=True):
        binding.bind_ortvalue_input(place.name, runtime.OrtValue.ortvalue_from_numpy(tensor.numpy()))
    for place in session.get_outputs():
        binding.bind_output(place.name)
    return lambda: session.run_with_iobinding(binding)


if __name__ == "__main__":
    main()
