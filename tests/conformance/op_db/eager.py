"""Running an entry's samples on PyTorch and on the bundled torch, in eager mode."""

from __future__ import annotations

import signal
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

import transpile.torch as bundled
from tests.conformance.op_db.agreement import difference, same_kind
from tests.conformance.op_db.calls import MissingError, argument, function_of
from tests.conformance.op_db.samples import DTYPES, Sample, dtypes_of, samples_of, variants_of
from tests.conformance.op_db.values import copied, mapped, tensors_in, theirs
from transpile.eager.tensor import Tensor

_WIDER = {
    torch.float16: torch.float64,
    torch.bfloat16: torch.float64,
    torch.float32: torch.float64,
    torch.complex64: torch.complex128,
}
CALL_SEED = 7  # the driver of compiled functions has the same
PASS, FAIL, MISSING, CRASH = "pass", "fail", "missing", "crash"


@dataclass
class Verdict:
    """What became of an entry: how many calls ran, how many of them differ, and the first difference."""

    name: str
    status: str = PASS
    calls: int = 0
    failed: int = 0
    first: str = ""
    extra: dict[str, int] = field(default_factory=dict)

    def note(self, problem: str, what: object) -> None:
        """Count a call; ``problem`` is empty if it went well."""
        self.calls += 1
        if problem:
            self.failed += 1
            self.status = FAIL
            self.first = self.first or f"{what}: {problem}"

    def miss(self, what: object) -> None:
        """The bundled torch lacks something."""
        self.status, self.first = MISSING, f"{what}"


def judge(
    entry: Any, most: int | None = None, variants: bool = True, dtypes: Sequence[torch.dtype] = DTYPES
) -> Verdict:
    """All samples of an entry; ``most`` for each dtype if that is given."""
    verdict = Verdict(entry.formatted_name)
    try:
        function = function_of(entry)
        for dtype, sample in all_samples(entry, dtypes, most, variants):
            verdict.note(compared(entry, function, sample), f"{dtype} {sample}")
            if variants and sample.kind == "sample":
                for form, twin in _forms(entry):
                    if form == "in place" and sample.origin.broadcasts_input:
                        continue
                    verdict.note(_compared_form(entry, twin, sample), f"{dtype} {form} {sample}")
    except MissingError as lacks:
        verdict.miss(lacks)
    return verdict


def all_samples(
    entry: Any, dtypes: Sequence[torch.dtype], most: int | None, variants: bool
) -> Iterator[tuple[str, Sample]]:
    """The database's samples of each dtype, and of the entry's first dtype the varied ones, with the dtype's name."""
    for number, dtype in enumerate(dtypes_of(entry, dtypes)):
        name = str(dtype).removeprefix("torch.")
        yield from ((name, sample) for sample in samples_of(entry, dtype, most))
        if variants and number == 0:
            yield from ((name, sample) for sample in variants_of(entry, dtype))


def compared(entry: Any, function: Any, sample: Sample) -> str:
    """How our answer to a sample differs from PyTorch's."""
    answer, error = called(entry.op, sample, torch)
    mine, my_error = called(function, sample, bundled)
    if isinstance(my_error, MissingError):
        raise my_error
    if error is not None or my_error is not None:
        return "" if "MKL FFT error" in str(error) else verdicts_differ(my_error, error)
    if isinstance(answer, tuple) and hasattr(answer, "n_fields"):
        lacks = [n for n in _fields(answer) if not hasattr(mine, n)]
        if lacks:
            return f"the result has no field {', '.join(lacks)}"
        answer = tuple(answer)
    found = difference(entry.name, sample, theirs(mine), answer)
    return found if found and not within_reference(entry.op, sample, theirs(mine), answer) else ""


def _compared_form(entry: Any, name: str, sample: Sample) -> str:
    """The same through a method of ``Tensor``, with what it has written."""
    given, mine = copied((sample.args, sample.kwargs)), argument(copied((sample.args, sample.kwargs)))
    answer, error = raised(lambda: getattr(torch.Tensor, name)(*given[0], **given[1]), torch)
    method = getattr(Tensor, name, None)
    if method is None:
        return "it is missing"
    my_answer, my_error = raised(lambda: method(*mine[0], **mine[1]), bundled)
    if error is not None or my_error is not None:
        return verdicts_differ(my_error, error)
    answer = tuple(answer) if isinstance(answer, tuple) else answer
    found = difference(entry.name, sample, theirs(my_answer), answer)
    if found and within_reference(entry.op, sample, theirs(my_answer), answer):
        return ""
    return found or (difference(entry.name, sample, theirs(mine[0][0]), given[0][0]) if name.endswith("_") else "")


def _forms(entry: Any) -> list[tuple[str, str]]:
    """The method and the in-place method that the database knows of the entry."""
    found = []
    for form, value in (("method", entry.method_variant), ("in place", entry.inplace_variant)):
        name = getattr(value, "__name__", None)
        if name and name != "<lambda>" and getattr(torch.Tensor, name, None) is value:
            found.append((form, name))
    return found


def within_reference(function: Any, sample: Sample, mine: Any, answer: Any) -> bool:
    """Whether our error is at most twice PyTorch's, both against PyTorch's own answer in double precision.

    The tolerances of ``torch.testing`` know nothing of terms that cancel: two sums in different order may differ by more.
    """
    if (
        function is None
        or not same_kind(mine, answer)
        or "dtype" in sample.kwargs
        or not any(t.dtype in _WIDER for t in tensors_in([sample.args, sample.kwargs]))
    ):
        return False
    wide = Sample(mapped(sample.args, _widened), mapped(sample.kwargs, _widened), sample.kind)
    reference, error = called(function, wide, torch)
    sets = [tensors_in(v) for v in (mine, answer, reference)]
    if error is not None or len({len(s) for s in sets}) != 1 or not sets[0]:
        return False
    return all(_is_as_near(*three) for three in zip(*sets, strict=True))


def _is_as_near(mine: Any, answer: Any, reference: Any) -> bool:
    if not (mine.shape == answer.shape == reference.shape and mine.dtype == answer.dtype):
        return False
    if answer.dtype not in _WIDER:
        return bool(torch.equal(mine, answer))
    rest = ~answer.isfinite()
    if not (torch.equal(mine.isfinite(), ~rest) and torch.allclose(mine[rest], answer[rest], equal_nan=True)):
        return False
    where = answer.isfinite() & reference.isfinite()
    near, far, exact = (t[where].to(_WIDER[answer.dtype]) for t in (mine, answer, reference))
    if not near.numel():
        return True
    rounding = 4 * torch.finfo(answer.dtype).eps * exact.abs().max()
    return bool((near - exact).abs().max() <= 2 * (far - exact).abs().max() + rounding)


def _widened(value: Any) -> Any:
    return value.detach().to(_WIDER.get(value.dtype, value.dtype)) if isinstance(value, torch.Tensor) else value


def verdicts_differ(mine: Exception | None, wanted: Exception | None) -> str:
    """Whether one raises and the other does not."""
    if mine is None and wanted is not None:
        return f"no error instead of {type(wanted).__name__}: {first_line(wanted)}"
    if mine is not None and wanted is None:
        return f"{type(mine).__name__}: {first_line(mine)}"
    return ""


def called(function: Callable[..., Any], sample: Sample, library: Any) -> tuple[Any, Exception | None]:
    """The function's answer to a copy of the sample, or what it raises."""
    args, kwargs = copied((sample.args, sample.kwargs))
    if library is bundled:
        args, kwargs = argument(args), argument(kwargs)
    return raised(lambda: function(*args, **kwargs), library)


def raised(call: Callable[[], Any], library: Any) -> tuple[Any, Exception | None]:
    """What a call gives or raises, seeded."""
    library.manual_seed(CALL_SEED)
    with warnings.catch_warnings(), library.no_grad():
        warnings.simplefilter("ignore")
        try:
            return call(), None
        except Exception as error:
            return None, error


def first_line(error: BaseException) -> str:
    """The message without what follows its first line."""
    return str(error).partition("\nException raised from")[0].partition("\n")[0].strip()


def _fields(result: Any) -> list[str]:
    return [
        n for n in dir(type(result)) if not n.startswith("_") and n not in ("count", "index") and not n.startswith("n_")
    ]


def limit(seconds: int) -> None:
    """End this process's entry after so many seconds of processor time."""
    signal.signal(signal.SIGPROF, _too_long)
    signal.setitimer(signal.ITIMER_PROF, seconds)


def _too_long(number: int, frame: Any) -> None:
    raise TimeoutError("takes too long")
