"""``torch.save`` and ``torch.load`` as users call them: every format, what PyTorch wrote, and what PyTorch reads."""

from __future__ import annotations

import argparse
import io
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.bundled import pytorch
from tests.checkpoint.record import FOLDER
from tests.checkpoint.values import OF_TAR, contents, described, with_open_storages
from transpile import torch

DESCRIBED = json.loads((FOLDER / "described.json").read_text())


def saved(value: Any, **options: Any) -> bytes:
    out = io.BytesIO()
    torch.save(value, out, **options)
    return out.getvalue()


def loaded(content: bytes, **options: Any) -> Any:
    return torch.load(io.BytesIO(content), **options)


@pytest.mark.parametrize("name", ["zip", "stream"])
def test_what_pytorch_wrote(name: str) -> None:
    value = torch.load(FOLDER / f"{name}.pt")
    assert repr(with_open_storages(torch, value)) == DESCRIBED


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("is_zip", [True, False])
def test_round_trips(is_zip: bool, protocol: int) -> None:
    options = {"pickle_protocol": protocol, "_use_new_zipfile_serialization": is_zip}
    content = saved(contents(torch), **options)
    value = loaded(content)
    assert repr(with_open_storages(torch, value)) == DESCRIBED
    # What is loaded has no attributes that mark a buffer, which is the last value: save and load are a fixed point then.
    again = saved(value, **options)
    assert saved(loaded(again), **options) == again


def test_the_oldest_format() -> None:
    with pytest.raises(
        RuntimeError, match=r"Cannot use ``weights_only=True`` with files saved in the legacy .tar format"
    ):
        torch.load(FOLDER / "tar.pt")
    found = torch.load(FOLDER / "tar.pt", weights_only=False)
    assert {"a": found["a"].tolist(), "b": found["b"].tolist(), "c": found["c"][0].tolist()} == OF_TAR
    assert found["epoch"] == 3
    found["a"][0, 2] = 30.0  # the view of the storage is a view
    assert found["c"][0][0, 0].item() == 30.0


def test_a_path_and_a_stream_that_goes_on(tmp_path: Path) -> None:
    torch.save({"a": torch.ones(2)}, tmp_path / "weights.pth")
    assert torch.load(str(tmp_path / "weights.pth"), mmap=True)["a"].tolist() == [1.0, 1.0]
    out = io.BytesIO()
    for number in (1, 2):
        torch.save([torch.tensor(number)], out, _use_new_zipfile_serialization=False)
    out.seek(0)
    assert [torch.load(out)[0].item() for _ in range(2)] == [1, 2]


def test_where_tensors_go() -> None:
    content = saved({"a": torch.ones(2)}).replace(b"cpuq", b"mpsq")
    on_gpu = saved({"a": torch.ones(2)}, _use_new_zipfile_serialization=False)
    on_gpu = on_gpu.replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0")
    with pytest.raises(
        RuntimeError, match=r"Attempting to deserialize object on a CUDA device but torch.cuda.is_available"
    ):
        loaded(on_gpu)
    seen: list[Any] = []

    def put(storage: Any, location: str) -> Any:
        seen.append((storage.nbytes(), location))
        return storage

    for place in ("cpu", torch.device("cpu"), {"cuda:0": "cpu"}, put):
        assert loaded(on_gpu, map_location=place)["a"].tolist() == [1.0, 1.0]
    assert seen == [(8, "cuda:0")]
    with pytest.raises(RuntimeError, match="CUDA"):
        loaded(on_gpu, map_location={"cuda:1": "cpu"})
    with pytest.raises(RuntimeError, match="checksum"):
        loaded(content)


class Config:
    """A class of a user's program."""

    def __init__(self, width: int) -> None:
        self.width = width


def test_nothing_is_looked_up_unless_the_program_allows_it() -> None:
    content = saved({"config": Config(3), "a": torch.ones(1)})
    with pytest.raises(pickle.UnpicklingError, match=r"Unsupported global: GLOBAL \S*Config was not an allowed global"):
        loaded(content)
    with pytest.raises(pickle.UnpicklingError, match=r"add_safe_globals\(\[\S*Config\]\)"):
        loaded(content, weights_only=False)
    with torch.serialization.safe_globals([Config]):
        assert loaded(content)["config"].width == 3
        assert torch.serialization.get_safe_globals() == [Config]
    assert torch.serialization.get_safe_globals() == []
    with pytest.raises(pickle.UnpicklingError):
        loaded(saved(print))


def test_numbers_of_numpy_and_arguments() -> None:
    value = {"loss": np.float64(0.5), "history": np.arange(6.0).reshape(2, 3), "args": argparse.Namespace(width=3)}
    content = saved(value)
    with pytest.raises(pickle.UnpicklingError, match="numpy"):
        loaded(content)
    found = loaded(content, weights_only=False)
    assert (float(found["loss"]), found["history"].tolist()) == (0.5, [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])
    assert found["args"] == value["args"]


def test_what_cannot_be_saved() -> None:
    with pytest.raises(NotImplementedError, match="state_dict"):
        saved(torch.nn.Linear(1, 1))
    x = torch.ones(2)
    with pytest.raises(RuntimeError, match="view the same data as different types"):
        saved([x, x.view(torch.int32)])
    with pytest.raises(AttributeError, match="expected 'f' to be string, path"):
        torch.save(x, 3)


def test_programs_are_not_checkpoints(tmp_path: Path) -> None:
    torch.jit.script(torch.nn.Linear(1, 1)).save(str(tmp_path / "m.pt"))
    with (
        pytest.warns(UserWarning, match="looks like a TorchScript archive"),
        pytest.raises(RuntimeError, match="Cannot use ``weights_only=True`` with TorchScript archives"),
    ):
        torch.load(tmp_path / "m.pt")
    with pytest.warns(UserWarning, match="dispatching to 'torch.jit.load'"):
        assert torch.load(tmp_path / "m.pt", weights_only=False)(torch.ones(1, 1)).shape == (1, 1)


def test_storages() -> None:
    x = torch.arange(6.0).view(2, 3)
    storage = x.t().untyped_storage()
    assert (storage.nbytes(), len(storage[4:8]), x.storage().tolist()) == (24, 4, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    assert storage.data_ptr() == x[1].untyped_storage().data_ptr() != x[1].data_ptr()
    assert torch.asarray(storage[4:8]).view(torch.float32).tolist() == [1.0]
    assert torch.frombuffer(bytearray(b"ab"), dtype=torch.uint8).tolist() == [97, 98]
    with pytest.raises(ValueError, match="must be a multiple of element size"):
        torch.frombuffer(bytearray(7), dtype=torch.float32)


@pytest.mark.reference
def test_pytorch_reads_what_is_saved_here() -> None:
    theirs = pytorch()
    if theirs.__name__ != "torch" or not hasattr(theirs, "_C"):
        pytest.skip("PyTorch is not installed")
    value = contents(torch)
    for is_zip in (True, False):
        content = saved(value, _use_new_zipfile_serialization=is_zip)
        found = theirs.load(io.BytesIO(content))
        assert repr(with_open_storages(theirs, found)) == DESCRIBED
        out = io.BytesIO()
        theirs.save(found, out, _use_new_zipfile_serialization=is_zip)
        assert repr(described(loaded(out.getvalue()))) == DESCRIBED


@pytest.mark.reference
def test_state_dicts_of_pytorch_and_back() -> None:
    theirs = pytorch()
    names = (
        "Linear(3, 2)",
        "BatchNorm2d(2)",
        "LSTM(2, 3, 2)",
        "MultiheadAttention(4, 2)",
        "TransformerEncoderLayer(4, 2)",
    )
    for text in (*names, "Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))", "Embedding(3, 2)", "GroupNorm(1, 2)"):
        model = eval(f"nn.{text}", {"nn": theirs.nn})
        ours = eval(f"nn.{text}", {"nn": torch.nn})
        out = io.BytesIO()
        theirs.save(model.state_dict(), out)
        assert ours.load_state_dict(loaded(out.getvalue())).missing_keys == []
        assert model.load_state_dict(theirs.load(io.BytesIO(saved(ours.state_dict())))).unexpected_keys == []
        assert repr(described(dict(ours.state_dict()))) == repr(described(dict(model.state_dict())))
