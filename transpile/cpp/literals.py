"""The only ways by which text and numbers of a model reach C++ and CMake, names apart: literals and comments."""

from __future__ import annotations

import math

_SIMPLE = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_CHUNK = 2000


def quoted(text: str | bytes) -> str:
    """A C++ string literal of the UTF-8 bytes of ``text``.

    Everything outside printable ASCII is a three-digit octal escape, question marks never stand together (trigraphs) and
    long text is split into adjacent literals.
    """
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    pieces: list[str] = []
    current: list[str] = []
    previous = ""
    for byte in data:
        char = chr(byte)
        if char in _SIMPLE:
            shown = _SIMPLE[char]
        elif char == "?" and previous == "?":
            shown = "\\?"
        elif 32 <= byte < 127:
            shown = char
        else:
            shown = f"\\{byte:03o}"
        previous = char
        current.append(shown)
        if len(current) >= _CHUNK:
            pieces.append("".join(current))
            current = []
    pieces.append("".join(current))
    return " ".join(f'"{p}"' for p in pieces)


def byte_literals(data: bytes) -> list[str]:
    """String literals that together hold ``data``: compilers read them far faster than a list of numbers."""
    escapes = [f"\\{byte:03o}" for byte in range(256)]
    return ['"' + "".join(escapes[b] for b in data[start : start + 32]) + '"' for start in range(0, len(data), 32)]


def int_literal(value: int) -> str:
    """A literal of a 64-bit integer; the smallest one cannot be written as one token."""
    if not -(2**63) <= value < 2**63:
        raise OverflowError(f"{value} does not fit into 64 bits")
    if value == -(2**63):
        return "std::numeric_limits<std::int64_t>::min()"
    if -(2**31) <= value < 2**31:
        return str(value)
    return f"INT64_C({value})" if value >= 0 else f"-INT64_C({-value})"


def float_literal(value: float) -> str:
    """The shortest literal that reads back as the same double."""
    if math.isnan(value):
        return "std::numeric_limits<double>::quiet_NaN()"
    if math.isinf(value):
        text = "std::numeric_limits<double>::infinity()"
        return text if value > 0 else f"-{text}"
    text = repr(float(value))
    return text if any(c in text for c in ".e") else f"{text}.0"


def comment_text(text: str, longest: int = 140) -> str:
    """``text`` as it may stand in a ``//`` comment: printable ASCII on one line, no line splice, no trigraph."""
    kept = "".join(c if " " <= c <= "~" else "?" if not c.isspace() else " " for c in text[: 4 * longest]).strip()
    while "??" in kept:
        kept = kept.replace("??", "? ?")
    kept = kept.replace("*/", "* /").replace("/*", "/ *")
    if len(kept) > longest:
        kept = kept[: longest - 3] + "..."
    return kept + " ." if kept.endswith("\\") else kept
