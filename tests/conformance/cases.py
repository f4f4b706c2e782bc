"""Programs that print: what each case of a file writes, under PyTorch or under the bundled torch.

A case is a function of a program file whose name begins with ``case_``.  What it prints, the warnings it gives and the
exception it ends with make its report.  ``python -m tests.conformance.record_api`` records the reports of PyTorch.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import re
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).parent
API_PROGRAMS = sorted((HERE / "programs" / "api").glob("*.py"))
API_RECORDED = HERE.parent / "data" / "api"


SWITCHED_OFF = "switched_off"  # the file that is run with PYTORCH_JIT=0


def environment(stem: str) -> dict[str, str]:
    """The environment of a process that runs a file."""
    return {**os.environ, **({"PYTORCH_JIT": "0"} if stem == SWITCHED_OFF else {})}


def load(path: Path) -> ModuleType:
    """Execute a program file under the name of its stem."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def report(path: Path) -> dict[str, str]:
    """What every case of a file writes, by the case's name."""
    module = load(path)
    cases = [(name, value) for name, value in vars(module).items() if name.startswith("case_")]
    return {name.removeprefix("case_"): _written(case) for name, case in cases}


def _written(case: Callable[[], Any]) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            case()
        except Exception as error:
            print(f"{kind(error)}: {error}")
    for warning in caught:
        if not _is_pytorchs_own(warning):
            first = (str(warning.message).splitlines() or [""])[0]
            print(f"{warning.category.__name__}: {first}", file=out)
    return comparable(out.getvalue())


def _is_pytorchs_own(warning: warnings.WarningMessage) -> bool:
    """PyTorch announces the end of TorchScript with almost every call."""
    return (
        issubclass(warning.category, DeprecationWarning)
        and bool(getattr(sys.modules.get("torch"), "_C", None))
        and ("torch.jit" in str(warning.message))
    )


def kind(error: BaseException) -> str:
    """The name of an exception's class; of a class of one's own below RuntimeError that one's name."""
    return "RuntimeError" if isinstance(error, RuntimeError) else type(error).__name__


def refusal(call: Callable[[], Any], *phrases: str) -> None:
    """Print the exception that ``call`` ends with, and which of the phrases its message contains."""
    try:
        print("accepted:", call())
    except Exception as error:
        print(kind(error), *(f"{phrase!r}: {phrase in str(error)}" for phrase in phrases), sep="\n  ")


def comparable(text: str) -> str:
    """The text without folders and addresses."""
    text = re.sub(r'(File "|[ (])/\S*/([^/\s"]+\.py)', r"\1\2", text)
    text = re.sub(r"0x[0-9a-f]{6,}", "0x...", text)
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()
