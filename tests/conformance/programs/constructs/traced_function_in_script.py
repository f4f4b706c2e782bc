"""A traced function is called by a scripted one, inside its loop."""
import torch


def smooth(signal, weight):
    return signal * weight + signal.roll(1) * (1 - weight)


smoothed = torch.jit.trace(smooth, (torch.zeros(4), torch.tensor(0.5)))


@torch.jit.script
def settle(signal, rounds: int):
    for i in range(rounds):
        signal = smoothed(signal, torch.tensor(0.75))
    return signal


print(settle(torch.tensor([8.0, 0.0, 0.0, 0.0]), 2).tolist())
print(settle(torch.tensor([1.0, 2.0]), 1).tolist())
print("smooth" in settle.code)
print(settle.code)
