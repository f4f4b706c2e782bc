"""Processes that take turns: the peers' workers, and the compiled program."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import select
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
_LINE = re.compile(r"median_us=([\d.]+).*?min_us=([\d.]+)")


class PeerError(Exception):
    """A peer cannot run a workload, and why."""


@dataclass
class Timing:
    """One turn: microseconds of the median and the fastest call."""

    median: float
    fastest: float


@dataclass
class Worker:
    """A peer that has the workload loaded and waits for its turn."""

    process: subprocess.Popen[str]
    first: float = 0.0  # seconds from the start of the process to the end of the first call
    error: float = 0.0  # greatest difference from PyTorch's answer
    scale: float = 0.0
    peak_kb: int = 0
    turns: list[Timing] = field(default_factory=list)

    def read(self, event: str, timeout: float) -> dict[str, Any]:
        """The next line about ``event``; ``PeerError`` if the process ends or is silent for ``timeout`` seconds."""
        out, err = self.process.stdout, self.process.stderr
        assert out is not None and err is not None
        end = time.monotonic() + timeout
        while time.monotonic() < end and select.select([out], [], [], max(0.0, end - time.monotonic()))[0]:
            line = out.readline()
            if not line:
                raise PeerError(f"exit {self.process.wait()}: {err.read().strip().splitlines()[-1:]}")
            if line.startswith("{"):
                found: dict[str, Any] = json.loads(line)
                if found.get("event") == event:
                    return found
        self.process.kill()
        raise PeerError(f"silent for {timeout:.0f} s")

    def ask(self, text: str, event: str, timeout: float) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return self.read(event, timeout)

    def turn(self, seconds: float) -> None:
        answer = self.ask(f"go {seconds} 5", "round", 180)
        self.turns.append(Timing(answer["median"], answer["fastest"]))

    def end(self) -> None:
        try:
            self.peak_kb = int(self.ask("quit", "bye", 20)["peak_kb"])
            self.process.wait(10)
        except (PeerError, OSError, subprocess.TimeoutExpired):
            self.process.kill()


def start(peer: str, name: str, folder: Path, threads: int, programs: dict[str, Path]) -> Worker:
    """Start a peer and wait until it has answered once."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "PYTHONWARNINGS": "ignore"}
    if peer in programs:
        command = [str(programs[peer]), str(folder), str(threads)]
    else:
        command = [sys.executable, "-m", "peers.worker", peer, name, str(folder), str(threads)]
    worker = Worker(
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**environment, "BENCHMARK_START": repr(time.time())}, cwd=HERE.parent,
        )
    )  # fmt: skip
    ready = worker.read("ready", 300)
    worker.first, worker.error, worker.scale = ready["first"], ready["error"], ready["scale"]
    if not worker.error <= 2e-3 * max(1.0, worker.scale):
        worker.end()
        raise PeerError(f"differs from PyTorch by {worker.error:.3g}")
    return worker


@dataclass
class Program:
    """The compiled program of a project: started for every turn, its own clock around the calls."""

    command: list[str]
    turns: list[Timing] = field(default_factory=list)

    def turn(self, seconds: float) -> None:
        guess = self.turns[-1].median if self.turns else self._run(1, 1).median
        repeat = int(max(5, min(100_000, seconds * 1e6 / max(guess, 0.05))))
        self.turns.append(self._run(max(3, repeat // 10), repeat))

    def _run(self, warmup: int, repeat: int) -> Timing:
        done = subprocess.run(
            [*self.command, "--warmup", str(warmup), "--repeat", str(repeat)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        match = _LINE.search(done.stdout)
        if done.returncode or match is None:
            raise PeerError(f"exit {done.returncode}: {done.stderr.strip()[-200:]}")
        return Timing(float(match[1]), float(match[2]))


def _package(name: str) -> Path | None:
    found = importlib.util.find_spec(name)
    return Path(found.origin).parent if found is not None and found.origin else None


def cpp_workers(folder: Path) -> dict[str, Path]:
    """The workers in C++ of the installed packages, compiled into ``folder``."""
    programs: dict[str, Path] = {}
    torch, openvino = _package("torch"), _package("openvino")
    if torch is not None:
        programs["libtorch"] = folder / "libtorch"
        _compile("libtorch", programs["libtorch"], [
            "-std=c++20", f"-I{torch}/include", f"-I{torch}/include/torch/csrc/api/include", f"-L{torch}/lib",
            f"-Wl,-rpath,{torch}/lib", "-Wl,--no-as-needed", "-ltorch", "-ltorch_cpu", "-lc10",
        ])  # fmt: skip
    if openvino is not None:
        programs["openvino"] = folder / "openvino"
        libraries = [str(path) for path in sorted((openvino / "libs").glob("libopenvino.so.*"))]
        flags = ["-std=c++17", f"-I{openvino}/include", *libraries, f"-Wl,-rpath,{openvino}/libs"]
        _compile("openvino", programs["openvino"], flags)
    return programs


def _compile(name: str, out: Path, flags: list[str]) -> None:
    if out.exists():
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    source = HERE / "cpp" / f"{name}.cpp"
    done = subprocess.run(
        ["g++", "-O2", str(source), "-o", str(out), *flags], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{source.name} does not compile:\n{done.stderr[-2000:]}")


def installed(peers: list[str]) -> list[str]:
    """Those of the peers whose packages are here."""
    packages = {"pytorch": "torch", "torchscript": "torch", "libtorch": "torch"}
    return [peer for peer in peers if _package(packages.get(peer, peer)) is not None]
