"""Properties of tensors."""
