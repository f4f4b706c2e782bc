"""Model files that go wrong in one way each, chosen by the variable of the environment."""

import os

import torch

quirk = os.environ.get("QUIRK", "")

if quirk == "raises":
    raise OSError("no data here")

if quirk != "no entry":

    def model(x: torch.Tensor) -> torch.Tensor:
        return x + 1


if quirk == "number":
    model = 3
if quirk == "inputs are a tensor":
    example_inputs = torch.ones(2)
if quirk == "inputs raise":

    def example_inputs():
        raise KeyError("missing data")


if quirk == "inputs do not fit":
    example_inputs = ("text",)
if quirk == "too many inputs":
    example_inputs = (torch.ones(1), torch.ones(1))
