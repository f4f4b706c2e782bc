"""``torch.jit.save`` and ``load`` as users call them, and archives that somebody made by hand."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.hostile import hand_built
from tests.hostile.hand_built import CODE as GOOD
from tests.hostile.hand_built import STATE, body
from transpile import torch
from transpile.archive.pickle_data import Call, Global, Instance
from transpile.core.errors import ArchiveError, Ts2cppError
from transpile.torch import nn


class Counter(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([2.0, 3.0]))
        self.register_buffer("seen", torch.zeros(1))
        self.calls = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        self.seen += x.sum()
        return x * self.weight


@torch.jit.script
def add(a: int, b: int = 4) -> int:
    return a + b


@torch.jit.ignore
def stays_in_python(x: torch.Tensor) -> torch.Tensor:
    return x


def calls_python(x: torch.Tensor) -> torch.Tensor:
    return stays_in_python(x)


class Reading(NamedTuple):
    place: tuple[int, str]
    value: float


@torch.jit.script
def constant_reading() -> Reading:
    return Reading((0, "a"), 5.0)


# ---- the calls
def test_named_tuples_of_constants_keep_their_type() -> None:
    assert constant_reading.code.splitlines()[-1].endswith('.Reading((0, "a"), 5.)')
    stream = io.BytesIO()
    torch.jit.save(constant_reading, stream)
    stream.seek(0)
    assert torch.jit.load(stream)().value == 5.0


def test_state_travels(tmp_path: Path) -> None:
    module = torch.jit.script(Counter().eval())
    module(torch.ones(2))
    torch.jit.save(module, tmp_path / "counter.pt", _extra_files={"notes/a.txt": "hello", "b": b"\x00\x01"})
    extra: dict[str, Any] = {"notes/a.txt": "", "b": "", "absent": ""}
    back = torch.jit.load(str(tmp_path / "counter.pt"), map_location="cpu", _extra_files=extra)
    assert extra == {"notes/a.txt": b"hello", "b": b"\x00\x01", "absent": b""}
    assert (back.calls, back.seen.tolist(), back.training) == (1, [2.0], False)
    assert [n for n, _ in back.named_parameters()] == ["weight"]
    assert [n for n, _ in back.named_buffers()] == ["seen"]
    assert back(torch.ones(2)).tolist() == [2.0, 3.0]
    assert (back.calls, module.calls, back.code) == (2, 1, module.code)


def test_streams_and_methods(tmp_path: Path) -> None:
    stream = io.BytesIO()
    torch.jit.save(torch.jit.script(Counter()), stream)
    stream.seek(0)
    assert torch.jit.load(stream)(torch.ones(2)).tolist() == [2.0, 3.0]
    add.save(str(tmp_path / "add.pt"))
    assert torch.jit.load(tmp_path / "add.pt")(1, 2) == 3
    with pytest.raises(TypeError, match="path of a file"):
        add.save(io.BytesIO())
    with zipfile.ZipFile(tmp_path / "add.pt") as file:
        assert {n.partition("/")[0] for n in file.namelist()} == {"add"}


def test_loaded_module_inside_of_another() -> None:
    loaded = torch.jit.load(io.BytesIO(torch.jit.script(Counter()).save_to_buffer()))

    class Outer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = loaded
            self.own = Counter()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.inner(x) + self.own(x)

    outer = torch.jit.script(Outer())
    again = torch.jit.load(io.BytesIO(outer.save_to_buffer()))
    assert again(torch.ones(2)).tolist() == outer(torch.ones(2)).tolist() == [4.0, 6.0]


def test_what_cannot_be_saved() -> None:
    with pytest.raises(AttributeError, match="'Linear' object has no attribute 'save'"):
        torch.jit.save(nn.Linear(1, 1), io.BytesIO())
    with pytest.raises(RuntimeError, match="Could not export Python function call 'stays_in_python'"):
        torch.jit.script(calls_python).save_to_buffer()


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="does not exist"):
        torch.jit.load(tmp_path / "nothing.pt")
    with pytest.raises(ValueError, match="is a directory"):
        torch.jit.load(tmp_path)
    with pytest.raises(RuntimeError, match="Attempting to deserialize object on a CUDA device"):
        torch.jit.load(io.BytesIO(), map_location="cuda:0")


# ---- archives made by hand
def archive(*content: object, **given: object) -> io.BytesIO:
    return io.BytesIO(hand_built.archive(*content, **given))  # type: ignore[arg-type]


def test_minimal_archive() -> None:
    module = torch.jit.load(archive())
    assert module(torch.ones(1)).tolist() == [3.0]
    assert torch.jit.load(archive(GOOD.replace("torch.mul(x, self.k)", "x * self.k")))(torch.ones(1)).tolist() == [3.0]


def test_defaults_may_be_lists_and_infinite() -> None:
    code = GOOD.replace("x: Tensor)", "x: Tensor,\n      ns: List[int]=[2, 3],\n      high: float=inf)")
    module = torch.jit.load(archive(code.replace("self.k", "ns[1]")))
    assert module(torch.ones(1)).tolist() == [3.0]
    assert str(module.forward.schema).endswith("Tensor x, int[] ns=[2, 3], float high=inf) -> Tensor")


@pytest.mark.parametrize("name", ["data.pkl", "constants.pkl", "version"])
def test_missing_members_are_named(name: str) -> None:
    with pytest.raises(ArchiveError, match=name):
        torch.jit.load(archive(leave_out=name))


@pytest.mark.parametrize("version", [b"", b"abc", b"11", b"0", b"-1", b"9" * 400])
def test_versions_that_are_none_of_ours(version: bytes) -> None:
    with pytest.raises(ArchiveError, match="version"):
        torch.jit.load(archive(more={"version": version}))


PYTHON = [
    "return __import__('os').system('true')",
    "return eval('1')",
    "return open('/etc/passwd')",
    "return exec('1')",
    "return getattr(torch, 'os')",
    "return torch.os.system('true')",
    "return torch.__loader__",
    "return torch.save(x, 'file')",
    "return torch.from_file('file')",
    "return ops.aten.save(x, 'file')",
    "return ops.prim.rpc_async(x)",
    "return x.__class__",
    "return self.__class__.__init__",
    "return CONSTANTS.c0",
    "return CONSTANTS.__class__",
    "return __torch__.__class__",
    "return __torch__.os.system",
    "return (lambda: x)()",
    "return [y for y in ().__class__.__bases__]",
    "import os",
    "global x",
    "return self.forward(x, )",
    "return fork(x)",
    "return sys",
    "return len",
    "return __builtins__",
]


def test_a_line_after_the_return_is_no_reason_to_refuse() -> None:
    assert torch.jit.load(archive(body("return torch.add(x, 1)", "return x")))(torch.ones(1)).tolist() == [2.0]


@pytest.mark.parametrize("line", PYTHON)
def test_code_reaches_nothing_of_python(line: str) -> None:
    with pytest.raises(Ts2cppError):
        torch.jit.load(archive(body(line, "return x")))


CODE = {
    "no python": "class M(Module:\n",
    "zero byte": GOOD + "\0",
    "statement": GOOD + "\nprint('x')\n",
    "twice": GOOD + GOOD,
    "base": GOOD.replace("(Module)", "(__torch__.Other)"),
    "unknown type": GOOD.replace("k : int", "k : __torch__.Other"),
    "evaluated type": GOOD.replace("k : int", "k : __import__('os').system('true')"),
    "type that is a call": GOOD.replace("k : int", "k : List[print('x')]"),
    "computed constant": GOOD.replace("k : int", "k : int\n  c : Final[int] = __import__('os').getpid()"),
    "computed default": GOOD.replace("x: Tensor)", "x: Tensor,\n      n: int=__import__('os').getpid())"),
    "default of another type": GOOD.replace("x: Tensor)", "x: Tensor,\n      n: int='a')"),
    "enum of objects": GOOD + "\nclass E(Enum):\n  A = __import__('os')\n",
    "brackets": GOOD.replace("self.k", "(" * 5000 + "self.k" + ")" * 5000),
    "minus signs": GOOD.replace("self.k", "-" * 100_000 + "self.k"),
    "additions": GOOD.replace("self.k", "self.k" + " + 1" * 20_000),
    "blocks": body(*("  " * depth + "if True:" for depth in range(99)), "  " * 99 + "return x"),
}


@pytest.mark.parametrize("name", CODE)
def test_hostile_code_is_refused(name: str) -> None:
    code = CODE[name]
    data = Instance(Global("__torch__", "E"), {}) if name == "enum of objects" else STATE
    with pytest.raises(Ts2cppError):
        torch.jit.load(archive(code, data))


def cyclic() -> object:
    items: list[object] = []
    items.append(items)
    return Instance(Global("__torch__", "M"), {"k": items})


def nested(depth: int) -> bytes:
    """A pickle whose attribute is a list in a list in a list..."""
    return b"\x80\x02c__torch__\nM\n)\x81}(X\x01\x00\x00\x00k" + b"]" * depth + b"a" * (depth - 1) + b"ub."


DATA = {
    "no object": [1, 2],
    "object of Python": Instance(Global("os", "M"), {"k": 3}),
    "state that is no dict": Call(Global("__torch__", "M"), ()),
    "missing attribute": Instance(Global("__torch__", "M"), {}),
    "wrong type": Instance(Global("__torch__", "M"), {"k": "text"}),
    "call of Python": Instance(Global("__torch__", "M"), {"k": Call(Global("os", "system"), ("true",))}),
    "call of a builtin": Instance(Global("__torch__", "M"), {"k": Call(Global("builtins", "eval"), ("1",))}),
    "object in the place of a number": Instance(Global("__torch__", "M"), {"k": STATE}),
    "cycle": cyclic(),
    "nested": nested(900),
    "nested more": nested(100_000),
}


@pytest.mark.parametrize("name", DATA)
def test_hostile_data_is_refused(name: str) -> None:
    with pytest.raises(Ts2cppError):
        torch.jit.load(archive(data=DATA[name]))


def test_hostile_constants_are_refused() -> None:
    for constants in ([1], (STATE,), (Call(Global("os", "system"), ("true",)),)):
        with pytest.raises(ArchiveError, match=r"constants\.pkl"):
            torch.jit.load(archive(constants=constants))


def test_state_that_nobody_declares_is_dropped() -> None:
    more = Instance(Global("__torch__", "M"), {"k": 3, "__reduce__": Call(Global("os", "system"), ("true",))})
    assert torch.jit.load(archive(data=more))(torch.ones(1)).tolist() == [3.0]


def test_nothing_is_imported_or_run() -> None:
    heard: list[str] = []
    listening = [True]

    def hook(event: str, arguments: object) -> None:
        if listening and event in ("exec", "import", "os.system", "subprocess.Popen", "open"):
            heard.append(event)

    torch.jit.load(archive())  # whatever is imported on first use
    content = archive(body("return torch.mul(torch.add(x, 1), self.k)"))
    sys.addaudithook(hook)
    try:
        torch.jit.load(content)
    finally:
        listening.clear()
    assert heard == []
