"""What every peer reads, made from a workload once and kept in a folder.

    python -m peers.artifacts WORKLOAD KIND FOLDER      one artifact, in a process of its own

``base`` is the workload itself: inputs and PyTorch's answers as ``.npy`` files with a list, and TorchScript, plain and frozen.
The others are conversions of it: ``onnx`` (ONNX Runtime), ``openvino``, ``ncnn``.  A file KIND.json says whether it worked.
"""

from __future__ import annotations

import importlib
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

NEEDS = {
    "pytorch": "base",
    "torchscript": "base",
    "libtorch": "base",
    "onnxruntime": "onnx",
    "openvino": "openvino",
    "ncnn": "ncnn",
}
SECONDS = 600  # that a conversion may take


def workload(name: str) -> ModuleType:
    """The module of a workload."""
    return importlib.import_module(f"workloads.{name}")


def tensors(value: Any) -> Iterator[Any]:
    """The tensors in nested tuples and lists, in order."""
    if isinstance(value, (tuple, list)):
        for item in value:
            yield from tensors(item)
    else:
        yield value


def write_list(folder: Path, kind: str, values: Any) -> None:
    """``KIND.txt`` and a raw file a tensor: a line says `file dtype rank sizes…`."""
    lines = []
    for position, tensor in enumerate(tensors(values)):
        array = tensor.contiguous().numpy()
        name = f"{kind}_{position}.bin"
        array.tofile(folder / name)
        dtype = {"float32": "f32", "int64": "i64"}[str(array.dtype)]
        lines.append(" ".join([name, dtype, str(array.ndim), *map(str, array.shape)]))
    (folder / f"{kind}.txt").write_text("\n".join(lines) + "\n")


def base(module: ModuleType, folder: Path) -> None:
    import numpy as np
    import torch

    model, inputs = module.build(), module.example_inputs()
    with torch.inference_mode():
        expected = model(*inputs)
    write_list(folder, "inputs", inputs)
    write_list(folder, "expected", expected)
    np.savez(folder / "inputs.npz", *[t.numpy() for t in tensors(inputs)])
    torch.save(model.state_dict(), folder / "weights.pt")
    scripted = torch.jit.script(model)
    scripted.save(str(folder / "scripted.pt"))
    torch.jit.freeze(torch.jit.load(str(folder / "scripted.pt")).eval()).save(str(folder / "frozen.pt"))
    if not getattr(module, "CONTROL_FLOW", False):
        with torch.no_grad():
            torch.jit.trace(model, inputs, check_trace=False).save(str(folder / "traced.pt"))


def onnx(module: ModuleType, folder: Path) -> None:
    import torch

    model, inputs, out = module.build(), module.example_inputs(), str(folder / "model.onnx")
    if getattr(module, "CONTROL_FLOW", False):
        torch.onnx.export(torch.jit.script(model), inputs, out, dynamo=False, opset_version=17)
    else:
        torch.onnx.export(model, inputs, out, dynamo=True, verbose=False, external_data=False)


def openvino(module: ModuleType, folder: Path) -> None:
    import openvino as ov
    import torch

    inputs = module.example_inputs()
    form = "scripted" if getattr(module, "CONTROL_FLOW", False) else "traced"
    source = torch.jit.load(str(folder / f"{form}.pt"))
    converted = ov.convert_model(source, example_input=inputs, input=[tuple(t.shape) for t in inputs])
    ov.save_model(converted, str(folder / "openvino.xml"), compress_to_fp16=False)


def ncnn(module: ModuleType, folder: Path) -> None:
    if getattr(module, "CONTROL_FLOW", False):
        raise RuntimeError("pnnx takes traced graphs: control flow that depends on data is lost")
    shapes = ",".join(
        "[" + ",".join(map(str, t.shape)) + "]" + ("i64" if "int64" in str(t.dtype) else "")
        for t in module.example_inputs()
    )
    shutil.copy(folder / "traced.pt", folder / "nc.pt")
    done = subprocess.run(
        ["pnnx", "nc.pt", f"inputshape={shapes}", "fp16=0"], cwd=folder, capture_output=True, text=True, check=False
    )
    parameters = folder / "nc.ncnn.param"
    if done.returncode or not parameters.exists():
        raise RuntimeError("pnnx: " + (done.stdout + done.stderr)[-300:])
    kinds = {line.split()[0] for line in parameters.read_text().splitlines()[2:]}
    unknown = sorted(kind for kind in kinds if "." in kind or kind.startswith("pnnx"))
    if unknown:
        raise RuntimeError(f"ncnn has no {', '.join(unknown)}")


MAKERS = {"base": base, "onnx": onnx, "openvino": openvino, "ncnn": ncnn}


def make(name: str, kind: str, folder: Path) -> None:
    """Make one artifact and write down whether it worked."""
    begin = time.time()
    status: dict[str, Any] = {"ok": True}
    try:
        MAKERS[kind](workload(name), folder)
    except Exception as error:  # whatever a converter raises is its answer
        text = re.sub(r"(/[\w.+-]+){2,}/", "", f"{type(error).__name__}: {error}".strip())
        status = {"ok": False, "error": text[:500]}
    (folder / f"{kind}.json").write_text(json.dumps({**status, "seconds": round(time.time() - begin, 1)}))


def ready(name: str, kind: str, folder: Path) -> str | None:
    """Make an artifact unless it is there; ``None`` if it is good, else why not."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{kind}.json"
    if not file.exists():
        command = [sys.executable, "-m", "peers.artifacts", name, kind, str(folder)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
            failure = f"exit {done.returncode}: {done.stderr[-300:]}"
        except subprocess.TimeoutExpired:
            failure = f"not done in {SECONDS} s"
        if not file.exists():
            file.write_text(json.dumps({"ok": False, "error": failure}))
    status = json.loads(file.read_text())
    return None if status["ok"] else str(status["error"])


if __name__ == "__main__":
    make(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
