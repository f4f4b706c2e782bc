"""Write docs/python_api.md from the docstrings of ``transpile``.

python docs/write_python_api.py            writes the page
python docs/write_python_api.py --check    exit code 1 if the page is not up to date
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "python_api.md"

sys.path.insert(0, str(ROOT))

import transpile  # noqa: E402

_HEAD = """\
# Python API

Written by `python docs/write_python_api.py` from the docstrings; do not edit.

What `import ts2cpp` gives; `ts2cpp export` and its sisters do the same from the command line ([quick start](quick_start.md)).

```python
import ts2cpp

project = ts2cpp.export(model, "out", example_inputs=(x,))
project.verify()
```
"""


def _text(thing: object) -> str:
    """A docstring as Markdown: its ``code`` is `code` here."""
    return re.sub(r"``(.+?)``", r"`\1`", inspect.getdoc(thing) or "")


def _parameter(parameter: inspect.Parameter) -> str:
    shown = f"{'*' if parameter.kind is parameter.VAR_POSITIONAL else ''}{parameter.name}: {parameter.annotation}"
    return shown if parameter.default is parameter.empty else f"{shown} = {parameter.default!r}"


def _signature(name: str, function: Any) -> str:
    """``name(a: int, *, b: int = 1)``, a line for each parameter where there are many."""
    parameters = [p for p in inspect.signature(function).parameters.values() if p.name != "self"]
    rows = list(map(_parameter, parameters))
    keywords = sum(p.kind is p.KEYWORD_ONLY for p in parameters)
    if keywords and not any(p.kind is p.VAR_POSITIONAL for p in parameters):
        rows.insert(len(rows) - keywords, "*")
    line = f"{name}({', '.join(rows)})"
    return line if len(line) <= 100 else f"{name}(\n" + "".join(f"    {row},\n" for row in rows) + ")"


def _function(name: str, function: Any, level: str) -> Iterator[str]:
    yield f"{level} {name.rpartition('.')[2]}\n\n```python\n{_signature(name, function)}\n```\n\n{_text(function)}\n"


def _class(name: str, type: Any) -> Iterator[str]:
    yield f"## {name}\n\n{_text(type)}\n"
    for member, value in vars(type).items():
        if member.startswith("_"):
            continue
        if isinstance(value, property) and inspect.getdoc(value):
            yield f"### {member}\n\n{_text(value)}\n"
        elif inspect.isfunction(value):
            yield from _function(f"project.{member}", value, "###")


def _errors() -> Iterator[str]:
    yield f"## Ts2cppError\n\n{_text(transpile.Ts2cppError)}\n"
    rows = [f"| `{e.__name__}` | {_text(e).partition(chr(10))[0]} |" for e in transpile.Ts2cppError.__subclasses__()]
    yield "\n".join(["| error | |", "|---|---|", *rows]) + "\n"


def page() -> str:
    """The whole page."""
    parts = [_HEAD, *_function("ts2cpp.export", transpile.export, "##"), *_class("Project", transpile.Project)]
    parts += [*_errors(), *_function("ts2cpp.install_torch", transpile.install_torch, "##")]
    return "\n".join(parts)


def main() -> int:
    """Write or check the page."""
    text = page()
    if "--check" in sys.argv[1:]:
        if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
            return 0
        print("docs/python_api.md is not up to date: run `python docs/write_python_api.py`", file=sys.stderr)
        return 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
