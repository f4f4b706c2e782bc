"""Operators of the loss family."""
