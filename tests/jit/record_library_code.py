"""Record the digests of library code as archives have it: ``transpile/jit/archive/library_digests.py``.

python -m tests.jit.record_library_code

Run it without PyTorch for the archives of ts2cpp, and where PyTorch is installed for PyTorch's.  Digests are added, none is
taken away: archives of earlier releases stay known.
"""

from __future__ import annotations

import io
import itertools
import pprint
import sys
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from tests.build_tree import ROOT
from transpile.archive.zip_reader import ZipReader
from transpile.jit.archive.library_code import LibraryCode, Literal, Part, candidates, digest, settings_of
from transpile.jit.archive.library_digests import DIGESTS
from transpile.script.archive_source import definitions

TABLE = ROOT / "transpile/jit/archive/library_digests.py"
_FUNCTIONAL = "__torch__.torch.nn.functional."
_RNN = "__torch__.torch.nn.modules.rnn."
WANTED = (
    f"{_RNN}LSTM.forward__0", f"{_RNN}GRU.forward__0", f"{_RNN}RNN.forward__0",
    f"{_FUNCTIONAL}_canonical_mask", f"{_FUNCTIONAL}multi_head_attention_forward",
)  # fmt: skip
_HEAD = '''"""Digests of library code in archives, as ``library_code`` makes them (``tests/jit/record_library_code.py``).

For each method or function its digests, each with the oldest format version and what literals of the text stand for.
"""

from __future__ import annotations

from collections.abc import Mapping

DIGESTS: Mapping[str, Mapping[str, tuple[int, Mapping[int, str]]]] = '''


def calling(torch: Any, layer: Any) -> Any:
    """A module that calls a layer: what nothing calls may have other names."""

    class OfOne(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, x):  # type: ignore[no-untyped-def]
            return self.layer(x)

    class OfThree(OfOne):
        def forward(self, x):  # type: ignore[no-untyped-def]
            return self.layer(x, x, x)

    return (OfThree if isinstance(layer, torch.nn.MultiheadAttention) else OfOne)().eval()


def layers(torch: Any) -> Iterator[Any]:
    """Layers whose code covers what settings make of it."""
    nn = torch.nn
    flags = itertools.product((True, False), repeat=3)
    for number, (bias, batch_first, bidirectional) in enumerate(flags):
        sizes = ((5, 7, 2), (11, 13, 3), (17, 23, 1))
        for input_size, hidden_size, count in (sizes[number % 3], sizes[(number + 1) % 3]):
            given: dict[str, Any] = {"bias": bias, "batch_first": batch_first, "bidirectional": bidirectional}
            given["dropout"] = 0.25 + number / 64 if count > 1 else 0.0
            yield nn.LSTM(input_size, hidden_size, count, **given)
            yield nn.LSTM(input_size, hidden_size, count, proj_size=count + 3, **given)
            yield nn.GRU(input_size, hidden_size, count, **given)
            for nonlinearity in ("tanh", "relu"):
                yield nn.RNN(input_size, hidden_size, count, nonlinearity=nonlinearity, **given)
    yield nn.MultiheadAttention(8, 2)
    yield nn.MultiheadAttention(8, 2, kdim=3, vdim=5, batch_first=True)


def forms(torch: Any) -> Iterator[tuple[str, int, list[Part]]]:
    """The forms of all wanted code in the archives of the layers."""
    for layer in layers(torch):
        content = io.BytesIO()
        torch.jit.save(torch.jit.script(calling(torch, layer)), content)
        archive = ZipReader(content.getvalue())
        prefix = f"{archive.names[0].partition('/')[0]}/code/"
        paths = [n for n in archive.names if n.startswith(prefix) and n.endswith(".py")]
        files = {path.removeprefix(prefix): bytes(archive.read(path)) for path in paths}
        found = definitions(files, {}, 1 << 30)
        version = int(bytes(archive.read(f"{archive.names[0].partition('/')[0]}/version")))
        code = LibraryCode(found)
        for name, definition in found.items():
            for qualified, plain in candidates(name, definition, WANTED):
                parts = code.form(qualified)
                if parts is None:
                    raise SystemExit(f"{plain} has no form")
                yield plain, version, parts


def table(found: list[list[Part]], version: int) -> dict[str, tuple[int, Mapping[int, str]]]:
    """The digests of some forms of the same code, with what literals stand for."""
    groups: dict[tuple[str, ...], list[list[Literal]]] = {}
    examples: dict[tuple[str, ...], list[Part]] = {}
    for parts in found:
        key = tuple(p.kind if isinstance(p, Literal) else p for p in parts)
        groups.setdefault(key, []).append([p for p in parts if isinstance(p, Literal)])
        examples.setdefault(key, parts)
    made: dict[str, tuple[int, Mapping[int, str]]] = {}
    for key, members in groups.items():
        named: dict[int, str] = {}
        for index, column in enumerate(zip(*members, strict=True)):
            if len({repr(literal.value) for literal in column}) > 1:
                names = [n for n in settings_of(column[0].settings) if all(literal.is_setting(n) for literal in column)]
                if not names:
                    raise SystemExit(f"nothing explains {column}")
                named[index] = names[0]
        made_of = digest(examples[key], named)
        assert made_of is not None
        made[made_of] = (version, named)
    return made


def main() -> None:
    """Add what is missing to the table."""
    try:
        import torch
    except ImportError:
        from transpile import torch
    warnings.simplefilter("ignore")
    by_name: dict[tuple[str, int], list[list[Part]]] = {}
    for name, version, parts in forms(torch):
        by_name.setdefault((name, version), []).append(parts)
    merged: dict[str, dict[str, tuple[int, Mapping[int, str]]]] = {name: dict(known) for name, known in DIGESTS.items()}
    for (name, version), found in by_name.items():
        merged.setdefault(name, {}).update(table(found, version))
    TABLE.write_text(f"{_HEAD}{pprint.pformat(merged, width=118)}\n")
    print({name: len(known) for name, known in merged.items()}, file=sys.stderr)


if __name__ == "__main__":
    main()
