"""Archives as earlier releases of PyTorch wrote them, by format version, in the spelling of their time.

``ARCHIVES`` maps names to archives with arguments of a call.  What PyTorch computes from them is recorded by
``python -m tests.conformance.archives``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from transpile.archive.pickle_data import Call, Global, Instance, Persistent
from transpile.archive.pickle_writer import dump
from transpile.archive.zip_writer import ZipWriter

_STORAGES = {"float32": "FloatStorage", "int64": "LongStorage"}


@dataclass
class OldArchive:
    """A module ``__torch__.M``: its format version, attributes by name with the types in the code, and the lines of ``forward``.

    ``more`` is code beside the class; ``state`` values are those of the pickle.  Tensors are given as arrays.
    """

    version: int
    body: str
    arguments: tuple[Any, ...]
    parameters: str = "x: Tensor"
    attributes: dict[str, tuple[str, Any]] = field(default_factory=dict)
    weights: tuple[str, ...] = ()
    returned: str = "Tensor"
    more: str = ""

    def code(self) -> str:
        """The text, which said which version of operators it means until PyTorch 1.5."""
        header = "op_version_set = 1\n" if self.version < 3 else ""
        lines = [f"  __parameters__ = [{''.join(f'{w!r}, ' for w in self.weights)}]".replace("'", '"')]
        if self.version >= 3:
            lines.append("  __buffers__ = []")
        lines += [f"  {name} : {kind}" for name, (kind, _) in self.attributes.items()]
        signature = f"  def forward(self: __torch__.M,\n    {self.parameters}) -> {self.returned}:"
        body = [f"    {line}" for line in self.body.strip("\n").splitlines()]
        return header + "class M(Module):\n" + "\n".join([*lines, signature, *body]) + "\n" + self.more

    def content(self) -> bytes:
        """The file."""
        out = ZipWriter("old")
        records: list[bytes] = []
        state = {name: self._pickled(value, records) for name, (_, value) in self.attributes.items()}
        for number, record in enumerate(records):
            out.add(f"data/{number}", record)
        out.add("data.pkl", dump(Instance(Global("__torch__", "M"), state)))
        out.add("code/__torch__.py", self.code().encode(), compress=True)
        out.add("constants.pkl", dump(()))
        out.add(".data/version" if self.version >= 6 else "version", f"{self.version}\n".encode())
        return out.finish()

    def _pickled(self, value: Any, records: list[bytes]) -> Any:
        if not isinstance(value, np.ndarray):
            return value
        memory = value if value.base is None else value.base
        content = memory.tobytes()
        if content not in records:
            records.append(content)
        number = str(records.index(content))
        name = Global("torch", _STORAGES[str(value.dtype)])
        last = (None,) if self.version < 3 else ()  # until PyTorch 1.5 a place was kept for what a view is
        storage = Persistent(("storage", name, number, "cpu", memory.size, *last))
        offset = (value.__array_interface__["data"][0] - memory.__array_interface__["data"][0]) // value.itemsize
        strides = tuple(s // value.itemsize for s in value.strides)
        arguments = (
            storage,
            offset,
            value.shape,
            strides,
            value.dtype == np.float32,
            Call(Global("collections", "OrderedDict"), ()),
        )
        return Call(Global("torch._utils", "_rebuild_tensor_v2"), arguments)


INTS = np.array([7, -7, 2])
FLOATS = np.array([7.0, -7.0, 2.0], np.float32)
IMAGE = (np.arange(16, dtype=np.float32) / 8).reshape(1, 1, 4, 4)
_WEIGHT = np.array([[1.0, 2.0], [0.5, -1.0]], np.float32)
_KERNEL = (np.arange(9, dtype=np.float32) / 4).reshape(1, 1, 3, 3)
_SHARED = np.arange(6, dtype=np.float32)

_LINEAR = """
weight = self.weight
bias = self.bias
_0 = torch.eq(torch.dim(x), 2)
if _0:
  ret = torch.addmm(bias, x, torch.t(weight), beta=1, alpha=1)
else:
  output = torch.matmul(x, torch.t(weight))
  ret = torch.add_(output, bias, alpha=1)
return ret
"""
_LOOP = """
total = torch.zeros([], dtype=6, layout=0, device=torch.device("cpu"), pin_memory=False)
_0 = uninitialized(Tensor)
i = 0
_1 = torch.lt(i, 3)
total0 = total
while _1:
  total1 = torch.add(total0, torch.sum(torch.div(x, i + 1), dtype=None), alpha=1)
  i0 = torch.add(i, 1)
  _2, total0, i = torch.lt(i0, 3), total1, i0
  _1 = _2
return total0
"""

ARCHIVES: dict[str, OldArchive] = {
    "1 div of ints": OldArchive(1, "return torch.div(x, 2)", (INTS,)),
    "1 a number and a tensor": OldArchive(1, "return torch.div(torch.add(x, 1, 1), torch.mul(x, 2))", (FLOATS,)),
    "2 linear": OldArchive(
        2,
        _LINEAR,
        (np.ones((1, 2), np.float32),),
        attributes={"weight": ("Tensor", _WEIGHT), "bias": ("Tensor", _WEIGHT[0] * 2)},
        weights=("weight", "bias"),
    ),
    "2 views of one storage": OldArchive(
        2,
        "return torch.add(torch.mul(x, self.low), self.high, alpha=1)",
        (FLOATS,),
        attributes={"low": ("Tensor", _SHARED[:3]), "high": ("Tensor", _SHARED[3:])},
    ),
    "2 convolution of a trace": OldArchive(
        2,
        "return torch._convolution(x, self.weight, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, False, False, True)",
        (IMAGE,),
        attributes={"weight": ("Tensor", _KERNEL)},
        weights=("weight",),
    ),
    "2 containers without tags": OldArchive(
        2,
        """
_0 = torch.__getitem__(self.table, "b")
return torch.mul(x, torch.__getitem__(_0, 1))
""",
        (FLOATS,),
        attributes={"table": ("Dict[str, List[int]]", {"a": [], "b": [4, 5]})},
    ),
    "2 sizes as tensors": OldArchive(
        2,
        """
_0 = ops.prim.NumToTensor(torch.size(x, 0))
return torch.view(x, [1, int(_0)])
""",
        (FLOATS,),
    ),
    "2 full of ints": OldArchive(
        2,
        'return torch.full([2], 7, dtype=None, layout=None, device=torch.device("cpu"), pin_memory=False)',
        (FLOATS,),
    ),
    "2 an optional and its unwrapping": OldArchive(
        2,
        """
if torch.__isnot__(self.bias, None):
  y = torch.add(x, ops.prim.unchecked_unwrap_optional(self.bias), alpha=1)
else:
  y = x
return y
""",
        (FLOATS,),
        attributes={"bias": ("Optional[Tensor]", FLOATS)},
    ),
    "3 div of ints by a tensor": OldArchive(
        3, "return torch.div(x, y)", (INTS, np.array([2, 2, -2])), "x: Tensor,\n    y: Tensor"
    ),
    "3 div of ints by floats": OldArchive(3, "return torch.div(x, y)", (INTS, FLOATS), "x: Tensor,\n    y: Tensor"),
    "3 div of floats by an int": OldArchive(3, "return torch.div(x, 2)", (FLOATS,)),
    "3 div of ints by a float": OldArchive(3, "return torch.div(x, 2.)", (INTS,)),
    "3 div by a number": OldArchive(3, "return torch.div(x, n)", (INTS, 2), "x: Tensor,\n    n: number"),
    "3 div by a number that is a float": OldArchive(
        3, "return torch.div(x, n)", (INTS, 2.5), "x: Tensor,\n    n: number"
    ),
    "3 div in place": OldArchive(3, "return torch.div_(torch.add(x, 1, 1), 2)", (INTS,)),
    "3 div in place by a tensor": OldArchive(3, "return torch.div_(torch.add(x, 1, 1), x)", (INTS,)),
    "3 div into a tensor": OldArchive(3, "return torch.div(x, x, out=torch.zeros([3], dtype=4))", (INTS,)),
    "3 div into a tensor of floats": OldArchive(3, "return torch.div(x, 2 * x, out=torch.zeros([3]))", (INTS,)),
    "3 div with a rounding": OldArchive(3, 'return torch.div(x, 2, rounding_mode="floor")', (INTS,)),
    "3 div in place with a rounding": OldArchive(3, 'return torch.div_(x, x, rounding_mode="trunc")', (FLOATS,)),
    "3 div of numbers": OldArchive(3, "return torch.mul(x, torch.div(1, torch.len(x)))", (FLOATS,)),
    "3 the operator": OldArchive(3, "return x / 2", (INTS,)),
    "3 a loop": OldArchive(3, _LOOP, (INTS,)),
    "3 upsampling without scales": OldArchive(3, "return torch.upsample_nearest2d(x, [2, 8])", (IMAGE,)),
    "3 a named tuple and a class": OldArchive(
        3,
        """
_0 = __torch__.Counter.__new__(__torch__.Counter)
_1 = (_0).__init__(2, )
p = __torch__.Pair(torch.div(x, 4), (_0).up())
return torch.mul((p).first, (p).second)
""",
        (INTS,),
        more="""class Pair(NamedTuple):
  first : Tensor
  second : int
class Counter:
  n : int
  def __init__(self: __torch__.Counter,
    n: int) -> None:
    self.n = n
  def up(self: __torch__.Counter) -> int:
    self.n = torch.add(self.n, 1)
    return self.n
""",
    ),
    "4 div of ints": OldArchive(4, "return torch.div(x, 2)", (INTS,)),
    "4 full of ints": OldArchive(4, "return torch.full([2], 7)", (FLOATS,)),
    "4 full of bools": OldArchive(4, "return torch.full([2], True)", (FLOATS,)),
    "4 full of a dtype": OldArchive(4, "return torch.full([2], 7, dtype=4)", (FLOATS,)),
    "4 full of a dtype or none": OldArchive(
        4,
        "return torch.add(torch.full([3], 7, dtype=self.kind), torch.full([3], 1, dtype=n))",
        (FLOATS, 4),
        "x: Tensor,\n    n: Optional[int]=None",
        {"kind": ("Optional[int]", None)},
    ),
    "4 full into a tensor": OldArchive(4, "return torch.full([2], 7, out=torch.zeros([2], dtype=4))", (FLOATS,)),
    "5 full of ints": OldArchive(5, "return torch.full([2], 7)", (FLOATS,)),
    "6 full of bools": OldArchive(6, "return torch.full([2], True)", (FLOATS,)),
    "7 linspace without steps": OldArchive(7, "return torch.sum(torch.linspace(0, 1, dtype=6))", (FLOATS,)),
    "7 linspace with steps or none": OldArchive(
        7,
        "return torch.cat([torch.linspace(0, 1, n), torch.linspace(0., 2., self.steps)])",
        (FLOATS, 4),
        "x: Tensor,\n    n: Optional[int]=None",
        {"steps": ("Optional[int]", None)},
    ),
    "7 linspace into a tensor": OldArchive(
        7, "return torch.sum(torch.linspace(1, 3, out=torch.zeros([100])))", (FLOATS,)
    ),
    "8 linspace": OldArchive(8, "return torch.linspace(0, 1, 3)", (FLOATS,)),
    "8 logspace without steps": OldArchive(8, "return torch.sum(torch.logspace(0, 1))", (FLOATS,)),
    "8 logspace with a base": OldArchive(8, "return torch.sum(torch.logspace(0, 1, None, 2.))", (FLOATS,)),
    "8 logspace into a tensor": OldArchive(
        8, "return torch.sum(torch.logspace(0, 1, None, 2., out=torch.zeros([100])))", (FLOATS,)
    ),
    "9 logspace": OldArchive(9, "return torch.logspace(0, 2, 3)", (FLOATS,)),
    "9 gelu": OldArchive(9, "return torch.gelu(x)", (FLOATS,)),
    "9 gelu into a tensor": OldArchive(9, "return torch.gelu(x, out=torch.zeros([3]))", (FLOATS,)),
}
