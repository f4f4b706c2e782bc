"""A traced model is written to a file and comes back, told where its tensors go."""
import os
import tempfile

import torch
from torch import nn

model = nn.Sequential(nn.Linear(2, 3), nn.Sigmoid())
for p in model.parameters():
    nn.init.constant_(p, 0.25)
sample = torch.tensor([[1.0, 2.0]])
traced = torch.jit.trace(model.cpu(), sample.cpu())
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "model.pt")
    torch.jit.save(traced, path)
    again = torch.jit.load(path, map_location="cpu")
    print(torch.equal(again(sample), traced(sample)), [list(p.shape) for p in again.parameters()])
