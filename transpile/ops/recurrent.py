"""Operators of the recurrent family."""
