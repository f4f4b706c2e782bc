"""Checkpoints: what ``torch.save`` writes, as data.  Nothing in a file is looked up or run."""
