"""The database of layers: construction, seeded initialisation, ``repr``, ``state_dict`` and results, in eager mode and as C++."""

from __future__ import annotations

import copy
import pickle
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.testing._internal.common_modules import module_db

import transpile.torch as bundled
from tests.conformance.op_db.agreement import difference
from tests.conformance.op_db.calls import argument, recorded_arguments
from tests.conformance.op_db.compiled import Case, Prepared, Written, exported
from tests.conformance.op_db.eager import CALL_SEED, Verdict, first_line, raised, verdicts_differ, within_reference
from tests.conformance.op_db.samples import Sample, seed
from tests.conformance.op_db.values import array_of, copied, mapped, ours, tensors_in, theirs
from tests.cpp_ops.wire import encode
from transpile.core import types as T
from transpile.core.errors import ExportError, SourceError
from transpile.entry import compile_entry, trace_entry

_DTYPES = (torch.float32, torch.float64)
MOST_COMPILED = 12  # layers of an entry


@dataclass
class Layer:
    """A layer of PyTorch beside the bundled one, and arguments for ``forward``."""

    wanted: Any
    mine: Any
    call: Sample
    shown: str


def eligible(only: str = "") -> list[Any]:
    """The entries whose names match, or all."""
    patterns = [p.strip() for p in only.split(",") if p.strip()]
    return [
        e
        for e in module_db
        if not patterns or any(re.fullmatch(p.replace("*", ".*"), e.formatted_name) for p in patterns)
    ]


def judge(entry: Any) -> Verdict:
    """An entry in eager mode: for each dtype, in training and in evaluation."""
    verdict = Verdict(entry.formatted_name)
    for dtype in (d for d in _DTYPES if d in entry.dtypes):
        for training in (False, True):
            for layer in _layers(entry, dtype, training, verdict):
                verdict.note(_compared(layer, entry.is_lazy), layer.shown)
    return verdict


def prepare(entry: Any, most: int = MOST_COMPILED) -> Prepared:
    """Export the layers of an entry, in evaluation; at most so many for each dtype."""
    made = Prepared(entry.formatted_name, entry.formatted_name, Verdict(entry.formatted_name))
    for dtype in (d for d in _DTYPES if d in entry.dtypes):
        for number, layer in enumerate(_layers(entry, dtype, False, made.verdict)):
            if number >= most or _compared(layer, entry.is_lazy):
                continue
            try:
                _add(made, layer)
            except (ExportError, SourceError) as problem:
                made.verdict.note(str(problem), layer.shown)
    return made


def _layers(entry: Any, dtype: Any, training: bool, verdict: Verdict) -> Iterator[Layer]:
    seed()
    with recorded_arguments(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inputs = entry.module_inputs_func(entry, device="cpu", dtype=dtype, requires_grad=False, training=training)
        for given in inputs:
            args, kwargs = given.constructor_input.args, given.constructor_input.kwargs
            shown = f"{entry.module_cls.__name__}{Sample(tuple(args), dict(kwargs))}"
            cls = getattr(bundled.nn, entry.module_cls.__name__, None)
            if cls is None:
                verdict.miss(f"torch.nn.{entry.module_cls.__name__}")
                return
            torch.manual_seed(CALL_SEED)
            wanted = entry.module_cls(*args, **kwargs)
            bundled.manual_seed(CALL_SEED)
            try:
                mine = cls(*argument(args), **argument(kwargs))
            except Exception as problem:
                verdict.note(f"{type(problem).__name__}: {first_line(problem)}", shown)
                continue
            verdict.note(_unlike(mine, wanted, entry.is_lazy), shown)
            wanted.to(dtype).train(training)
            mine.to(ours(dtype)).train(training)
            call = Sample(tuple(given.forward_input.args), dict(given.forward_input.kwargs))
            yield Layer(wanted, mine, call, f"{str(dtype)[6:]} {'training ' if training else ''}{shown}{call}")


def _compared(layer: Layer, lazy: bool) -> str:
    """How the results differ, from the same weights."""
    if lazy:
        _call(layer.wanted, layer.call, torch)
        _call(layer.mine, layer.call, bundled)
    weights = {k: ours(copied(v)) for k, v in layer.wanted.state_dict().items()}
    try:
        layer.mine.load_state_dict(weights)
    except Exception as problem:
        return f"load_state_dict: {first_line(problem)}"
    answer, error = _call(layer.wanted, layer.call, torch)
    my_answer, my_error = _call(layer.mine, layer.call, bundled)
    if error is not None or my_error is not None:
        return verdicts_differ(my_error, error)
    found = difference("", layer.call, theirs(my_answer), answer)
    if found and within_reference(_wide(layer.wanted), layer.call, theirs(my_answer), answer):
        found = ""
    return found or difference("", layer.call, _state(layer.mine), dict(layer.wanted.state_dict()))


def _wide(module: Any) -> Any:
    return copy.deepcopy(module).to(torch.float64)


def _call(module: Any, call: Sample, library: Any) -> tuple[Any, Exception | None]:
    args, kwargs = copied((call.args, call.kwargs))
    if library is bundled:
        args, kwargs = argument(args), argument(kwargs)
    return raised(lambda: module(*args, **kwargs), library)


def _state(module: Any) -> dict[str, Any]:
    return {k: theirs(v) for k, v in module.state_dict().items()}


def _unlike(mine: Any, wanted: Any, lazy: bool) -> str:
    """Whether a new layer differs from PyTorch's: its text, and what it was initialised with."""
    if repr(mine) != repr(wanted):
        return f"{mine!r} instead of {wanted!r}"
    if lazy:
        return "" if list(mine.state_dict()) == list(wanted.state_dict()) else "state_dict has other names"
    mine_state, wanted_state = _state(mine), dict(wanted.state_dict())
    if list(mine_state) != list(wanted_state):
        return f"state_dict has {list(mine_state)} instead of {list(wanted_state)}"
    return difference("", None, mine_state, wanted_state)


# ---- as C++


def _add(made: Prepared, layer: Layer) -> None:
    answer, error = _call(layer.wanted, layer.call, torch)
    if error is not None:
        return
    name = f"{made.formatted_name}_{len(made.functions)}"
    compiled = _compiled(layer)
    written = _written(name, compiled.root)
    values = _in_order(compiled, layer)
    made.functions.append(written)
    arguments = b"".join(encode(mapped(v, lambda t: array_of(t) if isinstance(t, torch.Tensor) else t)) for v in values)
    result = [t.detach() for t in tensors_in([answer])]
    made.cases.append(Case(name, arguments, pickle.dumps((Sample((), {}, layer.shown), result))))


def _compiled(layer: Layer) -> Any:
    """The layer scripted; traced where PyTorch does not script it either, as it does not ``AdaptiveAvgPool2d((3, None))``."""
    try:
        return compile_entry(layer.mine)
    except SourceError:
        try:
            torch.jit.script(layer.wanted)
        except RuntimeError:
            return trace_entry(layer.mine, argument(copied(layer.call.args)))
        raise


def _in_order(compiled: Any, layer: Layer) -> list[Any]:
    schema = compiled.functions["forward"].schema
    values = []
    for position, formal in enumerate(a for a in schema.arguments if a.name != "self"):
        if position < len(layer.call.args):
            value = layer.call.args[position]
        else:
            value = layer.call.kwargs.get(formal.name, formal.default if formal.has_default else None)
        is_lengths = isinstance(value, tuple) and formal.type == T.TENSOR  # only Python takes ints for a tensor
        values.append(torch.tensor(value) if is_lengths else value)
    return values


def _written(name: str, root: Any) -> Written:
    """The C++ of a layer, with a function that makes it, with its weights, and calls it."""
    files = exported(root, name, embed_weights=True)
    parts = [files[f"include/{name}/{name}.hpp"], files[f"src/{name}.cpp"]]
    parts += [files[f] for f in ("src/weights.cpp", "src/weights_data.cpp") if f in files]
    text = "\n".join(parts)
    headers = tuple(h for h in re.findall(r"#include <([^>]+)>", text) if not h.startswith(f"{name}/"))
    methods = re.findall(
        r"^([^/\n]\S*.*?) (\w+)::forward\(([^\n]*)\)( const)? \{$", files[f"src/{name}.cpp"], re.MULTILINE
    )
    assert methods, files[f"src/{name}.cpp"]
    result, struct, parameters, _ = methods[-1]  # the layer itself is written after those in it
    plain = parameters
    while "<" in plain:
        plain = re.sub(r"<[^<>]*>", "", plain)
    names = re.findall(r"(\w+)(?:,|$)", plain)
    call = f"{result} call({parameters}) {{ {struct} model = load(); return model.forward({', '.join(names)}); }}"
    body = re.sub(r"^#.*$", "", text, flags=re.MULTILINE)
    return Written(name, headers, f"{body}\nnamespace {name} {{\n{call}\n}}\n", "call")
