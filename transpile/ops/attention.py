"""Operators of the attention family."""
