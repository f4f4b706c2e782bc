"""A small C++ syntax tree, its printer, and the literals through which a model's text may reach C++."""
