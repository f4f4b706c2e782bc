"""What docs/real_time.md promises: once warm, a call takes no memory, no lock and no system call."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

import pytest

from tests.golden.cases import project_tree

pytestmark = pytest.mark.xdist_group("golden")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the program puts itself before functions of glibc")
def test_amplifier_calls_nothing_of_the_system() -> None:
    tree = project_tree()
    program = tree.link(Path(__file__).parent / "programs" / "real_time.cpp", "guitar_amp")
    command = [str(program), str(tree.weights("guitar_amp"))]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    words = done.stdout.split()
    counted = dict(zip(words[::2], map(float, words[1::2]), strict=True))
    assert (counted["allocations"], counted["locks"]) == (0, 0)
    assert counted["system_calls"] <= 0  # -1 where the system lets nobody watch
    assert counted["sum"] != 0
    assert counted["separate"] == 1, "a copy shares no state"
