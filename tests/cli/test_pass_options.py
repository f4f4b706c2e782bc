"""The stages of an export made visible: ``inspect --optimized``, ``--print-after``, ``--verify-passes``, and our own defects."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.command_line import listing, ts2cpp

MODELS = Path(__file__).parent / "models"
FORKED = MODELS / "forked.py"
LINEAR = MODELS / "linear.py"
MAIN = "from transpile.cli import main; main()"


def test_optimized_shows_the_graphs_in_the_order_of_the_cpp_file(tmp_path: Path) -> None:
    shown = ts2cpp("inspect", FORKED, "--optimized")
    assert shown.returncode == 0, shown.stderr
    names = re.findall(r"^# __torch__\.forked\.(\S+)$", shown.stdout, re.MULTILINE)
    assert names == ["halved", "Scale.__init__", "Scale.apply", "Layer.forward", "Net.forward", "Net.scaled"]
    done = ts2cpp("export", FORKED, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    source = (tmp_path / "out" / "src" / "forked.cpp").read_text()
    assert re.findall(r"^// def (\w+)\(", source, re.MULTILINE) == [name.rpartition(".")[2] for name in names]
    # One node for what is one statement in C++, in a forked graph too.
    assert shown.stdout.count("ts2cpp::New(") == source.count("ts2cpp::make<") == 1
    assert shown.stdout.count("ts2cpp::CallEach[") == source.count("for (") == 1
    assert "ts2cpp::CallEach[" in shown.stdout.partition("with prim::fork_0 = graph(")[2]


def test_a_rolled_loop_in_a_task_computes_the_same(tmp_path: Path) -> None:
    done = ts2cpp("export", FORKED, "--out", tmp_path / "out", "--verify")
    assert done.returncode == 0, done.stderr


def test_several_views_at_once() -> None:
    shown = ts2cpp("inspect", LINEAR, "--code", "--graph", "--ops")
    assert shown.returncode == 0, shown.stderr
    places = [shown.stdout.index(text) for text in ("graph(%self", "def forward(self", "2  aten::linear")]
    assert places == sorted(places)


def test_print_after_shows_what_one_pass_changes(tmp_path: Path) -> None:
    done = ts2cpp("export", FORKED, "--out", tmp_path / "out", "--print-after", "join_construction")
    assert done.returncode == 0, done.stderr
    headings = [line for line in done.stderr.splitlines() if line.startswith(("---", "+++"))]
    assert headings == ["--- forked.Net.scaled", "+++ forked.Net.scaled after join_construction"]
    removed = [line for line in done.stderr.splitlines() if line.startswith("-  ")]
    added = [line for line in done.stderr.splitlines() if line.startswith("+  ")]
    assert "prim::CreateObject()" in removed[0]
    assert '[name="__init__"]' in removed[1]
    assert "ts2cpp::New(%factor.1)" in added[0]


def test_print_after_all_tells_the_whole_way() -> None:
    done = ts2cpp("inspect", FORKED, "--print-after", "all", "--verify-passes")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("graph(%self")  # the differences are not on stdout
    passes = re.findall(r"^\+\+\+ forked\.\S+ after (\w+)$", done.stderr, re.MULTILINE)
    assert passes.index("inline") < passes.index("fuse_pointwise") < passes.index("roll_calls")
    assert "lower_tuples" in passes  # those that run inside of another are seen too


@pytest.mark.parametrize("command", ["export", "inspect"])
def test_an_unknown_pass_is_refused_with_the_names_there_are(tmp_path: Path, command: str) -> None:
    out = ["--out", tmp_path / "out"] if command == "export" else []
    done = ts2cpp(command, LINEAR, *out, "--print-after", "join_everything")
    assert done.returncode == 2, done.stderr
    for word in ("join_everything", "all", "inline", "fuse_pointwise", "roll_calls"):
        assert f"'{word}'" in done.stderr
    assert listing(tmp_path) == []


# A pass that leaves a use of a value before its definition, and one that raises.
_BREAKING = """
from transpile.passes import pipelines
def misplace(graph, context=None):
    nodes = [n for n in graph.nodes if n.kind == "aten::linear"]
    for node in nodes:
        node.move_before(next(iter(graph.nodes)))
    return bool(nodes)
def stumble(graph, context=None):
    raise KeyError("%gone")
pipelines.OPTIMIZE = (*pipelines.OPTIMIZE, {name})
"""


def test_verify_passes_names_the_pass_at_fault(tmp_path: Path) -> None:
    program = _BREAKING.format(name="misplace") + MAIN
    done = ts2cpp("export", LINEAR, "--out", tmp_path / "out", "--verify-passes", program=program)
    assert done.returncode == 70, done.stderr
    assert "PassError: after the pass misplace on linear.Net." in done.stderr
    assert "aten::linear" in done.stderr
    assert "Please report it" in done.stderr
    assert listing(tmp_path) == []


# Variables of a wide type that hold less when the loops begin, and what the tests in the loops make of them.
_NARROW = """
from typing import List, Optional, Union
import torch

class Net(torch.nn.Module):
    def forward(self, x: torch.Tensor, numbers: List[int]) -> torch.Tensor:
        kept: Optional[int] = 8
        last: Optional[int] = None
        mixed: Union[int, str] = "none"
        for number in numbers:
            if kept is None or number > 3:
                last = kept
            else:
                for _ in numbers:
                    kept -= 1
            if isinstance(mixed, str):
                mixed = number
            elif number > 5:
                last = None
                continue
        return x * (0 if last is None else last) + (1 if kept is None else kept)

model = Net()
"""


def test_verify_passes_accepts_narrow_values_of_wide_variables_in_loops(tmp_path: Path) -> None:
    """The front end's graph is checked before the first pass as well."""
    model = tmp_path / "narrow.py"
    model.write_text(_NARROW)
    for command in (("inspect", model, "--graph"), ("export", model, "--out", tmp_path / "out")):
        done = ts2cpp(*command, "--verify-passes")
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("program", "doing"),
    [
        (_BREAKING.format(name="stumble"), "optimising"),
        ("from transpile.codegen.emit import writer\nwriter.write_function = lambda *_: {}['%gone']\n", "writing"),
        (
            "from transpile.codegen.plan import program_plan\nprogram_plan.plan_function = lambda *_, **__: {}['%gone']\n",
            "planning",
        ),
    ],
    ids=["pass", "emitter", "plan"],
)
def test_an_unexpected_exception_names_the_function_and_its_line(tmp_path: Path, program: str, doing: str) -> None:
    done = ts2cpp("export", LINEAR, "--out", tmp_path / "out", program=program + MAIN)
    assert done.returncode == 70, done.stderr
    assert f"InternalError: {doing} linear.Net.forward failed with KeyError('%gone')" in done.stderr
    assert "def forward(self, x: torch.Tensor) -> torch.Tensor:" in done.stderr
    assert "Please report it" in done.stderr
    assert listing(tmp_path) == []
