"""Lines of C++ for each line of Python, over the golden cases and the examples: `python -m tests.golden.lines`.

A line counts if it holds code; comments, docstrings and blank lines do not.  Of Python the whole model file counts, of C++ the
header and the source without `#include` lines; `source` is the latter alone.  `model` leaves out what every file has, however
small the model: namespaces, `using`, `load`, and the lines that tell which Python line an error comes from, which quote it.
"""

from __future__ import annotations

import io
import re
import sys
import tokenize
from pathlib import Path

from tests.build_tree import ROOT
from tests.bundled import load_bundled
from transpile.codegen.project.exporter import ExportRequest, generate
from transpile.entry import compile_entry

_LAYOUT = (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER)


def python_lines(text: str) -> int:
    """The lines of Python that hold code."""
    found: set[int] = set()
    start = True  # a string that begins a statement is a docstring
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in _LAYOUT or token.type == tokenize.COMMENT:
            start = start or token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
            continue
        if not (start and token.type == tokenize.STRING):
            found.update(range(token.start[0], token.end[0] + 1))
        start = False
    return len(found)


def cpp_lines(text: str) -> int:
    """The lines of C++ that hold code, without those that include."""
    lines = [line.strip() for line in text.splitlines()]
    return sum(bool(line) and not line.startswith(("//", "#include")) for line in lines)


_FRAME = re.compile(r"#pragma|namespace |\}  // namespace|using |\w+ load\(|ts2cpp::Frame \w+\(|\w+\(\d+\);  // ")


def model_lines(text: str) -> int:
    """The lines of C++ that say what the model does: without the frame of the file and the marks of Python lines."""
    lines = [line.strip() for line in text.splitlines()]
    return cpp_lines("\n".join(line for line in lines if not _FRAME.match(line)))


def generated(file: Path) -> dict[str, str]:
    """The header and the source of a model file, by name."""
    compiled = compile_entry(load_bundled(file).entry)
    name = file.parent.name if file.stem == "model" else file.stem
    request = ExportRequest(compiled.root, name, file.name, list(compiled.exported), {})
    return {
        Path(place).name: content.decode()
        for place, content in generate(request).files.items()
        if Path(place).name in (f"{name}.hpp", f"{name}.cpp")
    }


def main(folder: Path | None = None) -> None:
    """Print a line for every file and the sums; with a ``folder``, write the C++ there."""
    totals = [0, 0, 0, 0]
    print(f"{'':44} python   C++ source model   C++ source model")
    for file in [*sorted((ROOT / "golden").glob("*/model.py")), *sorted((ROOT / "examples").glob("*.py"))]:
        files = generated(file)
        if folder is not None:
            for name, text in files.items():
                (folder / name).write_text(text, encoding="utf-8")
        counts = [
            python_lines(file.read_text(encoding="utf-8")),
            sum(map(cpp_lines, files.values())),
            sum(cpp_lines(text) for name, text in files.items() if name.endswith(".cpp")),
            sum(map(model_lines, files.values())),
        ]
        totals = [a + b for a, b in zip(totals, counts, strict=True)]
        print(_row(str(file.relative_to(ROOT)), counts))
    print(_row("all", totals))


def _row(name: str, counts: list[int]) -> str:
    """A line of the table: the numbers, and how many lines of C++ there are for one of Python."""
    python, *others = counts
    return f"{name:44} {python:6}{''.join(f'{n:6}' for n in others)}  {''.join(f'{n / python:6.2f}' for n in others)}"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
