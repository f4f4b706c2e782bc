"""Samples of a profile build, from the timer's signal to the tables of ``ts2cpp bench --profile``."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command_line import ts2cpp
from transpile.codegen.project.profile import PythonLine, Sample, read_samples

RUNTIME = Path(__file__).resolve().parents[2] / "runtime_cpp" / "include"
# Two Python lines that take about two thirds and one third of the time, each in an operator.
PROGRAM = """
#include <ts2cpp/profile.hpp>

namespace ts2cpp::ops {
__attribute__((noinline)) double spin(long steps) {
  volatile double sum = 0.0;
  for (long i = 0; i < steps; ++i) sum = sum + 1.0;
  return sum;
}
inline double twice(long steps) { return spin(2 * steps); }
}

namespace net {
__attribute__((noinline)) double layer() {
  ts2cpp::Frame at("net.py", "Layer.forward");
  at(12);
  return ts2cpp::ops::twice(20000);
}
__attribute__((noinline)) double forward() {
  ts2cpp::Frame at("net.py", "Net.forward");
  at(20);
  const double x = layer();
  at(21);
  return x + ts2cpp::ops::spin(20000);
}
}

int main(int, char** argv) {
  std::int64_t calls = 0;
  double seconds = 0.0;
  return ts2cpp::profile::record(0.3, [] { net::forward(); }, calls, seconds) &&
                 ts2cpp::profile::write(argv[1], calls, seconds) ? 0 : 1;
}
"""


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or shutil.which("addr2line") is None or shutil.which("g++") is None,
    reason="needs Linux, g++ and addr2line",
)
def test_samples_name_python_lines_and_operators(tmp_path: Path) -> None:
    (tmp_path / "net.cpp").write_text(PROGRAM)
    program = tmp_path / "net"
    flags = ["-std=c++17", "-g", "-O2", "-DTS2CPP_PROFILE", f"-I{RUNTIME}", "-pthread", "-lrt"]
    subprocess.run(["g++", *flags, "net.cpp", "-o", str(program)], cwd=tmp_path, check=True)
    subprocess.run([program, "samples"], cwd=tmp_path, check=True)
    found = read_samples(tmp_path / "samples", program, "net")
    assert found.calls > 1
    assert found.seconds >= 0.3
    assert {line for line, _ in found.by_line()} == {
        PythonLine("net.py", 12, "Layer.forward"), PythonLine("net.py", 21, "Net.forward"),
    } | ({PythonLine("net.py", 20, "Net.forward")} & {line for line, _ in found.by_line()})  # fmt: skip
    operators = dict(found.by_operator())
    assert operators["twice"] > operators["spin"] > 0
    inner = next(sample for sample in found.samples if sample.operator == "twice")
    assert inner.python == [PythonLine("net.py", 12, "Layer.forward"), PythonLine("net.py", 20, "Net.forward")]

    events = json.loads(found.trace())["traceEvents"]
    assert {event["ph"] for event in events} == {"X"}
    assert {"twice", "spin", "Layer.forward net.py:12", "Net.forward net.py:20"} <= {event["name"] for event in events}
    assert all(event["dur"] > 0 for event in events)


def test_a_line_of_the_trace_lasts_while_its_samples_agree(tmp_path: Path) -> None:
    (tmp_path / "samples").write_text("calls 4\nseconds 0.4\n")
    profile = read_samples(tmp_path / "samples", tmp_path / "none", "net")
    at = PythonLine("net.py", 3, "forward")
    profile.samples = [Sample(0.1, [at], [], "add"), Sample(0.2, [at], [], "mul"), Sample(0.3, [at], [], "mul")]
    assert profile.microseconds == pytest.approx(1e5)
    assert [what for what, _ in profile.by_operator()] == ["mul", "add"]
    found = {
        (e["name"], round(e["ts"] / 1e5), round(e["dur"] / 1e5)) for e in json.loads(profile.trace())["traceEvents"]
    }
    assert found == {("forward net.py:3", 1, 3), ("add", 1, 1), ("mul", 2, 2)}


def test_bench_says_what_is_wrong_with_its_options(tmp_path: Path) -> None:
    for options, message in (
        (("--threads", "x"), "not a list of whole numbers"),
        (("--threads", "0"), "not a list of whole numbers"),
        (("--against", "tvm"), "pytorch, onnxruntime"),
        (("--against", "pytorch"), "needs --model"),
        (("--trace", "t.json"), "needs --profile"),
    ):
        done = ts2cpp("bench", tmp_path, *options)
        assert done.returncode == 2
        assert message in done.stderr
