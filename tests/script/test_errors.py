"""What the compiler says: where, why, what to write instead; and all problems of a program at once."""

from __future__ import annotations

import textwrap
from pathlib import Path
from types import ModuleType

import pytest

import transpile.torch as torch
from transpile.core.errors import CompileErrors, NoMatchingOverloadError, ScriptTypeError, SourceError
from transpile.jit.unit import compile_all


def load(path: Path, text: str) -> ModuleType:
    """A module whose functions have source: the text in a file, with ``torch`` in scope."""
    path.write_text(textwrap.dedent(text))
    module = ModuleType(path.stem)
    module.__dict__.update(torch=torch, nn=torch.nn)
    exec(compile(path.read_text(), str(path), "exec"), module.__dict__)
    return module


def test_caret_and_candidates(tmp_path: Path) -> None:
    program = load(tmp_path / "one.py", "def f(x):\n    y = x + 1\n    return torch.relu(y, 3)\n")
    with pytest.raises(NoMatchingOverloadError) as caught:
        torch.jit.script(program.f)
    text = str(caught.value)
    assert "aten::relu(Tensor self) -> Tensor" in text
    assert 'one.py", line 3' in text
    assert "           ~~~~~~~~~~~~~~~~ <--- HERE" in text


def test_call_stack(tmp_path: Path) -> None:
    program = load(tmp_path / "two.py", "def g(x):\n    return x.nothing\ndef f(x):\n    return g(x)\n")
    with pytest.raises(ScriptTypeError) as caught:
        torch.jit.script(program.f)
    assert "'Tensor (inferred)' object has no attribute or method 'nothing'" in str(caught.value)
    assert "'g' is being compiled since it was called from" in str(caught.value)


def test_everything_is_reported_at_once(tmp_path: Path) -> None:
    program = load(
        tmp_path / "three.py",
        """
        def helper(x):
            try:
                return x + 1
            except ValueError:
                return x

        class Net(nn.Module):
            def forward(self, x):
                f = lambda v: v + 1
                chosen = {1, 2}
                y = torch.no_such_operator(x)
                z = y * 2 + f(y)
                return helper(x) + z
        """,
    )
    with pytest.raises(CompileErrors) as caught:
        compile_all(program.Net())
    found = [(e.message.strip(), e.range.line) for e in caught.value.errors if e.range is not None]
    assert found == [
        ("Lambda aren't supported", 10),
        ("Set aren't supported", 11),
        ("object has no attribute no_such_operator", 12),
        ("try blocks aren't supported", 3),
    ]


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("x //= 2", "unsupported kind of augmented assignment: FloorDiv"),
        ("x @= x", "unsupported kind of augmented assignment: MatMult"),
        ("y = b'a'", "bytes aren't supported"),
        ("y = {**{}}", "Dict expansion"),
        ("y: int", "annotated assignments without assigned value"),
        ("y = torch.relu(x, **{})", "keyword-arg expansion"),
        ("y = +x", "unsupported unary operator: UAdd"),
        ("with torch.no_grad() as (y, w):\n    pass", "must be a single name"),
        ("for i in range(2):\n    x //= 2\nelse:\n    x = x + 1", None),
        ("if c:\n    y = {**{}}\nelse:\n    y = b'a'", None),
    ],
)
def test_what_the_syntax_check_reports_is_not_compiled(tmp_path: Path, statement: str, message: str | None) -> None:
    body = f"{statement}\nz.nothing()\nreturn x"
    program = load(tmp_path / "six.py", "def f(x, z, c: bool):\n" + textwrap.indent(body, "    ") + "\n")
    with pytest.raises(CompileErrors) as caught:
        compile_all(program.f)
    *syntax, attribute = [e.message for e in caught.value.errors]
    assert "has no attribute or method 'nothing'" in attribute
    assert len(syntax) == (1 if message else 2)
    assert message is None or message in syntax[0]


def test_one_problem_is_raised_as_itself(tmp_path: Path) -> None:
    program = load(tmp_path / "four.py", "def f(x):\n    y = undefined_name\n    return y + undefined_name\n")
    with pytest.raises(SourceError) as caught:
        compile_all(program.f)
    assert "undefined value undefined_name" in str(caught.value)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("if c:\n    y = 1\nreturn y", "y is not defined in the false branch"),
        ("y = 1\nif c:\n    y = 'a'\nreturn y", "previously had type int"),
        ("for i in range(3):\n    y = i\nreturn y", "undefined value y"),
        ("return 1 if c else 'a'", "true branch has type int but false branch has type str"),
        ("a, b, d = (1, 2)\nreturn a", "need 3 values to unpack but found only 2"),
        ("x = [1]\nx[0:1] = [2]\nreturn x", r"a slice of a List\[int\] cannot be assigned to"),
        ("return [i for i in range(3) if i > 1]", "Comprehension ifs"),
        ("return f'{c:>4}'", "formatting in JoinedStr"),
        ("while c:\n    c = 2\nreturn c", "previously had type bool"),
        ("return torch.zeros(2).unknown()", "no attribute or method 'unknown'"),
    ],
)
def test_refusals(tmp_path: Path, body: str, message: str) -> None:
    program = load(tmp_path / "five.py", "def f(c: bool):\n" + textwrap.indent(body, "    ") + "\n")
    with pytest.raises(SourceError, match=message):
        torch.jit.script(program.f)
