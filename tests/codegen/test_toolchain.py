"""Finding CMake and ninja: the system's when they will do, the wheels' otherwise."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from transpile.codegen.project import toolchain
from transpile.core.errors import ToolError


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, Path]]:
    """The only folder on the path, and the folder of this Python; both empty."""
    system, python = tmp_path / "system", tmp_path / "python"
    for folder in (system, python):
        folder.mkdir()
    monkeypatch.setenv("PATH", str(system))
    monkeypatch.setattr(sys, "executable", str(python / "python3"))
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(python))
    toolchain.find_tool.cache_clear()
    yield system, python
    toolchain.find_tool.cache_clear()


def put(folder: Path, name: str, script: str) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_system_tool_is_preferred(folders: tuple[Path, Path]) -> None:
    system, python = folders
    wanted = put(system, "cmake", "echo cmake version 3.18.4")
    put(python, "cmake", "echo cmake version 4.0.0")
    assert toolchain.find_tool("cmake") == wanted


@pytest.mark.parametrize(
    "script", ["echo cmake version 3.10.2", "exit 1", "echo nothing"], ids=["old", "broken", "odd"]
)
def test_wheel_replaces_a_tool_that_will_not_do(folders: tuple[Path, Path], script: str) -> None:
    system, python = folders
    put(system, "cmake", script)
    wanted = put(python, "cmake", "echo cmake version 3.31.6")
    assert toolchain.find_tool("cmake") == wanted


def test_wheel_serves_where_the_system_has_none(folders: tuple[Path, Path]) -> None:
    wanted = put(folders[1], "ninja", "echo 1.11.1")
    assert toolchain.find_tool("ninja") == wanted


def test_missing_tool_says_what_to_install(folders: tuple[Path, Path]) -> None:
    put(folders[0], "cmake", "echo cmake version 2.8.12")
    with pytest.raises(ToolError, match=r"cmake 3\.18 or newer was not found; install it or `pip install cmake`"):
        toolchain.find_tool("cmake")


def test_output_of_a_failing_command_is_kept(folders: tuple[Path, Path]) -> None:
    bad = put(folders[0], "compiler", "echo no such thing; exit 3")
    with pytest.raises(ToolError, match="compiling failed with exit code 3") as caught:
        toolchain.run([bad, "x.cpp"], "compiling")
    assert caught.value.output == "no such thing\n"
    assert caught.value.command == [bad, "x.cpp"]
