"""The examples with PyTorch installed: seeded weights, eager outputs and compiled outputs of both implementations.

    python -m tests.conformance.test_examples

prints the figures as a table.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from tests.build_tree import BUILD, ROOT, BuildTree
from tests.conformance.front_door import Passage, pass_through
from transpile.codegen.project.compare import compare

Array = np.ndarray[Any, Any]
# Those that are golden cases are compared there (tests/golden, test_golden_models.py).
EXAMPLES = sorted(p.stem for p in (ROOT / "examples").glob("*.py") if not (ROOT / "golden" / p.stem).exists())
pytestmark = [
    pytest.mark.reference,
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed"),
    pytest.mark.xdist_group("examples"),
]
_TREE = BuildTree("examples", ("-DCMAKE_CXX_FLAGS_RELEASE=-O1",))


@dataclass(frozen=True)
class Weights:
    """How the tensors of two state dicts agree; ``difference`` is the greatest one between floating-point elements."""

    tensors: int
    equal_tensors: int
    elements: int
    equal_elements: int
    difference: float


@functools.cache
def passage(implementation: str, example: str) -> Passage:
    """An example through one door."""
    folder = BUILD / "examples" / implementation / example
    # What PyTorch's door made is compiled: the project's code does not depend on the implementation.
    project = _TREE.source(example) if implementation == "pytorch" else None
    return pass_through(implementation, ROOT / "examples" / f"{example}.py", folder, project)


@functools.cache
def compiled_outputs(example: str) -> Mapping[str, Array]:
    """What the compiled program computes from the example inputs."""
    given = passage("pytorch", example).inputs
    for name in EXAMPLES:
        passage("pytorch", name)
    done, outputs = _TREE.build(EXAMPLES).start(example, given)
    assert done.returncode == 0, done.stderr
    return outputs


def weights(example: str) -> Weights:
    """The bundled torch's seeded weights beside PyTorch's."""
    theirs, ours = passage("pytorch", example).state, passage("bundled", example).state
    assert list(theirs) == list(ours)
    equal_tensors = elements = equal_elements = 0
    difference = 0.0
    for name, reference in theirs.items():
        mine = ours[name]
        assert (mine.shape, mine.dtype) == (reference.shape, reference.dtype), name
        same = int(np.sum(mine == reference))
        elements += reference.size
        equal_elements += same
        equal_tensors += same == reference.size
        if reference.dtype == np.int32 and same != reference.size:
            difference = max(difference, float(np.max(np.abs(mine.view(np.float32) - reference.view(np.float32)))))
    return Weights(len(theirs), equal_tensors, elements, equal_elements, difference)


def _differences(expected: Mapping[str, Array], actual: Mapping[str, Array]) -> list[str]:
    return [d.describe() for d in compare(expected, actual) if not d.equal]


@pytest.mark.parametrize("example", EXAMPLES)
def test_seeded_weights_have_the_bits_of_pytorch(example: str) -> None:
    found = weights(example)
    assert found.tensors > 0
    assert (found.equal_tensors, found.equal_elements) == (found.tensors, found.elements), found


@pytest.mark.parametrize("example", EXAMPLES)
def test_inputs_and_programs_do_not_depend_on_the_implementation(example: str) -> None:
    theirs, ours = passage("pytorch", example), passage("bundled", example)
    assert (theirs.graphs, theirs.code) == (ours.graphs, ours.code)
    assert theirs.inputs.keys() == ours.inputs.keys()
    for name, reference in theirs.inputs.items():
        np.testing.assert_array_equal(ours.inputs[name], reference)
    first, second = theirs.project_files(), ours.project_files()
    assert first.keys() == second.keys()
    assert [name for name, data in first.items() if second[name] != data] == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_bundled_eager_output_equals_pytorch(example: str) -> None:
    theirs, ours = passage("pytorch", example), passage("bundled", example)
    assert _differences(theirs.eager, ours.eager) == []
    assert _differences(theirs.eager, ours.interpreted) == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_compiled_output_equals_pytorch(example: str) -> None:
    assert _differences(passage("pytorch", example).eager, compiled_outputs(example)) == []


def _greatest(expected: Mapping[str, Array], actual: Mapping[str, Array]) -> str:
    found = compare(expected, actual)
    wrong = [d.describe() for d in found if not d.equal]
    return "; ".join(wrong) or f"{max(d.absolute for d in found):.2g} / {max(d.relative for d in found):.2g}"


def _print_table() -> None:
    print("Against PyTorch's eager outputs: greatest absolute / relative difference.\n")
    print("| example | tensors bit-equal | elements bit-equal | greatest | bundled eager | interpreter | compiled |")
    print("|---|---|---|---|---|---|---|")
    for example in EXAMPLES:
        w, reference, ours = weights(example), passage("pytorch", example).eager, passage("bundled", example)
        cells = [
            example, f"{w.equal_tensors} of {w.tensors}", f"{w.equal_elements:,} of {w.elements:,}", f"{w.difference:g}",
            *(_greatest(reference, found) for found in (ours.eager, ours.interpreted, compiled_outputs(example))),
        ]  # fmt: skip
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    if importlib.util.find_spec("torch") is None:
        sys.exit("PyTorch is not installed")
    _print_table()
