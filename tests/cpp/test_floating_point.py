"""Flags of a consumer that change floating-point arithmetic: they end in an error that says so, or change nothing."""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INCLUDE = ROOT / "runtime_cpp" / "include"
PARTS = ("-fassociative-math", "-freciprocal-math", "-fno-signed-zeros", "-fno-trapping-math")
REFUSED: dict[str, list[tuple[str, ...]]] = {
    "g++": [
        ("-ffast-math",), ("-Ofast",), ("-ffinite-math-only",), ("-freciprocal-math",), ("-fno-signed-zeros",),
        ("-fassociative-math", "-fno-signed-zeros", "-fno-trapping-math"), ("-funsafe-math-optimizations",),
    ],
    "clang++": [("-ffast-math",), ("-Ofast",), ("-ffinite-math-only",)],
}  # fmt: skip
HARMLESS = ("-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off")
WIDTHS = ((), ("-mavx2", "-mfma", "-ffp-contract=off"))


def _tool(compiler: str) -> str:
    found = shutil.which(compiler)
    if found is None:
        pytest.skip(f"no {compiler}")
    return found


def _refusal(compiler: str, flags: tuple[str, ...], header: str) -> str:
    command = [_tool(compiler), "-std=c++17", "-O2", *flags, "-fsyntax-only", "-I", str(INCLUDE), "-x", "c++", "-"]
    return subprocess.run(command, input=f"#include <{header}>\n", capture_output=True, text=True, check=False).stderr


@pytest.mark.parametrize("compiler", REFUSED)
def test_flags_that_are_told_are_refused(compiler: str) -> None:
    for flags in REFUSED[compiler]:
        assert "ts2cpp needs IEEE 754 arithmetic" in _refusal(compiler, flags, "ts2cpp/floating_point.hpp")


@pytest.mark.parametrize("header", ["ts2cpp/math/transcendental.hpp", "ts2cpp/random.hpp", "ts2cpp/tensor.hpp"])
def test_headers_refuse_them(header: str) -> None:
    assert "ts2cpp needs IEEE 754 arithmetic" in _refusal("g++", ("-ffast-math",), header)


@pytest.mark.parametrize("compiler", REFUSED)
def test_other_flags_are_accepted(compiler: str) -> None:
    """Also fast arithmetic that is switched off again, as the message says."""
    for flags in (HARMLESS, ("-ffast-math", "-fno-fast-math")):
        assert "error" not in _refusal(compiler, flags, "ts2cpp/math.hpp")


@functools.cache
def _output(compiler: str, flags: tuple[str, ...]) -> list[str]:
    """What the program prints, compiled with these flags."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "floating_point"
        source = Path(__file__).with_name("floating_point.cpp")
        command = [
            _tool(compiler),
            "-std=c++17",
            "-O2",
            *flags,
            "-I",
            str(INCLUDE),
            str(source),
            "-o",
            str(program),
            "-pthread",
        ]
        subprocess.run(command, check=True)
        return subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.parametrize("width", WIDTHS, ids=["SSE2", "AVX2"])
def test_flags_that_clang_does_not_tell_change_nothing(width: tuple[str, ...]) -> None:
    plain = _output("clang++", width)
    assert len(plain) > 600
    assert _output("clang++", (*width, *PARTS)) == plain


def test_exp_of_3() -> None:
    """The value that reassociation spoils first: 16."""
    for compiler in REFUSED:
        assert _output(compiler, ())[0] == "exp 41a0af2e"
