"""One peer with one workload in a process that is told when to run.

    python -m peers.worker PEER WORKLOAD FOLDER THREADS

Lines on stdin: ``go SECONDS CALLS`` (calls until both are reached) or ``quit``.  Lines on stdout, in JSON: ``ready`` with the
seconds from the start of the process to the end of the first call and the greatest difference from PyTorch's answer, ``round``
with the microseconds of the calls, ``bye`` with the peak memory.  The C++ workers beside this file say the same.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from peers.artifacts import tensors, workload

Array = np.ndarray[Any, Any]
Call = Callable[[], Any]
DTYPES = {"f32": np.float32, "i64": np.int64}


def read_list(folder: Path, kind: str) -> list[Array]:
    """The arrays that ``artifacts.write_list`` wrote."""
    arrays = []
    for line in (folder / f"{kind}.txt").read_text().splitlines():
        name, dtype, _, *sizes = line.split()
        arrays.append(np.fromfile(folder / name, dtype=DTYPES[dtype]).reshape([int(s) for s in sizes]))
    return arrays


def pytorch(peer: str, name: str, folder: Path, threads: int) -> tuple[Call, Callable[[Any], Sequence[Array]]]:
    import torch

    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    torch.set_grad_enabled(False)
    inputs = [torch.from_numpy(a) for a in read_list(folder, "inputs")]
    model: Any
    if peer == "pytorch":
        with torch.device("meta"):
            model = workload(name).build()
        model.load_state_dict(torch.load(folder / "weights.pt", mmap=True), assign=True)
        model.eval()
    else:
        model = torch.jit.optimize_for_inference(torch.jit.load(str(folder / "scripted.pt")).eval())
    torch.inference_mode().__enter__()
    return lambda: model(*inputs), lambda out: [t.numpy() for t in tensors(out)]


def onnxruntime(folder: Path, threads: int) -> tuple[Call, Callable[[Any], Sequence[Array]]]:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = ort.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    for place, array in zip(session.get_inputs(), read_list(folder, "inputs"), strict=False):
        binding.bind_ortvalue_input(place.name, ort.OrtValue.ortvalue_from_numpy(array))
    for place in session.get_outputs():
        if all(isinstance(size, int) for size in place.shape) and place.type == "tensor(float)":
            value = ort.OrtValue.ortvalue_from_shape_and_type(place.shape, np.float32)
            binding.bind_ortvalue_output(place.name, value)
        else:
            binding.bind_output(place.name)
    run = ort.RunOptions()
    return lambda: session.run_with_iobinding(binding, run), lambda _: binding.copy_outputs_to_cpu()


def ncnn(folder: Path, threads: int) -> tuple[Call, Callable[[Any], Sequence[Array]]]:
    import ncnn as library

    text = (folder / "nc_ncnn.py").read_text()  # says which dimensions of the inputs are batches
    of_input = [
        int(v) for v in re.findall(r'ex\.input\("in\d+", ncnn\.Mat\(in\d+\.numpy\(\), batch_index=(\d+)\)', text)
    ]
    of_output = [int(v) for v in re.findall(r"out\d+\.numpy\(batch_index=(\d+)\)", text)]
    count = len(re.findall(r'ex\.extract\("out\d+"\)', text))
    net = library.Net()
    net.opt.num_threads = threads
    net.opt.use_vulkan_compute = False
    for half in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_storage", "use_bf16_packed"):
        if hasattr(net.opt, half):
            setattr(net.opt, half, False)
    if net.load_param(str(folder / "nc.ncnn.param")) or net.load_model(str(folder / "nc.ncnn.bin")):
        raise RuntimeError("ncnn cannot load the converted model")
    inputs = []
    for position, array in enumerate(read_list(folder, "inputs")):
        given = array.astype(np.int32) if array.dtype == np.int64 else array
        inputs.append(library.Mat(given, batch_index=dict(enumerate(of_input)).get(position, 0)).clone())

    def call() -> list[Any]:
        extractor = net.create_extractor()
        for position, value in enumerate(inputs):
            extractor.input(f"in{position}", value)
        found = [extractor.extract(f"out{position}") for position in range(count)]
        if any(code for code, _ in found):
            raise RuntimeError("ncnn cannot run the converted model")
        return [value for _, value in found]

    return call, lambda out: [
        np.array(v.numpy(batch_index=dict(enumerate(of_output)).get(i, 0))) for i, v in enumerate(out)
    ]


def differences(found: Sequence[Array], expected: Sequence[Array]) -> tuple[float, float]:
    """The greatest absolute difference and the greatest absolute value expected."""
    worst = scale = 0.0
    for a, b in zip(found, expected, strict=False):
        if a.size != b.size:
            return float("inf"), scale
        worst = max(worst, float(np.abs(a.astype(np.float64).ravel() - b.astype(np.float64).ravel()).max(initial=0)))
        scale = max(scale, float(np.abs(b.astype(np.float64)).max(initial=0)))
    return worst, scale


def say(**values: Any) -> None:
    print(json.dumps(values), flush=True)


def serve(call: Call) -> None:
    """Calls when told to, until told to quit."""
    clock = time.perf_counter
    for line in sys.stdin:
        word, *numbers = line.split()
        if word == "quit":
            break
        seconds, least = float(numbers[0]), int(numbers[1])
        times: list[float] = []
        begin = clock()
        while (len(times) < least or clock() - begin < seconds) and not (
            len(times) >= 3 and clock() - begin > 6 * seconds
        ):
            start = clock()
            call()
            times.append(clock() - start)
        times.sort()
        say(event="round", calls=len(times), fastest=times[0] * 1e6, median=times[len(times) // 2] * 1e6)


def main() -> None:
    peer, name, folder, threads = sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
    begin = float(os.environ.get("BENCHMARK_START", time.time()))
    if peer in ("pytorch", "torchscript"):
        call, arrays = pytorch(peer, name, folder, threads)
    elif peer == "onnxruntime":
        call, arrays = onnxruntime(folder, threads)
    else:
        call, arrays = ncnn(folder, threads)
    first = call()
    seconds = time.time() - begin
    error, scale = differences(arrays(first), read_list(folder, "expected"))
    for _ in range(3):
        call()
    say(event="ready", first=round(seconds, 4), error=error, scale=scale)
    serve(call)
    say(event="bye", peak_kb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    os._exit(0)


if __name__ == "__main__":
    main()
