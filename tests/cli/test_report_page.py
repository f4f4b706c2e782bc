"""``ts2cpp report``: the page as a browser would find it."""

from __future__ import annotations

import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.cli.command_line import ts2cpp

MODEL = '''
import torch
from torch import nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shows </script><b>text</b> & more."""
        y = self.fc(x)
        return F.layer_norm(y, [2]) if bool(y.sum() > 0) else y


model = Net()
example_inputs = (torch.ones(1, 3),)
'''


class Page(HTMLParser):
    """The columns of a page as (key, text) of their lines, its tags, and the text of its tables."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.columns: list[list[tuple[str, str]]] = []
        self.tags: list[str] = []
        self.cells: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        if values.get("class") == "column":
            self.columns.append([])
        elif values.get("class") == "l":
            self.columns[-1].append((values.get("data-k") or "", ""))
        assert not {"src", "href", "onclick"} & values.keys()

    def handle_data(self, data: str) -> None:
        if self.columns and self.columns[-1]:
            key, text = self.columns[-1][-1]
            self.columns[-1][-1] = (key, text + data)
        self.cells.append(data.strip())


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    (folder / "net.py").write_text(MODEL)
    done = ts2cpp("report", folder / "net.py", "--out", folder / "net.html", "--torch", "bundled")
    assert done.returncode == 0, done.stderr
    return folder / "net.html"


@pytest.fixture(scope="module")
def page(written: Path) -> Page:
    return Page(written.read_text(encoding="utf-8"))


def test_the_lines_of_a_python_line_have_its_key_in_every_column(page: Page) -> None:
    python, graph, cpp = page.columns
    key = next(key for key, text in python if "y = self.fc(x)" in text)
    assert key.startswith("net.py:")
    assert any("aten::linear(" in text for k, text in graph if k == key)
    assert any("ops::linear(" in text for k, text in cpp if k == key)
    # What the library's code of layer_norm became belongs to the line that called it.
    key = next(key for key, text in python if "F.layer_norm" in text)
    assert any("aten::layer_norm(" in text for k, text in graph if k == key)
    assert any("ops::layer_norm(" in text for k, text in cpp if k == key)


def test_texts_of_the_program_are_shown_and_not_interpreted(page: Page) -> None:
    assert any("Shows </script><b>text</b> & more." in text for _, text in page.columns[0])
    assert page.tags.count("script") == 1
    assert "b" not in page.tags
    assert "img" not in page.tags


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")
def test_a_browser_lights_the_counterparts_of_a_line(written: Path, page: Page) -> None:
    key = next(key for key, text in page.columns[0] if "y = self.fc(x)" in text)
    browser = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom"]
    done = subprocess.run(
        [*browser, f"{written.as_uri()}#{key}"], capture_output=True, text=True, check=True, timeout=120
    )
    assert "CONSOLE" not in done.stderr
    lit = [line for line in done.stdout.split("<div ") if 'class="l lit"' in line]
    assert {'data-k="' + key + '"' in line for line in lit} == {True}
    assert any(">ops<" in line for line in lit)
    assert any("aten::linear" in line for line in lit)


def test_tables_of_modules_operators_and_passes(page: Page) -> None:
    assert "What the optimiser did" in page.cells
    assert "aten::linear" in page.cells
    assert "Linear" in page.cells


def test_profile_is_for_projects(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(MODEL)
    done = ts2cpp("report", "net.py", "--out", "o.html", "--profile", "--torch", "bundled", cwd=tmp_path)
    assert done.returncode == 2
    assert "folder of a project" in done.stderr
    assert not (tmp_path / "o.html").exists()
