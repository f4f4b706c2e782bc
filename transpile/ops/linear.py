"""Operators of the linear family."""
