"""The graph of a function with a branch inside a loop."""
import torch


@torch.jit.script
def bounce(limit: int):
    height = torch.full((2,), 16.0)
    for hop in range(limit):
        if hop > 2:
            height = height + 0.5
        else:
            height = height / 2.0
    return height


print(bounce.graph)
print(bounce(5).tolist())
