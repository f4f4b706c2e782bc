"""The runtime in a generated project: its headers, and which of its parts are compiled for a model.

The heavy functions of a header stand in a list of it, ``TS2CPP_COMPILED(TS2CPP_X_PARTS)``; a source of ``runtime_cpp/src``
makes what lists hold, ``TS2CPP_X_PARTS(template)``.  A model needs the sources whose lists are in the headers that its own
files, and those sources, include.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from transpile._resources import resource

_INCLUDE = re.compile(r"^\s*#\s*(?:include|define TS2CPP_ISA_KERNELS) <(ts2cpp/[^>]+)>", re.MULTILINE)
# What a header includes in a program that has no compiled parts.
_UNCOMPILED = re.compile(r"^#if !defined\(TS2CPP_COMPILED_PARTS\)\n(?:#include .*\n)*#endif\n", re.MULTILINE)
_DECLARED = re.compile(r"^TS2CPP_COMPILED\((TS2CPP_\w+_PARTS)\)", re.MULTILINE)
_MADE = re.compile(r"^(TS2CPP_\w+_PARTS)\(template\)", re.MULTILINE)

# The kernels of float64, of which `TS2CPP_RARE_FLOAT64` leaves a few to the other sources.
FLOAT64 = "gemm_float64.cpp"
# What a call does not wait for, and what -O3 would only make longer: choices of kernels, and kernels that say themselves what
# is unrolled.
_FOR_SIZE = frozenset({"exports.cpp", "residual.cpp", "runner.cpp"})
_WITHOUT_COPIES = frozenset({"elementwise.cpp", "gemm_float32.cpp", FLOAT64, "tensors.cpp"})

# Sources that another one includes in a generated project.
_JOINED = {"tensors.cpp": "gemm_float32.cpp", "elementwise.cpp": "tensors.cpp"}


def units(parts: Iterable[str]) -> list[str]:
    """The sources that the compiler is called for: ``parts`` without those that others of them include."""
    given = list(parts)
    return [part for part in given if _JOINED.get(part) not in given]


def for_size(parts: Iterable[str]) -> list[str]:
    """The sources among ``parts`` that a release build compiles for their size."""
    return [part for part in parts if part in _FOR_SIZE]


def without_copies(parts: Iterable[str]) -> list[str]:
    """Those that it compiles without the copies of code that -O3 makes."""
    return [part for part in parts if part in _WITHOUT_COPIES]


def includes(text: str) -> list[str]:
    """The headers of the runtime that a file includes where the runtime is compiled in parts."""
    return _INCLUDE.findall(_UNCOMPILED.sub("", text))


@dataclass(frozen=True)
class Runtime:
    """The files of the runtime, by their path in ``include/`` and in ``src/``."""

    headers: Mapping[str, bytes]
    sources: Mapping[str, bytes]

    def parts(self, files: Iterable[str], *, rare_float64: bool = False) -> list[str]:
        """The sources that are compiled with files of these texts; where float64 is rare, others hold what it needs."""
        needed: set[str] = set()
        waiting = list(files)
        while waiting:
            declared = {part for header in self._closure(waiting) for part in self._declared[header]}
            found = {source for source, made in self._made.items() if declared & made} - needed
            waiting = [self.sources[source].decode() for source in found]
            needed |= found
        return sorted(needed - {FLOAT64} if rare_float64 else needed)

    def _closure(self, texts: Iterable[str]) -> set[str]:
        """All headers that the texts include, directly or not."""
        seen: set[str] = set()
        waiting = [header for text in texts for header in includes(text)]
        while waiting:
            header = waiting.pop()
            if header not in seen and header in self.headers:
                seen.add(header)
                waiting += self._included[header]
        return seen

    @functools.cached_property
    def digest(self) -> str:
        """The same for the same headers."""
        state = hashlib.sha256()
        for name, data in self.headers.items():
            state.update(f"{name} {len(data)}\n".encode() + data)
        return state.hexdigest()[:12]

    @functools.cached_property
    def _included(self) -> dict[str, list[str]]:
        return {name: includes(data.decode()) for name, data in self.headers.items()}

    @functools.cached_property
    def _declared(self) -> dict[str, list[str]]:
        return {name: _DECLARED.findall(data.decode()) for name, data in self.headers.items()}

    @functools.cached_property
    def _made(self) -> dict[str, set[str]]:
        return {name: set(_MADE.findall(data.decode())) for name, data in self.sources.items()}


@functools.cache
def runtime() -> Runtime:
    """The runtime of this installation."""
    root = resource("runtime_cpp")
    return Runtime(_files(root / "include"), _files(root / "src"))


def _files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
