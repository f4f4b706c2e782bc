"""The branch of a scripted function survives being traced over."""
import torch


@torch.jit.script
def clip_or_keep(values, limit):
    if values.abs().max() > limit.sum():
        out = values.clamp(-1.0, 1.0)
    else:
        out = values
    return out


def pipeline(values, limit, offset):
    return clip_or_keep(values - offset, limit) * 2


traced = torch.jit.trace(pipeline, (torch.zeros(3), torch.ones(1), torch.zeros(3)))
small, large = torch.tensor([0.5, -0.5, 0.25]), torch.tensor([4.0, -0.5, -9.0])
print(traced(small, torch.ones(1), torch.zeros(3)).tolist())
print(traced(large, torch.ones(1), torch.zeros(3)).tolist())
print(traced(large, torch.full((1,), 100.0), torch.zeros(3)).tolist())
print("CallFunction" in str(traced.graph))
