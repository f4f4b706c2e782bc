"""What torchvision's own operators answer to the samples of ours.

    python -m tests.ops.torchvision_records

records it anew, where PyTorch and torchvision are installed.  An operator that crashes or hangs is noted as that; where ours
refuses what torchvision would read outside of its tensors, torchvision is not asked.
"""

from __future__ import annotations

import base64
import json
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np

from tests.ops.agreement import ERRORS, complete
from tests.ops.samples import Sample, load
from transpile.ops import registry

RECORDED = Path(__file__).parent.parent / "data" / "torchvision.json"
NAMES = sorted(name for name in registry.names() if name.startswith("torchvision::"))
# How our own refusals begin, or what they contain.
REFUSALS = ("region ", "more than ", "expected a 4-D input", "DefaultCPUAllocator", "have shape as Tensor[K, 5]")
SECONDS = 20


def samples_of(name: str) -> list[Sample]:
    """The samples of an operator of torchvision."""
    return list(load()[name]())


def ours(name: str, sample: Sample) -> Any:
    """What our kernel answers: a list of arrays, or an exception."""
    operator = registry.get(name)
    try:
        found = operator(*complete(operator, sample))
    except ERRORS as error:
        return error
    return list(found) if isinstance(found, tuple) else [found]


def is_refusal(answer: Any) -> bool:
    """Whether we say no where torchvision does not look."""
    return isinstance(answer, Exception) and any(text in str(answer) for text in REFUSALS)


def packed(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return {"dtype": str(array.dtype), "shape": list(array.shape), "data": data}


def unpacked(record: dict[str, Any]) -> np.ndarray[Any, Any]:
    """The array of a record."""
    return np.frombuffer(base64.b64decode(record["data"]), record["dtype"]).reshape(record["shape"])


def _theirs(name: str, sample: Sample) -> dict[str, Any]:
    import torch

    def given(value: Any) -> Any:
        if not isinstance(value, np.ndarray):
            return value
        if value.dtype.name == "bfloat16":
            return torch.tensor(value.astype(np.float32)).to(torch.bfloat16)
        return torch.tensor(np.array(value))

    function = getattr(torch.ops.torchvision, name.partition("::")[2])
    try:
        found = function(*(given(value) for value in sample.args))
    except Exception as error:
        return {"error": [type(error).__name__, str(error).split("\n")[0]]}
    return {"results": [packed(t.numpy()) for t in (found if isinstance(found, tuple) else (found,))]}


def _asked(name: str, sample: Sample) -> dict[str, Any]:
    """The answer from a process of its own, which may die or hang."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(SECONDS)
        with os.fdopen(writing, "w") as pipe:
            json.dump(_theirs(name, sample), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    if not status:
        return dict(json.loads(text))
    return {"died": "hangs" if os.WTERMSIG(status) == signal.SIGALRM else "crashes"}


def record() -> None:
    """Write what torchvision answers."""
    import torch
    import torchvision

    answers = {}
    for name in NAMES:
        answers[name] = [
            {"refused": True} if is_refusal(ours(name, sample)) else _asked(name, sample) for sample in samples_of(name)
        ]
    versions = {"torch": torch.__version__.partition("+")[0], "torchvision": torchvision.__version__.partition("+")[0]}
    parts = [f'"versions": {json.dumps(versions)}']
    parts += [f'"{name}": [\n' + ",\n".join(map(json.dumps, found)) + "\n]" for name, found in answers.items()]
    RECORDED.write_text("{" + ",\n".join(parts) + "}\n", encoding="utf-8")


if __name__ == "__main__":
    record()
