"""clang-format, last: layout is its business, not the emitter's."""

from __future__ import annotations

import shutil
import subprocess

from transpile.codegen.project.toolchain import tool_beside_python

STYLE = (
    "{BasedOnStyle: Google, ColumnLimit: 120, AllowShortFunctionsOnASingleLine: None, AllowShortLambdasOnASingleLine: All,"
    " AllowShortLoopsOnASingleLine: false, AllowShortIfStatementsOnASingleLine: Never, DerivePointerAlignment: false,"
    " IncludeBlocks: Preserve, SortIncludes: Never, ReflowComments: false}"
)


def find_clang_format() -> str | None:
    """The clang-format beside this Python, or the one on the path."""
    return tool_beside_python("clang-format") or shutil.which("clang-format")


def format_cpp(text: str, filename: str = "file.cpp") -> str:
    """``text`` formatted; unchanged when clang-format is missing or fails."""
    tool = find_clang_format()
    if tool is None:
        return text
    try:
        done = subprocess.run(
            [tool, f"--style={STYLE}", f"--assume-filename={filename}"],
            input=text, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return text
    return done.stdout if done.returncode == 0 else text
