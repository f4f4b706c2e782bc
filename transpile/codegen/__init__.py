"""From optimised graphs to a C++ project: syntax tree, files, weights, golden data."""
