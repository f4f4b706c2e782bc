"""What has no C++ counterpart among modules and objects is refused with the reason, the line and what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from transpile import torch
from transpile.codegen.project.exporter import ExportRequest, generate
from transpile.codegen.project.request import make_request
from transpile.core.errors import CompileErrors, ExportError
from transpile.entry import compile_entry


@torch.jit.interface
class Layer(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:  # type: ignore[empty-body]
        pass


class Counting(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.count += 1
        return x + self.count


class Plain(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + 1


class Shared(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = Counting()
        self.second = self.first

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.first(x) + self.second(x)


class Ignoring(torch.nn.Module):
    @torch.jit.ignore
    def python_side(self, x: torch.Tensor) -> torch.Tensor:
        return x

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.python_side(x) + 1


class Changing(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.ModuleList([Counting(), Counting()])

    def forward(self, x: torch.Tensor, i: int) -> torch.Tensor:
        layer: Layer = self.layers[i]
        return layer.forward(x)


def layer() -> Any:
    """A module of the type ``Layer``: TorchScript asks for its methods only."""
    return Plain()


@torch.jit.interface
class Stage:
    def forward(self, x: torch.Tensor) -> torch.Tensor:  # type: ignore[empty-body]
        pass


class ChangingStage(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stages = torch.nn.ModuleList([Plain(), Counting()])

    def forward(self, x: torch.Tensor, i: int) -> torch.Tensor:
        stage: Stage = self.stages[i]
        return stage.forward(x)


class Swapping(torch.nn.Module):
    active: Layer
    other: Layer

    def __init__(self) -> None:
        super().__init__()
        self.active, self.other = layer(), layer()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.active = self.other
        return self.active.forward(x)


class Overlapping(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("cache", torch.zeros(2, 4))
        self.register_buffer("keys", self.cache[0])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.cache.add_(x)
        return self.keys + 1


class OverlappingConstants(Overlapping):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.keys + self.cache + x


class Interleaved(Overlapping):
    def __init__(self) -> None:
        super().__init__()
        pairs = torch.zeros(4, 2)
        self.cache, self.keys = pairs[:, 0], pairs[:, 1]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Shared, "held under two names"),
        (Ignoring, "'python_side' stays Python code"),
        (Changing, "method 'forward' of Layer changes its module"),
        (ChangingStage, "method 'forward' of Stage changes its module"),
        (Swapping, "attribute 'active' holds one module now and another later"),
        (Overlapping, "the tensors 'Overlapping.cache' and 'Overlapping.keys' are different views of one memory"),
    ],
)
def test_refused(model: type[torch.nn.Module], message: str) -> None:
    entry = compile_entry(model())
    with pytest.raises((ExportError, CompileErrors), match=message):
        generate(ExportRequest(entry.root, "model", "model.py"))


class Normed(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.ModuleList([torch.nn.Conv1d(1, 1, 1), torch.nn.Conv1d(1, 1, 1)])
        for layer in self.layers:
            torch.nn.utils.parametrizations.weight_norm(layer)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = layer(x)
        return x.relu()


def test_a_parametrized_tensor_is_refused_until_it_is_plain() -> None:
    model = Normed()
    with pytest.raises(ExportError, match="Parametrization is not working") as raised:
        generate(ExportRequest(compile_entry(model).root, "model", "model.py"))
    assert "x = layer(x)" in str(raised.value)
    for layer in model.layers:
        torch.nn.utils.parametrize.remove_parametrizations(layer, "weight")
    assert generate(ExportRequest(compile_entry(model).root, "model", "model.py")).files


class Drawing(torch.nn.Module):
    def forward(self, x=None, n: int = 2):  # type: ignore[no-untyped-def]
        return x * n


def test_none_as_the_default_of_a_tensor_is_no_default_in_cpp() -> None:
    entry = compile_entry(Drawing())
    with pytest.raises(ExportError, match=r"leave out 'x', .* write x: Optional"):
        make_request(entry, "model", "model.py", inputs=())
    generated = generate(make_request(entry, "model", "model.py", inputs=(torch.ones(2),)))
    assert b"forward(const Tensor& x, std::int64_t n = 2) const;" in generated.files["include/model/model.hpp"]
    with pytest.raises(RuntimeError, match="Expected a proper Tensor but got None"):
        torch.jit.script(Drawing())()


@pytest.mark.parametrize("model", [OverlappingConstants, Interleaved])
def test_tensors_may_overlap_if_none_changes_and_lie_between_each_other(model: type[torch.nn.Module]) -> None:
    entry = compile_entry(model())
    assert generate(ExportRequest(entry.root, "model", "model.py")).files


def test_one_memory_seen_as_two_dtypes_is_two_tensors_of_the_weights_file() -> None:
    class Bits(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("numbers", torch.ones(3))
            self.register_buffer("bits", self.numbers.view(torch.int32))

        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return x + self.numbers, self.bits + 1

    generated = generate(ExportRequest(compile_entry(Bits()).root, "model", "model.py"))
    assert {name: str(array.dtype) for name, array in generated.tensors.items()} == {
        "numbers": "float32",
        "bits": "int32",
    }


def test_a_module_that_changes_behind_an_interface_is_told_where_and_what_to_do() -> None:
    entry = compile_entry(ChangingStage())
    with pytest.raises(ExportError) as raised:
        generate(ExportRequest(entry.root, "model", "model.py"))
    assert "def forward(self, x: torch.Tensor) -> torch.Tensor:" in str(raised.value)
    assert "Hint: keep what changes in an object of a script class" in str(raised.value)


class Ranked:
    def __init__(self, rank: int) -> None:
        self.rank = rank

    def __lt__(self, other: Ranked) -> bool:
        return self.rank < other.rank


def sorts_objects(n: int) -> int:
    found = [Ranked(n), Ranked(1)]
    found.sort()
    return found[0].rank


def sorted_objects(n: int) -> int:
    return sorted([Ranked(n), Ranked(1)])[0].rank


def sorts_lists(n: int) -> list[list[int]]:
    found = [[n], [1, n]]
    found.sort()
    return found


def sorts_tuples_with_tensors(x: torch.Tensor) -> list[tuple[int, torch.Tensor]]:
    return sorted([(2, x), (1, x)])


def sorts_tuples(n: int) -> list[tuple[int, str]]:
    return sorted([(n, "b"), (n, "a")])


@pytest.mark.parametrize("function", [sorts_objects, sorted_objects, sorts_lists, sorts_tuples_with_tensors])
def test_sorting_what_cpp_has_no_order_for_is_refused(function: Callable[..., Any]) -> None:
    entry = compile_entry(torch.jit.script(function))
    with pytest.raises((ExportError, CompileErrors), match="sorting a list of") as raised:
        generate(ExportRequest(entry.root, "model", "model.py"))
    assert "sort" in str(raised.value).partition("<--- HERE")[0]
    assert "Hint: sort tuples of numbers and strings" in str(raised.value)


def test_tuples_of_numbers_and_strings_are_sorted() -> None:
    entry = compile_entry(torch.jit.script(sorts_tuples))
    assert "ts2cpp::sorted(" in str(generate(ExportRequest(entry.root, "model", "model.py")).files)
