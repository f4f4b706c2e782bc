"""Runs many seeds, shrinks what fails, and says what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.codegen.random_programs.program import Program, generate
from tests.codegen.random_programs.shrinker import shrink
from tests.codegen.random_programs.ways import Checked, DifferenceError, RefusedError, check, check_cpp


@dataclass
class Failure:
    """A program that is not the same in all ways; ``sign`` says in what way, ``detail`` everything."""

    program: Program
    sign: str
    detail: str

    def __str__(self) -> str:
        return f"seed {self.program.seed}: {self.detail}\n\n{self.program.text}\ninputs: {self.program.inputs}\n"


@dataclass
class Report:
    """What became of the seeds."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)

    def __str__(self) -> str:
        counts = ", ".join(f"{number} {kind}" for kind, number in sorted(self.counts.items()))
        return "\n".join([counts, *map(str, self.failures)])


def _interpret(program: Program, folder: Path) -> Checked | Failure:
    try:
        return check(program, folder)
    except DifferenceError as error:
        return Failure(program, f"{error.way} differs", str(error))
    except RefusedError as error:
        return Failure(program, "refused by the compiler", str(error))
    except Exception as error:
        return Failure(program, f"{type(error).__name__}", f"{type(error).__name__}: {error}")


def _build(programs: Sequence[Checked], folder: Path, units: int) -> list[Failure]:
    found = check_cpp(programs, folder, units)
    by_seed = {c.program.seed: c.program for c in programs}
    return [
        Failure(
            by_seed[seed],
            f"C++ {o.kind}: {' '.join(o.detail.split()[:9]) if o.kind != 'different' else ''}",
            f"C++ {o.kind}: {o.detail}",
        )
        for seed, o in found.items()
        if o.kind != "same"
    ]


def run(
    seeds: Iterable[int], folder: Path, *, cpp: bool = True, cpp_folder: Path | None = None, units: int = 4
) -> Report:
    """Generate and check the programs of ``seeds``; C++, in ``cpp_folder``, for those that Python and the interpreter agree
    on."""
    report, agreed = Report(), []
    for seed in seeds:
        found = _interpret(generate(seed), folder)
        if isinstance(found, Failure):
            report.counts[found.sign] += 1
            report.failures.append(found)
        else:
            report.counts["same in Python and interpreter"] += 1
            report.counts["runs"] += len(found.outcomes)
            report.counts["runs that raise"] += sum(o.result.startswith("raised ") for o in found.outcomes)
            agreed.append(found)
    if cpp:
        failures = _build(agreed, cpp_folder or folder / "cpp", units)
        report.counts["same in C++"] = len(agreed) - len(failures)
        report.counts.update(f.sign for f in failures)
        report.failures += failures
    return report


def smallest(failure: Failure, folder: Path, seconds: float = 60) -> Failure:
    """The failure with its program made small."""
    in_cpp = failure.sign.startswith("C++")
    last = [failure]

    def fails(program: Program) -> bool:
        found = _interpret(program, folder)
        if isinstance(found, Checked) and in_cpp:
            failures = _build([found], folder / "small", 1)
            found = failures[0] if failures else found
        if isinstance(found, Failure) and found.sign == failure.sign:
            last[0] = found
            return True
        return False

    program = shrink(failure.program, fails, seconds)
    return replace(last[0], program=program)
