"""What the headers of the runtime declare, read from their text."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from pathlib import Path

from transpile._resources import resource

_NAMESPACE = re.compile(r"^\s*(?:inline\s+)?namespace\s+([\w:]+)\s*\{")
_FUNCTION = re.compile(
    r"^(?:\[\[\w+\]\]\s*)?(?:template\s*<.*>\s*)?(?:\[\[\w+\]\]\s*)?(?:inline|constexpr|static|auto)\b[^=;(]*?\b(\w+)\(",
    re.MULTILINE,
)
_TEMPLATE = re.compile(
    r"^(?:template\s*<[^\n]*>\s*\n)(?:\[\[\w+\]\]\s*)?(?:inline\s+|constexpr\s+)*[\w:<>,&*\s]+?\b(\w+)\(", re.MULTILINE
)
_TYPE = re.compile(r"^(?:template\s*<[^\n]*>\s*)?(?:class|struct|enum class)\s+(\w+)\b[^;(]*\{", re.MULTILINE)
_USING = re.compile(r"^using\s+(\w+)\s*=", re.MULTILINE)
_CONSTANT = re.compile(r"^inline constexpr \w+(?:<[^>]*>)? (\w+)[{ =]", re.MULTILINE)
# Families of operators that a macro declares: TS2CPP_COMPARISON(lt, ...) stands for lt and lt_.
_MACRO = re.compile(r"^#define (TS2CPP_\w+)\((\w+)[^)]*\)((?:.*\\\n)*.*)", re.MULTILINE)
_MACRO_USE = re.compile(r"^(TS2CPP_\w+)\((\w+)", re.MULTILINE)
# Headers that only gather others, or that generated code must not depend on.
_SKIPPED = ("ts2cpp.hpp",)


@functools.lru_cache(maxsize=1)
def declarations() -> dict[str, str]:
    """Header (``ts2cpp/ops/linear.hpp``) by name; operators are under ``ops::linear``."""
    root = resource("runtime_cpp") / "include"
    found: dict[str, str] = {}
    headers = "\n".join(p.read_text(encoding="utf-8") for p in sorted((root / "ts2cpp").rglob("*.hpp")))
    macros = {m.group(1): (m.group(2), m.group(3)) for m in _MACRO.finditer(headers)}
    for path in sorted((root / "ts2cpp").rglob("*.hpp")):
        header = path.relative_to(root).as_posix()
        if path.name in _SKIPPED or "/kernels/" in header:
            continue
        for namespace, text in _sections(path):
            prefix = {
                "ts2cpp::ops": "ops::",
                "ts2cpp::math": "math::",
                "ts2cpp::io": "io::",
                "ts2cpp::text": "text::",
                "ts2cpp": "",
            }.get(namespace)
            if prefix is None:
                continue
            for pattern in (_FUNCTION, _TEMPLATE, _TYPE, _USING, _CONSTANT):
                for match in pattern.finditer(text):
                    name = prefix + match.group(1)
                    # The family header beats one that merely adds an overload.
                    if name not in found or ("/ops/" in header and "/ops/" not in found[name]):
                        found[name] = header
            for use in _MACRO_USE.finditer(text):
                parameter, body = macros.get(use.group(1), ("", ""))
                for suffix in {""} | set(re.findall(rf"\b{parameter}##(\w+)\(", body) if parameter else ()):
                    found.setdefault(prefix + use.group(2) + suffix, header)
    return found


_NOISE = re.compile(r"""//.*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])'""")


def _sections(path: Path) -> Iterable[tuple[str, str]]:
    """The text of each namespace of a header, told apart by counting braces."""
    stack: list[tuple[str, int]] = []
    pieces: dict[str, list[str]] = {}
    depth = 0
    for line in path.read_text(encoding="utf-8").replace("TS2CPP_COLD ", "").splitlines():
        code = _NOISE.sub("", line)
        before = depth
        depth += code.count("{") - code.count("}")
        if (match := _NAMESPACE.match(line)) and depth > before:
            stack.append((match.group(1), before))
            continue
        while stack and depth <= stack[-1][1]:
            stack.pop()
        pieces.setdefault("::".join(name for name, _ in stack), []).append(line)
    return [(name, "\n".join(lines)) for name, lines in pieces.items()]
