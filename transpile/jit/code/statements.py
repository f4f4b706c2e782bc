"""Nodes as statements of ``.code``: branches, loops, unpacking, attribute writes, ``with``, ``fork``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from transpile.core import types as T
from transpile.ir.graph import Block, Graph, Node, Value
from transpile.ir.loops import LoopView
from transpile.ir.printer import quote

if TYPE_CHECKING:
    from transpile.jit.code.printer import CodePrinter

_ENDLESS = (1 << 63) - 1


def _assign(p: CodePrinter, targets: Sequence[Value], sources: Sequence[str]) -> None:
    """``a, b = x, y``; the first assignment of an Optional or Union alone shows the type."""
    if not targets:
        return
    names = [p.text[t] for t in targets]
    wide = isinstance(targets[0].type, (T.OptionalType, T.UnionType))
    if len(targets) == 1 and wide and targets[0] not in p.annotated:
        p.annotated.add(targets[0])
        p.line(f"{names[0]} : {targets[0].type.annotation()} = {sources[0]}")
        return
    p.line(f"{', '.join(names)} = {', '.join(sources)}")


def _if(p: CodePrinter, node: Node) -> None:
    p.split([node.input(0)], node)
    condition = p.use(node.input(0))
    p._consume(node.inputs)
    # A branch whose value bears the output's name needs no assignment in that branch.
    for output in node.outputs:
        p.name(output)
    p.line(f"if {condition}:")
    _branch(p, node, node.blocks[0])
    p.line("else:")
    _branch(p, node, node.blocks[1])


def _branch(p: CodePrinter, node: Node, block: Block) -> None:
    p.level += 1
    before = len(p.lines)
    p._block(block)
    _assign_block_results(p, block, node.outputs)
    if len(p.lines) == before:
        p.line("pass")
    p.level -= 1


def _assign_block_results(p: CodePrinter, block: Block, targets: Sequence[Value]) -> None:
    values = list(block.returns)
    p.split(values, block.return_node)
    sources = [p.use(v) for v in values]
    p._consume(values)
    if p.typed_self and len(targets) > 1:
        targets, sources = _assign_wide(p, targets, values, sources)
    _assign(p, targets, sources)


def _assign_wide(
    p: CodePrinter, targets: Sequence[Value], values: Sequence[Value], sources: Sequence[str]
) -> tuple[list[Value], list[str]]:
    """In an archive, which is compiled again, a value that is wider than what a branch gives has a line and its type."""
    rest: tuple[list[Value], list[str]] = ([], [])
    for target, value, source in zip(targets, values, sources, strict=True):
        if isinstance(target.type, T.UnionType) and value.type != target.type:
            p.line(f"{p.text[target]} : {target.type.annotation()} = {source}")
        else:
            rest[0].append(target)
            rest[1].append(source)
    return rest


def _loop(p: CodePrinter, node: Node) -> None:
    loop = LoopView(node)
    trip, condition, again, counter = loop.trip_count, loop.start, loop.again, loop.counter
    assert trip is not None and condition is not None and again is not None and counter is not None
    endless = trip.constant == _ENDLESS
    constant_condition = condition.constant is True and again.constant is True
    p.split([trip, condition], node)
    trip_text = p.use(trip)
    condition_text = p.use(condition)
    for value in loop.inits:
        p.use(value)
    p._consume(node.inputs)
    # The carried values are variables that outlive the loop: its outputs and its parameters share their names.
    for row in loop.carried:
        p.name(row.output)
        p.text[row.param] = p.text[row.output]
    for row in loop.carried:
        shown, name, type = p.use(row.init), p.text[row.output], row.output.type
        hint = f": {type.annotation()}" if isinstance(type, (T.OptionalType, T.UnionType)) else ""
        p.line(f"{name}{hint} = {shown}")
    if constant_condition and not endless:
        p.line(f"for {p.name(counter)} in range({trip_text}):")
        p.level += 1
        start = len(p.lines)
        p._block(loop.body)
        _carry(p, loop, None, start)
    else:
        flag = p.fresh("_")
        p.line(f"{flag} = {condition_text}")
        p.line(f"while {flag}:")
        p.level += 1
        p._block(loop.body)
        _carry(p, loop, flag, 0)
    p.level -= 1


def _carry(p: CodePrinter, loop: LoopView, flag: str | None, start: int) -> None:
    """The end of a loop body that began at line ``start``: what goes on into the next iteration."""
    needed = list(loop.body.returns if flag is not None else loop.results)
    p.split(needed, loop.body.return_node)
    names = [p.text[o] for o in loop.node.outputs]
    sources = [p.use(v) for v in needed]
    p._consume(needed)
    if flag is not None:
        p.line(f"{', '.join([flag, *names])} = {', '.join(sources)}")
    elif names:
        p.line(f"{', '.join(names)} = {', '.join(sources)}")
    elif len(p.lines) == start:
        p.line("pass")


def _unpack(p: CodePrinter, node: Node) -> None:
    p.split(list(node.inputs), node)
    source = p.use(node.input(0))
    p._consume(node.inputs)
    if not node.outputs:
        return
    p.line(f"{''.join(p.name(v) + ', ' for v in node.outputs)}= {source}")


def _set_attribute(p: CodePrinter, node: Node) -> None:
    p.split(list(node.inputs), node)
    owner, name = p.use(node.input(0)), node.attributes["name"]
    value = p.use(node.input(1))
    p._consume(node.inputs)
    if name.isidentifier():
        p.line(f"{owner}.{name} = {value}")
    else:
        p.line(f"setattr({owner}, {quote(name)}, {value})")


def _enter(p: CodePrinter, node: Node) -> None:
    p.split(list(node.inputs), node)
    subject = p.use(node.input(0))
    p._consume(node.inputs)
    used = bool(node.output.uses) or bool(node.output.name)
    if used and node.output.type != T.NONE:
        p.line(f"with {subject} as {p.name(node.output)}:")
    else:
        p.line(f"with {subject}:")
    p.level += 1
    p.entered.append((p.level, len(p.lines)))


def _exit(p: CodePrinter, node: Node) -> None:
    if p.level != p.entered[-1][0]:
        p.left_inside = True  # on one way of a branch: the text of the ``with`` ends behind the branch
        return
    close_with(p)


def close_with(p: CodePrinter) -> None:
    """End the innermost ``with`` block."""
    if len(p.lines) == p.entered.pop()[1]:
        p.line("pass")
    p.level -= 1
    p.left_inside = False


def _fork(p: CodePrinter, node: Node) -> None:
    graph = node.attributes["Subgraph"]
    assert isinstance(graph, Graph)
    p.split(list(node.inputs), node)
    for param, value in zip(graph.inputs, node.inputs, strict=True):
        p.text[param] = p.use(value)
    p._consume(node.inputs)
    name = p.fresh("__forked_function")
    p.line(f"def {name}():")
    p.level += 1
    p._inline_block(graph.block)
    p._block(graph.block)
    p._return(graph)
    p.level -= 1
    p.line(f"{p.name(node.output)} = fork({name})")


STATEMENTS: dict[str, Callable[[CodePrinter, Node], None]] = {
    "prim::If": _if,
    "prim::Loop": _loop,
    "prim::TupleUnpack": _unpack,
    "prim::ListUnpack": _unpack,
    "prim::SetAttr": _set_attribute,
    "prim::Enter": _enter,
    "prim::Exit": _exit,
    "prim::fork": _fork,
}
