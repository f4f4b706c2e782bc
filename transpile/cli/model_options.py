"""The options of all commands that load a model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from transpile.cli.model_file import LoadedModel, load_model

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class ModelOptions:
    """How a model is loaded and compiled."""

    entry: str | None = None
    entry_args: str | None = None
    weights_from: str | None = None
    trace: bool = False
    torch: str = "auto"

    def load(self, model: str) -> LoadedModel:
        """The entry that MODEL names, with its weights."""
        return load_model(model, self.entry, self.torch, self.entry_args, self.weights_from)


def model_options(command: Command) -> Command:
    """Add the options to a command; it gets them as ``options``."""

    def gathered(*args: Any, **given: Any) -> Any:
        own = {name: given.pop(name) for name in ModelOptions.__dataclass_fields__}
        return command(*args, options=ModelOptions(**own), **given)

    gathered.__doc__ = command.__doc__
    gathered.__name__ = command.__name__
    if hasattr(command, "__click_params__"):
        gathered.__click_params__ = command.__click_params__  # type: ignore[attr-defined]
    for option in (
        click.option("--entry", default=None, metavar="NAME", help="Module-level name in the model file, `model` by default."),
        click.option(
            "--entry-args", default=None, metavar="JSON|FILE",
            help="Call the entry with these arguments: an object by name, an array by position.",
        ),
        click.option(
            "--weights-from", default=None, metavar="CKPT",
            help="Load the weights of a checkpoint (.pt, .pth, .safetensors); FILE:ENTRY for one entry of it.",
        ),
        click.option("--trace", is_flag=True, help="Trace with the example inputs instead of scripting."),
        click.option(
            "--torch", type=click.Choice(["auto", "bundled", "pytorch"]), default="auto", show_default=True,
            help="What `import torch` gives to the model file.",
        ),
    ):  # fmt: skip
        gathered = option(gathered)
    return gathered  # type: ignore[return-value]
