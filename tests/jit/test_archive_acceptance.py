"""What archives of PyTorch may contain besides plain modules: all of it is read, and does what it does there."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

from tests.hostile.hand_built import CODE as GOOD
from tests.hostile.hand_built import body
from tests.jit.test_serialize import archive
from transpile import torch
from transpile.archive.pickle_data import Call, Global, Instance, Persistent
from transpile.core.errors import ArchiveError, MissingOperatorError, SourceError
from transpile.jit.entry import Form, form_of, script_entry
from transpile.torch import nn


def loaded(module: Any) -> Any:
    return torch.jit.load(io.BytesIO(module.save_to_buffer()))


# ---- operators that this release does not have
BRANCH = body(
    "if torch.gt(torch.len(x), 2):",
    "  y = torch._foobar(x)",
    "  z = torch.add(y, 1)",
    "else:",
    "  z = torch.mul(x, self.k)",
    "return z",
)


def test_a_branch_raises_when_it_is_reached() -> None:
    module = torch.jit.load(archive(BRANCH))
    assert module(torch.ones(2)).tolist() == [3.0, 3.0]
    with pytest.raises(torch.jit.Error, match=r"Unknown builtin op: aten::_foobar \(code/__torch__.py, line 9"):
        module(torch.ones(3))
    again = loaded(module)
    assert again(torch.ones(2)).tolist() == [3.0, 3.0]


def test_a_call_in_a_branch_of_what_calls_a_missing_operator_raises() -> None:
    helper = "def missing(x: Tensor) -> Tensor:\n  y = torch._foobar(x)\n  return torch._foobaz(y)\n"
    code = BRANCH.replace("torch._foobar(x)", "__torch__.missing(x, )") + helper
    module = torch.jit.load(archive(code))
    assert module(torch.ones(2)).tolist() == [3.0, 3.0]
    with pytest.raises(torch.jit.Error, match="aten::_foobar"):
        module(torch.ones(3))


def test_an_overload_that_is_missing_raises_when_it_is_reached() -> None:
    module = torch.jit.load(archive(BRANCH.replace("torch._foobar(x)", "torch.relu(x, 5, 7)")))
    assert module(torch.ones(2)).tolist() == [3.0, 3.0]
    with pytest.raises(torch.jit.Error, match="no overload of this release accepts the arguments"):
        module(torch.ones(3))


def test_all_missing_operators_are_named_at_once() -> None:
    code = body("a = torch._foobar(x)", "b = ops.my.other(a)", "return torch._foobar(b)")
    with pytest.raises(MissingOperatorError, match="Unknown builtin ops: aten::_foobar, my::other"):
        torch.jit.load(archive(code))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (body("return ops.quantized.linear_dynamic(x, x)"), "quantized models are not supported"),
        (body("return torch.to_mkldnn(x)"), "torch.jit.optimize_for_inference"),
        (GOOD.replace("k : int", "k : __torch__.torch.classes.quantized.LinearPackedParamsBase"), "quantized models"),
        (GOOD.replace("k : int", "k : __torch__.torch.classes.my.Stack"), "classes that are written in C"),
    ],
)
def test_what_only_pytorch_has_is_refused_with_a_way_out(code: str, words: str) -> None:
    with pytest.raises(SourceError) as caught:
        torch.jit.load(archive(code))
    assert caught.value.hint is not None
    assert words in caught.value.hint


def test_a_method_that_nobody_needs_raises_when_it_is_called() -> None:
    other = "  def other(self: __torch__.M, n: int=2) -> Tuple[Tensor, int]:\n    return torch._foobar(n)\n"
    module = torch.jit.load(archive(GOOD + other))
    assert module(torch.ones(1)).tolist() == [3.0]
    with pytest.raises(torch.jit.Error, match="aten::_foobar"):
        module.other()


# ---- hooks
def before(self: Any, input: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
    return (input[0] * 3,)


def after(self: Any, input: tuple[torch.Tensor], output: torch.Tensor) -> torch.Tensor:
    return output + input[0] * 100


class Doubles(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * 2


class Around(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = Doubles()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x) + 1


def test_hooks_run_around_a_loaded_module() -> None:
    plain = Around()
    for module in (plain, plain.inner):
        module.register_forward_pre_hook(before)
        module.register_forward_hook(after)
    scripted = torch.jit.script(plain)
    x = torch.ones(1)
    wanted = plain(x).tolist()
    again = loaded(scripted)
    assert scripted(x).tolist() == again(x).tolist() == loaded(again)(x).tolist() == wanted
    assert scripted.forward(x).tolist() == again.forward(x).tolist() != wanted
    assert again.code == scripted.code
    assert "Doubles.before\n" in again.code
    assert loaded(again).save_to_buffer() == again.save_to_buffer()


def test_hooks_of_a_loaded_module_inside_of_another() -> None:
    plain = Doubles()
    plain.register_forward_hook(after)
    outer = Around()
    outer.inner = loaded(torch.jit.script(plain))
    assert torch.jit.script(outer)(torch.ones(1)).tolist() == [103.0]


# ---- tensors
RESTORING = GOOD + "  def __setstate__(self: __torch__.M, state: Tuple[int, List[int]]) -> NoneType:\n"


def restored(*lines: str, state: Any = (3, [4, 5])) -> Any:
    code = RESTORING + "".join(f"    {line}\n" for line in (*lines, "return None"))
    return torch.jit.load(archive(code, Instance(Global("__torch__", "M"), state)))


def test_what_a_method_hands_on_of_the_state_is_restored() -> None:
    assert restored("self.k = (state)[0]").k == 3
    assert restored("self.k = ((state)[1])[1]").k == 5
    choice = ("if torch.gt(torch.len((state)[1]), 2):", "  self.k = 7", "else:", "  self.k = 8")
    assert restored(*choice).k == 8


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (("self.k = torch.add((state)[0], 1)",), "restored by their method __setstate__, which does more"),
        (("for i in range((state)[0]):", "  self.k = i"), "restored by their method __setstate__, which does more"),
        (("pass",), "leaves 'k' without a value"),
        (("self.k = ((state)[1])[2]",), "__setstate__ of __torch__.M fails: list index out of range"),
        (('self.k = unchecked_cast(int, annotate(Any, "text"))',), "a str was found where the code declares int"),
    ],
)
def test_a_method_that_does_more_than_that_is_refused(lines: tuple[str, ...], words: str) -> None:
    with pytest.raises(ArchiveError, match=words):
        restored(*lines)


class Kept(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale, self.table = 2, {"a": torch.ones(2)}

    @torch.jit.export
    def __getstate__(self) -> tuple[dict[str, torch.Tensor], int, bool]:
        return self.table, self.scale, self.training

    @torch.jit.export
    def __setstate__(self, state: tuple[dict[str, torch.Tensor], int, bool]) -> None:
        self.table, self.scale, self.training = state

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.table["a"] * self.scale


class OnlyRestored(nn.Module):
    @torch.jit.export
    def __setstate__(self, state: int) -> None:
        pass

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


def test_the_state_is_what_the_object_says() -> None:
    module = loaded(torch.jit.script(Kept()))
    assert module(torch.ones(2)).tolist() == [2.0, 2.0]
    assert loaded(module).save_to_buffer() == module.save_to_buffer()
    assert script_entry(module, Form.SCRIPT).exported == ["forward"]
    with pytest.raises(ArchiveError, match="have a method __setstate__, but no __getstate__"):
        torch.jit.script(OnlyRestored()).save_to_buffer()


def test_conjugated_and_negated_views() -> None:
    storage = Persistent(("storage", Global("torch", "ComplexFloatStorage"), "0", "cpu", 2))
    ordered = Call(Global("collections", "OrderedDict"), ())

    def tensor(**bits: bool) -> Call:
        tag = Call(Global("torch.jit._pickle", "restore_type_tag"), (bits, "Dict[str, bool]"))
        return Call(Global("torch._utils", "_rebuild_tensor_v2"), (storage, 0, (2,), (1,), False, ordered, tag))

    code = GOOD.replace("k : int", "a : Tensor\n  b : Tensor").replace(
        "torch.mul(x, self.k)", "torch.add(self.a, self.b)"
    )
    given: dict[str, Any] = {"data/0": np.array([1 + 2j, 3 - 1j], np.complex64).tobytes()}
    data = Instance(Global("__torch__", "M"), {"a": tensor(conj=True), "b": tensor(neg=True)})
    module = torch.jit.load(archive(code, data, more=given))
    assert module(torch.ones(1)).tolist() == [-4j, 2j]
    wrong = Instance(Global("__torch__", "M"), {"a": tensor(conj=True), "b": tensor(other=True)})
    with pytest.raises(ArchiveError, match="not described as expected"):
        torch.jit.load(archive(code, wrong, more=given))


# ---- what is exported
def test_methods_that_nothing_calls_are_exported() -> None:
    more = """
  def scaled(self: __torch__.M, x: Tensor) -> Tensor:
    return torch.mul(x, 2)
  def describe(self: __torch__.M) -> Tensor:
    return (self).scaled(torch.ones([1]), )
  def __len__(self: __torch__.M) -> int:
    return 2
"""
    module = torch.jit.load(archive(GOOD + more.strip("\n") + "\n"))
    assert script_entry(module, Form.SCRIPT).exported == ["forward", "describe"]


def test_hooks_are_part_of_the_exported_forward() -> None:
    plain = Doubles()
    plain.register_forward_pre_hook(before)
    plain.register_forward_hook(after)
    x = torch.ones(1)
    for module in (plain, loaded(torch.jit.script(plain))):
        entry = script_entry(module, form_of(module) or Form.MODULE)
        assert entry.exported == ["forward"]
        assert entry.run_interpreter("forward", [x]).tolist() == plain(x).tolist() == [306.0]


# ---- state
def test_a_tensor_with_several_names_is_one() -> None:
    module = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    module[1].weight = module[0].weight
    again = loaded(torch.jit.script(module))
    assert [name for name, _ in again.named_parameters()] == ["0.weight", "0.bias", "1.bias"]
    assert again._modules["0"].weight is again._modules["1"].weight


# ---- tasks
def test_a_task_may_have_a_loop_and_branches() -> None:
    code = body(
        "def __forked_function():",
        "  total = x",
        "  for i in range(3):",
        "    if torch.gt(i, 1):",
        "      total0 = torch.mul(total, self.k)",
        "    else:",
        "      total0 = torch.add(total, i)",
        "    total = total0",
        "  return total",
        "f = fork(__forked_function)",
        "return torch.wait(f)",
    )
    module = torch.jit.load(archive(code))
    assert module(torch.ones(2)).tolist() == [6.0, 6.0]
    assert loaded(module)(torch.ones(2)).tolist() == [6.0, 6.0]
