"""An instance is scripted with everything that its forward calls."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class Stem(nn.Module):
    def __init__(self):
        super().__init__()
        self.wide = nn.Conv2d(2, 4, 3, padding=1)
        self.narrow = nn.Conv2d(4, 1, 1)
        for p in self.parameters():
            nn.init.constant_(p, 0.125)

    def forward(self, image):
        return F.gelu(self.narrow(self.activate(self.wide(image))))

    def activate(self, x):
        return half_wave(x)


def half_wave(x):
    return F.relu(x) - 0.25


plain = Stem()
scripted = torch.jit.script(plain)
image = torch.arange(18.0).reshape(1, 2, 3, 3) / 9
torch.testing.assert_close(scripted(image), plain(image))
print([round(v, 3) for v in scripted(image).flatten().tolist()])
print(scripted.activate.name, hasattr(scripted, "wide"))
