"""Models built on PyTorch compile to the program that the bundled torch gives, and what cannot be compiled is refused clearly."""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from tests.build_tree import BUILD
from tests.conformance.front_door import Passage, pass_through
from transpile.codegen.project.compare import compare
from transpile.core.errors import ScriptTypeError
from transpile.entry import compile_entry, recognise, trace_entry
from transpile.jit.entry import Form
from transpile.pytorch import traced

MODELS = sorted((Path(__file__).parent / "models").glob("*.py"))
pytestmark = [
    pytest.mark.reference,
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed"),
    pytest.mark.xdist_group("front door"),
    pytest.mark.filterwarnings("ignore"),
]


@functools.cache
def _passage(implementation: str, model: Path) -> Passage:
    folder = BUILD / "front_door" / implementation / model.stem
    return pass_through(implementation, model, folder, folder / "project" / model.stem)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.stem)
def test_both_doors_lead_to_one_program(model: Path) -> None:
    theirs, ours = _passage("pytorch", model), _passage("bundled", model)
    assert (theirs.graphs, theirs.code) == (ours.graphs, ours.code)
    first, second = theirs.project_files(), ours.project_files()
    assert first.keys() == second.keys()
    assert [name for name, data in first.items() if second[name] != data] == []


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.stem)
def test_outputs_agree(model: Path) -> None:
    theirs, ours = _passage("pytorch", model), _passage("bundled", model)
    assert theirs.eager
    for found in (theirs.interpreted, ours.eager, ours.interpreted):
        assert [d.describe() for d in compare(theirs.eager, found) if not d.equal] == []


@pytest.fixture
def torch() -> Any:
    module = pytest.importorskip("torch")
    module.manual_seed(0)
    return module


def test_names_of_one_tensor_are_one_array(torch: Any) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Linear(3, 3))
    model[1].weight = model[0].weight
    root = compile_entry(model).root
    first, second = (root.slots[name].slots["weight"] for name in ("0", "1"))  # type: ignore[union-attr]
    assert first is second
    assert np.shares_memory(first, model[0].weight.detach().numpy())


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64", "complex64", "int8", "bool"])
def test_tensors_keep_their_bits(torch: Any, dtype: str) -> None:
    model = torch.nn.ReLU()
    model.register_buffer("table", torch.tensor([[0, 1, 1], [1, 0, 1]]).to(getattr(torch, dtype)).t())
    array = compile_entry(model).root.slots["table"]  # type: ignore[union-attr]
    assert array.shape == (3, 2) and str(array.dtype) == dtype
    assert array.astype(complex).tolist() == model.table.to(torch.complex128).tolist()


def test_lazy_conjugates_become_values(torch: Any) -> None:
    model = torch.nn.ReLU()
    model.register_buffer("table", torch.tensor([1 + 2j, 3 - 1j]).conj())
    assert compile_entry(model).root.slots["table"].tolist() == [1 - 2j, 3 + 1j]  # type: ignore[union-attr]


def test_tensors_that_are_not_there_are_refused(torch: Any) -> None:
    model = torch.nn.Linear(2, 2, device="meta")
    with pytest.raises(ScriptTypeError, match=r"float32 tensor \(torch.strided, meta\) cannot become part"):
        compile_entry(model)


def test_what_pytorch_froze_is_refused(torch: Any) -> None:
    scripted = torch.jit.script(torch.nn.Linear(2, 2).eval())
    with pytest.raises(ScriptTypeError, match="without the Python module that it was made from"):
        compile_entry(torch.jit.freeze(scripted))


def test_what_pytorch_traced_is_read(torch: Any) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    function = torch.jit.trace(lambda x: x.sum() * 2.5 + x.size(0), torch.ones(1, 3))
    for entry in (torch.jit.trace(model, torch.ones(1, 3)), function):
        compiled = compile_entry(entry)
        x = torch.randn(5, 3)
        found = compiled.run_interpreter("forward", [x])
        expected = compiled.run_eagerly("forward", [x]).numpy()
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_modules_inside_that_were_traced_are_refused_by_name(torch: Any) -> None:
    traced = torch.jit.trace(torch.nn.Linear(2, 2), torch.ones(1, 2))
    with pytest.raises(ScriptTypeError, match="'1'"):
        compile_entry(torch.nn.Sequential(torch.nn.ReLU(), traced))


def test_scripted_module_brings_its_present_state(torch: Any) -> None:
    scripted = torch.jit.script(torch.nn.Sequential(torch.nn.Dropout(0.5), torch.nn.Linear(2, 2)))
    scripted.eval().double()
    compiled = compile_entry(scripted)
    dropout, linear = (compiled.root.slots[name] for name in ("0", "1"))  # type: ignore[union-attr]
    assert dropout.slots["training"] is False
    assert linear.slots["weight"].dtype == np.float64
    x = torch.ones(1, 2, dtype=torch.double)
    np.testing.assert_allclose(compiled.run_interpreter("forward", [x]), compiled.run_eagerly("forward", [x]).numpy())


def test_attributes_with_a_declared_type_have_their_present_value(torch: Any) -> None:
    class Counter(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.seen = torch.jit.Attribute([], list[int])

        def forward(self, x):  # type: ignore[no-untyped-def]
            return x + len(self.seen)

    scripted = torch.jit.script(Counter())
    for seen in ([3, 4], []):  # the type of an empty list is only known from its declaration
        scripted.seen = seen
        compiled = compile_entry(scripted)
        assert compiled.root.slots["seen"] == seen  # type: ignore[union-attr]
        assert compiled.run_interpreter("forward", [torch.zeros(1)]) == len(seen)


class Size(NamedTuple):
    height: int
    width: int


def test_named_tuples_stay_what_they_are(torch: Any) -> None:
    class Area(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.size = Size(2, 3)

        def forward(self, x):  # type: ignore[no-untyped-def]
            return x * (self.size[0] * self.size[1])

    compiled = compile_entry(torch.jit.script(Area()))
    assert compiled.run_interpreter("forward", [torch.ones(1)]) == 6


def test_weights_are_told_apart_even_if_their_keys_have_one_hash(torch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traced._Memory, "__hash__", lambda self: 0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Linear(3, 3))
    x = torch.randn(2, 3)
    compiled = compile_entry(torch.jit.trace(model, x))
    np.testing.assert_allclose(
        compiled.run_interpreter("forward", [x]), model(x).detach().numpy(), rtol=1e-5, atol=1e-6
    )


def test_a_conjugated_view_is_another_weight(torch: Any) -> None:
    class Both(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("turn", torch.tensor([1 + 2j, 3 - 1j]))
            self.register_buffer("back", self.turn.conj())

        def forward(self, x):  # type: ignore[no-untyped-def]
            return torch.view_as_real(x * self.turn * self.back)

    model, x = Both(), torch.ones(2)
    compiled = compile_entry(torch.jit.trace(model, x))
    np.testing.assert_allclose(compiled.run_interpreter("forward", [x]), model(x).numpy(), rtol=1e-5, atol=1e-6)


def test_each_entry_is_recognised(torch: Any) -> None:
    def double(x):  # type: ignore[no-untyped-def]
        return x + x

    model = torch.nn.Sequential(torch.nn.ReLU())
    x = torch.ones(2)
    forms = {
        Form.MODULE: [model],
        Form.FUNCTION: [double],
        Form.SCRIPT: [torch.jit.script(model), torch.jit.script(double)],
        Form.TRACE: [torch.jit.trace(model, x), torch.jit.trace(double, x)],
        Form.CALLABLE: [torch.relu, model.forward],
    }
    for form, entries in forms.items():
        for entry in entries:
            found = recognise(entry)
            assert found is not None and found.form is form, entry
            assert found.is_pytorch or form is Form.CALLABLE
    assert recognise(x) is None


def test_a_trace_of_what_is_compiled_is_what_it_is(torch: Any) -> None:
    def choose(x):  # type: ignore[no-untyped-def]
        return x + 1 if bool(x.sum() > 0) else x - 1

    compiled = trace_entry(torch.jit.script(choose), (torch.ones(2),))
    assert compiled.run_interpreter("forward", [-torch.ones(2)]).tolist() == [-2.0, -2.0]
