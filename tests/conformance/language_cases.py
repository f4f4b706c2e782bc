"""Small programs for ``torch.jit.script`` with what PyTorch 2.13 made of them, and how to run one.

``tests/data/language_cases.json`` is a list of ``{id, sec, title, code, res}``; the id names topic and subject.  A program
follows the prelude below in a file ``tNNN.py``; ``res`` is what it printed, then ``Type: message`` of the exception that ended
it (without source lines; ``[interpreter]`` marks one that was raised by the compiled program), then ``warn>`` lines.
``language_variations.json`` has more programs in the same form; ``record_language`` writes their outcomes.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import re
import sys
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

DATA = Path(__file__).parents[1] / "data" / "language_cases.json"
VARIATIONS = DATA.with_name("language_variations.json")
PRELUDE = """\
import torch, math, enum
from enum import Enum
from typing import *
from torch import nn, Tensor
import torch.nn.functional as F
S = torch.jit.script
"""
_ENDING = re.compile(r"^(?P<type>[A-Za-z_]*(?:Error|Exception)): (?P<stage>\[interpreter\] )?", re.M)
_SILENT = "(compiles/runs, no output)"
_TRACEBACK = "The following operation failed in the TorchScript interpreter."


@dataclass(frozen=True)
class Outcome:
    """What running a program led to: its output, and the exception that ended it (``error`` is its type's name).

    ``verdict`` is ``accepted``, ``refused`` or ``failed`` (accepted by the compiler, ended by an exception at run time).
    """

    output: str
    verdict: str = "accepted"
    error: str = ""
    message: str = ""
    warnings: tuple[str, ...] = ()
    traceback: str = ""


@dataclass(frozen=True)
class Case:
    """One program, the text after the prelude, and PyTorch's outcome."""

    id: str
    section: str
    title: str
    code: str
    expected: Outcome

    @property
    def module(self) -> str:
        """The name of the program's module; three digits, as in ``t012``."""
        return f"t{sum(ord(c) * 31**i for i, c in enumerate(self.id)) % 1000:03d}"


def load_cases(path: Path = DATA) -> list[Case]:
    """All programs of a file, in its order."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [Case(r["id"], r["sec"], r["title"], r["code"], _outcome(r["res"])) for r in rows]


def _outcome(text: str) -> Outcome:
    lines = text.replace(_SILENT, "").split("\n")
    warned = tuple(line.removeprefix("warn> ") for line in lines if line.startswith("warn> "))
    text = "\n".join(line for line in lines if not line.startswith("warn> "))
    found = _ENDING.search(text)
    if found is None:
        return Outcome(text, warnings=warned)
    verdict = "failed" if found["stage"] else "refused"
    # Where the recorded message is a traceback without its end, the message is not known.
    message = text[found.end() :].partition(_TRACEBACK)[0]
    return Outcome(text[: found.start()], verdict, found["type"], message, warned)


def comparable(text: str) -> str:
    """Output without what differs from run to run and from library to library: the numbers of values and mangled names, the
    name of the module, folders, addresses, lines of the library, how much of a line is underlined, advice."""
    text = re.sub(r"[\w./-]*/(?=t\d\d\d\.py)", "", text)
    text = re.sub(r"\bt\d\d\d\b", "tNNN", text)
    text = re.sub(r"\b0x[0-9a-f]+", "0x…", text)
    text = re.sub(r"^Hint: .*\n", "", text, flags=re.M)
    text = re.sub(r"~+ <--- HERE", "~ <--- HERE", text)
    text = re.sub(r"___torch_mangle_\d+", "___torch_mangle", text)
    text = re.sub(r"# \S*/nn/\S+\.py:\d+:\d+", "# library", text)
    text = "".join(_renumbered(part) for part in re.split(r"(?=\bgraph\()", text))
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _renumbered(text: str) -> str:
    numbers: dict[str, str] = {}
    return re.sub(r"%[A-Za-z0-9_.]+", lambda m: numbers.setdefault(m[0], f"%{len(numbers)}"), text)


def load_program(case: Case, folder: Path) -> tuple[str, ModuleType]:
    """The program as a file in ``folder``: its text, and its module, which has not been executed yet."""
    path = folder / f"{case.module}.py"
    text = PRELUDE + case.code
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(case.module, path)
    assert spec is not None
    return text, importlib.util.module_from_spec(spec)


def _of_interest(category: type[Warning]) -> bool:
    return not issubclass(category, (DeprecationWarning, SyntaxWarning))


def run_case(case: Case, folder: Path) -> Outcome:
    """Run a program on what ``import torch`` gives, with its output caught."""
    text, module = load_program(case, folder)
    printed = io.StringIO()
    before = sys.modules.get(case.module)
    sys.modules[case.module] = module
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(printed):
        warnings.simplefilter("always")
        error: Exception | None = None
        try:
            exec(compile(text, str(folder / f"{case.module}.py"), "exec", dont_inherit=True), module.__dict__)
        except Exception as raised:
            error = raised
    if before is None:
        del sys.modules[case.module]
    else:
        sys.modules[case.module] = before
    warned = tuple(dict.fromkeys(f"{w.category.__name__}: {w.message}" for w in caught if _of_interest(w.category)))
    if error is None:
        return Outcome(printed.getvalue(), warnings=warned)
    message, verdict = str(error), "refused"
    if _TRACEBACK in message:
        # After the source lines of the traceback, indented, comes the class and the message.
        last = re.search(r"^[A-Za-z_][\w.]*: ?", message.rpartition("<--- HERE")[2], re.M)
        message, verdict = last.string[last.start() :].rstrip("\n") if last is not None else message, "failed"
    name = type(error).__name__
    shown = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return Outcome(printed.getvalue(), verdict, name, message, warned, shown)
