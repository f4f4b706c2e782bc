"""Where the time of a call goes: samples of a project's profile build, by operator and by Python line."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from transpile.codegen.project import toolchain
from transpile.codegen.project.project import Project
from transpile.core.errors import ToolError

T = TypeVar("T")

# Optimised as in Release, with the names of inlined functions.
FLAGS = ("-DCMAKE_CXX_FLAGS=-g -DTS2CPP_PROFILE",)
# What `at(12);  // net.py:12  x = self.fc(x)` says in the generated sources.
_LINE = re.compile(r"at\((\d+)\);\s*// ([^:]+):\d+  (.*)")
_OPERATOR = re.compile(r"^ts2cpp::ops::(\w+)")


@dataclass(frozen=True)
class PythonLine:
    """A place in the Python program."""

    file: str
    line: int
    function: str


@dataclass
class Sample:
    """One interruption: seconds since the beginning, Python lines and return addresses, both innermost first."""

    seconds: float
    python: list[PythonLine] = field(default_factory=list)
    stack: list[int] = field(default_factory=list)
    operator: str = ""


@dataclass
class Profile:
    """All samples of a run of ``calls`` calls in ``seconds``."""

    calls: int
    seconds: float
    samples: list[Sample]
    texts: dict[tuple[str, int], str]

    @property
    def microseconds(self) -> float:
        """Of a call."""
        return self.seconds / self.calls * 1e6

    def by_operator(self) -> list[tuple[str, float]]:
        """Operators and their shares of the time, the greatest first."""
        return self._shares(Counter(sample.operator for sample in self.samples))

    def by_line(self) -> list[tuple[PythonLine, float]]:
        """Innermost Python lines and their shares of the time, the greatest first."""
        return self._shares(Counter(sample.python[0] for sample in self.samples if sample.python))

    def _shares(self, counts: Counter[T]) -> list[tuple[T, float]]:
        total = max(1, len(self.samples))
        return [(what, count / total) for what, count in counts.most_common()]

    def trace(self) -> str:
        """The samples in Chrome's trace format: neighbours that agree are one event, a Python line holds its operator."""
        events: list[dict[str, object]] = []
        open_: list[tuple[str, float]] = []
        step = self.seconds / max(1, len(self.samples))
        for sample in [*self.samples, Sample(self.seconds)]:
            names = [f"{p.function} {p.file}:{p.line}" for p in reversed(sample.python)]
            names += [sample.operator] if sample.operator else []
            same = 0
            while same < min(len(names), len(open_)) and names[same] == open_[same][0]:
                same += 1
            for name, begin in reversed(open_[same:]):
                end = max(sample.seconds, begin + step / 2)
                events.append(
                    {"name": name, "ph": "X", "pid": 1, "tid": 1, "ts": begin * 1e6, "dur": (end - begin) * 1e6}
                )
            open_[same:] = [(name, sample.seconds) for name in names[same:]]
        return json.dumps({"traceEvents": events, "displayTimeUnit": "ns"})


def profile(project: Project, method: str, threads: int) -> Profile:
    """Build the profile form of a project and sample some seconds of calls on the recorded example inputs.

    Raises ``ToolError`` if it cannot be built or run (it needs Linux and binutils' ``addr2line``).
    """
    folder = project.path / "build" / "profile"
    toolchain.configure(project.path, folder, FLAGS)
    toolchain.build(folder)
    runner = folder / f"{project.name}_run"
    inputs = project.path / "golden" / method / "inputs.npz"
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "samples"
        command = [
            str(runner), "--inputs", str(inputs), "--method", method, "--threads", str(threads),
            "--warmup", "3", "--repeat", "1", "--profile", str(out),
        ]  # fmt: skip
        toolchain.run(command, "the profiled program")
        found = read_samples(out, runner, project.name)
    found.texts = _texts(project)
    return found


def read_samples(file: Path, program: Path, namespace: str) -> Profile:
    """What a program wrote with ``--profile``, its addresses named; ``namespace`` is that of the model's functions."""
    found = _read(file.read_text(encoding="utf-8", errors="replace").splitlines())
    _name_operators(found.samples, program, namespace)
    return found


def _read(lines: Sequence[str]) -> Profile:
    result = Profile(1, 0.0, [], {})
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "calls":
            result.calls = int(rest)
        elif word == "seconds":
            result.seconds = float(rest)
        elif word == "sample":
            result.samples.append(Sample(float(rest)))
        elif word == "python":
            file, number, function = rest.split("\t")
            result.samples[-1].python.append(PythonLine(file, int(number), function))
        elif word == "stack":
            result.samples[-1].stack = [int(address, 16) for address in rest.split()]
    return result


def _name_operators(samples: list[Sample], program: Path, namespace: str) -> None:
    addresses = sorted({address for sample in samples for address in sample.stack if address > 0})
    names = _functions(program, addresses)
    for sample in samples:
        outermost_first = [name for address in reversed(sample.stack) for name in reversed(names.get(address, []))]
        sample.operator = _operator(outermost_first, namespace)


def _operator(functions: Sequence[str], namespace: str) -> str:
    """The operator of a stack of functions: the first of the runtime's that the program calls."""
    inside = False
    fallback = "(the program itself)"
    for name in functions:
        if name.startswith(f"{namespace}::"):
            inside = True
            continue
        found = _OPERATOR.match(name)
        if found is not None:
            return found[1]
        if inside and name.startswith("ts2cpp::") and fallback.startswith("("):
            fallback = _plain(name)
    return fallback


def _plain(name: str) -> str:
    """``ts2cpp::Tensor::item<float>() const`` as ``Tensor::item``."""
    return re.split(r"[<(]", name.removeprefix("ts2cpp::"), maxsplit=1)[0]


def _functions(program: Path, addresses: Sequence[int]) -> dict[int, list[str]]:
    """The functions at some return addresses, the inlined ones first."""
    if not addresses:
        return {}
    # A return address may already belong to the next statement: the call lies just before it.
    asked = "\n".join(hex(address - 1) for address in addresses)
    command = ["addr2line", "-e", str(program), "-a", "-f", "-i", "-C"]
    try:
        done = subprocess.run(command, input=asked, capture_output=True, text=True, check=False)
    except OSError as error:
        raise ToolError(f"addr2line (binutils) could not be started: {error}", command, "") from None
    if done.returncode:
        raise ToolError("addr2line failed", command, done.stderr)
    return dict(_parts(done.stdout.splitlines()))


def _parts(lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    address, names = 0, list[str]()
    position = 0
    while position < len(lines):
        if re.fullmatch(r"0x[0-9a-f]+", lines[position]):
            if names:
                yield address + 1, names
            address, names = int(lines[position], 16), []
            position += 1
        else:
            names.append(lines[position])
            position += 2  # a function, then its file and line
    if names:
        yield address + 1, names


def _texts(project: Project) -> dict[tuple[str, int], str]:
    """The Python lines as the comments of the generated sources show them."""
    result: dict[tuple[str, int], str] = {}
    for source in sorted((project.path / "src").glob("*.cpp")):
        for match in _LINE.finditer(source.read_text(encoding="utf-8")):
            result.setdefault((match[2], int(match[1])), match[3].strip())
    return result
