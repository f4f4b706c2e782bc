"""What the compiler says: where, why, what to write instead; and all problems of a program at once."""

from __future__ import annotations

import textwrap
from pathlib import Path
from types import ModuleType

import pytest

import transpile
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


_NEAREST = [
    # A statement; how many variants there are of what it calls, the nearest of them, a part of the hint.
    ("names + 1", "Of 17 variants", ["aten::add.t(", "aten::add.int(", "aten::add("], ""),
    ("1 + names", "Of 17 variants", ["aten::add.t(", "aten::add.int(", "aten::add("], ""),
    ("x + names", "Of 17 variants", ["aten::add.Tensor(", "aten::add.t(", "aten::add.Scalar("], ""),
    ("names[0] + 1", "Of 17 variants", ["aten::add.str(", "aten::add.int(", "aten::add("], "str(n)"),
    ("names + 'c'", "Of 17 variants", ["aten::add.t(", "aten::add.str("], "[x]"),
    ("torch.relu(3)", "The following variant is", ["aten::relu(Tensor self)"], "torch.tensor(n)"),
    ("torch.cat(x)", "The following variant is", ["aten::cat("], "[x]"),
    ("torch.relu(3, out=x)", "The following variants are", ["aten::relu.out(", "aten::relu(Tensor self)"], ""),
]


@pytest.mark.parametrize(("statement", "count", "nearest", "hint"), _NEAREST)
def test_the_variants_that_come_nearest_are_shown(
    tmp_path: Path, statement: str, count: str, nearest: list[str], hint: str
) -> None:
    program = load(
        tmp_path / "one.py", f"def f(x: torch.Tensor, names: list[str]):\n    y = {statement}\n    return x\n"
    )
    with pytest.raises(NoMatchingOverloadError) as caught:
        torch.jit.script(program.f)
    text = str(caught.value)
    assert text.startswith(f"\nArguments for call are not valid.\n{count} ")
    shown = [line.strip() for line in text.splitlines() if line.startswith("  aten::")]
    assert len(shown) <= 3
    assert [line[: len(name)] for line, name in zip(shown, nearest, strict=False)] == nearest
    assert hint in caught.value.hint
    assert "float(n)" not in caught.value.hint


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


_FAILING = """
F = torch.nn.functional
from typing import List, Optional

class Work(nn.Module):
    def forward(self, x):
        return x * 2

class Derived(Work):
    last: Optional[torch.Tensor]

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([Work(), Work()])
        self.last = None
        self.act = lambda x: x
        self.nested = nn.Sequential(nn.Transformer(4, 2, 1, 1, activation=lambda x: x), nn.Linear(2, 2))

    def forward(self, x):
        return x

{methods}

model = Derived()
"""
# Statements that cannot be compiled, and words of what is said about them.
_STATEMENTS = {
    "super().forward(x)": "base class",
    "[layer(x) for layer in reversed(self.layers)]": "for layer in self.layers[::-1]: x = layer.forward(x)",
    "[i for i in reversed(range(len(x)))]": "range(n - 1, -1, -1)",
    "self.last is None or self.last.shape[0] == 1": "a test refines only a local variable: y = self.y",
    "self.act(x)": "a lambda cannot be compiled",
    "torch.autograd.grad(x, x)": "compiled programs compute no gradients",
    "x.backward()": "compiled programs compute no gradients",
    "torch.nothing(x)": "'torch.nothing' does not exist here",
    "torch.nn.functional.nothing(x)": "'torch.nn.functional.nothing' does not exist here",
    "self.nested(x)": "",
    "F.gumbel_softmax(x, 'a')": "",
    "torch.compile(x)": "'compile' is a function of Python",
    "torch.load('x')": "'load' is a function of Python",
    "torch.jit.script(x)": "'script' is a function of Python",
    "torch.jit.trace(x, x)": "'trace' is a function of Python",
    "torch.save(x, 'x')": "'save' is a function of Python",
    "nn.Linear(2, 2)(x)": "make the module in __init__",
    "nn.init.xavier_uniform_(x)": "",
    "torch.utils.data.DataLoader(x)": "torch.utils.data.DataLoader",
    "F.interpolate(x, foo=1)": "Keyword argument foo unknown",
    "F.embedding_bag(x, 's')": "",
    "F.multi_head_attention_forward(x)": "Argument key not provided",
    "torch.stack(1)": "",
    "torch.relu(x, 1, 2)": "",
    "F.cross_entropy(x)": "",
    "torch.distributions.Normal(x, x).sample()": "",
    "map(x, x)": "list comprehension",
    "x.numpy()": "arrays stay outside",
    "open('x')": "",
}


@pytest.mark.filterwarnings("ignore:'norm' was found in ScriptModule constants")
def test_no_error_points_into_the_compiler(tmp_path: Path) -> None:
    names = [f"case_{i}" for i in range(len(_STATEMENTS))]
    methods = "".join(
        f"    @torch.jit.export\n    def {name}(self, x):\n        return {statement}\n"
        for name, statement in zip(names, _STATEMENTS, strict=True)
    )
    program = load(tmp_path / "failing.py", _FAILING.format(methods=methods))
    with pytest.raises(CompileErrors) as caught:
        compile_all(program.model)
    own = str(Path(transpile.__file__).parent)
    lines = (tmp_path / "failing.py").read_text().splitlines()
    found: dict[str, str] = {}
    for error in caught.value.errors:
        assert own not in str(error)
        assert "transpile." not in str(error)
        line = error.range.line if error.range is not None else 0
        found.setdefault(lines[line - 1].strip().removeprefix("return "), str(error))
    assert found.keys() >= _STATEMENTS.keys(), set(_STATEMENTS) - set(found)
    for statement, words in _STATEMENTS.items():
        assert words in found[statement]


def test_what_follows_from_an_error_is_not_reported(tmp_path: Path) -> None:
    program = load(
        tmp_path / "seven.py",
        """
        def wrong(x):
            return x.nothing()

        class Layer(nn.Module):
            def forward(self, x):
                return wrong(x)

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.ModuleList([Layer(), Layer()])
                self.last = Layer()

            def forward(self, x):
                for layer in self.layers:
                    x = layer(x)
                y = wrong(x)
                y = wrong(x) + y
                return y + self.last(x)
        """,
    )
    with pytest.raises(ScriptTypeError, match="has no attribute or method 'nothing'"):
        compile_all(program.Net())


_MODULE = """
from typing import Dict, List, Optional, Tuple
LIMIT = 0.5
class Config:
    width = 2
{function}
class Net(nn.Module):
{declared}
    def __init__(self):
        super().__init__()
        self.state = None
        self.indices = []
        self.config = Config()
        {attributes}
    def forward(self, x):
        {statement}
        return x
"""
# What is refused: a statement and what it calls; a part of the hint, which is what the next two say when it is followed:
# the statement, what it calls, what __init__ sets, what the class declares.
_REMEDIES = [
    (
        ("self.state = (x, x)", ""),
        "state: Optional[Tuple[Tensor, Tensor]]",
        ("self.state = (x, x)", "", "", "state: Optional[Tuple[torch.Tensor, torch.Tensor]]"),
    ),
    (
        ("self.indices = [x.size(0)]", ""),
        "indices: List[int]",
        ("self.indices = [x.size(0)]", "", "", "indices: List[int]"),
    ),
    (
        ("x = x.clamp(LIMIT)", ""),
        "self.LIMIT = LIMIT in __init__",
        ("x = x.clamp(self.LIMIT)", "", "self.LIMIT = LIMIT", ""),
    ),
    (
        ("x = x + self.config.width", ""),
        "self.n = self.config.n in __init__",
        ("x = x + self.n", "", "self.n = self.config.width", ""),
    ),
    (("x = torch.cat([*x.unbind(0), x[0]])", ""), "[a] + b", ("x = torch.cat(x.unbind(0) + [x[0]])", "", "", "")),
    (("x = x.view(1, *x.shape)", ""), "f([1] + b)", ("x = x.view([1] + x.shape)", "", "", "")),
    (
        ("assert x.dim() > 0, f'{tuple(x.shape)}'", ""),
        "without tuple(...)",
        ("assert x.dim() > 0, f'{x.shape}'", "", "", ""),
    ),
    (
        ("x = f(x, 2)", "def f(x, n):\n    return x.new_zeros((n,) + x.shape[1:])"),
        "n: int",
        ("x = f(x, 2)", "def f(x, n: int):\n    return x.new_zeros((n,) + x.shape[1:])", "", ""),
    ),
    (
        ("x = f([x, x])", "def f(feats):\n    return feats[0]"),
        "feats: List[Tensor]",
        ("x = f([x, x])", "def f(feats: List[torch.Tensor]):\n    return feats[0]", "", ""),
    ),
    (
        ("x = f(x, 'sum')", "def f(x, how):\n    return x.sum() if how == 'sum' else x"),
        "how: str",
        ("x = f(x, 'sum')", "def f(x, how: str):\n    return x.sum() if how == 'sum' else x", "", ""),
    ),
    (
        ("x = f(x, 2)", "def f(x, n):\n    return torch.zeros((n, x.size(0)))"),
        "n: int",
        ("x = f(x, 2)", "def f(x, n: int):\n    return torch.zeros((n, x.size(0)))", "", ""),
    ),
    (
        ("y = [x, x]\n        y.extend(2 * y[-1] for i in range(2))", ""),
        "y.append(...)",
        ("y = [x, x]\n        for i in range(2):\n            y.append(2 * y[-1])", "", "", ""),
    ),
    (
        ("x = f(x)", "def f(x, mask=None):\n    return x if mask is None else x * mask"),
        "mask: Optional[Tensor] = None",
        (
            "x = f(x)",
            "def f(x, mask: Optional[torch.Tensor] = None):\n    return x if mask is None else x * mask",
            "",
            "",
        ),
    ),
    (
        ("x = f(x)", "def f(x, scale=2.0):\n    return x * scale"),
        "scale: float = 2.0",
        ("x = f(x)", "def f(x, scale: float = 2.0):\n    return x * scale", "", ""),
    ),
    (
        ("x = f(x)", "def f(x, size=(2, 3)):\n    return x"),
        "size: Tuple[int, int] = (2, 3)",
        ("x = f(x)", "def f(x, size: Tuple[int, int] = (2, 3)):\n    return x", "", ""),
    ),
    (
        ("l = []\n        l.append({'a': x})", ""),
        "List[Dict[str, Tensor]] = []",
        ("l: List[Dict[str, torch.Tensor]] = []\n        l.append({'a': x})", "", "", ""),
    ),
    (
        ("l = []\n        s = ''.join(l)", ""),
        "List[str] = []",
        ("l: List[str] = []\n        s = ''.join(l)", "", "", ""),
    ),
]


@pytest.mark.parametrize(("refused", "words", "followed"), _REMEDIES)
def test_a_hint_that_is_followed_helps(
    tmp_path: Path, refused: tuple[str, str], words: str, followed: tuple[str, str, str, str]
) -> None:
    def module(name: str, statement: str, function: str, attributes: str = "", declared: str = "") -> torch.nn.Module:
        text = _MODULE.format(
            statement=statement,
            function=function,
            attributes=attributes,
            declared=f"    {declared}" if declared else "",
        )
        net: torch.nn.Module = load(tmp_path / name, text).Net()
        return net

    with pytest.raises(SourceError) as caught:
        compile_all(module("refused.py", *refused))
    assert words in caught.value.hint
    compile_all(module("followed.py", *followed))


@pytest.mark.filterwarnings("ignore:`torch.nn.utils.weight_norm`")
def test_what_the_hints_name_can_be_compiled(tmp_path: Path) -> None:
    program = load(
        tmp_path / "remedies.py",
        """
        from typing import Optional

        class Add(nn.Module):
            def forward(self, x):
                return self.run(x)

            def run(self, x):
                return x * 2.0 + 1.0

        class Derived(Add):
            last: Optional[torch.Tensor]

            def __init__(self):
                super().__init__()
                self.layers = nn.ModuleList([Add(), nn.utils.remove_weight_norm(nn.utils.weight_norm(nn.Linear(2, 2)))])
                self.last = None

            def forward(self, x):
                x = self.run(x)
                for layer in self.layers[::-1]:
                    x = layer.forward(x)
                for i in range(x.shape[0] - 1, -1, -1):
                    x = x + i
                last = self.last
                if last is None or last.shape[0] == 1:
                    x = x - 1
                return x

        model = Derived()
        """,
    )
    x = torch.ones(3, 2)
    assert torch.equal(torch.jit.script(program.model)(x), program.model(x))


@pytest.mark.filterwarnings("ignore:`torch.nn.utils.weight_norm`")
@pytest.mark.parametrize("remove", ["weight_norm", "spectral_norm"])
def test_a_hook_that_is_an_object_is_named(remove: str) -> None:
    layer = getattr(torch.nn.utils, remove)(torch.nn.Linear(2, 2))
    with pytest.raises(ScriptTypeError, match=f"torch.nn.utils.remove_{remove}"):
        torch.jit.script(layer)


def test_no_error_of_a_run_points_into_layers(tmp_path: Path) -> None:
    program = load(
        tmp_path / "running.py",
        "class Net(nn.Module):\n"
        "    def __init__(self):\n        super().__init__()\n        self.fc = nn.Linear(3, 2)\n"
        "    def forward(self, x):\n        return self.fc(x)\n",
    )
    with pytest.raises(RuntimeError, match="mat1 and mat2 shapes cannot be multiplied") as caught:
        torch.jit.script(program.Net())(torch.ones(1, 4))
    said = str(caught.value)
    assert 'running.py", line 6' in said and str(Path(transpile.__file__).parent) not in said
