"""Comparisons and logic on tensors."""
