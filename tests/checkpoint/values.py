"""What the tests save: made with either torch, and described in a way that does not depend on which."""

from __future__ import annotations

import io
import pickle
import struct
import tarfile
from collections import OrderedDict
from typing import Any

DTYPES = (
    "float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool", "complex64", "complex128",
)  # fmt: skip


def contents(torch: Any) -> dict[str, Any]:
    """Every kind of value that a checkpoint may hold with ``weights_only``."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3), torch.nn.Conv2d(1, 2, 2))
    grid = torch.arange(24.0).view(2, 3, 4)
    return {
        "model": model.state_dict(),
        "parameters": dict(model.named_parameters()),
        "dtypes": {name: torch.arange(5).to(getattr(torch, name)) for name in DTYPES},
        "views": [
            grid,
            grid[1],
            grid[:, 1:, ::2],
            grid.permute(2, 0, 1),
            grid.view(-1)[3:7],
            grid[0, 0, 0].expand(3, 2),
        ],
        "tied": (model[0].weight, model[0].weight),
        "empty": [torch.zeros(0), torch.zeros(2, 0, 3), torch.tensor(7)],
        "gradient": torch.ones(2, requires_grad=True),
        "numbers": [1, -1, 255, 70000, -(1 << 40), 1 << 70, 2.5, float("inf"), True, None, 1j],
        "texts": ["", "é\u4e2d", "a" * 300, b"\x00\xff", bytearray(b"ab")],
        "containers": {"list": [[], [1, [2]]], "tuple": ((), (1,), (1, 2), (1, 2, 3, 4)), "set": {3}, 4: {"deep": {}}},
        "ordered": OrderedDict([("b", 1), ("a", 2)]),
        "torch": [torch.Size([2, 3]), torch.float16, torch.device("cpu"), torch.device("cuda", 1)],
        "buffer": torch.nn.Buffer(torch.ones(2)),
    }


def described(value: Any, storages: dict[int, int] | None = None) -> Any:
    """A value as plain data: of tensors their type, elements, strides, and which of them share memory."""
    storages = {} if storages is None else storages
    if hasattr(value, "untyped_storage"):
        storage = value.untyped_storage()
        number = storages.setdefault(storage.data_ptr(), len(storages)) if storage.nbytes() else -1
        kind = "Parameter" if type(value).__name__ == "Parameter" else "Tensor"
        place = (number, storage.nbytes(), value.storage_offset(), tuple(value.stride())) if value.numel() else ()
        plain = value.detach()
        elements = (
            plain.double().tolist() if str(value.dtype) in ("torch.bfloat16", "torch.float16") else plain.tolist()
        )
        return (kind, str(value.dtype), tuple(value.shape), place, value.requires_grad, elements)
    if isinstance(value, dict):
        metadata = getattr(value, "_metadata", None)
        items = [(key, described(item, storages)) for key, item in value.items()]
        return (type(value).__name__, items, None if metadata is None else described(metadata))
    if isinstance(value, (list, tuple)):
        return (type(value).__name__, [described(item, storages) for item in value])
    return (type(value).__name__.lower(), repr(value))


def with_open_storages(torch: Any, value: Any) -> Any:
    """``described``, and that what is written to one tensor is seen in another."""
    before = described(value)
    value["views"][0][0, 0, 0] = 100
    assert value["views"][5][2, 1].item() == 100
    value["views"][0][0, 0, 0] = 0
    assert value["tied"][0] is value["tied"][1]
    return before


class _Name:
    """A name of an old PyTorch in a pickle."""

    def __init__(self, name: str) -> None:
        self.__qualname__ = self.__name__ = name
        self.__module__ = "torch"

    def __reduce__(self) -> str:
        return self.__name__


class _Pickler(pickle._Pickler):
    def save_global(self, obj: Any, name: Any = None) -> None:
        self.write(f"ctorch\n{obj.__name__}\n".encode())  # type: ignore[attr-defined]

    def persistent_id(self, obj: Any) -> Any:
        return obj.number if isinstance(obj, Stored) else None


class Stored:
    """Stands for a tensor that lies beside the pickle."""

    def __init__(self, number: int) -> None:
        self.number = number


def _pickled(value: Any) -> bytes:
    out = io.BytesIO()
    _Pickler(out, 2).dump(value)
    return out.getvalue()


def tar_checkpoint(value: Any) -> bytes:
    """A file of the oldest format with one storage (1, 2, 3, 4, 5, 6), a view of it, and three tensors 10, 11, 12."""
    storages = _pickled(1) + _pickled((1, "cpu", _Name("FloatStorage"))) + struct.pack("<q6f", 6, *range(1, 7))
    storages += _pickled([(2, 1, 2, 4)])

    def tensor(key: int, storage: int, size: tuple[int, ...], stride: tuple[int, ...], offset: int) -> bytes:
        numbers = struct.pack(f"<ii{2 * len(size) + 1}q", len(size), 0, *size, *stride, offset)
        return _pickled((key, storage, _Name("FloatTensor"))) + numbers

    tensors = (
        _pickled(3) + tensor(10, 1, (2, 3), (3, 1), 0) + tensor(11, 1, (3,), (2,), 1) + tensor(12, 2, (2, 2), (1, 2), 0)
    )
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in (("storages", storages), ("tensors", tensors), ("pickle", _pickled(value))):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


TAR = {"a": Stored(10), "b": Stored(11), "c": [Stored(12)], "epoch": 3}
OF_TAR = {"a": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "b": [2.0, 4.0, 6.0], "c": [[3.0, 5.0], [4.0, 6.0]]}
