"""Operators of the shape family."""
