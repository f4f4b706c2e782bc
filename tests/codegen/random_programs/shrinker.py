"""Makes a failing program small: statements go, blocks are taken out of their branches and loops, expressions get simpler."""

from __future__ import annotations

import ast
import copy
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from tests.codegen.random_programs.program import Program

Change = Callable[[], None]
_FIXED = ("annotation", "returns", "targets", "target", "ctx", "decorator_list", "bases", "func")
_PATIENCE = 2.0  # seconds of processor time for a candidate
_LITERALS = ("0", "1", "''", "'a'", "False", "0.5", "None", "[0]", "torch.zeros([3])")


def shrink(program: Program, fails: Callable[[Program], bool], seconds: float = 60) -> Program:
    """The smallest program found within some time for which ``fails`` still holds."""
    shrinker = _Shrinker(program, fails, time.monotonic() + seconds)
    shrinker.run()
    return shrinker.best


class _NeverEndsError(BaseException):
    """No ``Exception``, which would be an outcome of the program."""


@contextmanager
def _patience() -> Iterator[None]:
    """End what takes too long: without one of its statements a program may loop for ever."""

    def end(*_: object) -> None:
        raise _NeverEndsError

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, _PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


class _Shrinker:
    def __init__(self, program: Program, fails: Callable[[Program], bool], deadline: float) -> None:
        self.best = program
        self.fails = fails
        self.deadline = deadline

    @property
    def left(self) -> bool:
        return time.monotonic() < self.deadline

    def run(self) -> None:
        self._one_input()
        size = -1
        while self.left and size != len(self.best.text):
            size = len(self.best.text)
            for variants in (_without_statements, _hoisted, _simpler_expressions):
                self._improve(variants)

    def _try(self, candidate: Program) -> bool:
        if not self.left:
            return False
        try:
            with warnings.catch_warnings(), _patience():
                warnings.simplefilter("ignore", SyntaxWarning)
                failing = self.fails(candidate)
        except (SyntaxError, RecursionError, _NeverEndsError):
            failing = False
        if failing:
            self.best = candidate
        return failing

    def _one_input(self) -> None:
        for given in self.best.inputs:
            if self._try(replace(self.best, inputs=(given,))):
                return

    def _improve(self, variants: Callable[[ast.Module], Iterator[ast.Module]]) -> None:
        """Take variants as long as one of them fails; after a success go on from the same place."""
        position = 0
        while self.left:
            tree = ast.parse(self.best.text)
            improved = False
            for number, variant in enumerate(variants(tree)):
                if number < position:
                    continue
                position = number
                try:
                    text = ast.unparse(ast.fix_missing_locations(variant)) + "\n"
                except (ValueError, AttributeError):
                    continue
                if len(text) < len(self.best.text) and self._try(replace(self.best, text=text)):
                    improved = True
                    break
                if not self.left:
                    return
            if not improved:
                return


def _bodies(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(tree):
        for name in ("body", "orelse"):
            if isinstance(getattr(node, name, None), list):
                yield node, name


def _without_statements(tree: ast.Module) -> Iterator[ast.Module]:
    """Without runs of statements: long ones first."""
    places = [(node, name) for node, name in _bodies(tree) if getattr(node, name)]
    for node, name in places:
        statements = getattr(node, name)
        size = len(statements)
        while size >= 1:
            for start in range(0, len(statements), size):
                rest = statements[:start] + statements[start + size :]
                if not rest and name == "body" and not isinstance(node, ast.Module):
                    if all(isinstance(s, ast.Pass) for s in statements):
                        continue
                    rest = [ast.Pass()]
                setattr(node, name, rest)
                yield copy.deepcopy(tree)
                setattr(node, name, statements)
            size //= 2


def _hoisted(tree: ast.Module) -> Iterator[ast.Module]:
    """With the body of a branch or a loop in its place."""
    for node, name in list(_bodies(tree)):
        statements = getattr(node, name)
        for position, statement in enumerate(statements):
            if isinstance(statement, (ast.If, ast.For, ast.While)):
                for inner in (statement.body, statement.orelse):
                    if inner:
                        setattr(node, name, [*statements[:position], *inner, *statements[position + 1 :]])
                        yield copy.deepcopy(tree)
                        setattr(node, name, statements)


def _simpler_expressions(tree: ast.Module) -> Iterator[ast.Module]:
    """With an expression replaced by a part of it or by a literal, or without an element of a display."""
    for parent in list(_walk(tree)):
        for field, value in ast.iter_fields(parent):
            if field in _FIXED:
                continue
            values = value if isinstance(value, list) else [value]
            for position, node in enumerate(values):
                if not isinstance(node, ast.expr) or isinstance(node, ast.Constant):
                    continue
                for simpler in _instead_of(node):
                    _put(parent, field, value, position, simpler)
                    yield copy.deepcopy(tree)
                    _put(parent, field, value, position, node)
            if isinstance(parent, (ast.List, ast.Call)) and isinstance(value, list) and len(value) > 1:
                for position in range(len(value)):
                    setattr(parent, field, value[:position] + value[position + 1 :])
                    yield copy.deepcopy(tree)
                    setattr(parent, field, value)


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that may be simplified: what names, types and calls functions stays."""
    yield node
    for field, value in ast.iter_fields(node):
        if field not in _FIXED:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _walk(child)


def _put(parent: ast.AST, field: str, value: object, position: int, node: ast.expr) -> None:
    if isinstance(value, list):
        value[position] = node
    else:
        setattr(parent, field, node)


def _instead_of(node: ast.expr) -> Iterator[ast.expr]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr) and not isinstance(child, ast.Constant):
            yield child
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Constant):
            yield child
    if not isinstance(node, ast.Name) or node.id not in ("torch", "math"):
        for text in _LITERALS:
            yield ast.parse(text, mode="eval").body
