"""Whole networks, traced at one batch size and run at others.

    python -m tests.trace.traced_models

does it for the examples as they are and prints how far the compiled outputs are from eager Python's.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.build_tree import ROOT, BuildTree
from tests.bundled import load_bundled
from transpile import torch
from transpile.codegen.project.arrays import flatten_inputs, flatten_outputs
from transpile.codegen.project.compare import Difference, compare
from transpile.codegen.project.exporter import ExportRequest
from transpile.codegen.project.request import make_request
from transpile.entry import compile_entry
from transpile.nn import init

RTOL, ATOL = 1e-4, 1e-5


@dataclass(frozen=True)
class Network:
    """An example: a small configuration, and inputs for a batch size at small or full size."""

    small: dict[str, Any]
    inputs: Callable[[int, bool], tuple[Any, ...]]


def _images(small: tuple[int, int], full: tuple[int, int]) -> Callable[[int, bool], tuple[Any, ...]]:
    def inputs(batch: int, full_size: bool) -> tuple[Any, ...]:
        # A network for any size gets another one for another batch.
        height, width = full if full_size else small
        grown = 0 if height == width else batch
        return (torch.randn(batch, 3, height + grown, width + 2 * grown),)

    return inputs


def _texts(batch: int, full_size: bool) -> tuple[Any, ...]:
    length, words = (24 + batch, 8000) if full_size else (5 + batch, 50)
    mask = torch.ones(batch, length, dtype=torch.int64)
    mask[-1, length // 2 :] = 0
    return torch.randint(1, words, (batch, length)), torch.randint(0, 2, (batch, length)), mask


def _tokens(batch: int, full_size: bool) -> tuple[Any, ...]:
    return (torch.randint(0, 5000 if full_size else 30, (batch, 7 + batch)),)


NETWORKS = {
    "resnet18": Network({"classes": 10}, _images((64, 64), (224, 224))),
    "vit": Network(
        {"size": 32, "patch": 8, "width": 24, "depth": 3, "heads": 3, "classes": 10}, _images((32, 32), (224, 224))
    ),
    "bert_encoder": Network({"words": 50, "width": 16, "depth": 4, "heads": 2, "longest": 32}, _texts),
    "lstm_tagger": Network({"words": 30, "width": 8, "hidden": 6, "tags": 5}, _tokens),
    "unet": Network({"width": 4, "classes": 3}, _images((21, 30), (95, 130))),
}
BATCHES = (1, 3)


class TracedModels:
    """The networks as projects of one build tree."""

    def __init__(self, name: str, *, full_size: bool) -> None:
        self.full_size = full_size
        self.python: dict[str, Any] = {}
        self.names: dict[str, list[str]] = {}
        requests = {network: self._request(network) for network in NETWORKS}
        self.tree = (BuildTree(name, ()) if full_size else BuildTree(name)).sync(requests)

    def _request(self, name: str) -> ExportRequest:
        example = load_bundled(ROOT / "examples" / f"{name}.py").entry
        model = example if self.full_size else _small(type(example), NETWORKS[name].small)
        inputs = NETWORKS[name].inputs(BATCHES[0], self.full_size)
        compiled = compile_entry(torch.jit.trace(model, inputs, check_trace=False))
        self.python[name] = copy.deepcopy(model)
        self.names[name] = [n for n, _ in compiled.parameters("forward")]
        return make_request(compiled, name, f"{name}.py", ["forward"], inputs)

    def differences(self, name: str, batch: int) -> list[Difference]:
        """How the compiled network differs from eager Python on fresh inputs of a batch size."""
        torch.manual_seed(batch)
        inputs = NETWORKS[name].inputs(batch, self.full_size)
        expected = flatten_outputs(self.python[name](*inputs))
        done, outputs = self.tree.start(name, flatten_inputs(self.names[name], inputs))
        assert done.returncode == 0, done.stderr
        return compare(expected, outputs, RTOL, ATOL)


def _small(kind: Any, options: dict[str, Any]) -> Any:
    """A seeded network with statistics that make batch normalisation do something."""
    torch.manual_seed(0)
    net = kind(**options)
    for module in net.modules():
        if type(module).__name__ == "BatchNorm2d":
            init.normal_(module.running_mean, std=0.1)
            init.uniform_(module.running_var, 0.8, 1.2)
    return net.eval()


def main() -> None:
    """Print the greatest differences of the full-size examples."""
    models = TracedModels("traced_models_full", full_size=True)
    print("| network | batch | greatest absolute / relative difference | equal |")
    print("|---|---|---|---|")
    for name in NETWORKS:
        for batch in BATCHES:
            found = models.differences(name, batch)
            greatest = f"{max(d.absolute for d in found):.2g} / {max(d.relative for d in found):.2g}"
            print(f"| {name} | {batch} | {greatest} | {all(d.equal for d in found)} |", flush=True)


if __name__ == "__main__":
    main()
