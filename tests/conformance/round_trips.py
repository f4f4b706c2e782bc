"""Programs that go through archives, PyTorch's and ours, and what is compared behind them.

    python -m tests.conformance.round_trips

records what PyTorch says about them, where it is installed; with a folder as argument it prints that, and reads the archives
that it finds there too.
"""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tests.conformance.archives import FOLDER, plain
from tests.conformance.cases import HERE, load

FILES = tuple(HERE / "programs" / "archives" / f"{name}.py" for name in ("functions", "classes", "modules", "layers"))
RECORD = FOLDER / "round_trips.json"


class Program(NamedTuple):
    """A function or module, the arguments of a call, and how it is compiled: scripted, traced or frozen."""

    made: Any
    arguments: tuple[Any, ...]
    how: str


def collector(programs: dict[str, Program], torch: Any) -> Callable[..., Any]:
    """The decorator that notes a function or a class of modules with the arguments of a call."""

    def program(*arguments: Any, how: str = "script") -> Callable[[Any], Any]:
        def note(made: Any) -> Any:
            torch.manual_seed(1)
            programs[made.__name__] = Program(made().eval() if isinstance(made, type) else made, arguments, how)
            return made

        return note

    return program


def load_programs(path: Path) -> dict[str, Program]:
    """The programs of a file; ``import torch`` means there what it means now."""
    programs: dict[str, Program] = load(path).PROGRAMS
    return programs


def compiled(torch: Any, program: Program) -> Any:
    """What is saved."""
    if program.how == "trace":
        return torch.jit.trace(program.made, program.arguments, check_trace=False)
    scripted = torch.jit.script(program.made)
    return torch.jit.freeze(scripted) if program.how == "freeze" else scripted


def loaded(torch: Any, content: bytes) -> Any:
    """The module of an archive in memory."""
    return torch.jit.load(io.BytesIO(content))


def content_of(torch: Any, saved: Any, path: Path) -> bytes:
    """The archive that ``save`` writes."""
    saved.save(str(path))
    return path.read_bytes()


def facts(module: Any, program: Program) -> dict[str, Any]:
    """What can be told of a loaded module: its methods and their code, its tensors and attributes, results of two calls."""
    methods = sorted(n for n in module._c._method_names())
    code = {n: getattr(module, n).code for n in methods if not n.startswith("__")}
    tensors = {n: plain(t.detach()) for n, t in module.state_dict().items()}
    trained = [n for n, p in module.named_parameters() if p.requires_grad]
    results = [_result(module, copy.deepcopy(program.arguments)) for _ in range(2)]
    return {"methods": methods, "code": code, "tensors": tensors, "trained": trained, "results": results}


def _result(module: Any, arguments: tuple[Any, ...]) -> Any:
    return _plain(module(*arguments))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, complex):
        return [value.real, value.imag]
    if hasattr(value, "detach"):
        return [str(value.dtype), plain(value.detach())]
    return value


def record(torch: Any, folder: Path) -> dict[str, Any]:
    """What ``torch`` says of its own archives, which stay in ``folder``, and (as ``NAME.given``) of those that it finds there."""
    found = {}
    for file in FILES:
        for name, program in load_programs(file).items():
            given = folder / f"{name}.pt"
            if given.exists():
                found[f"{name}.given"] = facts(loaded(torch, given.read_bytes()), program)
            content = content_of(torch, compiled(torch, program), folder / f"{name}.own.pt")
            found[name] = facts(loaded(torch, content), program)
    return found


def text_of(found: dict[str, Any]) -> str:
    """Facts by program, a line each."""
    return "{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in found.items()) + "\n}\n"


if __name__ == "__main__":
    import sys
    import tempfile

    import torch

    if len(sys.argv) > 1:
        print(text_of(record(torch, Path(sys.argv[1]))))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            RECORD.write_text(text_of(record(torch, Path(temporary))))
