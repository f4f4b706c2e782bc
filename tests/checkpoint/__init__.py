"""Checkpoints: ``torch.save``, ``torch.load``, safetensors, state dicts."""
