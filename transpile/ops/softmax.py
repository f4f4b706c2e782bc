"""Operators of the softmax family."""
