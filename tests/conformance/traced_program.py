"""Traced programs as data, and what is observed of each under the ``torch`` that ``import torch`` gives.

A file of ``traced/`` names its programs with ``@traced`` (a function or a module class that is traced as it stands) or ``@built``
(a function without parameters that returns a traced or scripted object).
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TRACED_FILES = sorted((HERE / "traced").glob("*.py"))
RECORDED = HERE.parent / "data" / "traces"
Inputs = Callable[[], Any]


@dataclass(frozen=True)
class Program:
    """``build`` traces; the result is called with each of ``inputs``, a dict of them being keyword arguments."""

    name: str
    build: Callable[[], Any]
    inputs: tuple[Inputs, ...]
    caller: str = "build"


@dataclass
class Observed:
    """What a program did.  ``texts`` are graphs and the error's message; outputs are JSON values."""

    error: str = ""
    warnings: list[str] = field(default_factory=list)
    outputs: list[Any] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)


_PROGRAMS: list[Program] = []


def traced(example: Inputs, *others: Inputs, **options: Any) -> Callable[[Any], Any]:
    """Trace what is decorated on ``example``, call the trace with ``example`` and ``others``.

    Options are those of ``torch.jit.trace``; what can be called is called first, so that tensors are made when they are used.
    """

    def register(program: Any) -> Any:
        def build() -> Any:
            torch = importlib.import_module("torch")
            entry = program().eval() if isinstance(program, type) else program
            given = {name: value() if callable(value) else value for name, value in options.items()}
            return torch.jit.trace(entry, example(), **given)

        _PROGRAMS.append(Program(program.__name__, build, (example, *others)))
        return program

    return register


def built(*inputs: Inputs) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """What the decorated function returns is the program's traced object."""

    def register(build: Callable[[], Any]) -> Callable[[], Any]:
        _PROGRAMS.append(Program(build.__name__, build, inputs, build.__name__))
        return build

    return register


def programs(path: Path) -> list[Program]:
    """The programs of a file, which is run."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    _PROGRAMS.clear()
    spec.loader.exec_module(module)
    return list(_PROGRAMS)


def observe(program: Program) -> Observed:
    """Trace and call a program, each with the generator seeded anew."""
    torch = importlib.import_module("torch")
    seen = Observed()
    with warnings.catch_warnings(record=True) as caught:
        # Behind the filters that torch sets up for itself.
        warnings.filterwarnings("always", append=True)
        torch.manual_seed(0)
        try:
            result = program.build()
        except Exception as error:
            seen.error = _kind(error)
            # The frame of what called trace is not part of the traced program.
            seen.texts["message"] = re.sub(
                rf"^.*\): {program.caller}\n", "", comparable(str(error)) + "\n", flags=re.M
            ).rstrip()
    seen.warnings = [_warning(w) for w in caught if not issubclass(w.category, DeprecationWarning)]
    if not seen.error:
        seen.texts.update(_graphs(result))
        seen.outputs = [_called(torch, result, inputs) for inputs in program.inputs]
    return seen


def _called(torch: Any, result: Any, inputs: Inputs) -> Any:
    torch.manual_seed(1)
    arguments = inputs()
    torch.manual_seed(2)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            named = isinstance(arguments, dict)
            return _value(result(**arguments) if named else result(*_arguments(arguments)))
    except Exception as error:
        return {"error": _kind(error)}


def _kind(error: Exception) -> str:
    """The class of an error that users catch; those of ts2cpp's own derive from one of Python's."""
    return next(c.__name__ for c in type(error).__mro__ if not c.__module__.startswith("transpile.core"))


def _arguments(inputs: Any) -> tuple[Any, ...]:
    return inputs if isinstance(inputs, tuple) else tuple(inputs) if isinstance(inputs, list) else (inputs,)


def _value(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return {type(value).__name__: [_value(v) for v in value]}
    if isinstance(value, dict):
        return {"dict": {k: _value(v) for k, v in value.items()}}
    if hasattr(value, "dtype"):
        plain = value.detach()
        if plain.is_complex():
            plain = importlib.import_module("torch").view_as_real(plain)
        flat = plain.reshape(-1).tolist()
        rounded = [float(f"{v:.8g}") if isinstance(v, float) else v for v in flat]
        return {"dtype": str(value.dtype), "shape": list(value.shape), "values": rounded}
    return value


def _warning(caught: warnings.WarningMessage) -> str:
    """Category, line of the program that caused it, and text; what ts2cpp says besides PyTorch's words is left out."""
    file = Path(caught.filename)
    where = f"{file.name}:{caught.lineno}" if file.parent == HERE / "traced" else "library"
    message = re.sub(r"\n  frozen here: .*", "", str(caught.message))
    return f"{caught.category.__name__} {where} {comparable(message)}"


def _graphs(result: Any) -> dict[str, str]:
    if not hasattr(result, "_modules"):
        return {"graph": comparable(str(result.graph))}
    texts = {}
    for path, module in result.named_modules():
        # A list of modules has no code; neither has what was never called.
        for method in [m for m in module._c._method_names() if not m.startswith("__")] if hasattr(module, "_c") else ():
            compiled = module._c._get_method(method)
            texts[f"{path}.{method}".lstrip(".") + " graph"] = comparable(str(compiled.graph))
    for method in result._c._method_names():
        texts[f"{method} inlined graph"] = comparable(str(result._c._get_method(method).inlined_graph))
    return texts


def comparable(text: str) -> str:
    """Values, classes and addresses renumbered, of source lines only those of the program, without folders and ndiff's marks."""
    text = re.sub(r"# (\S*/)([^/\s]+:\d+:\d+)", lambda m: f"# {m[2] if m[1].endswith('/traced/') else 'library'}", text)
    text = re.sub(r"^(\s*)\S*/traced/(\w+\.py\(\d+\))", r"\1\2", text, flags=re.M)
    text = re.sub(r"^\s*(?:\S*/[^/\s]+\.py|<frozen \w+>)\(\d+\): .*\n|^\t+\? .*\n", "", text, flags=re.M)
    text = _renumbered(r"0x[0-9a-f]{6,}", "0x", text)
    classes: dict[str, int] = {}
    text = re.sub(r"__torch__[.\w]+", lambda m: _class_name(m[0], classes), text)
    # The graph of a forked function has names of its own.
    parts = re.split(r"(?=^with prim::)", text, flags=re.M)
    return "".join(_renumbered(r"%[\w.]+", "%", part) for part in parts).rstrip()


def _class_name(name: str, seen: dict[str, int]) -> str:
    """How often a class was mangled depends on what was compiled before: its copies are numbered anew."""
    return re.sub(r"___torch_mangle_\d+\.", "", name) + f"#{seen.setdefault(name, len(seen))}"


def _renumbered(pattern: str, prefix: str, text: str) -> str:
    numbers: dict[str, str] = {}
    return re.sub(pattern, lambda m: numbers.setdefault(m[0], f"{prefix}{len(numbers)}"), text)


def write(path: Path, found: dict[str, Observed]) -> None:
    """Store observations: ``=== program``, then ``--- what`` and its text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for name, seen in found.items():
            file.write(f"=== {name}\n")
            if seen.error:
                file.write(f"--- error\n{seen.error}\n")
            for what, lines in (("warning", seen.warnings), ("output", [json.dumps(o) for o in seen.outputs])):
                for line in lines:
                    file.write(f"--- {what}\n{line}\n")
            for title, text in seen.texts.items():
                file.write(f"--- {title}\n{text}\n")
            file.write("\n")


def read(path: Path) -> dict[str, Observed]:
    """What ``write`` stored."""
    found = {}
    parts = re.split(r"^=== (.*)\n", path.read_text(encoding="utf-8"), flags=re.M)[1:]
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        seen = found[name] = Observed()
        sections = re.split(r"^--- (.*)\n", body, flags=re.M)[1:]
        for title, text in zip(sections[::2], sections[1::2], strict=True):
            text = text.rstrip()
            if title == "error":
                seen.error = text
            elif title == "warning":
                seen.warnings.append(text)
            elif title == "output":
                seen.outputs.append(json.loads(text))
            else:
                seen.texts[title] = text
    return found
