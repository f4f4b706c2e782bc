"""Files of cases that are text in and text out, and the one command that writes what comes out: ``pytest --update-golden``.

A case is ``[case name]``, lines ``option: value``, the text before, ``---`` and the text after.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Case:
    file: Path
    name: str
    before: str
    after: str
    options: dict[str, str] = field(default_factory=dict)


def read(file: Path) -> list[Case]:
    cases = []
    parts = re.split(r"^\[case (.+)\]\n", file.read_text(), flags=re.MULTILINE)[1:]
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        options = {}
        while (match := re.match(r"(\w+): (.*)\n", body)) is not None:
            options[match[1]] = match[2]
            body = body[match.end() :]
        before, _, after = body.partition("---\n")
        cases.append(Case(file, name, before.strip() + "\n", after.strip() + "\n", options))
    return cases


def write(file: Path, cases: list[Case]) -> None:
    blocks = []
    for case in cases:
        options = "".join(f"{key}: {value}\n" for key, value in case.options.items())
        blocks.append(f"[case {case.name}]\n{options}{case.before}---\n{case.after}")
    file.write_text("\n".join(blocks))


def check(case: Case, got: str, update: bool) -> None:
    """Compare with what the file says, or write it there."""
    if not update or got == case.after:
        assert got == case.after
        return
    cases = read(case.file)
    for other in cases:
        if other.name == case.name:
            other.after = got
    write(case.file, cases)
