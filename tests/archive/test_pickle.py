"""The pickle machine builds data, executes nothing, and allocates no more than the bytes it is given warrant."""

from __future__ import annotations

import collections
import pickle
import struct
import sys
from typing import Any

import numpy as np
import pytest

from transpile.archive.pickle_data import Call, Global, Instance, Persistent
from transpile.archive.pickle_reader import PickleReader
from transpile.archive.pickle_writer import dump
from transpile.archive.tensors import StorageReader, StorageWriter
from transpile.core.errors import ArchiveError


def load(data: bytes) -> object:
    return PickleReader(data, "data.pkl").load()


def test_plain_values_come_back() -> None:
    text = "été"
    shared = [1, 2]
    value = (
        None,
        True,
        False,
        0,
        255,
        256,
        65536,
        -1,
        2**40,
        -(2**63),
        1.5,
        text,
        shared,
        shared,
        {"a": (1,), text: []},
    )
    back = load(dump(value))
    assert isinstance(back, tuple) and back == value
    assert back[12] is back[13]


def test_what_python_writes_with_protocol_2_can_be_read() -> None:
    value = {"a": [1.5, (2, "x"), None], "b": {"c": True}}
    assert load(pickle.dumps(value, 2)) == value
    ordered = load(pickle.dumps(collections.OrderedDict(), 2))
    assert isinstance(ordered, Call)
    assert str(ordered.function) == "collections.OrderedDict"


def test_names_calls_and_objects_stay_data() -> None:
    data = load(dump(Instance(Global("os", "system"), {"x": Call(Global("os", "system"), ("touch /tmp/x",))})))
    assert isinstance(data, Instance)
    assert str(data.type) == "os.system"
    stored = load(dump(Persistent(("storage", "0"))))
    assert isinstance(stored, Persistent)


class Attack:
    def __reduce__(self) -> tuple[Any, ...]:
        return (exec, ("import sys; sys.attacked = True",))


HOSTILE = {
    "nothing": b"",
    "protocol 4": pickle.dumps([1], 4),
    "protocol 0": pickle.dumps([1], 0),
    "no end": b"\x80\x02]",
    "after the end": b"\x80\x02].N",
    "two values": b"\x80\x02]].",
    "underflow": b"\x80\x02a.",
    "mark misuse": b"\x80\x02(.",
    "appends without mark": b"\x80\x02]e.",
    "append to a dict": b"\x80\x02}Na.",
    "set items of a list": b"\x80\x02](NNu.",
    "key without value": b"\x80\x02}(Nu.",
    "list as a key": b"\x80\x02}(]Nu.",
    "build of a list": b"\x80\x02]}b.",
    "call of a number": b"\x80\x02K\x01)R.",
    "object of a number": b"\x80\x02K\x01)\x81.",
    "unknown memo": b"\x80\x02h\x07.",
    "memo of nothing": b"\x80\x02q\x00.",
    "text longer than the file": b"\x80\x02X" + struct.pack("<I", 2**31) + b"ab.",
    "bytes of 64 bits": b"\x80\x02\x8e" + struct.pack("<Q", 2**63) + b".",
    "long of 256 bytes": b"\x80\x02\x8a\xff" + bytes(255) + b".",
    "name without end": b"\x80\x02c" + b"a" * 10_000,
    "dup": b"\x80\x02K\x012\x86.",
    "inst": b"\x80\x02(ios\nsystem\n.",
    "extension": b"\x80\x02\x82\x01.",
    "text that is no UTF-8": b"\x80\x02X\x01\x00\x00\x00\xff.",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pickles_are_refused(name: str) -> None:
    with pytest.raises(ArchiveError, match=r"data\.pkl"):
        load(HOSTILE[name])


def test_nothing_is_executed() -> None:
    load(pickle.dumps(Attack(), 2))
    assert not hasattr(sys, "attacked")


def test_shared_references_do_not_multiply() -> None:
    doubled = b"".join(b"h" + bytes([i]) + b"h" + bytes([i]) + b"\x86q" + bytes([i + 1]) for i in range(200))
    value = load(b"\x80\x02()q\x00" + doubled + b"t.")
    assert isinstance(value, tuple)
    assert value[-1][0] is value[-1][1]


def test_deep_nesting_costs_no_stack() -> None:
    depth = 200_000
    value = load(b"\x80\x02" + b"]" * depth + b"a" * (depth - 1) + b".")
    assert isinstance(value, list)
    while value:
        value = value.pop()


# ---- tensors
def tensor(**changes: object) -> Call:
    writer = StorageWriter()
    call = writer.tensor(np.arange(6, dtype=np.float32).reshape(2, 3))
    storage, offset, size, stride, requires_grad, hooks = call.arguments
    kind, name, key, device, count = storage.value
    fields = {"offset": offset, "size": size, "stride": stride, "requires_grad": requires_grad, "kind": name, "key": key,
              "count": count, **changes}  # fmt: skip
    storage = Persistent((kind, fields["kind"], fields["key"], device, fields["count"]))
    return Call(
        call.function, (storage, fields["offset"], fields["size"], fields["stride"], fields["requires_grad"], hooks)
    )


def read(call: Call) -> np.ndarray:
    return StorageReader(lambda key: memoryview(np.arange(6, dtype=np.float32).tobytes()), "data.pkl").tensor(call)[0]


def test_tensors_come_back() -> None:
    assert read(tensor()).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert read(tensor(size=(2,), stride=(3,), offset=1)).tolist() == [1, 4]
    assert read(tensor(size=(0, 3), stride=(3, 1))).shape == (0, 3)


@pytest.mark.parametrize(
    "changes",
    [
        {"size": (3, 3)},
        {"offset": 1},
        {"stride": (3, 2**60)},
        {"size": (2**62, 2)},
        {"size": (2**40, 3), "stride": (0, 1)},
        {"size": (-1, 3)},
        {"size": (2,)},
        {"size": (True, 3)},
        {"size": [2, 3]},
        {"stride": (3.0, 1)},
        {"requires_grad": 1},
        {"count": 7},
        {"count": 2**61},
        {"count": -6},
        {"kind": Global("torch", "QUInt8Storage")},
        {"kind": Global("os", "FloatStorage")},
        {"kind": Global("torch", "DoubleStorage")},
        {"key": 3},
    ],
)
def test_hostile_tensors_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ArchiveError):
        read(tensor(**changes))


def test_views_share_one_record() -> None:
    base = np.arange(10, dtype=np.float64)
    writer = StorageWriter()
    calls = [writer.tensor(base[2:5]), writer.tensor(base[5:]), writer.tensor(base.reshape(2, 5).T)]
    assert len(writer.records) == 1
    assert len(writer.records[0]) == 80
    reader = StorageReader(lambda key: memoryview(writer.records[int(key)]), "data.pkl")
    first, second, turned = (reader.tensor(call)[0] for call in calls)
    first[:] = -1
    assert second.tolist() == [5, 6, 7, 8, 9]
    assert turned.tolist() == [[0, 5], [1, 6], [-1, 7], [-1, 8], [-1, 9]]
