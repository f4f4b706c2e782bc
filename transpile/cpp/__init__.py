"""A typed C++ syntax tree, its printer, the spellings of operators, and the literals through which a model's text may reach C++."""
