"""How precise float operators are: their errors beside PyTorch's own, both against references of more digits."""
