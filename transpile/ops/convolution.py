"""Operators of the convolution family."""
