"""The same samples as compiled C++: each call is traced and exported, functions are compiled many at a time.

Samples whose traces are the same share a function.  What a trace cannot return (a number, a bool) is scripted.
"""

from __future__ import annotations

import linecache
import pickle
import re
import struct
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import torch

import transpile.torch as bundled
from tests.conformance.op_db.agreement import difference
from tests.conformance.op_db.calls import MissingError, argument, function_of, public_name, without_seed
from tests.conformance.op_db.eager import Verdict, all_samples, called, first_line, within_reference
from tests.conformance.op_db.samples import DTYPES, Sample
from tests.conformance.op_db.values import array_of, copied, mapped, ours, tensor_of, tensors_in
from tests.cpp_ops.program import Outcome
from tests.cpp_ops.wire import encode
from transpile.codegen.project import exporter
from transpile.core.errors import ExportError, SourceError
from transpile.entry import compile_entry
from transpile.ir.function import Function

MOST_FUNCTIONS = 30  # of an entry
_SCRIPTED_METHODS = ("item", "resize_")  # PyTorch's tracer does not see a tensor's size change either


class _NotTorchScriptError(Exception):
    """PyTorch itself does not script the call."""


@dataclass
class Written:
    """The C++ of one call: headers, and the text of a namespace."""

    name: str
    headers: tuple[str, ...]
    text: str
    function: str


@dataclass
class Case:
    """A call of a function: the arguments as the driver reads them, the sample and PyTorch's answer for the comparison."""

    function: str
    arguments: bytes
    kept: bytes


@dataclass
class Prepared:
    """An entry as C++, before anything is compiled; the verdict holds what the exporter refused."""

    name: str
    formatted_name: str
    verdict: Verdict
    functions: list[Written] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)


def prepare(entry: Any, most: int | None, variants: bool, dtypes: Sequence[torch.dtype] = DTYPES) -> Prepared:
    """Trace and export the samples of an entry."""
    made = Prepared(entry.name, entry.formatted_name, Verdict(entry.formatted_name))
    try:
        function = function_of(entry)
    except MissingError as lacks:
        made.verdict.miss(lacks)
        return made
    without_seed()
    known: dict[str, Written | None] = {}
    for dtype, sample in all_samples(entry, dtypes, most, variants):
        answer, error = called(entry.op, sample, torch)
        if error is not None or called(function, sample, bundled)[1] is not None:
            continue  # eager mode has been judged
        try:
            _add(made, entry, function, sample, answer, known)
        except _NotTorchScriptError:
            made.verdict.extra["not TorchScript"] = made.verdict.extra.get("not TorchScript", 0) + 1
        except (ExportError, SourceError) as problem:
            made.verdict.extra["refused"] = made.verdict.extra.get("refused", 0) + 1
            made.verdict.note("refused: " + " ".join(str(problem).split()), f"{dtype} {sample}")
        except Exception as problem:
            made.verdict.note(f"no trace: {type(problem).__name__}: {first_line(problem)}", f"{dtype} {sample}")
    return made


def _add(
    made: Prepared, entry: Any, function: Any, sample: Sample, answer: Any, known: dict[str, Written | None]
) -> None:
    tensors = list({id(t): t for t in tensors_in([sample.args, sample.kwargs])}.values())
    if entry.name.startswith("as_strided") and any(t.untyped_storage().nbytes() > t.nbytes for t in tensors):
        return  # compiled functions get their arguments without the memory around them
    if _only_tensors(answer) and entry.name not in _SCRIPTED_METHODS:
        compiled = _traced(function, sample, tensors)
    else:
        compiled = _scripted(entry, sample, tensors)
    key = re.sub(r" # .*", "", str(compiled.structured))
    if key not in known:
        if len(known) >= MOST_FUNCTIONS:
            made.verdict.extra["left out"] = made.verdict.extra.get("left out", 0) + 1
            return
        known[key] = None
        written = known[key] = _written(f"entry_{_plain_name(entry.formatted_name)}_{len(known)}", compiled)
        made.functions.append(written)
    elif known[key] is None:
        return  # refused before
    found = known[key]
    assert found is not None
    given = tensors if tensors else [torch.zeros(())]
    arguments = b"".join(encode(array_of(t)) for t in given)
    call = Sample(mapped(sample.args, _without_gaps), mapped(sample.kwargs, _without_gaps), sample.kind)
    result = mapped(tensors_in([answer]) if _only_tensors(answer) else answer, _plain)
    try:
        kept = pickle.dumps((call, result))
    except (AttributeError, pickle.PicklingError):  # a function is among the arguments
        kept = pickle.dumps((Sample((), {}, repr(sample)), result))
    made.cases.append(Case(found.name, arguments, kept))


def _without_gaps(value: Any) -> Any:
    """Every second element of five dimensions would be kept with the thirty-one beside it."""
    gaps = isinstance(value, torch.Tensor) and value.untyped_storage().nbytes() > 2 * value.nbytes
    return value.detach().clone() if gaps else value


def _plain_name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "_", text.replace("__", "dunder")).strip("_")


def _plain(value: Any) -> Any:
    return value.detach().resolve_conj().resolve_neg() if isinstance(value, torch.Tensor) else value


def _only_tensors(answer: Any) -> bool:
    if isinstance(answer, (list, tuple)):
        return bool(answer) and all(map(_only_tensors, answer))
    return isinstance(answer, torch.Tensor)


def _traced(function: Any, sample: Sample, tensors: list[Any]) -> Function:
    places = {id(t): i for i, t in enumerate(tensors)}
    args = mapped(sample.args, lambda v: _Place(places[id(v)]) if id(v) in places else argument(v))
    kwargs = mapped(sample.kwargs, lambda v: _Place(places[id(v)]) if id(v) in places else argument(v))

    def call(*given: Any) -> Any:
        def leaf(value: Any) -> Any:
            return given[value.number] if isinstance(value, _Place) else value

        return function(*mapped(args, leaf), **mapped(kwargs, leaf))

    given = tuple(ours(copied(tensors))) if tensors else (bundled.zeros(()),)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = bundled.jit.trace(call, given, check_trace=False)
    return _root(traced)


def _scripted(entry: Any, sample: Sample, tensors: list[Any]) -> Function:
    """A function with the call as a program has it."""
    places = {id(t): f"x{i}" for i, t in enumerate(tensors)}
    path = public_name(entry.op) or f"torch.{entry.name}"
    items = [_literal(v, places) for v in sample.args] + [
        f"{k}={_literal(v, places)}" for k, v in sample.kwargs.items()
    ]
    call = f"{path}({', '.join(items)})"
    if entry.name in _SCRIPTED_METHODS:
        call = f"{items[0]}.{entry.name}({', '.join(items[1:])})"
    parameters = ", ".join(f"{n}: torch.Tensor" for n in places.values()) or "x: torch.Tensor"
    text = f"def call({parameters}):\n    return {call}\n"
    name = f"<{entry.formatted_name} {hash(text)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    code = compile(text, name, "exec")
    try:
        return _root(_script(bundled, code))
    except SourceError:
        try:
            _script(torch, code)
        except RuntimeError as refused:
            raise _NotTorchScriptError from refused
        raise


def _script(library: Any, code: Any) -> Any:
    space: dict[str, Any] = {"torch": library}
    exec(code, space)
    return library.jit.script(space["call"])


def _literal(value: Any, places: dict[int, str]) -> str:
    if id(value) in places:
        return places[id(value)]
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_literal(v, places) for v in value)}]"
    return repr(value)


@dataclass(frozen=True)
class _Place:
    number: int


def _root(compiled: Any) -> Function:
    root = compile_entry(compiled).root
    assert isinstance(root, Function)
    return root


def exported(root: Any, name: str, *, embed_weights: bool = False) -> dict[str, str]:
    """The C++ files of a project, not laid out."""
    request = exporter.ExportRequest(root, name, "call.py", embed_weights=embed_weights)
    with mock.patch.object(exporter, "format_cpp", lambda text, *_: text):
        files = exporter.generate(request).files
    return {path: data.decode() for path, data in files.items() if path.startswith(("src/", f"include/{name}/"))}


def _written(name: str, function: Function) -> Written:
    files = exported(function, name)
    source = files[f"src/{name}.cpp"]
    both = files[f"include/{name}/{name}.hpp"] + source
    headers = tuple(h for h in re.findall(r"#include <([^>]+)>", both) if not h.startswith(f"{name}/"))
    found = re.search(r"^[^/\n].*?\b(\w+)\([^\n]*\) \{$", source, re.MULTILINE)
    if "src/weights.cpp" in files or found is None:
        raise AssertionError("the function is not a function of its arguments alone")
    return Written(name, headers, re.sub(r"^#.*$", "", both, flags=re.MULTILINE), found.group(1))


def record(case: Case) -> bytes:
    """The call as the driver reads it."""
    name = case.function.encode()
    data = struct.pack("<q", len(name)) + name + case.arguments
    return struct.pack("<q", len(data)) + data


def conclude(function: Any, made: Prepared, outcomes: dict[int, Outcome], broken: dict[str, str]) -> Verdict:
    """The verdict of an entry whose functions have run."""
    verdict = made.verdict
    for written in made.functions:
        if written.name in broken:
            verdict.note(broken[written.name], "does not compile")
    for number, case in enumerate(made.cases):
        if case.function in broken:
            continue
        sample, answer = pickle.loads(case.kept)
        verdict.note(_compared(function, made.name, sample, answer, outcomes[number]), sample)
    verdict.extra["functions"] = len(made.functions)
    return verdict


def _compared(function: Any, name: str, sample: Sample, answer: Any, outcome: Outcome) -> str:
    if outcome.error:
        return f"C++ raises {outcome.error}: {outcome.message}"
    assert outcome.result is not None
    value = mapped(outcome.result.value, lambda v: tensor_of(v) if hasattr(v, "dtype") else v)
    if isinstance(answer, list) and tensors_in(answer):
        value = tensors_in([value])
    elif isinstance(answer, torch.Size):
        answer = list(answer)
    found = difference(name, sample, _like(value, answer), answer)
    same = found and within_reference(function, sample, _like(value, answer), answer)
    return "" if same else found


def _like(value: Any, answer: Any) -> Any:
    return type(answer)(value) if isinstance(answer, (list, tuple)) and isinstance(value, (list, tuple)) else value
