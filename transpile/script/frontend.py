"""From a Python function to its syntax tree, with ranges in the original file."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from transpile.core.errors import SourceError, UnsupportedSyntaxError
from transpile.core.source import Source, SourceRange


@dataclass(eq=False)
class FunctionSource:
    """The definition of one function: its tree, its text and the Python function (absent for text from a string)."""

    name: str
    node: ast.FunctionDef
    source: Source
    python: Callable[..., Any] | None = None
    class_name: str = ""
    comments: dict[str, str] = field(default_factory=dict)

    def range(self, node: ast.AST) -> SourceRange:
        """The range of ``node``; it begins where TorchScript says that the expression begins."""
        start = origin(node)
        return self.source.range(
            start.lineno, start.col_offset, getattr(node, "end_lineno", None), getattr(node, "end_col_offset", None)
        )

    def keyword_range(self, node: ast.AST, length: int) -> SourceRange:
        """The range of the first ``length`` columns of a statement: its keyword."""
        line, col = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        return self.source.range(line, col, line, col + length)


def origin(node: ast.AST) -> Any:
    """The node at whose start an expression begins: the left operand, the callee, the object of an attribute."""
    while True:
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, (ast.Attribute, ast.Subscript)):
            node = node.value
        elif isinstance(node, ast.BinOp):
            node = node.left
        elif isinstance(node, ast.Compare):
            if isinstance(node.ops[0], ast.NotIn) and len(node.ops) == 1:
                return node
            node = node.left
        elif isinstance(node, ast.BoolOp):
            node = node.values[0]
        elif isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
            node = node.targets[0] if isinstance(node, ast.Assign) else node.target
        elif isinstance(node, ast.Expr):
            node = node.value
        else:
            return node


def source_of_function(function: Callable[..., Any], class_name: str = "") -> FunctionSource:
    """Read and parse the source of a Python function; decorators are left out of account.

    ``SourceError`` if there is no source, or if it is not a single ``def``.
    """
    function = inspect.unwrap(function)
    if function.__name__ == "<lambda>":  # its source is that of the statement around it
        code = function.__code__
        raise SourceError(
            f"Expected a single top-level function: {code.co_filename}:{code.co_firstlineno}",
            hint="a lambda cannot be compiled: define a function with 'def'",
        )
    try:
        lines, first = inspect.getsourcelines(function)
        filename = inspect.getsourcefile(function) or "<unknown>"
    except (OSError, TypeError) as error:
        raise SourceError(
            f"Can't get source for {getattr(function, '__qualname__', function)!s}",
            hint="scripting needs the Python source: define the function in a file",
        ) from error
    text = "".join(lines)
    tree, source = parse_text(text, filename, first)
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.FunctionDef):
        raise SourceError(
            f"Expected a single top-level function: {filename}:{first}",
            hint="define the function with 'def' on lines of its own",
        )
    node = tree.body[0]
    return FunctionSource(function.__name__, node, source, function, class_name, type_comments(source))


def parse_text(text: str, filename: str, first_line: int = 1) -> tuple[ast.Module, Source]:
    """Parse indented source text; the ranges count in the file it comes from."""
    dedented = textwrap.dedent(text)
    old, new = text.splitlines(), dedented.splitlines()
    indent = 0
    for before, after in zip(old, new, strict=False):
        if after.strip():
            indent = len(before) - len(after)
            break
    if new and new[0][:1] in (" ", "\t"):
        # A string or comment reaches left of the definition: wrap it so that it parses as a nested block.
        dedented, indent = _flatten(text), len(old[0]) - len(old[0].lstrip())
    try:
        tree = ast.parse(dedented, filename)
    except SyntaxError as error:
        source = Source(dedented, filename, first_line, indent)
        raise UnsupportedSyntaxError(
            f"{error.msg}", source.range(error.lineno or 1, max((error.offset or 1) - 1, 0))
        ) from error
    return tree, Source(dedented, filename, first_line, indent)


def _flatten(text: str) -> str:
    lines = text.splitlines(keepends=True)
    width = len(lines[0]) - len(lines[0].lstrip())
    return "".join(line[width:] if line[:width].isspace() else line for line in lines)


def type_comments(source: Source, within: ast.stmt | None = None) -> dict[str, str]:
    """The text of the ``# type:`` comments: ``"signature"`` and ``"line N"`` (N counts in the text).

    Only those ``within`` a statement, if it is given.
    """
    out: dict[str, str] = {}
    for number, line in enumerate(source.text.splitlines(), 1):
        if within is not None and not within.lineno <= number <= (within.end_lineno or number):
            continue
        at = line.find("# type:")
        if at < 0:
            continue
        comment = line[at + len("# type:") :].strip()
        if comment.startswith("ignore"):
            continue
        if "->" in comment:
            out.setdefault("signature", comment)
        else:
            out[f"line {number}"] = comment
    return out


_UNSUPPORTED: dict[type[ast.AST], tuple[str, str]] = {
    ast.AsyncFunctionDef: ("async function definitions", "use torch.jit.fork and torch.jit.wait"),
    ast.ClassDef: ("class definitions", "define the class at module level"),
    ast.FunctionDef: ("function definitions", "define the function at module level and call it"),
    ast.Lambda: ("Lambda", "define a function at module level"),
    ast.Try: ("try blocks", "check the condition with 'if' beforehand"),
    ast.Global: ("global variables", "pass the value in and return it"),
    ast.Nonlocal: ("nonlocal variables", "pass the value in and return it"),
    ast.Import: ("import statements", "import at the top of the file"),
    ast.ImportFrom: ("import statements", "import at the top of the file"),
    ast.AsyncFor: ("async for loops", "use a plain 'for'"),
    ast.AsyncWith: ("async with statements", "use a plain 'with'"),
    ast.Await: ("Await", "use torch.jit.wait"),
    ast.Yield: ("Yield", "collect the values in a list and return it"),
    ast.YieldFrom: ("YieldFrom", "collect the values in a list and return it"),
    ast.NamedExpr: ("NamedExpr", "assign on a line of its own"),
    ast.Set: ("Set", "use a list or a dict"),
    ast.SetComp: ("SetComp", "use a list or a dict"),
    ast.Match: ("Match", "use if / elif / else"),
}
if hasattr(ast, "TryStar"):
    _UNSUPPORTED[ast.TryStar] = ("try blocks", "check the condition with 'if' beforehand")


def unsupported_name(node: ast.AST) -> str:
    """What messages call a form that is not part of the language."""
    entry = _UNSUPPORTED.get(type(node))
    return entry[0] if entry is not None else type(node).__name__


_AUGMENTED = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Mod, ast.Pow, ast.BitOr, ast.BitAnd, ast.BitXor, ast.LShift,
              ast.RShift)  # fmt: skip


def syntax_errors(function: FunctionSource) -> list[tuple[ast.AST, SourceError]]:
    """Everything in the function's text that TorchScript has no form for, in source order, each with its node."""
    found: list[tuple[ast.AST, SourceError]] = []

    def report(node: ast.AST, message: str, hint: str = "") -> None:
        found.append((node, UnsupportedSyntaxError(message, function.range(node), hint=hint)))

    def visit(node: ast.AST) -> None:
        entry = _UNSUPPORTED.get(type(node))
        if entry is not None:
            report(node, f"{entry[0]} aren't supported", entry[1])
            return
        check = _CHECKS.get(type(node))
        if check is not None:
            check(node, report)
        for child in ast.iter_child_nodes(node):
            visit(child)

    arguments = function.node.args
    if arguments.vararg or arguments.kwarg or any(d is not None for d in arguments.kw_defaults):
        report(
            function.node,
            "Compiled functions can't take variable number of arguments or use keyword-only arguments with defaults",
            "name every parameter, give keyword-only ones no default",
        )
    if arguments.posonlyargs:
        report(function.node, "positional-only parameters aren't supported", "leave the '/' out")
    for statement in function.node.body:
        visit(statement)
    return found


_Report = Callable[..., None]


def _check_for(node: ast.For, report: _Report) -> None:
    if node.orelse:
        report(node, "else branches of for loops aren't supported", "set a flag before 'break' and test it afterwards")


def _check_while(node: ast.While, report: _Report) -> None:
    if node.orelse:
        report(
            node, "else branches of while loops aren't supported", "set a flag before 'break' and test it afterwards"
        )


def _check_augmented(node: ast.AugAssign, report: _Report) -> None:
    if not isinstance(node.op, _AUGMENTED):
        report(
            node,
            f"unsupported kind of augmented assignment: {type(node.op).__name__}",
            "write the operation out: a = a <op> b",
        )


def _check_annotated(node: ast.AnnAssign, report: _Report) -> None:
    if node.value is None:
        report(node, "annotated assignments without assigned value aren't supported", "give the variable a value here")


def _check_comprehension(node: ast.ListComp | ast.DictComp | ast.GeneratorExp, report: _Report) -> None:
    if len(node.generators) != 1:
        report(node, "Only a single generator is currently supported", "nest comprehensions, or use a for loop")
    elif node.generators[0].ifs:
        report(node, "Comprehension ifs are not supported yet", "use a for loop with an 'if' and append")


def _check_call(node: ast.Call, report: _Report) -> None:
    for keyword in node.keywords:
        if keyword.arg is None:
            report(node, "keyword-arg expansion is not supported", "name the arguments one by one")
    grown = node.func.value if isinstance(node.func, ast.Attribute) and node.func.attr == "extend" else None
    if grown is not None and node.args and isinstance(node.args[0], ast.GeneratorExp):
        # TorchScript makes all elements before the list grows, Python makes each when the ones before it are in the list.
        if any(
            ast.unparse(part) == ast.unparse(grown) for part in ast.walk(node.args[0]) if isinstance(part, ast.expr)
        ):
            name = ast.unparse(grown)
            report(
                node,
                "a generator that reads the list which it extends isn't supported",
                f"write a loop: for a in ...: {name}.append(...)",
            )


def _check_dict(node: ast.Dict, report: _Report) -> None:
    if any(key is None for key in node.keys):
        report(node, "Dict expansion (e.g. `{**dict}`) is not supported", "copy the dict and call update()")


def _check_joined(node: ast.JoinedStr, report: _Report) -> None:
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            if part.conversion != -1:
                report(node, "Don't support conversion in JoinedStr", "convert with str() first")
            elif part.format_spec is not None:
                report(node, "Don't support formatting in JoinedStr", "only plain {value} is available")


def _check_unary(node: ast.UnaryOp, report: _Report) -> None:
    if isinstance(node.op, ast.UAdd):
        report(node, "unsupported unary operator: UAdd", "leave the '+' out")


def _check_constant(node: ast.Constant, report: _Report) -> None:
    if isinstance(node.value, bytes):
        report(node, "Unknown Constant expression type: bytes aren't supported", "use a str")


def _check_raise(node: ast.Raise, report: _Report) -> None:
    if node.exc is None:
        report(node, "a bare raise isn't supported", "raise an exception with a message")


def _check_with(node: ast.With, report: _Report) -> None:
    for item in node.items:
        if item.optional_vars is not None and not isinstance(item.optional_vars, ast.Name):
            report(node, "the target of 'with ... as' must be a single name", "unpack it on a line of its own")


_CHECKS: dict[type[ast.AST], Callable[[Any, _Report], None]] = {
    ast.For: _check_for,
    ast.While: _check_while,
    ast.AugAssign: _check_augmented,
    ast.AnnAssign: _check_annotated,
    ast.ListComp: _check_comprehension,
    ast.DictComp: _check_comprehension,
    ast.GeneratorExp: _check_comprehension,
    ast.Call: _check_call,
    ast.Dict: _check_dict,
    ast.JoinedStr: _check_joined,
    ast.UnaryOp: _check_unary,
    ast.Constant: _check_constant,
    ast.Raise: _check_raise,
    ast.With: _check_with,
}


def unsupported(message: str, range: SourceRange | None, hint: str = "") -> UnsupportedSyntaxError:
    """The error for a construct that was found while compiling."""
    return UnsupportedSyntaxError(message, range, hint=hint)
