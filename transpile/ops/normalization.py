"""Operators of the normalization family."""
