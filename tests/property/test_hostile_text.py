"""Names and strings of a model reach C++ and CMake unharmed, whatever they are."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transpile.core.names import RESERVED, NameScope, mangle
from transpile.cpp import tree as C
from transpile.cpp.literals import comment_text

COUNT = 10_000
NASTY = [
    "", " ", "x*/ int evil(){} /*", "{{7*7}}", "${ENV{HOME}}", "$<SHELL_PATH:x>", "%s%n", "??/", "??/\n", "a::b", "int",
    "namespace", "__builtin", "_Reserved", "A", "a", "‮", "x\\", 'a"b\n#include <x>', "]]", "]=]", "]", "a;b", "#",
    "é", "名前", "a_b", "a.b", "a__b", "_a", "a_", "0", "1x", "\0", "a\0b", "\x7f", "�", "class", "EOF", "errno",
    "main", "std", "Tensor", "and", "or", "not", "xor", "bitand", "compl", "//", "\\u0041", "\\x41", "L\"x\"", "R\"(x)\"",
    "x" * 5000, "NULL", "I", "unix", "linux", "major", "?" * 7, "??=", "%:", "<:", "\r\n", "\t", "`", "'", "\\\n",
]  # fmt: skip


def random_texts(seed: int, count: int) -> list[str]:
    """Distinct texts: nasty ones, then random mixtures of identifiers, keywords, punctuation and Unicode."""
    generator = random.Random(seed)
    words = sorted(RESERVED) + [
        "x",
        "weight",
        "a_b",
        "layer",
        "0",
        "_",
        "__",
        ".",
        "*/",
        "/*",
        "??/",
        "${",
        "}",
        '"',
        "\\",
        "\n",
    ]
    texts = dict.fromkeys(NASTY)
    while len(texts) < count:
        kind = generator.randrange(4)
        if kind == 0:
            text = "".join(generator.choice(words) for _ in range(generator.randint(1, 4)))
        elif kind == 1:
            ranges = [generator.choice(((0, 127), (128, 0xD7FF))) for _ in range(generator.randint(0, 12))]
            text = "".join(chr(generator.randint(*bounds)) for bounds in ranges)
        elif kind == 2:
            text = "".join(generator.choice("abcXYZ019_") for _ in range(generator.randint(1, 10)))
        else:
            text = generator.choice(words) + generator.choice(NASTY)[:40]
        texts[text] = None
    return list(texts)[:count]


def test_mangled_names_are_distinct_identifiers() -> None:
    texts = random_texts(1, COUNT)
    names = [mangle(t) for t in texts]
    assert len(set(names)) == len(texts)
    for name in names:
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*", name)
        assert name not in RESERVED


@given(st.text(), st.text())
def test_mangle_is_injective_and_leaves_good_names_alone(a: str, b: str) -> None:
    assert (mangle(a) == mangle(b)) == (a == b)
    assert mangle("layer1_conv") == "layer1_conv"


def test_a_name_that_looks_mangled_is_mangled_again() -> None:
    mangled = mangle("a!")
    assert mangle(mangled) != mangled


def test_scopes_keep_good_names_whatever_the_order() -> None:
    names = NameScope().unique_all(["a!b", "a_b", "class", "0"])
    assert names["a_b"] == "a_b"
    assert len(set(names.values())) == 4


@given(st.text())
def test_comments_stay_on_their_line(text: str) -> None:
    comment = comment_text(text)
    assert all(" " <= c <= "~" for c in comment)
    assert not comment.endswith("\\")
    assert "??" not in comment


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
def test_everything_compiles_and_strings_come_back(tmp_path: Path) -> None:
    texts = random_texts(2, COUNT)
    lines = ["#include <cstdio>", "#include <string>", "struct Names {"]
    for position, text in enumerate(texts):
        lines.append(f"  int {mangle(text)} = {position};  // {comment_text(text)}")
    lines += ["};", "static const std::string kTexts[] = {"]
    for text in texts:
        lines.append(f"    {C.string(text).text()},")
    lines += [
        "};",
        "int main() {",
        "  for (const std::string& text : kTexts) {",
        '    for (const char c : text) std::printf("%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));',
        '    std::printf("\\n");',
        "  }",
        "  const Names names{};",
        "  const int* numbers = &names." + mangle(texts[0]) + ";",
        f"  return numbers[0] == 0 && sizeof(Names) == {COUNT} * sizeof(int) ? 0 : 1;",
        "}",
    ]
    source = tmp_path / "names.cpp"
    source.write_text("\n".join(lines) + "\n")
    flags = [
        "-std=c++17",
        "-O0",
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Wshadow",
        "-Wconversion",
        "-Wtrigraphs",
        "-Werror",
    ]
    subprocess.run(["g++", *flags, str(source), "-o", str(tmp_path / "names")], check=True)
    done = subprocess.run([str(tmp_path / "names")], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == [t.encode("utf-8", "surrogatepass").hex() for t in texts]


def test_names_and_comments_are_harmless_in_cmake(tmp_path: Path) -> None:
    cmake = shutil.which("cmake")
    if cmake is None:
        pytest.skip("needs cmake")
    script = [f"set({mangle(text)} {i})  # {comment_text(text)}" for i, text in enumerate(random_texts(3, 2000))]
    script.append(f'file(WRITE "out.txt" "${{{mangle(NASTY[-1])}}}")')
    (tmp_path / "script.cmake").write_text("\n".join(script), encoding="utf-8")
    subprocess.run([cmake, "-P", "script.cmake"], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "out.txt").read_text(encoding="utf-8") == str(len(NASTY) - 1)
