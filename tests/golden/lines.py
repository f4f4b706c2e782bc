"""Lines of C++ for each line of Python, over the golden cases and the examples: `python -m tests.golden.lines`.

A line counts if it holds code; comments, docstrings and blank lines do not.  Of Python the whole model file counts, of C++ the
header and the source without `#include` lines; the last columns are the ratios of both together and of the source alone.
"""

from __future__ import annotations

import io
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
    total_python = total_cpp = total_source = 0
    for file in [*sorted((ROOT / "golden").glob("*/model.py")), *sorted((ROOT / "examples").glob("*.py"))]:
        files = generated(file)
        if folder is not None:
            for name, text in files.items():
                (folder / name).write_text(text, encoding="utf-8")
        python = python_lines(file.read_text(encoding="utf-8"))
        source = sum(cpp_lines(text) for name, text in files.items() if name.endswith(".cpp"))
        cpp = sum(map(cpp_lines, files.values()))
        total_python, total_cpp, total_source = total_python + python, total_cpp + cpp, total_source + source
        print(
            f"{file.relative_to(ROOT)!s:44} {python:5} {cpp:5} {source:5}  {cpp / python:5.2f} {source / python:5.2f}"
        )
    print(f"{'all':44} {total_python:5} {total_cpp:5} {total_source:5}  "
          f"{total_cpp / total_python:5.2f} {total_source / total_python:5.2f}")  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
