"""Archives that nobody's PyTorch wrote: mutated ones by the thousand, in one process.

python -m tests.hostile.archives --count 10000 --seed 1 [--log FILE]

Every archive is made from (seed, number) alone.  With a log, progress and findings are kept there and a run that was ended
goes on where it was.  A finding is any other exception than those of ``torch.jit.load``, an event that reading has no use
for (a file, a process, an import, code that runs), more than a second and a second per megabyte, or more than 64 MB and
four times the archive's size of memory.  Exit code 1 if there is one.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import signal
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.hostile.archive_seeds import seeds
from transpile import torch
from transpile.archive.zip_reader import ZipReader
from transpile.archive.zip_writer import ZipWriter
from transpile.core.errors import InternalError, Ts2cppError

SECONDS, SECONDS_PER_MB = 1.0, 1.0
FREE_MEMORY, MEMORY_FACTOR = 64 << 20, 4
_FORBIDDEN = ("os.", "subprocess.", "socket.", "shutil.", "exec", "import", "open", "ctypes.", "pickle.", "urllib.")


class OverTimeError(BaseException):
    """Reading took longer than it may."""


@dataclass
class Outcome:
    """How reading an archive ended: ``findings`` are what may not be."""

    accepted: bool
    seconds: float
    findings: list[str]


class Watch:
    """Hears what the interpreter reports while an archive is read."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self._on = False
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._on or not event.startswith(_FORBIDDEN):
            return
        if event == "open" and arguments[0] == "<archive>":
            return  # CPython looks for the line of a syntax error in a file of the name that it was given
        if event == "import" and str(arguments[0]).partition(".")[0] in ("transpile", "numpy", "unicodedata"):
            return  # a module of the reader's own that is loaded on first use
        self.events.append(f"{event}{tuple(map(str, arguments))[:2]}")

    @contextmanager
    def hearing(self) -> Iterator[list[str]]:
        """The events inside."""
        self.events, self._on = [], True
        try:
            yield self.events
        finally:
            self._on = False


def read(content: bytes, watch: Watch, seconds: float = SECONDS) -> Outcome:
    """Read an archive as ``torch.jit.load`` does, under limits; ``seconds`` are those that any archive may take."""
    findings: list[str] = []
    accepted = False
    limit = seconds + SECONDS_PER_MB * len(content) / (1 << 20)
    before = _reset_peak()
    started = time.process_time()
    signal.signal(signal.SIGVTALRM, _too_long)
    signal.setitimer(signal.ITIMER_VIRTUAL, limit)
    try:
        with watch.hearing() as events, warnings.catch_warnings(record=True) as warned:
            torch.jit.load(io.BytesIO(content))
        accepted = True
    except InternalError as error:
        findings.append(f"raw {error!r}"[:300])
    except (Ts2cppError, RuntimeError) as error:
        if type(error) is RecursionError:
            findings.append(f"raw {error!r}"[:300])
    except OverTimeError:
        findings.append(f"more than {limit:.1f} s")
    except Exception as error:
        findings.append(f"raw {error!r}"[:300])
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    findings += [f"event {event}" for event in events[:1]]
    findings += [f"warning {w.message}"[:200] for w in warned[:1] if w.category is SyntaxWarning]
    grown = _peak() - before
    if grown > FREE_MEMORY + MEMORY_FACTOR * len(content):
        findings.append(f"{grown >> 20} MB for {len(content)} bytes")
    return Outcome(accepted, time.process_time() - started, findings)


def _too_long(*_: Any) -> None:
    raise OverTimeError


def _reset_peak() -> int:
    """Forget the process's peak of memory, and say how much it has now; 0 where that is not known."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return 0
    return _peak()


def _peak() -> int:
    try:
        text = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return int(text.partition("VmHWM:")[2].split()[0]) << 10


# ---- mutations
class Mutator:
    """Makes archives that are almost right."""

    def __init__(self) -> None:
        self.archives = [_members(content) for content in seeds()]
        self.words = sorted({w for a in self.archives for n, c in a.items() if n.endswith(".py") for w in _words(c)})

    def archive(self, seed: int, number: int) -> bytes:
        """The archive of that number."""
        chance = random.Random(f"{seed}/{number}")
        members = dict(chance.choice(self.archives))
        kind = chance.randrange(10)
        for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
            if kind < 5:
                self._code(chance, members)
            elif kind < 8:
                _pickle(chance, members)
            else:
                _member(chance, members)
        content = _written(members, compress=chance.random() < 0.2)
        if chance.random() < 0.1:
            content = _bytes(chance, content)
        return content

    def _code(self, chance: random.Random, members: dict[str, bytes]) -> None:
        name = chance.choice([n for n in members if n.endswith(".py")] or ["code/none.py"])
        text = members.get(name, b"").decode("utf-8", "replace")
        lines = text.splitlines(keepends=True) or [""]
        row = chance.randrange(len(lines))
        choice = chance.randrange(8)
        if choice == 0:
            del lines[row]
        elif choice == 1:
            lines.insert(chance.randrange(len(lines)), lines[row])
        elif choice == 2:
            other = chance.randrange(len(lines))
            lines[row], lines[other] = lines[other], lines[row]
        elif choice == 3:
            lines.insert(row, chance.choice(_LINES))
        elif choice == 4:
            members[name] = _bytes(chance, text.encode())
            return
        else:
            words = _words(lines[row].encode())
            if words:
                old = chance.choice(words)
                lines[row] = lines[row].replace(
                    old, chance.choice((chance.choice(self.words), chance.choice(_WORDS))), 1
                )
        members[name] = "".join(lines).encode("utf-8", "replace")


_WORDS = (
    "None", "-1", "0", "9223372036854775807", "1e400", "inf", "'\\ud800'", "'text'", "[]", "{}", "()", "Dict[str]", "List",
    "Tuple[()]", "Optional[int]", "Union[int, str]", "Final", "Module", "NamedTuple", "Enum", "Interface", "self", "x",
    "torch.add", "ops.prim.data", "annotate", "unchecked_cast", "uninitialized", "fork", "setattr", "CONSTANTS.c0", "...",
    "lambda: 0", "not", "await", "yield", "*x", "**x", "x := 1", "f'{x}'", "b'x'", "1j", "True", "int", "Tensor", "@x",
    "async", "del x", "global x", "import os", "while True:", "9" * 5000, "\u00e9", "Future[int]", "Any", "Device", "-", "=",
)  # fmt: skip
_LINES = (
    "  __parameters__ = 5\n", "  __buffers__ = {}\n", "  __annotations__ = []\n", "  __annotations__['a b'] = int\n",
    "    pass\n", "    return None\n", "    x = torch.add(x, x)\n", "    l = [x, x]\n", "    break\n", "    while True:\n",
    "    if x:\n", "@dataclass\n", "class X(NamedTuple):\n", "def f() -> int\n", "  def forward() -> int:\n    return 1\n",
    "    s = '\\d'\n",
    "    assert False, 'x'\n", "    for i in range(9):\n      x = x\n", "  k : Final[int] = 1\n", "\t\n", "#\n",
    "    raise x\n", "    del x\n", "    a, *b = x\n", "    x[0] = 1\n", "    try:\n", "    with x:\n", "    l += l\n",
)  # fmt: skip


def _words(text: bytes) -> list[str]:
    import re

    return re.findall(r"[\w.]+|[^\w\s]", text.decode("utf-8", "replace"))


def _pickle(chance: random.Random, members: dict[str, bytes]) -> None:
    name = chance.choice([n for n in members if n.endswith(".pkl")] or ["data.pkl"])
    members[name] = _bytes(chance, members.get(name, b"\x80\x02N."))


_OPERATIONS = b"(cqrhj)]}t\x85\x86\x87aesu\x81bRQXGJKM\x8a\x88\x89N.0l2\x80\x95\x8c\x94\x93ioV"


def _bytes(chance: random.Random, content: bytes) -> bytes:
    whole = bytearray(content or b"\0")
    at, kind = chance.randrange(len(whole)), chance.randrange(7)
    if kind == 0:
        whole[at] = chance.randrange(256)
    elif kind == 1:
        del whole[at : at + chance.choice((1, 1, 2, 4, 9))]
    elif kind == 2:
        whole[at:at] = whole[at : at + chance.randint(1, 40)] * chance.choice((1, 1, 20))
    elif kind == 3:
        whole[at] ^= 1 << chance.randrange(8)
    elif kind == 4:
        whole[at : at + 1] = bytes([chance.choice(_OPERATIONS)])
    elif kind == 5:
        whole[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\0\0\0\x80", b"\0\0\0\0", b"\xff\xff\xff\x7f"))
    else:
        start = chance.randrange(len(whole))
        whole[at:at] = whole[start : start + chance.randint(1, 60)]
    return bytes(whole)


def _member(chance: random.Random, members: dict[str, bytes]) -> None:
    name, kind = chance.choice(list(members)), chance.randrange(5)
    if kind == 0:
        del members[name]
    elif kind == 1:
        members[chance.choice((name + "x", "code/" + name, "../" + name, name.upper(), "data/0", "code/a/b.py"))] = (
            members[name]
        )
    elif kind == 2:
        members[name] = members[chance.choice(list(members))]
    elif kind == 3:
        members[name] = members[name][: chance.randrange(len(members[name]) + 1)]
    else:
        members[name] = _bytes(chance, members[name])


def _members(content: bytes) -> dict[str, bytes]:
    archive = ZipReader(content)
    return {name.partition("/")[2]: bytes(archive.read(name)) for name in archive.names}


def _written(members: dict[str, bytes], *, compress: bool) -> bytes:
    out = ZipWriter("m")
    for name, content in members.items():
        out.add(name, content, compress=compress)
    return out.finish()


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--keep", type=Path, help="folder for the archives of findings")
    given = parser.parse_args()
    state = {"seed": given.seed, "done": 0, "accepted": 0, "findings": [], "slowest": 0.0}
    if given.log is not None and given.log.exists():
        state = json.loads(given.log.read_text())
    mutator, watch = Mutator(), Watch()
    for content in seeds():
        assert read(content, watch).accepted  # and whatever is imported on first use
    while state["done"] < given.count:
        number = state["done"]
        content = mutator.archive(state["seed"], number)
        outcome = read(content, watch)
        state["done"] += 1
        state["accepted"] += outcome.accepted
        state["slowest"] = max(state["slowest"], outcome.seconds)
        for finding in outcome.findings:
            state["findings"].append([number, finding])
            print(f"{state['seed']}/{number}: {finding}", flush=True)
            if given.keep is not None:
                given.keep.mkdir(parents=True, exist_ok=True)
                (given.keep / f"{state['seed']}_{number}.pt").write_bytes(content)
        if given.log is not None and state["done"] % 500 == 0:
            given.log.write_text(json.dumps(state))
    if given.log is not None:
        given.log.write_text(json.dumps(state))
    print(
        f"{state['done']} archives, {state['accepted']} accepted, {len(state['findings'])} findings, "
        f"slowest {state['slowest']:.2f} s"
    )
    return 1 if state["findings"] else 0


if __name__ == "__main__":
    sys.exit(main())
