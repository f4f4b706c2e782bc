"""Archives built to hurt: small files with much behind them, and files that are almost right."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from transpile.archive.pickle_data import Call, Global, Instance, Persistent
from transpile.archive.pickle_writer import dump
from transpile.archive.zip_writer import ZipWriter

CODE = """
class M(Module):
  __parameters__ = []
  __buffers__ = []
  k : int
  def forward(self: __torch__.M,
      x: Tensor) -> Tensor:
    return torch.mul(x, self.k)
"""
STATE = Instance(Global("__torch__", "M"), {"k": 3})
_OPEN = b"\x80\x02c__torch__\nM\n)\x81}(X\x01\x00\x00\x00k"  # a module whose attribute k follows
_CLOSE = b"ub."


def archive(
    code: str | bytes = CODE,
    data: Any = STATE,
    constants: Any = (),
    *,
    packed: bool = False,
    more: Mapping[str, bytes] = {},
    leave_out: str = "",
) -> bytes:
    """An archive with one module; ``data`` and ``constants`` may be pickles or what is pickled."""
    members = {
        "data.pkl": data if isinstance(data, bytes) else dump(data),
        "code/__torch__.py": code if isinstance(code, bytes) else code.encode("utf-8", "surrogatepass"),
        "constants.pkl": constants if isinstance(constants, bytes) else dump(constants),
        "version": b"3\n",
        **more,
    }
    out = ZipWriter("m")
    for name, content in members.items():
        if name != leave_out:
            out.add(name, content, compress=packed and not name.endswith(".pkl"))
    return out.finish()


def body(*lines: str) -> str:
    """The code of the module with other lines in ``forward``."""
    return CODE.replace("    return torch.mul(x, self.k)\n", "".join(f"    {line}\n" for line in lines))


def _typed(type: str, before: str = "") -> str:
    return before + CODE.replace("k : int", f"k : {type}").replace("torch.mul(x, self.k)", "x")


def _shared(times: int) -> bytes:
    """A pair of a value and itself, which is a pair of a value and itself..."""
    made = b"K\x01q\x00"
    for n in range(times):
        made += b"h" + bytes([n]) + b"\x86q" + bytes([n + 1])
    return made


def _lists(times: int) -> bytes:
    """Lists that hold the list below twice; all lie in a list, whose last one is of use."""
    made = b"("
    for n in range(times):
        below = b"h" + bytes([n - 1]) if n else b"K\x01"
        made += b"](" + below + below + b"eq" + bytes([n])
    return made + b"t"


def _deep_list(depth: int) -> str:
    return "List[" * depth + "int" + "]" * depth


def _named_chain(length: int) -> str:
    first = "class T0(NamedTuple):\n  a : int\n"
    return first + "".join(
        f"class T{n}(NamedTuple):\n  a : __torch__.T{n - 1}\n  b : __torch__.T{n - 1}\n" for n in range(1, length)
    )


def _tensor(
    size: Any, stride: Any, *, offset: Any = 0, count: Any = 1, kind: str = "FloatStorage", key: str = "0"
) -> Any:
    storage = Persistent(("storage", Global("torch", kind), key, "cpu", count))
    arguments = (storage, offset, size, stride, False, Call(Global("collections", "OrderedDict"), ()))
    return Instance(Global("__torch__", "M"), {"k": Call(Global("torch._utils", "_rebuild_tensor_v2"), arguments)})


def _with_tensor(*arguments: Any, **named: Any) -> bytes:
    return archive(_typed("Tensor"), _tensor(*arguments, **named), more={"data/0": b"\0\0\x80?"})


def _broken(name: str) -> bytes:
    """A member that nobody reads, with another content than its checksum says."""
    content = archive(more={name: b"some content that is not read"})
    return content.replace(b"some content that is not read", b"some content that was not read"[:29])


def _flagged(at: int, value: bytes) -> bytes:
    content = bytearray(archive())
    directory = content.index(b"PK\x01\x02")
    content[directory + at : directory + at + len(value)] = value
    return bytes(content)


def _bomb(size: int) -> bytes:
    return archive(more={"extra/zeros": bytes(size)}, packed=True)


def _folded(line: str, times: int, first: str = "l = [1, 2, 3, 4]") -> bytes:
    return archive(body(first, *[line] * times, "return torch.mul(x, torch.len(l))"))


def _calls(length: int) -> bytes:
    """Functions that call the next one twice."""
    text = "".join(
        f"def f{n}(x: Tensor) -> Tensor:\n  return torch.add(__torch__.f{n + 1}(x, ), __torch__.f{n + 1}(x, ))\n"
        for n in range(length)
    )
    text += f"def f{length}(x: Tensor) -> Tensor:\n  return x\n"
    return archive(text + body("return __torch__.f0(x, )"))


HOSTILE: dict[str, Callable[[], bytes]] = {
    # exponential work
    "nested tuples": lambda: archive(_typed("int"), _OPEN + _shared(60) + _CLOSE),
    "nested tuples of any type": lambda: archive(_typed("Any"), _OPEN + _shared(60) + _CLOSE),
    "nested tuples as constants": lambda: archive(constants=b"\x80\x02" + _shared(60) + b"\x85."),
    "nested lists": lambda: archive(_typed(_deep_list(60)), _OPEN + _lists(60) + _CLOSE),
    "nested lists of any type": lambda: archive(_typed("Any"), _OPEN + _lists(60) + _CLOSE),
    "nested lists in a tuple": lambda: archive(
        _typed("Tuple[" + ", ".join(_deep_list(n + 1) for n in range(40)) + "]"), _OPEN + _lists(40) + _CLOSE
    ),
    "a chain of named tuples": lambda: archive(_typed("__torch__.T59", _named_chain(60))),
    "a chain of named tuples in a signature": lambda: archive(
        _named_chain(60) + CODE.replace("x: Tensor", "x: __torch__.T59")
    ),
    "a chain of named tuples in a union": lambda: archive(
        _typed("Union[__torch__.T59, __torch__.T58]", _named_chain(60))
    ),
    "a named tuple of itself": lambda: archive(_typed("__torch__.T", "class T(NamedTuple):\n  a : __torch__.T\n")),
    "a class of itself": lambda: archive(_typed("__torch__.M")),
    "tuples of tuples in code": lambda: archive(body("t = (x, x)", "t0 = (t, t)", "t = (t0, t0)", "return x")),
    "tuples doubled in code": lambda: archive(
        body("t0 = (x, x)", *(f"t{n + 1} = (t{n}, t{n})" for n in range(60)), "return x")
    ),
    "lists added to themselves": lambda: _folded("l = torch.add(l, l)", 60),
    "lists that grow in place": lambda: _folded("l = torch.add_(l, l)", 60),
    "a list times a billion": lambda: _folded("l = torch.mul(l, 1000000000)", 4),
    "a text that doubles": lambda: archive(
        body("s = 'ab'", *["s = torch.add(s, s)"] * 60, "return torch.mul(x, torch.len(s))")
    ),
    "a text of a billion blanks": lambda: archive(
        body("s = torch.center('a', 4000000000)", "return torch.mul(x, torch.len(s))")
    ),
    "texts replaced by texts": lambda: archive(
        body("s = 'a' ", *["s = torch.replace(s, 'a', 'aaaaaaaaaaaaaaaa')"] * 20, "return x")
    ),
    "tensors of a trillion": lambda: archive(body("y = torch.ones([1000000, 1000000])", "return torch.add(x, y)")),
    "powers of powers": lambda: archive(body("n = 9", *["n = torch.pow(n, 9)"] * 40, "return torch.mul(x, n)")),
    "a shift by a billion": lambda: archive(body("n = torch.__lshift__(1, 1000000000000)", "return torch.mul(x, n)")),
    "functions that call twice": lambda: _calls(20),
    "a loop of 2 ** 62": lambda: archive(
        body("for i in range(4611686018427387904):", "  x = torch.add(x, i)", "return x")
    ),
    # size
    "a million brackets": lambda: archive(body("return " + "[" * 1_000_000)),
    "a hundred thousand lists": lambda: archive(body("l = [" + "[]," * 100_000 + "]", "return x")),
    "ten thousand lists": lambda: archive(body("l = [" + "[]," * 10_000 + "]", "return x")),
    "a hundred thousand minus signs": lambda: archive(body("return " + "-" * 100_000 + "x")),
    "text that inflates": lambda: archive(CODE + "#" * 30_000_000, packed=True),
    "a bomb": lambda: _bomb(90_000_000),
    "a number of a hundred thousand digits": lambda: archive(body(f"return torch.mul(x, {'9' * 100_000})")),
    "a name of a megabyte": lambda: archive(body("a" * 1_000_000 + " = x", "return x")),
    "a pickle of marks": lambda: archive(data=b"\x80\x02" + b"(" * 1_000_000),
    "a pickle of lists in lists": lambda: archive(data=_OPEN + b"]" * 400_000 + b"a" * 399_999 + _CLOSE),
    "a text of 4 GB": lambda: archive(data=b"\x80\x02X\xff\xff\xff\xffabc."),
    "memory without end": lambda: archive(
        data=b"\x80\x02" + b"".join(b"Nr" + struct.pack("<I", n) for n in range(100_000)) + b"."
    ),
    "ten thousand members": lambda: archive(more={f"extra/{n}": b"" for n in range(10_000)}),
    # tensors
    "a tensor of no elements times 2 ** 61": lambda: _with_tensor((0, 2**61), (1, 1)),
    "a tensor of 2 ** 61 elements": lambda: _with_tensor((2**61,), (0,)),
    "a tensor of 2 ** 27 times one element": lambda: _with_tensor((2**27,), (0,)),
    "a tensor behind its storage": lambda: _with_tensor((1,), (1,), offset=1),
    "a tensor with strides that wrap": lambda: _with_tensor((3,), (2**61,)),
    "a tensor with negative sizes": lambda: _with_tensor((-1,), (1,)),
    "a tensor of 65 dimensions": lambda: _with_tensor((1,) * 65, (1,) * 65),
    "a storage of objects": lambda: _with_tensor((1,), (1,), kind="ObjectStorage"),
    "a storage outside of the archive": lambda: _with_tensor((1,), (1,), key="../../etc/passwd"),
    "a storage that is too long": lambda: _with_tensor((1,), (1,), count=2**60),
    # what is no text, no type, no method
    "parameters that are a number": lambda: archive(CODE.replace("__parameters__ = []", "__parameters__ = 5")),
    "buffers that are a dict": lambda: archive(CODE.replace("__buffers__ = []", "__buffers__ = {1: 2}")),
    "a dict of one type": lambda: archive(_typed("Dict[str]")),
    "a list of two types": lambda: archive(_typed("List[int, int]")),
    "an optional of nothing": lambda: archive(_typed("Optional[()]")),
    "a future of nothing": lambda: archive(_typed("Future[()]")),
    "a method without self": lambda: archive(
        CODE.replace("self: __torch__.M,\n      x: Tensor", "").replace("torch.mul(x, self.k)", "1")
    ),
    "an interface with a type as a default": lambda: archive(
        _typed("__torch__.I", "class I(Interface):\n  def f(self, x= Tensor) -> Tensor:\n    pass\n")
    ),
    "bytes as a value": lambda: archive(body("y = b'x'", "return x")),
    "half a character": lambda: archive(body("s = '\\ud800'", "return x")),
    "half a character in a default": lambda: archive(CODE.replace("x: Tensor)", "x: Tensor,\n      s: str='\\ud800')")),
    "half a character in a message": lambda: archive(body("ops.prim.RaiseException('\\udfff')", "return x")),
    "half a character in the file": lambda: archive(body("s = '\ud800'", "return x")),
    "warnings of Python": lambda: archive(body("s = '\\d'", "if 1is 1:", "  x = torch.neg(x)", "return x")),
    # what is ignored
    "a decorator": lambda: archive(CODE.replace("class M", "@__import__('os').system\nclass M")),
    "a decorated method": lambda: archive(CODE.replace("  def forward", "  @staticmethod\n  def forward")),
    "two bases": lambda: archive(CODE.replace("(Module)", "(Module, __torch__.Other)")),
    "a metaclass": lambda: archive(CODE.replace("(Module)", "(Module, metaclass=type)")),
    "an enum with a method": lambda: archive(_typed("__torch__.E", "class E(Enum):\n  mro = 1\n")),
    # zip
    "a member that nobody reads is damaged": lambda: _broken("extra/unread"),
    "an encrypted member": lambda: _flagged(8, b"\x01"),
    "a member by another method": lambda: _flagged(10, b"\x0c"),
    "a member that is larger than the file": lambda: _flagged(20, b"\xff\xff\xff\x7f\xff\xff\xff\x7f"),
    "a member with a path upwards": lambda: archive(more={"../../evil": b"x", "/etc/evil": b"x"}),
    "nothing but a directory": lambda: b"PK\x05\x06" + bytes(18),
    "code that is compressed twice": lambda: archive(zlib.compress(CODE.encode())),
}
