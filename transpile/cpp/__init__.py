"""A typed C++ syntax tree, its printer, spellings of operators, and the literals that carry the text of a model to C++."""
