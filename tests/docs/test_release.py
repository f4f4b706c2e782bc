"""What a release says of itself: its version, what changed, and whose work it follows."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

import transpile

ROOT = Path(__file__).resolve().parent.parent.parent


def test_cmake_package_has_the_version_of_the_python_package(tmp_path: Path) -> None:
    command = ["cmake", "-S", str(ROOT), "-B", str(tmp_path), "-DTS2CPP_INSTALL=ON"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    written = (tmp_path / "ts2cpp-config-version.cmake").read_text(encoding="utf-8")
    assert f'set(PACKAGE_VERSION "{transpile.__version__}")' in written


def test_changelog_begins_with_what_is_not_released() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert headings[0] == "Unreleased"
    assert transpile.__version__ in headings[1]


@pytest.mark.parametrize("name", ["LICENSE", "NOTICE"])
def test_legal_texts_go_with_packages_and_the_runtime(name: str) -> None:
    assert (ROOT / name).read_bytes() == (ROOT / "runtime_cpp" / name).read_bytes()
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (listed,) = re.findall(r"^license-files = \[(.*)\]$", project, re.M)
    assert f'"{name}"' in listed


def test_sources_named_in_the_notice_exist_and_refer_to_it() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    named = set(re.findall(r"[\w/]+\.(?:py|hpp)", notice))
    assert {"transpile/ops/generator.py", "runtime_cpp/include/ts2cpp/random.hpp"} <= named
    for path in named:
        assert "NOTICE" in (ROOT / path).read_text(encoding="utf-8"), path
