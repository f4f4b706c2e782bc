"""``load_state_dict`` says and does what PyTorch's does."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from typing import Any

import pytest

from tests.bundled import pytorch
from transpile import torch


def network(torch: Any) -> Any:
    """A module with everything that a state dict knows."""

    class WithExtraState(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(2))
            self.count = 1

        def get_extra_state(self) -> Any:
            return {"count": self.count}

        def set_extra_state(self, state: Any) -> None:
            self.count = state["count"]

    class Network(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.conv = torch.nn.Conv2d(1, 2, 3)
            self.bn = torch.nn.BatchNorm2d(2)
            self.fc = torch.nn.Linear(3, 2, bias=False)
            self.extra = WithExtraState()
            self.layers = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU())
            self.register_buffer("scratch", torch.zeros(2), persistent=False)
            self.register_buffer("nothing", None)
            self.scale = torch.nn.Parameter(torch.tensor(1.0))

    torch.manual_seed(0)
    return Network()


def state_dicts(torch: Any) -> dict[str, Any]:
    """State dicts that fit and that do not."""
    ones = torch.ones
    changes: dict[str, dict[str, Any]] = {
        "fits": {},
        "missing": {"conv.weight": None, "bn.running_mean": None, "extra._extra_state": None},
        "unexpected": {
            n: ones(1) for n in ("z", "conv.z", "layers.1.weight", "layers.9.w", "bn", "conv.weight.x", "", ".")
        },
        "sizes": {"fc.weight": ones(5, 5), "bn.weight": ones(3), "layers.0.bias": ones(()), "scale": ones(2)},
        "scalar of an old version": {"scale": ones(1)},
        "no tensors": {"fc.weight": 3, "bn.weight": [1.0]},
        "other dtypes": {"fc.weight": ones(2, 3).double(), "bn.num_batches_tracked": torch.tensor(3.0)},
        "whole numbers": {"fc.weight": ones(2, 3).long()},
        "not persistent": {"scratch": ones(2), "nothing": ones(2)},
        "extra state of others": {"fc._extra_state": {"a": 1}},
        "parameter": {"conv.weight": torch.nn.Parameter(ones(2, 1, 3, 3))},
    }
    made: dict[str, Any] = {}
    for name, change in changes.items():
        made[name] = OrderedDict(network(torch).state_dict())
        made[name].update(change)
        made[name] = OrderedDict((k, v) for k, v in made[name].items() if v is not None)
    old = network(torch).state_dict()
    old._metadata["bn"]["version"] = 1
    del old["bn.num_batches_tracked"]
    return made | {
        "empty": {},
        "no dict": [1],
        "prefixed": {f"module.{k}": v for k, v in old.items()},
        "old version": old,
    }


def outcome(torch: Any, state: Any, **options: Any) -> Any:
    module = network(torch)
    try:
        said = repr(module.load_state_dict(state, **options))
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
    entries = module.state_dict(keep_vars=True).items()
    return said, [
        (k, str(v.dtype), tuple(v.shape), v.tolist(), v.requires_grad) for k, v in entries if "extra" not in k
    ]


@pytest.mark.reference
@pytest.mark.parametrize("options", [{}, {"strict": False}, {"assign": True}, {"strict": False, "assign": True}])
def test_as_pytorch(options: dict[str, bool]) -> None:
    theirs = pytorch()
    expected = state_dicts(theirs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, state in state_dicts(torch).items():
            assert outcome(torch, state, **options) == outcome(theirs, expected[name], **options), name


def hooks(torch: Any) -> list[Any]:
    """What hooks see, and what they can change."""
    seen: list[Any] = []
    module = network(torch)

    def before(module: Any, state: Any, prefix: str, metadata: Any, strict: bool, *lists: Any) -> None:
        seen.append(
            (type(module).__name__, prefix, sorted(state)[:3], strict, dict(metadata), [list(one) for one in lists])
        )
        if "old.weight" in state:
            state["fc.weight"] = state.pop("old.weight")

    def after(module: Any, keys: Any) -> None:
        seen.append((list(keys.missing_keys), list(keys.unexpected_keys)))
        keys.missing_keys.clear()

    module.register_load_state_dict_pre_hook(before)
    module.layers[0].register_load_state_dict_pre_hook(before)
    module.register_load_state_dict_post_hook(after)
    state = network(torch).state_dict()
    state["old.weight"] = state.pop("fc.weight")
    del state["scale"]
    seen.append(repr(module.load_state_dict(state)))
    return [*seen, sorted(state)]


@pytest.mark.reference
def test_hooks_as_pytorch() -> None:
    theirs = pytorch()
    assert hooks(torch) == hooks(theirs)


def test_what_does_not_fit() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(2, 3))
    with pytest.raises(RuntimeError) as raised:
        model.load_state_dict({"0.weight": torch.ones(2, 3), "bias": torch.ones(3)})
    assert str(raised.value) == (
        "Error(s) in loading state_dict for Sequential:\n"
        '\tMissing key(s) in state_dict: "0.bias". \n'
        '\tUnexpected key(s) in state_dict: "bias". \n'
        "\tsize mismatch for 0.weight: copying a param with shape torch.Size([2, 3]) from checkpoint, the shape in current "
        "model is torch.Size([3, 2])."
    )
