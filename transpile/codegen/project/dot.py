"""Graphs for Graphviz."""

from __future__ import annotations

from collections.abc import Iterable

from transpile.ir.graph import Graph


def dot(graphs: Iterable[tuple[str, Graph]]) -> str:
    """One cluster per function, one node per operation, one edge per value that flows between two."""
    lines = ["digraph program {", "  node [shape=box, fontname=monospace];"]
    number = 0
    for index, (name, graph) in enumerate(graphs):
        lines.append(f"  subgraph cluster_{index} {{")
        lines.append(f"    label={_quote(name)};")
        known: dict[int, int] = {}
        edges: list[str] = []
        for node in graph.walk():
            if node.kind == "prim::Constant":
                continue
            number += 1
            for value in node.outputs:
                known[id(value)] = number
            lines.append(f"    n{number} [label={_quote(node.kind)}];")
            for value in node.inputs:
                if id(value) in known:
                    edges.append(f"    n{known[id(value)]} -> n{number} [label={_quote(value.unique_name)}];")
        lines += [*edges, "  }"]
    return "\n".join([*lines, "}"])


def _quote(text: str) -> str:
    kept = "".join(c if c.isprintable() else "?" for c in text)
    return '"' + kept.replace("\\", "\\\\").replace('"', '\\"') + '"'
