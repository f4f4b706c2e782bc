"""Which overload is tried first is declared: it does not depend on the order in which modules are imported."""

from __future__ import annotations

import importlib
import random
import subprocess
import sys
from pathlib import Path

import pytest

from transpile.ops import FAMILIES, registry
from transpile.ops.families import Family
from transpile.ops.overload_order import ORDER

_IMPORT = """
import importlib, sys, types
import transpile
package = types.ModuleType("transpile.ops")  # without the imports of its own __init__
package.__path__ = [transpile.__path__[0] + "/ops"]
sys.modules["transpile.ops"] = package
for family in sys.argv[1].split():
    importlib.import_module("transpile.ops." + family)
from transpile.ops import registry
for name in sorted(registry.names()):
    print(name, [o.schema.overload for o in registry.overloads(name) if not o.is_out])
"""


def _overloads_after(families: list[str]) -> str:
    command = [sys.executable, "-c", _IMPORT, " ".join(families)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_order_of_imports_means_nothing(seed: int) -> None:
    shuffled = list(FAMILIES)
    random.Random(seed).shuffle(shuffled)
    here = "".join(
        f"{name} {[o.schema.overload for o in registry.overloads(name) if not o.is_out]}\n"
        for name in sorted(registry.names())
    )
    assert _overloads_after(shuffled) == here


def test_declared_order_names_every_overload_once() -> None:
    for name, order in ORDER.items():
        assert sorted(order) == sorted(o.schema.overload for o in registry.overloads(name) if not o.is_out), name


def test_name_of_several_families_needs_an_order() -> None:
    with pytest.raises(ValueError, match="several families"):
        Family("elsewhere").op("aten::relu.elsewhere(Tensor self) -> Tensor")(lambda self: self)
    with pytest.raises(ValueError, match="no place"):
        Family("elsewhere").op("aten::add.elsewhere(Tensor self) -> Tensor")(lambda self: self)


@pytest.mark.parametrize("family", FAMILIES)
def test_family_is_called_like_its_module(family: str) -> None:
    module = importlib.import_module(f"transpile.ops.{family}")
    assert module.FAMILY.name == family


def test_header_of_every_operator_exists() -> None:
    include = Path(__file__).parents[2] / "runtime_cpp" / "include"
    for operator in registry.all_operators():
        assert not operator.header or (include / operator.header).is_file(), operator.schema
