"""Loops: ``for`` and ``while``, unrolled loops over module lists and tuples, ``break`` and ``continue``."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from transpile.core import types as T
from transpile.core.errors import ScriptTypeError
from transpile.core.source import SourceRange
from transpile.script import conditions
from transpile.script.values import Sugared

if TYPE_CHECKING:
    from transpile.script.emitter import Emitter


def emit_for(e: Emitter, node: ast.For) -> None:
    emit_iteration(e, node.target, node.iter, e.keyword_range(node, 3), lambda: e.statements(node.body))


def emit_iteration(
    e: Emitter, target: ast.expr, iterated: ast.expr, range: SourceRange, body: Callable[[], None]
) -> None:
    """A loop over ``iterated`` that assigns ``target`` and then runs ``body``."""
    walked = e.sugared(iterated).iterate(e, range)
    if walked.static_length() is not None:
        _unrolled(e, target, walked, range, body)
    else:
        _counted(e, target, walked, range, body)


def _unrolled(e: Emitter, target: ast.expr, walked: Sugared, range: SourceRange, body: Callable[[], None]) -> None:
    from transpile.script.assignment import assign_target

    count = walked.static_length()
    assert count is not None
    e.loops.append("unrolled")
    for index in _indices(count):
        element = walked.item(e, range, e.literal(index, range))
        assign_target(e, target, element, range)
        body()
        if e.frame.block in e.exits:
            break
    e.loops.pop()


def _indices(count: int) -> list[int]:
    return list(range(count))


def _counted(e: Emitter, target: ast.expr, walked: Sugared, range: SourceRange, body: Callable[[], None]) -> None:
    from transpile.script.assignment import assign_target

    count = walked.length(e, range)
    node = e.insert("prim::Loop", [count], (), range, kind="for")
    block = node.add_block()
    index = block.add_param(T.INT)
    with e.block(block):
        e.loops.append("loop")
        e.entered_before_loop.append(len(e.entered))
        assign_target(e, target, walked.item(e, range, index), range)
        body()
        e.entered_before_loop.pop()
        e.loops.pop()


def emit_while(e: Emitter, node: ast.While) -> None:
    range = e.keyword_range(node, 5)
    # The lowered form counts to this limit; its place among the literals is fixed here.
    e.literal((1 << 63) - 1, range)
    loop = e.insert("prim::Loop", (), (), range, kind="while")
    body, test = loop.add_block(), loop.add_block()
    with e.block(test):
        # The test is run before every iteration: it sees the loop's variables, and assigns none.
        test.add_return(conditions.emit_condition(e, node.test).value)
    with e.block(body):
        e.loops.append("loop")
        e.entered_before_loop.append(len(e.entered))
        e.statements(node.body)
        e.entered_before_loop.pop()
        e.loops.pop()


def emit_break(e: Emitter, node: ast.Break) -> None:
    _leave(e, node, "break")


def emit_continue(e: Emitter, node: ast.Continue) -> None:
    _leave(e, node, "continue")


def _leave(e: Emitter, node: ast.Break | ast.Continue, word: str) -> None:
    range = e.range(node)
    if not e.loops:
        raise ScriptTypeError(f"SyntaxError: '{word}' outside loop", range)
    if e.loops[-1] == "unrolled":
        raise ScriptTypeError(
            "Because we emit iteration over modulelists or tuples as unrolled loops, we do not support break or "
            "continue "
            "inside the body of these loops",
            range,
            hint="put the rest of the body under an 'if'",
        )
    for manager in reversed(e.entered[e.entered_before_loop[-1] :]):
        e.insert("prim::Exit", [manager], [T.TENSOR], None)
    e.insert(f"prim::{word.capitalize()}", (), (), range)
    e.exits.add(e.frame.block)
