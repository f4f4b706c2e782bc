"""What the documentation shows is what the project does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("writer", ["write_operators.py", "write_python_api.py"])
def test_written_pages_are_up_to_date(writer: str) -> None:
    command = [sys.executable, str(ROOT / "docs" / writer), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    missing = [t for t in targets if not (page.parent / t).exists()]
    assert not missing


@pytest.mark.parametrize(
    ("page", "name"), [("README.md", "while_break_early_return"), ("docs/gallery.md", "shared_block_class")]
)
def test_pages_show_real_output(page: str, name: str) -> None:
    """The two blocks that follow the mention of a golden case are excerpts of its files."""
    after = (ROOT / page).read_text(encoding="utf-8").partition(f"golden/{name})")[2]
    python, cpp = re.findall(r"```(?:python|cpp)\n(.*?)```", after, re.DOTALL)[:2]
    folder = ROOT / "golden" / name
    assert python in (folder / "model.py").read_text(encoding="utf-8")
    assert cpp in (folder / f"{name}.cpp").read_text(encoding="utf-8")
