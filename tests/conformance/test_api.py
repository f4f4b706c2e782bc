"""Programs that use ``torch.jit`` as users do report what they report under PyTorch (recorded in ``tests/data/api``)."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import lru_cache

import pytest

from tests.build_tree import ROOT
from tests.bundled import bundled_torch
from tests.conformance.cases import API_PROGRAMS, API_RECORDED, SWITCHED_OFF, environment, report
from tests.conformance.graph_text import read
from transpile.jit.unit import forget_default_unit

RECORDED = {path.stem: read(API_RECORDED / f"{path.stem}.txt") for path in API_PROGRAMS}


@lru_cache
def _found(stem: str) -> dict[str, str]:
    if stem == SWITCHED_OFF:
        return _in_a_process(stem)
    forget_default_unit()
    with bundled_torch():
        return report(next(p for p in API_PROGRAMS if p.stem == stem))


def _in_a_process(stem: str) -> dict[str, str]:
    """The report of a file that needs another environment."""
    program = (
        "import json, sys, transpile; transpile.install_torch()\n"
        "from tests.conformance.cases import API_PROGRAMS, report\n"
        f"print(json.dumps(report(next(p for p in API_PROGRAMS if p.stem == {stem!r}))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment(stem), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("stem", "case"), [(stem, case) for stem, cases in RECORDED.items() for case in cases])
def test_reports_what_pytorch_reports(stem: str, case: str) -> None:
    assert _found(stem)[case] == RECORDED[stem][case]


@pytest.mark.parametrize("stem", RECORDED)
def test_every_case_is_recorded(stem: str) -> None:
    assert _found(stem).keys() == RECORDED[stem].keys()
